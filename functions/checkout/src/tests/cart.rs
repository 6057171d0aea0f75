use std::time::Duration;

use domain::cart::Holder;
use domain::catalog::ProductStatus;
use domain::id::{CartLineId, ProductId};
use http::StatusCode;
use serde_json::json;

use crate::test_support::Shop;

#[tokio::test]
async fn adding_the_same_again_adds_to_its_quantity_in_two_round_trips() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    buyer.add(&offer, 2).await.data(StatusCode::OK);
    let answer = buyer.add(&offer, 3).await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((data["items"].as_array().unwrap().len(), &data["items"][0]["quantity"]), (1, &json!(5)));
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(answer.round_trips(), 2);

    let cart = buyer.get("/cart").await;
    let data = cart.data(StatusCode::OK);
    assert_eq!(data["items"][0]["itemPrice"], json!({"amount": 125, "currency": "INR"}));
    assert_eq!(data["subtotal"], json!({"amount": 625, "currency": "INR"}));
    assert_eq!(data["items"][0]["name"], "Planetary gear set");
}

#[tokio::test]
async fn quantities_that_can_not_be_are_refused_by_name_and_store_nothing() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    for bad in
        [json!(0), json!(-1), json!(1000), json!(9_223_372_036_854_775_808u64), json!(1.5), json!("1"), json!(null)]
    {
        let answer = buyer.add(&offer, bad.clone()).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), ["quantity"], "{bad}");
    }
    buyer.add(&offer, 999).await.data(StatusCode::OK);
    let answer = buyer.add(&offer, 1).await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(answer.fields(), ["quantity"]);
    let cart = buyer.get("/cart").await;
    assert_eq!(cart.data(StatusCode::OK)["items"][0]["quantity"], 999);
}

#[tokio::test]
async fn what_is_not_for_sale_does_not_get_in() {
    let shop = Shop::open().await;
    let other = Shop::open().await;
    let (buyer, offer, foreign) = (shop.buyer().await, shop.offer(10).await, other.offer(10).await);
    let inactive = |field: &'static str, body: serde_json::Value| {
        let buyer = buyer.clone();
        async move {
            let answer = buyer.post("/cart/items", None, body).await;
            answer.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
            assert_eq!(answer.fields(), [field]);
        }
    };
    let unknown: ProductId = shop.tenant.stack.ambient().id();
    inactive("productId", json!({"productId": unknown, "quantity": 1})).await;
    inactive("productId", json!({"productId": foreign.product.id, "materialId": foreign.material.id, "quantity": 1}))
        .await;
    inactive("materialId", json!({"productId": offer.product.id, "materialId": foreign.material.id, "quantity": 1}))
        .await;
    let answer = buyer.post("/cart/items", None, json!({"productId": offer.product.id, "quantity": 1})).await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(answer.fields(), ["materialId"]);
    shop.change(&offer, |product| product.status = ProductStatus::Archived).await;
    inactive("productId", json!({"productId": offer.product.id, "materialId": offer.material.id, "quantity": 1})).await;
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn a_cart_holds_forty_lines() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    for _ in 0..40 {
        buyer.add(&shop.offer(1).await, 1).await.data(StatusCode::OK);
    }
    buyer.add(&shop.offer(1).await, 1).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "CART_FULL");
}

#[tokio::test]
async fn lines_are_changed_and_removed_and_only_ones_own() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(10).await);
    let answer = buyer.add(&offer, 2).await;
    let path = format!("/cart/items/{}", answer.data(StatusCode::OK)["items"][0]["id"].as_str().unwrap());
    let answer = buyer.patch(&path, json!({"quantity": 7})).await;
    assert_eq!(answer.data(StatusCode::OK)["items"][0]["quantity"], 7);
    assert_eq!(answer.round_trips(), 2);
    other.patch(&path, json!({"quantity": 1})).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    other.delete(&path).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    buyer.patch(&path, json!({"quantity": 1000})).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    buyer.patch("/cart/items/nonsense", json!({"quantity": 1})).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let unknown: CartLineId = shop.tenant.stack.ambient().id();
    buyer.delete(&format!("/cart/items/{unknown}")).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");

    let stale = buyer.request(shop.client.delete("/cart")).header("if-match", "\"1\"").send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    assert_eq!(buyer.delete(&path).await.data(StatusCode::OK)["items"], json!([]));
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    assert_eq!(buyer.delete("/cart").await.data(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn twenty_additions_at_once_are_all_counted() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (buyer, offer) = (buyer.clone(), offer.clone());
        tasks.spawn(async move { buyer.add(&offer, 1).await.status });
    }
    let done = tasks.join_all().await.into_iter().filter(StatusCode::is_success).count();
    assert_eq!(done, 10);
    let cart = buyer.get("/cart").await;
    assert_eq!(cart.data(StatusCode::OK)["items"][0]["quantity"], 10);
}

#[tokio::test]
async fn a_key_makes_a_repeated_addition_harmless() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    let body = json!({"productId": offer.product.id, "materialId": offer.material.id, "quantity": 2});
    let first = buyer.post("/cart/items", Some("add-1"), body.clone()).await;
    let again = buyer.post("/cart/items", Some("add-1"), body).await;
    assert_eq!((again.header("idempotent-replayed"), &first.body), ("true", &again.body));
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"][0]["quantity"], 2);
}

#[tokio::test]
async fn a_cart_left_alone_for_thirty_days_is_empty_but_works_on() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    buyer.add(&offer, 2).await.data(StatusCode::OK);
    // The session would not live that long, so the store is asked.
    let (scope, store) = (shop.tenant.scope(), shop.tenant.stack.store());
    let later = shop.tenant.stack.now().plus(Duration::from_secs(30 * 24 * 60 * 60 + 1));
    let holder = Holder::User(buyer.member.user.id);
    let cart = store.cart(scope, &holder, later).await.unwrap().unwrap();
    assert_eq!((cart.lines.len(), cart.version), (0, 1));
    store.save_cart(scope, &holder, &cart.emptied(later)).await.unwrap();
}
