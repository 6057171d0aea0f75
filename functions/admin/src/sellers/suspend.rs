//! `POST /admin/sellers/{sellerId}/suspend`

use axum::extract::State;
use axum::response::Response;
use domain::catalog::SellerStatus;
use domain::id::SellerId;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, idempotent, refusals};

use super::{Decision, SellerView};

/// Suspend a seller, or turn down one who waits
///
/// What the seller has for sale is gone from the shop at once: it is shown to nobody, but by caches for up to five minutes, and
/// can't be put into a cart or ordered.
/// Orders that were placed go on: the seller still sees and delivers them. At most 1000 sellers can be suspended at once.
#[utoipa::path(
    post,
    path = "/admin/sellers/{sellerId}/suspend",
    tag = "Sellers",
    params(
        ("sellerId" = String, Path, description = "The seller's id", example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The seller as it is now", body = Envelope<SellerView>),
        refusals::Of<(refusals::InvalidTransition, refusals::Conflict, refusals::RuleBroken)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn suspend_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<SellerId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let decision = Decision::read(&edge, bearer, id).await?;
    let caller = &decision.caller;
    let work = decision.take(&edge, &[SellerStatus::Pending, SellerStatus::Active], SellerStatus::Suspended);
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
