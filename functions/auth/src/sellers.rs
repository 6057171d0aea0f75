//! The own seller's profile. How everybody sees it is the catalog's matter.

pub(crate) mod change;
pub(crate) mod open;
pub(crate) mod read;
#[cfg(test)]
mod tests;

use domain::catalog::{OWN_PROFILE, Seller, SellerName, SellerStatus, Slug, masked};
use domain::id::SellerId;
use domain::tenant::Tenant;
use domain::user::User;
use platform::people;
use platform::vault::{Vault, VaultError};
use serde::Serialize;
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

async fn view(vault: &Vault, tenant: &Tenant, person: &User, seller: &Seller) -> Result<OwnSellerView, VaultError> {
    let account = people::open_payout_account(vault, tenant, person, seller).await?;
    Ok(OwnSellerView {
        id: seller.id,
        name: seller.name.to_string(),
        slug: seller.slug.to_string(),
        bio: seller.bio.clone(),
        status: seller.status,
        payout_account: account.as_deref().map(masked),
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
