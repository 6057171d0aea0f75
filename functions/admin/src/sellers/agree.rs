//! `PATCH /admin/sellers/{sellerId}`

use axum::extract::State;
use domain::catalog::{InvoicePrefix, Seller};
use domain::id::SellerId;
use domain::ledger::MAX_COMMISSION_BP;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::SellerView;

/// What is agreed with the seller; what is left out stays as it is.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AgreeWithSeller {
    /// What the tenant keeps of a sale, in basis points (1000 is 10 %), of orders placed from now on; null is what it keeps
    /// of everybody's.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(range(max = MAX_COMMISSION_BP))))]
    #[schema(value_type = Option<u32>, maximum = 10_000, example = 850)]
    commission_bp: Option<Option<u32>>,
    /// The first part of the numbers of the seller's invoices, which are a series of their own then; null is the tenant's
    /// series. No two sellers can have the same, and it is not the tenant's. Where `invoiceSeries` is `SELLER` and the seller has told
    /// its legal identity, it is the issuer of what is numbered so from then on.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 10, example = "LBL")]
    invoice_prefix: Option<Option<InvoicePrefix>>,
}

/// Agree on commission and invoices with a seller
#[utoipa::path(
    patch,
    path = "/admin/sellers/{sellerId}",
    tag = "Sellers",
    params(
        ("sellerId" = String, Path, description = "The seller's id", example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    request_body = AgreeWithSeller,
    responses(
        (status = 200, description = "The seller as it is now", body = Envelope<SellerView>),
        refusals::Of<(refusals::Conflict,)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn agree_with_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<SellerId>,
    if_match: IfMatch,
    Json(request): Json<AgreeWithSeller>,
) -> Answer<SellerView> {
    let (caller, before) = super::seller_of(&edge, bearer, id).await?;
    if_match.check(before.version)?;
    let invoice_prefix = request.invoice_prefix.unwrap_or_else(|| before.invoice_prefix.clone());
    if invoice_prefix.as_ref().is_some_and(|prefix| prefix.as_str() == caller.tenant().invoice_prefix) {
        return Err(Problem::invalid("invoicePrefix", "is the tenant's own"));
    }
    let commission_bp = request.commission_bp.unwrap_or(before.commission_bp);
    let after = Seller { commission_bp, invoice_prefix, ..before.clone() };
    let changed = edge.store().change_seller(&caller.operation(), &before, after).await?;
    let after = changed.map_err(super::refused)?;
    let version = after.version;
    Ok(Reply::ok(SellerView::from(after)).etag(version))
}
