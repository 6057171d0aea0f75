//! Stripe's signatures: HMAC-SHA256 in lower-case hex over the time and the raw body, keyed with the whole `whsec_…` text.
//!
//! Source: Stripe's "Verify webhook signatures manually", and the tests of its SDKs.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::Secret;

/// How old or how far ahead a message may be, in seconds.
const TOLERANCE: u64 = 300;

/// Signs a body at a time in seconds.
pub fn sign(secret: &Secret, seconds: i64, body: &[u8]) -> String {
    signed(secret, &seconds.to_string(), body)
}

fn signed(secret: &Secret, seconds: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()));
    context.update(seconds.as_bytes());
    context.update(b".");
    context.update(body);
    hex::encode(context.sign())
}

/// Verifies the header `Stripe-Signature` against every live secret at `now`, in seconds. Any `v1` may match, other schemes
/// count nothing, and there must be exactly one time.
pub fn verify(secrets: &[Secret], body: &[u8], header: &str, now: i64) -> bool {
    let (mut times, mut signatures) = (Vec::new(), Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", time)) => times.push(time),
            Some(("v1", signature)) => signatures.push(signature),
            _ => {}
        }
    }
    let [time] = times.as_slice() else { return false };
    // Digits only: `parse` takes a sign too.
    let seconds = time.parse::<i64>().ok().filter(|_| time.bytes().all(|b| b.is_ascii_digit()));
    if seconds.is_none_or(|seconds| seconds.abs_diff(now) > TOLERANCE) {
        return false;
    }
    // No short cut: the time taken must not tell which secret matched.
    secrets.iter().fold(false, |verified, secret| {
        let expected = signed(secret, time, body);
        signatures.iter().fold(verified, |verified, signature| {
            verify_slices_are_equal(expected.as_bytes(), signature.as_bytes()).is_ok() | verified
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\"\n}";
    const SIGNATURE: &str = "2672d138c9a412830f3bfe2ecc5bfb3277cf6f5b49d0119d77dd6cb64da1257e";

    fn secrets() -> [Secret; 2] {
        [Secret::new("whsec_new"), Secret::new("whsec_test_secret")]
    }

    #[test]
    fn the_signature_is_stripes() {
        assert_eq!(sign(&Secret::new("whsec_test_secret"), 12_345, BODY), SIGNATURE);
    }

    #[test]
    fn any_v1_of_any_live_secret_counts_for_five_minutes() {
        let zeros = "0".repeat(64);
        for header in [
            format!("t=12345,v1={SIGNATURE}"),
            format!("t=12345, v1={zeros}, v1={SIGNATURE}, v0=x"),
            format!("v1={SIGNATURE},t=12345"),
        ] {
            for now in [12_345, 12_045, 12_645] {
                assert!(verify(&secrets(), BODY, &header, now), "{header} at {now}");
            }
            for now in [12_044, 12_646, i64::MIN, i64::MAX] {
                assert!(!verify(&secrets(), BODY, &header, now), "{header} at {now}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for header in [
            String::new(),
            format!("v1={SIGNATURE}"),
            "t=12345".to_owned(),
            format!("t=12345,v0={SIGNATURE}"),
            format!("t=12345,t=12345,v1={SIGNATURE}"),
            format!("t=12345,t=1,v1={SIGNATURE}"),
            format!("t=+12345,v1={SIGNATURE}"),
            format!("t=12345.0,v1={SIGNATURE}"),
            format!("t=,v1={SIGNATURE}"),
            format!("t=99999999999999999999,v1={SIGNATURE}"),
            format!("t=12346,v1={SIGNATURE}"),
            format!("t=12345,v1={}", SIGNATURE.to_uppercase()),
            format!("t=12345,v1={}", SIGNATURE.split_at(63).0),
        ] {
            assert!(!verify(&secrets(), BODY, &header, 12_345), "{header}");
        }
        let header = format!("t=12345,v1={SIGNATURE}");
        assert!(!verify(&secrets(), b"{}", &header, 12_345));
        // Unlike other schemes, Stripe's secret is neither stripped of its prefix nor decoded.
        assert!(!verify(&[Secret::new("test_secret")], BODY, &header, 12_345));
    }
}
