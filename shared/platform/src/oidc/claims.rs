use aws_lc_rs::digest::{SHA256, digest};
use domain::clock::Timestamp;
use domain::user::Email;
use serde::Deserialize;
use serde_json::Value;

use super::{IdTokenError, Vouched};

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 5;
/// The two spellings of Google's issuer: one issuer.
const GOOGLE: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// The claims of an ID token that we look at.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    given_name: Option<String>,
    family_name: Option<String>,
    name: Option<String>,
    tid: Option<String>,
    oid: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Checks what both providers have in common (OpenID Connect Core 1.0, section 3.1.3.7).
    pub(super) fn check(&self, audiences: &[String], nonce: &str, now: Timestamp) -> Result<(), IdTokenError> {
        let ours = |client: &String| audiences.contains(client);
        let (meant, alone) = match &self.aud {
            Audience::One(client) => (ours(client), true),
            // Somebody whom we don't trust among the audiences could have got the token for themselves.
            Audience::Many(clients) => (!clients.is_empty() && clients.iter().all(ours), clients.len() == 1),
        };
        if !meant {
            return Err(IdTokenError::Invalid("aud"));
        }
        match &self.azp {
            Some(client) if !ours(client) => return Err(IdTokenError::Invalid("azp")),
            None if !alone => return Err(IdTokenError::Invalid("azp")),
            _ => {}
        }
        let now = now.as_seconds();
        if self.exp.saturating_add(LEEWAY) <= now {
            return Err(IdTokenError::Invalid("exp"));
        }
        if self.iat.saturating_sub(LEEWAY) > now || self.exp <= self.iat {
            return Err(IdTokenError::Invalid("iat"));
        }
        if self.nbf.is_some_and(|nbf| nbf.saturating_sub(LEEWAY) > now) {
            return Err(IdTokenError::Invalid("nbf"));
        }
        if nonce.is_empty() || self.nonce.as_deref() != Some(nonce) {
            return Err(IdTokenError::Invalid("nonce"));
        }
        if self.sub.is_empty() || self.sub.len() > 255 {
            return Err(IdTokenError::Invalid("sub"));
        }
        Ok(())
    }

    /// Reads an identity at Google: the issuer and `sub`.
    pub(super) fn of_google(self) -> Result<Vouched, IdTokenError> {
        let [issuer, _] = GOOGLE;
        if !GOOGLE.contains(&self.iss.as_str()) {
            return Err(IdTokenError::Invalid("iss"));
        }
        let (identity, verified) = (fingerprint(&[issuer, &self.sub]), self.email_verified == Some(Value::Bool(true)));
        Ok(self.vouched(identity, verified))
    }

    /// Reads an identity at Microsoft: the directory and the person in it. `key_issuer` is whose tokens the key may sign.
    pub(super) fn of_microsoft(self, key_issuer: Option<&str>) -> Result<Vouched, IdTokenError> {
        let guid = |claim: &Option<String>| claim.clone().filter(|text| is_guid(text));
        let directory = guid(&self.tid).ok_or(IdTokenError::Invalid("tid"))?;
        let person = guid(&self.oid).ok_or(IdTokenError::Invalid("oid"))?;
        if self.iss != format!("https://login.microsoftonline.com/{directory}/v2.0") {
            return Err(IdTokenError::Invalid("iss"));
        }
        // A key of one directory must not sign for another.
        if key_issuer.map(|issuer| issuer.replace("{tenantid}", &directory)).as_deref() != Some(self.iss.as_str()) {
            return Err(IdTokenError::Invalid("issuer of the key"));
        }
        let identity = fingerprint(&["https://login.microsoftonline.com", &directory, &person]);
        // Whoever administers a directory writes any address into it.
        Ok(self.vouched(identity, false))
    }

    fn vouched(self, identity: String, email_verified: bool) -> Vouched {
        let email = self.email.and_then(|text| Email::new(&text).ok());
        Vouched {
            identity,
            email_verified: email_verified && email.is_some(),
            email,
            given_name: self.given_name,
            family_name: self.family_name,
            name: self.name,
        }
    }
}

/// Hashes the parts of an identity, each with its length, so that no two identities have the same bytes.
fn fingerprint(parts: &[&str]) -> String {
    let bytes: Vec<u8> =
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part.as_bytes()].concat()).collect();
    hex::encode(digest(&SHA256, &bytes))
}

/// Tells whether a text is a GUID as Microsoft writes them: lower case, with hyphens.
fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex)
}
