//! How Stripe reads and writes.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as Stripe writes it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<&'static str>,
}

impl Refusal {
    pub(super) fn invalid(code: &'static str, param: &'static str, message: impl Into<String>) -> Self {
        let (status, kind) = (StatusCode::BAD_REQUEST, "invalid_request_error");
        Self { status, kind, code: Some(code), message: message.into(), param: Some(param) }
    }

    pub(super) fn missing(what: &str, param: &'static str, id: &str) -> Self {
        let refusal = Self::invalid("resource_missing", param, format!("No such {what}: '{id}'"));
        Self { status: StatusCode::NOT_FOUND, ..refusal }
    }

    /// What was asked of an intent does not go in the state that it is in.
    pub(super) fn unexpected_state(message: &str) -> Self {
        Self { param: None, ..Self::invalid("payment_intent_unexpected_state", "intent", message) }
    }

    pub(super) fn unauthorized() -> Self {
        let message = "Invalid API Key provided".to_owned();
        let (status, kind) = (StatusCode::UNAUTHORIZED, "invalid_request_error");
        Self { status, kind, code: None, message, param: None }
    }

    /// The same idempotency key with other parameters.
    pub(super) fn other_parameters(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using \
             a key other than '{key}' if you meant to execute a different request."
        );
        Self { status: StatusCode::BAD_REQUEST, kind: "idempotency_error", code: None, message, param: None }
    }

    pub(super) fn body(&self) -> Value {
        let mut error = json!({ "message": self.message, "type": self.kind });
        for (name, value) in [("code", self.code), ("param", self.param)] {
            if let (Some(value), Some(error)) = (value, error.as_object_mut()) {
                error.insert(name.to_owned(), json!(value));
            }
        }
        json!({ "error": error })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}

/// A form, or the parameters of a query.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn read(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Reads `metadata[name]=value`.
    pub(super) fn metadata(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let named = |(name, value): (&String, &String)| {
            let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((name.to_owned(), value.clone()))
        };
        let metadata: BTreeMap<_, _> = self.0.iter().filter_map(named).collect();
        let fits = metadata.len() <= 50
            && metadata.iter().all(|(name, value)| name.chars().count() <= 40 && value.chars().count() <= 500);
        if fits { Ok(metadata) } else { Err(Refusal::invalid("parameter_invalid", "metadata", "Invalid metadata")) }
    }

    /// Refuses what Stripe does not know.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.0.keys().find(|name| !known.contains(&name.as_str()) && !name.starts_with("metadata[")) {
            None => Ok(()),
            Some(name) => {
                Err(Refusal::invalid("parameter_unknown", "unknown", format!("Received unknown parameter: {name}")))
            }
        }
    }

    pub(super) fn amount(&self) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.value("amount") else { return Ok(None) };
        match text.parse() {
            Ok(amount) if amount > 0 => Ok(Some(amount)),
            _ => Err(Refusal::invalid("parameter_invalid_integer", "amount", format!("Invalid integer: {text}"))),
        }
    }
}

/// A page of a list, which is the whole list here.
pub(super) fn list(url: &str, data: &[Value]) -> Json<Value> {
    Json(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
}
