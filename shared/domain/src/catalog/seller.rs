//! Those who sell.

use serde::{Deserialize, Serialize};

use super::{SellerName, Slug};
use crate::clock::Timestamp;
use crate::id::{SellerId, UserId};

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
