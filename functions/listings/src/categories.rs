//! The tree of categories, as everybody sees it.

pub mod list;

use web::Routes;

use crate::State;

/// Returns the routes of categories.
pub(crate) fn routes() -> Routes<State> {
    web::routes![list::list_categories]
}
