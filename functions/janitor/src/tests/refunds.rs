use std::sync::Arc;

use domain::access::Role;
use domain::payment::PaymentStatus;
use domain::refund::{Portion, RefundStatus};
use harness::razorpay::{Account, Deliver, Pay, StandIn};
use payments::api::NewOrder;
use payments::razorpay::{Credentials, Razorpay};
use payments::{Credentials as AnyCredentials, Secret, manual};
use store::platform::DueRefund;
use store::refunds::{RefundOutcome, RefundRequest};

use super::*;

/// A tenant that trusts a stand-in of Razorpay.
pub(super) async fn shop(stack: &Stack, stand_in: &StandIn) -> (TestTenant, Credentials) {
    let mut tenant = stack.tenant().await;
    let account = Account {
        key_id: format!("rzp_test_{}", tenant.id()),
        key_secret: "key-secret".to_owned(),
        account_id: format!("acc_{}", tenant.id()),
        webhook_secret: "webhook-secret".to_owned(),
        webhook_url: Some("http://127.0.0.1:9/".to_owned()),
        tenant: None,
    };
    stand_in.remote().register(&account).await.unwrap();
    let secrets = vec![Secret::new(account.webhook_secret.as_str())];
    let key_secret = Secret::new(account.key_secret.as_str());
    let credentials = Credentials::new(&account.key_id, key_secret, &account.account_id, secrets).unwrap();
    let mut record = (*tenant.tenant).clone();
    let sealed = stack.vault().seal_credentials(&record, "razorpay", &credentials).await.unwrap();
    record.providers.insert("razorpay".to_owned(), sealed);
    stack.store().update_tenant(&record).await.unwrap();
    tenant.tenant = Arc::new(record);
    (tenant, credentials)
}

#[tokio::test]
async fn a_refund_is_carried_out_once_although_runs_overlap_and_the_provider_fails_first() {
    let stack = Stack::connect().await;
    let stand_in = StandIn::start(0, None).await.unwrap();
    let (tenant, credentials) = shop(&stack, &stand_in).await;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear"]).await;
    let total = placed.group.totals.total;
    let order = NewOrder { amount: total, receipt: "receipt".to_owned(), notes: BTreeMap::new() };
    let reference = Razorpay::new(&stand_in.url).create_order(&credentials, &order).await.unwrap().id;
    let deliver = Deliver { send: false, ..Deliver::default() };
    let paid = stand_in.remote().pay(&reference, &Pay { deliver, ..Pay::default() }).await.unwrap();
    let (payment, _) = tenant.capture_sale(&placed, &reference, &paid.payment_id).await;

    let request = RefundRequest {
        payment: payment.id,
        order: placed.orders[0].id,
        portion: Portion::Rest,
        restock: false,
        reason: "broken".to_owned(),
    };
    let (store, scope) = (stack.store(), tenant.scope());
    let operation = tenant.operation();
    let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
    let due = DueRefund { scope, payment: payment.id, refund: refund.id };
    let refunds = crate::refunds::Refunds::new(
        store.clone(),
        stack.vault().clone(),
        harness::gateways(&stand_in.url, stack.ambient()),
        stack.ambient().clone(),
    );
    stand_in.remote().fail_next(1, 500).await.unwrap();
    refunds.try_one(&due, "run-1").await.unwrap();
    let waiting = store.refund(scope, payment.id, refund.id).await.unwrap().unwrap();
    assert_eq!((waiting.status, waiting.tries), (RefundStatus::Requested, 1));
    let (one, two) = tokio::join!(refunds.try_one(&due, "run-2"), refunds.try_one(&due, "run-3"));
    one.and(two).unwrap();
    let done = store.refund(scope, payment.id, refund.id).await.unwrap().unwrap();
    assert_eq!((done.status, done.tries), (RefundStatus::Succeeded, 2));
    let (_, payments) = store.order_group_with_payments(scope, placed.group.id).await.unwrap().unwrap();
    assert_eq!(payments[0].status, PaymentStatus::Refunded);
    let events = tenant.stored("EVT#").await;
    assert_eq!(events.iter().filter(|item| item["event"]["type"] == "RefundSucceeded").count(), 1);
}

#[tokio::test]
async fn a_refund_by_transfer_waits_until_somebody_says_that_it_was_sent() {
    let stack = Stack::connect().await;
    let mut tenant = stack.tenant().await;
    let instructions = manual::Credentials::new("State Bank, account 0012345678").unwrap();
    let mut record = (*tenant.tenant).clone();
    let sealed =
        stack.vault().seal_credentials(&record, "manual", &AnyCredentials::Manual(instructions)).await.unwrap();
    record.providers.insert("manual".to_owned(), sealed);
    stack.store().update_tenant(&record).await.unwrap();
    tenant.tenant = Arc::new(record);
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear"]).await;
    let reference = placed.group.id.to_string();
    let (payment, _) = tenant.capture_sale_through("manual", &placed, &reference, "UTR-1").await;
    let request = RefundRequest {
        payment: payment.id,
        order: placed.orders[0].id,
        portion: Portion::Rest,
        restock: false,
        reason: "broken".to_owned(),
    };
    let (store, scope) = (stack.store(), tenant.scope());
    let refund = store.request_refund(&tenant.operation(), &payment, &request).await.unwrap().unwrap();
    let due = DueRefund { scope, payment: payment.id, refund: refund.id };
    let is_due = async || store.due_refunds(stack.now()).await.unwrap().contains(&due);
    assert!(is_due().await);
    let refunds = crate::refunds::Refunds::new(
        store.clone(),
        stack.vault().clone(),
        harness::gateways("http://127.0.0.1:9", stack.ambient()),
        stack.ambient().clone(),
    );
    refunds.try_one(&due, "run-1").await.unwrap();
    let waiting = store.refund(scope, payment.id, refund.id).await.unwrap().unwrap();
    assert_eq!((waiting.status, &waiting.provider_refund), (RefundStatus::Processing, &None));
    // Nobody is asked again, however long it takes.
    stack.clock.advance(Duration::from_secs(7 * 60 * 60));
    assert!(!is_due().await);
    let statuses = async || {
        let (_, payments) = store.order_group_with_payments(scope, placed.group.id).await.unwrap().unwrap();
        let events = tenant.stored("EVT#").await;
        let told = events.iter().filter(|item| item["event"]["type"] == "RefundSucceeded").count();
        (payments[0].status, told)
    };
    assert_eq!(statuses().await, (PaymentStatus::Captured, 0));
    let sent = RefundOutcome::Succeeded("UTR-2".to_owned());
    assert!(store.settle_refund(&tenant.operation(), &waiting, &sent).await.unwrap());
    assert_eq!(statuses().await, (PaymentStatus::Refunded, 1));
    // A run that had taken it up before changes nothing any more.
    assert!(!store.settle_refund(&tenant.operation(), &waiting, &RefundOutcome::ByHand).await.unwrap());
}
