//! Razorpay's signatures: HMAC-SHA256 in lower-case hex, keyed with the UTF-8 bytes of a secret.
//!
//! Source: Razorpay's "Verify Payment Signature" and "Validate and Test Webhooks", and the tests of its SDKs.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::Secret;

/// Signs a message.
pub fn sign(secret: &Secret, message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    hex::encode(hmac::sign(&key, message))
}

/// Tells in constant time whether `signature` is the message's. Only lower-case hex is a signature.
pub fn verify(secret: &Secret, message: &[u8], signature: &str) -> bool {
    verify_slices_are_equal(sign(secret, message).as_bytes(), signature.as_bytes()).is_ok()
}

/// Signs what the browser brings back from a checkout, with the secret of the API key.
pub fn sign_checkout(key_secret: &Secret, order_id: &str, payment_id: &str) -> String {
    sign(key_secret, format!("{order_id}|{payment_id}").as_bytes())
}

/// Verifies what the browser brought back. `order_id` must be the one that we stored, not the one that came along.
pub fn verify_checkout(key_secret: &Secret, order_id: &str, payment_id: &str, signature: &str) -> bool {
    // The ids are joined without escaping, so a separator inside one could move the boundary between them.
    !payment_id.contains('|') && verify(key_secret, format!("{order_id}|{payment_id}").as_bytes(), signature)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY_SECRET: &str = "EnLs21M47BllR3X8PSFtjtbd";

    #[test]
    fn the_checkout_signature_is_razorpays() {
        let secret = Secret::new(KEY_SECRET);
        let (order, payment) = ("order_IEIaMR65cu6nz3", "pay_IH4NVgf4Dreq1l");
        let signature = "0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f";
        assert_eq!(sign_checkout(&secret, order, payment), signature);
        assert!(verify_checkout(&secret, order, payment, signature));
        assert!(!verify_checkout(&secret, payment, order, signature));
        assert!(!verify_checkout(&secret, order, payment, &signature.to_uppercase()));
        assert!(!verify_checkout(&Secret::new("other"), order, payment, signature));
    }

    #[test]
    fn the_signatures_of_subscriptions_and_payment_links_are_razorpays() {
        let secret = Secret::new(KEY_SECRET);
        assert_eq!(
            sign(&secret, b"pay_IDZNwZZFtnjyym|sub_ID6MOhgkcoHj9I"),
            "601f383334975c714c91a7d97dd723eb56520318355863dcf3821c0d07a17693",
        );
        assert_eq!(
            sign(&secret, b"plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ"),
            "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
        );
    }

    #[test]
    fn the_webhook_signature_is_razorpays() {
        assert_eq!(
            sign(&Secret::new("123456"), br#"{"a":1,"b":2,"c":{"d":3}}"#),
            "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc",
        );
    }

    #[test]
    fn the_boundary_between_the_ids_cant_be_moved() {
        let secret = Secret::new(KEY_SECRET);
        let signature = sign_checkout(&secret, "order_1|pay_1", "pay_2");
        assert!(!verify_checkout(&secret, "order_1", "pay_1|pay_2", &signature));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_message_or_signature_is_refused(
            message in prop::collection::vec(any::<u8>(), 1..200),
            secret in "[ -~]{1,64}",
            position: prop::sample::Index,
            bit in 0u8..8,
        ) {
            let secret = Secret::new(secret);
            let signature = sign(&secret, &message);
            prop_assert!(verify(&secret, &message, &signature));

            let mut altered = message.clone();
            altered[position.index(message.len())] ^= 1 << bit;
            prop_assert!(!verify(&secret, &altered, &signature));

            let mut forged = signature.clone().into_bytes();
            forged[position.index(signature.len())] ^= 1 << bit;
            if let Ok(forged) = String::from_utf8(forged) {
                prop_assert!(!verify(&secret, &message, &forged));
            }
        }

        #[test]
        fn a_shortened_signature_is_refused(message: Vec<u8>, length in 0usize..64) {
            let secret = Secret::new("secret");
            let signature = sign(&secret, &message);
            prop_assert!(!verify(&secret, &message, &signature[..length]));
        }
    }
}
