//! The 3D files of a product.

pub mod add;
pub mod remove;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;

/// Returns the routes of models.
pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(add::add_model)).routes(routes!(remove::remove_model))
}
