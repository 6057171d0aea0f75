//! Bodies and parameters.

use axum::http::{Method, StatusCode};
use harness::client::TestAnswer;
use harness::shop::{Shop, Shopper};
use serde_json::{Value, json};

use super::{address, count, lines, on_sale, product, refused, refused_field, with};

#[tokio::test]
async fn a_field_of_the_wrong_type_or_unknown_or_missing_is_named_and_nothing_is_stored() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    for (field, wrong) in [
        ("fullName", json!(7)),
        ("fullName", json!("")),
        ("fullName", json!("x".repeat(121))),
        ("fullName", json!("a\u{0}b")),
        ("phone", json!(["+919812345678"])),
        ("phone", json!("call me")),
        ("line2", json!({"a": 1})),
        ("city", Value::Null),
        ("country", json!("India")),
        ("isDefault", json!("true")),
        ("isDefault", json!(1)),
        ("tenantId", json!("ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
        ("__proto__", json!({})),
    ] {
        refused_field(&shopper.post("/users/me/addresses", with(address(), field, wrong)).await, field);
    }
    for missing in ["fullName", "phone", "line1", "city", "postalCode", "country"] {
        let mut body = address();
        body.as_object_mut().unwrap().remove(missing);
        refused_field(&shopper.post("/users/me/addresses", body).await, missing);
    }
    for body in [json!([]), json!("text"), json!(7), Value::Null] {
        let answer = shopper.post("/users/me/addresses", body).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (StatusCode::BAD_REQUEST, &json!(false)),
            "{}",
            answer.text()
        );
    }
    let all = shopper.post("/users/me/addresses", json!({"fullName": 1, "extra": 1})).await;
    refused_field(&all, "extra");
    assert_eq!(count(&shopper, "/users/me/addresses").await, 0);
    assert!(shop.tenant.stored("U#").await.iter().all(|item| !item["sk"].as_str().unwrap().starts_with("ADR#")));
}

#[tokio::test]
async fn a_product_with_a_wrong_field_is_not_created() {
    let shop = Shop::open().await;
    for (field, wrong) in [
        ("name", json!("ab")),
        ("sku", json!("../../etc")),
        ("basePrice", json!(499)),
        ("basePrice", json!({"amount": -1, "currency": "INR"})),
        ("basePrice", json!({"amount": 49_900, "currency": "USD"})),
        ("stockPolicy", json!("INFINITE")),
        ("status", json!("SOLD")),
        ("weightGrams", json!(-1)),
        ("weightGrams", json!(1.5)),
        ("seller", json!("sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    ] {
        let answer = shop.seller.post("/products", with(product(&shop), field, wrong.clone())).await;
        refused(&answer, StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        // Of a nested value, the part that is wrong.
        assert!(answer.fields().iter().any(|named| named.starts_with(field)), "{field} = {wrong}: {}", answer.text());
    }
    for amount in [json!("49900"), json!(499.5), json!(9_223_372_036_854_775_808_u64)] {
        let price = json!({"amount": amount, "currency": "INR"});
        let answer = shop.seller.post("/products", with(product(&shop), "basePrice", price)).await;
        refused(&answer, StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert!(answer.fields().iter().any(|field| field.starts_with("basePrice")), "{}", answer.text());
    }
    assert_eq!(count(&shop.seller, "/products/mine").await, 0);
    let shopper = shop.shopper().await;
    refused(&shopper.post("/products", product(&shop)).await, StatusCode::FORBIDDEN, "FORBIDDEN");
    assert!(shop.tenant.stored("PRD#").await.is_empty());
}

#[tokio::test]
async fn a_quantity_is_a_whole_number_from_1_to_999() {
    let shop = Shop::open().await;
    let (offer, shopper) = (on_sale(&shop, 5).await, shop.shopper().await);
    let wrong = || {
        let texts = ["0", "-1", "1000", "9223372036854775808", "1.5", "1e2", "\"1\"", "true", "null", "[1]"];
        texts.map(|text| (text, serde_json::from_str::<Value>(text).unwrap()))
    };
    for (text, quantity) in wrong() {
        let body = json!({"productId": offer.product, "materialId": offer.material, "quantity": quantity});
        let answer = shopper.post("/cart/items", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text}: {}", answer.text());
        refused_field(&answer, "quantity");
    }
    assert!(lines(&shopper).await.is_empty());

    shopper.add_to_cart(&offer, 2).await.data(StatusCode::OK);
    let line = lines(&shopper).await.remove(0);
    let path = format!("/cart/items/{}", line["id"].as_str().unwrap());
    for (_, quantity) in wrong() {
        let answer = shop.api.patch(&path).bearer(&shopper.token).json(json!({"quantity": quantity})).send().await;
        refused_field(&answer, "quantity");
    }
    // One by one they fit, together they are too many.
    refused_field(&shopper.add_to_cart(&offer, 998).await, "quantity");
    assert_eq!(lines(&shopper).await, [line]);
}

#[tokio::test]
async fn a_body_that_is_no_json_of_ours_is_refused_by_its_kind() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let send = async |kind: Option<&str>, body: Vec<u8>| -> TestAnswer {
        let request = shop.api.post("/users/me/addresses").bearer(&shopper.token).body(body);
        let request = match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        };
        request.send().await
    };
    let good = address().to_string().into_bytes();
    for kind in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/json; charset=latin1")]
    {
        refused(&send(kind, good.clone()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    }
    let twice = address().to_string().replacen('{', r#"{"city":"Pune","#, 1);
    let deep = "[".repeat(100_000);
    for body in [&b"{"[..], b"", b"{} {}", b"{'a':1}", b"\xef\xbb\xbf{}", twice.as_bytes(), deep.as_bytes()] {
        let answer = send(Some("application/json"), body.to_vec()).await;
        refused(&answer, StatusCode::BAD_REQUEST, "MALFORMED_BODY");
    }
    // The local gateway replaces bytes that are no text before a function sees them; the real one does not.
    let bytes = send(Some("application/json"), b"{\"fullName\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!((bytes.status, &bytes.body["success"]), (StatusCode::BAD_REQUEST, &json!(false)), "{}", bytes.text());
    let large = with(address(), "line2", json!("x".repeat(257 * 1024))).to_string().into_bytes();
    refused(&send(Some("application/json"), large.clone()).await, StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE");
    // Large and of a wrong kind: refused either way, and never read.
    assert!(send(Some("text/plain"), large).await.status.is_client_error());
    assert_eq!(count(&shopper, "/users/me/addresses").await, 0);
}

#[tokio::test]
async fn parameters_are_named_when_they_are_unknown_or_out_of_range() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    for list in ["/products", "/products/mine", "/orders"] {
        let asker: &Shopper = if list == "/products/mine" { &shop.seller } else { &shopper };
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("limit=1.0", "limit"),
            ("limit=", "limit"),
            ("limit=1&limit=2", "limit"),
            ("page=2", "page"),
            ("Limit=5", "Limit"),
            ("cursor=%00", "cursor"),
        ] {
            refused_field(&asker.get(&format!("{list}?{query}")).await, field);
        }
        asker.get(&format!("{list}?limit=1")).await.data(StatusCode::OK);
        asker.get(&format!("{list}?limit=100")).await.data(StatusCode::OK);
    }
    for path in ["/auth/me?x=1", "/cart?x=1", "/health?x=1"] {
        refused_field(&shopper.get(path).await, "x");
    }
    let answer =
        shop.api.request(Method::POST, "/cart/items?admin=true").bearer(&shopper.token).json(json!({})).send().await;
    refused_field(&answer, "admin");
}
