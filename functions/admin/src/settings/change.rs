//! `PATCH /admin/settings`

use std::collections::BTreeSet;

use axum::extract::State;
use domain::access::{Permission, Role};
use domain::invoice::InvoiceSeries;
use domain::limit::MAX_PER_MINUTE;
use domain::money::Currency;
use domain::pricing::{ShippingSettings, TaxSettings};
use domain::tenant::opening;
use domain::tenant::{RateLimits, Tenant, TenantSettings};
use garde::Validate;
use http::Uri;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Problem, Reply};

use super::{CommissionView, SettingsView, ShippingView, TaxView};

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSettings {
    /// The currency of new products, shipping and totals. The price of shipping must be given in it too.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "INR")]
    currency: Option<Currency>,
    /// The IANA name of the time zone for dates on documents.
    #[garde(inner(custom(is_time_zone)))]
    #[schema(example = "Asia/Kolkata")]
    time_zone: Option<String>,
    /// The BCP 47 tag of the language of mails and documents.
    #[garde(inner(custom(is_locale)))]
    #[schema(example = "en")]
    locale: Option<String>,
    /// Browser origins that may call the API with credentials, at most 20.
    #[garde(length(max = 20), inner(inner(custom(is_origin))))]
    #[schema(example = json!(["https://shop.example"]))]
    cors_origins: Option<Vec<String>>,
    /// How what is sold is taxed.
    #[garde(inner(custom(is_tax)))]
    #[schema(value_type = Option<TaxView>)]
    tax: Option<TaxSettings>,
    /// What shipping of a whole checkout costs.
    #[garde(skip)]
    #[schema(value_type = Option<ShippingView>)]
    shipping: Option<ShippingSettings>,
    /// How many days an untouched cart is kept.
    #[garde(range(min = 1, max = 365))]
    #[schema(example = 30)]
    cart_days: Option<u32>,
    /// How long an unpaid order holds its stock, in minutes.
    #[garde(range(min = 1, max = 1440))]
    #[schema(example = 15)]
    hold_minutes: Option<u32>,
    /// How long an order that is to be paid by bank transfer holds its stock, in days.
    #[garde(range(min = 1, max = 30))]
    #[schema(example = 3)]
    transfer_days: Option<u32>,
    /// How often a bought file may be downloaded within the window.
    #[garde(range(min = 1, max = 1000))]
    #[schema(example = 5)]
    download_limit: Option<u32>,
    /// The length of the download window in days.
    #[garde(range(min = 1, max = 365))]
    #[schema(example = 7)]
    download_window_days: Option<u32>,
    /// Whether somebody must verify their e-mail address before they can check out.
    #[garde(skip)]
    #[schema(example = true)]
    require_verified_email: Option<bool>,
    /// Whether those who open a seller's profile wait for approval before they sell. Those who sell already go on.
    #[garde(skip)]
    #[schema(example = true)]
    moderate_sellers: Option<bool>,
    /// Whether sellers give money back for their own orders; otherwise only the tenant's people do.
    #[garde(skip)]
    #[schema(example = true)]
    seller_refunds: Option<bool>,
    /// The roles that may do nothing but set up a second factor until they have one.
    #[garde(length(max = 10), inner(custom(are_distinct)))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["OWNER", "ADMIN"]))]
    mfa_required_roles: Option<Vec<Role>>,
    /// The fewest characters of a new password.
    #[garde(range(min = 8, max = 64))]
    #[schema(example = 12)]
    min_password_length: Option<u8>,
    /// The OAuth client ids of the tenant's apps at Google, at most 10: whose ID tokens are accepted.
    #[garde(length(max = 10), inner(inner(custom(is_client_id))))]
    #[schema(example = json!(["1234567890-abc.apps.googleusercontent.com"]))]
    google_client_ids: Option<Vec<String>>,
    /// The same at Microsoft.
    #[garde(length(max = 10), inner(inner(custom(is_client_id))))]
    #[schema(example = json!(["6f1f3a52-8a0e-4a53-9b51-9c4f6c3b2a10"]))]
    microsoft_client_ids: Option<Vec<String>>,
    /// What the tenant keeps of what sellers sell.
    #[garde(dive)]
    commission: Option<CommissionView>,
    /// In whose series invoices and credit notes are numbered from now on: `TENANT` or `SELLER`.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "SELLER")]
    invoice_series: Option<InvoiceSeries>,
    /// How much anybody may ask in a minute.
    #[garde(dive)]
    limits: Option<ChangeLimits>,
}

/// Which limits to change, in requests a minute; what is left out stays as it is. What the whole tenant may ask is its
/// plan's, and set by the platform.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeLimits {
    /// Sign-ins and other writes of identity, for each address and route.
    #[garde(range(min = 1, max = MAX_PER_MINUTE))]
    #[schema(example = 5)]
    auth_writes: Option<u32>,
    /// Refreshes, for each session.
    #[garde(range(min = 1, max = MAX_PER_MINUTE))]
    #[schema(example = 10)]
    refreshes: Option<u32>,
    /// Writes of payments, for each user.
    #[garde(range(min = 1, max = MAX_PER_MINUTE))]
    #[schema(example = 20)]
    payment_writes: Option<u32>,
    /// Reads without a token, for each address.
    #[garde(range(min = 1, max = MAX_PER_MINUTE))]
    #[schema(example = 60)]
    anonymous_reads: Option<u32>,
    /// Changes of carts without a session, for each address.
    #[garde(range(min = 1, max = MAX_PER_MINUTE))]
    #[schema(example = 30)]
    anonymous_writes: Option<u32>,
    /// Everything else of one user: at least so much that the settings can be changed back.
    #[garde(range(min = 5, max = MAX_PER_MINUTE))]
    #[schema(example = 100)]
    user_requests: Option<u32>,
}

impl ChangeLimits {
    fn apply(self, old: RateLimits) -> RateLimits {
        RateLimits {
            auth_writes: self.auth_writes.unwrap_or(old.auth_writes),
            refreshes: self.refreshes.unwrap_or(old.refreshes),
            payment_writes: self.payment_writes.unwrap_or(old.payment_writes),
            anonymous_reads: self.anonymous_reads.unwrap_or(old.anonymous_reads),
            anonymous_writes: self.anonymous_writes.unwrap_or(old.anonymous_writes),
            user_requests: self.user_requests.unwrap_or(old.user_requests),
            ..old
        }
    }
}

/// Change the tenant's settings
///
/// Changes what is given and leaves the rest. Takes effect everywhere within a minute.
#[utoipa::path(
    patch,
    path = "/admin/settings",
    tag = "Administration",
    params(IfMatchHeader),
    request_body = ChangeSettings,
    responses((status = 200, description = "The settings as they are now", body = Envelope<SettingsView>)),
    extensions(("x-access" = json!("ManageSettings")))
)]
pub(crate) async fn change_settings(
    State(edge): State<Edge>,
    bearer: Bearer,
    if_match: IfMatch,
    Json(change): Json<ChangeSettings>,
) -> Answer<SettingsView> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ManageSettings)?;
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    if_match.check(tenant.version)?;
    let settings = change.apply(tenant.settings.clone())?;
    edge.store().update_tenant_settings(&caller.operation(), &settings, tenant.version).await?;
    edge.forget_tenant(tenant.id);
    let tenant = Tenant { settings, version: tenant.version.saturating_add(1), ..tenant };
    Ok(Reply::ok(SettingsView::from(&tenant)).etag(tenant.version))
}

impl ChangeSettings {
    fn apply(self, old: TenantSettings) -> Result<TenantSettings, Problem> {
        let before = old.tax.clone();
        let settings = TenantSettings {
            currency: self.currency.unwrap_or(old.currency),
            time_zone: self.time_zone.unwrap_or(old.time_zone),
            locale: self.locale.unwrap_or(old.locale),
            cors_origins: self.cors_origins.unwrap_or(old.cors_origins),
            tax: self.tax.unwrap_or(old.tax),
            shipping: self.shipping.unwrap_or(old.shipping),
            cart_days: self.cart_days.unwrap_or(old.cart_days),
            hold_minutes: self.hold_minutes.unwrap_or(old.hold_minutes),
            transfer_days: self.transfer_days.unwrap_or(old.transfer_days),
            download_limit: self.download_limit.unwrap_or(old.download_limit),
            download_window_days: self.download_window_days.unwrap_or(old.download_window_days),
            require_verified_email: self.require_verified_email.unwrap_or(old.require_verified_email),
            moderate_sellers: self.moderate_sellers.unwrap_or(old.moderate_sellers),
            seller_refunds: self.seller_refunds.unwrap_or(old.seller_refunds),
            mfa_required_roles: self.mfa_required_roles.unwrap_or(old.mfa_required_roles),
            min_password_length: self.min_password_length.unwrap_or(old.min_password_length),
            google_client_ids: self.google_client_ids.unwrap_or(old.google_client_ids),
            microsoft_client_ids: self.microsoft_client_ids.unwrap_or(old.microsoft_client_ids),
            commission: self.commission.map_or(old.commission, Into::into),
            invoice_series: self.invoice_series.unwrap_or(old.invoice_series),
            limits: self.limits.unwrap_or_default().apply(old.limits),
        };
        settings.tax.check_after(&before).map_err(|error| Problem::invalid("tax", error.to_string()))?;
        settings.shipping.check(settings.currency).map_err(|error| Problem::invalid("shipping", error.to_string()))?;
        Ok(settings)
    }
}

fn is_time_zone(name: &str, (): &()) -> garde::Result {
    opening::is_time_zone(name).then_some(()).ok_or_else(|| garde::Error::new(opening::TIME_ZONE))
}

fn is_locale(tag: &str, (): &()) -> garde::Result {
    opening::is_locale(tag).then_some(()).ok_or_else(|| garde::Error::new(opening::LOCALE))
}

fn is_origin(text: &str, (): &()) -> garde::Result {
    // An origin is written exactly as browsers send it (RFC 6454, section 6.2): no path, no slash at the end.
    let origin = text.parse::<Uri>().ok().and_then(|uri| {
        let (scheme, authority) = (uri.scheme_str()?.to_owned(), uri.authority()?.as_str().to_owned());
        let local = matches!(uri.host()?, "localhost" | "127.0.0.1");
        let secure = scheme == "https" || (scheme == "http" && local);
        (secure && !authority.contains(['@', '*'])).then(|| format!("{scheme}://{authority}"))
    });
    let exact = origin.is_some_and(|origin| origin == text && !text.bytes().any(|b| b.is_ascii_uppercase()));
    exact.then_some(()).ok_or_else(|| garde::Error::new("must be an origin, such as https://shop.example"))
}

fn are_distinct(roles: &[Role], (): &()) -> garde::Result {
    let distinct: BTreeSet<_> = roles.iter().collect();
    (distinct.len() == roles.len()).then_some(()).ok_or_else(|| garde::Error::new("must name each role once"))
}

fn is_client_id(text: &str, (): &()) -> garde::Result {
    let visible = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    visible.then_some(()).ok_or_else(|| garde::Error::new("must be a client id of at most 255 visible characters"))
}

fn is_tax(tax: &TaxSettings, (): &()) -> garde::Result {
    tax.check().map_err(garde::Error::new)
}

#[cfg(test)]
mod tests;
