//! What a handler answers when all went well.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// The answer of a handler: `Result<Reply<ProductView>, Problem>`.
pub type Answer<T> = Result<Reply<T>, Problem>;

/// A successful answer, in the envelope.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    status: StatusCode,
    data: T,
    message: Option<String>,
    pagination: Option<Pagination>,
    headers: Vec<(HeaderName, String)>,
    version: Option<u64>,
    public: bool,
}

/// The envelope of every successful answer with one object.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true; a failed request answers with `Problem`.
    #[schema(example = true)]
    pub success: bool,
    /// What was asked for.
    pub data: T,
    /// A sentence for people, where there is one to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The envelope of every list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListEnvelope<T> {
    /// Always true; a failed request answers with `Problem`.
    #[schema(example = true)]
    pub success: bool,
    /// The objects of this page.
    pub data: Vec<T>,
    /// A sentence for people, where there is one to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How to read on.
    pub pagination: Pagination,
}

/// Where a page of a list ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The most objects that a page holds.
    #[schema(example = 10)]
    pub limit: u32,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(example = "AQx0Zm9v…")]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    #[schema(example = true)]
    pub has_more: bool,
}

/// The answer of an operation that has nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Nothing {}

/// Marks an answer that anybody may see, for the caching layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Public;

impl<T> Reply<T> {
    fn new(status: StatusCode, data: T) -> Self {
        Self { status, data, message: None, pagination: None, headers: Vec::new(), version: None, public: false }
    }

    /// Answers 200 with `data`.
    pub fn ok(data: T) -> Self {
        Self::new(StatusCode::OK, data)
    }

    /// Answers 201 with `data` and where it is found, below `/api/v1` (such as `/products/prd_…`).
    pub fn created(data: T, location: impl AsRef<str>) -> Self {
        Self::new(StatusCode::CREATED, data).header(LOCATION, format!("{}{}", crate::BASE_PATH, location.as_ref()))
    }

    /// Answers 202: the work goes on after the answer.
    pub fn accepted(data: T) -> Self {
        Self::new(StatusCode::ACCEPTED, data)
    }

    /// Adds a sentence for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds the `ETag` of the object's `version`, which `If-Match` of a later change must name.
    #[must_use]
    pub fn etag(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// Marks the answer as the same for everybody: it gets an `ETag`, may be cached for 5 minutes and answers 304.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Answers something made of `data` in its place, all else as it is.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            status: self.status,
            data: change(self.data),
            message: self.message,
            pagination: self.pagination,
            headers: self.headers,
            version: self.version,
            public: self.public,
        }
    }

    /// Adds a header. A value that can't stand in a header is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Reply<Nothing> {
    /// Answers 200 with an empty object.
    pub fn done() -> Self {
        Self::ok(Nothing {})
    }
}

impl<T> Reply<Vec<T>> {
    /// Answers 200 with a page of a list. [`crate::Cursors::page`] makes the pagination.
    pub fn list(data: Vec<T>, pagination: Pagination) -> Self {
        Self { pagination: Some(pagination), ..Self::ok(data) }
    }
}

#[derive(Serialize)]
struct Body<'a, T> {
    success: bool,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<&'a Pagination>,
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let body = Body {
            success: true,
            data: &self.data,
            message: self.message.as_deref(),
            pagination: self.pagination.as_ref(),
        };
        let bytes = match serde_json::to_vec(&body) {
            Ok(bytes) => bytes,
            Err(error) => return Problem::internal(error).into_response(),
        };
        let mut response = (self.status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        }
        if let Some(version) = self.version
            && let Ok(value) = HeaderValue::try_from(format!("\"{version}\""))
        {
            headers.insert(ETAG, value);
        }
        if self.public {
            response.extensions_mut().insert(Public);
        }
        response
    }
}

/// A file that anybody may read: it gets an `ETag`, may be cached for 5 minutes and answers 304.
#[derive(Debug, Clone)]
pub struct Asset {
    content_type: &'static str,
    bytes: Bytes,
    headers: Vec<(HeaderName, &'static str)>,
}

impl Asset {
    /// Answers bytes that the function carries with it.
    pub fn new(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { content_type, bytes: Bytes::from_static(bytes), headers: Vec::new() }
    }

    /// Answers bytes made just now.
    pub fn made(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { content_type, bytes: Bytes::from(bytes), headers: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let mut response = self.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(Public);
        response
    }
}
