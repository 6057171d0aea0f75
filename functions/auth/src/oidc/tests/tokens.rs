//! ID tokens that are not quite right.

use harness::oidc::{DIRECTORY, Signer};

use super::*;

#[tokio::test]
async fn no_token_that_is_not_quite_right_opens_a_session() {
    let door = Door::open().await;
    let now = door.shop.stack.now().as_seconds();
    door.come(Flavour::Google, &wish()).await.data(StatusCode::OK);
    let own_keys = json!([{"kty": "RSA", "kid": "mine", "n": "AQAB", "e": "AQAB"}]);
    let cases = [
        ("another issuer", wish().claim("iss", "https://accounts.google.com.evil.example")),
        ("no issuer", wish().claim("iss", Value::Null)),
        ("another client", wish().claim("aud", "evil.apps.googleusercontent.com").claim("azp", CLIENT)),
        ("no client", wish().claim("aud", Value::Null)),
        ("nobody as clients", wish().claim("aud", json!([])).claim("azp", CLIENT)),
        ("a stranger among the clients", wish().claim("aud", json!([CLIENT, "evil"])).claim("azp", CLIENT)),
        (
            "two clients and no authorized party",
            wish().claim("aud", json!([CLIENT, ANDROID])).claim("azp", Value::Null),
        ),
        ("made for a stranger", wish().claim("azp", "evil.apps.googleusercontent.com")),
        ("another nonce", wish().claim("nonce", "n-1S6_WzA2Mj")),
        ("no nonce", wish().claim("nonce", Value::Null)),
        ("over", wish().claim("iat", now - 3600).claim("exp", now - 6)),
        ("without end", wish().claim("exp", Value::Null)),
        ("from the future", wish().claim("iat", now + 60)),
        ("of no time", wish().claim("iat", Value::Null)),
        ("over before it began", wish().claim("iat", now).claim("exp", now)),
        ("not yet good", wish().claim("nbf", now + 60)),
        ("of nobody", wish().claim("sub", Value::Null)),
        ("of an empty name", wish().claim("sub", "")),
        ("no algorithm", wish().header("alg", "none").signed_by(Signer::Nobody)),
        ("no signature", wish().signed_by(Signer::Nobody)),
        ("the public key as a secret", wish().header("alg", "HS256").signed_by(Signer::PublicKeyAsSecret)),
        ("another algorithm", wish().header("alg", "RS512")),
        ("another algorithm of the same key", wish().header("alg", "PS256")),
        ("a stranger's signature", wish().signed_by(Signer::Stranger)),
        ("an unknown key", wish().header("kid", "mine")),
        ("no key", wish().header("kid", Value::Null)),
        ("a place to get the key from", wish().signed_by(Signer::Stranger).header("jku", "https://evil.example/jwks")),
        ("its own certificates", wish().signed_by(Signer::Stranger).header("x5u", "https://evil.example/x5u")),
        ("its own key", wish().signed_by(Signer::Stranger).header("jwk", own_keys[0].clone())),
        ("an access token", wish().header("typ", "at+jwt")),
        ("what must be understood", wish().header("crit", json!(["exp"]))),
    ];
    for (what, wish) in &cases {
        let answer = door.come(Flavour::Google, wish).await;
        let refused = (answer.status, answer.body["code"].as_str());
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some("INVALID_ID_TOKEN")), "{what}: {}", answer.text());
    }
    let good = door.idp.providers.token(Flavour::Google, &wish());
    let ours = door.shop.customer().await.access_token;
    for token in [&good[..good.len() - 4], &good.replace('.', "..")[..], "", "x", ours.as_str()] {
        door.send(Flavour::Google, token, NONCE).await.refused(StatusCode::UNAUTHORIZED, "INVALID_ID_TOKEN");
    }
    door.send(Flavour::Google, &good, "n-2S6_WzA2Mj").await.refused(StatusCode::UNAUTHORIZED, "INVALID_ID_TOKEN");
    // One provider's token at the other's door.
    door.send(Flavour::Microsoft, &good, NONCE).await.refused(StatusCode::UNAUTHORIZED, "INVALID_ID_TOKEN");
    assert_eq!(door.shop.audited("LOGIN_FAILED").await, cases.len() + 7);
    // What none of them was wrong about.
    let two = wish().claim("aud", json!([CLIENT, ANDROID])).claim("azp", ANDROID);
    door.come(Flavour::Google, &two).await.data(StatusCode::OK);
    let barely = wish().claim("iat", now - 3600).claim("exp", door.shop.stack.now().as_seconds());
    door.come(Flavour::Google, &barely).await.data(StatusCode::OK);
}

#[tokio::test]
async fn microsofts_directories_do_not_sign_for_each_other() {
    const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let door = Door::open().await;
    let issuer = |directory: &str| format!("https://login.microsoftonline.com/{directory}/v2.0");
    for (what, wish) in [
        ("another directory's issuer", wish().claim("iss", issuer(OTHER))),
        ("the issuer's pattern", wish().claim("iss", issuer("{tenantid}"))),
        ("everybody's issuer", wish().claim("iss", issuer("common"))),
        ("the old issuer", wish().claim("iss", format!("https://sts.windows.net/{DIRECTORY}/"))),
        ("no directory", wish().claim("tid", Value::Null).claim("iss", issuer(DIRECTORY))),
        ("a directory that is no number", wish().claim("tid", "common")),
        ("a directory that leads elsewhere", wish().claim("tid", format!("{DIRECTORY}/../{OTHER}"))),
        ("a directory in capitals", wish().claim("tid", DIRECTORY.to_uppercase())),
        ("nobody", wish().claim("oid", Value::Null)),
        ("somebody without a number", wish().claim("oid", "asha@example.com")),
    ] {
        let answer = door.come(Flavour::Microsoft, &wish).await;
        let refused = (answer.status, answer.body["code"].as_str());
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some("INVALID_ID_TOKEN")), "{what}: {}", answer.text());
    }
    door.come(Flavour::Microsoft, &wish()).await.data(StatusCode::OK);
    // A key that says it is another directory's, or does not say.
    for key_issuer in [Some(issuer(OTHER)), None] {
        door.idp.providers.key_issuer(Flavour::Microsoft, key_issuer.as_deref());
        door.shop.stack.clock.advance(Duration::from_secs(25 * 60 * 60));
        let answer = door.come(Flavour::Microsoft, &wish()).await;
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_ID_TOKEN");
    }
    door.idp.providers.key_issuer(Flavour::Microsoft, Some(&issuer(OTHER)));
    door.shop.stack.clock.advance(Duration::from_secs(25 * 60 * 60));
    let theirs = wish().claim("tid", OTHER).claim("email", "other@example.com");
    door.come(Flavour::Microsoft, &theirs).await.data(StatusCode::OK);
}
