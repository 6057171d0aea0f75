use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::id::SessionId;
use zeroize::Zeroizing;

/// The secret part of a refresh token. It can't be printed; the table keeps only its hash.
#[derive(Clone)]
pub struct RefreshSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshSecret")
    }
}

impl PartialEq for RefreshSecret {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_slice(), other.0.as_slice()).is_ok()
    }
}

impl Eq for RefreshSecret {}

impl RefreshSecret {
    /// Returns the SHA-256 of the secret in hexadecimal, which is what a session stores.
    ///
    /// The secret has 256 random bits, so a fast hash without salt is enough.
    pub fn hash(&self) -> String {
        hex::encode(digest(&SHA256, self.0.as_slice()))
    }
}

/// `family.generation.secret`: the family is the session, the generation counts its rotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session.
    pub family: SessionId,
    /// How often the session was refreshed.
    pub generation: u32,
    /// What proves it.
    pub secret: RefreshSecret,
}

/// How many successors [`RefreshToken::hash_at`] follows: a month of refreshing every five minutes.
const LONGEST_LINE: u32 = 10_000;

/// A text that is no refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct MalformedRefreshToken;

impl RefreshToken {
    /// Makes the first token of a session.
    pub fn first(family: SessionId, ambient: &Ambient) -> Self {
        Self { family, generation: 0, secret: RefreshSecret(Zeroizing::new(ambient.bytes())) }
    }

    /// Derives the next token with the tenant's key for sessions ([`crate::vault::Vault::derive`]).
    ///
    /// The same token and key always give the same successor, so a concurrent refresh of the immediate predecessor
    /// gets the same answer although nobody stored it. Without the key a token tells nothing of its successor.
    pub fn successor(&self, server_key: &[u8; 32]) -> Self {
        let generation = self.generation.saturating_add(1);
        let mut message = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, server_key));
        message.update(b"haat:refresh:v1:");
        message.update(self.family.to_string().as_bytes());
        message.update(&generation.to_be_bytes());
        message.update(self.secret.0.as_slice());
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(message.sign().as_ref());
        Self { family: self.family, generation, secret: RefreshSecret(secret) }
    }

    /// Returns the hash of the secret that this token's line leads to at `generation`; none when that lies before the
    /// token or too far after it to follow. A session that knows only its current hash recognises an older token so.
    pub fn hash_at(&self, generation: u32, server_key: &[u8; 32]) -> Option<String> {
        let steps = generation.checked_sub(self.generation).filter(|steps| *steps <= LONGEST_LINE)?;
        let last = (0..steps).fold(self.clone(), |token, _| token.successor(server_key));
        Some(last.secret.hash())
    }

    /// Returns the text for the client: the only way the secret gets out.
    pub fn expose(&self) -> String {
        format!("{}.{}.{}", self.family, self.generation, URL_SAFE_NO_PAD.encode(self.secret.0.as_slice()))
    }
}

impl FromStr for RefreshToken {
    type Err = MalformedRefreshToken;

    fn from_str(text: &str) -> Result<Self, MalformedRefreshToken> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(MalformedRefreshToken);
        let (family, generation, secret) = (part()?, part()?, part()?);
        let mut bytes = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(secret, bytes.as_mut_slice()).map_err(|_| MalformedRefreshToken)?;
        let token = Self {
            family: family.parse().map_err(|_| MalformedRefreshToken)?,
            generation: generation.parse().map_err(|_| MalformedRefreshToken)?,
            secret: RefreshSecret(bytes),
        };
        // One token has one spelling: no leading zeros or plus sign in the generation.
        if length == 32 && token.expose() == text { Ok(token) } else { Err(MalformedRefreshToken) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ambient::system;

    fn first() -> RefreshToken {
        RefreshToken::first(system().id(), &system())
    }

    #[test]
    fn a_token_reads_back_in_its_one_spelling() {
        let token = first().successor(&[7; 32]);
        let text = token.expose();
        assert_eq!(text.parse::<RefreshToken>(), Ok(token));
        let (head, secret) = text.rsplit_once('.').unwrap();
        let family = head.split('.').next().unwrap();
        let (longer, trailing) = (format!("{text}A"), format!("{text}."));
        for bad in [
            String::new(),
            family.to_owned(),
            format!("{family}.01.{secret}"),
            format!("{family}.+1.{secret}"),
            format!("{family}.-1.{secret}"),
            format!("{family}.4294967296.{secret}"),
            format!("usr{}.1.{secret}", &family[3..]),
            format!("{family}.1.{}", &secret[..40]),
            format!("{family}.1.{secret}="),
            longer,
            trailing,
        ] {
            assert_eq!(bad.parse::<RefreshToken>(), Err(MalformedRefreshToken), "{bad}");
        }
    }

    #[test]
    fn a_successor_is_the_same_every_time_and_differs_by_everything() {
        let token = first();
        let next = token.successor(&[7; 32]);
        assert_eq!(next, token.successor(&[7; 32]));
        assert_eq!((next.family, next.generation), (token.family, 1));

        let sibling = RefreshToken { family: system().id(), ..token.clone() };
        let older = RefreshToken { generation: 5, ..token.clone() };
        let other = RefreshToken { secret: first().secret, ..token.clone() };
        let hashes: BTreeSet<_> = [
            token.secret.hash(),
            next.secret.hash(),
            token.successor(&[8; 32]).secret.hash(),
            sibling.successor(&[7; 32]).secret.hash(),
            older.successor(&[7; 32]).secret.hash(),
            other.successor(&[7; 32]).secret.hash(),
            next.successor(&[7; 32]).secret.hash(),
        ]
        .into();
        assert_eq!(hashes.len(), 7);
    }

    #[test]
    fn the_line_of_a_token_is_followed_forward_and_not_for_ever() {
        let token = first();
        let third = token.successor(&[7; 32]).successor(&[7; 32]).successor(&[7; 32]);
        assert_eq!(token.hash_at(0, &[7; 32]), Some(token.secret.hash()));
        assert_eq!(token.hash_at(3, &[7; 32]), Some(third.secret.hash()));
        assert_ne!(token.hash_at(3, &[8; 32]), Some(third.secret.hash()));
        assert_eq!(third.hash_at(2, &[7; 32]), None);
        assert_eq!(token.hash_at(LONGEST_LINE + 1, &[7; 32]), None);
    }

    #[test]
    fn a_token_does_not_print_its_secret() {
        let token = first();
        let secret = token.expose().rsplit_once('.').unwrap().1.to_owned();
        assert!(!format!("{token:?}").contains(&secret));
    }
}
