//! Cookies (RFC 6265): read from the request, and written so that no other site and no subdomain can plant or see them.
//!
//! API Gateway hands cookies over in a list of their own and takes them back so; the runtime turns both into headers.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::COOKIE;
use http::request::Parts;

/// A cookie of ours. Its name begins with `__Host-`, which browsers only accept with `Secure`, `Path=/` and no `Domain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie {
    /// The name.
    pub name: &'static str,
    /// Whether scripts of the page may read it.
    pub scripts_read: bool,
}

impl Cookie {
    /// Writes `Set-Cookie` with a value, which must be of base64url, digits, letters, `_` and `.`.
    pub fn keep(self, value: &str, life: Duration) -> String {
        let hidden = if self.scripts_read { "" } else { "; HttpOnly" };
        format!("{}={value}; Path=/; Max-Age={}; Secure; SameSite=Strict{hidden}", self.name, life.as_secs())
    }

    /// Writes `Set-Cookie` so that the browser forgets the cookie.
    pub fn forget(self) -> String {
        self.keep("", Duration::ZERO)
    }
}

/// The cookies of a request.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads them. What is no text, or has no name, is left out.
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Returns a cookie's value; none when it is absent, empty, or given twice with different values.
    pub fn get(&self, cookie: Cookie) -> Option<&str> {
        let mut values = self.0.iter().filter(|(name, _)| name == cookie.name).map(|(_, value)| value.as_str());
        let first = values.next().filter(|value| !value.is_empty())?;
        values.all(|value| value == first).then_some(first)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Cookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TOKEN: Cookie = Cookie { name: "__Host-Token", scripts_read: false };

    fn cookies(lines: &[&str]) -> Cookies {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        Cookies::of(&headers)
    }

    #[test]
    fn a_cookie_is_found_however_the_list_was_joined() {
        for lines in [
            &["__Host-Token=a.b=; x=y"][..],
            &["x=y;__Host-Token=a.b="],
            &["x=y", "__Host-Token=a.b="],
            &["__Host-Token=a.b=; __Host-Token=a.b="],
        ] {
            assert_eq!(cookies(lines).get(TOKEN), Some("a.b="), "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_that_is_not_one_value_is_none() {
        for lines in
            [&[][..], &["__Host-Token="], &["__Host-Token"], &["__host-token=a"], &["__Host-Token=a; __Host-Token=b"]]
        {
            assert_eq!(cookies(lines).get(TOKEN), None, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_is_bound_to_this_very_host() {
        let kept = TOKEN.keep("a.b", Duration::from_secs(60));
        assert_eq!(kept, "__Host-Token=a.b; Path=/; Max-Age=60; Secure; SameSite=Strict; HttpOnly");
        let shown = Cookie { scripts_read: true, ..TOKEN };
        assert_eq!(shown.forget(), "__Host-Token=; Path=/; Max-Age=0; Secure; SameSite=Strict");
    }
}
