//! `GET /sellers/mine`

use axum::extract::State;
use domain::catalog::Seller;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Problem, Reply};

use super::OwnSellerView;

/// Read your own seller's profile
#[utoipa::path(
    get,
    path = "/sellers/mine",
    tag = "Sellers",
    responses(
        (status = 200, description = "The profile", body = Envelope<OwnSellerView>),
        web::openapi::Of<(web::refusals::NotFound,)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn read_own_seller(State(edge): State<Edge>, bearer: Bearer) -> Answer<OwnSellerView> {
    let id = Seller::id_of(bearer.user());
    let (caller, seller) = bearer.with(|scope| edge.store().seller(scope, id, Consistency::Strong)).await?;
    let seller = seller.ok_or_else(Problem::not_found)?;
    let view = super::view(edge.vault(), caller.tenant(), caller.account(), &seller).await?;
    Ok(Reply::ok(view).etag(seller.version))
}
