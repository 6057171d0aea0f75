//! Configuration from environment variables, read once at start: the one place that reads them.
//!
//! Every problem names its variable and says what is expected there. [`Env::texts`] reports all that are
//! missing at once, so that a wrong deployment is mended in one go.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// A variable that is missing or can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// One or more required variables are not set, or empty.
    #[error("missing configuration: set {}", .0.join(", "))]
    Missing(Vec<String>),
    /// A variable is set to something unusable. The value itself is not shown: it may be a secret.
    #[error("wrong configuration: {name} {problem}")]
    Invalid {
        /// The variable.
        name: String,
        /// What is wrong with it and what is expected.
        problem: String,
    },
}

/// A snapshot of the environment. An empty value counts as not set.
#[derive(Clone)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// Takes the variables of this process.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads environment variables")]
    pub fn process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// Takes given variables, for tests.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Returns a required text.
    pub fn text(&self, name: &str) -> Result<String, ConfigError> {
        self.optional_text(name).ok_or_else(|| ConfigError::Missing(vec![name.to_owned()]))
    }

    /// Returns several required texts, or one error that names every missing one.
    pub fn texts<const N: usize>(&self, names: [&str; N]) -> Result<[String; N], ConfigError> {
        let missing: Vec<_> = names.into_iter().filter(|name| self.optional_text(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(ConfigError::Missing(missing.into_iter().map(str::to_owned).collect()));
        }
        Ok(names.map(|name| self.optional_text(name).unwrap_or_default()))
    }

    /// Returns a required value of type `T`.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ConfigError> {
        parse(name, &self.text(name)?)
    }

    /// Returns a text when it is set.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Returns a value of type `T` when it is set.
    pub fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, ConfigError> {
        self.optional_text(name).map(|text| parse(name, &text)).transpose()
    }

    /// Returns a value of type `T`, or `default` when it is not set.
    pub fn parsed_or<T: FromStr<Err: Display>>(&self, name: &str, default: T) -> Result<T, ConfigError> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    /// Returns a text, or `default` when it is not set.
    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.optional_text(name).unwrap_or_else(|| default.to_owned())
    }

    /// Returns `true` or `false`, or `default` when it is not set. Nothing else is understood.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.optional_text(name).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(ConfigError::Invalid { name: name.to_owned(), problem: "must be true or false".to_owned() }),
        }
    }
}

fn parse<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, ConfigError> {
    text.parse().map_err(|error: T::Err| ConfigError::Invalid { name: name.to_owned(), problem: error.to_string() })
}

/// Which deployment this is (`HAAT_ENV`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine or a test, against local stand-ins.
    Local,
    /// The shared development deployment.
    Dev,
    /// The rehearsal of production.
    Staging,
    /// Production.
    Prod,
}

impl Environment {
    /// Returns the name as written in `HAAT_ENV`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be local, dev, staging or prod")]
pub struct UnknownEnvironment;

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        [Self::Local, Self::Dev, Self::Staging, Self::Prod]
            .into_iter()
            .find(|environment| environment.as_str() == text)
            .ok_or(UnknownEnvironment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let env = Env::of([("HAAT_TABLE", "haat"), ("HAAT_KMS_KEY_ID", "")]);
        let error = env.texts(["HAAT_TABLE", "HAAT_KMS_KEY_ID", "HAAT_ISSUER"]).unwrap_err();
        assert_eq!(error.to_string(), "missing configuration: set HAAT_KMS_KEY_ID, HAAT_ISSUER");
    }

    #[test]
    fn a_wrong_value_is_named_and_explained_but_not_shown() {
        let env = Env::of([("HAAT_ENV", "hunter2"), ("HAAT_ARGON2_ITERATIONS", "two"), ("HAAT_SERVER_TIMING", "1")]);
        for error in [
            env.parsed::<Environment>("HAAT_ENV").unwrap_err(),
            env.parsed_or::<u32>("HAAT_ARGON2_ITERATIONS", 2).unwrap_err(),
            env.flag("HAAT_SERVER_TIMING", false).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.starts_with("wrong configuration: HAAT_"), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("two"), "{text}");
        }
    }

    #[test]
    fn a_default_stands_in_only_for_what_is_not_set() {
        let env = Env::of([("A", "7"), ("B", "")]);
        assert_eq!(env.parsed_or("A", 1), Ok(7));
        assert_eq!(env.parsed_or("B", 1), Ok(1));
        assert_eq!(env.flag("C", true), Ok(true));
        assert_eq!(env.text_or("D", "x"), "x");
    }
}
