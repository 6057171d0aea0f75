//! What a tenant decides for itself.

pub(crate) mod change;
pub(crate) mod read;

use domain::money::Money;
use domain::tenant::{TaxMode, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

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
    /// The tax rate in basis points: 1800 is 18 %.
    #[schema(example = 1800)]
    tax_rate_bp: u32,
    /// Whether prices contain the tax (`INCLUSIVE`) or it is added on top (`EXCLUSIVE`).
    #[schema(value_type = String, example = "EXCLUSIVE")]
    tax_mode: TaxMode,
    /// The flat price of shipping for a whole checkout.
    #[schema(value_type = MoneyView)]
    shipping_flat: Money,
    /// How long an unpaid order holds its stock, in minutes.
    #[schema(example = 15)]
    hold_minutes: u32,
    /// How often a bought file may be downloaded within the window.
    #[schema(example = 5)]
    download_limit: u32,
    /// The length of the download window in days.
    #[schema(example = 7)]
    download_window_days: u32,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

/// An amount of money in minor units.
#[derive(Debug, ToSchema)]
#[schema(as = Money)]
#[expect(dead_code, reason = "describes how `domain` writes money")]
pub(crate) struct MoneyView {
    /// The number of minor units: paise, cents, đồng.
    #[schema(example = 9900)]
    amount: i64,
    /// The ISO 4217 code.
    #[schema(example = "INR")]
    currency: String,
}

impl From<&Tenant> for SettingsView {
    fn from(tenant: &Tenant) -> Self {
        let settings = tenant.settings.clone();
        Self {
            currency: settings.currency.code(),
            time_zone: settings.time_zone,
            locale: settings.locale,
            cors_origins: settings.cors_origins,
            tax_rate_bp: settings.tax_rate_bp,
            tax_mode: settings.tax_mode,
            shipping_flat: settings.shipping_flat,
            hold_minutes: settings.hold_minutes,
            download_limit: settings.download_limit,
            download_window_days: settings.download_window_days,
            version: tenant.version,
        }
    }
}
