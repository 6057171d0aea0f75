//! Those who sell.

use serde::{Deserialize, Serialize};

use super::{SellerName, Slug};
use crate::clock::Timestamp;
use crate::id::{Id, SellerId, UserId};

/// Whether a seller may sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SellerStatus {
    /// Waits for approval.
    Pending,
    /// Sells.
    Active,
    /// Stopped by the tenant.
    Suspended,
}

/// The public profile of somebody who sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seller {
    /// The seller's id.
    pub id: SellerId,
    /// The person who runs it.
    pub user: UserId,
    /// The trade name shown to people.
    pub name: SellerName,
    /// The name in URLs.
    pub slug: Slug,
    /// What the seller says about itself.
    pub bio: String,
    /// Whether it may sell.
    pub status: SellerStatus,
    /// Counts up with every change.
    pub version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
}

impl Seller {
    /// Returns the id of the profile that a person runs, or would run: one person has one, so it need not be looked up.
    pub fn id_of(user: UserId) -> SellerId {
        let ulid = user.ulid();
        let created = i64::try_from(ulid.timestamp_ms()).unwrap_or(i64::MAX);
        SellerId::from_parts(Timestamp::from_millis(created), ulid.random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sellers_id_is_its_persons_id_by_another_name() {
        let user = UserId::from_parts(Timestamp::from_millis(1_700_000_000_123), u128::MAX);
        assert_eq!(Seller::id_of(user).to_string(), user.to_string().replace("usr_", "sel_"));
    }
}
