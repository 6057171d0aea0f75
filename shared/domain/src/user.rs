//! People with an account: who they are, what may be kept of them, and whether they may come in.

mod contact;
mod mfa;
mod papers;
mod standing;
mod username;

use serde::{Deserialize, Serialize};

use crate::access::{Caller, Role};
use crate::address::AddressBook;
use crate::clock::Timestamp;
use crate::id::{CarrierId, SellerId, SessionId, UserId};
use crate::pii::{BlindIndex, KeyPart, Sealed};
use crate::session::Session;
use crate::tenant::TenantScope;

pub use self::contact::{Email, InvalidEmail, InvalidName, InvalidPhone, PersonName, Phone};
pub use self::mfa::{BACKUP_CODES, CHALLENGE_LIFE, CHALLENGE_TRIES, Challenge, Mfa, TRIES, TRY_WINDOW, Try};
pub use self::papers::{DocumentKind, Papers, Review};
pub use self::username::{InvalidUsername, Username};

/// The names of a user's sealed and indexed fields.
pub mod field {
    /// The e-mail address, sealed.
    pub const EMAIL: &str = "email";
    /// The phone number, sealed.
    pub const PHONE: &str = "phone";
    /// The first name, sealed.
    pub const FIRST_NAME: &str = "firstName";
    /// The last name, sealed.
    pub const LAST_NAME: &str = "lastName";
    /// The documents and data of the identity check, sealed.
    pub const KYC: &str = "kyc";
    /// The secret of the authenticator app, sealed.
    pub const TOTP_SECRET: &str = "totpSecret";
    /// The e-mail address as blind indexes know it.
    pub const EMAIL_INDEX: &str = "user.email";
    /// The phone number as blind indexes know it.
    pub const PHONE_INDEX: &str = "user.phone";
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// Opened, but not yet let in.
    Pending,
    /// In use.
    Active,
    /// Closed by the tenant for the time being.
    Suspended,
    /// Closed for good.
    Deleted,
}

impl UserStatus {
    /// Returns the name as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deleted => "DELETED",
        }
    }
}

/// Who vouches for the person at login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdentityProvider {
    /// We do, by a password.
    Local,
    /// Google, by an ID token.
    Google,
    /// Microsoft, by an ID token.
    Microsoft,
}

/// How far the tenant has checked who the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KycStatus {
    /// Nothing was handed in.
    None,
    /// Documents wait for review.
    Pending,
    /// The documents were found good.
    Verified,
    /// The documents were turned down.
    Rejected,
}

/// A person with an account in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The [`Email`].
    pub email: Sealed,
    /// The fingerprint that the user is found by; unique within the tenant.
    pub email_index: BlindIndex,
    /// Where nobody else may stand when this account opens, while index keys follow each other. Not stored.
    #[serde(skip)]
    pub email_guard: Option<BlindIndex>,
    /// The [`Phone`].
    pub phone: Option<Sealed>,
    /// The fingerprint of the phone number.
    pub phone_index: Option<BlindIndex>,
    /// The [`PersonName`] that comes first.
    pub first_name: Sealed,
    /// The [`PersonName`] that comes last.
    pub last_name: Sealed,
    /// The person's own part of the key that all their data is sealed under; none once it was destroyed.
    pub key_part: Option<KeyPart>,
    /// What others call the person, if they chose something.
    #[serde(default)]
    pub username: Option<String>,
    /// When the person proved that the e-mail address is theirs.
    #[serde(default)]
    pub email_verified_at: Option<Timestamp>,
    /// The second factor, once it was set up.
    #[serde(default)]
    pub mfa: Option<Mfa>,
    /// Sessions opened before this are over, whether or not anybody has ended each: set when the password changes and
    /// when the user signs out everywhere.
    #[serde(default)]
    pub sessions_from: Option<Timestamp>,
    /// The one older session that goes on nevertheless: the device on which the password was changed.
    #[serde(default)]
    pub session_kept: Option<SessionId>,
    /// What the person is, each once.
    pub roles: Vec<Role>,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// Who vouches for the person.
    pub provider: IdentityProvider,
    /// How far the person was checked.
    pub kyc: KycStatus,
    /// What the person handed in for the check, sealed JSON.
    #[serde(default)]
    pub kyc_data: Option<Sealed>,
    /// Who advises the person.
    #[serde(default)]
    pub advisor: Option<UserId>,
    /// Who brought the person in.
    #[serde(default)]
    pub sponsor: Option<UserId>,
    /// The seller profile that the person runs, if any.
    pub seller: Option<SellerId>,
    /// The carrier that the person works for, if any.
    #[serde(default)]
    pub carrier: Option<CarrierId>,
    /// Which addresses the person has, and which of them is proposed at checkout.
    #[serde(default)]
    pub address_book: AddressBook,
    /// When the person last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// Who opened it: the person, or somebody who invited them.
    pub created_by: UserId,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: UserId,
    /// Counts up with every change.
    pub version: u64,
}

/// What a new account starts with.
#[derive(Debug)]
pub struct NewUser {
    /// The user's id.
    pub id: UserId,
    /// The person's part of the key that the sealed fields are sealed under.
    pub key_part: KeyPart,
    /// The [`Email`].
    pub email: Sealed,
    /// The fingerprint of the address.
    pub email_index: BlindIndex,
    /// The fingerprint under the other key while index keys follow each other.
    pub email_guard: Option<BlindIndex>,
    /// The [`Phone`] and its fingerprint.
    pub phone: Option<(Sealed, BlindIndex)>,
    /// The [`PersonName`] that comes first.
    pub first_name: Sealed,
    /// The [`PersonName`] that comes last.
    pub last_name: Sealed,
    /// What the person is.
    pub roles: Vec<Role>,
    /// Who opens the account.
    pub opened_by: UserId,
    /// When.
    pub now: Timestamp,
}

impl User {
    /// Opens an active account that signs in by a password and has proved nothing yet.
    pub fn open(new: NewUser) -> Self {
        let (phone, phone_index) = new.phone.unzip();
        Self {
            id: new.id,
            email: new.email,
            email_index: new.email_index,
            email_guard: new.email_guard,
            phone,
            phone_index,
            first_name: new.first_name,
            last_name: new.last_name,
            key_part: Some(new.key_part),
            username: None,
            email_verified_at: None,
            mfa: None,
            sessions_from: None,
            session_kept: None,
            roles: new.roles,
            status: UserStatus::Active,
            provider: IdentityProvider::Local,
            kyc: KycStatus::None,
            kyc_data: None,
            advisor: None,
            sponsor: None,
            seller: None,
            carrier: None,
            address_book: AddressBook::default(),
            last_login_at: None,
            created_at: new.now,
            created_by: new.opened_by,
            updated_at: new.now,
            updated_by: new.opened_by,
            version: 1,
        }
    }

    /// Tells whether signing in takes a second factor.
    pub fn has_mfa(&self) -> bool {
        self.mfa.as_ref().is_some_and(Mfa::is_on)
    }

    /// Tells whether the person may sign in and act.
    pub fn may_act(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// Tells whether a session of this user is over because all of them were ended after it was opened.
    pub fn has_ended(&self, session: &Session) -> bool {
        self.sessions_from.is_some_and(|from| session.created_at < from) && self.session_kept != Some(session.id)
    }

    /// Tells whether this is one of those of whom a tenant must keep one: an owner, on the platform a superuser, whose
    /// account is open. Somebody who was invited counts from the invitation on.
    pub fn is_head(&self) -> bool {
        self.may_act() && self.roles.iter().any(|role| role.is_head())
    }

    /// Makes the caller of a request in a live session of this user.
    pub fn caller(&self, scope: TenantScope, session: SessionId) -> Caller {
        Caller { scope, user: self.id, session, roles: self.roles.clone(), seller: self.seller, carrier: self.carrier }
    }
}
