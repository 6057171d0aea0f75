//! The 3D files of a product.

pub mod add;
pub mod remove;

use web::Routes;

use crate::State;

/// Returns the routes of models.
pub(crate) fn routes() -> Routes<State> {
    web::routes![add::add_model, remove::remove_model,]
}
