//! A person's authenticator app: reads what a server hands out, and shows codes.
//!
//! It computes with its own code (RFC 4226, RFC 6238), so that a mistake in ours can't hide in it.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use domain::clock::Timestamp;

/// An app with one secret in it.
#[derive(Debug)]
pub struct App(Vec<u8>);

impl App {
    /// Reads `otpauth://totp/…`, as the camera does.
    pub fn scan(uri: &str) -> Self {
        let query = uri.strip_prefix("otpauth://totp/").and_then(|rest| rest.split_once('?')).expect("a key URI").1;
        let secret = query.split('&').find_map(|pair| pair.strip_prefix("secret=")).expect("a secret");
        Self(base32(secret))
    }

    /// Shows the code of an instant.
    pub fn code(&self, at: Timestamp) -> String {
        let step = u64::try_from(at.as_seconds()).expect("after 1970") / 30;
        let tag = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0), &step.to_be_bytes());
        let tag = tag.as_ref();
        let start = usize::from(tag.last().expect("a tag") & 0xf);
        let word: [u8; 4] = tag[start..start + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}

/// RFC 4648, section 6, without padding.
fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0u32);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            other => panic!("{} is no letter of base32", char::from(other)),
        };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).expect("eight bits"));
        }
    }
    bytes
}
