//! Passwords: what may be one, and how it is kept.
//!
//! New hashes are argon2id (RFC 9106) in PHC form. Hashes imported from other systems, bcrypt among them, verify and
//! are reported as outdated so that the login can replace them. bcrypt never hashes a new password: it silently cuts
//! at 72 bytes. Both need long, so they run on blocking threads.

mod common;

use std::fmt;

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use domain::ambient::Ambient;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::config::{ConfigError, Env};

/// A password that somebody typed, NFC-normalised. It can't be printed, and is wiped when it is dropped.
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
    /// Fewer code points than it must have.
    #[error("must have at least {0} characters")]
    TooShort(u8),
    /// More than 128 code points.
    #[error("must have at most 128 characters")]
    TooLong,
    /// On the list of common passwords.
    #[error("is one of the most common passwords")]
    Common,
}

/// The fewest code points of any password.
const LEAST: u8 = 8;

impl Password {
    /// Accepts a new password: 8 to 128 code points, not a common one. There are no rules of composition
    /// (NIST SP 800-63B, section 5.1.1.2).
    pub fn new(text: &str) -> Result<Self, WeakPassword> {
        Self::of_length(text, LEAST)
    }

    /// Accepts a new password as [`Password::new`] does, where a tenant wants it to have more characters than 8.
    pub fn of_length(text: &str, least: u8) -> Result<Self, WeakPassword> {
        let (password, least) = (Self::typed(text), least.max(LEAST));
        match password.0.chars().count() {
            short if short < usize::from(least) => Err(WeakPassword::TooShort(least)),
            129.. => Err(WeakPassword::TooLong),
            _ if common::is_common(&password.0) => Err(WeakPassword::Common),
            _ => Ok(password),
        }
    }

    /// Takes a password as typed at login: whatever it is, it is only compared.
    pub fn typed(text: &str) -> Self {
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
        normal.extend(text.nfc());
        Self(normal)
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

/// Hashes and compares passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    ambient: Ambient,
}

impl Passwords {
    /// Takes the cost from `HAAT_ARGON2_MEMORY_KIB` and `HAAT_ARGON2_ITERATIONS`. The defaults, 19 MiB and 2 passes
    /// on one lane, are OWASP's.
    pub fn from_env(env: &Env, ambient: Ambient) -> Result<Self, ConfigError> {
        let memory_kib = env.parsed_or("HAAT_ARGON2_MEMORY_KIB", 19_456)?;
        let iterations = env.parsed_or("HAAT_ARGON2_ITERATIONS", 2)?;
        Self::new(memory_kib, iterations, ambient).map_err(|problem| ConfigError::Invalid {
            name: "HAAT_ARGON2_MEMORY_KIB, HAAT_ARGON2_ITERATIONS".to_owned(),
            problem: problem.to_string(),
        })
    }

    /// Takes the cost: memory in KiB (at least 8) and passes (at least 1).
    pub fn new(memory_kib: u32, iterations: u32, ambient: Ambient) -> Result<Self, HashingFailed> {
        let params = Params::new(memory_kib, iterations, 1, None).map_err(|error| HashingFailed(error.to_string()))?;
        Ok(Self { params, ambient })
    }

    /// Hashes a password with argon2id into a PHC string.
    pub async fn hash(&self, password: Password) -> Result<String, HashingFailed> {
        let (argon2, salt) = (self.argon2(), self.ambient.bytes::<16>());
        blocking(move || {
            argon2
                .hash_password_with_salt(password.0.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| HashingFailed(error.to_string()))
        })
        .await
    }

    /// Compares a password with a stored hash. `None` (no such user) costs as much as a wrong password.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<Verdict, HashingFailed> {
        let (argon2, params) = (self.argon2(), self.params.clone());
        blocking(move || match hash.as_deref() {
            None => {
                let mut nowhere = [0; Params::DEFAULT_OUTPUT_LEN];
                argon2
                    .hash_password_into(password.0.as_bytes(), b"nobody has this salt", &mut nowhere)
                    .map_err(|error| HashingFailed(error.to_string()))?;
                Ok(Verdict::Wrong)
            }
            Some(hash) if hash.starts_with("$2") => {
                let right = is_bcrypt(hash) && bcrypt::verify(password.0.as_bytes(), hash).unwrap_or(false);
                Ok(if right { Verdict::RightButOutdated } else { Verdict::Wrong })
            }
            Some(hash) => Ok(verify_argon2(&argon2, &params, &password, hash)),
        })
        .await
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }
}

/// Tells whether a text is a bcrypt hash that can be compared: of a kind that libraries write today, whole, and of a cost that
/// does not keep a login waiting for minutes.
pub fn is_bcrypt(hash: &str) -> bool {
    let Some(rest) = ["$2a$", "$2b$", "$2y$"].iter().find_map(|kind| hash.strip_prefix(kind)) else { return false };
    let Some((cost, coded)) = rest.split_once('$') else { return false };
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/');
    cost.len() == 2
        && cost.parse::<u8>().is_ok_and(|cost| (4..=15).contains(&cost))
        && coded.len() == 53
        && coded.bytes().all(legal)
}

/// The most memory that an imported hash may ask for, in KiB: one such login must not end the process.
/// The bounds on its passes and on the cost of bcrypt keep it from hanging.
const IMPORTED_MEMORY_KIB: u32 = 128 * 1024;

fn verify_argon2(argon2: &Argon2<'_>, params: &Params, password: &Password, hash: &str) -> Verdict {
    let Ok(parsed) = PasswordHash::new(hash) else { return Verdict::Wrong };
    let Ok(cost) = Params::try_from(&parsed) else { return Verdict::Wrong };
    if cost.m_cost() > IMPORTED_MEMORY_KIB || cost.t_cost() > 16 {
        return Verdict::Wrong;
    }
    if argon2.verify_password(password.0.as_bytes(), &parsed).is_err() {
        return Verdict::Wrong;
    }
    let current = parsed.algorithm == Algorithm::Argon2id.ident()
        && parsed.version == Some(Version::V0x13.into())
        && (cost.m_cost(), cost.t_cost(), cost.p_cost()) == (params.m_cost(), params.t_cost(), params.p_cost());
    if current { Verdict::Right } else { Verdict::RightButOutdated }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HashingFailed> + Send + 'static,
) -> Result<T, HashingFailed> {
    tokio::task::spawn_blocking(work).await.map_err(|error| HashingFailed(error.to_string()))?
}

#[cfg(test)]
mod tests;
