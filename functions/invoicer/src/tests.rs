use std::collections::BTreeSet;
use std::sync::Arc;

use domain::access::Role;
use domain::id::EventId;
use domain::invoice::{Invoice, Series};
use domain::order::Placed;
use harness::stack::{Stack, TestTenant};
use worker::Handler;

use super::*;

mod books;
mod cancelled;
mod credit_notes;
mod gift;
mod issuer;
mod licences;
mod series;

fn state(stack: &Stack) -> State {
    let invoices = Objects::new(stack.s3(), &stack.names.invoices_bucket, stack.ambient().clone());
    State::new(stack.store().clone(), stack.vault().clone(), invoices, Fonts::load().unwrap())
}

fn job(tenant: &TestTenant, event: Event) -> Job {
    let ambient = tenant.stack.ambient();
    Job { id: ambient.id::<EventId>(), event, occurred_at: ambient.now(), operation: tenant.operation() }
}

async fn sold(tenant: &TestTenant, names: &[&str]) -> (Placed, Event) {
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, names).await;
    let event = tenant.pay_sale(&placed).await;
    (placed, event)
}

async fn invoice(tenant: &TestTenant, placed: &Placed, order: usize) -> Invoice {
    tenant.stack.store().invoice(tenant.scope(), placed.orders[order].id).await.unwrap().unwrap()
}

/// Counts the events that tell of an invoice.
async fn announced(tenant: &TestTenant) -> usize {
    let events = tenant.stored("EVT#").await;
    events.iter().filter(|event| event["event"]["type"] == "InvoiceIssued").count()
}

#[tokio::test]
async fn every_order_of_a_paid_checkout_gets_a_number_a_document_and_an_event() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Đèn hoa sen", "दीपक स्टैंड"]).await;
    state(&stack).handle(job(&tenant, event)).await.unwrap();
    let mut numbers = Vec::new();
    for order in 0..2 {
        let invoice = invoice(&tenant, &placed, order).await;
        let object = stack.s3().get_object().bucket(&stack.names.invoices_bucket).key(invoice.object_key.unwrap());
        let object = object.send().await.unwrap();
        assert_eq!(object.content_type(), Some("application/pdf"));
        assert!(object.body.collect().await.unwrap().into_bytes().starts_with(b"%PDF-"));
        numbers.push(invoice.number);
    }
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    assert_eq!(numbers, [format!("HAAT-{year}-0001"), format!("HAAT-{year}-0002")]);
    assert_eq!(announced(&tenant).await, 2);
}

#[tokio::test]
async fn a_repeated_event_changes_nothing() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Gear"]).await;
    let state = state(&stack);
    state.handle(job(&tenant, event.clone())).await.unwrap();
    let first = invoice(&tenant, &placed, 0).await;
    for _ in 0..3 {
        state.handle(job(&tenant, event.clone())).await.unwrap();
    }
    assert_eq!(invoice(&tenant, &placed, 0).await, first);
    assert_eq!(announced(&tenant).await, 1);
}

#[tokio::test]
async fn a_run_cut_off_after_any_step_is_finished_by_the_next() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Gear", "Vase"]).await;
    let state = state(&stack);
    // The first order was numbered, the second was numbered and its document stored, when the machine died.
    let mut numbered = Vec::new();
    for order in &placed.orders {
        let order = stack.store().order(tenant.scope(), order.id).await.unwrap().unwrap();
        let series = Series::of_invoices(&tenant.tenant, None, stack.now());
        numbered.push(stack.store().number_invoice(&tenant.operation(), &series, &order, None).await.unwrap());
    }
    let key = format!("{}/{}.pdf", tenant.id(), numbered[1].id);
    state.invoices.put(&key, b"%PDF-half".to_vec(), "application/pdf").await.unwrap();
    state.handle(job(&tenant, event)).await.unwrap();
    for (order, before) in numbered.iter().enumerate() {
        let after = invoice(&tenant, &placed, order).await;
        assert_eq!((after.id, &after.number), (before.id, &before.number));
        assert!(after.object_key.is_some());
    }
    assert_eq!(announced(&tenant).await, 2);
}

#[tokio::test]
async fn many_at_once_leave_no_gap_and_no_double() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let state = Arc::new(state(&stack));
    let mut work = Vec::new();
    let mut orders = Vec::new();
    for _ in 0..12 {
        let (placed, event) = sold(&tenant, &["Gear"]).await;
        orders.push(placed);
        // Each twice, as queues may.
        for _ in 0..2 {
            let (state, job) = (Arc::clone(&state), job(&tenant, event.clone()));
            work.push(tokio::spawn(async move { state.handle(job).await }));
        }
    }
    for done in work {
        done.await.unwrap().unwrap();
    }
    let mut numbers = BTreeSet::new();
    for placed in &orders {
        numbers.insert(invoice(&tenant, placed, 0).await.number);
    }
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    assert_eq!(numbers, (1..=12).map(|n| format!("HAAT-{year}-{n:04}")).collect());
    assert_eq!(announced(&tenant).await, 12);
}

#[tokio::test]
async fn an_unpaid_order_gets_no_number() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear"]).await;
    let orders = placed.orders.iter().map(|order| order.id).collect();
    let event = Event::OrderGroupPaid { group: placed.group.id, payment: Some(stack.ambient().id()), orders };
    assert!(state(&stack).handle(job(&tenant, event)).await.is_err());
    assert_eq!(stack.store().invoice(tenant.scope(), placed.orders[0].id).await.unwrap(), None);
}

async fn erase(tenant: &TestTenant, placed: &Placed) -> Event {
    let (store, operation) = (tenant.stack.store(), tenant.operation());
    let buyer = store.user(tenant.scope(), placed.group.user, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(store.erase_user(&operation, &buyer, None).await.unwrap(), store::privacy::Erasure::Done);
    Event::UserDeleted { user: buyer.id }
}

/// Returns all versions of a document that there are, newest first.
async fn versions(stack: &Stack, key: &str) -> Vec<Vec<u8>> {
    let (s3, bucket) = (stack.s3(), &stack.names.invoices_bucket);
    let listed = s3.list_object_versions().bucket(bucket).prefix(key).send().await.unwrap();
    assert!(listed.delete_markers().is_empty());
    let mut all = Vec::new();
    for version in listed.versions() {
        let object = s3.get_object().bucket(bucket).key(key).version_id(version.version_id().unwrap());
        all.push(object.send().await.unwrap().body.collect().await.unwrap().to_vec());
    }
    all
}

#[tokio::test]
async fn the_documents_of_an_erased_buyer_are_drawn_anew_with_blanks_and_the_old_ones_are_gone() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Gear", "Vase"]).await;
    let state = state(&stack);
    state.handle(job(&tenant, event)).await.unwrap();
    let before = invoice(&tenant, &placed, 0).await;
    let key = before.object_key.clone().unwrap();
    let old = versions(&stack, &key).await;
    let deleted = erase(&tenant, &placed).await;
    for _ in 0..2 {
        state.handle(job(&tenant, deleted.clone())).await.unwrap();
        for order in 0..2 {
            let key = invoice(&tenant, &placed, order).await.object_key.unwrap();
            let now = versions(&stack, &key).await;
            assert_eq!(now.len(), 1, "nothing of the old document is kept");
            assert!(now[0].starts_with(b"%PDF-") && now != old);
        }
    }
    assert_eq!(invoice(&tenant, &placed, 0).await, before, "number and place stay");
    assert_eq!(announced(&tenant).await, 2);
}

#[tokio::test]
async fn an_order_that_is_paid_after_its_buyer_was_erased_has_an_invoice_with_blanks() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Gear"]).await;
    erase(&tenant, &placed).await;
    let state = state(&stack);
    state.handle(job(&tenant, event)).await.unwrap();
    let invoice = invoice(&tenant, &placed, 0).await;
    assert_eq!(versions(&stack, &invoice.object_key.clone().unwrap()).await.len(), 1);
    let order = stack.store().order(tenant.scope(), placed.orders[0].id).await.unwrap().unwrap();
    let blank = domain::address::PostalAddress::blank();
    let frame = document::Frame { tenant: &tenant.tenant, order: &order, address: &blank, seller: None, issuer: None };
    let document = frame.invoice(&invoice).unwrap();
    assert_eq!((document.buyer.name.as_str(), document.buyer.address.len()), ("", 0));
}
