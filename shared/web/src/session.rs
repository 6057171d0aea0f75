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
    let scope = TenantScope::assume(claims.tid);
    let consistency = if write { Consistency::Strong } else { Consistency::Eventual };
    let found = edge.store().session_with_user(scope, claims.sid, claims.sub, consistency).await?;
    match found {
        Some((session, user)) if session.is_live(edge.ambient().now()) && user.may_act() => Ok(user),
        _ => Err(Problem::new(Code::SessionEnded)),
    }
}
