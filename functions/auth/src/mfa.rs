//! The second factor of the own account, and the sign-ins that wait for it.

pub(crate) mod backup_codes;
pub(crate) mod challenge;
pub(crate) mod disable;
pub(crate) mod setup;
pub(crate) mod verify;

use domain::clock::Timestamp;
use domain::operation::{Action, Operation};
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::user::{Mfa, User, field};
use platform::totp::{self, Authenticator};
use platform::vault::{Place, Vault, VaultError};
use serde::Serialize;
use store::mfa::{SecondFactor, Tried, UsedCode};
use utoipa::ToSchema;
use web::{Code, Edge, Problem};

/// Backup codes, shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackupCodes {
    /// Each is good for one use in place of a code of the app. Keep them where the app is not.
    #[schema(example = json!(["7QF2-K0M9-XW3T-4HJC", "9D3E-2A4B-8C6D-7E8F"]))]
    backup_codes: Vec<String>,
}

impl BackupCodes {
    /// Makes a new set, and the hashes to store.
    fn renew(operation: &Operation, user: &User) -> (Self, Vec<String>) {
        let codes = totp::backup_codes(&operation.ambient);
        let hashes = codes.iter().filter_map(|code| totp::backup_code_hash(user.id, code)).collect();
        (Self { backup_codes: codes.to_vec() }, hashes)
    }
}

/// Takes a code of the app or a backup code for somebody: the try is counted first, then the code is looked at. What it
/// returns is still to be used up by the change that it is for.
///
/// # Errors
/// With 401 when the code is wrong or was used, with 401 or 409 when there is nothing to try it on, and with 429 when too
/// many were tried.
pub(crate) async fn prove(
    edge: &Edge,
    operation: &Operation,
    tenant: &Tenant,
    user: &User,
    challenge: Option<&str>,
    code: &str,
) -> Result<SecondFactor, Problem> {
    match edge.store().count_mfa_try(operation, user, challenge).await? {
        Tried::Counted => {}
        Tried::Closed if challenge.is_some() => return Err(Problem::new(Code::InvalidChallenge)),
        Tried::Closed => return Err(Problem::new(Code::MfaNotEnabled)),
        Tried::LockedUntil(until) => {
            let problem = Problem::new(Code::AccountLocked).message("Too many codes were tried");
            return Err(problem.retry_after(until.since(operation.now)));
        }
    }
    match look_at(edge.vault(), tenant, user, code, operation.now).await? {
        Some(factor) => Ok(factor),
        None => Err(wrong(edge, operation, user).await?),
    }
}

/// Records a wrong code, and refuses it.
pub(crate) async fn wrong(edge: &Edge, operation: &Operation, user: &User) -> Result<Problem, Problem> {
    edge.store().record_audit(operation, Action::MfaFailed, &user.id.to_string()).await?;
    Ok(Problem::new(Code::InvalidMfaCode))
}

async fn look_at(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    code: &str,
    now: Timestamp,
) -> Result<Option<SecondFactor>, Problem> {
    let Some((mfa, enabled_at)) = user.mfa.as_ref().and_then(|mfa| Some((mfa, mfa.enabled_at?))) else {
        return Ok(None);
    };
    let used = |code| Some(SecondFactor { enabled_at, code });
    if let Some(step) = app(vault, tenant, user, mfa).await?.check(code, now) {
        return Ok(if mfa.accepts(step) { used(UsedCode::Step(step)) } else { None });
    }
    let left = totp::backup_code_hash(user.id, code).and_then(|hash| mfa.without(&hash));
    Ok(left.and_then(|left| used(UsedCode::Backup { before: mfa.backup_codes.clone(), left })))
}

/// Opens the secret that the person's app has.
async fn app(vault: &Vault, tenant: &Tenant, user: &User, mfa: &Mfa) -> Result<Authenticator, Problem> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let item = user.id.to_string();
    let secret = vault.open(tenant, Purpose::Pii, Place::of(part, &item, field::TOTP_SECRET), &mfa.secret).await?;
    Authenticator::new(&secret).map_err(Problem::internal)
}

#[cfg(test)]
mod tests;
