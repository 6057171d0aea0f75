//! The session check of every authenticated request.

use domain::access::Caller;
use platform::tokens::AccessClaims;

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;

/// Answers who is acting now, as the table has it: the session live, the account active.
pub(crate) async fn check(edge: &Edge, claims: &AccessClaims, strong: bool) -> Result<Caller, Problem> {
    let _ = (edge, claims, strong);
    Err(Problem::new(Code::SessionEnded))
}
