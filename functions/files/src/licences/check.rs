//! `POST /licences/check`

use axum::extract::State as Shared;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{OrderId, ProductId};
use domain::licence;
use garde::Validate;
use platform::licences;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Json, Problem, Reply, refusals};

/// A licence key that somebody came with.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckLicence {
    /// The key, as it was typed.
    #[garde(length(bytes, max = 200))]
    #[schema(example = "7QK2M-R4T9X-0C5WZ-HJ8PD-3VYBN", max_length = 200)]
    pub key: String,
}

/// What a licence key stands for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenceView {
    /// The product.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub product_id: ProductId,
    /// The product's SKU when it was bought.
    #[schema(example = "VASE-SPIRAL-01")]
    pub sku: String,
    /// The order that it came with.
    #[schema(value_type = String, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub order_id: OrderId,
    /// When that was placed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    pub ordered_at: Timestamp,
    /// Whether its piece went back, and the key is no longer good.
    #[schema(example = false)]
    pub revoked: bool,
}

/// Tell whether a licence key is good
///
/// For sellers, about keys of their own products, and for the tenant's people. A key that is no key, or belongs to somebody else's
/// product, is not there (404).
#[utoipa::path(
    post,
    path = "/licences/check",
    tag = "Orders",
    request_body = CheckLicence,
    responses(
        (status = 200, description = "What it stands for", body = Envelope<LicenceView>),
        refusals::Of<(refusals::NotFound,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn check_licence(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Json(request): Json<CheckLicence>,
) -> Answer<LicenceView> {
    let (store, hash) = (edge.store(), licence::read(&request.key).map(|key| licences::hash(&key)));
    let read = async |scope| match &hash {
        Some(hash) => store.licence_place(scope, hash).await,
        None => Ok(None),
    };
    let (caller, place) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    let place = place.ok_or_else(Problem::not_found)?;
    let (order, notes) = store.order_and_credit_notes(caller.scope, place.order).await?;
    let theirs = order.filter(|order| caller.sells_as(order.seller) || caller.may(Permission::ReadAllOrders));
    let order = theirs.ok_or_else(Problem::not_found)?;
    let line =
        usize::try_from(place.line).ok().and_then(|line| order.lines.get(line)).ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(LicenceView {
        product_id: line.product,
        sku: line.sku.clone(),
        order_id: order.id,
        ordered_at: order.created_at,
        revoked: place.number >= licence::good_keys(&order, place.line, &notes),
    }))
}
