//! Sign-in by another identity provider: an ID token in, a session out.
//!
//! Whose account it opens is decided by the identity alone. An identity that is new opens an account of its own, or is
//! linked to the one that has its address, if the provider vouches for the address and the account has proved it too:
//! else somebody could make themselves an account in another's name, at the provider or here, and wait.

pub(crate) mod google;
pub(crate) mod microsoft;

use domain::access::Role;
use domain::operation::{Action, Actor, Operation};
use domain::tenant::{Tenant, TenantKind};
use domain::ticket::TicketKind;
use domain::user::{Email, IdentityProvider, PersonName, User, UserStatus, field};
use garde::Validate;
use platform::oidc::{IdTokenError, IdTokens, Provider, Vouched};
use platform::people::{self, Profile};
use platform::tickets;
use serde::Deserialize;
use store::identities::Claimed;
use store::logins::Proof;
use store::table::Consistency;
use store::users::Registration;
use utoipa::ToSchema;
use web::{Code, Edge, Problem, Reply, RequestInfo, Signer, TenantOf};

use crate::auth::browser::{Browser, Mode};
use crate::auth::sign_in::{self, Arrival, Proved, SignedIn};
use crate::mfa::challenge;

/// What an identity provider says of somebody.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IdTokenRequest {
    /// The ID token, made for one of the tenant's client ids.
    #[garde(length(bytes, max = 8192))]
    #[schema(
        max_length = 8192,
        example = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxMTAxNjk0ODQ0NzQzODYyNzYzMzQifQ.c2ln"
    )]
    id_token: String,
    /// The nonce that the client made for this sign-in and gave to the provider. The token must carry it.
    #[garde(length(bytes, min = 8, max = 255))]
    #[schema(min_length = 8, max_length = 255, example = "n-0S6_WzA2Mj-5f0c6a9e")]
    nonce: String,
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

/// What a sign-in needs besides its request.
struct Desk<'a> {
    edge: &'a Edge,
    id_tokens: &'a IdTokens,
    signer: &'a Signer,
    tenant: &'a TenantOf,
    info: &'a RequestInfo,
    browser: &'a Browser,
}

/// How often an identity is looked up again when another sign-in was first.
const TRIES: usize = 4;

impl Desk<'_> {
    /// Lets somebody in whom a provider vouches for.
    async fn sign_in(&self, by: IdentityProvider, body: IdTokenRequest) -> Result<Reply<SignedIn>, Problem> {
        let (edge, settings) = (self.edge, &self.tenant.settings);
        let (provider, clients) = match by {
            IdentityProvider::Microsoft => (Provider::Microsoft, &settings.microsoft_client_ids),
            _ => (Provider::Google, &settings.google_client_ids),
        };
        if clients.is_empty() {
            return Err(Problem::new(Code::IdentityProviderUnavailable));
        }
        // Before anything is read: what is ended from now on is not opened again by what we are about to read.
        let since = edge.ambient().now();
        let operation = self.info.operation(self.tenant.scope(), Actor::Anonymous, edge.ambient());
        let vouched = match self.id_tokens.verify(provider, &body.id_token, clients, &body.nonce).await {
            Ok(vouched) => vouched,
            Err(error @ IdTokenError::Unavailable(_)) => return Err(Problem::new(Code::Unavailable).because(error)),
            Err(error) => {
                edge.store().record_audit(&operation, Action::LoginFailed, provider_name(by)).await?;
                return Err(Problem::new(Code::InvalidIdToken).because(error));
            }
        };
        let user = self.account(&operation, by, &vouched).await?;
        let refused = async || {
            edge.store().record_audit(&operation, Action::LoginFailed, &user.id.to_string()).await?;
            Err(Problem::new(Code::InvalidCredentials))
        };
        if !user.may_act() {
            return refused().await;
        }
        let proof = Proof { since, rehashed: None, tries: None, second: None };
        if user.has_mfa() {
            return match challenge::ask(edge, &operation, user.id, &proof).await? {
                Some(question) => Ok(question),
                None => refused().await,
            };
        }
        let person = Proved { user: user.id, roles: user.roles.clone(), email: user.email_index.clone(), proof };
        let arrival = Arrival::of(self.browser, body.device_name, body.mode, body.device_token);
        match sign_in::open(edge, &operation, self.info, person, arrival).await? {
            Some(opened) => opened.reply(edge, self.signer, self.tenant).await,
            None => refused().await,
        }
    }

    /// Finds the account that an identity opens, links it to one, or opens one.
    async fn account(&self, operation: &Operation, by: IdentityProvider, vouched: &Vouched) -> Result<User, Problem> {
        let (store, vault, scope) = (self.edge.store(), self.edge.vault(), operation.scope);
        for _ in 0..TRIES {
            let known = store.identity(scope, by, &vouched.identity).await?;
            if let Some(identity) = &known {
                let user = store.user(scope, identity.user, Consistency::Strong).await?;
                if let Some(user) = user.filter(|user| user.status != UserStatus::Deleted) {
                    return Ok(user);
                }
            }
            // What opened an account that is no more is as good as new.
            let before = known.map(|identity| identity.user);
            let claimed = Claimed { provider: by, fingerprint: &vouched.identity, before };
            let Some(email) = &vouched.email else {
                let problem = Problem::new(Code::IdentityNotLinked);
                return Err(problem.message("The identity provider gave no e-mail address to open an account with"));
            };
            let places = vault.index_places(self.tenant, field::EMAIL_INDEX, email.as_str()).await?;
            match store.login_at(scope, places.read()).await? {
                Some((_, login)) => {
                    let owner = store.user(scope, login.user, Consistency::Strong).await?;
                    let proved = |user: &User| vouched.email_verified && user.email_verified_at.is_some();
                    let user = owner.filter(proved).ok_or_else(|| Problem::new(Code::IdentityNotLinked))?;
                    if !user.may_act() {
                        // Refused like any other sign-in to it; the link can wait.
                        return Ok(user);
                    }
                    match store.link_identity(operation, &user, claimed).await {
                        Ok(()) => return Ok(user),
                        Err(store::Error::Conflict) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                None => {
                    let (user, ticket) = self.newcomer(operation, by, email, vouched).await?;
                    let opened = store.register_identity(operation, &user, claimed, ticket.as_ref()).await?;
                    if opened == Registration::Opened {
                        return Ok(user);
                    }
                }
            }
        }
        Err(Problem::new(Code::Conflict))
    }

    /// Makes the account of somebody new, and what proves their address when the provider does not.
    async fn newcomer(
        &self,
        operation: &Operation,
        by: IdentityProvider,
        email: &Email,
        vouched: &Vouched,
    ) -> Result<(User, Option<domain::ticket::Ticket>), Problem> {
        let (vault, tenant): (_, &Tenant) = (self.edge.vault(), self.tenant);
        if tenant.kind == TenantKind::Platform {
            return Err(Problem::new(Code::IdentityNotLinked).message("The platform's people are invited"));
        }
        let (first_name, last_name) =
            names(vouched, email).ok_or_else(|| Problem::internal("an address makes no name"))?;
        let profile = Profile { email: email.clone(), phone: None, first_name, last_name };
        let mut user = people::open_account(vault, tenant, operation, &profile, vec![Role::Customer]).await?;
        user.provider = by;
        user.email_verified_at = vouched.email_verified.then_some(operation.now);
        let ticket = if vouched.email_verified {
            None
        } else {
            Some(tickets::issue_to(vault, tenant, operation, TicketKind::EmailVerification, &user).await?)
        };
        Ok((user, ticket))
    }
}

fn provider_name(by: IdentityProvider) -> &'static str {
    match by {
        IdentityProvider::Local => "local",
        IdentityProvider::Google => "google",
        IdentityProvider::Microsoft => "microsoft",
    }
}

/// Makes names of what the provider has, which may be little: an account needs both.
fn names(vouched: &Vouched, email: &Email) -> Option<(PersonName, PersonName)> {
    let whole = vouched.name.as_deref().unwrap_or_default().trim();
    let (first, rest) = whole.split_once(' ').unwrap_or((whole, ""));
    let local = email.as_str().split('@').next().unwrap_or_default();
    let name = |choices: [Option<&str>; 3]| {
        let cut = |text: &str| PersonName::new(&text.trim().chars().take(40).collect::<String>()).ok();
        choices.into_iter().flatten().find_map(cut)
    };
    let first = name([vouched.given_name.as_deref(), Some(first), Some(local)])?;
    let last = name([vouched.family_name.as_deref(), Some(rest), Some("-")])?;
    Some((first, last))
}

#[cfg(test)]
mod tests;
