//! The nightly comparison with the providers, as the deployed janitor makes it under its own role.

use axum::http::StatusCode;
use domain::calendar::Day;
use domain::reconciliation::DifferenceKind;
use harness::razorpay::{Deliver, Pay};
use harness::shop::{Shop, eventually, id};
use janitor::comparison::place;
use serde_json::Value;
use store::reconciliations::Reconciliation;

/// Waits until a day's comparison is finished. The janitor comes by once a minute.
async fn compared(shop: &Shop, day: Day) -> Reconciliation {
    let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
    eventually(&format!("the comparison of {day} is finished"), async || {
        let found = store.reconciliation(scope, day).await.unwrap().unwrap();
        found.finished_at.is_some().then_some(found)
    })
    .await
}

#[tokio::test]
async fn the_janitor_reports_money_of_which_no_message_told() {
    let shop = Shop::open().await;
    let vase = shop.offer("Vase", 5).await;
    let shopper = shop.shopper().await;
    let address = shopper.address().await;
    let mut payments = Vec::new();
    for key in ["told", "silent"] {
        shopper.add_to_cart(&vase, 1).await.data(StatusCode::OK);
        let group = id(shopper.check_out(&address, key).await.data(StatusCode::CREATED));
        payments.push((shopper.open_payment(&group).await, group));
    }
    let (told, silent) = (&payments[0], &payments[1]);
    shop.pay(&told.0, Deliver::default()).await;
    let order = silent.0["razorpayOrderId"].as_str().unwrap();
    let kept_back = Pay { deliver: Deliver { send: false, ..Deliver::default() }, ..Pay::default() };
    shop.provider.pay(order, &kept_back).await.unwrap();
    eventually("the checkout is paid", async || (shopper.status(&told.1).await == "PAID").then_some(())).await;

    let (stack, scope) = (&shop.tenant.stack, shop.tenant.scope());
    let day = Day::of(stack.now());
    assert!(stack.store().begin_reconciliation(scope, day, stack.now()).await.unwrap());
    let found = compared(&shop, day).await;
    assert_eq!((found.compared, found.found), (2, 1));
    let difference = &found.differences[0];
    assert_eq!((difference.kind, difference.reference.as_str()), (DifferenceKind::NotHere, order));
    let report = stack.s3().get_object().bucket(&stack.names.invoices_bucket).key(place(scope, day)).send().await;
    let report = report.unwrap().body.collect().await.unwrap().to_vec();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["differences"][0]["payment"], silent.0["paymentId"]);

    // The report mends nothing; the message, when it comes, does.
    assert_eq!(shopper.status(&silent.1).await, "PAYMENT_PENDING");
    shop.provider.deliver(order, &Deliver::default()).await.unwrap();
    eventually("the checkout is paid", async || (shopper.status(&silent.1).await == "PAID").then_some(())).await;
    shop.tenant.books_add_up().await;
}
