//! `DELETE /admin/categories/{categoryId}`

use axum::extract::State;
use domain::access::Permission;
use domain::catalog::TreeStep;
use domain::id::CategoryId;
use store::table::Consistency;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Nothing, Path, Reply, refusals};

/// Remove a category
///
/// Refused while there are categories below it, or products in it that are not archived.
#[utoipa::path(
    delete,
    path = "/admin/categories/{categoryId}",
    tag = "Categories",
    params(
        ("categoryId" = String, Path, description = "The category", example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    responses(
        (status = 200, description = "The category is gone", body = Envelope<Nothing>),
        refusals::Of<(refusals::CategoryInUse,)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn remove_category(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
) -> Answer<Nothing> {
    let (caller, tree) = bearer.with(|scope| edge.store().categories(scope, Consistency::Strong)).await?;
    caller.require(Permission::ManageCatalog)?;
    super::step(&edge, &caller, Some(&if_match), tree, |tree, now| Ok((tree.remove(id, now)?, TreeStep::Remove(id))))
        .await?;
    Ok(Reply::done())
}
