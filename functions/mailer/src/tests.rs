use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use domain::access::Role;
use domain::event::Envelope;
use domain::id::EventId;
use domain::order::Placed;
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use serde_json::Value;
use worker::Handler;

use super::*;

const PDF: &[u8] = b"%PDF-1.7 of a test";

async fn state(stack: &Stack) -> State {
    let invoices = Objects::new(stack.s3(), &stack.names.invoices_bucket, stack.ambient().clone());
    let ses = Clients::from_sdk(stack.sdk().clone()).ses();
    // Refused when another test was first.
    let _ = ses.create_email_identity().email_identity("no-reply@haat.test").send().await;
    let mailer = Mailer::new(ses, "Haat <no-reply@haat.test>", stack.ambient().clone()).unwrap();
    State::new(stack.store().clone(), stack.vault().clone(), invoices, mailer, "haat.test".to_owned()).unwrap()
}

async fn bought(tenant: &TestTenant) -> (Member, Placed) {
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Đèn hoa sen"]).await;
    (buyer, placed)
}

fn job(tenant: &TestTenant, event: Event) -> Job {
    let ambient = tenant.stack.ambient();
    Job { id: ambient.id::<EventId>(), event, occurred_at: ambient.now(), operation: tenant.operation() }
}

/// Returns the raw mails that mention `text`.
async fn sent(stack: &Stack, text: &str) -> Vec<Value> {
    let url = format!("{}/_ministack/ses/messages", stack.endpoint);
    let body: Value = serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
    let mut found = Vec::new();
    collect(&body, text, &mut found);
    found
}

fn collect(value: &Value, text: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, text, found)),
        Value::Object(fields) if fields.contains_key("MessageId") => {
            found.extend(fields["To"].to_string().contains(text).then(|| value.clone()));
        }
        Value::Object(fields) => fields.values().for_each(|field| collect(field, text, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_placed_order_is_confirmed_to_its_buyer() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    state(&stack).await.handle(job(&tenant, placed.event)).await.unwrap();
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], "Your order at Print & Co");
    for part in ["BodyText", "BodyHtml"] {
        let part = mails[0][part].as_str().unwrap();
        assert!(part.contains(&placed.orders[0].id.to_string()) && part.contains("Đèn hoa sen"));
    }
}

#[tokio::test]
async fn an_invoice_goes_out_with_its_document_once_however_often_the_event_arrives() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    tenant.pay_sale(&placed).await;
    let (state, operation) = (Arc::new(state(&stack).await), tenant.operation());
    let order = stack.store().order(tenant.scope(), placed.orders[0].id).await.unwrap().unwrap();
    let invoice = stack.store().number_invoice(&operation, &tenant.tenant, &order).await.unwrap();
    let key = format!("{}/{}.pdf", tenant.id(), invoice.id);
    state.invoices.put(&key, PDF.to_vec(), "application/pdf").await.unwrap();
    stack.store().invoice_stored(&operation, &invoice, &key).await.unwrap();

    let event = Event::InvoiceIssued { invoice: invoice.id, order: order.id };
    let envelope: Envelope = operation.envelope(event.clone());
    let mut message = SqsMessage::default();
    message.message_id = Some("1".to_owned());
    message.body = Some(serde_json::to_string(&envelope).unwrap());
    let mut batch = SqsEvent::default();
    batch.records = vec![message.clone(), message];
    let edge = Edge::new(Consumer::Mailer, stack.store().clone(), stack.ambient().clone());
    for _ in 0..3 {
        assert!(edge.batch(&state, batch.clone()).await.batch_item_failures.is_empty());
    }
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], format!("Invoice {} from Print & Co", invoice.number));
    // The local AWS keeps no attachments, so what was composed is looked at.
    let mail = state.compose(&job(&tenant, event)).await.unwrap().unwrap();
    let [attachment] = mail.attachments.as_slice() else { panic!("one attachment") };
    assert_eq!(attachment.name, format!("{}.pdf", invoice.number));
    assert_eq!(attachment.bytes, PDF);
}

#[tokio::test]
async fn a_mail_whose_document_is_missing_is_not_sent() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    let event = Event::InvoiceIssued { invoice: stack.ambient().id(), order: placed.orders[0].id };
    assert!(matches!(state(&stack).await.handle(job(&tenant, event)).await, Err(JobError::Fail(_))));
    assert!(sent(&stack, &buyer.email).await.is_empty());
}
