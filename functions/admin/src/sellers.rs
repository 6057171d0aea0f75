//! The tenant's sellers, as those who run it approve, stop and agree with them.

pub(crate) mod agree;
pub(crate) mod approve;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod restore;
pub(crate) mod suspend;
#[cfg(test)]
mod tests;

use domain::access::Permission;
use domain::catalog::{Seller, SellerStatus};
use domain::id::{SellerId, UserId};
use domain::transition::InvalidTransition;
use domain::user::User;
use serde::Serialize;
use store::sellers::SellerRefused;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Bearer, Caller, Code, Edge, Problem, Reply};

/// How often a move is tried again when the person or the profile is changed at the same moment.
const TRIES: usize = 5;

/// A seller, as those who run the tenant see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManagedSeller)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SellerView {
    /// The seller's id.
    #[schema(value_type = String, example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: SellerId,
    /// The person who runs it.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    user_id: UserId,
    /// The trade name shown to people.
    #[schema(example = "Layer by Layer Studio")]
    name: String,
    /// The name in URLs.
    #[schema(example = "layer-by-layer")]
    slug: String,
    /// What the seller says about itself.
    #[schema(example = "A small workshop that prints for kitchens and chess boards.")]
    bio: String,
    /// Whether it may sell: `PENDING`, `ACTIVE`, `SUSPENDED`, `CLOSED`.
    #[schema(value_type = String, example = "PENDING")]
    status: SellerStatus,
    /// Whether the seller has said where the money is to go.
    #[schema(example = true)]
    has_payout_account: bool,
    /// Whether the seller has said who it is before the law.
    #[schema(example = true)]
    has_legal_identity: bool,
    /// What the tenant keeps of a sale, in basis points; null is what it keeps of everybody's.
    #[schema(example = 850)]
    commission_bp: Option<u32>,
    /// The first part of the numbers of the seller's invoices; null is the tenant's own series.
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

impl From<Seller> for SellerView {
    fn from(seller: Seller) -> Self {
        Self {
            id: seller.id,
            user_id: seller.user,
            name: seller.name.into(),
            slug: seller.slug.into(),
            bio: seller.bio,
            status: seller.status,
            has_payout_account: seller.payout_account.is_some(),
            has_legal_identity: seller.legal_identity.is_some(),
            commission_bp: seller.commission_bp,
            invoice_prefix: seller.invoice_prefix.map(String::from),
            created_at: seller.created_at.to_string(),
            updated_at: seller.updated_at.to_string(),
            version: seller.version,
        }
    }
}

fn refused(refused: SellerRefused) -> Problem {
    match refused {
        SellerRefused::PrefixTaken => Problem::new(Code::Conflict).field("invoicePrefix", "is another seller's"),
        SellerRefused::TooMany => {
            Problem::new(Code::RuleBroken).message("Too many sellers are suspended, or have a commission of their own")
        }
        SellerRefused::Exists | SellerRefused::SlugTaken | SellerRefused::Changed | SellerRefused::PersonChanged => {
            Problem::new(Code::Conflict)
        }
    }
}

fn not_allowed(refused: InvalidTransition) -> Problem {
    Problem::new(Code::InvalidTransition).message(format!("The status is {}", refused.from))
}

/// A seller and the person who runs it, found for somebody who may decide about them.
struct Decision {
    caller: Caller,
    seller: Seller,
    person: User,
}

impl Decision {
    async fn read(edge: &Edge, bearer: Bearer, id: SellerId) -> Result<Self, Problem> {
        let (caller, (seller, person)) = bearer.with(|scope| edge.store().seller_with_person(scope, id)).await?;
        caller.require(Permission::ManageSellers)?;
        let (seller, person) = seller.zip(person).ok_or_else(Problem::not_found)?;
        Ok(Self { caller, seller, person })
    }

    /// Moves the seller from one of `from` to `next`.
    async fn take(&self, edge: &Edge, from: &[SellerStatus], next: SellerStatus) -> Result<Reply<SellerView>, Problem> {
        let operation = self.caller.operation();
        let (mut seller, mut person) = (self.seller.clone(), self.person.clone());
        for _ in 0..TRIES {
            if !from.contains(&seller.status) {
                return Err(not_allowed(InvalidTransition { from: seller.status.as_str(), to: next.as_str() }));
            }
            seller.status.advance(next).map_err(not_allowed)?;
            match edge.store().move_seller(&operation, &seller, next, &person).await? {
                Ok(after) => {
                    let version = after.version;
                    return Ok(Reply::ok(SellerView::from(after)).etag(version));
                }
                Err(SellerRefused::Changed | SellerRefused::PersonChanged) => {
                    let now = edge.store().seller_with_person(operation.scope, seller.id).await?;
                    let now = now.0.zip(now.1).ok_or_else(Problem::not_found)?;
                    if next == SellerStatus::Active && !now.1.may_act() {
                        return Err(Problem::new(Code::InvalidTransition).message("The person's account is not open"));
                    }
                    (seller, person) = now;
                }
                Err(refused) => return Err(self::refused(refused)),
            }
        }
        Err(Problem::new(Code::Conflict))
    }
}

/// Reads a seller's profile as it is now.
async fn seller_of(edge: &Edge, bearer: Bearer, id: SellerId) -> Result<(Caller, Seller), Problem> {
    let (caller, seller) = bearer.with(|scope| edge.store().seller(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageSellers)?;
    Ok((caller, seller.ok_or_else(Problem::not_found)?))
}
