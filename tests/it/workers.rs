//! What the queues do with messages that can't be handled: they are set aside alone, and come back when an operator says so.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use axum::http::StatusCode;
use domain::event::{Envelope, Event};
use harness::razorpay::Deliver;
use harness::shop::{Shop, Shopper, eventually, id};
use harness::stack::TestTenant;
use platform::config::Env;
use serde_json::{Value, json};

use crate::bad_input::on_sale;
use crate::operator::haat;

/// A queue of the deployed stack with its dead letters.
#[derive(Clone)]
struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
    letters: String,
}

impl Queue {
    fn of(shop: &Shop, name: &str) -> Self {
        let text = |variable: String| {
            Env::process().optional_text(&variable).unwrap_or_else(|| panic!("{variable} is not set: see `make env`"))
        };
        let sqs = shop.tenant.stack.sqs();
        Self { sqs, url: text(format!("HAAT_{name}_QUEUE_URL")), letters: text(format!("HAAT_{name}_DLQ_URL")) }
    }

    async fn send(&self, bodies: &[String]) {
        let entries = bodies.iter().enumerate().map(|(at, body)| {
            SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(body).build().unwrap()
        });
        let sent = self
            .sqs
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .unwrap();
        assert!(sent.failed.is_empty(), "{sent:?}");
    }

    /// Waits for a dead letter that contains a text. Letters of others are left where they are.
    async fn letter(&self, text: &str) {
        eventually("the dead letter", async || {
            let found =
                self.sqs.receive_message().queue_url(&self.letters).max_number_of_messages(10).visibility_timeout(0);
            let found = found.send().await.unwrap().messages.unwrap_or_default();
            found.iter().any(|message| message.body.as_deref().is_some_and(|body| body.contains(text))).then_some(())
        })
        .await;
    }

    /// Takes the dead letters that contain a text off the queue, so that nobody finds them later.
    async fn discard(&self, text: &str) -> usize {
        let mut count = 0;
        for _ in 0..3 {
            let found =
                self.sqs.receive_message().queue_url(&self.letters).max_number_of_messages(10).visibility_timeout(0);
            for message in found.send().await.unwrap().messages.unwrap_or_default() {
                if message.body.is_some_and(|body| body.contains(text)) {
                    let receipt = message.receipt_handle.unwrap();
                    self.sqs.delete_message().queue_url(&self.letters).receipt_handle(receipt).send().await.unwrap();
                    count += 1;
                }
            }
        }
        count
    }
}

/// Puts an event into the form in which the relay sends it, and tells its id.
fn enveloped(tenant: &TestTenant, event: Event) -> (String, String) {
    let ambient = tenant.stack.ambient();
    let envelope = Envelope {
        id: ambient.id(),
        tenant: tenant.id(),
        occurred_at: ambient.now(),
        request_id: "req-workers".to_owned(),
        event,
    };
    (envelope.id.to_string(), serde_json::to_string(&envelope).unwrap())
}

/// Tells whether a consumer has settled an event.
async fn settled(tenant: &TestTenant, consumer: &str, event: &str) -> Option<()> {
    let claims = tenant.stored(&format!("ONCE#{consumer}#{event}")).await;
    claims.iter().any(|claim| claim["done"] == true).then_some(())
}

/// Places a checkout.
async fn placed(shop: &Shop) -> (Shopper, Value) {
    let (offer, shopper) = (on_sale(shop, 5).await, shop.shopper().await);
    shopper.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let group = shopper.check_out(&shopper.address().await, "only").await;
    let group = group.data(StatusCode::CREATED).clone();
    (shopper, group)
}

fn group_placed(group: &str, user: &str) -> Event {
    serde_json::from_value(json!({"type": "OrderGroupPlaced", "group": group, "user": user})).unwrap()
}

#[tokio::test]
async fn a_mail_that_can_not_be_written_is_set_aside_alone_and_redriven_once_the_cause_is_mended() {
    let shop = Shop::open().await;
    let queue = Queue::of(&shop, "MAILER");
    let (shopper, group) = placed(&shop).await;
    let group = id(&group);
    shop.await_mails(&shopper.email, 1).await;
    let stored = shop.tenant.stored(&format!("G#{group}")).await.remove(0);
    let user = stored["user"].as_str().unwrap().to_owned();

    // A second checkout whose item is missing: what an operator finds after a mishap.
    let (victim, lost) = placed(&shop).await;
    shop.await_mails(&victim.email, 1).await;
    let lost = id(&lost);
    let whose = shop.tenant.stored(&format!("G#{lost}")).await.remove(0)["user"].as_str().unwrap().to_owned();
    let stack = &shop.tenant.stack;
    let key = [("pk", format!("T#{}#G#{lost}", shop.tenant.id())), ("sk", "A".to_owned())];
    let key: std::collections::HashMap<String, AttributeValue> =
        key.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect();
    let taken = stack.dynamodb().delete_item().table_name(&stack.names.table).set_key(Some(key));
    let taken = taken.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld).send().await.unwrap().attributes;
    assert!(taken.is_some(), "the checkout's key is another");

    let (first, good) = enveloped(&shop.tenant, group_placed(&group, &user));
    let (second, also_good) = enveloped(&shop.tenant, group_placed(&group, &user));
    let (orphan, hopeless) = enveloped(&shop.tenant, group_placed(&lost, &whose));
    let garbage = format!("no event at all, {orphan}");
    queue.send(&[good, hopeless, garbage.clone(), also_good]).await;
    for event in [&first, &second] {
        eventually("the good messages are handled", async || settled(&shop.tenant, "mailer", event).await).await;
    }
    // The queue itself hides a message for three minutes: that three tries take seconds is the backoff's doing.
    queue.letter(&format!("\"{orphan}\"")).await;
    queue.letter(&garbage).await;
    assert!(queue.discard("no event at all").await >= 1);
    // Three tries, and not the fourth.
    assert!(settled(&shop.tenant, "mailer", &orphan).await.is_none());
    // One for the event of the checkout itself, one for each good message, and none twice.
    assert_eq!(shop.await_mails(&shopper.email, 3).await.len(), 3);
    assert_eq!(shop.mails(&victim.email).await.len(), 1);

    let put_back = stack.dynamodb().put_item().table_name(&stack.names.table).set_item(taken);
    put_back.send().await.unwrap();
    let ran = haat(&["redrive", "mailer"]).await;
    assert!(ran.succeeded && ran.shown().contains("Moved"), "{}", ran.shown());
    assert_eq!(shop.await_mails(&victim.email, 2).await.len(), 2);
}

#[tokio::test]
async fn an_invoice_that_can_not_be_written_does_not_hold_up_the_others() {
    let shop = Shop::open().await;
    let queue = Queue::of(&shop, "INVOICER");
    let (shopper, group) = placed(&shop).await;
    let group = id(&group);
    let payment = shopper.open_payment(&group).await;
    shop.pay(&payment, Deliver::default()).await;
    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    let number = async || {
        let items = shop.tenant.stored(&format!("ORD#{order}")).await;
        let invoice = items.into_iter().find(|item| item["sk"] == "INV" && item["objectKey"].is_string());
        invoice.map(|invoice| invoice["number"].as_str().expect("an invoice has a number").to_owned())
    };
    let before = eventually("the invoice is issued", number).await;

    let paid = |order: &str| -> Event {
        let event =
            json!({"type": "OrderGroupPaid", "group": group, "payment": payment["paymentId"], "orders": [order]});
        serde_json::from_value(event).unwrap()
    };
    let (good, body) = enveloped(&shop.tenant, paid(&order));
    let (orphan, hopeless) = enveloped(&shop.tenant, paid("ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"));
    queue.send(&[hopeless, body]).await;
    eventually("the good message is handled", async || settled(&shop.tenant, "invoicer", &good).await).await;
    queue.letter(&orphan).await;
    assert!(queue.discard(&orphan).await >= 1);
    assert_eq!(number().await, Some(before), "a repeated event made another invoice");
    let mails = shop.await_mails(&shopper.email, 2).await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    let series = shop.tenant.stored("SER#").await;
    assert_eq!(series.len(), 1, "{series:?}");
    shop.tenant.books_add_up().await;
}
