//! `DELETE /users/me/addresses/{addressId}`

use axum::extract::State;
use domain::id::AddressId;
use store::table::Consistency;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Nothing, Path, Problem, Reply};

use super::TRIES;

/// Remove one of the own addresses
///
/// When it was the default, the oldest of the others takes its place.
#[utoipa::path(
    delete,
    path = "/users/me/addresses/{addressId}",
    tag = "Addresses",
    params(
        ("addressId" = String, Path, description = "The address's id", example = "adr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    responses((status = 200, description = "The address is gone", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn remove_address(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<AddressId>,
    if_match: IfMatch,
) -> Answer<Nothing> {
    let user = bearer.user();
    let read = |scope| edge.store().address(scope, user, id, Consistency::Strong);
    let (caller, mut found) = bearer.with(read).await?;
    let operation = caller.operation();
    for _ in 0..TRIES {
        let (owner, address) = found.ok_or_else(Problem::not_found)?;
        if_match.check(address.version)?;
        let book = owner.address_book.clone().remove(id);
        match edge.store().delete_address(&operation, &owner, &book, &address).await {
            Ok(()) => return Ok(Reply::done()),
            Err(store::Error::Conflict) => found = read(operation.scope).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}
