use domain::money::{Currency, Money};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Secret;

fn credentials() -> Credentials {
    let secrets = vec![Secret::new("the new secret"), Secret::new("the old secret")];
    Credentials::new("rzp_test_key", Secret::new("key secret"), "acc_1", secrets).unwrap()
}

fn payment(status: &str) -> Value {
    json!({ "entity": {
        "id": "pay_1", "entity": "payment", "amount": 2244, "currency": "INR", "status": status, "order_id": "order_1",
        "invoice_id": null, "method": "card", "captured": true, "notes": [], "error_code": null, "created_at": 1_700_000_000,
    }})
}

fn event(name: &str, payload: Value) -> Value {
    json!({
        "entity": "event", "account_id": "acc_1", "event": name, "contains": ["payment"],
        "payload": payload, "created_at": 1_700_000_001,
    })
}

fn read(body: &Value) -> Result<Notification, Unusable> {
    let body = serde_json::to_vec(body).unwrap();
    let signature = signature::sign(&Secret::new("the new secret"), &body);
    UnverifiedWebhook::new(&body, &signature, Some("evt_1")).verify(&credentials()).unwrap().notification()
}

fn meaning_of(name: &str, payload: Value) -> Result<Meaning, Unusable> {
    read(&event(name, payload)).map(|notification| notification.meaning)
}

fn state_of(name: &str, status: &str) -> Result<PaymentState, Unusable> {
    match meaning_of(name, json!({ "payment": payment(status) }))? {
        Meaning::Payment(state, _) => Ok(state),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_captured_payment_is_read_with_everything_that_identifies_it() {
    let mut payment = payment("captured");
    payment["entity"]["notes"] = json!({ "tenant": "ten_1", "count": 3 });
    let notification = read(&event("payment.captured", json!({ "payment": payment }))).unwrap();
    let charge = Charge {
        payment_id: "pay_1".into(),
        order_id: Some("order_1".into()),
        amount: Some(Money::new(2244, Currency::Inr)),
        notes: [("count".into(), "3".into()), ("tenant".into(), "ten_1".into())].into(),
    };
    assert_eq!(
        notification,
        Notification {
            event_id: "evt_1".into(),
            event: "payment.captured".into(),
            account: "acc_1".into(),
            meaning: Meaning::Payment(PaymentState::Captured, charge),
        }
    );
}

#[test]
fn event_and_status_decide_and_the_captured_flag_does_not() {
    use PaymentState::{Authorized, Captured, Failed};
    for (name, status, expected) in [
        ("payment.authorized", "authorized", Ok(Authorized)),
        ("payment.authorized", "captured", Ok(Authorized)),
        ("payment.authorized", "failed", Err(Unusable::Contradiction)),
        ("payment.captured", "captured", Ok(Captured)),
        ("payment.captured", "authorized", Err(Unusable::Contradiction)),
        ("payment.captured", "failed", Err(Unusable::Contradiction)),
        ("payment.captured", "something new", Err(Unusable::Contradiction)),
        ("payment.failed", "failed", Ok(Failed)),
        ("payment.failed", "captured", Err(Unusable::Contradiction)),
    ] {
        assert_eq!(state_of(name, status), expected, "{name} with {status}");
    }
}

#[test]
fn a_paid_order_means_captured_only_when_order_and_payment_agree() {
    let order = |id: &str, status: &str| {
        json!({ "entity": {
            "id": id, "entity": "order", "amount": 2244, "amount_paid": 2244, "amount_due": 0, "currency": "INR",
            "receipt": "pay_ours", "status": status, "attempts": 1, "notes": { "tenant": "ten_1" },
        }})
    };
    let read =
        |order: Value, status: &str| meaning_of("order.paid", json!({ "order": order, "payment": payment(status) }));
    match read(order("order_1", "paid"), "captured").unwrap() {
        Meaning::Payment(PaymentState::Captured, charge) => assert_eq!(charge.notes["tenant"], "ten_1"),
        other => panic!("{other:?}"),
    }
    assert_eq!(read(order("order_2", "paid"), "captured"), Err(Unusable::Contradiction));
    assert_eq!(read(order("order_1", "attempted"), "captured"), Err(Unusable::Contradiction));
    assert_eq!(read(order("order_1", "paid"), "authorized"), Err(Unusable::Contradiction));
}

#[test]
fn a_refund_counts_once_it_is_processed_and_by_its_own_amount() {
    let refund = |status: &str, payment: &str| {
        json!({ "entity": {
            "id": "rfnd_1", "entity": "refund", "amount": 100, "currency": "INR", "payment_id": payment, "status": status,
        }})
    };
    let read =
        |name: &str, refund: Value| meaning_of(name, json!({ "refund": refund, "payment": payment("captured") }));
    for name in ["refund.created", "refund.processed"] {
        match read(name, refund("processed", "pay_1")).unwrap() {
            Meaning::Refunded(refund) => assert_eq!(refund.amount, Some(Money::new(100, Currency::Inr))),
            other => panic!("{other:?}"),
        }
        assert_eq!(read(name, refund("processed", "pay_2")), Err(Unusable::Contradiction));
    }
    assert_eq!(read("refund.created", refund("pending", "pay_1")), Ok(Meaning::Ignored));
    assert_eq!(read("refund.processed", refund("failed", "pay_1")), Err(Unusable::Contradiction));
}

#[test]
fn other_events_are_ignored_whatever_they_carry() {
    assert_eq!(meaning_of("subscription.charged", json!({ "payment": 7 })), Ok(Meaning::Ignored));
    assert_eq!(meaning_of("account.activated", Value::Null), Ok(Meaning::Ignored));
}

#[test]
fn an_amount_that_we_dont_trade_in_is_no_amount() {
    for (amount, currency) in [(json!(2244), "EUR"), (json!(2244), "inr"), (json!(-1), "INR"), (json!(i64::MAX), "INR")]
    {
        let mut payment = payment("captured");
        payment["entity"]["amount"] = amount;
        payment["entity"]["currency"] = json!(currency);
        match meaning_of("payment.captured", json!({ "payment": payment })).unwrap() {
            Meaning::Payment(_, charge) => assert_eq!(charge.amount, None),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn other_shapes_are_unreadable() {
    let mut fractional = payment("captured");
    fractional["entity"]["amount"] = json!(22.44);
    for payload in [json!({}), json!([]), json!({ "payment": {} }), json!({ "payment": fractional })] {
        assert_eq!(meaning_of("payment.captured", payload), Err(Unusable::Unreadable));
    }
    assert_eq!(read(&json!([])), Err(Unusable::Unreadable));
    assert_eq!(read(&json!({ "event": "payment.captured" })), Err(Unusable::Unreadable));
}

#[test]
fn both_live_secrets_verify_and_no_other_does() {
    let body = b"{}";
    for (secret, expected) in [("the new secret", true), ("the old secret", true), ("key secret", false), ("", false)] {
        let signature = if secret.is_empty() { String::new() } else { signature::sign(&Secret::new(secret), body) };
        let verified = UnverifiedWebhook::new(body, &signature, None).verify(&credentials());
        assert_eq!(verified.is_ok(), expected, "{secret}");
    }
}

#[test]
fn an_event_without_a_usable_id_gets_one_that_follows_from_its_body() {
    let id_of = |body: &[u8], header: Option<&str>| {
        let signature = signature::sign(&Secret::new("the new secret"), body);
        UnverifiedWebhook::new(body, &signature, header).verify(&credentials()).unwrap().event_id()
    };
    assert_eq!(id_of(b"{}", Some("evt_00000000000001")), "evt_00000000000001");
    let fallback = id_of(b"{}", None);
    for unusable in ["", "a b", "a#b", &"a".repeat(65)] {
        assert_eq!(id_of(b"{}", Some(unusable)), fallback, "{unusable:?}");
    }
    assert_ne!(id_of(b"{ }", None), fallback);
}

proptest! {
    #[test]
    fn a_webhook_with_any_bit_flipped_is_refused(position: prop::sample::Index, bit in 0u8..8) {
        let mut body = serde_json::to_vec(&event("payment.captured", json!({ "payment": payment("captured") }))).unwrap();
        let signature = signature::sign(&Secret::new("the old secret"), &body);
        let position = position.index(body.len());
        body[position] ^= 1 << bit;
        prop_assert_eq!(UnverifiedWebhook::new(&body, &signature, None).verify(&credentials()).err(), Some(BadSignature));
    }

    #[test]
    fn reading_never_panics(body: Vec<u8>, name in "(payment\\.(authorized|captured|failed)|order\\.paid|refund\\.created)") {
        let signature = signature::sign(&Secret::new("the new secret"), &body);
        let verified = UnverifiedWebhook::new(&body, &signature, None).verify(&credentials()).unwrap();
        let _ = verified.notification();
        let _ = meaning_of(&name, json!({ "payment": String::from_utf8_lossy(&body) }));
    }
}
