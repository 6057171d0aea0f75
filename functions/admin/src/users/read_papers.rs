//! `GET /admin/users/{userId}/kyc`

use axum::extract::State;
use domain::access::Permission;
use domain::id::UserId;
use domain::operation::Action;
use domain::user::{DocumentKind, KycStatus, Papers, User};
use platform::people;
use serde::Serialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

/// What somebody has handed in to prove who they are, and what was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PapersView {
    /// How far the user was checked: `NONE`, `PENDING`, `VERIFIED`, `REJECTED`.
    #[schema(value_type = String, example = "PENDING")]
    status: KycStatus,
    /// The papers; null when none were handed in, or they were erased.
    papers: Option<PaperView>,
    /// Counts up with each change of the user; also in `ETag`.
    #[schema(example = 4)]
    version: u64,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaperView {
    /// What it is: `PASSPORT`, `ID_CARD`, `DRIVING_LICENCE`, `TAX_CARD`, `RESIDENCE_PERMIT`.
    #[schema(value_type = String, example = "PASSPORT")]
    document: DocumentKind,
    /// Its number.
    #[schema(example = "Z1234567")]
    number: String,
    /// The ISO 3166-1 alpha-2 code of the country that issued it.
    #[schema(example = "IN")]
    country: String,
    /// The name on it.
    #[schema(example = "Asha Rao")]
    full_name: String,
    /// The day of birth on it.
    #[schema(format = "date", example = "1990-12-31")]
    born_on: String,
    /// When it was handed in.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    submitted_at: String,
    /// Who looked at it.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    reviewed_by: Option<String>,
    /// When.
    #[schema(example = "2026-02-01T08:15:30.123Z")]
    reviewed_at: Option<String>,
    /// Why it was turned down.
    #[schema(example = "The number does not fit the country")]
    reason: Option<String>,
}

impl PapersView {
    pub(super) fn new(user: &User, papers: Option<Papers>) -> Self {
        Self { status: user.kyc, papers: papers.map(PaperView::from), version: user.version }
    }
}

impl From<Papers> for PaperView {
    fn from(papers: Papers) -> Self {
        let review = papers.review.as_ref();
        Self {
            document: papers.kind,
            reviewed_by: review.map(|review| review.by.to_string()),
            reviewed_at: review.map(|review| review.at.to_string()),
            reason: review.and_then(|review| review.reason.clone()),
            number: papers.number,
            country: papers.country,
            full_name: papers.full_name,
            born_on: papers.born_on,
            submitted_at: papers.submitted_at.to_string(),
        }
    }
}

/// Read the papers that somebody has handed in
///
/// Each look is remembered in the audit trail.
#[utoipa::path(
    get,
    path = "/admin/users/{userId}/kyc",
    tag = "People",
    params(("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The papers", body = Envelope<PapersView>)),
    extensions(("x-access" = json!("ReviewKyc")))
)]
pub(crate) async fn read_papers(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
) -> Answer<PapersView> {
    let (caller, user) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ReviewKyc)?;
    let user = user.ok_or_else(Problem::not_found)?;
    // Before they are shown: nobody looks without a trace.
    edge.store().record_audit(&caller.operation(), Action::KycRead, &id.to_string()).await?;
    let papers = people::open_papers(edge.vault(), caller.tenant(), &user).await?;
    Ok(Reply::ok(PapersView::new(&user, papers)).etag(user.version))
}
