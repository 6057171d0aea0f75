//! `GET /order-groups/{groupId}`

use axum::extract::State;
use domain::id::OrderGroupId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::view::GroupView;
use crate::payment::PaymentView;

/// Read a checkout with its payments
///
/// Seen by its buyer and by the tenant's people; for everybody else it does not exist.
#[utoipa::path(
    get,
    path = "/order-groups/{groupId}",
    tag = "Orders",
    params(("groupId" = String, Path, description = "The checkout", example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The checkout", body = Envelope<GroupView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn show_group(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(group): Path<OrderGroupId>,
) -> Answer<GroupView> {
    let read = async |scope| edge.store().order_group_with_payments(scope, group).await;
    let (caller, found) = bearer.with(read).await?;
    let (group, payments) = found.filter(|(group, _)| group.is_visible_to(&caller)).ok_or_else(Problem::not_found)?;
    let payments = payments.iter().map(PaymentView::from).collect();
    Ok(Reply::ok(GroupView::new(&group, payments)).etag(group.version))
}
