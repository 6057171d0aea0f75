//! What lies between a provider and us, as tests want it: messages that are kept back, repeated, mixed up or changed, and
//! calls whose answers are lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ambient::Ambient;
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// After how long without an answer a message counts as failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What passes before each try to deliver a message.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];

/// Sends a message, and again while nobody answers or the answer is that something broke. Providers go on for days, and
/// whatever else than success is answered.
pub(crate) async fn insist(message: RequestBuilder) -> Option<reqwest::Response> {
    let mut answer = None;
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        answer = message.try_clone()?.timeout(PATIENCE).send().await.ok();
        if answer.as_ref().is_some_and(|answer| !answer.status().is_server_error()) {
            break;
        }
    }
    answer
}

/// Whose secret signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// The account's current secret.
    #[default]
    Current,
    /// The secret before the last rotation.
    Old,
    /// A secret that nobody ever registered.
    Stranger,
}

/// How messages travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Travel {
    /// False keeps them back: they are returned, signed, and can be delivered by other means.
    pub send: bool,
    /// How often each is delivered.
    pub times: usize,
    /// In random order, duplicates included.
    pub shuffle: bool,
    /// All at once instead of one after the other.
    pub parallel: bool,
    /// Whose signature they carry.
    pub signed_by: Signer,
    /// What is replaced before it is signed: parameters by their names, or JSON by its pointers.
    pub alter: BTreeMap<String, Value>,
}

impl Default for Travel {
    fn default() -> Self {
        let signed_by = Signer::Current;
        Self { send: true, times: 1, shuffle: false, parallel: false, signed_by, alter: BTreeMap::new() }
    }
}

impl Travel {
    /// Keeps messages back.
    pub fn kept_back() -> Self {
        Self { send: false, ..Self::default() }
    }

    /// Repeats and mixes messages up as told.
    pub(crate) fn spread<T: Clone>(&self, messages: Vec<T>, ambient: &Ambient) -> Vec<T> {
        let copies = messages.into_iter().flat_map(|message| std::iter::repeat_n(message, self.times));
        let mut copies: Vec<T> = copies.collect();
        if self.shuffle {
            copies.sort_by_cached_key(|_| ambient.bytes::<16>());
        }
        copies
    }

    /// Sends messages as told, each by `send`, and returns what that made of them.
    pub(crate) async fn carry<T, F: Future<Output = T>>(&self, messages: Vec<T>, send: impl Fn(T) -> F) -> Vec<T> {
        if !self.send {
            return messages;
        }
        if self.parallel {
            return join_all(messages.into_iter().map(send)).await;
        }
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            sent.push(send(message).await);
        }
        sent
    }
}

/// What goes wrong at the next calls of a provider's API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Faults {
    /// How many of the next calls.
    pub times: u32,
    /// The HTTP status that they get.
    pub status: u16,
    /// Whether what was asked is done all the same, so that only the answer is lost.
    pub done: bool,
}

/// The faults that a stand-in has ahead; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ahead(Arc<Mutex<Faults>>);

impl Ahead {
    pub(crate) fn set(&self, faults: Faults) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    fn take(&self) -> Option<Faults> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.times = faults.times.checked_sub(1)?;
        Some(*faults)
    }
}

/// Lets calls fail that are to fail.
pub(crate) async fn faulty(State(ahead): State<Ahead>, request: Request, next: Next) -> Response {
    let Some(fault) = ahead.take() else { return next.run(request).await };
    if fault.done {
        next.run(request).await;
    }
    StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// A request to a stand-in's control API that can't be met.
pub(crate) struct Impossible(pub(crate) &'static str);

impl IntoResponse for Impossible {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.0).into_response()
    }
}

/// The client of a control API.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    base: String,
    http: reqwest::Client,
}

impl Control {
    pub(crate) fn at(url: &str, provider: &str) -> Self {
        Self { base: format!("{}/_standin/{provider}", url.trim_end_matches('/')), http: reqwest::Client::new() }
    }

    pub(crate) async fn tell(&self, path: &str, body: &impl Serialize) -> reqwest::Result<()> {
        let sent = self.http.post(format!("{}/{path}", self.base)).json(body).send().await?;
        sent.error_for_status().map(drop)
    }

    pub(crate) async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> reqwest::Result<T> {
        self.http.post(format!("{}/{path}", self.base)).json(body).send().await?.error_for_status()?.json().await
    }
}
