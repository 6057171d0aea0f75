//! The devices on which a user is signed in.

pub(crate) mod end;
pub(crate) mod list;

use domain::id::SessionId;
use domain::session::Session;
use serde::Serialize;
use utoipa::ToSchema;

/// A signed-in device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    /// The session's id.
    #[schema(value_type = String, example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: SessionId,
    /// What the person calls the device.
    #[schema(example = "Asha's phone")]
    device_name: Option<String>,
    /// The address from which it was last refreshed.
    #[schema(example = "198.51.100.7")]
    ip: Option<String>,
    /// What the client called itself then.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")]
    user_agent: Option<String>,
    /// When the person signed in.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// When it was last refreshed.
    #[schema(example = "2026-01-31T09:15:30.123Z")]
    last_used_at: String,
    /// When it ends unless it is refreshed.
    #[schema(example = "2026-02-07T09:15:30.123Z")]
    expires_at: String,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    current: bool,
}

impl SessionView {
    fn of(session: Session, asks: SessionId) -> Self {
        Self {
            current: session.id == asks,
            id: session.id,
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: session.expires_at().to_string(),
            device_name: session.device_name,
            ip: session.ip,
            user_agent: session.user_agent,
        }
    }
}

#[cfg(test)]
mod tests;
