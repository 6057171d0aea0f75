//! Tenants, and the proof of acting for one.

pub mod opening;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::clock::Timestamp;
use crate::id::{TenantId, UserId};
use crate::invoice::InvoiceSeries;
use crate::ledger::Commission;
use crate::money::{Currency, Money};
use crate::pii::{KeyChain, Purpose, Sealed};
use crate::pricing::{ShippingSettings, TaxSettings};

pub use self::opening::{InvalidTenant, NewTenant};

/// Permission to touch one tenant's data. Every store call asks for one.
///
/// Architecture invariant: only the edges make one, the HTTP edge from a resolved host or a verified
/// token, the queue edge from an envelope, and the few platform jobs that walk all tenants. Search
/// for `TenantScope::assume` to see them all; a test counts the places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TenantScope(TenantId);

impl TenantScope {
    /// Acts for `tenant` from here on. Only an edge that has established the tenant may call this.
    pub fn assume(tenant: TenantId) -> Self {
        Self(tenant)
    }

    /// Returns the tenant acted for.
    pub fn tenant(self) -> TenantId {
        self.0
    }
}

/// A name under the base domain: `[a-z0-9-]`, 1 to 50 long, no hyphen at the ends, not reserved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subdomain(String);

const RESERVED: &[&str] = &[
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "cdn",
    "docs",
    "ftp",
    "haat",
    "help",
    "localhost",
    "mail",
    "ns1",
    "ns2",
    "root",
    "smtp",
    "static",
    "status",
    "support",
    "www",
];

/// Why a text is not a subdomain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubdomain {
    /// Too long, empty, or with other characters than `a-z`, `0-9` and inner hyphens.
    #[error("must be 1 to 50 of a-z, 0-9 and inner hyphens")]
    Form,
    /// Kept for the platform itself.
    #[error("is reserved")]
    Reserved,
}

/// The name at which the platform's own people sign in.
const PLATFORM: &str = "platform";

impl Subdomain {
    /// Returns the name at which the platform's own people sign in: `platform`. No marketplace can have it.
    pub fn of_platform() -> Self {
        Self(PLATFORM.to_owned())
    }

    /// Accepts the name of a new marketplace.
    ///
    /// # Errors
    /// When the text has another form, or is kept for the platform itself.
    pub fn of_marketplace(text: &str) -> Result<Self, InvalidSubdomain> {
        if text == PLATFORM { Err(InvalidSubdomain::Reserved) } else { text.parse() }
    }

    /// Returns the name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Subdomain {
    type Err = InvalidSubdomain;

    fn from_str(text: &str) -> Result<Self, InvalidSubdomain> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty()
            || text.len() > 50
            || !text.chars().all(legal)
            || text.starts_with('-')
            || text.ends_with('-')
        {
            return Err(InvalidSubdomain::Form);
        }
        if RESERVED.contains(&text) {
            return Err(InvalidSubdomain::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Subdomain {
    type Error = InvalidSubdomain;

    fn try_from(text: String) -> Result<Self, InvalidSubdomain> {
        text.parse()
    }
}

impl From<Subdomain> for String {
    fn from(subdomain: Subdomain) -> Self {
        subdomain.0
    }
}

impl fmt::Display for Subdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a tenant may do business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TenantStatus {
    /// Open.
    Active,
    /// Closed by the platform: every request answers as if the tenant did not exist.
    Suspended,
}

impl TenantStatus {
    /// Returns the name as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
        }
    }
}

/// What a tenant is there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TenantKind {
    /// Runs a marketplace.
    #[default]
    Marketplace,
    /// Is the platform itself: there is one, and its people are the superusers who open and close the others.
    Platform,
}

/// An organization that runs a marketplace on its own subdomain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The tenant's id.
    pub id: TenantId,
    /// What it is there for.
    #[serde(default)]
    pub kind: TenantKind,
    /// The name shown to people, at most 255 characters.
    pub name: String,
    /// The host name under the base domain.
    pub subdomain: Subdomain,
    /// Open or closed.
    pub status: TenantStatus,
    /// The name on invoices.
    pub legal_name: String,
    /// The address on invoices, one line per entry.
    pub legal_address: Vec<String>,
    /// The tax registration number on invoices (GSTIN, MST, VAT id).
    pub tax_id: Option<String>,
    /// The first part of invoice numbers.
    pub invoice_prefix: String,
    /// Who of the platform's people brought the tenant in.
    #[serde(default)]
    pub sponsor: Option<UserId>,
    /// Who of the platform's people represents it.
    #[serde(default)]
    pub rep: Option<UserId>,
    /// Who gets blind copies of mails for audit, sealed.
    #[serde(default)]
    pub bcc_audit_email: Option<Sealed>,
    /// What the tenant may change itself.
    pub settings: TenantSettings,
    /// The wrapped data keys of each purpose.
    pub keys: BTreeMap<Purpose, KeyChain>,
    /// Credentials of payment providers by provider name, each a sealed JSON document.
    pub providers: BTreeMap<String, Sealed>,
    /// When the tenant signed up.
    pub created_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

/// How prices relate to tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaxMode {
    /// Prices contain the tax.
    Inclusive,
    /// Tax is added on top.
    Exclusive,
}

/// What a tenant decides for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantSettings {
    /// The currency of new products, shipping and totals.
    pub currency: Currency,
    /// The IANA name of the time zone for dates on documents.
    pub time_zone: String,
    /// The BCP 47 tag of the language of mails and documents.
    pub locale: String,
    /// Browser origins that may call the API with credentials.
    pub cors_origins: Vec<String>,
    /// How what is sold is taxed.
    pub tax: TaxSettings,
    /// What shipping costs.
    pub shipping: ShippingSettings,
    /// How many days an untouched cart is kept.
    #[serde(default = "cart_days")]
    pub cart_days: u32,
    /// How long an unpaid order holds its stock, in minutes.
    pub hold_minutes: u32,
    /// How long an order that is to be paid by bank transfer holds its stock, in days.
    #[serde(default = "transfer_days")]
    pub transfer_days: u32,
    /// How often a bought file may be downloaded within the window.
    pub download_limit: u32,
    /// The length of the download window in days.
    pub download_window_days: u32,
    /// Whether somebody must verify their e-mail address before they can check out.
    #[serde(default)]
    pub require_verified_email: bool,
    /// Whether those who open a seller's profile wait for approval before they sell.
    #[serde(default)]
    pub moderate_sellers: bool,
    /// Whether sellers give money back for their own orders; otherwise only the tenant's people do.
    #[serde(default)]
    pub seller_refunds: bool,
    /// The roles that may do nothing but set up a second factor until they have one.
    #[serde(default)]
    pub mfa_required_roles: Vec<Role>,
    /// The fewest characters of a new password, at least 8.
    #[serde(default = "least_password_length")]
    pub min_password_length: u8,
    /// The OAuth client ids of the tenant's apps at Google: whose ID tokens are accepted.
    #[serde(default)]
    pub google_client_ids: Vec<String>,
    /// The same at Microsoft.
    #[serde(default)]
    pub microsoft_client_ids: Vec<String>,
    /// What the tenant keeps of what sellers sell, unless it was agreed otherwise with a seller.
    #[serde(default)]
    pub commission: Commission,
    /// In whose series invoices are numbered.
    #[serde(default)]
    pub invoice_series: InvoiceSeries,
    /// How much anybody may ask in a minute.
    #[serde(default)]
    pub limits: RateLimits,
}

fn least_password_length() -> u8 {
    8
}

fn transfer_days() -> u32 {
    3
}

fn cart_days() -> u32 {
    30
}

/// How many requests a minute are answered, each counted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RateLimits {
    /// Sign-ins and other writes of identity, for each address and route.
    pub auth_writes: u32,
    /// Refreshes, for each session.
    pub refreshes: u32,
    /// Writes of payments, for each user.
    pub payment_writes: u32,
    /// Reads without a token, for each address.
    pub anonymous_reads: u32,
    /// Changes of carts without a token of a session, for each address.
    pub anonymous_writes: u32,
    /// Everything of one user.
    pub user_requests: u32,
    /// Everything of the tenant, by its plan; none is no limit.
    pub tenant_requests: Option<u32>,
    /// Everything of the tenant in a calendar month, by its plan; none is no limit.
    pub tenant_requests_monthly: Option<u64>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            auth_writes: 5,
            refreshes: 10,
            payment_writes: 20,
            anonymous_reads: 60,
            anonymous_writes: 30,
            user_requests: 100,
            tenant_requests: None,
            tenant_requests_monthly: None,
        }
    }
}

impl TenantSettings {
    /// Returns how long an unpaid order holds its stock. Banks take days to move money that payers sent at once.
    pub fn hold(&self, by_transfer: bool) -> Duration {
        let (many, seconds) = if by_transfer { (self.transfer_days, 24 * 60 * 60) } else { (self.hold_minutes, 60) };
        Duration::from_secs(u64::from(many).saturating_mul(seconds))
    }

    /// Returns what a new tenant starts with.
    pub fn initial(currency: Currency, time_zone: &str, locale: &str) -> Self {
        Self {
            currency,
            time_zone: time_zone.to_owned(),
            locale: locale.to_owned(),
            cors_origins: Vec::new(),
            tax: TaxSettings::flat(0, TaxMode::Exclusive),
            shipping: ShippingSettings::flat(Money::zero(currency)),
            cart_days: cart_days(),
            hold_minutes: 15,
            transfer_days: transfer_days(),
            download_limit: 5,
            download_window_days: 7,
            require_verified_email: false,
            moderate_sellers: false,
            seller_refunds: false,
            mfa_required_roles: Vec::new(),
            min_password_length: least_password_length(),
            google_client_ids: Vec::new(),
            microsoft_client_ids: Vec::new(),
            commission: Commission::default(),
            invoice_series: InvoiceSeries::default(),
            limits: RateLimits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_lower_case_and_not_reserved() {
        assert!("green-shop2".parse::<Subdomain>().is_ok());
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", &"a".repeat(51)] {
            assert_eq!(bad.parse::<Subdomain>(), Err(InvalidSubdomain::Form), "{bad}");
        }
        assert_eq!("www".parse::<Subdomain>(), Err(InvalidSubdomain::Reserved));
    }

    #[test]
    fn the_platforms_own_name_is_read_from_a_host_but_given_to_no_marketplace() {
        assert_eq!("platform".parse(), Ok(Subdomain::of_platform()));
        assert_eq!(Subdomain::of_marketplace("platform"), Err(InvalidSubdomain::Reserved));
        assert_eq!(Subdomain::of_marketplace("api"), Err(InvalidSubdomain::Reserved));
        assert!(Subdomain::of_marketplace("green").is_ok());
    }
}
