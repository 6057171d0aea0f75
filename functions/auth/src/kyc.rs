//! The papers by which somebody proves to a tenant who they are.

pub(crate) mod read;
pub(crate) mod submit;

use domain::user::{DocumentKind, KycStatus, Papers, User};
use serde::Serialize;
use utoipa::ToSchema;

/// The own papers, and what was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnPapersView {
    /// How far the tenant has checked who the user is: `NONE`, `PENDING`, `VERIFIED`, `REJECTED`.
    #[schema(value_type = String, example = "PENDING")]
    status: KycStatus,
    /// What was handed in: `PASSPORT`, `ID_CARD`, `DRIVING_LICENCE`, `TAX_CARD`, `RESIDENCE_PERMIT`.
    #[schema(value_type = Option<String>, example = "PASSPORT")]
    document: Option<DocumentKind>,
    /// The end of the document's number.
    #[schema(example = "…4567")]
    number_ends: Option<String>,
    /// When it was handed in.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    submitted_at: Option<String>,
    /// When somebody looked at it.
    #[schema(example = "2026-02-01T08:15:30.123Z")]
    reviewed_at: Option<String>,
    /// Why it was turned down.
    #[schema(example = "The number does not fit the country")]
    reason: Option<String>,
    /// Counts up with each change of the account; also in `ETag`.
    #[schema(example = 4)]
    version: u64,
}

impl OwnPapersView {
    fn new(user: &User, papers: Option<Papers>) -> Self {
        let review = papers.as_ref().and_then(|papers| papers.review.as_ref());
        Self {
            status: user.kyc,
            document: papers.as_ref().map(|papers| papers.kind),
            number_ends: papers.as_ref().map(|papers| end(&papers.number)),
            submitted_at: papers.as_ref().map(|papers| papers.submitted_at.to_string()),
            reviewed_at: review.map(|review| review.at.to_string()),
            reason: review.and_then(|review| review.reason.clone()),
            version: user.version,
        }
    }
}

/// Shows as much of a number as its owner needs to know it again.
fn end(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    let shown = letters.len().saturating_div(2).min(4);
    let from = letters.len().saturating_sub(shown);
    std::iter::once('…').chain(letters.into_iter().skip(from)).collect()
}

#[cfg(test)]
mod tests;
