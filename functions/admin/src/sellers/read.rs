//! `GET /admin/sellers/{sellerId}`

use axum::extract::State;
use domain::id::SellerId;
use platform::people;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Path, Reply};

use super::{Decision, SellerView};

/// A seller, with who it is before the law.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WholeSellerView {
    #[serde(flatten)]
    seller: SellerView,
    /// Who the seller is before the law; null when that is not known.
    legal_identity: Option<SellerLegalIdentityView>,
}

/// Who a seller is before the law, as it stands on the invoices and credit notes that the seller issues.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SellerLegalIdentityView {
    /// The name in the register of companies, or the person's own.
    #[schema(example = "Layer by Layer Studio LLP")]
    legal_name: String,
    /// The tax registration number; null without one.
    #[schema(example = "29AAAAA0000A1Z5")]
    tax_id: Option<String>,
    /// The address, line by line.
    #[schema(example = json!(["12 MG Road", "Bengaluru 560001"]))]
    address: Vec<String>,
}

/// Read a seller
///
/// With the name, the tax number and the address that the seller has given. Where `invoiceSeries` is `SELLER`, a seller that has
/// given them and has a prefix of its own (`PATCH /admin/sellers/{sellerId}`) is the issuer of its invoices.
#[utoipa::path(
    get,
    path = "/admin/sellers/{sellerId}",
    tag = "Sellers",
    params(("sellerId" = String, Path, description = "The seller's id", example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The seller", body = Envelope<WholeSellerView>)),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn read_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<SellerId>,
) -> Answer<WholeSellerView> {
    let Decision { caller, seller, person } = Decision::read(&edge, bearer, id).await?;
    let known = people::open_legal_identity(edge.vault(), caller.tenant(), &person, &seller).await?;
    let legal_identity = known.map(|known| SellerLegalIdentityView {
        legal_name: known.legal_name,
        tax_id: known.tax_id,
        address: known.address,
    });
    let version = seller.version;
    Ok(Reply::ok(WholeSellerView { seller: seller.into(), legal_identity }).etag(version))
}
