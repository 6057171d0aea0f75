//! Which query parameters each operation knows, as its documentation says: any other is refused.
//!
//! So a client's typing error does not vanish even where a handler reads no parameters at all, and the
//! documentation can't fall behind the code.

use std::collections::{HashMap, HashSet};

use http::{Method, Uri};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use crate::code::Code;
use crate::problem::Problem;

#[derive(Debug, Default)]
pub(crate) struct Parameters(HashMap<(String, Method), HashSet<String>>);

impl Parameters {
    pub(crate) fn of(document: &OpenApi) -> Self {
        let mut known = HashMap::new();
        for (path, item) in &document.paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::HEAD, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ] {
                if let Some(operation) = operation {
                    known.insert((path.clone(), method), names(operation));
                }
            }
        }
        Self(known)
    }

    /// Refuses parameters that the operation does not know. Routes without documentation know any.
    pub(crate) fn check(&self, route: &str, method: &Method, uri: &Uri) -> Result<(), Problem> {
        let Some(query) = uri.query().filter(|query| !query.is_empty()) else { return Ok(()) };
        let Some(known) = self.0.get(&(route.to_owned(), method.clone())) else { return Ok(()) };
        let given = form_urlencoded::parse(query.as_bytes());
        let unknown: HashSet<_> = given.map(|(name, _)| name).filter(|name| !known.contains(name.as_ref())).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut unknown: Vec<_> = unknown.into_iter().collect();
        unknown.sort_unstable();
        let problem = Problem::new(Code::ValidationFailed);
        Err(unknown.into_iter().fold(problem, |problem, name| problem.field(name, "is not a known parameter")))
    }
}

fn names(operation: &Operation) -> HashSet<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    parameters
        .filter(|parameter| matches!(parameter.parameter_in, ParameterIn::Query))
        .map(|parameter| parameter.name.clone())
        .collect()
}
