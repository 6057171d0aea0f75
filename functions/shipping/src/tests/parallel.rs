use std::sync::Arc;

use domain::order::{CancelReason, CancelRefused, OrderStatus, Party};
use domain::refund::{Portion, RefundLine};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::refunds::RefundRequest;
use tokio::task::JoinSet;

use crate::test_support::Shop;

/// Counts answers of a status; the others must be refusals with `code`.
fn made(answers: &[harness::client::TestAnswer], status: StatusCode, code: &str) -> usize {
    for answer in answers.iter().filter(|answer| answer.status != status) {
        answer.refused(StatusCode::CONFLICT, code);
    }
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn of_parcels_announced_at_once_only_those_are_made_that_fit_together() {
    let shop = Arc::new(Shop::open().await);
    let (order, _) = shop.sell_paid(&["Vase", "Gear"]).await;
    let mut work = JoinSet::new();
    for number in 0..12 {
        let (shop, body) = (Arc::clone(&shop), shop.parcel(&order, Some(&[(number % 2, 1)])));
        work.spawn(async move { shop.send(&shop.staff, Method::POST, "/admin/shipments", body).await });
    }
    let answers = work.join_all().await;
    assert_eq!(made(&answers, StatusCode::CREATED, "SHIPMENT_TOO_LARGE"), 4);
    let sent = shop.tenant.stack.store().fulfilment(shop.tenant.scope(), order.id).await.unwrap();
    assert_eq!((sent.parts.len(), sent.live), (4, 4));
    assert_eq!(shop.tenant.stored("SHP#").await.len(), 4);
}

#[tokio::test]
async fn of_parcels_under_one_number_at_once_one_is_made() {
    let shop = Arc::new(Shop::open().await);
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let mut work = JoinSet::new();
    let number = shop.fresh();
    for _ in 0..6 {
        let mut body = shop.parcel(&order, Some(&[(0, 1)]));
        body["trackingNumber"] = json!(number);
        let shop = Arc::clone(&shop);
        work.spawn(async move { shop.send(&shop.staff, Method::POST, "/admin/shipments", body).await });
    }
    assert_eq!(made(&work.join_all().await, StatusCode::CREATED, "TRACKING_NUMBER_TAKEN"), 1);
}

#[tokio::test]
async fn parcels_that_arrive_at_once_make_their_order_delivered_once() {
    let shop = Arc::new(Shop::open().await);
    let (order, _) = shop.sell_paid(&["Vase", "Gear", "Lamp"]).await;
    let mut parcels = Vec::new();
    for line in 0..3 {
        for _ in 0..2 {
            parcels.push(shop.announce(&order, Some(&[(line, 1)])).await);
        }
    }
    for (status, expected) in [("SHIPPED", OrderStatus::Shipped), ("DELIVERED", OrderStatus::Delivered)] {
        let mut work = JoinSet::new();
        for parcel in parcels.clone() {
            let shop = Arc::clone(&shop);
            work.spawn(async move { shop.advance(&parcel, status).await });
        }
        for answer in work.join_all().await {
            assert_eq!(answer.data(StatusCode::OK)["status"], status);
        }
        let order = shop.order(&order).await;
        assert_eq!(order.status, expected);
        assert_eq!(order.timeline.iter().filter(|step| step.status == expected).count(), 1);
    }
}

#[tokio::test]
async fn of_two_who_move_one_parcel_at_once_one_does() {
    let shop = Arc::new(Shop::open().await);
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let mut work = JoinSet::new();
    for _ in 0..6 {
        let (shop, parcel) = (Arc::clone(&shop), parcel.clone());
        work.spawn(async move { shop.advance(&parcel, "SHIPPED").await });
    }
    let answers = work.join_all().await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    // The others have read it before, or after.
    let codes: Vec<&Value> =
        answers.iter().map(|answer| &answer.body["code"]).filter(|code| code.is_string()).collect();
    assert!(codes.iter().all(|code| *code == "CONFLICT" || *code == "INVALID_TRANSITION"), "{codes:?}");
    assert_eq!(won, 1);
    let events = shop.tenant.stored("EVT#").await;
    let told = |item: &&Value| item["event"]["type"] == "ShipmentMoved" && item["event"]["status"] == "SHIPPED";
    assert_eq!(events.iter().filter(told).count(), 1);
}

#[tokio::test]
async fn pieces_that_are_given_back_while_they_are_packed_never_leave() {
    let shop = Arc::new(Shop::open().await);
    let (order, payment) = shop.sell_paid(&["Vase", "Gear", "Lamp", "Ring"]).await;
    let (mut parcels, mut refunds) = (JoinSet::new(), JoinSet::new());
    for line in 0..4 {
        let (packer, giver) = (Arc::clone(&shop), Arc::clone(&shop));
        let (body, payment) = (shop.parcel(&order, Some(&[(line, 2)])), payment.clone());
        parcels.spawn(async move { packer.send(&packer.staff, Method::POST, "/admin/shipments", body).await });
        let portion = Portion::Lines(vec![RefundLine { line, quantity: 1 }]);
        let reason = "not wanted".to_owned();
        let request = RefundRequest { payment: payment.id, order: order.id, portion, restock: false, reason };
        refunds.spawn(async move {
            let (store, operation) = (giver.tenant.stack.store(), giver.tenant.operation());
            store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
        });
    }
    refunds.join_all().await;
    let answers = parcels.join_all().await;
    made(&answers, StatusCode::CREATED, "SHIPMENT_TOO_LARGE");
    for answer in answers.iter().filter(|answer| answer.status == StatusCode::CREATED) {
        let parcel = answer.data(StatusCode::CREATED);
        shop.advance(parcel, "SHIPPED").await.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
        shop.advance(parcel, "RETURNED").await.data(StatusCode::OK);
    }
    let rest = shop.announce(&order, None).await;
    let one = |line: u32| json!({"line": line, "quantity": 1});
    assert_eq!(rest["lines"], json!([one(0), one(1), one(2), one(3)]));
    shop.advance(&rest, "SHIPPED").await.data(StatusCode::OK);
    assert_eq!(shop.order(&order).await.status, OrderStatus::Shipped);
}

#[tokio::test]
async fn an_order_that_is_called_off_and_packed_at_once_is_one_of_both() {
    let shop = Arc::new(Shop::open().await);
    let mut work = JoinSet::new();
    for _ in 0..6 {
        let (order, _) = shop.sell_paid(&["Vase"]).await;
        let shop = Arc::clone(&shop);
        work.spawn(async move {
            let (store, operation) = (shop.tenant.stack.store(), shop.tenant.operation());
            let packed = shop.send(&shop.staff, Method::POST, "/admin/shipments", shop.parcel(&order, None));
            let called_off = store.cancel_order(&operation, &order, Party::Staff, CancelReason::OutOfStock);
            let (packed, called_off) = tokio::join!(packed, called_off);
            (shop.order(&order).await, packed, called_off.unwrap())
        });
    }
    for (order, packed, called_off) in work.join_all().await {
        let sent = shop.tenant.stack.store().fulfilment(shop.tenant.scope(), order.id).await.unwrap();
        match called_off {
            Ok(_) => {
                packed.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
                assert_eq!((order.status, sent.live), (OrderStatus::Cancelled, 0));
            }
            Err(refused) => {
                packed.data(StatusCode::CREATED);
                assert_eq!((refused, order.status, sent.live), (CancelRefused::Sent, OrderStatus::Processing, 1));
            }
        }
    }
}
