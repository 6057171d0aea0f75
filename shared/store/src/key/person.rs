//! People: how they sign in, and what lies beside them.

use domain::clock::Timestamp;
use domain::id::{AddressId, CouponId, EventId, FileId, SessionId, UserId};
use domain::pii::BlindIndex;
use domain::tenant::TenantScope;
use domain::ticket::TicketKind;
use domain::user::IdentityProvider;

use super::{Index, IndexKey, Key, of};
use crate::lockouts::Counter;

/// Reads the login record of an e-mail in one read; its existence makes the e-mail unique.
pub(crate) fn login(scope: TenantScope, email: &BlindIndex) -> Key {
    Key::alone(of(scope, &format!("LOGIN#{}", email.as_text())))
}

/// Counts the tries to sign in to an address, by strangers or on one known device.
pub(crate) fn sign_in_tries(scope: TenantScope, counter: &Counter) -> Key {
    let partition = sign_in_tries_list(scope, &counter.email);
    match counter.device {
        Some(device) => Key::new(partition, device.to_string()),
        None => Key::alone(partition),
    }
}

/// Lists all counts of tries to sign in to an address, to forget them together.
pub(crate) fn sign_in_tries_list(scope: TenantScope, email: &BlindIndex) -> String {
    of(scope, &format!("TRY#{}", email.as_text()))
}

fn user_partition(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}"))
}

/// Reads a user.
pub(crate) fn user(scope: TenantScope, user: UserId) -> Key {
    Key::alone(user_partition(scope, user))
}

/// Reads one address of a user; [`ADDRESSES`] lists them.
pub(crate) fn address(scope: TenantScope, user: UserId, address: AddressId) -> Key {
    Key::new(user_partition(scope, user), format!("{ADDRESSES}{address}"))
}

/// The common start of a user's addresses within the user's partition.
pub(crate) const ADDRESSES: &str = "ADR#";

/// Reads a user's cart.
pub(crate) fn cart(scope: TenantScope, user: UserId) -> Key {
    Key::new(user_partition(scope, user), "CART")
}

/// Counts how often a user has used a coupon.
pub(crate) fn coupon_use(scope: TenantScope, user: UserId, coupon: CouponId) -> Key {
    Key::new(user_partition(scope, user), format!("CPN#{coupon}"))
}

/// Reads a user's right to download a file.
pub(crate) fn entitlement(scope: TenantScope, user: UserId, file: FileId) -> Key {
    Key::new(user_partition(scope, user), format!("ENT#{file}"))
}

/// Reads the newest one-time token of a user of one kind; issuing another replaces it. [`TICKETS`] lists them.
pub(crate) fn ticket(scope: TenantScope, user: UserId, kind: TicketKind) -> Key {
    Key::new(user_partition(scope, user), format!("{TICKETS}{}", kind.as_str()))
}

/// The common start of a user's one-time tokens within the user's partition.
pub(crate) const TICKETS: &str = "OTK#";

/// Reads the address that a user had before an event, until the notice to it was sent.
pub(crate) fn old_address(scope: TenantScope, user: UserId, event: EventId) -> Key {
    Key::new(user_partition(scope, user), format!("{OLD_ADDRESSES}{event}"))
}

/// The common start of a user's former addresses within the user's partition.
pub(crate) const OLD_ADDRESSES: &str = "OLD#";

fn provider(provider: IdentityProvider) -> &'static str {
    match provider {
        IdentityProvider::Local => "LOCAL",
        IdentityProvider::Google => "GOOGLE",
        IdentityProvider::Microsoft => "MICROSOFT",
    }
}

/// Finds whose account an identity at another provider opens; its existence makes it one person's.
pub(crate) fn identity(scope: TenantScope, by: IdentityProvider, fingerprint: &str) -> Key {
    Key::alone(of(scope, &format!("IDP#{}#{fingerprint}", provider(by))))
}

/// Lists a user's identities at other providers.
pub(crate) fn identities_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#IDP"))
}

/// Orders an identity among its user's.
pub(crate) fn identities_of(scope: TenantScope, user: UserId, fingerprint: &str) -> IndexKey {
    IndexKey { index: Index::First, pk: identities_of_list(scope, user), sk: fingerprint.to_owned() }
}

/// Reads a sign-in that waits for the second factor, beside its user; `hash` is of the token's secret.
pub(crate) fn challenge(scope: TenantScope, user: UserId, hash: &str) -> Key {
    Key::new(user_partition(scope, user), format!("MFA#{hash}"))
}

/// Reads a session: every authenticated request does, beside its user.
pub(crate) fn session(scope: TenantScope, session: SessionId) -> Key {
    Key::alone(of(scope, &format!("S#{session}")))
}

/// Lists a user's sessions by the time when they were opened.
pub(crate) fn sessions_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#S"))
}

/// Orders a session among its user's.
pub(crate) fn sessions_of(scope: TenantScope, user: UserId, created: Timestamp) -> IndexKey {
    IndexKey { index: Index::First, pk: sessions_of_list(scope, user), sk: created.to_string() }
}

/// Lists the people of a tenant, for those who run it.
pub(crate) fn users_list(scope: TenantScope) -> String {
    of(scope, "USERS")
}

/// Orders a user among the tenant's by the time when the account was opened.
pub(crate) fn users(scope: TenantScope, user: UserId) -> IndexKey {
    IndexKey { index: Index::Second, pk: users_list(scope), sk: user.to_string() }
}

/// Finds who has a phone number; several people may share one.
pub(crate) fn phone_list(scope: TenantScope, phone: &BlindIndex) -> String {
    of(scope, &format!("PHONE#{}", phone.as_text()))
}

/// Orders a user among those who have the same phone number.
pub(crate) fn phone(scope: TenantScope, phone: &BlindIndex, user: UserId) -> IndexKey {
    IndexKey { index: Index::First, pk: phone_list(scope, phone), sk: user.to_string() }
}

/// Counts the owners of a tenant, so that the last can't go.
pub(crate) fn owners(scope: TenantScope) -> Key {
    Key::alone(of(scope, "OWNERS"))
}
