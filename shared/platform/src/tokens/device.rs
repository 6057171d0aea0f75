use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::DeviceId;
use domain::pii::BlindIndex;

/// `device.mac`: what a device shows that somebody has signed in on it before. It opens nothing; failures on such a device
/// are counted apart from those of strangers.
///
/// It is bound to the tenant and the address through the key and the message: one made for another account is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceToken(pub DeviceId);

impl DeviceToken {
    /// Returns the text for the client. `key` is derived from the tenant's key for sessions as of the device's id.
    pub fn expose(self, key: &[u8; 32], email: &BlindIndex) -> String {
        format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(hmac::sign(&mac_key(key), &message(self.0, email))))
    }

    /// Reads the id that a text claims. It counts for nothing before [`Self::is_genuine`].
    pub fn claimed(text: &str) -> Option<Self> {
        text.split_once('.')?.0.parse().ok().map(Self)
    }

    /// Tells whether we made the text, for this address.
    pub fn is_genuine(self, text: &str, key: &[u8; 32], email: &BlindIndex) -> bool {
        let mac = text.split_once('.').and_then(|(_, mac)| URL_SAFE_NO_PAD.decode(mac).ok());
        mac.is_some_and(|mac| hmac::verify(&mac_key(key), &message(self.0, email), &mac).is_ok())
    }
}

fn mac_key(key: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

fn message(device: DeviceId, email: &BlindIndex) -> Vec<u8> {
    format!("haat:device:v1:{device}:{}", email.as_text()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::system;

    #[test]
    fn a_token_is_genuine_for_its_device_address_and_key_only() {
        let (asha, ravi) = (BlindIndex::from_text("a1".to_owned()), BlindIndex::from_text("b2".to_owned()));
        let token = DeviceToken(system().id());
        let text = token.expose(&[7; 32], &asha);
        assert_eq!(DeviceToken::claimed(&text), Some(token));
        assert!(token.is_genuine(&text, &[7; 32], &asha));
        assert!(!token.is_genuine(&text, &[7; 32], &ravi));
        assert!(!token.is_genuine(&text, &[8; 32], &asha));
        let other = DeviceToken(system().id());
        assert!(!other.is_genuine(&text.replace(&token.0.to_string(), &other.0.to_string()), &[7; 32], &asha));
        for bad in ["", ".", "x.y", &text[..text.len() - 1], &format!("{text}="), &text.replace('.', "")] {
            let genuine = DeviceToken::claimed(bad).is_some_and(|token| token.is_genuine(bad, &[7; 32], &asha));
            assert!(!genuine, "{bad}");
        }
    }
}
