//! Reads query strings and paths strictly.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path as AxumPath};
use garde::Validate;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use crate::code::Code;
use crate::fault;
use crate::problem::Problem;

/// Query parameters: unknown ones, ones given twice and broken rules are refused with 400.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T>(query: &str) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    let mut cleaned: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if cleaned.iter().any(|(known, _)| *known == name) {
            return Err(Problem::invalid(name, "is given twice"));
        }
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Problem::invalid(name, "must be UTF-8"));
        }
        let value =
            domain::text::clean(&value, false).map_err(|wrong| Problem::invalid(name.as_ref(), wrong.to_string()))?;
        cleaned.push((name.into_owned(), value));
    }
    let canonical = form_urlencoded::Serializer::new(String::new()).extend_pairs(&cleaned).finish();
    let input = serde_urlencoded::Deserializer::new(form_urlencoded::parse(canonical.as_bytes()));
    let value: T = fault::read(input)?;
    fault::validate(&value)?;
    Ok(value)
}

/// Parameters of the path, such as `Path<ProductId>`. One that is no valid id answers 404, as a missing object does.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match AxumPath::<T>::from_request_parts(parts, state).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// How many objects a page holds: 1 to 100, 10 when not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = u32, minimum = 1, maximum = 100, default = 10, example = 10)]
pub struct Limit(u32);

impl Limit {
    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match u32::from_str(&text) {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(de::Error::custom("must be a whole number from 1 to 100")),
        }
    }
}

/// The parameters of a list without filters.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many objects a page holds.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    pub limit: Limit,
    /// Where to read on: `nextCursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 2048))]
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> (String, String) {
        let problem = parse::<ListQuery>(query).unwrap_err();
        (problem.fields()[0].field.clone(), problem.fields()[0].message.clone())
    }

    #[test]
    fn a_limit_is_1_to_100_and_10_by_default() {
        assert_eq!(parse::<ListQuery>("").unwrap().limit.get(), 10);
        assert_eq!(parse::<ListQuery>("limit=100").unwrap().limit.get(), 100);
        for bad in ["0", "101", "-1", "1.5", "", "ten", "18446744073709551616"] {
            assert_eq!(
                refused(&format!("limit={bad}")),
                ("limit".into(), "must be a whole number from 1 to 100".into())
            );
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        assert_eq!(refused("page=1").0, "page");
        assert_eq!(refused("limit=1&limit=2"), ("limit".into(), "is given twice".into()));
        assert_eq!(refused("cursor=%FF"), ("cursor".into(), "must be UTF-8".into()));
        assert_eq!(refused("cursor=a%00b").0, "cursor");
    }
}
