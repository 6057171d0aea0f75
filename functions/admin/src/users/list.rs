//! `GET /admin/users`

use axum::extract::State;
use domain::access::{Permission, Role};
use domain::id::UserId;
use domain::user::{KycStatus, UserStatus};
use garde::Validate;
use serde::Deserialize;
use store::members::MemberFilter;
use store::page::Page;
use utoipa::IntoParams;
use web::{Answer, Bearer, Edge, Limit, ListEnvelope, Query};

use super::MemberView;

/// Whom to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersQuery {
    /// Only those who are this, whatever else they are.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "SELLER")]
    role: Option<Role>,
    /// Only those whose account is in this status: `PENDING`, `ACTIVE`, `SUSPENDED`, `DELETED`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "ACTIVE")]
    status: Option<UserStatus>,
    /// Only those who were checked this far: `NONE`, `PENDING`, `VERIFIED`, `REJECTED`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "PENDING")]
    kyc_status: Option<KycStatus>,
    /// Only those whom this person advises.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMP")]
    advisor_id: Option<UserId>,
    /// Only those whom this person brought in.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMQ")]
    sponsor_id: Option<UserId>,
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

/// List the tenant's people, newest first
///
/// With a filter, a page looks at no more than 500 people: it may show fewer than asked for, or nobody, and have a next page
/// all the same. Somebody who has just been let in or changed may be missing for a moment.
#[utoipa::path(
    get,
    path = "/admin/users",
    tag = "People",
    params(MembersQuery),
    responses((status = 200, description = "A page of people", body = ListEnvelope<MemberView>)),
    extensions(("x-access" = json!("ReadUsers")))
)]
pub(crate) async fn list_users(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<MembersQuery>,
) -> Answer<Vec<MemberView>> {
    let filter = MemberFilter {
        role: query.role,
        status: query.status,
        kyc: query.kyc_status,
        advisor: query.advisor_id,
        sponsor: query.sponsor_id,
    };
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/users", &filter)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|scope| edge.store().members(scope, &filter, query.limit.get(), from)).await?;
    caller.require(Permission::ReadUsers)?;
    let items = super::views(edge.vault(), caller.tenant(), &page.items).await?;
    cursors.page(Page { items, next: page.next }, query.limit).await
}
