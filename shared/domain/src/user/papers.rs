//! The papers by which somebody proves who they are.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentKind {
    /// A passport.
    Passport,
    /// A national identity card.
    IdCard,
    /// A driving licence.
    DrivingLicence,
    /// A card or certificate of a tax authority.
    TaxCard,
    /// A residence permit.
    ResidencePermit,
}

/// What somebody has handed in, and what was found. It is only ever stored sealed, under
/// [`field::KYC`](super::field::KYC).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Papers {
    /// What the document is.
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// The ISO 3166-1 alpha-2 code of the country that issued it.
    pub country: String,
    /// The name on it.
    pub full_name: String,
    /// The day of birth on it, as `1990-12-31`.
    pub born_on: String,
    /// When they were handed in.
    pub submitted_at: Timestamp,
    /// What was found.
    pub review: Option<Review>,
}

/// What somebody found who looked at papers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Who looked.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Whether they are good.
    pub good: bool,
    /// Why not, in words for the person.
    pub reason: Option<String>,
}

// Personal data is never printed, not even by `{:?}`.
impl std::fmt::Debug for Papers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Papers")
    }
}

impl std::fmt::Debug for Review {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Review")
    }
}
