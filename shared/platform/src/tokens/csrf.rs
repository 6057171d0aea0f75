use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::id::SessionId;

const NONCE: usize = 16;

/// Makes a token that a page must repeat in a header to act by a cookie (signed double submit): a random value and its MAC
/// with the session, so that one planted for another session is worth nothing.
///
/// `key` is derived from the tenant's key for sessions as of the session's id.
pub fn issue_csrf_token(key: &[u8; 32], session: SessionId, ambient: &Ambient) -> String {
    let nonce = ambient.bytes::<NONCE>();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message(session, &nonce));
    URL_SAFE_NO_PAD.encode([nonce.as_slice(), mac.as_ref()].concat())
}

/// Tells whether we made the token, for this session.
pub fn is_csrf_token(text: &str, key: &[u8; 32], session: SessionId) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    bytes.split_first_chunk::<NONCE>().is_some_and(|(nonce, mac)| {
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &message(session, nonce), mac).is_ok()
    })
}

fn message(session: SessionId, nonce: &[u8; NONCE]) -> Vec<u8> {
    [format!("haat:csrf:v1:{session}:").as_bytes(), nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::system;

    #[test]
    fn a_token_is_good_for_its_session_and_key_only() {
        let (session, other): (SessionId, SessionId) = (system().id(), system().id());
        let token = issue_csrf_token(&[7; 32], session, &system());
        assert!(is_csrf_token(&token, &[7; 32], session));
        assert!(!is_csrf_token(&token, &[7; 32], other));
        assert!(!is_csrf_token(&token, &[8; 32], session));
        assert_ne!(token, issue_csrf_token(&[7; 32], session, &system()));
        for bad in ["", "AAAA", &token[..token.len() - 1], &format!("{token}="), &URL_SAFE_NO_PAD.encode([0; 48])] {
            assert!(!is_csrf_token(bad, &[7; 32], session), "{bad}");
        }
    }
}
