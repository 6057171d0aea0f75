use domain::access::Role;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

fn razorpay() -> Value {
    json!({
        "publicKey": "rzp_test_1", "secretKey": "a-long-secret-of-a-key", "accountId": "acc_1",
        "webhookSecret": "first-secret-of-webhooks",
    })
}

#[tokio::test]
async fn a_provider_is_set_up_shown_masked_rotated_and_removed() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let path = "/admin/payment-providers/razorpay";
    let ask = |method: Method, path: &str| shop.client.request(method, path).bearer(&admin.token);
    ask(Method::GET, path).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    ask(Method::PUT, path).json(razorpay()).send().await.data(StatusCode::OK);
    let rotate = format!("{path}/rotate-secret");
    for _ in 0..2 {
        let next = json!({"webhookSecret": "second-secret-of-them"});
        ask(Method::POST, &rotate).json(next).send().await.data(StatusCode::OK);
    }
    let answer = ask(Method::GET, path).send().await;
    let data = answer.data(StatusCode::OK);
    assert_eq!(data["webhookSecrets"], json!(["…them", "…ooks"]));
    assert_eq!((&data["publicKey"], &data["secretKey"]), (&json!("rzp_test_1"), &json!("…-key")));
    for secret in ["a-long-secret", "first-secret", "second-secret"] {
        assert!(!answer.text().contains(secret));
        let stored = shop.stored_of(&shop.tenant().id().to_string()).await;
        assert!(!stored.iter().any(|item| item.to_string().contains(secret)), "{secret} is stored in the clear");
    }
    let stale = ask(Method::DELETE, path).header("if-match", "\"1\"").send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    ask(Method::DELETE, path).send().await.data(StatusCode::OK);
    ask(Method::GET, path).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    ask(Method::DELETE, path).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}

#[tokio::test]
async fn each_provider_takes_its_own_fields_and_no_others() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Owner).await;
    let put = |provider: &str, body: Value| {
        let path = format!("/admin/payment-providers/{provider}");
        let request = shop.client.request(Method::PUT, &path).bearer(&admin.token);
        async move { request.json(body).send().await }
    };
    let hook = "a-secret-of-webhooks";
    put("vnpay", json!({"publicKey": "TERMINAL", "webhookSecret": hook})).await.data(StatusCode::OK);
    let stripe = json!({"publicKey": "pk_1", "secretKey": "sk_test_123", "accountId": "acct_1", "webhookSecret": hook});
    put("stripe", stripe).await.data(StatusCode::OK);
    put("manual", json!({"instructions": "Account 1"})).await.data(StatusCode::OK);
    for (provider, body, field) in [
        ("vnpay", json!({"publicKey": "TERMINAL"}), "webhookSecret"),
        ("vnpay", json!({"publicKey": "T", "webhookSecret": hook, "accountId": "a"}), "accountId"),
        ("vnpay", json!({"publicKey": "T", "webhookSecret": "short"}), "webhookSecret"),
        ("manual", json!({"instructions": "x", "webhookSecret": hook}), "webhookSecret"),
        ("manual", json!({}), "instructions"),
        ("razorpay", json!({"publicKey": "k", "webhookSecret": hook, "accountId": "a"}), "secretKey"),
    ] {
        let answer = put(provider, body).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{provider}");
    }
    let rotate = shop.client.post("/admin/payment-providers/manual/rotate-secret").bearer(&admin.token);
    let answer = rotate.json(json!({"webhookSecret": hook})).send().await;
    answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
}

#[tokio::test]
async fn only_owners_and_admins_touch_providers() {
    let shop = Shop::open().await;
    for role in [Role::Staff, Role::Seller, Role::Customer] {
        let member = shop.sign_in(role).await;
        let path = "/admin/payment-providers/razorpay";
        let put = shop.client.request(Method::PUT, path).bearer(&member.token).json(razorpay()).send().await;
        put.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        let get = shop.client.get(path).bearer(&member.token).send().await;
        get.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
