//! `GET /admin/refunds`

use axum::extract::State;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::RefundView;

/// List the refunds that are to be sent by hand, oldest first
///
/// Who paid by transfer gets the money back by transfer: send it, then say so at the refund's own `settle`. Until then it is
/// `PROCESSING` and nothing follows from it. A refund shows here within a minute or two after it was asked for.
#[utoipa::path(
    get,
    path = "/admin/refunds",
    tag = "Refunds",
    params(ListQuery),
    responses((status = 200, description = "A page of refunds", body = ListEnvelope<RefundView>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn list_refunds_by_hand(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<RefundView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/refunds", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|scope| edge.store().refunds_by_hand(scope, query.limit.get(), from)).await?;
    caller.require(Permission::ReadAllOrders)?;
    cursors.page(page.map(|refund| RefundView::from(&refund)), query.limit).await
}
