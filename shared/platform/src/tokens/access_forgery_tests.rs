//! Tokens that only a bug of ours or a stolen key could sign, and forgeries, after the negative cases that Wycheproof has
//! for signatures: what is given twice, encoded otherwise, or of another form.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

use super::tests::{ISSUER, World, with};
use super::*;

/// Signs texts as they are with the right key.
fn raw(key: &SigningKey, header: &str, payload: &str) -> String {
    encoded(key, &URL_SAFE_NO_PAD.encode(header), &URL_SAFE_NO_PAD.encode(payload))
}

/// Signs parts that are encoded already.
fn encoded(key: &SigningKey, header: &str, payload: &str) -> String {
    let message = format!("{header}.{payload}");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.pkcs8).unwrap();
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn what_is_given_twice_is_refused() {
    let world = World::new();
    let (header, payload) = (world.header().to_string(), world.payload().to_string());
    world.verify(&raw(&world.key, &header, &payload)).unwrap();
    let twice = |text: &str, more: &str| format!("{},{more}}}", text.strip_suffix('}').unwrap());
    for more in [r#""alg":"ES256""#, r#""alg":"none""#, r#""typ":"at+jwt""#, r#""kid":"other""#] {
        assert!(world.verify(&raw(&world.key, &twice(&header, more), &payload)).is_err(), "{more}");
    }
    for more in [
        r#""roles":["OWNER"]"#,
        r#""sub":"usr_01JB2Z8QW3C4D5E6F7G8H9JKMN""#,
        r#""tid":"ten_01JB2Z8QW3C4D5E6F7G8H9JKMN""#,
        r#""exp":9999999999"#,
        r#""aud":"https://evil.example""#,
        r#""iss":"https://haat.example""#,
        r#""r\u006fles":["OWNER"]"#,
    ] {
        assert!(world.verify(&raw(&world.key, &header, &twice(&payload, more))).is_err(), "{more}");
    }
}

#[test]
fn another_encoding_of_the_same_token_is_refused() {
    let world = World::new();
    let (header, payload) = (world.header().to_string(), world.payload().to_string());
    let (h, p) = (URL_SAFE_NO_PAD.encode(&header), URL_SAFE_NO_PAD.encode(&payload));
    // Payloads of all lengths, so that some take padding.
    for more in ["", " ", "  "] {
        let text = format!("{payload}{more}");
        let (padded, plain) = (URL_SAFE.encode(&text), URL_SAFE_NO_PAD.encode(&text));
        assert_eq!(world.verify(&encoded(&world.key, &h, &padded)).is_ok(), padded == plain, "padding {more:?}");
    }
    for (what, header, payload) in [
        ("white space in front", format!(" {h}"), p.clone()),
        ("a line break", h.clone(), format!("{p}\n")),
        ("the alphabet of another base64", h.clone(), STANDARD.encode(format!("{payload}??>>~~"))),
        ("a letter too many", format!("{h}B"), p.clone()),
        ("no header", String::new(), p.clone()),
        ("no payload", h.clone(), String::new()),
        ("the parts swapped", p.clone(), h.clone()),
        ("a letter beyond ASCII", h.clone(), format!("{p}\u{e4}")),
        ("a NUL", h.clone(), format!("{p}\0")),
    ] {
        assert!(world.verify(&encoded(&world.key, &header, &payload)).is_err(), "{what}");
    }
    let token = world.key.sign(&world.claims).unwrap();
    for other in [
        format!(" {token}"),
        format!("{token} "),
        format!("{token}="),
        format!(".{token}"),
        format!("{token}."),
        token.replace('.', ".."),
        token.replacen('.', "", 1),
        token.replace('.', "\u{ff0e}"),
        format!("{token}.{token}"),
        "..".to_owned(),
        "....".to_owned(),
        String::new(),
    ] {
        assert!(world.verify(&other).is_err(), "{other}");
    }
}

#[test]
fn a_header_that_means_something_else_is_refused() {
    let world = World::new();
    let kid = world.key.kid();
    for (name, value) in [
        ("alg", json!("es256")),
        ("alg", json!("ES256 ")),
        ("alg", json!("")),
        ("alg", json!(null)),
        ("alg", json!(["ES256"])),
        ("alg", json!(-7)),
        ("alg", json!("ES256K")),
        ("kid", json!("")),
        ("kid", json!(7)),
        ("kid", json!([kid])),
        ("kid", json!("../../../dev/null")),
        ("kid", json!("x' OR '1'='1")),
        ("kid", json!(format!("{kid} "))),
        ("typ", json!("AT+JWT")),
        ("typ", json!("application/at+jwt")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!(["at+jwt"])),
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", json!("b64")),
        ("jwk", json!({})),
        ("jku", json!("https://haat.example/.well-known/jwks.json")),
        ("x5c", json!([])),
    ] {
        let token = world.token(&with(world.header(), name, value.clone()), &world.payload());
        assert!(world.verify(&token).is_err(), "{name} {value}");
    }
    for header in ["", "{}", "[]", "null", "\"ES256\"", "{", "\u{feff}{}"] {
        assert!(world.verify(&raw(&world.key, header, &world.payload().to_string())).is_err(), "{header}");
    }
}

#[test]
fn a_payload_of_another_form_is_refused() {
    let world = World::new();
    let header = world.header().to_string();
    let inner = world.key.sign(&world.claims).unwrap();
    for payload in ["", "{}", "[]", "null", "1", "\"x\"", "{\"sub\":", inner.as_str()] {
        assert!(world.verify(&raw(&world.key, &header, payload)).is_err(), "{payload}");
    }
    let no_text = encoded(&world.key, &URL_SAFE_NO_PAD.encode(&header), &URL_SAFE_NO_PAD.encode([0xff, 0xfe]));
    assert!(world.verify(&no_text).is_err());
    let iat = world.claims.iat;
    let user = world.claims.sub.to_string();
    for (name, value) in [
        ("exp", json!(-1)),
        ("exp", json!(0)),
        ("exp", json!(iat)),
        ("exp", json!(1e30)),
        ("exp", json!(i64::MIN)),
        ("iat", json!(format!("{iat}"))),
        ("iat", json!(1_800_000_000.5)),
        ("iat", json!(i64::MAX)),
        ("nbf", json!("soon")),
        ("nbf", json!(i64::MAX)),
        ("aud", json!([ISSUER, ""])),
        ("aud", json!({"0": ISSUER})),
        ("aud", json!("HTTPS://HAAT.EXAMPLE")),
        ("aud", json!(format!("{ISSUER}/"))),
        ("iss", json!(format!("{ISSUER}/"))),
        ("iss", json!(format!("{ISSUER}\u{200b}"))),
        ("iss", json!("https://h\u{430}at.example")),
        ("sub", json!(user.to_lowercase())),
        ("sub", json!(format!("{user} "))),
        ("sub", json!("")),
        ("tid", json!(user)),
        ("roles", json!(["owner"])),
        ("roles", json!({"0": "OWNER"})),
        ("jti", json!(7)),
    ] {
        let token = world.token(&world.header(), &with(world.payload(), name, value.clone()));
        assert!(world.verify(&token).is_err(), "{name} {value}");
    }
}

#[test]
fn a_signature_of_another_form_is_refused() {
    let world = World::new();
    let token = world.key.sign(&world.claims).unwrap();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = bytes.split_at(32);
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let one = [[0; 31].as_slice(), &[1]].concat();
    for (what, bytes) in [
        ("r and s zero", vec![0; 64]),
        ("r and s one", [one.as_slice(), &one].concat()),
        ("r and s of the order", [order.as_slice(), &order].concat()),
        ("s of the order", [r, &order].concat()),
        ("r zero", [[0; 32].as_slice(), s].concat()),
        ("s zero", [r, &[0; 32]].concat()),
        ("r and s swapped", [s, r].concat()),
        ("a byte more", [&bytes[..], &[0]].concat()),
        ("a zero in front", [&[0], &bytes[..]].concat()),
        ("a byte less", bytes[..63].to_vec()),
        ("half", r.to_vec()),
        ("twice", [&bytes[..], &bytes].concat()),
        ("DER", [&[0x30, 0x44, 0x02, 0x20][..], r, &[0x02, 0x20], s].concat()),
        ("all ones", vec![0xff; 64]),
    ] {
        let verdict = world.verify(&format!("{head}.{}", URL_SAFE_NO_PAD.encode(bytes)));
        assert_eq!(verdict, Err(TokenError::Invalid("signature")), "{what}");
    }
    // Each bit counts.
    for bit in 0..512 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(world.verify(&format!("{head}.{}", URL_SAFE_NO_PAD.encode(altered))).is_err(), "bit {bit}");
    }
}
