//! Sellers, as everybody sees them. The own profile is a matter of one's account.

pub mod show;

use web::Routes;

use crate::State;

/// Returns the routes of sellers.
pub(crate) fn routes() -> Routes<State> {
    web::routes![show::show_seller]
}
