//! How failures of the layers below become problems of the API.

use domain::refund::RefundError;
use platform::vault::VaultError;

use store::refunds::RefundRefused;

use crate::code::Code;
use crate::problem::Problem;

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::new(Code::NotFound),
            store::Error::Conflict => Self::new(Code::Conflict),
            store::Error::Busy(_) => Self::new(Code::Unavailable).because(error),
            store::Error::Internal(_) => Self::internal(error),
        }
    }
}

impl From<RefundRefused> for Problem {
    fn from(refused: RefundRefused) -> Self {
        match refused {
            RefundRefused::NotFound => Self::not_found(),
            RefundRefused::NotCaptured => Self::new(Code::InvalidTransition).message("The payment was not captured"),
            RefundRefused::Disputed => Self::new(Code::PaymentDisputed),
            RefundRefused::Unfit(RefundError::Nothing) => Self::invalid("amount", "must be more than nothing"),
            RefundRefused::Unfit(RefundError::Money(error)) => Self::invalid("amount", error.to_string()),
            RefundRefused::Unfit(RefundError::UnknownLine(_)) => {
                Self::invalid("lines", "must name lines of the order that the payment has paid, each once")
            }
            RefundRefused::Unfit(error @ (RefundError::TooLarge { .. } | RefundError::TooManyPieces { .. })) => {
                Self::new(Code::RefundTooLarge).message(error.to_string())
            }
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => Self::new(Code::Unavailable).because(error),
            VaultError::Unreadable => Self::internal(error),
        }
    }
}
