//! `GET /admin/sellers`

use axum::extract::State;
use domain::access::Permission;
use domain::catalog::SellerStatus;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, Bearer, Edge, Limit, ListEnvelope, Query};

use super::SellerView;

/// Which sellers to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SellersQuery {
    /// Only those of this status: `PENDING`, `ACTIVE`, `SUSPENDED`, `CLOSED`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "PENDING")]
    status: Option<SellerStatus>,
    /// How many objects a page holds.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    limit: Limit,
    /// Where to read on: `nextCursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 2048))]
    cursor: Option<String>,
}

/// List the sellers, newest first
///
/// By the age of their people's accounts. Somebody who has just been moved may be missing for a moment.
#[utoipa::path(
    get,
    path = "/admin/sellers",
    tag = "Sellers",
    params(SellersQuery),
    responses((status = 200, description = "A page of sellers", body = ListEnvelope<SellerView>)),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn list_sellers(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<SellersQuery>,
) -> Answer<Vec<SellerView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/sellers", &query.status)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = |scope| edge.store().sellers(scope, query.status, query.limit.get(), from);
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::ManageSellers)?;
    cursors.page(page.map(SellerView::from), query.limit).await
}
