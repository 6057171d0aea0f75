//! One thing being done: for whom, by whom, when, and under which request.
//!
//! Every change in `store` takes an [`Operation`], so that its events and its audit row can't be forgotten
//! to carry the tenant, the request id and the time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::{Caller, Role};
use crate::ambient::Ambient;
use crate::clock::Timestamp;
use crate::event::{Envelope, Event};
use crate::id::{AuditId, Id, UserId};
use crate::tenant::TenantScope;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Actor {
    /// Nobody known yet: a registration, a login.
    Anonymous,
    /// A signed-in person.
    User {
        /// The person.
        id: UserId,
        /// What the person was at that moment.
        roles: Vec<Role>,
    },
    /// A payment provider, through a signed webhook.
    Provider {
        /// The provider's name.
        name: String,
    },
    /// One of our own functions, or an operator at the command line.
    System {
        /// The function's name.
        name: String,
    },
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self::User { id: caller.user, roles: caller.roles.clone() }
    }
}

/// The frame of one operation.
#[derive(Clone)]
pub struct Operation {
    /// The tenant acted for.
    pub scope: TenantScope,
    /// Who acts.
    pub actor: Actor,
    /// The id of the request or of the request that caused this message.
    pub request_id: String,
    /// The address the request came from, as API Gateway reports it.
    pub ip: Option<String>,
    /// When: one instant for everything the operation writes.
    pub now: Timestamp,
    /// Where new ids come from.
    pub ambient: Ambient,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({} at {})", self.request_id, self.now)
    }
}

impl Operation {
    /// Opens an operation at the current instant.
    pub fn begin(scope: TenantScope, actor: Actor, request_id: String, ip: Option<String>, ambient: &Ambient) -> Self {
        Self { scope, actor, request_id, ip, now: ambient.now(), ambient: ambient.clone() }
    }

    /// Puts an event into its envelope.
    pub fn envelope(&self, event: Event) -> Envelope {
        Envelope {
            id: self.ambient.id(),
            tenant: self.scope.tenant(),
            occurred_at: self.now,
            request_id: self.request_id.clone(),
            event,
        }
    }

    /// Writes the audit entry of this operation.
    pub fn audit(&self, action: Action, entity: &str) -> AuditEntry {
        AuditEntry {
            id: self.ambient.id(),
            at: self.now,
            actor: self.actor.clone(),
            action,
            entity: entity.to_owned(),
            request_id: self.request_id.clone(),
            ip: self.ip.clone(),
            changes: Vec::new(),
        }
    }

    /// Makes a new id at the operation's instant.
    pub fn id<I: Id>(&self) -> I {
        self.ambient.id()
    }
}

/// What is worth remembering for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// An account was opened.
    UserRegistered,
    /// Somebody signed in.
    LoginSucceeded,
    /// Somebody failed to sign in.
    LoginFailed,
    /// A session was ended by its user.
    LoggedOut,
    /// A refresh token was exchanged.
    SessionRefreshed,
    /// A refresh token was used twice; its session was revoked.
    RefreshTokenReused,
    /// A session was ended by its user from another device.
    SessionRevoked,
    /// All sessions of a user were ended.
    AllSessionsRevoked,
    /// Sign-in was closed for a while after too many failures.
    LoginLocked,
    /// A password was changed by its user.
    PasswordChanged,
    /// A link to set a new password was asked for.
    PasswordResetRequested,
    /// A password was set anew by a mailed link.
    PasswordReset,
    /// A link to verify an e-mail address was asked for.
    EmailVerificationRequested,
    /// An e-mail address was verified.
    EmailVerified,
    /// A change of e-mail address was asked for.
    EmailChangeRequested,
    /// An e-mail address was changed.
    EmailChanged,
    /// Somebody set the first password of an account that was opened for them.
    InvitationAccepted,
    /// A user's own data were changed by the user.
    ProfileChanged,
    /// A second factor was set up but not confirmed yet.
    MfaSetUp,
    /// A second factor was turned on.
    MfaEnabled,
    /// A second factor was turned off.
    MfaDisabled,
    /// New backup codes were made; the old ones are void.
    BackupCodesRenewed,
    /// A backup code was used.
    BackupCodeUsed,
    /// A wrong second factor was given.
    MfaFailed,
    /// A sign-in by another identity provider was linked to an account.
    IdentityLinked,
    /// An account was opened for somebody, who was sent an invitation.
    UserInvited,
    /// An account was brought over from another system.
    UserImported,
    /// Who advises a user, or has brought them in, was changed by those who run the tenant.
    UserChanged,
    /// A user's roles were changed.
    RolesChanged,
    /// An account was closed for the time being.
    UserSuspended,
    /// A closed account was opened again.
    UserRestored,
    /// Somebody handed in documents that prove who they are.
    KycSubmitted,
    /// A user's documents were looked at.
    KycRead,
    /// A user's documents were reviewed.
    KycReviewed,
    /// Everything about a user was exported for them.
    DataExported,
    /// A user's data were made unreadable for good.
    UserErased,
    /// A tenant was opened.
    TenantOpened,
    /// A tenant was closed by the platform.
    TenantSuspended,
    /// A closed tenant was opened again.
    TenantRestored,
    /// A tenant's record was changed by the platform.
    TenantChanged,
    /// A tenant's data key or index key was rotated, or a rotation moved on.
    KeyRotated,
    /// A seller's profile was opened.
    SellerOpened,
    /// An address was added, changed or removed.
    AddressBookChanged,
    /// A product was created, changed or archived.
    ProductChanged,
    /// A seller's profile was changed, approved or suspended.
    SellerChanged,
    /// A category was created, changed, moved or removed.
    CategoryChanged,
    /// A shared material was created, changed or retired.
    MaterialChanged,
    /// A bulk import of products was started or has ended.
    ProductsImported,
    /// A bulk export of products was started or has ended.
    ProductsExported,
    /// A coupon was created, changed or removed.
    CouponChanged,
    /// An order was called off.
    OrderCancelled,
    /// An order's state was changed by the people who deliver it.
    OrderChanged,
    /// A payment provider was set up, changed or removed.
    ProviderChanged,
    /// A payment was marked as received by hand.
    PaymentMarkedPaid,
    /// Money was asked to be given back.
    RefundRequested,
    /// A refund changed its state.
    RefundChanged,
    /// A credit note was issued.
    CreditNoteIssued,
    /// The licence keys of a line of an order were made.
    LicencesIssued,
    /// The books were corrected by hand.
    LedgerAdjusted,
    /// A payout to a seller was made or marked.
    PayoutChanged,
    /// A carrier was created, changed or retired.
    CarrierChanged,
    /// A shipment was created or moved on.
    ShipmentChanged,
    /// A carrier looked at where a shipment goes.
    DeliveryAddressRead,
    /// The tenant's settings were changed.
    SettingsChanged,
    /// An order group was placed.
    OrderGroupPlaced,
    /// A payment was opened at a provider.
    PaymentInitiated,
    /// A payment changed its state by a provider's word.
    PaymentChanged,
    /// A payer's bank contests a payment, or has decided about it.
    DisputeChanged,
    /// A provider's webhook did not fit our books and was set aside.
    WebhookQuarantined,
    /// An unpaid order group expired.
    OrderGroupExpired,
    /// An invoice was issued.
    InvoiceIssued,
    /// A file was uploaded.
    FileUploaded,
    /// A link to a file was given out.
    FileDownloaded,
}

/// One row of the audit trail: who did what to which object, when and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The row's id.
    pub id: AuditId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// The id of the object that it was done to.
    pub entity: String,
    /// The request in which it was done.
    pub request_id: String,
    /// The address the request came from.
    pub ip: Option<String>,
    /// What was changed, where that is worth remembering.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// What an attribute was before an operation, and what it is after. Never personal data: a trail outlives the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The attribute.
    pub attribute: String,
    /// Its values before.
    pub before: Vec<String>,
    /// Its values after.
    pub after: Vec<String>,
}

impl Change {
    /// Notes the values of an attribute before and after.
    pub fn of<T: Into<String>>(
        attribute: &str,
        before: impl IntoIterator<Item = T>,
        after: impl IntoIterator<Item = T>,
    ) -> Self {
        let texts = |values: Vec<T>| values.into_iter().map(Into::into).collect();
        Self {
            attribute: attribute.to_owned(),
            before: texts(before.into_iter().collect()),
            after: texts(after.into_iter().collect()),
        }
    }
}
