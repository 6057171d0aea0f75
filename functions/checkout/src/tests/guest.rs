//! What somebody can do with a cart before they sign in.

use std::time::Duration;

use domain::access::Role;
use http::StatusCode;
use serde_json::json;

use super::coupon::{apply, coupon, ten_percent};
use crate::test_support::{Guest, Shop};

fn first_line(answer: &harness::client::TestAnswer) -> String {
    format!("/cart/items/{}", answer.data(StatusCode::OK)["items"][0]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_guest_fills_changes_and_empties_a_cart_by_its_token_in_as_few_trips_as_a_user() {
    let shop = Shop::open().await;
    let (guest, offer) = (shop.guest().await, shop.offer(10).await);
    let answer = guest.add(&offer, 2).await;
    assert_eq!((answer.round_trips(), answer.data(StatusCode::OK).get("cartToken")), (2, None));
    let line = first_line(&answer);
    let cart = guest.get().await;
    assert_eq!(cart.data(StatusCode::OK)["subtotal"], json!({"amount": 250, "currency": "INR"}));
    assert_eq!((cart.round_trips(), cart.header("cache-control")), (2, "no-store"));
    let changed = guest.send(shop.client.patch(&line).json(json!({"quantity": 5}))).await;
    assert_eq!(changed.data(StatusCode::OK)["items"][0]["quantity"], 5);
    coupon(&shop, "TEN", ten_percent(None, Some(1))).await;
    guest.post("/cart/coupon", json!({"coupon": "TEN"})).await.data(StatusCode::OK);
    assert_eq!(guest.get().await.data(StatusCode::OK)["coupon"]["discount"]["amount"], 62);
    let without = guest.send(shop.client.delete("/cart/coupon")).await;
    assert_eq!(without.data(StatusCode::OK).get("coupon"), None);
    assert_eq!(guest.send(shop.client.delete(&line)).await.data(StatusCode::OK)["items"], json!([]));
    guest.add(&offer, 1).await.data(StatusCode::OK);
    assert_eq!(guest.send(shop.client.delete("/cart")).await.data(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn who_adds_something_without_a_token_gets_one_and_each_gets_another() {
    let shop = Shop::open().await;
    let offer = shop.offer(10).await;
    let add = || shop.client.post("/cart/items").header("idempotency-key", "same").json(offer.pieces(2)).send();
    let (one, other) = (add().await, add().await);
    let token =
        |answer: &harness::client::TestAnswer| answer.data(StatusCode::OK)["cartToken"].as_str().unwrap().to_owned();
    assert_ne!(token(&one), token(&other), "a key that two strangers chose never shows one of them the other's cart");
    let guest = shop.guest_with(&token(&one));
    assert_eq!(guest.get().await.data(StatusCode::OK)["items"][0]["quantity"], 2);
    // Once there is a token, a key counts.
    let again = || {
        let request = shop.client.post("/cart/items").header("idempotency-key", "again").json(offer.pieces(1));
        guest.send(request)
    };
    again().await.data(StatusCode::OK);
    assert_eq!(again().await.header("idempotent-replayed"), "true");
    assert_eq!(guest.get().await.data(StatusCode::OK)["items"][0]["quantity"], 3);
    let stored = shop.tenant.stored("CRT#").await;
    let secret = token(&one).split_once('.').unwrap().1.to_owned();
    assert!(!format!("{stored:?}").contains(&secret), "the table can't open what it keeps");
}

#[tokio::test]
async fn without_a_session_and_a_token_there_is_no_cart() {
    let shop = Shop::open().await;
    for request in [shop.client.get("/cart"), shop.client.delete("/cart"), shop.client.delete("/cart/coupon")] {
        request.send().await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    }
    // What one may do without a session, one may not do with a role that does not shop.
    let (carrier, offer) = (shop.tenant.member(&[Role::Carrier]).await, shop.offer(1).await);
    for request in [shop.client.post("/cart/items").json(offer.pieces(1)), shop.client.get("/cart")] {
        request.bearer(&carrier.token).send().await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    // A session that is none is not made good by a token.
    let guest = shop.guest().await;
    let both = guest.send(shop.client.get("/cart").bearer("nonsense")).await;
    both.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
    // Who is signed in has their own cart, whatever else is sent.
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    guest.add(&offer, 2).await.data(StatusCode::OK);
    let own = guest.send(buyer.request(shop.client.get("/cart"))).await;
    assert_eq!(own.data(StatusCode::OK)["items"], json!([]));
    // To buy, one signs in.
    let body = json!({"addressId": buyer.address, "shippingMethod": "STANDARD", "paymentProvider": "razorpay"});
    let request = shop.client.post("/orders/checkout").header("idempotency-key", "k").json(body);
    guest.send(request).await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_that_is_altered_or_another_tenants_or_made_up_opens_nothing() {
    let (shop, other) = (Shop::open().await, Shop::open().await);
    let (guest, foreign, offer) = (shop.guest().await, other.guest().await, shop.offer(10).await);
    guest.add(&offer, 2).await.data(StatusCode::OK);
    let (cart, secret) = guest.token.split_once('.').unwrap();
    let (_, others) = foreign.token.split_once('.').unwrap();
    let mut told = Vec::new();
    for token in [
        foreign.token.clone(),
        format!("{cart}.{others}"),
        format!("{cart}."),
        cart.to_owned(),
        secret.to_owned(),
        format!("{}a", guest.token),
        "nonsense".to_owned(),
    ] {
        let stranger = shop.guest_with(&token);
        for answer in [
            stranger.get().await,
            stranger.add(&offer, 1).await,
            stranger.post("/cart/coupon", json!({"coupon": "TEN"})).await,
            stranger.send(shop.client.delete("/cart")).await,
        ] {
            answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
            told.push(answer.body["message"].clone());
        }
    }
    assert!(told.iter().all(|message| *message == told[0]), "nobody learns what is wrong with a token");
    assert_eq!(guest.get().await.data(StatusCode::OK)["items"][0]["quantity"], 2);
    assert_eq!(shop.tenant.stored("CRT#").await.len(), 1, "who shows a wrong token makes no cart");
}

#[tokio::test]
async fn an_anonymous_cart_lapses_as_the_tenant_says_and_then_it_never_was() {
    let shop = Shop::open_with(|tenant| tenant.settings.cart_days = 2).await;
    let (guest, offer) = (shop.guest().await, shop.offer(10).await);
    guest.add(&offer, 2).await.data(StatusCode::OK);
    let day = Duration::from_secs(24 * 60 * 60);
    shop.tenant.stack.clock.advance(day);
    guest.add(&offer, 1).await.data(StatusCode::OK);
    shop.tenant.stack.clock.advance(day + day / 2);
    guest.get().await.data(StatusCode::OK);
    shop.tenant.stack.clock.advance(day);
    guest.get().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    guest.add(&offer, 1).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let buyer = shop.buyer().await;
    let merge = buyer.post("/cart/merge", None, json!({"cartToken": guest.token})).await;
    merge.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}

#[tokio::test]
async fn ten_additions_of_a_guest_at_once_are_all_counted() {
    let shop = Shop::open().await;
    let (guest, offer) = (shop.guest().await, shop.offer(10).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (guest, offer): (Guest, _) = (guest.clone(), offer.clone());
        tasks.spawn(async move { guest.add(&offer, 1).await.status });
    }
    assert!(tasks.join_all().await.iter().all(StatusCode::is_success));
    assert_eq!(guest.get().await.data(StatusCode::OK)["items"][0]["quantity"], 10);
}

#[tokio::test]
async fn carts_without_an_account_are_limited_by_address_and_guessing_at_coupons_more() {
    let shop = Shop::open_with(|tenant| {
        tenant.settings.limits.anonymous_writes = 6;
        tenant.settings.limits.payment_writes = 2;
    })
    .await;
    shop.tenant.stack.clock.stop();
    let here = Shop { client: shop.client.clone().at_ip("192.0.2.7"), ..shop };
    for _ in 0..6 {
        here.client.post("/cart").send().await.data(StatusCode::CREATED);
    }
    let carts = here.tenant.stored("CRT#").await.len();
    here.client.post("/cart").send().await.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    assert_eq!((carts, here.tenant.stored("CRT#").await.len()), (6, 6), "who is over the limit makes no cart");
    // Elsewhere somebody else shops on.
    let there = Shop { client: here.client.clone().at_ip("192.0.2.8"), ..here };
    let guest = there.guest().await;
    for _ in 0..2 {
        let guess = guest.post("/cart/coupon", json!({"coupon": "GUESS"})).await;
        guess.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
    }
    let guess = guest.post("/cart/coupon", json!({"coupon": "GUESS"})).await;
    guess.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
}

#[tokio::test]
async fn a_user_is_told_when_a_coupon_was_used_up_already_when_it_is_applied() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    coupon(&shop, "ONCE", ten_percent(None, Some(1))).await;
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let applied = apply(&buyer, "ONCE").await;
    assert_eq!((applied.status, applied.round_trips()), (StatusCode::OK, 3));
    buyer.check_out("k").await.data(StatusCode::CREATED);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    apply(&buyer, "ONCE").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
}
