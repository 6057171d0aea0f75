//! `GET /seller/shipments`

use std::sync::Arc;

use axum::extract::State;
use domain::access::Permission;
use store::page::Page;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use crate::shipments::ShipmentSummary;

/// List what you have sent, newest first
#[utoipa::path(
    get,
    path = "/seller/shipments",
    tag = "Shipments",
    params(ListQuery),
    responses((status = 200, description = "A page of shipments", body = ListEnvelope<ShipmentSummary>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn list_shipments(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ShipmentSummary>> {
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /seller/shipments", &bearer.user())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let caller = bearer.check().await?;
    caller.require(Permission::SellProducts)?;
    let page = match caller.seller {
        Some(seller) => edge.store().shipments_of(caller.scope, seller, query.limit.get(), from).await?,
        None => Page { items: Vec::new(), next: None },
    };
    cursors.page(page.map(|shipment| ShipmentSummary::from(&shipment)), query.limit).await
}
