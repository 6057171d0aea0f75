use std::fmt;
use std::str::FromStr;

use domain::ambient::Ambient;
use domain::id::SessionId;
use zeroize::Zeroizing;

/// The secret part of a refresh token. It can't be printed; the table keeps only its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshSecret")
    }
}

impl RefreshSecret {
    /// Returns the SHA-256 of the secret in hexadecimal, which is what a session stores.
    pub fn hash(&self) -> String {
        todo!()
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

/// A text that is no refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct MalformedRefreshToken;

impl RefreshToken {
    /// Makes the first token of a session.
    pub fn first(family: SessionId, ambient: &Ambient) -> Self {
        Self { family, generation: 0, secret: RefreshSecret(Zeroizing::new(ambient.bytes())) }
    }

    /// Derives the next token. The same token and key always give the same successor, so a concurrent refresh
    /// of the immediate predecessor can be answered again without storing the successor.
    pub fn successor(&self, server_key: &[u8; 32]) -> Self {
        let _ = server_key;
        todo!()
    }

    /// Returns the text for the client: the only way the secret gets out.
    pub fn expose(&self) -> String {
        todo!()
    }
}

impl FromStr for RefreshToken {
    type Err = MalformedRefreshToken;

    fn from_str(text: &str) -> Result<Self, MalformedRefreshToken> {
        let _ = text;
        todo!()
    }
}
