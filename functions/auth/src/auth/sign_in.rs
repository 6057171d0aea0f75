//! Opens a session for somebody who has proved who they are: by password, by second factor, by another identity provider.

use domain::access::Role;
use domain::id::UserId;
use domain::operation::Operation;
use domain::session::{Device, Session};
use domain::tenant::Tenant;
use platform::tokens::RefreshToken;
use serde::Serialize;
use store::logins::{Proof, SignIn};
use utoipa::ToSchema;
use web::{Answer, Edge, Problem, Reply, RequestInfo, Signer};

use super::{Tokens, tokens};
use crate::mfa::challenge::ChallengeView;

/// What a sign-in answers: a session, or the question for a second factor.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SignedIn {
    /// The session is open.
    Session(Tokens),
    /// The account has a second factor: no session is open yet.
    Challenge(ChallengeView),
}

/// Somebody who has proved who they are.
pub(crate) struct Proved {
    /// The person.
    pub(crate) user: UserId,
    /// What the person was when we read it; asked again when the session opens.
    pub(crate) roles: Vec<Role>,
    /// By what.
    pub(crate) proof: Proof,
}

/// A session that has just been opened, with its first refresh token.
pub(crate) struct Opened {
    session: Session,
    first: RefreshToken,
}

/// Opens a session; none when the account may not be used, when everything was ended since the proof began, or when the
/// second factor was used by somebody else meanwhile. Answer that like a wrong proof of the same kind.
pub(crate) async fn open(
    edge: &Edge,
    operation: &Operation,
    info: &RequestInfo,
    person: Proved,
    device_name: Option<String>,
) -> Result<Option<Opened>, Problem> {
    let first = RefreshToken::first(operation.id(), edge.ambient());
    let user_agent = info.user_agent().map(str::to_owned);
    let device = Device { name: device_name, ip: operation.ip.clone(), user_agent };
    let hash = first.secret.hash();
    let mut session = Session::open(first.family, person.user, person.roles, hash, device, operation.now);
    let mut outcome = edge.store().sign_in(operation, &session, &person.proof).await?;
    if let SignIn::RolesChanged(roles) = outcome {
        session.roles = roles;
        outcome = edge.store().sign_in(operation, &session, &person.proof).await?;
    }
    info.note_user(session.user);
    Ok((outcome == SignIn::Done).then_some(Opened { session, first }))
}

impl Opened {
    /// Answers the tokens of the session.
    pub(crate) async fn reply(&self, edge: &Edge, signer: &Signer, tenant: &Tenant) -> Answer<SignedIn> {
        Ok(Reply::ok(SignedIn::Session(tokens(edge, signer, tenant, &self.session, &self.first).await?)))
    }
}
