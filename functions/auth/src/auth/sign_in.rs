//! Opens a session for somebody who has proved who they are: by password, by second factor, by another identity provider.

use domain::access::Role;
use domain::id::UserId;
use domain::operation::Operation;
use domain::pii::BlindIndex;
use domain::session::{Device, Session};
use domain::tenant::Tenant;
use platform::tokens::RefreshToken;
use serde::Serialize;
use store::logins::{Proof, SignIn};
use utoipa::ToSchema;
use web::{Answer, Edge, Problem, RequestInfo, Signer};

use super::browser::{Browser, Mode};
use super::tokens::Issued;
use super::{Tokens, device};
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
    /// The person's address, which makes the device known.
    pub(crate) email: BlindIndex,
    /// By what.
    pub(crate) proof: Proof,
}

/// How the device wants to be signed in.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    /// What the person calls it.
    pub(crate) device_name: Option<String>,
    /// Where it keeps its refresh token.
    pub(crate) mode: Mode,
    /// The device token that it has from an earlier sign-in.
    pub(crate) device_token: Option<String>,
}

impl Arrival {
    /// Joins what a request says with what the browser brings along by itself.
    pub(crate) fn of(
        browser: &Browser,
        device_name: Option<String>,
        mode: Option<Mode>,
        device_token: Option<String>,
    ) -> Self {
        let device_token = device_token.or_else(|| browser.device_token().map(str::to_owned));
        Self { device_name, mode: mode.unwrap_or_default(), device_token }
    }
}

/// A session that has just been opened, with its first refresh token.
pub(crate) struct Opened {
    session: Session,
    first: RefreshToken,
    email: BlindIndex,
    mode: Mode,
    device_token: Option<String>,
}

/// Opens a session; none when the account may not be used, when everything was ended since the proof began, or when the
/// second factor was used by somebody else meanwhile. Answer that like a wrong proof of the same kind.
pub(crate) async fn open(
    edge: &Edge,
    operation: &Operation,
    info: &RequestInfo,
    person: Proved,
    arrival: Arrival,
) -> Result<Option<Opened>, Problem> {
    let first = RefreshToken::first(operation.id(), edge.ambient());
    let user_agent = info.user_agent().map(str::to_owned);
    let device = Device { name: arrival.device_name, ip: operation.ip.clone(), user_agent };
    let hash = first.secret.hash();
    let mut session = Session::open(first.family, person.user, person.roles, hash, device, operation.now);
    let mut outcome = edge.store().sign_in(operation, &session, &person.proof).await?;
    if let SignIn::RolesChanged(roles) = outcome {
        session.roles = roles;
        outcome = edge.store().sign_in(operation, &session, &person.proof).await?;
    }
    info.note_user(session.user);
    let (email, mode, device_token) = (person.email, arrival.mode, arrival.device_token);
    Ok((outcome == SignIn::Done).then_some(Opened { session, first, email, mode, device_token }))
}

impl Opened {
    /// Answers the tokens of the session, and the device token: the one that the device has, or a new one.
    pub(crate) async fn reply(&self, edge: &Edge, signer: &Signer, tenant: &Tenant) -> Answer<SignedIn> {
        let known = device::known(edge, tenant, &self.email, self.device_token.as_deref()).await?;
        let issued = Issued {
            session: &self.session,
            refresh: &self.first,
            mode: self.mode,
            csrf: None,
            device: Some(device::token(edge, tenant, &self.email, known).await?),
        };
        Ok(issued.reply(edge, signer, tenant).await?.map(SignedIn::Session))
    }
}
