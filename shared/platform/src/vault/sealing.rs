//! The form of a sealed value, and the keys derived for it. No KMS here: everything starts from an unwrapped data key.
//!
//! Text form: base64url of `format ‖ key version ‖ salt ‖ nonce ‖ ciphertext and tag` (1, 4, 32, 12 and n + 16 bytes).
//! The salt makes a key of its own for each value, so that random nonces stay far below 2^32 uses of one key
//! (NIST SP 800-38D, section 8.3).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::pii::{BlindIndex, Purpose, Sealed};
use zeroize::Zeroizing;

use super::{Place, VaultError};

/// A 256-bit key that is wiped when it is dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

const FORMAT: u8 = 1;
const SALT: usize = 32;
const NONCE: usize = 12;
const HEAD: usize = 1 + 4;

/// What a sealed value is bound to besides its place.
pub(super) struct Binding<'a> {
    pub(super) tenant: &'a str,
    pub(super) purpose: Purpose,
    pub(super) place: Place<'a>,
}

impl Binding<'_> {
    /// Joins everything with lengths, so that no two bindings have the same bytes.
    fn additional_data(&self, version: u32) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(version.to_be_bytes());
        for part in [self.tenant, self.purpose.as_str(), self.place.item, self.place.field] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// Seals `plain` under a key derived from `data_key` for this value alone.
pub(super) fn seal(
    data_key: &Key,
    version: u32,
    binding: &Binding<'_>,
    plain: &[u8],
    ambient: &Ambient,
) -> Result<Sealed, VaultError> {
    let (salt, nonce) = (ambient.bytes::<SALT>(), ambient.bytes::<NONCE>());
    // Room for the tag from the start: growing would leave a copy of the plain text behind.
    let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    body.extend_from_slice(plain);
    record_key(data_key, &salt, binding)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(binding.additional_data(version)),
            &mut *body,
        )
        .map_err(|_| VaultError::Unreadable)?;
    let mut bytes = Vec::with_capacity(HEAD + SALT + NONCE + body.len());
    bytes.push(FORMAT);
    bytes.extend(version.to_be_bytes());
    bytes.extend(salt);
    bytes.extend(nonce);
    bytes.extend(&*body);
    Ok(Sealed::from_text(URL_SAFE_NO_PAD.encode(bytes)))
}

/// A sealed value taken apart, before its key is known.
pub(super) struct Parts {
    pub(super) version: u32,
    salt: [u8; SALT],
    nonce: [u8; NONCE],
    body: Vec<u8>,
}

impl Parts {
    pub(super) fn of(sealed: &Sealed) -> Result<Self, VaultError> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed.as_text()).map_err(|_| VaultError::Unreadable)?;
        let (&format, rest) = bytes.split_first().ok_or(VaultError::Unreadable)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(VaultError::Unreadable)?;
        let (&salt, rest) = rest.split_first_chunk::<SALT>().ok_or(VaultError::Unreadable)?;
        let (&nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(VaultError::Unreadable)?;
        if format != FORMAT {
            return Err(VaultError::Unreadable);
        }
        Ok(Self { version: u32::from_be_bytes(*version), salt, nonce, body: body.to_vec() })
    }

    pub(super) fn open(self, data_key: &Key, binding: &Binding<'_>) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut body = Zeroizing::new(self.body);
        let plain = record_key(data_key, &self.salt, binding)?
            .open_in_place(
                Nonce::assume_unique_for_key(self.nonce),
                Aad::from(binding.additional_data(self.version)),
                &mut body,
            )
            .map_err(|_| VaultError::Unreadable)?
            .len();
        body.truncate(plain);
        Ok(body)
    }
}

fn record_key(data_key: &Key, salt: &[u8], binding: &Binding<'_>) -> Result<LessSafeKey, VaultError> {
    let key = match binding.place.person {
        Some(part) => expand(data_key, salt, format!("haat:seal:v1:{}", part.as_text()).as_bytes())?,
        None => expand(data_key, salt, b"haat:seal:v1")?,
    };
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| VaultError::Unreadable)?))
}

/// Fingerprints a value: the first 16 bytes of HMAC-SHA256 under a key of this tenant and field, in hexadecimal.
pub(super) fn blind_index(root: &Key, tenant: &str, field: &str, normalised: &str) -> Result<BlindIndex, VaultError> {
    let key = expand(root, b"", format!("bidx:v1:{tenant}:{field}").as_bytes())?;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), normalised.as_bytes());
    Ok(BlindIndex::from_text(hex::encode(tag.as_ref().get(..16).unwrap_or_default())))
}

/// Derives a key that serves one purpose inside one tenant.
pub(super) fn derive(root: &Key, tenant: &str, purpose: Purpose, info: &str) -> Result<Key, VaultError> {
    expand(root, b"", format!("derive:v1:{tenant}:{}:{info}", purpose.as_str()).as_bytes())
}

/// HKDF-SHA256 (RFC 5869) to 32 bytes.
fn expand(input: &Key, salt: &[u8], info: &[u8]) -> Result<Key, VaultError> {
    struct Bytes32;
    impl KeyType for Bytes32 {
        fn len(&self) -> usize {
            32
        }
    }
    let mut output = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, salt)
        .extract(input.as_slice())
        .expand(&[info], Bytes32)
        .and_then(|okm| okm.fill(output.as_mut_slice()))
        .map_err(|_| VaultError::Unreadable)?;
    Ok(output)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ambient::system;

    fn root() -> Key {
        Zeroizing::new(std::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    fn binding<'a>(tenant: &'a str, item: &'a str, field: &'a str) -> Binding<'a> {
        Binding { tenant, purpose: Purpose::Pii, place: Place::new(item, field) }
    }

    #[test]
    fn the_blind_index_is_the_published_one() {
        for (tenant, expected) in
            [("tnt_A", "b1b39da11ca5d34651a50ce6ff069d7b"), ("tnt_B", "2f83fc43c2d35bb355592618023370f9")]
        {
            let index = blind_index(&root(), tenant, "user.email", "alice@example.com").unwrap();
            assert_eq!(index.as_text(), expected);
        }
    }

    #[test]
    fn the_text_form_is_stable() {
        let sealed = Sealed::from_text(include_str!("sealed-v1.txt").trim().to_owned());
        let plain = Parts::of(&sealed).unwrap().open(&root(), &binding("ten_1", "usr_1", "email")).unwrap();
        assert_eq!(plain.as_slice(), b"alice@example.com");
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let seal = || seal(&root(), 1, &binding("ten_1", "usr_1", "email"), b"alice", &system()).unwrap();
        assert_ne!(seal().as_text(), seal().as_text());
    }

    #[test]
    fn a_derived_key_serves_one_tenant_purpose_and_info() {
        let keys = [
            derive(&root(), "ten_1", Purpose::Session, "refresh"),
            derive(&root(), "ten_2", Purpose::Session, "refresh"),
            derive(&root(), "ten_1", Purpose::Cursor, "refresh"),
            derive(&root(), "ten_1", Purpose::Session, "csrf"),
        ];
        let keys: std::collections::BTreeSet<_> = keys.into_iter().map(|key| *key.unwrap()).collect();
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn shifting_text_between_item_and_field_is_noticed() {
        let sealed = seal(&root(), 1, &binding("ten_1", "usr_1", "email"), b"x", &system()).unwrap();
        assert!(Parts::of(&sealed).unwrap().open(&root(), &binding("ten_1", "usr_1e", "mail")).is_err());
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_only_unaltered_and_in_its_place(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            version: u32,
            at: prop::sample::Index,
            bit in 0u8..8,
        ) {
            let here = binding("ten_1", "usr_1", "email");
            let sealed = seal(&root(), version, &here, &plain, &system()).unwrap();
            let parts = Parts::of(&sealed).unwrap();
            prop_assert_eq!(parts.version, version);
            prop_assert_eq!(&*parts.open(&root(), &here).unwrap(), &plain);

            let elsewhere = [
                binding("ten_2", "usr_1", "email"),
                binding("ten_1", "usr_2", "email"),
                binding("ten_1", "usr_1", "phone"),
                Binding { purpose: Purpose::Provider, ..binding("ten_1", "usr_1", "email") },
            ];
            for there in elsewhere {
                prop_assert!(Parts::of(&sealed).unwrap().open(&root(), &there).is_err());
            }
            prop_assert!(Parts::of(&sealed).unwrap().open(&Zeroizing::new([9; 32]), &here).is_err());

            let mut bytes = URL_SAFE_NO_PAD.decode(sealed.as_text()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let altered = Sealed::from_text(URL_SAFE_NO_PAD.encode(&bytes));
            prop_assert!(Parts::of(&altered).and_then(|parts| parts.open(&root(), &here)).is_err());
            bytes.truncate(at);
            let cut = Sealed::from_text(URL_SAFE_NO_PAD.encode(&bytes));
            prop_assert!(Parts::of(&cut).and_then(|parts| parts.open(&root(), &here)).is_err());
        }
    }
}
