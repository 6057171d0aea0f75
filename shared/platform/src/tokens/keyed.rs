//! Tokens of the form `id.secret`: what they open, and what proves it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::id::{AnonymousCartId, Id, UserId};
use zeroize::Zeroizing;

/// An id, so that what the token opens is found in one read, and what proves it. It can't be printed; the table keeps only
/// a hash of the secret.
#[derive(Clone)]
pub struct KeyedToken<I> {
    /// What it opens, or whose it is.
    pub of: I,
    secret: Zeroizing<[u8; 32]>,
}

/// A one-time token that goes out by mail, or stands for half a sign-in: `user.secret`.
pub type TicketToken = KeyedToken<UserId>;

/// What a cart is opened with by somebody who is not signed in: `cart.secret`.
pub type CartToken = KeyedToken<AnonymousCartId>;

impl<I> fmt::Debug for KeyedToken<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedToken")
    }
}

/// A text that is no such token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of this kind")]
pub struct MalformedToken;

impl<I: Id> KeyedToken<I> {
    /// Makes a token with a new secret of 256 random bits.
    pub fn generate(of: I, ambient: &Ambient) -> Self {
        Self { of, secret: Zeroizing::new(ambient.bytes()) }
    }

    /// Returns the SHA-256 of the secret in hexadecimal: with 256 random bits, a fast hash without salt is enough.
    pub fn hash(&self) -> String {
        hex::encode(digest(&SHA256, self.secret.as_slice()))
    }

    /// Returns the text to give out: the only way the secret gets out.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.of, URL_SAFE_NO_PAD.encode(self.secret.as_slice())))
    }
}

impl<I: Id> FromStr for KeyedToken<I> {
    type Err = MalformedToken;

    fn from_str(text: &str) -> Result<Self, MalformedToken> {
        let (of, secret) = text.split_once('.').ok_or(MalformedToken)?;
        let mut bytes = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(secret, bytes.as_mut_slice()).map_err(|_| MalformedToken)?;
        let token = Self { of: of.parse().map_err(|_| MalformedToken)?, secret: bytes };
        // One token has one spelling.
        if length == 32 && token.expose().as_str() == text { Ok(token) } else { Err(MalformedToken) }
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
        assert_eq!((read.of, read.hash()), (token.of, token.hash()));
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
        assert!(text.parse::<CartToken>().is_err(), "what opens one kind of thing opens no other");
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
