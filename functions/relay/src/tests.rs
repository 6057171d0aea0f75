use domain::event::Event;
use harness::stack::Stack;
use worker::Listener;
use worker::stream::{StreamBatch, batch};

use super::*;

fn fixture() -> StreamBatch {
    serde_json::from_str(include_str!("../../../events/stream/three-events-among-others.json")).unwrap()
}

async fn queue(stack: &Stack) -> String {
    let name = domain::id::EventId::to_string(&stack.ambient().id());
    stack.sqs().create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap()
}

fn state(stack: &Stack, mailer: &str, invoicer: &str) -> State {
    let urls = BTreeMap::from([(Consumer::Mailer, mailer.to_owned()), (Consumer::Invoicer, invoicer.to_owned())]);
    State::new(Queues::new(stack.sqs()), urls)
}

async fn events(stack: &Stack, url: &str) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let messages = Queues::new(stack.sqs()).receive(url, 0).await.unwrap();
        if messages.is_empty() {
            return events;
        }
        events.extend(messages.iter().map(|message| serde_json::from_str::<Envelope>(&message.body).unwrap().event));
    }
}

#[tokio::test]
async fn each_consumer_gets_its_events_and_no_others() {
    let stack = Stack::connect().await;
    let (mailer, invoicer) = (queue(&stack).await, queue(&stack).await);
    let answer = batch(&state(&stack, &mailer, &invoicer), fixture()).await;
    assert!(answer.batch_item_failures.is_empty());
    let mails = events(&stack, &mailer).await;
    let told = |event: &Event| {
        matches!(event, Event::OrderGroupPlaced { .. } | Event::OrderGroupPaid { .. } | Event::InvoiceIssued { .. })
    };
    assert!(mails.len() == 3 && mails.iter().all(told), "{mails:?}");
    let invoices = events(&stack, &invoicer).await;
    assert!(matches!(invoices.as_slice(), [Event::OrderGroupPaid { .. }]));
}

#[tokio::test]
async fn jobs_of_many_products_go_to_the_importer() {
    let stack = Stack::connect().await;
    let importer = queue(&stack).await;
    let state = State::new(Queues::new(stack.sqs()), BTreeMap::from([(Consumer::Importer, importer.clone())]));
    let calls = [
        Event::ProductImportRequested { import: stack.ambient().id() },
        Event::ProductExportRequested { export: stack.ambient().id() },
    ];
    let envelopes = calls.iter().map(|event| Envelope {
        id: stack.ambient().id(),
        tenant: stack.ambient().id(),
        occurred_at: stack.now(),
        request_id: "req-test".to_owned(),
        event: event.clone(),
    });
    assert!(state.listen(envelopes.collect()).await.is_empty());
    let arrived = events(&stack, &importer).await;
    assert!(arrived.len() == 2 && calls.iter().all(|call| arrived.contains(call)), "{arrived:?}");
}

#[tokio::test]
async fn a_queue_out_of_reach_brings_its_first_event_back_and_holds_nobody_else_up() {
    let stack = Stack::connect().await;
    let mailer = queue(&stack).await;
    let gone = format!("{mailer}-gone");
    let answer = batch(&state(&stack, &mailer, &gone), fixture()).await;
    let failures: Vec<_> =
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier.unwrap()).collect();
    assert_eq!(failures, ["000000000000000000000000002"]);
    assert_eq!(events(&stack, &mailer).await.len(), 3);
}

#[tokio::test]
async fn a_hundred_events_arrive_in_order_of_the_stream() {
    let stack = Stack::connect().await;
    let (mailer, invoicer) = (queue(&stack).await, queue(&stack).await);
    let envelopes: Vec<Envelope> = (0..100)
        .map(|_| Envelope {
            id: stack.ambient().id(),
            tenant: stack.ambient().id(),
            occurred_at: stack.now(),
            request_id: "req-test".to_owned(),
            event: Event::OrderGroupPlaced { group: stack.ambient().id(), user: stack.ambient().id() },
        })
        .collect();
    let sent: Vec<_> = sorted(&envelopes).remove(&Consumer::Mailer).unwrap();
    assert!(sent.iter().zip(&envelopes).all(|(message, envelope)| message.id == envelope.id.to_string()));
    assert!(state(&stack, &mailer, &invoicer).listen(envelopes).await.is_empty());
    assert_eq!(events(&stack, &mailer).await.len(), 100);
}
