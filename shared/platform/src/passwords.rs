//! Passwords: what may be one, and how it is kept.

use std::fmt;

use crate::config::{ConfigError, Env};
use domain::ambient::Ambient;
use zeroize::Zeroizing;

/// A password that somebody typed, NFC-normalised. It can't be printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Why a text may not become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 8 code points.
    #[error("must have at least 8 characters")]
    TooShort,
    /// More than 128 code points.
    #[error("must have at most 128 characters")]
    TooLong,
    /// On the list of common passwords.
    #[error("is one of the most common passwords")]
    Common,
}

impl Password {
    /// Accepts a new password: 8 to 128 code points, not a common one.
    pub fn new(text: &str) -> Result<Self, WeakPassword> {
        let _ = text;
        todo!()
    }

    /// Takes a password as typed at login: whatever it is, it is only compared.
    pub fn typed(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right, and its hash is up to date.
    Right,
    /// The password is right, but its hash should be made anew ([`Passwords::hash`]) and stored.
    RightButOutdated,
    /// The password is wrong, or there is no such user.
    Wrong,
}

/// Hashing failed: no memory, or the process is stopping.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashingFailed(String);

/// Hashes and compares passwords off the async threads. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    memory_kib: u32,
    iterations: u32,
    ambient: Ambient,
}

impl Passwords {
    /// Takes the cost: memory in KiB and passes.
    pub fn new(memory_kib: u32, iterations: u32, ambient: Ambient) -> Self {
        Self { memory_kib, iterations, ambient }
    }

    /// Takes the cost from `HAAT_ARGON2_MEMORY_KIB` and `HAAT_ARGON2_ITERATIONS` (19456 and 2).
    pub fn from_env(env: &Env, ambient: Ambient) -> Result<Self, ConfigError> {
        Ok(Self::new(env.parsed_or("HAAT_ARGON2_MEMORY_KIB", 19_456)?, env.parsed_or("HAAT_ARGON2_ITERATIONS", 2)?, ambient))
    }

    /// Hashes a password with argon2id into a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String, HashingFailed> {
        let _ = (password, self.memory_kib, self.iterations, &self.ambient);
        todo!()
    }

    /// Compares a password with a stored hash, argon2 or bcrypt; `None` (no such user) costs the same.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<Verdict, HashingFailed> {
        let _ = (password, hash);
        todo!()
    }
}
