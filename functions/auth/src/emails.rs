//! The e-mail address of an account: proved to be its owner's, and moved to another.

pub(crate) mod change;
pub(crate) mod confirm;
pub(crate) mod resend;
pub(crate) mod verify;

use domain::user::Email;

fn is_email(text: &str, (): &()) -> garde::Result {
    Email::new(text).map(drop).map_err(garde::Error::new)
}

#[cfg(test)]
mod tests;
