//! What may happen to a checkout once it is placed.

use domain::id::{OrderId, PaymentId};
use domain::payment::Signal;
use domain::refund::{Portion, RefundLine};
use http::StatusCode;
use serde_json::{Value, json};
use store::refunds::{RefundOutcome, RefundRequest};

use crate::test_support::{Buyer, Shop, insist, persist};

/// One checkout and who has a part in it.
pub(super) struct Round<'a> {
    pub(super) shop: &'a Shop,
    pub(super) buyer: &'a Buyer,
    pub(super) group: Value,
    /// A name that no other round has.
    pub(super) number: String,
}

impl Round<'_> {
    /// Lets one of eleven things happen, and returns which it was.
    pub(super) async fn meet(&self, fate: usize) -> &'static str {
        let (shop, group) = (self.shop, &self.group);
        match fate {
            0 => return "held",
            1 => {
                shop.expire(group).await;
                return "not paid in time";
            }
            10 => {
                self.call_off().await;
                shop.expire(group).await;
                return "called off before it was paid";
            }
            _ => {}
        }
        let payment = self.open("first").await;
        let told = match fate {
            2 => {
                tokio::join!(self.capture(&payment), shop.expire(group));
                "paid as time was up"
            }
            3 => {
                shop.expire(group).await;
                self.capture(&payment).await;
                "paid too late"
            }
            4 => {
                tokio::join!(self.capture(&payment), self.call_off());
                "paid as it was called off"
            }
            5 => {
                self.fail(&payment).await;
                shop.expire(group).await;
                "payment failed"
            }
            6 => {
                self.fail(&payment).await;
                let second = self.open("second").await;
                // The first may still be captured, beside the second.
                tokio::join!(self.capture(&second), self.capture(&payment));
                self.give_back(&second).await;
                "paid at the second try"
            }
            7 => {
                self.capture(&payment).await;
                self.call_off().await;
                "called off after it was paid"
            }
            8 => {
                self.capture(&payment).await;
                tokio::join!(self.ask_back(&payment), self.ask_back(&payment));
                "some of it given back"
            }
            _ => {
                tokio::join!(self.capture(&payment), self.capture(&payment));
                "paid"
            }
        };
        tokio::join!(self.give_back(&payment), self.give_back(&payment));
        told
    }

    async fn open(&self, which: &str) -> Value {
        self.buyer.initiate(&self.group, &format!("{which}-{}", self.number)).await
    }

    /// Books that the money came, as two messages that arrive at once tell it.
    async fn capture(&self, payment: &Value) {
        let id = payment["paymentId"].as_str().unwrap();
        let (first, second, charge) = (format!("evt_1_{id}"), format!("evt_2_{id}"), format!("pay_{id}"));
        tokio::join!(
            self.shop.tell(payment, Signal::Captured, &first, &charge),
            self.shop.tell(payment, Signal::Captured, &second, &charge)
        );
    }

    async fn fail(&self, payment: &Value) {
        let id = payment["paymentId"].as_str().unwrap();
        self.shop.tell(payment, Signal::Failed, &format!("evt_0_{id}"), &format!("pay_{id}")).await;
    }

    /// Calls each order off; what is over already stays.
    async fn call_off(&self) {
        for order in self.orders() {
            let key = format!("{}-{order}", self.number);
            let body = json!({"reason": "CHANGED_MIND"});
            let path = format!("/orders/{order}/cancel");
            let answer = insist(|| self.buyer.post(&path, Some(&key), body.clone())).await;
            assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&answer.status), "{}", answer.text());
        }
    }

    /// Asks for the money of one piece of the first order's first line back, and for the piece.
    async fn ask_back(&self, payment: &Value) {
        let (store, scope) = (self.shop.tenant.stack.store(), self.shop.tenant.scope());
        let order: OrderId = self.orders().next().unwrap().parse().unwrap();
        let payment = store.payment(scope, id_of(payment)).await.unwrap().unwrap();
        let request = RefundRequest {
            payment: payment.id,
            order,
            portion: Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]),
            restock: true,
            reason: "broken".to_owned(),
        };
        // Refused where there is no piece left to give back.
        let operation = self.shop.tenant.operation();
        let _ = persist(|| store.request_refund(&operation, &payment, &request)).await;
    }

    /// Books that the provider gave back whatever it was asked for.
    async fn give_back(&self, payment: &Value) {
        let (store, scope, operation) =
            (self.shop.tenant.stack.store(), self.shop.tenant.scope(), self.shop.provider());
        for refund in store.refunds_of(scope, id_of(payment)).await.unwrap() {
            let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
            persist(|| store.settle_refund(&operation, &refund, &outcome)).await;
        }
    }

    fn orders(&self) -> impl Iterator<Item = &str> {
        self.group["orderIds"].as_array().unwrap().iter().map(|order| order.as_str().unwrap())
    }
}

fn id_of(payment: &Value) -> PaymentId {
    payment["paymentId"].as_str().unwrap().parse().unwrap()
}
