//! `GET /admin/disputes`

use axum::extract::State;
use domain::access::Permission;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, Bearer, Edge, Limit, ListEnvelope, Query};

use super::DisputedPaymentView;

/// Which disputed payments to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DisputesQuery {
    /// Only payments with a dispute that is not decided.
    #[serde(default)]
    #[garde(skip)]
    #[param(default = false, example = true)]
    open: bool,
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

/// List payments that are or were disputed, the newest payment first
///
/// What the provider has told a moment ago may be missing. Disputes are answered at the provider.
#[utoipa::path(
    get,
    path = "/admin/disputes",
    tag = "Payments",
    params(DisputesQuery),
    responses((status = 200, description = "A page of disputed payments", body = ListEnvelope<DisputedPaymentView>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn list_disputes(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<DisputesQuery>,
) -> Answer<Vec<DisputedPaymentView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/disputes", &query.open)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = |scope| edge.store().disputed_payments(scope, query.open, query.limit.get(), from);
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::ReadAllOrders)?;
    cursors.page(page.map(DisputedPaymentView::from), query.limit).await
}
