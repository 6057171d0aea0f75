//! `POST /auth/login`

use axum::extract::State;
use axum::response::Response;
use domain::operation::{Action, Actor};
use domain::user::{Email, UserStatus, field};
use garde::Validate;
use platform::passwords::{Password, Passwords, Verdict};
use serde::Deserialize;
use store::lockouts::{self, Counted, Counter};
use store::logins::{Login, Proof, Rehashed};
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Code, Edge, Envelope, IdempotencyKey, Json, Problem, RequestInfo, Signer, TenantOf, idempotent, refusals};

use super::browser::{Browser, Mode};
use super::sign_in::{self, Arrival, Proved, SignedIn};
use super::{device, register};
use crate::mfa::challenge;

/// What proves who somebody is.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignInRequest {
    /// The e-mail address of the account.
    #[garde(length(bytes, max = 254))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: String,
    /// The password.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", max_length = 128, example = "correct horse battery staple")]
    password: String,
    /// What the person calls the device, for their list of sessions.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "Asha's phone")]
    device_name: Option<String>,
    /// Where the refresh token goes: `body`, or `cookie` for browsers, which no script can read.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "body")]
    mode: Option<Mode>,
    /// The device token of an earlier sign-in on this device. Browsers that sign in with cookies have it as one.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "dev_01JB2Z8QW3C4D5E6F7G8H9JKMN.dGhlIE1BQyBvZiB0aGUgZGV2aWNlIGFuZCBhZGRyZXNz"
    )]
    device_token: Option<String>,
}

/// Sign in
///
/// Opens a session for this device; an account with a second factor answers a question instead, which
/// `POST /auth/mfa/challenge` answers. An unknown address, a wrong password and a closed account are refused alike.
///
/// After five failures in a row nobody gets in to that address for 15 minutes, except on devices that have signed in to it
/// before and show their device token: their failures are counted apart.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = SignInRequest,
    responses(
        (status = 200, description = "The session is open, or a second factor is asked for", body = Envelope<SignedIn>),
        web::openapi::Of<(refusals::InvalidCredentials, refusals::AccountLocked)>
    ),
    extensions(("x-access" = json!("public")))
)]
#[allow(clippy::too_many_arguments, reason = "each is one thing that a sign-in needs of the request")]
pub(crate) async fn login(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    State(signer): State<Signer>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
    key: Option<IdempotencyKey>,
    Json(body): Json<SignInRequest>,
) -> Result<Response, Problem> {
    let work = async {
        let (scope, password) = (tenant.scope(), Password::typed(&body.password));
        // A text that is no address has no account, and is refused as slowly as one that has none.
        let address = Email::new(&body.email).map_or(body.email, |email| email.as_str().to_owned());
        // Before anything is read: what is ended from now on is not opened again by what we are about to read.
        let since = edge.ambient().now();
        let places = edge.vault().index_places(&tenant, field::EMAIL_INDEX, &address).await?;
        let arrival = Arrival::of(&browser, body.device_name, body.mode, body.device_token);
        let device = device::known(&edge, &tenant, &places.write, arrival.device_token.as_deref()).await?;
        let counter = Counter { email: places.write.clone(), device };
        let tries = edge.store().count_sign_in(scope, &counter, since);
        let (found, tries) = tokio::join!(edge.store().login_at(scope, places.read()), tries);
        let (found, tries) = match (found?, tries?) {
            (found, Counted::Try(tries)) => (found, tries),
            (_, Counted::LockedUntil(until)) => {
                return Err(Problem::new(Code::AccountLocked).retry_after(until.since(since)));
            }
        };
        let (place, login) = found.map_or((places.write, None), |(place, login)| (place, Some(login)));
        let hash = login.as_ref().and_then(|login| login.password_hash.clone());
        let verdict = passwords.verify(password.clone(), hash.clone()).await.map_err(register::unavailable)?;
        let operation = info.operation(scope, Actor::Anonymous, edge.ambient());
        let refused = async |login: Option<&Login>| {
            let entity = login.map_or_else(|| place.as_text().to_owned(), |login| login.user.to_string());
            let action = if tries < lockouts::TRIES { Action::LoginFailed } else { Action::LoginLocked };
            edge.store().record_audit(&operation, action, &entity).await?;
            Err(Problem::new(Code::InvalidCredentials))
        };
        let login = match login {
            Some(login) if login.status == UserStatus::Active && verdict != Verdict::Wrong => login,
            other => return refused(other.as_ref()).await,
        };
        let rehashed = match (verdict, hash) {
            (Verdict::RightButOutdated, Some(old)) => Some(Rehashed {
                email: place.clone(),
                old,
                new: passwords.hash(password).await.map_err(register::unavailable)?,
            }),
            _ => None,
        };
        let proof = Proof { since, rehashed, tries: Some(counter), second: None };
        if login.mfa {
            return match challenge::ask(&edge, &operation, login.user, &proof).await? {
                Some(question) => Ok(question),
                None => refused(Some(&login)).await,
            };
        }
        let person = Proved { user: login.user, roles: login.roles.clone(), email: place.clone(), proof };
        match sign_in::open(&edge, &operation, &info, person, arrival).await? {
            Some(opened) => opened.reply(&edge, &signer, &tenant).await,
            None => refused(Some(&login)).await,
        }
    };
    idempotent(&edge, &tenant, None, key, work).await
}

#[cfg(test)]
mod tests;
