//! How failures of the layers below become problems of the API.

use platform::vault::VaultError;

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

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => Self::new(Code::Unavailable).because(error),
            VaultError::Unreadable => Self::internal(error),
        }
    }
}
