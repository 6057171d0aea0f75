//! What the SDK's failures mean for a caller.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use super::Refused;
use crate::error::Error;

/// Why a transaction did not happen.
pub(super) enum Cancellation {
    /// A condition failed.
    Refused(Refused),
    /// Others are writing the same items, or the table is throttled.
    Contended,
    /// An earlier request with the same token is still at it: asking with another would meet what that one writes.
    InProgress,
    /// Anything else.
    Other,
}

/// Reads why a transaction did not happen. A failed condition outweighs contention: trying again can't help it.
pub(super) fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Cancellation {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons();
            let refused = reasons.iter().position(|reason| reason.code() == Some("ConditionalCheckFailed"));
            if let Some(index) = refused {
                let found = reasons.get(index).and_then(|reason| reason.item().cloned());
                return Cancellation::Refused(Refused { index, found });
            }
            let passing = |code: &str| {
                matches!(code, "TransactionConflict" | "ProvisionedThroughputExceeded" | "ThrottlingError")
            };
            if reasons.iter().any(|reason| reason.code().is_some_and(passing)) {
                Cancellation::Contended
            } else {
                Cancellation::Other
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Cancellation::InProgress,
        Some(other) if other.code() == Some("TransactionConflictException") => Cancellation::Contended,
        _ => Cancellation::Other,
    }
}

/// Tells what may pass from what is a defect.
pub(super) fn from_sdk<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    const PASSING: &[&str] = &[
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "InternalServerError",
        "ServiceUnavailable",
        "TransactionConflictException",
    ];
    match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            Error::Busy(Box::new(error))
        }
        SdkError::ServiceError(service)
            if service
                .err()
                .code()
                .is_some_and(|code| PASSING.contains(&code))
                // What stands before DynamoDB fails without a code.
                || service.raw().status().is_server_error() =>
        {
            Error::Busy(Box::new(error))
        }
        _ => Error::Internal(Box::new(error)),
    }
}
