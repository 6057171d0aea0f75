use domain::dispute::DisputeStatus;
use serde_json::{Value, json};

use super::*;

/// Writes what Razorpay tells of a dispute about a payment, whose entity is taken from a message about its capture.
fn told(shop: &Shop, captured: &Delivered, event: &str, status: &str) -> Delivered {
    let captured: Value = serde_json::from_str(&captured.body).unwrap();
    let payment = &captured["payload"]["payment"];
    let body = json!({
        "entity": "event", "account_id": shop.account_id(), "event": event, "contains": ["payment", "dispute"],
        "payload": {
            "payment": payment,
            "dispute": {"entity": {
                "id": "disp_EsIAlDcoUr8CaQ", "entity": "dispute", "payment_id": payment["entity"]["id"],
                "amount": payment["entity"]["amount"], "currency": payment["entity"]["currency"],
                "amount_deducted": 0, "gateway_dispute_id": "CB-17", "reason_code": "chargeback_authorization",
                "respond_by": 1_900_000_000, "status": status, "phase": "chargeback", "created_at": 1_800_000_000,
                "comments": null,
            }},
        },
        "created_at": 1_800_000_000,
    });
    Delivered { event_id: format!("evt_{event}_{status}"), ..shop.letter(&body.to_string()) }
}

#[tokio::test]
async fn a_dispute_of_razorpays_is_noted_and_ends_once() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    let letters = shop.pay(&purchase, Payer::Capture).await;
    let captured = of(&letters, "payment.captured");
    shop.send(captured).await.expect("APPLIED");
    let (store, scope) = (shop.stack().store(), shop.tenant.scope());
    let known = async || store.disputes(scope, "razorpay", &purchase.reference).await.unwrap();

    let opened = told(&shop, captured, "payment.dispute.created", "open");
    let answer = shop.send(&opened).await;
    answer.expect("APPLIED");
    assert_eq!(answer.round_trips, 2);
    for (event, status) in [
        ("payment.dispute.created", "open"),
        ("payment.dispute.under_review", "under_review"),
        ("payment.dispute.action_required", "open"),
    ] {
        shop.send(&told(&shop, captured, event, status)).await.expect("DUPLICATE");
    }
    let disputes = known().await.unwrap();
    assert!(disputes.is_open());
    assert_eq!((disputes.payment, disputes.disputes[0].amount), (purchase.payment, purchase.amount));
    assert_eq!(disputes.disputes[0].reason, "chargeback_authorization");

    // An event and a status that disagree decide nothing.
    shop.send(&told(&shop, captured, "payment.dispute.won", "lost")).await.expect("QUARANTINED");
    shop.send(&told(&shop, captured, "payment.dispute.won", "won")).await.expect("APPLIED");
    shop.send(&told(&shop, captured, "payment.dispute.created", "open")).await.expect("DUPLICATE");
    shop.send(&told(&shop, captured, "payment.dispute.lost", "lost")).await.expect("QUARANTINED");
    let disputes = known().await.unwrap();
    assert_eq!((disputes.is_open(), disputes.disputes[0].status), (false, DisputeStatus::Won));
}
