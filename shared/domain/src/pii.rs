//! Personal data at rest: what may be stored, and under which key.
//!
//! Architecture invariant: nothing in this crate or in `store` holds a plain e-mail, name, phone or
//! address. They hold [`Sealed`] values, which only the vault of `platform` can make and open.

mod chain;
mod rotation;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;

pub use chain::{Indexing, KEY_LIFE, KeyChain, PUBLISHED, RotationUnderWay, SETTLED, WrappedKey};
pub use rotation::{AfterPage, Rotation};

/// What a data key is for. Each tenant has one key per purpose, wrapped by KMS under `{tenant, purpose}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Encrypts personal data.
    Pii,
    /// Makes blind indexes of e-mail and phone.
    Index,
    /// Derives refresh tokens.
    Session,
    /// Seals page cursors.
    Cursor,
    /// Encrypts payment providers' credentials.
    Provider,
    /// Wraps the platform's token-signing keys.
    Jwt,
}

impl Purpose {
    /// The purposes of which every tenant has a data key.
    pub const OF_A_TENANT: [Self; 5] = [Self::Pii, Self::Index, Self::Session, Self::Cursor, Self::Provider];

    /// Returns the name used in the encryption context and by operators.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pii => "pii",
            Self::Index => "index",
            Self::Session => "session",
            Self::Cursor => "cursor",
            Self::Provider => "provider",
            Self::Jwt => "jwt",
        }
    }
}

/// An encrypted value: authenticated, and bound to its tenant, its item and its field.
///
/// Moving one to another item or field makes it unreadable, so a stolen write can't swap people's data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Wraps the text form that the vault made.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Returns the text form for the vault.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

/// A person's own part of the key that their data is sealed under.
///
/// It opens nothing by itself: the other part is the tenant's data key. It is stored with the person and nowhere else, so
/// destroying it makes every copy of their data unreadable, in orders, logs and backups too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyPart(String);

impl KeyPart {
    /// Makes a new one: 256 random bits.
    pub fn generate(ambient: &Ambient) -> Self {
        Self(ambient.bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the text that goes into the derivation of keys.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPart")
    }
}

/// A keyed fingerprint of an e-mail or phone: equal values of one tenant are found by it, and nothing is learned from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlindIndex(String);

impl BlindIndex {
    /// Wraps the hexadecimal form that the vault made.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Returns the hexadecimal form.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}
