use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

fn papers() -> Value {
    json!({"document": "PASSPORT", "number": "Z1234567", "country": "IN", "fullName": "Asha Rao", "bornOn": "1990-12-31"})
}

#[tokio::test]
async fn papers_wait_for_review_and_can_be_handed_in_anew() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let none = shop.client.get("/users/me/kyc").bearer(&asha.access_token).send().await;
    assert_eq!((&none.data(StatusCode::OK)["status"], &none.body["data"]["document"]), (&json!("NONE"), &Value::Null));
    let submit = |body: Value| shop.client.request(Method::PUT, "/users/me/kyc").bearer(&asha.access_token).json(body);
    let first = submit(papers()).send().await;
    let data = first.data(StatusCode::OK);
    assert_eq!(
        (&data["status"], &data["numberEnds"], &data["reason"]),
        (&json!("PENDING"), &json!("…4567"), &Value::Null)
    );
    let old = submit(papers()).header("if-match", none.header("etag")).send().await;
    old.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let mut other = papers();
    other["document"] = json!("ID_CARD");
    submit(other).header("if-match", first.header("etag")).send().await.data(StatusCode::OK);
    let now = shop.client.get("/users/me/kyc").bearer(&asha.access_token).send().await;
    assert_eq!(now.data(StatusCode::OK)["document"], "ID_CARD");
    assert_eq!(shop.audited("KYC_SUBMITTED").await, 2);
    for row in shop.tenant.stored("").await {
        assert!(!row.to_string().contains("Z1234567") && !row.to_string().contains("1990-12-31"), "{row}");
    }
}

#[tokio::test]
async fn every_faulty_field_is_named_and_nobody_says_of_themselves_that_they_were_checked() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    for (change, field) in [
        (json!({"document": "LIBRARY_CARD"}), "document"),
        (json!({"number": "1"}), "number"),
        (json!({"number": "<script>"}), "number"),
        (json!({"country": "in"}), "country"),
        (json!({"fullName": ""}), "fullName"),
        (json!({"bornOn": "1990-02-30"}), "bornOn"),
        (json!({"bornOn": "90-1-1"}), "bornOn"),
        (json!({"status": "VERIFIED"}), "status"),
        (json!({"review": {"good": true}}), "review"),
    ] {
        let mut body = papers();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer =
            shop.client.request(Method::PUT, "/users/me/kyc").bearer(&asha.access_token).json(body).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{change}");
    }
}
