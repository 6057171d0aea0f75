//! `If-Match`: changes only the version that the client has seen (RFC 9110, section 13.1.1).

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::header::IF_MATCH;
use http::request::Parts;

use crate::code::Code;
use crate::problem::Problem;

/// What `If-Match` says; absent headers match every version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<u64>>);

impl IfMatch {
    /// Refuses with 412 unless the header is absent, `*`, or names `version`.
    ///
    /// # Errors
    /// With 412 when the object has another version than the client believes.
    pub fn check(&self, version: u64) -> Result<(), Problem> {
        match &self.0 {
            Some(versions) if !versions.contains(&version) => Err(Problem::new(Code::VersionMismatch)),
            _ => Ok(()),
        }
    }

    fn read(parts: &Parts) -> Self {
        let mut values = parts.headers.get_all(IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Self(None);
        }
        let mut versions = Vec::new();
        for tag in values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let tag = tag.trim();
            if tag == "*" {
                return Self(None);
            }
            // Weak tags never match here, and a public answer's tag goes on after the version with a dash.
            let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            let version: Option<u64> = inner.and_then(|tag| tag.split('-').next()).and_then(|tag| tag.parse().ok());
            versions.extend(version);
        }
        Self(Some(versions))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::read(parts))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Ok(parts.headers.contains_key(IF_MATCH).then(|| Self::read(parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(header: &str, version: u64) -> bool {
        let (parts, ()) = http::Request::builder().header(IF_MATCH, header).body(()).unwrap().into_parts();
        IfMatch::read(&parts).check(version).is_ok()
    }

    #[test]
    fn only_the_named_version_matches() {
        assert!(matches("\"7\"", 7) && matches("\"7-abc\"", 7) && matches("*", 7) && matches("\"6\", \"7\"", 7));
        assert!(
            !matches("\"8\"", 7)
                && !matches("W/\"7\"", 7)
                && !matches("7", 7)
                && !matches("\"\"", 0)
                && !matches("", 7)
        );
    }
}
