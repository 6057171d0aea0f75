use std::time::Duration;

use domain::dispute::DisputeStatus;
use domain::event::{Envelope, Event};
use domain::money::Currency;
use domain::order::GroupStatus;
use domain::payment::{Payment, PaymentStatus};
use harness::client::TestAnswer;
use http::StatusCode;
use payments::stripe::signature::sign;
use payments::{Credentials, Secret, stripe};
use serde_json::{Value, json};

use crate::test_support::Till;

fn secret() -> Secret {
    Secret::new("whsec_old")
}

async fn till() -> Till {
    let secrets = vec![Secret::new("whsec_new"), secret()];
    let own = stripe::Credentials::new("pk_test_1", Secret::new("sk_test_1"), "acct_1", secrets).unwrap();
    Till::open(Currency::Usd, &Credentials::Stripe(own)).await
}

async fn sale(till: &Till) -> Payment {
    till.sell(|payment| format!("pi_{}", payment.id.to_string().split_once('_').unwrap().1)).await
}

fn intent(till: &Till, payment: &Payment, status: &str) -> Value {
    let amount = payment.amount.amount;
    json!({
        "id": payment.reference, "object": "payment_intent", "amount": amount, "currency": "usd", "status": status,
        "amount_received": if status == "succeeded" { amount } else { 0 }, "latest_charge": "ch_1",
        "metadata": {"tenant": till.tenant.id(), "payment": payment.id},
    })
}

fn event(id: &str, kind: &str, object: &Value) -> Value {
    json!({"id": id, "object": "event", "type": kind, "livemode": false, "data": {"object": object}})
}

async fn send_as(till: &Till, body: &Value, secret: &Secret, seconds: i64) -> TestAnswer {
    let body = body.to_string();
    let header = format!("t={seconds},v1={},v0=nothing", sign(secret, seconds, body.as_bytes()));
    let request = till.client.post(&format!("/webhooks/stripe/{}", till.tenant.id()));
    let request = request.header("content-type", "application/json").header("stripe-signature", header);
    request.body(body.into_bytes()).send().await
}

async fn send(till: &Till, body: &Value) -> TestAnswer {
    send_as(till, body, &secret(), till.tenant.stack.now().as_seconds()).await
}

async fn outcome(till: &Till, body: &Value) -> String {
    send(till, body).await.data(StatusCode::OK)["outcome"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_intent_that_succeeded_pays_once_in_two_round_trips() {
    let till = till().await;
    let payment = sale(&till).await;
    let failed = event("evt_0", "payment_intent.payment_failed", &intent(&till, &payment, "requires_payment_method"));
    assert_eq!(outcome(&till, &failed).await, "APPLIED");
    let paid = event("evt_1", "payment_intent.succeeded", &intent(&till, &payment, "succeeded"));
    let answer = send(&till, &paid).await;
    assert_eq!(answer.data(StatusCode::OK)["outcome"], "APPLIED");
    assert_eq!(answer.round_trips(), 2);
    let session = json!({
        "payment_status": "paid", "payment_intent": payment.reference, "amount_total": payment.amount.amount,
        "currency": "usd", "metadata": {},
    });
    for again in [
        paid.clone(),
        event("evt_2", "payment_intent.succeeded", &intent(&till, &payment, "succeeded")),
        event("evt_3", "checkout.session.completed", &session),
        event("evt_4", "payment_intent.canceled", &intent(&till, &payment, "canceled")),
        failed,
    ] {
        assert_eq!(outcome(&till, &again).await, "DUPLICATE", "{again}");
    }
    let (group, found) = till.books(&payment).await;
    assert_eq!((group.status, found.status), (GroupStatus::Paid, PaymentStatus::Captured));
    assert_eq!(till.told_paid().await, 1);
}

#[tokio::test]
async fn what_does_not_fit_the_books_is_set_aside_and_pays_nothing() {
    let till = till().await;
    let payment = sale(&till).await;
    let genuine = intent(&till, &payment, "succeeded");
    let with = |pointer: &str, value: Value| {
        let mut body = event("evt_x", "payment_intent.succeeded", &genuine);
        *body.pointer_mut(pointer).unwrap() = value;
        body["id"] = json!(format!("evt_{}", pointer.replace('/', "_")));
        body
    };
    let mut connected = event("evt_c", "payment_intent.succeeded", &genuine);
    connected["account"] = json!("acct_2");
    for body in [
        with("/data/object/amount_received", json!(payment.amount.amount - 1)),
        with("/data/object/currency", json!("inr")),
        with("/data/object/currency", json!("eur")),
        with("/data/object/id", json!("pi_unknown")),
        with("/data/object/metadata/tenant", json!("ten_01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        with("/data/object/metadata/payment", json!("pay_01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        with("/data/object/status", json!("processing")),
        with("/livemode", json!(true)),
        connected,
        json!({"id": "evt_y", "type": "payment_intent.succeeded"}),
    ] {
        let outcome = outcome(&till, &body).await;
        assert!(["QUARANTINED", "DUPLICATE"].contains(&outcome.as_str()), "{outcome}: {body}");
        let (group, found) = till.books(&payment).await;
        assert_eq!((group.status, found.status), (GroupStatus::PaymentPending, PaymentStatus::Initiated), "{body}");
    }
    assert_eq!(till.told_paid().await, 0);
    assert_eq!(outcome(&till, &event("evt_z", "customer.created", &json!({}))).await, "IGNORED");
}

#[tokio::test]
async fn an_old_or_foreign_signature_is_refused_and_nothing_is_stored() {
    let till = till().await;
    let payment = sale(&till).await;
    let body = event("evt_1", "payment_intent.succeeded", &intent(&till, &payment, "succeeded"));
    let now = till.tenant.stack.now().as_seconds();
    for (signer, seconds) in [(secret(), now - 310), (secret(), now + 310), (Secret::new("whsec_x"), now)] {
        let answer = send_as(&till, &body, &signer, seconds).await;
        answer.refused(StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    }
    let unsigned = till.client.post(&format!("/webhooks/stripe/{}", till.tenant.id())).json(body.clone()).send().await;
    unsigned.refused(StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    assert_eq!((till.remembered().await, till.told_paid().await), (0, 0));
    till.tenant.stack.clock.advance(Duration::from_secs(1));
    let answer = send_as(&till, &body, &Secret::new("whsec_new"), now).await;
    assert_eq!(answer.data(StatusCode::OK)["outcome"], "APPLIED");
}

fn dispute(payment: &Payment, status: &str) -> Value {
    json!({
        "id": "dp_1", "object": "dispute", "amount": payment.amount.amount, "currency": "usd", "charge": "ch_1",
        "payment_intent": payment.reference, "reason": "fraudulent", "status": status, "metadata": {},
        "balance_transactions": [], "is_charge_refundable": false, "livemode": false,
        "evidence_details": {"due_by": 1_900_000_000, "has_evidence": false, "past_due": false, "submission_count": 0},
    })
}

#[tokio::test]
async fn a_dispute_is_noted_in_two_round_trips_and_ends_once_in_whatever_order_it_is_told() {
    let till = till().await;
    let payment = sale(&till).await;
    let (store, scope) = (till.tenant.stack.store(), till.tenant.scope());
    let known = async || store.disputes(scope, "stripe", &payment.reference).await.unwrap();
    let told =
        |id: &str, kind: &str, status: &str| event(id, &format!("charge.dispute.{kind}"), &dispute(&payment, status));

    // The first message of a process also reads tenant and keys.
    assert_eq!(outcome(&till, &event("evt_0", "customer.created", &json!({}))).await, "IGNORED");
    // Before the capture is told: what the bank says counts all the same.
    let answer = send(&till, &told("evt_d1", "created", "needs_response")).await;
    assert_eq!((answer.data(StatusCode::OK)["outcome"].as_str(), answer.round_trips()), (Some("APPLIED"), 2));
    let paid = event("evt_1", "payment_intent.succeeded", &intent(&till, &payment, "succeeded"));
    assert_eq!(outcome(&till, &paid).await, "APPLIED");
    let disputes = known().await.unwrap();
    assert!(disputes.is_open());
    assert_eq!((disputes.payment, disputes.disputes[0].amount), (payment.id, payment.amount));
    assert_eq!(disputes.disputes[0].respond_by.map(|at| at.as_seconds()), Some(1_900_000_000));

    // Each of the messages at once and twice: one of them ends it.
    let told_at_once = [
        told("evt_d2", "funds_withdrawn", "needs_response"),
        told("evt_d3", "updated", "under_review"),
        told("evt_d4", "closed", "lost"),
        told("evt_d4", "closed", "lost"),
        told("evt_d5", "updated", "lost"),
    ];
    let sent = futures_util::future::join_all(told_at_once.iter().map(|body| outcome(&till, body))).await;
    assert_eq!(sent.iter().filter(|outcome| *outcome == "APPLIED").count(), 1, "{sent:?}");
    for body in &told_at_once {
        assert_eq!(outcome(&till, body).await, "DUPLICATE");
    }
    let disputes = known().await.unwrap();
    assert_eq!((disputes.is_open(), disputes.disputes[0].status), (false, DisputeStatus::Lost));
    assert_eq!(outcome(&till, &told("evt_d6", "closed", "won")).await, "QUARANTINED");
    assert_eq!(known().await, Some(disputes));
    // The books hear of what is lost once.
    let stored = till.tenant.stored("EVT#").await;
    let events = stored.into_iter().map(|item| serde_json::from_value::<Envelope>(item).unwrap().event);
    let lost: Vec<_> = events.filter(|event| matches!(event, Event::PaymentChargedBack { .. })).collect();
    let (group, amount) = (payment.group, payment.amount);
    assert_eq!(lost, [Event::PaymentChargedBack { group, payment: payment.id, place: 0, amount }]);
    // What the payment is does not depend on it.
    assert_eq!(till.books(&payment).await.1.status, PaymentStatus::Captured);
}

#[tokio::test]
async fn a_dispute_that_does_not_fit_is_set_aside() {
    let till = till().await;
    let payment = sale(&till).await;
    let genuine = event("evt_1", "charge.dispute.created", &dispute(&payment, "needs_response"));
    for (pointer, value) in [
        ("/data/object/amount", json!(payment.amount.amount + 1)),
        ("/data/object/currency", json!("inr")),
        ("/data/object/currency", json!("eur")),
        ("/data/object/payment_intent", json!("pi_unknown")),
        ("/data/object/status", json!("pondered")),
        ("/livemode", json!(true)),
    ] {
        let mut body = genuine.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body["id"] = json!(format!("evt{}", body.to_string().len()));
        assert!(["QUARANTINED", "DUPLICATE"].contains(&outcome(&till, &body).await.as_str()), "{body}");
    }
    let (store, scope) = (till.tenant.stack.store(), till.tenant.scope());
    assert_eq!(store.disputes(scope, "stripe", &payment.reference).await.unwrap(), None);
}
