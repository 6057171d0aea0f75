//! What must not get in: each is refused with an error that says what is wrong where, and leaves nothing behind.

mod answers;
mod bodies;
mod callers;
mod money;

use axum::http::StatusCode;
use harness::client::TestAnswer;
use harness::shop::{Offer, Shop, Shopper, id};
use serde_json::{Value, json};

/// Puts a product without files on sale.
pub(crate) async fn on_sale(shop: &Shop, stock: u32) -> Offer {
    let product = id(shop.seller.post("/products", product(shop)).await.data(StatusCode::CREATED));
    let material = json!({"name": "PLA, white", "surcharge": {"amount": 5_000, "currency": "INR"}, "stock": stock});
    let material = shop.seller.post(&format!("/products/{product}/materials"), material).await;
    Offer { material: id(material.data(StatusCode::CREATED)), product, file: String::new(), bytes: Vec::new() }
}

/// Describes a product that the API takes.
fn product(shop: &Shop) -> Value {
    let number: domain::id::ProductId = shop.tenant.stack.ambient().id();
    let sku: String = number.to_string().chars().rev().take(12).collect();
    json!({
        "name": "Vase", "sku": format!("SKU-{sku}"), "basePrice": {"amount": 49_900, "currency": "INR"},
        "stockPolicy": "FINITE", "status": "ACTIVE",
    })
}

/// Describes an address that the API takes.
fn address() -> Value {
    json!({
        "fullName": "Asha Rao", "phone": "+919812345678", "line1": "12 MG Road", "city": "Bengaluru",
        "state": "Karnataka", "postalCode": "560001", "country": "IN",
    })
}

/// Replaces one field.
fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

/// Checks that a request was refused in the envelope, with all that belongs in it.
#[track_caller]
fn refused(answer: &TestAnswer, status: StatusCode, code: &str) {
    answer.refused(status, code);
    let body = &answer.body;
    assert_eq!(body["statusCode"], status.as_u16(), "{}", answer.text());
    assert_eq!(body["requestId"], answer.header("x-request-id"), "{}", answer.text());
    assert!(body["path"].as_str().is_some_and(|path| path.starts_with("/api/v1/")), "{}", answer.text());
    assert!(body["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{}", answer.text());
    for text in ["error", "message"] {
        assert!(body[text].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.text());
    }
}

/// Checks that a request was refused because of one field, and that the answer says which.
#[track_caller]
fn refused_field(answer: &TestAnswer, field: &str) {
    refused(answer, StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert!(answer.fields().contains(&field), "{field} is not named: {}", answer.text());
}

/// Counts what a list shows.
async fn count(shopper: &Shopper, path: &str) -> usize {
    shopper.get(path).await.data(StatusCode::OK).as_array().expect("a list").len()
}

/// Returns the lines of somebody's cart.
async fn lines(shopper: &Shopper) -> Vec<Value> {
    shopper.get("/cart").await.data(StatusCode::OK)["items"].as_array().expect("lines").clone()
}
