//! The marketplaces of the platform, as its superusers see and change them.
//!
//! Invariant: only a superuser signed in at the platform's own tenant gets past [`superuser`], and no marketplace has any.
//! What is done to a tenant stands in the platform's audit trail and in the tenant's own.

pub(crate) mod change;
pub(crate) mod invite_owner;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod restore;
pub(crate) mod sign_up;
pub(crate) mod suspend;

use domain::access::Permission;
use domain::id::{TenantId, UserId};
use domain::operation::Action;
use domain::tenant::opening::{self, InvalidTenant};
use domain::tenant::{Subdomain, Tenant, TenantKind, TenantStatus};
use garde::Validate;
use platform::vault::{Vault, VaultError};
use serde::{Deserialize, Serialize};
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Caller, Code, Edge, Problem, Reply};

use crate::users::{is_email, is_person_name, is_phone};

/// A marketplace.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantView {
    /// The tenant's id.
    #[schema(value_type = String, example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: TenantId,
    /// The name shown to people.
    #[schema(example = "Lotus & Lathe")]
    name: String,
    /// The host name under the base domain.
    #[schema(example = "lotus")]
    subdomain: String,
    /// `ACTIVE`, or `SUSPENDED`: then every request answers as if the tenant did not exist.
    #[schema(value_type = String, example = "ACTIVE")]
    status: TenantStatus,
    /// The name on invoices.
    #[schema(example = "Lotus and Lathe Private Limited")]
    legal_name: String,
    /// The address on invoices, line by line.
    #[schema(example = json!(["12 MG Road", "Bengaluru 560001"]))]
    legal_address: Vec<String>,
    /// The tax registration number on invoices.
    #[schema(example = "29AAAAA0000A1Z5")]
    tax_id: Option<String>,
    /// The first part of invoice numbers.
    #[schema(example = "LOTUS")]
    invoice_prefix: String,
    /// The currency of new products, shipping and totals.
    #[schema(example = "INR")]
    currency: &'static str,
    /// The IANA name of the time zone for dates on documents.
    #[schema(example = "Asia/Kolkata")]
    time_zone: String,
    /// The BCP 47 tag of the language of mails and documents.
    #[schema(example = "en")]
    locale: String,
    /// Who of the platform's people brought the tenant in.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    sponsor_id: Option<String>,
    /// Who of the platform's people represents it.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    rep_id: Option<String>,
    /// Who gets blind copies of the mails about orders, invoices, credit notes and parcels, for the books.
    #[schema(format = "email", example = "audit@lotus.example")]
    bcc_audit_email: Option<String>,
    /// When the tenant signed up.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

/// Shows a marketplace to superusers.
async fn view(vault: &Vault, tenant: &Tenant) -> Result<TenantView, VaultError> {
    Ok(TenantView {
        id: tenant.id,
        name: tenant.name.clone(),
        subdomain: tenant.subdomain.to_string(),
        status: tenant.status,
        legal_name: tenant.legal_name.clone(),
        legal_address: tenant.legal_address.clone(),
        tax_id: tenant.tax_id.clone(),
        invoice_prefix: tenant.invoice_prefix.clone(),
        currency: tenant.settings.currency.code(),
        time_zone: tenant.settings.time_zone.clone(),
        locale: tenant.settings.locale.clone(),
        sponsor_id: tenant.sponsor.map(|id| id.to_string()),
        rep_id: tenant.rep.map(|id| id.to_string()),
        bcc_audit_email: platform::tenants::open_bcc_audit_email(vault, tenant).await?,
        created_at: tenant.created_at.to_string(),
        version: tenant.version,
    })
}

/// Who is to own a tenant.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewOwner {
    /// The e-mail address, which gets the invitation.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "owner@lotus.example")]
    email: String,
    /// The first name.
    #[garde(custom(is_person_name))]
    #[schema(min_length = 1, max_length = 40, example = "Asha")]
    first_name: String,
    /// The last name.
    #[garde(custom(is_person_name))]
    #[schema(min_length = 1, max_length = 40, example = "Rao")]
    last_name: String,
    /// The phone number with its country code.
    #[garde(inner(custom(is_phone)))]
    #[schema(example = "+91 98765 43210")]
    phone: Option<String>,
}

/// Refuses everybody but superusers at the platform's own host.
///
/// # Errors
/// With 403.
fn superuser(caller: &Caller) -> Result<(), Problem> {
    caller.require(Permission::ManageTenants)?;
    let at_home = caller.tenant().kind == TenantKind::Platform;
    if at_home { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
}

/// Stores what a marketplace has become, and shows it.
///
/// # Errors
/// With 409 when somebody changed it meanwhile.
async fn changed(edge: &Edge, caller: &Caller, before: &Tenant, after: Tenant, action: Action) -> Answer<TenantView> {
    let after = edge.store().change_marketplace(&caller.operation(), before, after, action).await?;
    edge.forget_tenant(after.id);
    Ok(Reply::ok(view(edge.vault(), &after).await?).etag(after.version))
}

/// Refuses an id that is not that of one of the platform's people.
///
/// # Errors
/// With 400, naming the field.
async fn is_colleague(edge: &Edge, caller: &Caller, field: &str, id: Option<UserId>) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    match edge.store().user(caller.scope, id, Consistency::Strong).await? {
        Some(user) if user.may_act() => Ok(()),
        _ => Err(Problem::invalid(field, "must be the id of one of the platform's people")),
    }
}

fn invalid(wrong: InvalidTenant) -> Problem {
    Problem::invalid(wrong.field, wrong.problem)
}

fn fits(fits: bool, problem: &'static str) -> garde::Result {
    fits.then_some(()).ok_or_else(|| garde::Error::new(problem))
}

fn is_name(text: &str, (): &()) -> garde::Result {
    fits(opening::is_name(text), opening::NAME)
}

fn is_address(lines: &[String], (): &()) -> garde::Result {
    fits(opening::is_address(lines), opening::ADDRESS)
}

fn is_tax_id(text: &str, (): &()) -> garde::Result {
    fits(opening::is_tax_id(text), opening::TAX_ID)
}

fn is_invoice_prefix(text: &str, (): &()) -> garde::Result {
    fits(opening::is_invoice_prefix(text), opening::INVOICE_PREFIX)
}

fn is_time_zone(text: &str, (): &()) -> garde::Result {
    fits(opening::is_time_zone(text), opening::TIME_ZONE)
}

fn is_locale(text: &str, (): &()) -> garde::Result {
    fits(opening::is_locale(text), opening::LOCALE)
}

fn is_free_subdomain(text: &str, (): &()) -> garde::Result {
    Subdomain::of_marketplace(text).map(drop).map_err(garde::Error::new)
}

#[cfg(test)]
mod tests;
