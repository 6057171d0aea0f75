//! `POST /auth/mfa/challenge`, and how a sign-in comes to need it

use axum::extract::State;
use axum::response::Response;
use domain::id::UserId;
use domain::operation::{Actor, Operation};
use domain::user::{CHALLENGE_LIFE, Challenge};
use garde::Validate;
use platform::tokens::TicketToken;
use serde::{Deserialize, Serialize};
use store::logins::{Answered, Proof};
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{
    Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, RequestInfo, Signer, TenantOf, idempotent, refusals,
};

use super::{prove, wrong};
use crate::auth::Tokens;
use crate::auth::browser::{Browser, Mode};
use crate::auth::sign_in::{self, Arrival, Proved, SignedIn};

/// The question for a second factor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChallengeView {
    /// Always true: there is no session yet.
    #[schema(example = true)]
    mfa_required: bool,
    /// What `POST /auth/mfa/challenge` takes together with a code. It is good for nothing else.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz")]
    challenge_token: String,
    /// How long it lives, in seconds.
    #[schema(example = 300)]
    expires_in: u64,
}

/// Asks somebody whose first proof was right for their second factor. None when the account may not be used,
/// or has no second factor any more: answer that like a wrong proof.
pub(crate) async fn ask(
    edge: &Edge,
    operation: &Operation,
    user: UserId,
    proof: &Proof,
) -> Result<Option<Reply<SignedIn>>, Problem> {
    let token = TicketToken::generate(user, edge.ambient());
    let challenge = Challenge::open(user, proof.since, operation.now);
    let view = ChallengeView {
        mfa_required: true,
        challenge_token: token.expose().to_string(),
        expires_in: CHALLENGE_LIFE.as_secs(),
    };
    let opened = edge.store().open_challenge(operation, &token.hash(), &challenge, proof).await?;
    Ok(opened.then(|| Reply::ok(SignedIn::Challenge(view))))
}

/// The answer to the question for a second factor.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Answer {
    /// The token that the sign-in answered.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz"
    )]
    challenge_token: String,
    /// The six digits that the app shows now, or a backup code.
    #[garde(length(bytes, max = 64))]
    #[schema(max_length = 64, example = "287082")]
    code: String,
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

/// Give the second factor
///
/// Opens the session that a sign-in with a second factor has begun. A code is good for one sign-in. After five wrong
/// codes, or five minutes, sign in again.
#[utoipa::path(
    post,
    path = "/auth/mfa/challenge",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Answer,
    responses(
        (status = 200, description = "The session is open", body = Envelope<Tokens>),
        web::openapi::Of<(refusals::InvalidChallenge, refusals::InvalidMfaCode, refusals::AccountLocked)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn answer_challenge(
    State(edge): State<Edge>,
    State(signer): State<Signer>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
    key: Option<IdempotencyKey>,
    Json(body): Json<Answer>,
) -> Result<Response, Problem> {
    let work = async {
        let closed = || Problem::new(Code::InvalidChallenge);
        let token: TicketToken = body.challenge_token.parse().map_err(|_| closed())?;
        let (hash, operation) = (token.hash(), info.operation(tenant.scope(), Actor::Anonymous, edge.ambient()));
        let found = edge.store().challenge(operation.scope, token.of, &hash).await?;
        let (challenge, user) = found.filter(|(challenge, _)| challenge.is_open(operation.now)).ok_or_else(closed)?;
        if !user.may_act() {
            return Err(closed());
        }
        let factor = prove(&edge, &operation, &tenant, &user, Some(&hash), &body.code).await?;
        let second = Some(Answered { challenge: hash, factor });
        let proof = Proof { since: challenge.since, rehashed: None, tries: None, second };
        let person = Proved { user: user.id, roles: user.roles.clone(), email: user.email_index.clone(), proof };
        let arrival = Arrival::of(&browser, body.device_name, body.mode, body.device_token);
        match sign_in::open(&edge, &operation, &info, person, arrival).await? {
            Some(opened) => opened.reply(&edge, &signer, &tenant).await,
            // The code was used by another sign-in meanwhile, or the account was closed.
            None => Err(wrong(&edge, &operation, &user).await?),
        }
    };
    idempotent(&edge, &tenant, None, key, work).await
}
