//! `POST /admin/sellers/{sellerId}/approve`

use axum::extract::State;
use axum::response::Response;
use domain::catalog::SellerStatus;
use domain::id::SellerId;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, idempotent, refusals};

use super::{Decision, SellerView};

/// Approve a seller who waits
///
/// The person is a seller from their next request on, and is told by mail.
#[utoipa::path(
    post,
    path = "/admin/sellers/{sellerId}/approve",
    tag = "Sellers",
    params(
        ("sellerId" = String, Path, description = "The seller's id", example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The seller as it is now", body = Envelope<SellerView>),
        refusals::Of<(refusals::InvalidTransition, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn approve_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<SellerId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let decision = Decision::read(&edge, bearer, id).await?;
    let caller = &decision.caller;
    let work = decision.take(&edge, &[SellerStatus::Pending], SellerStatus::Active);
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
