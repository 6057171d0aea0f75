//! `POST /auth/refresh`

use axum::extract::State;
use axum::response::Response;
use domain::operation::Actor;
use domain::session::{Device, Session, Verdict};
use garde::Validate;
use platform::tokens::RefreshToken;
use serde::Deserialize;
use store::sessions::{Rotated, Rotation};
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{
    Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, RequestInfo, Signer, TenantOf, idempotent, refusals,
};

use super::{Tokens, line_key, tokens};

/// The refresh token that is to be exchanged.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Refresh {
    /// The newest refresh token of the session.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN.0.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz"
    )]
    refresh_token: String,
}

/// Exchange a refresh token for new tokens
///
/// A refresh token is good for one exchange. Presenting it again within 10 seconds, as two tabs of one browser do, gets
/// the same successor; presenting an older one, or later, ends the session, because somebody has a copy.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Refresh,
    responses(
        (status = 200, description = "The next tokens", body = Envelope<Tokens>),
        web::openapi::Of<(refusals::InvalidRefreshToken,)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn refresh(
    State(edge): State<Edge>,
    State(signer): State<Signer>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<Refresh>,
) -> Result<Response, Problem> {
    let work = async {
        let presented: RefreshToken = body.refresh_token.parse().map_err(|_| refused())?;
        let line_key = line_key(edge.vault(), &tenant).await?;
        let successor = presented.successor(&line_key);
        let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
        let rotation = Rotation {
            session: presented.family,
            generation: presented.generation,
            hash: presented.secret.hash(),
            next_hash: successor.secret.hash(),
            device: Device { name: None, ip: operation.ip.clone(), user_agent: info.user_agent().map(str::to_owned) },
            now: operation.now,
        };
        let session = match edge.store().rotate_session(operation.scope, &rotation).await? {
            Rotated::Done(session) => session,
            Rotated::Unknown => return Err(refused()),
            Rotated::Refused(session) => {
                let hash_at = |generation| presented.hash_at(generation, &line_key);
                match session.judge(presented.generation, hash_at, operation.now) {
                    Verdict::SameSuccessor => session,
                    Verdict::Reuse => {
                        let operation = info.operation(operation.scope, owner(&session), edge.ambient());
                        edge.store().end_reused_session(&operation, &session).await?;
                        return Err(refused());
                    }
                    // `Rotate` was judged by the table at the same instant, and refused.
                    Verdict::Rotate | Verdict::Ended | Verdict::Foreign => return Err(refused()),
                }
            }
        };
        info.note_user(session.user);
        Ok(Reply::ok(tokens(&edge, &signer, &tenant, &session, &successor).await?))
    };
    idempotent(&edge, &tenant, None, key, work).await
}

fn refused() -> Problem {
    Problem::new(Code::InvalidRefreshToken)
}

fn owner(session: &Session) -> Actor {
    Actor::User { id: session.user, roles: session.roles.clone() }
}

#[cfg(test)]
mod tests;
