//! The own seller's profile. How everybody sees it is the catalog's matter.

pub(crate) mod change;
pub(crate) mod open;
pub(crate) mod read;
#[cfg(test)]
mod tests;

use domain::catalog::{LegalIdentity, OWN_PROFILE, Seller, SellerName, SellerStatus, Slug, masked};
use domain::id::SellerId;
use domain::tenant::{Tenant, opening};
use domain::user::User;
use garde::Validate;
use platform::people;
use platform::vault::{Vault, VaultError};
use serde::{Deserialize, Serialize};
use store::sellers::SellerRefused;
use utoipa::ToSchema;
use web::{Code, Problem};

/// How often a write is tried again when the account or the profile is changed at the same moment.
const TRIES: usize = 5;

/// A seller's profile, as the person sees it who runs it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnSellerView {
    /// The seller's id.
    #[schema(value_type = String, example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: SellerId,
    /// The trade name shown to people.
    #[schema(example = "Layer by Layer Studio")]
    name: String,
    /// The name in URLs.
    #[schema(example = "layer-by-layer")]
    slug: String,
    /// What the seller says about itself.
    #[schema(example = "A small workshop that prints for kitchens and chess boards.")]
    bio: String,
    /// Whether it may sell: `PENDING` until it is approved, `ACTIVE`, `SUSPENDED`.
    #[schema(value_type = String, example = "ACTIVE")]
    status: SellerStatus,
    /// Where the money goes, all but its end hidden; null when that is not known.
    #[schema(example = "••••5555")]
    payout_account: Option<String>,
    /// Who the seller is before the law; null when that is not known.
    legal_identity: Option<LegalIdentityView>,
    /// What the marketplace keeps of a sale, in basis points, where that was agreed otherwise than with everybody.
    #[schema(example = 850)]
    commission_bp: Option<u32>,
    /// The first part of the numbers of the seller's invoices, where they have their own.
    #[schema(example = "LBL")]
    invoice_prefix: Option<String>,
    /// When it was opened.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// When it last changed.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    updated_at: String,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

/// Who the seller is before the law, as it stands on invoices and credit notes.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LegalIdentityView {
    /// The name in the register of companies, or the person's own.
    #[garde(custom(is_legal_name))]
    #[schema(min_length = 1, max_length = 255, example = "Layer by Layer Studio LLP")]
    legal_name: String,
    /// The tax registration number, such as a GSTIN, an MST or a VAT id; null without one.
    #[garde(inner(custom(is_tax_id)))]
    #[schema(min_length = 1, max_length = 30, example = "29AAAAA0000A1Z5")]
    tax_id: Option<String>,
    /// The address, line by line.
    #[garde(custom(|lines: &Vec<String>, ctx: &()| is_address(lines, ctx)))]
    #[schema(min_items = 1, max_items = 8, example = json!(["12 MG Road", "Bengaluru 560001"]))]
    address: Vec<String>,
}

impl From<LegalIdentityView> for LegalIdentity {
    fn from(told: LegalIdentityView) -> Self {
        Self { legal_name: told.legal_name, tax_id: told.tax_id, address: told.address }
    }
}

impl From<LegalIdentity> for LegalIdentityView {
    fn from(known: LegalIdentity) -> Self {
        Self { legal_name: known.legal_name, tax_id: known.tax_id, address: known.address }
    }
}

async fn view(vault: &Vault, tenant: &Tenant, person: &User, seller: &Seller) -> Result<OwnSellerView, VaultError> {
    let account = people::open_payout_account(vault, tenant, person, seller).await?;
    let identity = people::open_legal_identity(vault, tenant, person, seller).await?;
    Ok(OwnSellerView {
        id: seller.id,
        name: seller.name.to_string(),
        slug: seller.slug.to_string(),
        bio: seller.bio.clone(),
        status: seller.status,
        payout_account: account.as_deref().map(masked),
        legal_identity: identity.map(LegalIdentityView::from),
        commission_bp: seller.commission_bp,
        invoice_prefix: seller.invoice_prefix.as_ref().map(ToString::to_string),
        created_at: seller.created_at.to_string(),
        updated_at: seller.updated_at.to_string(),
        version: seller.version,
    })
}

fn refused(refused: SellerRefused) -> Problem {
    match refused {
        SellerRefused::Exists => Problem::new(Code::Conflict).message("You have a seller's profile already"),
        SellerRefused::SlugTaken => Problem::new(Code::SlugTaken).field("slug", "is in use"),
        SellerRefused::PrefixTaken | SellerRefused::Changed | SellerRefused::PersonChanged | SellerRefused::TooMany => {
            Problem::new(Code::Conflict)
        }
    }
}

fn is_name(text: &str, (): &()) -> garde::Result {
    text.parse::<SellerName>().map(drop).map_err(garde::Error::new)
}

fn is_slug(text: &str, (): &()) -> garde::Result {
    if text == OWN_PROFILE {
        return Err(garde::Error::new("is reserved"));
    }
    text.parse::<Slug>().map(drop).map_err(garde::Error::new)
}

/// An IBAN, a UPI id, a number at a payment provider: their rules differ too much to know them all.
fn is_account(text: &str, (): &()) -> garde::Result {
    let fits = (4..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    fits.then_some(()).ok_or_else(|| garde::Error::new("must be 4 to 64 plain characters"))
}

fn is_legal_name(text: &str, (): &()) -> garde::Result {
    opening::is_name(text).then_some(()).ok_or_else(|| garde::Error::new(opening::NAME))
}

fn is_tax_id(text: &str, (): &()) -> garde::Result {
    opening::is_tax_id(text).then_some(()).ok_or_else(|| garde::Error::new(opening::TAX_ID))
}

fn is_address(lines: &[String], (): &()) -> garde::Result {
    opening::is_address(lines).then_some(()).ok_or_else(|| garde::Error::new(opening::ADDRESS))
}
