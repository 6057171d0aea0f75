use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::ambient::system;
use crate::vault::tests::FakeKms;

pub(super) const ISSUER: &str = "https://haat.example";

pub(super) struct World {
    pub(super) key: SigningKey,
    verifier: Verifier,
    pub(super) claims: AccessClaims,
    now: Timestamp,
}

impl World {
    pub(super) fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let verifier = Verifier::new(ISSUER, &Jwks { keys: vec![key.jwk().clone()] });
        let ambient = system();
        let roles = vec![Role::Seller, Role::Customer];
        let claims = AccessClaims::issue(ISSUER, ambient.id(), ambient.id(), ambient.id(), roles, &ambient);
        let now = Timestamp::from_millis(claims.iat * 1000);
        Self { key, verifier, claims, now }
    }

    pub(super) fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "ES256", "kid": self.key.kid()})
    }

    pub(super) fn payload(&self) -> Value {
        serde_json::to_value(&self.claims).unwrap()
    }

    /// Signs anything with the right key, as only a bug of ours or a stolen key could.
    pub(super) fn token(&self, header: &Value, payload: &Value) -> String {
        signed(&self.key, header, payload)
    }

    pub(super) fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.verifier.verify(token, self.now)
    }
}

fn signed(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let message = message(header, payload);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.pkcs8).unwrap();
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn message(header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(payload))
}

pub(super) fn with(mut value: Value, name: &str, to: Value) -> Value {
    value[name] = to;
    value
}

#[test]
fn a_signed_token_verifies_and_holds_no_more_than_its_claims() {
    let world = World::new();
    let token = world.key.sign(&world.claims).unwrap();
    assert_eq!(world.verify(&token).unwrap(), world.claims);
    let names: Vec<_> = world.payload().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "roles", "sid", "sub", "tid"]);
    assert_eq!(world.claims.exp - world.claims.iat, 900);
}

#[test]
fn a_token_by_hand_verifies_so_that_the_refusals_below_mean_something() {
    let world = World::new();
    world.verify(&world.token(&world.header(), &world.payload())).unwrap();
}

#[test]
fn an_unsigned_token_is_refused() {
    let world = World::new();
    for alg in ["none", "None", "NONE"] {
        let message = message(&with(world.header(), "alg", json!(alg)), &world.payload());
        for signature in ["", "AA"] {
            assert_eq!(world.verify(&format!("{message}.{signature}")), Err(TokenError::Invalid("header")));
        }
    }
}

#[test]
fn a_token_signed_by_hmac_with_the_public_key_is_refused() {
    let world = World::new();
    let point = [
        vec![4],
        URL_SAFE_NO_PAD.decode(&world.key.jwk().x).unwrap(),
        URL_SAFE_NO_PAD.decode(&world.key.jwk().y).unwrap(),
    ]
    .concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&point));
    let jwk = serde_json::to_vec(world.key.jwk()).unwrap();
    let message = message(&with(world.header(), "alg", json!("HS256")), &world.payload());
    for secret in [point.as_slice(), pem.as_bytes(), jwk.as_slice()] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(world.verify(&token), Err(TokenError::Invalid("alg")));
    }
}

#[test]
fn another_algorithm_is_refused() {
    let world = World::new();
    for alg in ["ES384", "EdDSA", "RS256", "PS256"] {
        let token = world.token(&with(world.header(), "alg", json!(alg)), &world.payload());
        assert_eq!(world.verify(&token), Err(TokenError::Invalid("alg")), "{alg}");
    }
}

#[test]
fn a_key_brought_along_is_not_used() {
    let world = World::new();
    let thief = SigningKey::generate().unwrap();
    let jwk = serde_json::to_value(thief.jwk()).unwrap();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["b64"])),
    ] {
        let header = with(world.header(), name, value);
        for key in [&thief, &world.key] {
            let token = signed(key, &header, &world.payload());
            assert!(matches!(world.verify(&token), Err(TokenError::Invalid("header"))), "{name}");
        }
    }
}

#[test]
fn a_foreign_key_is_unknown_and_a_foreign_signature_is_wrong() {
    let world = World::new();
    let thief = SigningKey::generate().unwrap();
    assert_eq!(world.verify(&thief.sign(&world.claims).unwrap()), Err(TokenError::UnknownKey));
    let token = signed(&thief, &world.header(), &world.payload());
    assert_eq!(world.verify(&token), Err(TokenError::Invalid("signature")));
    let mut header = world.header();
    header.as_object_mut().unwrap().remove("kid");
    assert_eq!(world.verify(&world.token(&header, &world.payload())), Err(TokenError::Invalid("kid")));
}

#[test]
fn another_type_of_token_is_refused() {
    let world = World::new();
    for typ in [json!("JWT"), json!("at+JWT"), json!("id_token"), json!(null)] {
        let token = world.token(&with(world.header(), "typ", typ), &world.payload());
        assert_eq!(world.verify(&token), Err(TokenError::Invalid("typ")));
    }
}

#[test]
fn every_claim_is_required() {
    let world = World::new();
    for name in ["iss", "aud", "sub", "tid", "roles", "sid", "jti", "iat", "exp"] {
        let mut payload = world.payload();
        payload.as_object_mut().unwrap().remove(name);
        let token = world.token(&world.header(), &payload);
        assert!(matches!(world.verify(&token), Err(TokenError::Invalid(_))), "{name}");
        let token = world.token(&world.header(), &with(world.payload(), name, json!(null)));
        assert!(matches!(world.verify(&token), Err(TokenError::Invalid(_))), "{name}");
    }
}

#[test]
fn another_issuer_audience_or_form_of_a_claim_is_refused() {
    let world = World::new();
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(["https://evil.example", ISSUER])),
        ("aud", json!("https://evil.example")),
        ("aud", json!([ISSUER, "https://evil.example"])),
        ("sub", json!(world.claims.tid)),
        ("sid", json!(world.claims.sub)),
        ("roles", json!(["EMPEROR"])),
        ("roles", json!("OWNER")),
        ("exp", json!("9999999999")),
        ("exp", json!(9_999_999_999.5)),
    ] {
        let token = world.token(&world.header(), &with(world.payload(), name, value.clone()));
        assert!(matches!(world.verify(&token), Err(TokenError::Invalid(_))), "{name} {value}");
    }
}

#[test]
fn time_is_the_given_time_give_or_take_five_seconds() {
    let world = World::new();
    let token = world.key.sign(&world.claims).unwrap();
    let at = |seconds: i64| world.verifier.verify(&token, Timestamp::from_millis((world.claims.iat + seconds) * 1000));
    assert_eq!(at(-6), Err(TokenError::Invalid("iat")));
    assert!(at(-5).is_ok());
    assert!(at(904).is_ok());
    assert_eq!(at(905), Err(TokenError::Expired));
    // A token of another age is judged by the given clock, not by the machine's.
    let old = AccessClaims { iat: 1_000_000_000, exp: 1_000_000_900, ..world.claims.clone() };
    let token = world.key.sign(&old).unwrap();
    assert!(world.verifier.verify(&token, Timestamp::from_millis(1_000_000_100_000)).is_ok());
    assert_eq!(world.verify(&token), Err(TokenError::Expired));
}

#[test]
fn a_token_from_the_future_is_refused() {
    let world = World::new();
    let iat = world.claims.iat;
    let token = world.token(&world.header(), &with(world.payload(), "nbf", json!(iat + 60)));
    assert_eq!(world.verify(&token), Err(TokenError::Invalid("nbf")));
    let token = world.token(&world.header(), &with(world.payload(), "nbf", json!(iat)));
    assert!(world.verify(&token).is_ok());
    let token = world.token(&world.header(), &with(world.payload(), "iat", json!(iat + 60)));
    assert_eq!(world.verify(&token), Err(TokenError::Invalid("iat")));
}

#[test]
fn an_altered_or_cut_token_is_refused() {
    let world = World::new();
    let token = world.key.sign(&world.claims).unwrap();
    for cut in [0, 1, 10, token.find('.').unwrap(), token.rfind('.').unwrap(), token.len() - 20, token.len() - 1] {
        assert!(world.verify(&token[..cut]).is_err(), "cut at {cut}");
    }
    let (head, signature) = token.rsplit_once('.').unwrap();
    assert!(world.verify(&format!("{head}.{signature}AA")).is_err());
    assert!(world.verify(&format!("{head}.{}", URL_SAFE_NO_PAD.encode([0; 64]))).is_err());
    assert!(world.verify(&format!("{token}.{signature}")).is_err());
    let payload = with(world.payload(), "roles", json!(["OWNER"]));
    assert!(world.verify(&format!("{}.{signature}", message(&world.header(), &payload))).is_err());
    assert!(world.verify("Bearer x").is_err());
}

#[test]
fn a_key_of_another_kind_in_the_set_is_left_out() {
    let world = World::new();
    let odd = Jwk { alg: "HS256".to_owned(), ..world.key.jwk().clone() };
    let verifier = Verifier::new(ISSUER, &Jwks { keys: vec![odd] });
    let token = world.key.sign(&world.claims).unwrap();
    assert_eq!(verifier.verify(&token, world.now), Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn a_wrapped_key_signs_as_before() {
    let world = World::new();
    let vault = Vault::new(&FakeKms::default().clients(), "key", system());
    let wrapped = world.key.wrap(&vault).await.unwrap();
    let again = SigningKey::unwrap(&vault, &wrapped).await.unwrap();
    assert_eq!(again.jwk(), world.key.jwk());
    world.verify(&again.sign(&world.claims).unwrap()).unwrap();
}
