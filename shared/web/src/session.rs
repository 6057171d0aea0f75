//! The session check of every authenticated request.

use domain::tenant::TenantScope;
use domain::user::User;
use platform::tokens::AccessClaims;
use store::table::Consistency;

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;

/// Answers whose session it is, as the table has it now: the session live, the account active.
///
/// One read. A write needs it strongly consistent, so that nobody acts on after a logout or a suspension.
pub(crate) async fn check(edge: &Edge, claims: &AccessClaims, write: bool) -> Result<User, Problem> {
    let user = match live_user(edge, claims, if write { Consistency::Strong } else { Consistency::Eventual }).await? {
        // A read that may lag must not turn away somebody who has just signed in.
        None if !write => live_user(edge, claims, Consistency::Strong).await?,
        known => known,
    };
    user.ok_or_else(|| Problem::new(Code::SessionEnded))
}

async fn live_user(edge: &Edge, claims: &AccessClaims, consistency: Consistency) -> Result<Option<User>, Problem> {
    let scope = TenantScope::assume(claims.tid);
    let found = edge.store().session_with_user(scope, claims.sid, claims.sub, consistency).await?;
    let now = edge.ambient().now();
    let live = found.filter(|(session, user)| session.is_live(now) && user.may_act() && !user.has_ended(session));
    Ok(live.map(|(_, user)| user))
}
