//! A shop with a finite stock, and one provider whose messages the tests write.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::access::Role;
use domain::cart::{Holder, Quantity};
use domain::catalog::{Material, Product};
use domain::event::{Envelope, Event};
use domain::id::{FileId, OrderId, ProductId, SellerId, UserId};
use domain::ledger::{Account, Entry};
use domain::money::{Currency, Money};
use domain::order::{CancelReason, OrderGroup, OrderStatus, Party, Placing, ShippingMethod, place};
use domain::payment::{Payment, PaymentStatus};
use domain::pii::Sealed;
use domain::pricing::{Item, Terms, quote};
use domain::refund::Refund;
use harness::client::TestAnswer;
use harness::stack::Stack;
use http::StatusCode;
use payments::{Credentials, Secret, razorpay, stripe, vnpay};
use serde_json::{Value, json};
use store::Store;
use store::holds::Expiry;
use store::idempotency::{Answer, Attempt};
use store::orders::Placement;
use store::table::Consistency;

use crate::test_support::Till;

const SECRET: &str = "webhook-secret";
/// What one piece of the finite line costs, with its tax.
pub(super) const PIECE: i64 = 60_180;
/// What the digital line costs, with its tax.
pub(super) const PLAN: i64 = 23_600;
/// What shipping costs.
pub(super) const SHIPPING: i64 = 9_900;

/// Whose messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    Razorpay,
    Stripe,
    Vnpay,
}

/// What a message says of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    Authorized,
    Captured,
    Failed,
}

/// A checkout of some pieces of a finite stock and one digital product, from one seller.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) group: OrderGroup,
    pub(super) order: OrderId,
}

/// The shop.
pub(super) struct World {
    pub(super) till: Till,
    pub(super) buyer: UserId,
    sender: Sender,
    pub(super) gear: Product,
    material: Material,
    plan: Product,
}

impl World {
    pub(super) async fn open(sender: Sender, stock: u32) -> Self {
        Self::open_on(&Stack::connect().await, sender, stock).await
    }

    pub(super) async fn open_on(stack: &Stack, sender: Sender, stock: u32) -> Self {
        let secrets = vec![Secret::new(SECRET)];
        let (currency, credentials) = match sender {
            Sender::Razorpay => {
                let own = razorpay::Credentials::new("rzp_test_1", Secret::new("key-secret"), "acc_1", secrets);
                (Currency::Inr, Credentials::Razorpay(own.unwrap()))
            }
            Sender::Stripe => {
                let own = stripe::Credentials::new("pk_test_1", Secret::new("sk_test_1"), "acct_1", secrets);
                (Currency::Usd, Credentials::Stripe(own.unwrap()))
            }
            Sender::Vnpay => {
                let own = vnpay::Credentials::new("TERMINAL", secrets);
                (Currency::Vnd, Credentials::Vnpay(own.unwrap()))
            }
        };
        let till = Till::open_on(stack, currency, &credentials).await;
        let buyer = till.tenant.member(&[Role::Customer]).await.user.id;
        let operation = till.tenant.operation();
        let seller: SellerId = operation.id();
        let product = |sku: &str, price: i64, policy: &str| -> Product {
            let (id, file): (ProductId, FileId) = (operation.id(), operation.id());
            serde_json::from_value(json!({
                "id": id, "seller": seller, "name": "Gear", "slug": sku.to_lowercase(), "sku": sku, "description": "",
                "basePrice": Money::new(price, currency), "taxClass": "STANDARD", "weightGrams": 100, "size": null,
                "stockPolicy": policy, "images": [], "categories": [], "attributes": {}, "status": "ACTIVE",
                "materialCount": 0, "modelFiles": [file], "version": 1,
                "createdAt": operation.now, "updatedAt": operation.now,
            }))
            .unwrap()
        };
        let (gear, plan) = (product("GEAR-1", 50_000, "FINITE"), product("PLAN-1", 20_000, "DIGITAL"));
        let material = Material {
            id: operation.id(),
            product: gear.id,
            name: "PETG".to_owned(),
            surcharge: Money::new(1_000, currency),
            stock: Some(stock),
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: operation.now,
        };
        let store = stack.store();
        store.create_product(&operation, &gear).await.unwrap().unwrap();
        store.add_material(&operation, &material).await.unwrap().unwrap();
        Self { till, buyer, sender, gear, material, plan }
    }

    pub(super) fn store(&self) -> &Store {
        self.till.tenant.stack.store()
    }

    /// Places a checkout; none when there are not enough pieces.
    pub(super) async fn buy(&self, pieces: u32) -> Option<Purchase> {
        let (tenant, operation) = (&self.till.tenant, self.till.tenant.operation());
        let quantity = |number: u32| Quantity::try_from(number).unwrap();
        let items = vec![
            Item { product: self.gear.clone(), material: Some(self.material.clone()), quantity: quantity(pieces) },
            Item { product: self.plan.clone(), material: None, quantity: quantity(1) },
        ];
        let order: OrderId = operation.id();
        let placed = place(Placing {
            group: operation.id(),
            user: self.buyer,
            actor: operation.actor.clone(),
            quote: quote(&items, &Terms::of(&tenant.tenant.settings)).unwrap(),
            items,
            orders: vec![(order, Sealed::from_text("sealed".to_owned()))],
            shipping_method: ShippingMethod::Standard,
            hold: Duration::from_secs(1800),
            now: operation.now,
        });
        let placed = placed.unwrap();
        let pieces = i64::from(pieces);
        assert_eq!(placed.group.totals.total.amount, pieces * PIECE + PLAN + SHIPPING);
        let holder = Holder::User(self.buyer);
        let cart = self.store().cart(operation.scope, &holder, operation.now).await.unwrap().unwrap();
        let slot = placed.group.id.to_string();
        let attempt = Attempt { request: slot.clone(), slot };
        let answer = Answer { status: 201, body: Sealed::from_text("sealed".to_owned()) };
        let placement = self.store().place_orders(&operation, &placed, &cart, &attempt, answer).await.unwrap();
        (placement == Placement::Placed).then_some(Purchase { group: placed.group, order })
    }

    /// Opens a payment for a checkout as it is now; none when it takes none.
    pub(super) async fn open_payment(&self, purchase: &Purchase) -> Option<Payment> {
        let operation = self.till.tenant.operation();
        let group = self.store().order_group(operation.scope, purchase.group.id).await.unwrap().unwrap();
        if !group.accepts_payment(operation.now) {
            return None;
        }
        let mut payment = Payment {
            id: operation.id(),
            group: group.id,
            user: group.user,
            provider: self.till.provider().to_owned(),
            reference: String::new(),
            charge: None,
            amount: group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let number = payment.id.to_string().split_off(4);
        payment.reference = match self.sender {
            Sender::Razorpay => format!("order_{number}"),
            Sender::Stripe => format!("pi_{number}"),
            Sender::Vnpay => number,
        };
        self.store().open_payment(&operation, &group, &payment).await.unwrap();
        Some(payment)
    }

    /// Places a checkout and opens a payment for it.
    pub(super) async fn sell(&self, pieces: u32) -> (Purchase, Payment) {
        let purchase = self.buy(pieces).await.unwrap();
        let payment = self.open_payment(&purchase).await.unwrap();
        (purchase, payment)
    }

    /// Returns the provider's id of one of several charges of a payment. An intent of Stripe is order and charge at once.
    pub(super) fn charge(&self, payment: &Payment, number: u8) -> String {
        match self.sender {
            Sender::Razorpay => format!("pay_{}{number}", &payment.id.to_string()[4..]),
            Sender::Stripe => payment.reference.clone(),
            Sender::Vnpay => format!("1442257{number}"),
        }
    }

    /// Sends what the provider says of a payment; `event` tells messages of the same words apart.
    pub(super) async fn say(&self, payment: &Payment, word: Word, charge: u8, event: u8) -> TestAnswer {
        let charge = self.charge(payment, charge);
        let notes = json!({"tenant": self.till.tenant.id(), "payment": payment.id});
        let id = format!("evt_{}_{event}", payment.id);
        let (amount, currency) = (payment.amount.amount, payment.amount.currency.code());
        match self.sender {
            Sender::Razorpay => {
                let status = format!("{word:?}").to_lowercase();
                let entity = json!({
                    "id": charge, "entity": "payment", "amount": amount, "currency": currency, "status": status,
                    "order_id": payment.reference, "captured": true, "notes": notes,
                });
                let payload = json!({"payment": {"entity": entity}});
                self.razorpay(&id, &format!("payment.{status}"), &payload).await
            }
            Sender::Stripe => {
                let (kind, status) = match word {
                    Word::Authorized => ("amount_capturable_updated", "requires_capture"),
                    Word::Captured => ("succeeded", "succeeded"),
                    Word::Failed => ("payment_failed", "requires_payment_method"),
                };
                let object = json!({
                    "id": payment.reference, "object": "payment_intent", "amount": amount, "status": status,
                    "amount_received": if word == Word::Captured { amount } else { 0 },
                    "currency": currency.to_lowercase(), "metadata": notes,
                });
                self.stripe(&id, &format!("payment_intent.{kind}"), &object).await
            }
            Sender::Vnpay => {
                let code = if word == Word::Captured { "00" } else { "24" };
                let query = BTreeMap::from([
                    ("vnp_Amount", (amount * 100).to_string()),
                    ("vnp_ResponseCode", code.to_owned()),
                    ("vnp_TmnCode", "TERMINAL".to_owned()),
                    ("vnp_TransactionNo", charge),
                    ("vnp_TransactionStatus", if word == Word::Captured { "00" } else { "02" }.to_owned()),
                    ("vnp_TxnRef", payment.reference.clone()),
                ]);
                let query = vnpay::signature::sign_query(&Secret::new(SECRET), &query);
                let path = format!("/webhooks/vnpay/{}/ipn?{query}", self.till.tenant.id());
                self.till.client.get(&path).send().await
            }
        }
    }

    /// Sends what the provider made of a refund of ours.
    pub(super) async fn say_refund(&self, refund: &Refund, succeeded: bool, event: u8) -> TestAnswer {
        self.say_refund_with(refund, succeeded, event, |_| ()).await
    }

    /// Sends it after `change` has had its say about the refund as the provider writes it.
    pub(super) async fn say_refund_with(
        &self,
        refund: &Refund,
        succeeded: bool,
        event: u8,
        change: impl FnOnce(&mut Value),
    ) -> TestAnswer {
        let id = format!("evt_{}_{event}", refund.id);
        let (amount, currency) = (refund.amount.amount, refund.amount.currency.code());
        let number = &refund.id.to_string()[4..];
        let notes = payments::refund::notes(&refund.path());
        match self.sender {
            Sender::Razorpay => {
                let status = if succeeded { "processed" } else { "failed" };
                let mut entity = json!({
                    "id": format!("rfnd_{number}"), "entity": "refund", "amount": amount, "currency": currency,
                    "payment_id": refund.charge, "status": status, "notes": notes,
                });
                change(&mut entity);
                let payment = json!({
                    "id": refund.charge, "entity": "payment", "amount": amount, "currency": currency,
                    "status": "captured", "order_id": refund.reference, "captured": true,
                    "notes": {"tenant": self.till.tenant.id(), "payment": refund.payment},
                });
                let payload = json!({"refund": {"entity": entity}, "payment": {"entity": payment}});
                self.razorpay(&id, &format!("refund.{status}"), &payload).await
            }
            Sender::Stripe => {
                let (kind, status) = if succeeded { ("updated", "succeeded") } else { ("failed", "failed") };
                let mut object = json!({
                    "id": format!("re_{number}"), "object": "refund", "amount": amount, "status": status,
                    "currency": currency.to_lowercase(), "payment_intent": refund.reference, "metadata": notes,
                });
                change(&mut object);
                self.stripe(&id, &format!("refund.{kind}"), &object).await
            }
            Sender::Vnpay => panic!("VNPay does not tell of refunds"),
        }
    }

    async fn razorpay(&self, id: &str, event: &str, payload: &Value) -> TestAnswer {
        let body = json!({"entity": "event", "account_id": "acc_1", "event": event, "payload": payload}).to_string();
        let signature = razorpay::signature::sign(&Secret::new(SECRET), body.as_bytes());
        let request = self.till.client.post(&format!("/webhooks/razorpay/{}", self.till.tenant.id()));
        let request = request.header("content-type", "application/json").header("x-razorpay-signature", signature);
        request.header("x-razorpay-event-id", id).body(body).send().await
    }

    async fn stripe(&self, id: &str, kind: &str, object: &Value) -> TestAnswer {
        let body = json!({"id": id, "object": "event", "type": kind, "livemode": false, "data": {"object": object}});
        let (body, now) = (body.to_string(), self.till.tenant.stack.now().as_seconds());
        let signature = stripe::signature::sign(&Secret::new(SECRET), now, body.as_bytes());
        let request = self.till.client.post(&format!("/webhooks/stripe/{}", self.till.tenant.id()));
        let request = request.header("content-type", "application/json");
        request.header("stripe-signature", format!("t={now},v1={signature}")).body(body).send().await
    }

    /// Lets the hold of a checkout end, if it still holds anything.
    pub(super) async fn expire(&self, purchase: &Purchase) -> bool {
        let mut operation = self.till.tenant.operation();
        operation.now = operation.now.plus(Duration::from_secs(24 * 60 * 60));
        self.store().expire_hold(&operation, purchase.group.id).await.unwrap() == Expiry::Expired
    }

    /// Calls a checkout off, if that is still possible; returns what goes back of it.
    pub(super) async fn cancel(&self, purchase: &Purchase) -> Option<Option<Refund>> {
        let operation = self.till.tenant.operation();
        let order = self.store().order(operation.scope, purchase.order).await.unwrap().unwrap();
        let done = self.store().cancel_order(&operation, &order, Party::Buyer, CancelReason::ChangedMind).await;
        done.unwrap().ok().map(|done| done.refund)
    }

    /// Reads how many pieces are in stock.
    pub(super) async fn stock(&self) -> u64 {
        let (scope, strong) = (self.till.tenant.scope(), Consistency::Strong);
        let found = self.store().product(scope, self.gear.id, strong).await.unwrap().unwrap();
        found.materials.into_iter().filter_map(|material| material.stock).map(u64::from).sum()
    }

    pub(super) async fn order_status(&self, purchase: &Purchase) -> OrderStatus {
        self.store().order(self.till.tenant.scope(), purchase.order).await.unwrap().unwrap().status
    }

    /// Lists the orders that give the buyer a right to the file of the finite and of the digital product.
    pub(super) async fn rights(&self) -> [Vec<OrderId>; 2] {
        let mut rights = [Vec::new(), Vec::new()];
        for (file, orders) in [&self.gear, &self.plan].into_iter().zip(&mut rights) {
            let scope = self.till.tenant.scope();
            let read = self.store().file_and_entitlement(scope, file.model_files[0], self.buyer).await;
            *orders = read.unwrap().1.map(|right| right.orders.into_iter().collect()).unwrap_or_default();
        }
        rights
    }

    /// Enters all that was told into the books, as the consumer of events does, twice, and adds them up by account.
    pub(super) async fn ledger(&self) -> BTreeMap<(Currency, Account), i64> {
        let (operation, scope) = (self.till.tenant.operation(), self.till.tenant.scope());
        let stored = self.till.tenant.stored("EVT#").await;
        let events = stored.into_iter().map(|item| serde_json::from_value::<Envelope>(item).unwrap().event);
        for event in events {
            let entry = |entry: Result<Entry, domain::ledger::LedgerError>| entry.unwrap();
            let entries = match event {
                Event::OrderGroupPaid { orders, .. } => {
                    let orders = self.store().orders(scope, &orders).await.unwrap();
                    orders.iter().map(|order| entry(Entry::sale(operation.id(), order, operation.now))).collect()
                }
                Event::PaymentNeedsRefund { group, payment } => {
                    let (_, payments) = self.store().order_group_with_payments(scope, group).await.unwrap().unwrap();
                    let amount = payments.into_iter().find(|found| found.id == payment).unwrap().amount;
                    vec![entry(Entry::unearned(operation.id(), payment, amount, operation.now))]
                }
                Event::RefundSucceeded { payment, refund, .. } => {
                    let refund = self.store().refund(scope, payment, refund).await.unwrap().unwrap();
                    let order = match refund.order {
                        Some(order) => self.store().order(scope, order).await.unwrap(),
                        None => None,
                    };
                    vec![entry(Entry::refund(operation.id(), &refund, order.as_ref(), operation.now))]
                }
                _ => Vec::new(),
            };
            for entry in &entries {
                assert!(self.store().book(&operation, entry).await.unwrap());
                assert!(!self.store().book(&operation, entry).await.unwrap());
            }
        }
        self.store().trial_balance(scope).await.unwrap().sums
    }
}

/// Returns what came of a message: the outcome, or VNPay's code.
pub(super) fn outcome(answer: &TestAnswer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let told = answer.body.pointer("/data/outcome").or(answer.body.get("RspCode"));
    told.and_then(Value::as_str).unwrap().to_owned()
}
