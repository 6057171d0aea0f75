//! `GET /users/me/addresses`

use axum::extract::State;
use web::reply::Pagination;
use web::{Answer, Bearer, Edge, ListEnvelope, Reply};

use super::{AddressView, open};

/// List the own addresses
///
/// All of them, oldest first: there are at most 20.
#[utoipa::path(
    get,
    path = "/users/me/addresses",
    tag = "Addresses",
    responses((status = 200, description = "The addresses", body = ListEnvelope<AddressView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn list_addresses(State(edge): State<Edge>, bearer: Bearer) -> Answer<Vec<AddressView>> {
    let user = bearer.user();
    let (caller, (book, addresses)) = bearer.with(|scope| edge.store().addresses(scope, user)).await?;
    let mut views = Vec::with_capacity(addresses.len());
    for address in &addresses {
        let plain = open(edge.vault(), caller.tenant(), caller.account(), address).await?;
        views.push(AddressView::new(address, plain, &book));
    }
    let limit = u32::try_from(domain::address::MOST).unwrap_or(u32::MAX);
    Ok(Reply::list(views, Pagination { limit, next_cursor: None, has_more: false }))
}
