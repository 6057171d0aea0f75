//! Those who sell.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{InvoicePrefix, SellerName, Slug};
use crate::clock::Timestamp;
use crate::id::{Id, SellerId, UserId};
use crate::pii::Sealed;
use crate::transition::InvalidTransition;

/// The name of the sealed field that says where a seller's money goes.
pub const PAYOUT_ACCOUNT: &str = "payoutAccount";
/// The most characters of what a seller says about itself.
pub const MAX_BIO: usize = 2_000;
/// The name in URLs that no seller can have: it stands for the caller's own profile.
pub const OWN_PROFILE: &str = "mine";

/// Whether a seller may sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SellerStatus {
    /// Waits for approval.
    Pending,
    /// Sells.
    Active,
    /// Stopped by the tenant for the time being.
    Suspended,
    /// Gone with the person who ran it: nothing tells who that was.
    Closed,
}

impl SellerStatus {
    /// All statuses.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Suspended, Self::Closed];

    /// Returns the name as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Closed => "CLOSED",
        }
    }

    /// Moves on. A profile is approved once, may be stopped and let go on as often as needed, and once closed stays so.
    ///
    /// # Errors
    /// When `next` can't follow.
    pub fn advance(self, next: Self) -> Result<Self, InvalidTransition> {
        let allowed = match self {
            Self::Pending => matches!(next, Self::Active | Self::Suspended | Self::Closed),
            Self::Active => matches!(next, Self::Suspended | Self::Closed),
            Self::Suspended => matches!(next, Self::Active | Self::Closed),
            Self::Closed => false,
        };
        if allowed { Ok(next) } else { Err(InvalidTransition { from: self.as_str(), to: next.as_str() }) }
    }
}

/// The profile of somebody who sells: what the person says, and what the tenant has decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seller {
    /// The seller's id.
    pub id: SellerId,
    /// The person who runs it.
    pub user: UserId,
    /// The trade name shown to people.
    pub name: SellerName,
    /// The name in URLs, unique within the tenant.
    pub slug: Slug,
    /// What the seller says about itself, plain text.
    pub bio: String,
    /// Where the seller's money goes: an account reference, sealed under the key part of the person.
    #[serde(default)]
    pub payout_account: Option<Sealed>,
    /// Who it is before the law: a [`super::LegalIdentity`], sealed like the account.
    #[serde(default)]
    pub legal_identity: Option<Sealed>,
    /// Whether it may sell.
    pub status: SellerStatus,
    /// What the tenant keeps of this seller's sales, in basis points; none is what it keeps of everybody's.
    #[serde(default)]
    pub commission_bp: Option<u32>,
    /// The first part of the numbers of this seller's invoices; none is the tenant's own series.
    #[serde(default)]
    pub invoice_prefix: Option<InvoicePrefix>,
    /// Counts up with every change.
    pub version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Seller {
    /// Returns the id of the profile that a person runs, or would run: one person has one, so it need not be looked up.
    pub fn id_of(user: UserId) -> SellerId {
        renamed(user)
    }

    /// Returns the id of the person who runs a profile: the way back.
    pub fn person_of(seller: SellerId) -> UserId {
        renamed(seller)
    }

    /// Tells whether everybody may see it and buy from it.
    pub fn is_active(&self) -> bool {
        self.status == SellerStatus::Active
    }

    /// Closes the profile for good, and takes out all that tells whose it was.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn closed(self) -> Result<Self, InvalidTransition> {
        let status = self.status.advance(SellerStatus::Closed)?;
        let number = self.id.ulid().to_string();
        Ok(Self {
            name: SellerName::of_closed(),
            slug: Slug::of_name("closed", &number.chars().skip(10).collect::<String>()),
            bio: String::new(),
            payout_account: None,
            legal_identity: None,
            commission_bp: None,
            status,
            ..self
        })
    }
}

/// Gives the same number another prefix.
fn renamed<A: Id, B: Id>(id: A) -> B {
    let ulid = id.ulid();
    let created = i64::try_from(ulid.timestamp_ms()).unwrap_or(i64::MAX);
    B::from_parts(Timestamp::from_millis(created), ulid.random())
}

/// What a seller's standing means for a sale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SellerTerms {
    /// Whether the seller may sell.
    pub sells: bool,
    /// What the tenant keeps, in basis points; none is what it keeps of everybody's sales.
    pub commission_bp: Option<u32>,
}

/// What is out of the ordinary about a tenant's sellers: all that a sale must know of them.
///
/// Of whom nothing is said sells at the tenant's usual terms. That includes whom the tenant's people made a seller without a
/// profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    /// Those who are stopped for the time being.
    pub stopped: BTreeSet<SellerId>,
    /// Those of whose sales the tenant keeps another share, in basis points.
    pub commissions: BTreeMap<SellerId, u32>,
}

impl Standings {
    /// Returns a seller's terms.
    pub fn terms_of(&self, seller: SellerId) -> SellerTerms {
        SellerTerms { sells: !self.stopped.contains(&seller), commission_bp: self.commissions.get(&seller).copied() }
    }
}

/// Hides all but the end of an account reference, by which its owner knows it again.
pub fn masked(account: &str) -> String {
    let shown = if account.chars().count() >= 8 { 4 } else { 0 };
    let hidden = account.chars().count().saturating_sub(shown);
    format!("••••{}", account.chars().skip(hidden).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sellers_id_is_its_persons_id_by_another_name() {
        let user = UserId::from_parts(Timestamp::from_millis(1_700_000_000_123), u128::MAX);
        assert_eq!(Seller::id_of(user).to_string(), user.to_string().replace("usr_", "sel_"));
        assert_eq!(Seller::person_of(Seller::id_of(user)), user);
    }

    #[test]
    fn an_account_reference_is_known_by_its_end_alone() {
        assert_eq!(masked("GB33BUKB20201555555555"), "••••5555");
        assert_eq!(masked("1234567"), "••••");
        assert_eq!(masked(""), "••••");
    }

    #[test]
    fn a_closed_profile_tells_nothing_of_its_person() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let user = UserId::from_parts(at, 7);
        let seller = Seller {
            id: Seller::id_of(user),
            user,
            name: "Asha Rao Prints".parse().unwrap(),
            slug: "asha-rao".parse().unwrap(),
            bio: "I am Asha".to_owned(),
            payout_account: Some(Sealed::from_text("sealed".to_owned())),
            legal_identity: Some(Sealed::from_text("sealed".to_owned())),
            status: SellerStatus::Active,
            commission_bp: Some(500),
            invoice_prefix: None,
            version: 3,
            created_at: at,
            updated_at: at,
        };
        let closed = seller.closed().unwrap();
        assert_eq!(
            (closed.status, closed.bio.as_str(), closed.payout_account.as_ref()),
            (SellerStatus::Closed, "", None)
        );
        assert!(!closed.name.as_str().contains("Asha") && !closed.slug.as_str().contains("asha"));
        assert_eq!((closed.commission_bp, closed.legal_identity.as_ref()), (None, None));
        assert!(closed.closed().is_err());
    }

    proptest! {
        #[test]
        fn nobody_sells_without_approval_and_nothing_opens_what_is_closed(
            steps in proptest::collection::vec(0usize..4, 0..30),
        ) {
            let mut status = SellerStatus::Pending;
            let mut closed = false;
            for step in steps {
                let wanted = SellerStatus::ALL[step];
                if let Ok(next) = status.advance(wanted) {
                    prop_assert_eq!(next, wanted);
                    prop_assert!(next != SellerStatus::Pending && next != status);
                    status = next;
                }
                closed |= status == SellerStatus::Closed;
                prop_assert_eq!(closed, status == SellerStatus::Closed);
            }
        }
    }
}
