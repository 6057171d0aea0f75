//! The nightly comparison with the providers, as the deployed janitor makes it under its own role.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::calendar::Day;
use domain::money::{Currency, Money};
use domain::reconciliation::DifferenceKind;
use harness::razorpay::{Deliver, Pay, Take};
use harness::shop::{Shop, eventually, id};
use janitor::comparison::place;
use serde_json::Value;
use store::reconciliations::Reconciliation;

use crate::operator::haat;

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
    let key_id = format!("rzp_test_{}", shop.tenant.id());
    let by_hand = Take { key_id, amount: 77_700, currency: "INR".to_owned(), notes: BTreeMap::new(), count: 1 };
    let by_hand = shop.provider.take(&by_hand).await.unwrap().remove(0);
    let day = Day::of(stack.now());
    assert!(stack.store().begin_reconciliation(scope, day, stack.now()).await.unwrap());
    let found = compared(&shop, day).await;
    assert_eq!((found.compared, found.listed, found.found), (2, 3, 2));
    let (missed, stranger) = (&found.differences[0], &found.differences[1]);
    assert_eq!((missed.kind, missed.reference.as_deref()), (DifferenceKind::NotHere, Some(order)));
    assert_eq!((stranger.kind, stranger.payment), (DifferenceKind::Unknown, None));
    assert_eq!((stranger.charge.as_ref(), stranger.there), (Some(&by_hand), Some(Money::new(77_700, Currency::Inr))));
    let report = stack.s3().get_object().bucket(&stack.names.invoices_bucket).key(place(scope, day)).send().await;
    let report = report.unwrap().body.collect().await.unwrap().to_vec();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["differences"][0]["payment"], silent.0["paymentId"]);
    assert_eq!(report["differences"][1]["charge"], by_hand.as_str());

    // An operator who looks again sees the same two.
    let (name, today) = (shop.tenant.id().to_string(), day.to_string());
    let ran = haat(&["reconcile", "--tenant", &name, "--day", &today]).await;
    assert!(ran.succeeded, "{}", ran.shown());
    let paid = missed.there.unwrap().to_string();
    let (payment, charge) = (silent.0["paymentId"].as_str().unwrap(), missed.charge.as_deref().unwrap());
    let line = format!("NOT_HERE {payment} razorpay {order} {charge} - - {paid}");
    assert_eq!(ran.line("NOT_HERE").join(" "), line);
    let line = format!("UNKNOWN - razorpay - {by_hand} captured - INR 777.00");
    assert_eq!(ran.line("UNKNOWN").join(" "), line);
    let widths: Vec<_> = ran.printed.lines().take(3).map(|line| line.chars().count()).collect();
    assert!(widths[0] == widths[1] && widths[1] == widths[2], "{}", ran.printed);
    let summary =
        format!("2 payments moved last on {today} (UTC); providers list 3 that took money.\nDifferences: 2. ");
    assert!(ran.printed.contains(&summary), "{}", ran.printed);
    assert!(ran.remarks.contains("2 payments compared, 3 listed"), "{}", ran.remarks);
    let quiet = haat(&["reconcile", "--tenant", &name, "--day", &day.before().to_string()]).await;
    assert!(quiet.succeeded && quiet.printed.ends_with("Nothing differs.\n"), "{}", quiet.shown());

    // The report mends nothing; the message, when it comes, does.
    assert_eq!(shopper.status(&silent.1).await, "PAYMENT_PENDING");
    shop.provider.deliver(order, &Deliver::default()).await.unwrap();
    eventually("the checkout is paid", async || (shopper.status(&silent.1).await == "PAID").then_some(())).await;
    shop.tenant.books_add_up().await;
}
