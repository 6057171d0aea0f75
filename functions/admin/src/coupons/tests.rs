use domain::access::Role;
use harness::client::TestAnswer;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

fn terms() -> Value {
    json!({
        "discount": {"kind": "PERCENT", "basisPoints": 1000, "cap": {"amount": 5000, "currency": "INR"}},
        "scope": {"kind": "ALL"}, "maxUses": 100, "maxUsesPerUser": 1, "active": true,
    })
}

async fn make(shop: &Shop, token: &str, code: &str, terms: Value) -> TestAnswer {
    let body = json!({"code": code, "terms": terms});
    shop.client.post("/admin/coupons").bearer(token).json(body).send().await
}

#[tokio::test]
async fn a_coupon_is_made_listed_changed_and_deleted() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let made = make(&shop, &staff.token, "spring-10", terms()).await;
    let coupon = made.data(StatusCode::CREATED);
    assert_eq!((&coupon["code"], &coupon["used"], made.header("etag")), (&json!("SPRING-10"), &json!(0), "\"1\""));
    let again = make(&shop, &staff.token, "SPRING-10", terms()).await;
    again.refused(StatusCode::CONFLICT, "COUPON_CODE_TAKEN");

    let path = "/admin/coupons/SPRING-10";
    let mut changed = terms();
    changed["active"] = json!(false);
    let change = |version: &'static str| {
        let request = shop.client.request(Method::PUT, path).bearer(&staff.token).header("if-match", version);
        request.json(json!({"terms": changed.clone()})).send()
    };
    let answer = change("\"1\"").await;
    assert_eq!(answer.data(StatusCode::OK)["terms"]["active"], false);
    change("\"1\"").await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let read = shop.client.get(path).bearer(&staff.token).send().await;
    assert_eq!(read.data(StatusCode::OK), answer.data(StatusCode::OK));
    assert_eq!(read.round_trips(), 1);

    let list = shop.client.get("/admin/coupons").bearer(&staff.token).send().await;
    assert_eq!(list.data(StatusCode::OK)[0]["code"], "SPRING-10");
    let gone = shop.client.delete(path).bearer(&staff.token).send().await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text());
    let read = shop.client.get(path).bearer(&staff.token).send().await;
    read.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}

#[tokio::test]
async fn of_twenty_who_make_the_same_coupon_at_once_one_does() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, token) = (shop.client.clone(), owner.token.clone());
        let body = json!({"code": "ONCE", "terms": terms()});
        tasks.spawn(async move { client.post("/admin/coupons").bearer(&token).json(body).send().await.status });
    }
    let made = tasks.join_all().await.into_iter().filter(|status| *status == StatusCode::CREATED).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn terms_that_make_no_sense_are_named_and_store_nothing() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let with = |field: &str, value: Value| {
        let mut terms = terms();
        terms[field] = value;
        terms
    };
    let cases = [
        (with("discount", json!({"kind": "PERCENT", "basisPoints": 10_001})), "terms"),
        (with("discount", json!({"kind": "AMOUNT", "amount": {"amount": 1, "currency": "USD"}})), "terms"),
        (with("minimum", json!({"amount": 9_223_372_036_854_775_807_i64, "currency": "INR"})), "terms"),
        (with("scope", json!({"kind": "SELLERS", "sellers": []})), "terms"),
        (with("maxUses", json!(0)), "terms"),
        (with("maxUses", json!(-1)), "terms.maxUses"),
        (with("startsAt", json!("tomorrow")), "terms.startsAt"),
        (with("surprise", json!(1)), "terms.surprise"),
    ];
    for (terms, field) in cases {
        let answer = make(&shop, &admin.token, "BAD", terms).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    let answer = make(&shop, &admin.token, "A B", terms()).await;
    assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec!["code"]));
    let list = shop.client.get("/admin/coupons").bearer(&admin.token).send().await;
    assert_eq!(list.data(StatusCode::OK), &json!([]));
}

#[tokio::test]
async fn buyers_and_sellers_make_no_coupons() {
    let shop = Shop::open().await;
    for role in [Role::Customer, Role::Seller, Role::Carrier] {
        let member = shop.sign_in(role).await;
        make(&shop, &member.token, "MINE", terms()).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
