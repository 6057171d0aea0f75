//! The providers' keys: when they are read, and how often.

use platform::oidc::{IdTokenError, Provider};

use super::*;

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_a_little_later() {
    let door = Door::open().await;
    let providers = &door.idp.providers;
    door.shop.stack.clock.stop();
    let broken = [
        (500, "{}".to_owned()),
        (302, String::new()),
        (200, "<html>".to_owned()),
        (200, r#"{"keys": []}"#.to_owned()),
        (200, format!(r#"{{"keys": [], "x": "{}"}}"#, "x".repeat(300 * 1024))),
    ];
    for (turn, answer) in broken.into_iter().enumerate() {
        providers.instead(Flavour::Google, Some(answer));
        let answer = door.come(Flavour::Google, &wish()).await;
        answer.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
        door.come(Flavour::Google, &wish()).await.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
        assert_eq!(providers.reads(Flavour::Google), turn + 1);
        door.shop.stack.clock.advance(Duration::from_secs(5));
    }
    providers.instead(Flavour::Google, None);
    door.come(Flavour::Google, &wish()).await.data(StatusCode::OK);
}

#[tokio::test]
async fn keys_are_read_when_they_are_old_and_a_new_one_is_found_within_a_minute() {
    let stack = Stack::connect().await;
    let idp = Running::start(stack.ambient().clone()).await;
    let (id_tokens, providers) = (verifier(&idp, &stack), &idp.providers);
    stack.clock.stop();
    let clients = [CLIENT.to_owned()];
    let verify = async |token: &str| id_tokens.verify(Provider::Google, token, &clients, NONCE).await.map(drop);
    let unknown = Err(IdTokenError::Invalid("unknown key"));
    providers.cached(Flavour::Google, "public, max-age=700", 100);
    let first = providers.token(Flavour::Google, &wish());
    assert_eq!(verify(&first).await, Ok(()));
    providers.rotate(Flavour::Google);
    let second = providers.token(Flavour::Google, &wish());
    assert_eq!(verify(&second).await, unknown);
    assert_eq!(providers.reads(Flavour::Google), 1);
    stack.clock.advance(Duration::from_secs(60));
    assert_eq!((verify(&second).await, verify(&first).await), (Ok(()), Ok(())));
    assert_eq!(providers.reads(Flavour::Google), 2);
    // The first key is gone from the document, and from memory as soon as that is too old.
    providers.rotate(Flavour::Google);
    stack.clock.advance(Duration::from_secs(599));
    assert_eq!((verify(&first).await, providers.reads(Flavour::Google)), (Ok(()), 2));
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!((verify(&first).await, providers.reads(Flavour::Google)), (unknown, 3));
}

#[tokio::test]
async fn a_thousand_made_up_keys_are_asked_for_once_a_minute() {
    let stack = Stack::connect().await;
    let idp = Running::start(stack.ambient().clone()).await;
    let (id_tokens, providers) = (verifier(&idp, &stack), &idp.providers);
    stack.clock.stop();
    let clients = [CLIENT.to_owned()];
    let good = providers.token(Flavour::Google, &wish());
    let tokens: Vec<String> = (0..1000)
        .map(|kid| providers.token(Flavour::Google, &wish().header("kid", format!("made-up-{kid}"))))
        .collect();
    for reads in 1..=3 {
        let storm = tokens.iter().map(|token| id_tokens.verify(Provider::Google, token, &clients, NONCE));
        let refused = join_all(storm).await;
        assert!(refused.iter().all(|verdict| *verdict == Err(IdTokenError::Invalid("unknown key"))));
        assert_eq!(providers.reads(Flavour::Google), reads);
        assert!(id_tokens.verify(Provider::Google, &good, &clients, NONCE).await.is_ok());
        stack.clock.advance(Duration::from_secs(60));
    }
}
