//! `POST /admin/users/{userId}/kyc/review`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::UserId;
use domain::operation::Action;
use domain::user::Review;
use garde::Validate;
use platform::people;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::read_papers::PapersView;
use super::target;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Decision {
    /// The papers are good.
    Verified,
    /// They are not.
    Rejected,
}

/// What was found, and why.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReviewPapers {
    /// Whether the papers are good.
    #[garde(skip)]
    #[schema(value_type = String, example = "REJECTED")]
    decision: Decision,
    /// Why they were turned down, in words for the person; required then.
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "The number does not fit the country")]
    reason: Option<String>,
    /// The `version` of the papers that were looked at: papers handed in since are not decided on.
    #[garde(range(min = 1))]
    #[schema(example = 4)]
    version: u64,
}

/// Decide on the papers that somebody has handed in
///
/// Nobody decides on their own papers, or on those of somebody above them.
#[utoipa::path(
    post,
    path = "/admin/users/{userId}/kyc/review",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    request_body = ReviewPapers,
    responses(
        (status = 200, description = "The papers with what was found", body = Envelope<PapersView>),
        web::openapi::Of<(refusals::RoleTooHigh, refusals::RuleBroken, refusals::InvalidTransition, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ReviewKyc")))
)]
pub(crate) async fn review_papers(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<ReviewPapers>,
) -> Result<Response, Problem> {
    let (caller, found) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ReviewKyc)?;
    let work = async {
        let (vault, tenant, operation) = (edge.vault(), caller.tenant(), caller.operation());
        let (user, good) = (target(&caller, found)?, body.decision == Decision::Verified);
        if caller.owns(user.id) {
            return Err(Problem::new(Code::RuleBroken).message("Nobody decides on their own papers"));
        }
        if !good && body.reason.is_none() {
            return Err(Problem::invalid("reason", "is required to turn papers down"));
        }
        let status = user.kyc.reviewed(good).map_err(super::not_allowed)?;
        if user.version != body.version {
            return Err(Problem::new(Code::Conflict));
        }
        let mut papers =
            people::open_papers(vault, tenant, &user).await?.ok_or_else(|| Problem::new(Code::Conflict))?;
        papers.review =
            Some(Review { by: caller.user, at: operation.now, good, reason: body.reason.filter(|_| !good) });
        let sealed = people::seal_papers(vault, tenant, &user, &papers).await?;
        let changed = edge.store().change_kyc(&operation, &user, status, &sealed, Action::KycReviewed).await?;
        let user = changed.map_err(super::refused)?;
        Ok(Reply::ok(PapersView::new(&user, Some(papers))).etag(user.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
