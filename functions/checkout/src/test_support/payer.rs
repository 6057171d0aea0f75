//! What a provider would tell, booked as the function `webhooks` books it.

use std::time::Duration;

use domain::id::OrderGroupId;
use domain::operation::{Actor, Operation};
use domain::payment::{Settlement, Signal};
use http::StatusCode;
use serde_json::{Value, json};
use store::settlements::{Message, Settled};

use super::{Buyer, Shop, insist, persist};

impl Buyer {
    /// Opens a payment and returns it.
    pub(crate) async fn initiate(&self, group: &Value, key: &str) -> Value {
        let body = json!({"orderGroupId": group["id"], "provider": "razorpay"});
        let answer = insist(|| self.post("/payments/initiate", Some(key), body.clone())).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.body["data"].clone()
    }

    /// Reads a checkout.
    pub(crate) async fn group(&self, group: &Value) -> Value {
        let path = format!("/order-groups/{}", group["id"].as_str().unwrap());
        self.get(&path).await.data(StatusCode::OK).clone()
    }
}

impl Shop {
    pub(crate) fn provider(&self) -> Operation {
        self.tenant.operation_by(Actor::Provider { name: "razorpay".to_owned() })
    }

    pub(crate) async fn settlement(&self, payment: &Value) -> Settlement {
        let (scope, store) = (self.tenant.scope(), self.tenant.stack.store());
        let order = payment["razorpayOrderId"].as_str().unwrap();
        store.settlement(scope, "razorpay", order).await.unwrap().unwrap()
    }

    /// Books one message of the provider.
    pub(crate) async fn tell(&self, payment: &Value, signal: Signal, event: &str, charge: &str) -> Settled {
        let message = message(signal, event, charge);
        let (scope, store) = (self.tenant.scope(), self.tenant.stack.store());
        let order = payment["razorpayOrderId"].as_str().unwrap();
        let found = store.look_up_message(scope, &message, Some(order)).await.unwrap();
        if found.seen {
            return Settled::Duplicate;
        }
        let settlement = found.settlement.unwrap();
        // A provider sends what was not booked again.
        let operation = self.provider();
        persist(|| store.settle(&operation, &message, &settlement, signal, charge)).await
    }

    /// Lets the hold of a checkout end, and expires it.
    pub(crate) async fn expire(&self, group: &Value) -> store::holds::Expiry {
        let id: OrderGroupId = serde_json::from_value(group["id"].clone()).unwrap();
        let mut operation = self.tenant.operation();
        operation.now = operation.now.plus(Duration::from_secs(24 * 60 * 60));
        persist(|| self.tenant.stack.store().expire_hold(&operation, id)).await
    }

    /// Counts the tenant's events of a type.
    pub(crate) async fn events(&self, kind: &str) -> usize {
        let events = self.tenant.stored("EVT#").await;
        events.iter().filter(|item| item["event"]["type"] == kind).count()
    }
}

pub(crate) fn message(signal: Signal, event: &str, charge: &str) -> Message {
    Message {
        provider: "razorpay".to_owned(),
        event: event.to_owned(),
        name: format!("payment.{}", signal.as_str().to_lowercase()),
        charge: Some(charge.to_owned()),
    }
}
