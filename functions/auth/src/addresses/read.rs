//! `GET /users/me/addresses/{addressId}`

use axum::extract::State;
use domain::id::AddressId;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::{AddressView, open};

/// Read one of the own addresses
#[utoipa::path(
    get,
    path = "/users/me/addresses/{addressId}",
    tag = "Addresses",
    params(("addressId" = String, Path, description = "The address's id", example = "adr_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The address", body = Envelope<AddressView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn read_address(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<AddressId>,
) -> Answer<AddressView> {
    let user = bearer.user();
    let read = |scope| edge.store().address(scope, user, id, Consistency::Strong);
    let (caller, found) = bearer.with(read).await?;
    let (owner, address) = found.ok_or_else(Problem::not_found)?;
    let plain = open(edge.vault(), caller.tenant(), &owner, &address).await?;
    Ok(Reply::ok(AddressView::new(&address, plain, &owner.address_book)).etag(address.version))
}
