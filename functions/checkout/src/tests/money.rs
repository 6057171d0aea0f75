//! The money path below HTTP: what providers' messages and the end of a hold do, in any order and number.

use domain::invoice::Series;
use domain::payment::{Misfit, PaymentStatus, Signal};
use http::StatusCode;
use serde_json::json;
use store::holds::Expiry;
use store::meter::Meter;
use store::settlements::Settled;

use crate::test_support::Shop;

const CAPTURED: Settled = Settled::Applied(PaymentStatus::Captured);

#[tokio::test]
async fn fifty_captures_in_parallel_pay_once() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 2).await;
    let payment = buyer.initiate(&group, "p").await;
    let told = futures_of(50, async |n| {
        // The same message, its sibling under another id, and older news.
        match n % 3 {
            0 => shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await,
            1 => shop.tell(&payment, Signal::Captured, "evt_2", "pay_1").await,
            _ => shop.tell(&payment, Signal::Authorized, "evt_0", "pay_1").await,
        }
    })
    .await;
    assert_eq!(told.iter().filter(|settled| **settled == CAPTURED).count(), 1);
    let group = buyer.group(&group).await;
    assert_eq!((&group["status"], &group["hold"]), (&json!("PAID"), &json!("COMMITTED")));
    assert_eq!(group["payments"][0]["status"], "CAPTURED");
    assert_eq!(shop.events("OrderGroupPaid").await, 1);
    assert_eq!(shop.stock(&offer).await, 3);
    let order = buyer.get(&format!("/orders/{}", group["orderIds"][0].as_str().unwrap())).await;
    let steps = order.data(StatusCode::OK)["timeline"].as_array().unwrap().clone();
    let steps: Vec<_> = steps.iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(steps, ["CREATED", "PAYMENT_PENDING", "PAID"]);
    let rights = shop.tenant.stored(&format!("U#{}", buyer.member.user.id)).await;
    let rights: Vec<_> = rights.iter().filter(|item| item["type"] == "Entitlement").collect();
    assert_eq!((rights.len(), &rights[0]["orders"]), (1, &json!([group["orderIds"][0]])));
}

#[tokio::test]
async fn a_capture_takes_two_round_trips_and_so_does_its_sibling() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let payment = buyer.initiate(&buyer.buy(&offer, 2).await, "p").await;
    for (event, trips) in [("evt_1", 2), ("evt_2", 2), ("evt_1", 1)] {
        let meter = Meter::default();
        meter.watch(shop.tell(&payment, Signal::Captured, event, "pay_1")).await;
        assert_eq!(meter.usage().round_trips, trips, "{event}");
    }
}

#[tokio::test]
async fn a_failed_payment_can_be_tried_again_and_may_still_be_captured() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let first = buyer.initiate(&group, "p1").await;
    assert_eq!(shop.tell(&first, Signal::Failed, "evt_1", "pay_1").await, Settled::Applied(PaymentStatus::Failed));
    assert_eq!(buyer.group(&group).await["status"], "PAYMENT_FAILED");
    let second = buyer.initiate(&group, "p2").await;
    assert_ne!(first["paymentId"], second["paymentId"]);
    // Late news of the first attempt touches neither the second nor the checkout.
    assert_eq!(shop.tell(&first, Signal::Failed, "evt_2", "pay_1").await, Settled::Duplicate);
    assert_eq!(buyer.group(&group).await["status"], "PAYMENT_PENDING");
    assert_eq!(shop.tell(&first, Signal::Captured, "evt_3", "pay_2").await, CAPTURED);
    assert_eq!(buyer.group(&group).await["status"], "PAID");
    // Now the second is paid too: that money must go back.
    assert_eq!(shop.tell(&second, Signal::Captured, "evt_4", "pay_3").await, Settled::NeedsRefund);
    assert_eq!(shop.tell(&second, Signal::Failed, "evt_5", "pay_3").await, Settled::Duplicate);
    assert_eq!((shop.events("PaymentNeedsRefund").await, shop.events("OrderGroupPaid").await), (1, 1));
    assert_eq!(shop.stock(&offer).await, 4);
}

#[tokio::test]
async fn another_charge_of_a_captured_order_is_set_aside() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let payment = buyer.initiate(&buyer.buy(&offer, 1).await, "p").await;
    assert_eq!(shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await, CAPTURED);
    let second = shop.tell(&payment, Signal::Captured, "evt_2", "pay_2").await;
    assert_eq!(second, Settled::Quarantined(Misfit::SecondCharge));
    // The id of an event that somebody used up before does not keep the real one out.
    let other = buyer.initiate(&buyer.buy(&offer, 1).await, "p2").await;
    assert_eq!(shop.tell(&other, Signal::Captured, "evt_1", "pay_9").await, CAPTURED);
}

#[tokio::test]
async fn an_unpaid_checkout_gives_its_stock_back_once() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 3).await;
    assert_eq!(shop.stock(&offer).await, 2);
    let ended = futures_of(20, async |_| shop.expire(&group).await).await;
    assert_eq!(ended.iter().filter(|expiry| **expiry == Expiry::Expired).count(), 1);
    assert_eq!(shop.stock(&offer).await, 5);
    let group = buyer.group(&group).await;
    assert_eq!((&group["status"], &group["hold"]), (&json!("EXPIRED"), &json!("RELEASED")));
    let order = buyer.get(&format!("/orders/{}", group["orderIds"][0].as_str().unwrap())).await;
    assert_eq!(order.data(StatusCode::OK)["status"], "EXPIRED");
    assert_eq!(shop.events("OrderGroupExpired").await, 1);
}

#[tokio::test]
async fn a_payment_after_the_end_takes_the_stock_again_or_must_go_back() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(3).await);
    let group = buyer.buy(&offer, 2).await;
    let payment = buyer.initiate(&group, "p").await;
    assert_eq!(shop.expire(&group).await, Expiry::Expired);
    assert_eq!(shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await, CAPTURED);
    assert_eq!((buyer.group(&group).await["status"].clone(), shop.stock(&offer).await), (json!("PAID"), 1));

    let late = shop.buyer().await;
    let group = late.buy(&offer, 1).await;
    let payment = late.initiate(&group, "p").await;
    shop.expire(&group).await;
    shop.buyer().await.buy(&offer, 1).await;
    let told = shop.tell(&payment, Signal::Captured, "evt_2", "pay_2").await;
    assert_eq!(told, Settled::NeedsRefund);
    let group = late.group(&group).await;
    assert_eq!((&group["status"], &group["payments"][0]["status"]), (&json!("EXPIRED"), &json!("CAPTURED")));
    assert_eq!((shop.stock(&offer).await, shop.events("PaymentNeedsRefund").await), (0, 1));
}

#[tokio::test]
async fn of_a_capture_and_an_expiry_at_once_the_stock_is_counted_right() {
    let shop = Shop::open().await;
    let offer = shop.offer(40).await;
    let mut left = 40;
    for n in 0..12 {
        let buyer = shop.buyer().await;
        let group = buyer.buy(&offer, 1).await;
        let payment = buyer.initiate(&group, "p").await;
        let (event, charge) = (format!("evt_{n}"), format!("pay_{n}"));
        let capture = shop.tell(&payment, Signal::Captured, &event, &charge);
        let (told, _) = tokio::join!(capture, shop.expire(&group));
        assert_eq!(told, CAPTURED, "there is stock to take again");
        left -= 1;
        assert_eq!(buyer.group(&group).await["status"], "PAID");
        assert_eq!(shop.stock(&offer).await, left);
        assert_eq!(shop.expire(&group).await, Expiry::NotDue);
    }
    assert_eq!(shop.events("OrderGroupPaid").await, 12);
}

#[tokio::test]
async fn stock_that_is_not_counted_any_more_does_not_keep_a_hold_alive() {
    let shop = Shop::open().await;
    let (buyer, kept, gone) = (shop.buyer().await, shop.offer(5).await, shop.offer(5).await);
    buyer.add(&gone, 1).await.data(StatusCode::OK);
    let group = buyer.buy(&kept, 2).await;
    shop.stop_counting(&gone).await;
    assert_eq!(shop.expire(&group).await, Expiry::Expired);
    assert_eq!(shop.stock(&kept).await, 5);
}

#[tokio::test]
async fn invoices_are_numbered_without_gaps_whoever_comes_first() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(50).await);
    let (scope, store) = (shop.tenant.scope(), shop.tenant.stack.store());
    let series = Series::of_invoices(&shop.tenant.tenant, None, shop.tenant.stack.now());
    let mut orders = Vec::new();
    for n in 0..8 {
        let group = buyer.buy(&offer, 1).await;
        let payment = buyer.initiate(&group, &format!("p{n}")).await;
        let order = shop.settlement(&payment).await.orders[0];
        let order = store.order(scope, order).await.unwrap().unwrap();
        let operation = shop.tenant.operation();
        let refused = store.number_invoice(&operation, &series, &order, None).await;
        assert!(matches!(refused, Err(store::Error::Conflict)), "an unpaid order has no invoice");
        shop.tell(&payment, Signal::Captured, &format!("evt_{n}"), &format!("pay_{n}")).await;
        orders.push(store.order(scope, order.id).await.unwrap().unwrap());
    }
    // Each order is asked for three times at once.
    let numbered = futures_of(24, async |n| {
        let operation = shop.tenant.operation();
        store.number_invoice(&operation, &series, &orders[n % 8], None).await.unwrap()
    })
    .await;
    let numbers: std::collections::BTreeSet<_> = numbered.iter().map(|invoice| invoice.number.clone()).collect();
    let year = &numbered[0].number["HAAT-".len()..][..4];
    let expected: std::collections::BTreeSet<_> = (1..=8).map(|n| format!("HAAT-{year}-{n:04}")).collect();
    assert_eq!(numbers, expected);

    let invoice = &numbered[0];
    let stored = futures_of(10, async |_| {
        store.invoice_stored(&shop.tenant.operation(), invoice, "invoices/a.pdf").await.unwrap()
    })
    .await;
    assert_eq!(stored.iter().filter(|first| **first).count(), 1);
    assert_eq!(shop.events("InvoiceIssued").await, 1);
    let (_, found) = store.order_and_invoice(scope, invoice.order).await.unwrap();
    assert_eq!(found.unwrap().object_key.as_deref(), Some("invoices/a.pdf"));
}

/// Runs `count` of the same at once.
pub(super) async fn futures_of<T>(count: usize, work: impl AsyncFn(usize) -> T) -> Vec<T> {
    let mut running: Vec<_> = (0..count).map(|n| Box::pin(work(n))).collect();
    let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, done) in running.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
