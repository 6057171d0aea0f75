//! `POST /platform/tenants`

use axum::extract::State;
use axum::response::Response;
use domain::access::Role;
use domain::id::UserId;
use domain::money::Currency;
use domain::tenant::{NewTenant, Subdomain, TenantKind};
use domain::ticket::TicketKind;
use domain::user::Email;
use garde::Validate;
use platform::{people, tenants, tickets};
use serde::{Deserialize, Serialize};
use store::members::OpenedBy;
use store::platform::SignUpRefused;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{
    NewOwner, TenantView, invalid, is_address, is_colleague, is_free_subdomain, is_invoice_prefix, is_locale, is_name,
    is_tax_id, is_time_zone, superuser, view,
};
use crate::users::{is_email, profile};

/// A new tenant and who owns it.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignUpTenant {
    /// The name shown to people.
    #[garde(custom(is_name))]
    #[schema(min_length = 1, max_length = 255, example = "Lotus & Lathe")]
    name: String,
    /// The host name under the base domain: a to z, 0 to 9 and inner hyphens. It can't be changed later.
    #[garde(custom(is_free_subdomain))]
    #[schema(min_length = 1, max_length = 50, example = "lotus")]
    subdomain: String,
    /// The name on invoices.
    #[garde(custom(is_name))]
    #[schema(min_length = 1, max_length = 255, example = "Lotus and Lathe Private Limited")]
    legal_name: String,
    /// The address on invoices, line by line.
    #[garde(custom(|lines: &Vec<String>, ctx: &()| is_address(lines, ctx)))]
    #[schema(min_items = 1, max_items = 8, example = json!(["12 MG Road", "Bengaluru 560001"]))]
    legal_address: Vec<String>,
    /// The tax registration number on invoices.
    #[garde(inner(custom(is_tax_id)))]
    #[schema(example = "29AAAAA0000A1Z5")]
    tax_id: Option<String>,
    /// The first part of invoice numbers: A to Z, 0 to 9 and inner hyphens.
    #[garde(custom(is_invoice_prefix))]
    #[schema(min_length = 1, max_length = 10, example = "LOTUS")]
    invoice_prefix: String,
    /// The currency of new products, shipping and totals.
    #[garde(skip)]
    #[schema(value_type = String, example = "INR")]
    currency: Currency,
    /// The IANA name of the time zone for dates on documents.
    #[garde(custom(is_time_zone))]
    #[schema(example = "Asia/Kolkata")]
    time_zone: String,
    /// The BCP 47 tag of the language of mails and documents.
    #[garde(custom(is_locale))]
    #[schema(example = "en")]
    locale: String,
    /// Who of the platform's people brought the tenant in.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    sponsor_id: Option<UserId>,
    /// Who of the platform's people represents it.
    #[garde(skip)]
    #[schema(value_type = Option<String>)]
    rep_id: Option<UserId>,
    /// Who gets blind copies of the mails about orders, invoices, credit notes and parcels, for the books.
    #[garde(inner(custom(is_email)))]
    #[schema(format = "email", example = "audit@lotus.example")]
    bcc_audit_email: Option<String>,
    /// The first owner, who is invited by mail.
    #[garde(dive)]
    owner: NewOwner,
}

/// The tenant that has signed up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUpView {
    /// The tenant.
    tenant: TenantView,
    /// The first owner's id, within the tenant.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    owner_id: UserId,
}

/// Sign a tenant up
///
/// Opens the tenant with keys of its own and its first owner at once, or nothing. The owner gets a mail with a link, good for
/// seven days, to set a password.
#[utoipa::path(
    post,
    path = "/platform/tenants",
    tag = "Platform",
    params(OptionalKeyHeader),
    request_body = SignUpTenant,
    responses(
        (status = 201, description = "The tenant is open; the mail is on its way", body = Envelope<SignedUpView>),
        web::openapi::Of<(refusals::SubdomainTaken,)>
    ),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn sign_up_tenant(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<SignUpTenant>,
) -> Result<Response, Problem> {
    superuser(&caller)?;
    let work = async {
        let (vault, operation) = (edge.vault(), caller.operation());
        let (new, bcc, owner) = body.into_parts()?;
        new.check().map_err(invalid)?;
        is_colleague(&edge, &caller, "sponsorId", new.sponsor).await?;
        is_colleague(&edge, &caller, "repId", new.rep).await?;
        let person = profile("owner.", &owner.email, &owner.first_name, &owner.last_name, owner.phone.as_deref())?;
        let tenant = tenants::open_tenant(vault, edge.ambient(), new, bcc.as_ref()).await?;
        let owner = people::open_account(vault, &tenant, &operation, &person, vec![Role::Owner]).await?;
        let ticket = tickets::issue_to(vault, &tenant, &operation, TicketKind::Invitation, &owner).await?;
        let by = OpenedBy::Invitation(&ticket);
        let signed_up = edge.store().sign_up_tenant(&operation, &tenant, &owner, None, by).await?;
        signed_up.map_err(|refused| match refused {
            SignUpRefused::SubdomainTaken => Problem::new(Code::SubdomainTaken),
            SignUpRefused::NoLonger => Problem::new(Code::Forbidden),
        })?;
        let shown = SignedUpView { tenant: view(vault, &tenant).await?, owner_id: owner.id };
        Ok(Reply::created(shown, format!("/platform/tenants/{}", tenant.id)).etag(tenant.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}

impl SignUpTenant {
    fn into_parts(self) -> Result<(NewTenant, Option<Email>, NewOwner), Problem> {
        let wrong = |field: &'static str, problem: &dyn std::fmt::Display| Problem::invalid(field, problem.to_string());
        let subdomain = Subdomain::of_marketplace(&self.subdomain).map_err(|problem| wrong("subdomain", &problem))?;
        let bcc = self.bcc_audit_email.as_deref().map(Email::new).transpose();
        let bcc = bcc.map_err(|problem| wrong("bccAuditEmail", &problem))?;
        let new = NewTenant {
            kind: TenantKind::Marketplace,
            name: self.name,
            subdomain,
            legal_name: self.legal_name,
            legal_address: self.legal_address,
            tax_id: self.tax_id,
            invoice_prefix: self.invoice_prefix,
            currency: self.currency,
            time_zone: self.time_zone,
            locale: self.locale,
            sponsor: self.sponsor_id,
            rep: self.rep_id,
        };
        Ok((new, bcc, self.owner))
    }
}
