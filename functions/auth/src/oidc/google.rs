//! `POST /auth/google`

use axum::extract::State;
use axum::response::Response;
use domain::user::IdentityProvider;
use platform::oidc::IdTokens;
use web::openapi::OptionalKeyHeader;
use web::{Edge, Envelope, IdempotencyKey, Json, Problem, RequestInfo, Signer, TenantOf, idempotent, refusals};

use super::{Desk, IdTokenRequest};
use crate::auth::browser::Browser;
use crate::auth::sign_in::SignedIn;

/// Sign in with Google
///
/// Opens a session for whom an ID token of Google tells of, with an account for somebody new. Ask Google for the token with
/// a nonce made for this sign-in, and send both: we keep no nonces, so a nonce that the client uses twice is not noticed.
/// An account of the same address is signed in to only if Google vouches for the address and the account has verified it.
#[utoipa::path(
    post,
    path = "/auth/google",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = IdTokenRequest,
    responses(
        (status = 200, description = "The session is open, or a second factor is asked for", body = Envelope<SignedIn>),
        web::openapi::Of<(
            refusals::InvalidIdToken,
            refusals::InvalidCredentials,
            refusals::Conflict,
            refusals::IdentityProviderUnavailable,
            refusals::IdentityNotLinked,
        )>
    ),
    extensions(("x-access" = json!("public")))
)]
#[allow(clippy::too_many_arguments, reason = "each is one thing that a sign-in needs of the request")]
pub(crate) async fn sign_in_with_google(
    State(edge): State<Edge>,
    State(id_tokens): State<IdTokens>,
    State(signer): State<Signer>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
    key: Option<IdempotencyKey>,
    Json(body): Json<IdTokenRequest>,
) -> Result<Response, Problem> {
    let desk =
        Desk { edge: &edge, id_tokens: &id_tokens, signer: &signer, tenant: &tenant, info: &info, browser: &browser };
    idempotent(&edge, &tenant, None, key, desk.sign_in(IdentityProvider::Google, body)).await
}
