//! Coming in, staying in, going out.

pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod logout_all;
pub(crate) mod me;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod sign_in;

use domain::id::SessionId;
use domain::pii::Purpose;
use domain::session::Session;
use domain::tenant::Tenant;
use platform::tokens::AccessClaims;
use platform::tokens::RefreshToken;
use platform::vault::{Vault, VaultError};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Edge, Problem, Signer};

/// What a device needs to act for its user.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    /// Goes into `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl")]
    access_token: String,
    /// How the access token is presented.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(example = 900)]
    expires_in: u64,
    /// Gets the next tokens, once.
    #[schema(example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN.0.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz")]
    refresh_token: String,
    /// When the session ends unless it is refreshed.
    #[schema(example = "2026-02-07T08:15:30.123Z")]
    refresh_expires_at: String,
    /// The session that both belong to.
    #[schema(value_type = String, example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    session_id: SessionId,
}

/// Makes the tokens of a session as it is now.
async fn tokens(
    edge: &Edge,
    signer: &Signer,
    tenant: &Tenant,
    session: &Session,
    refresh: &RefreshToken,
) -> Result<Tokens, Problem> {
    let issuer = &edge.config().issuer;
    let roles = session.roles.clone();
    let claims = AccessClaims::issue(issuer, tenant.id, session.user, session.id, roles, edge.ambient());
    Ok(Tokens {
        access_token: signer.sign(&claims).await?,
        token_type: "Bearer",
        expires_in: AccessClaims::LIFE.as_secs(),
        refresh_token: refresh.expose(),
        refresh_expires_at: session.expires_at().to_string(),
        session_id: session.id,
    })
}

/// Derives the key from which a refresh token's successor follows.
async fn line_key(vault: &Vault, tenant: &Tenant) -> Result<impl std::ops::Deref<Target = [u8; 32]>, VaultError> {
    vault.derive(tenant, Purpose::Session, "refresh").await
}
