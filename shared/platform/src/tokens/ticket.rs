//! One-time tokens that go out by mail: `user.secret`.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::id::UserId;
use zeroize::Zeroizing;

/// A one-time token: whose it is, so that it is found in one read, and what proves it. It can't be printed; the table
/// keeps only a hash of the secret.
#[derive(Clone)]
pub struct TicketToken {
    /// Whose it is.
    pub user: UserId,
    secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for TicketToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketToken")
    }
}

/// A text that is no one-time token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a one-time token")]
pub struct MalformedTicketToken;

impl TicketToken {
    /// Makes a token with a new secret of 256 random bits.
    pub fn generate(user: UserId, ambient: &Ambient) -> Self {
        Self { user, secret: Zeroizing::new(ambient.bytes()) }
    }

    /// Returns the SHA-256 of the secret in hexadecimal: with 256 random bits, a fast hash without salt is enough.
    pub fn hash(&self) -> String {
        hex::encode(digest(&SHA256, self.secret.as_slice()))
    }

    /// Returns the text for the mail: the only way the secret gets out.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.user, URL_SAFE_NO_PAD.encode(self.secret.as_slice())))
    }
}

impl FromStr for TicketToken {
    type Err = MalformedTicketToken;

    fn from_str(text: &str) -> Result<Self, MalformedTicketToken> {
        let (user, secret) = text.split_once('.').ok_or(MalformedTicketToken)?;
        let mut bytes = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(secret, bytes.as_mut_slice()).map_err(|_| MalformedTicketToken)?;
        let token = Self { user: user.parse().map_err(|_| MalformedTicketToken)?, secret: bytes };
        // One token has one spelling.
        if length == 32 && token.expose().as_str() == text { Ok(token) } else { Err(MalformedTicketToken) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ambient::system;

    #[test]
    fn a_token_reads_back_in_its_one_spelling_and_is_not_printed() {
        let token = TicketToken::generate(system().id(), &system());
        let text = token.expose();
        let read: TicketToken = text.parse().unwrap();
        assert_eq!((read.user, read.hash()), (token.user, token.hash()));
        let (user, secret) = text.split_once('.').unwrap();
        assert!(!format!("{token:?}").contains(secret));
        for bad in [
            String::new(),
            user.to_owned(),
            format!("{user}."),
            format!("{user}.{}", &secret[..40]),
            format!("{user}.{secret}A"),
            format!("{user}.{secret}="),
            format!("{user}.{secret}.{secret}"),
            format!("ses{}.{secret}", &user[3..]),
            secret.to_owned(),
        ] {
            assert!(bad.parse::<TicketToken>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let user = system().id();
        assert_ne!(TicketToken::generate(user, &system()).hash(), TicketToken::generate(user, &system()).hash());
    }

    proptest! {
        #[test]
        fn what_is_no_token_never_reads_as_one_of_another_spelling(text in "\\PC{0,80}") {
            if let Ok(token) = text.parse::<TicketToken>() {
                let exposed = token.expose();
                prop_assert_eq!(exposed.as_str(), text.as_str());
            }
        }
    }
}
