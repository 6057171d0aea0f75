//! The connection to a provider: made at the first call, bounded in time, following no redirect.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use crate::api::ApiError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// A client that is made when it is first needed, so that it costs a cold start nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct LazyClient(Arc<OnceLock<Client>>);

impl LazyClient {
    pub(crate) fn get(&self) -> Result<&Client, ApiError> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(ApiError::Unreachable)?;
        Ok(self.0.get_or_init(|| client))
    }
}

/// Reads an answer whole. A provider that is overloaded or broken is [`ApiError::Busy`]; other statuses are the caller's to
/// judge.
pub(crate) async fn read(sent: reqwest::Result<Response>) -> Result<(StatusCode, Vec<u8>), ApiError> {
    let response = sent.map_err(ApiError::Unreachable)?;
    let status = response.status();
    let body = response.bytes().await.map_err(ApiError::Unreachable)?;
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ApiError::Busy { status: status.as_u16() });
    }
    Ok((status, body.to_vec()))
}
