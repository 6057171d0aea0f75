//! Reads JSON bodies strictly.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use garde::Validate;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Number, Value};

use crate::code::Code;
use crate::problem::Problem;
use crate::request::RequestInfo;
use crate::{fault, text};

/// A JSON body that was read strictly and passed its own rules.
///
/// Refuses other content types (415), anything that is not UTF-8 JSON, keys given twice, unknown fields,
/// control characters; trims and NFC-normalises every text; reports every broken rule of
/// `garde` at once. What it holds still has to become domain types by `TryFrom`.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let body = RawBody::from_request(request, state).await?;
        parse(&body.0).map(Self)
    }
}

/// Absent where neither a body nor its type was sent, for operations that a browser's cookie can speak for.
impl<S, T> OptionalFromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if !request.headers().contains_key(CONTENT_TYPE) && request.body().is_end_stream() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// The bytes of a body, at most 256 KiB, for whoever must check a signature over them.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let info = request.extensions().get::<RequestInfo>().cloned();
        match Bytes::from_request(request, state).await {
            Ok(bytes) => {
                if let Some(info) = info {
                    info.note_body(&bytes);
                }
                Ok(Self(bytes))
            }
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(Code::BodyTooLarge))
            }
            Err(rejection) => Err(Problem::new(Code::MalformedBody).because(rejection)),
        }
    }
}

/// Reads a body as [`Json`] does, for handlers that need the bytes too.
///
/// # Errors
/// With 400 and what is wrong.
pub fn parse<T>(body: &[u8]) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    let text =
        std::str::from_utf8(body).map_err(|_| Problem::new(Code::MalformedBody).message("The body is not UTF-8"))?;
    let Strict(mut value) = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let faults = text::clean(&mut value);
    if !faults.is_empty() {
        let problem = Problem::new(Code::ValidationFailed);
        return Err(faults.into_iter().fold(problem, |problem, fault| problem.field(fault.field, fault.message)));
    }
    let value: T = fault::read(value)?;
    fault::validate(&value)?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Problem {
    let message = match error.classify() {
        serde_json::error::Category::Data => format!("The body {error}"),
        _ if error.line() == 0 => "The body is not JSON".to_owned(),
        _ => format!("The body is not JSON (line {}, column {})", error.line(), error.column()),
    };
    Problem::new(Code::MalformedBody).message(message)
}

/// Refuses other content types than JSON; a charset other than UTF-8 is refused too.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let wrong = || Problem::new(Code::UnsupportedMediaType);
    let value = headers.get(CONTENT_TYPE).ok_or_else(wrong)?.to_str().map_err(|_| wrong())?;
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    (essence.eq_ignore_ascii_case("application/json") && parts.all(utf8)).then_some(()).ok_or_else(wrong)
}

/// A JSON value in which no object names a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let Strict(value) = fields.next_value()?;
            if object.contains_key(&name) {
                return Err(de::Error::custom("names a key twice"));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Tells a field that is null from one that is left out, for changes where null takes a value away:
/// `#[serde(default, deserialize_with = "web::json::given")]`.
///
/// # Errors
/// When what is given is no `T`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    struct Note {
        #[garde(length(chars, min = 1, max = 10))]
        text: String,
    }

    fn refused(body: &[u8]) -> Problem {
        parse::<Note>(body).unwrap_err()
    }

    #[test]
    fn a_body_that_is_no_json_says_where() {
        assert_eq!(refused(b"{\"text\": \xff}").public_message(), "The body is not UTF-8");
        assert_eq!(refused(b"{\"text\"").public_message(), "The body is not JSON (line 1, column 7)");
        assert_eq!(refused(b"").code(), Code::MalformedBody);
        assert_eq!(refused("[".repeat(100_000).as_bytes()).code(), Code::MalformedBody);
        assert_eq!(refused(br#"{"text":"a","text":"b"}"#).code(), Code::MalformedBody);
        assert_eq!(refused(br#"{"text":"a"} x"#).code(), Code::MalformedBody);
    }

    #[test]
    fn an_unknown_field_is_refused_even_where_the_type_allows_it() {
        let problem = refused(br#"{"text":"a","tenant":"other"}"#);
        assert_eq!((problem.code(), problem.fields()[0].field.as_str()), (Code::ValidationFailed, "tenant"));
    }

    #[test]
    fn length_is_measured_after_trimming() {
        assert_eq!(parse::<Note>(b"{\"text\":\"   a   b   \"}").unwrap().text, "a   b");
        assert_eq!(refused(b"{\"text\":\"   \"}").fields()[0].field, "text");
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        let with = |value: &str| require_json(&HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())])).is_ok();
        assert!(with("application/json") && with("Application/JSON; charset=UTF-8"));
        assert!(!with("text/plain") && !with("application/json; charset=latin1") && !with("application/jsonp"));
        assert!(require_json(&HeaderMap::new()).is_err());
    }
}
