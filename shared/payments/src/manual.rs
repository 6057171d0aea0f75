//! Payment without a provider: the payer transfers the money, and the tenant's people say when it has come.

use domain::calendar::Day;
use domain::reconciliation::Statement;
use serde::{Deserialize, Serialize};

use crate::InvalidCredentials;
use crate::api::{ApiError, Attempt, Closing, Gateway, Handover, List, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::refund::{MadeRefund, NewRefund, RefundState};

/// What the payer is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "Unchecked")]
pub struct Credentials {
    instructions: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    instructions: String,
}

impl Credentials {
    /// Takes the words that tell a payer where to send the money.
    ///
    /// # Errors
    /// When there are none.
    pub fn new(instructions: impl Into<String>) -> Result<Self, InvalidCredentials> {
        let instructions = instructions.into();
        if instructions.is_empty() { Err(InvalidCredentials::Empty) } else { Ok(Self { instructions }) }
    }

    /// Returns the words that tell a payer where to send the money.
    pub fn instructions(&self) -> &str {
        &self.instructions
    }
}

impl TryFrom<Unchecked> for Credentials {
    type Error = InvalidCredentials;

    fn try_from(parts: Unchecked) -> Result<Self, InvalidCredentials> {
        Self::new(parts.instructions)
    }
}

/// Nobody to call: each answer follows from what was entrusted.
#[derive(Debug, Clone, Copy)]
pub struct Manual;

impl Gateway for Manual {
    type Credentials = Credentials;

    async fn open(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        visit: &Visit,
    ) -> Result<(OpenOrder, Handover), ApiError> {
        let opened = OpenOrder { id: order.receipt.clone(), amount: order.amount };
        Ok((opened, self.resume(credentials, order, &order.receipt, visit).await?))
    }

    async fn resume(
        &self,
        credentials: &Credentials,
        _order: &NewOrder,
        reference: &str,
        _visit: &Visit,
    ) -> Result<Handover, ApiError> {
        Ok(Handover::Transfer { instructions: credentials.instructions().to_owned(), purpose: reference.to_owned() })
    }

    async fn attempts(&self, _credentials: &Credentials, _order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        Ok(Vec::new())
    }

    async fn close(&self, _credentials: &Credentials, _order: &PlacedOrder) -> Result<Closing, ApiError> {
        // Nobody can be kept from transferring money.
        Ok(Closing { closed: false, attempts: Vec::new() })
    }

    async fn refund(&self, _credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        // Who takes transfers by hand gives back by hand.
        Ok(MadeRefund { id: refund.key.clone(), state: RefundState::ByHand })
    }

    async fn statement(&self, _credentials: &Credentials, _order: &PlacedOrder) -> Result<Statement, ApiError> {
        // What the tenant's people say is all there is.
        Ok(Statement::default())
    }

    async fn list(&self, _credentials: &Credentials, _day: Day, _from: Option<&str>) -> Result<Option<List>, ApiError> {
        // Nobody has a book beside ours.
        Ok(Some(List::default()))
    }
}
