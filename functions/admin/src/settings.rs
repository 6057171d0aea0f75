//! What a tenant decides for itself.

pub(crate) mod change;
mod money;
pub(crate) mod read;

use domain::access::Role;
use domain::invoice::InvoiceSeries;
use domain::ledger::{Commission, MAX_COMMISSION_BP};
use domain::pricing::{ShippingSettings, TaxSettings};
use domain::tenant::{RateLimits, Tenant};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use self::money::{ShippingView, TaxView};

/// A tenant's settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsView {
    /// The currency of new products, shipping and totals.
    #[schema(example = "INR")]
    currency: &'static str,
    /// The IANA name of the time zone for dates on documents.
    #[schema(example = "Asia/Kolkata")]
    time_zone: String,
    /// The BCP 47 tag of the language of mails and documents.
    #[schema(example = "en")]
    locale: String,
    /// Browser origins that may call the API with credentials.
    #[schema(example = json!(["https://shop.example"]))]
    cors_origins: Vec<String>,
    /// How what is sold is taxed.
    #[schema(value_type = TaxView)]
    tax: TaxSettings,
    /// What shipping of a whole checkout costs.
    #[schema(value_type = ShippingView)]
    shipping: ShippingSettings,
    /// How many days an untouched cart is kept.
    #[schema(example = 30)]
    cart_days: u32,
    /// How long an unpaid order holds its stock, in minutes.
    #[schema(example = 15)]
    hold_minutes: u32,
    /// How long an order that is to be paid by bank transfer holds its stock, in days.
    #[schema(example = 3)]
    transfer_days: u32,
    /// How often a bought file may be downloaded within the window.
    #[schema(example = 5)]
    download_limit: u32,
    /// The length of the download window in days.
    #[schema(example = 7)]
    download_window_days: u32,
    /// Whether somebody must verify their e-mail address before they can check out.
    #[schema(example = false)]
    require_verified_email: bool,
    /// Whether those who open a seller's profile wait for approval before they sell.
    #[schema(example = false)]
    moderate_sellers: bool,
    /// Whether sellers give money back for their own orders.
    #[schema(example = false)]
    seller_refunds: bool,
    /// The roles that may do nothing but set up a second factor until they have one.
    #[schema(value_type = Vec<String>, example = json!(["OWNER", "ADMIN"]))]
    mfa_required_roles: Vec<Role>,
    /// The fewest characters of a new password.
    #[schema(example = 8)]
    min_password_length: u8,
    /// The OAuth client ids of the tenant's apps at Google: whose ID tokens are accepted.
    #[schema(example = json!(["1234567890-abc.apps.googleusercontent.com"]))]
    google_client_ids: Vec<String>,
    /// The same at Microsoft.
    #[schema(example = json!(["6f1f3a52-8a0e-4a53-9b51-9c4f6c3b2a10"]))]
    microsoft_client_ids: Vec<String>,
    /// What the tenant keeps of what sellers sell.
    commission: CommissionView,
    /// In whose series invoices and credit notes are numbered: `TENANT`, or `SELLER`, where each seller with a prefix of its own has
    /// its own, and is the issuer in it as soon as it has told its legal name and address.
    #[schema(value_type = String, example = "TENANT")]
    invoice_series: InvoiceSeries,
    /// How much anybody may ask in a minute.
    limits: LimitsView,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

/// What the tenant keeps of a sale. It is frozen when an order is placed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CommissionView {
    /// The share of the goods' price, without shipping, in basis points: 1000 is 10 %.
    #[garde(range(max = MAX_COMMISSION_BP))]
    #[schema(example = 1000, maximum = 10_000)]
    rate_bp: u32,
    /// The tax on that share, in basis points of it.
    #[garde(range(max = MAX_COMMISSION_BP))]
    #[schema(example = 1800, maximum = 10_000)]
    tax_bp: u32,
}

impl From<Commission> for CommissionView {
    fn from(commission: Commission) -> Self {
        Self { rate_bp: commission.rate_bp, tax_bp: commission.tax_bp }
    }
}

impl From<CommissionView> for Commission {
    fn from(commission: CommissionView) -> Self {
        Self { rate_bp: commission.rate_bp, tax_bp: commission.tax_bp }
    }
}

/// How many requests a minute are answered, each counted by itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsView {
    /// Sign-ins and other writes of identity, for each address and route.
    #[schema(example = 5)]
    auth_writes: u32,
    /// Refreshes, for each session.
    #[schema(example = 10)]
    refreshes: u32,
    /// Writes of payments, for each user.
    #[schema(example = 20)]
    payment_writes: u32,
    /// Reads without a token, for each address.
    #[schema(example = 60)]
    anonymous_reads: u32,
    /// Changes of carts without a session, for each address.
    #[schema(example = 30)]
    anonymous_writes: u32,
    /// Everything else of one user.
    #[schema(example = 100)]
    user_requests: u32,
    /// Everything of the tenant, by its plan; null is no limit. The platform sets it.
    #[schema(example = 6000)]
    tenant_requests: Option<u32>,
    /// Everything of the tenant in a calendar month, by its plan; null is no limit. The platform sets it.
    #[schema(example = 5_000_000)]
    tenant_requests_monthly: Option<u64>,
}

impl From<RateLimits> for LimitsView {
    fn from(limits: RateLimits) -> Self {
        Self {
            auth_writes: limits.auth_writes,
            refreshes: limits.refreshes,
            payment_writes: limits.payment_writes,
            anonymous_reads: limits.anonymous_reads,
            anonymous_writes: limits.anonymous_writes,
            user_requests: limits.user_requests,
            tenant_requests: limits.tenant_requests,
            tenant_requests_monthly: limits.tenant_requests_monthly,
        }
    }
}

impl From<&Tenant> for SettingsView {
    fn from(tenant: &Tenant) -> Self {
        let settings = tenant.settings.clone();
        Self {
            currency: settings.currency.code(),
            time_zone: settings.time_zone,
            locale: settings.locale,
            cors_origins: settings.cors_origins,
            tax: settings.tax,
            shipping: settings.shipping,
            cart_days: settings.cart_days,
            hold_minutes: settings.hold_minutes,
            transfer_days: settings.transfer_days,
            download_limit: settings.download_limit,
            download_window_days: settings.download_window_days,
            require_verified_email: settings.require_verified_email,
            moderate_sellers: settings.moderate_sellers,
            seller_refunds: settings.seller_refunds,
            mfa_required_roles: settings.mfa_required_roles,
            min_password_length: settings.min_password_length,
            google_client_ids: settings.google_client_ids,
            microsoft_client_ids: settings.microsoft_client_ids,
            commission: settings.commission.into(),
            invoice_series: settings.invoice_series,
            limits: settings.limits.into(),
            version: tenant.version,
        }
    }
}
