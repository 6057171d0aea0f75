//! `PATCH /platform/tenants/{tenantId}`

use axum::extract::State;
use domain::id::{TenantId, UserId};
use domain::money::{Currency, Money};
use domain::operation::Action;
use domain::pricing::ShippingSettings;
use domain::tenant::Tenant;
use domain::user::Email;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Json, Path, Problem, refusals};

use super::{
    TenantView, changed, is_address, is_colleague, is_invoice_prefix, is_locale, is_name, is_tax_id, is_time_zone,
    superuser,
};
use crate::users::is_email;

/// What to change; what is left out stays as it is, and null removes what may be absent.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeTenant {
    /// The name shown to people.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 255, example = "Lotus & Lathe")]
    name: Option<String>,
    /// The name on invoices.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 255, example = "Lotus and Lathe Private Limited")]
    legal_name: Option<String>,
    /// The address on invoices, line by line.
    #[garde(inner(custom(|lines: &Vec<String>, ctx: &()| is_address(lines, ctx))))]
    #[schema(min_items = 1, max_items = 8, example = json!(["12 MG Road", "Bengaluru 560001"]))]
    legal_address: Option<Vec<String>>,
    /// The tax registration number on invoices.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_tax_id))))]
    #[schema(value_type = Option<String>, example = "29AAAAA0000A1Z5")]
    tax_id: Option<Option<String>>,
    /// The first part of invoice numbers; a new one starts a new series.
    #[garde(inner(custom(is_invoice_prefix)))]
    #[schema(min_length = 1, max_length = 10, example = "LOTUS")]
    invoice_prefix: Option<String>,
    /// The currency of new products, shipping and totals. It stays as long as shipping has a price in the old one.
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
    /// Who of the platform's people brought the tenant in.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    sponsor_id: Option<Option<UserId>>,
    /// Who of the platform's people represents it.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    rep_id: Option<Option<UserId>>,
    /// Who gets blind copies of the mails about orders, invoices, credit notes and parcels, for the books.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_email))))]
    #[schema(value_type = Option<String>, format = "email", example = "audit@lotus.example")]
    bcc_audit_email: Option<Option<String>>,
}

/// Change a tenant
///
/// Takes effect everywhere within a minute. What the tenant decides for itself stands in its settings.
#[utoipa::path(
    patch,
    path = "/platform/tenants/{tenantId}",
    tag = "Platform",
    params(
        ("tenantId" = String, Path, description = "The tenant's id", example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    request_body = ChangeTenant,
    responses(
        (status = 200, description = "The tenant as it is now", body = Envelope<TenantView>),
        web::openapi::Of<(refusals::RuleBroken,)>
    ),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn change_tenant(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<TenantId>,
    if_match: IfMatch,
    Json(change): Json<ChangeTenant>,
) -> Answer<TenantView> {
    let (caller, tenant) = bearer.with(|_| edge.store().marketplace(id)).await?;
    superuser(&caller)?;
    let before = tenant.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    is_colleague(&edge, &caller, "sponsorId", change.sponsor_id.flatten()).await?;
    is_colleague(&edge, &caller, "repId", change.rep_id.flatten()).await?;
    let bcc = match &change.bcc_audit_email {
        Some(text) => {
            let email = text.as_deref().map(Email::new).transpose();
            let email = email.map_err(|problem| Problem::invalid("bccAuditEmail", problem.to_string()))?;
            platform::tenants::seal_bcc_audit_email(edge.vault(), &before, email.as_ref()).await?
        }
        None => before.bcc_audit_email.clone(),
    };
    let after = Tenant { bcc_audit_email: bcc, ..change.apply(before.clone())? };
    changed(&edge, &caller, &before, after, Action::TenantChanged).await
}

impl ChangeTenant {
    fn apply(self, mut tenant: Tenant) -> Result<Tenant, Problem> {
        if let Some(currency) = self.currency.filter(|currency| *currency != tenant.settings.currency) {
            if !tenant.settings.shipping.is_free() {
                let message = "Shipping has a price in the old currency: set it to 0 in the tenant's settings first";
                return Err(Problem::new(Code::RuleBroken).message(message));
            }
            tenant.settings.currency = currency;
            tenant.settings.shipping = ShippingSettings::flat(Money::zero(currency));
        }
        tenant.settings.time_zone = self.time_zone.unwrap_or(tenant.settings.time_zone);
        tenant.settings.locale = self.locale.unwrap_or(tenant.settings.locale);
        Ok(Tenant {
            name: self.name.unwrap_or(tenant.name),
            legal_name: self.legal_name.unwrap_or(tenant.legal_name),
            legal_address: self.legal_address.unwrap_or(tenant.legal_address),
            tax_id: self.tax_id.unwrap_or(tenant.tax_id),
            invoice_prefix: self.invoice_prefix.unwrap_or(tenant.invoice_prefix),
            sponsor: self.sponsor_id.unwrap_or(tenant.sponsor),
            rep: self.rep_id.unwrap_or(tenant.rep),
            ..tenant
        })
    }
}
