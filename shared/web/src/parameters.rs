//! Which query parameters each operation knows, as its documentation says: any other is refused.
//!
//! So a client's typing error does not vanish even where a handler reads no parameters at all, and the
//! documentation can't fall behind the code.

use std::collections::HashSet;

use http::{Method, Uri};

use crate::code::Code;
use crate::problem::Problem;
use crate::routes::Operations;

/// Refuses parameters that the operation does not know. Routes without documentation know any. A documented name that ends
/// with `*` stands for all that begin so: a provider may add to its own at any time.
pub(crate) fn check(operations: &Operations, route: &str, method: &Method, uri: &Uri) -> Result<(), Problem> {
    let Some(query) = uri.query().filter(|query| !query.is_empty()) else { return Ok(()) };
    let Some(known) = operations.query_parameters(route, method) else { return Ok(()) };
    let given = form_urlencoded::parse(query.as_bytes());
    let family =
        |name: &str| known.iter().any(|known| known.strip_suffix('*').is_some_and(|start| name.starts_with(start)));
    let is_known = |name: &str| known.contains(name) || family(name);
    let unknown: HashSet<_> = given.map(|(name, _)| name).filter(|name| !is_known(name.as_ref())).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut unknown: Vec<_> = unknown.into_iter().collect();
    unknown.sort_unstable();
    let problem = Problem::new(Code::ValidationFailed);
    Err(unknown.into_iter().fold(problem, |problem, name| problem.field(name, "is not a known parameter")))
}
