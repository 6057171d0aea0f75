//! `GET /admin/sellers/{sellerId}`

use axum::extract::State;
use domain::id::SellerId;
use web::{Answer, Bearer, Edge, Envelope, Path, Reply};

use super::SellerView;

/// Read a seller
#[utoipa::path(
    get,
    path = "/admin/sellers/{sellerId}",
    tag = "Sellers",
    params(("sellerId" = String, Path, description = "The seller's id", example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The seller", body = Envelope<SellerView>)),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn read_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<SellerId>,
) -> Answer<SellerView> {
    let (_, seller) = super::seller_of(&edge, bearer, id).await?;
    let version = seller.version;
    Ok(Reply::ok(SellerView::from(seller)).etag(version))
}
