//! Somebody who shops without an account.

use harness::client::{TestAnswer, TestClient, TestRequest};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Offer, Shop};

#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) token: String,
    client: TestClient,
}

impl Shop {
    /// Opens an anonymous cart.
    pub(crate) async fn guest(&self) -> Guest {
        let opened = self.client.post("/cart").send().await;
        self.guest_with(opened.data(StatusCode::CREATED)["cartToken"].as_str().unwrap())
    }

    /// Shows a token.
    pub(crate) fn guest_with(&self, token: &str) -> Guest {
        Guest { token: token.to_owned(), client: self.client.clone() }
    }
}

impl Guest {
    pub(crate) async fn send(&self, request: TestRequest) -> TestAnswer {
        request.header("x-cart-token", &self.token).send().await
    }

    pub(crate) async fn get(&self) -> TestAnswer {
        self.send(self.client.get("/cart")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> TestAnswer {
        self.send(self.client.post(path).json(body)).await
    }

    pub(crate) async fn add(&self, offer: &Offer, quantity: u32) -> TestAnswer {
        self.post("/cart/items", offer.pieces(quantity)).await
    }
}

impl Offer {
    /// Asks for pieces.
    pub(crate) fn pieces(&self, quantity: impl Into<Value>) -> Value {
        json!({"productId": self.product.id, "materialId": self.material.id, "quantity": quantity.into()})
    }
}
