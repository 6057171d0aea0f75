use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::event::{Consumer, Envelope};
use domain::id::{EventId, TenantId};
use harness::stack::{Stack, TestTenant};
use store::once::{LEASE, Turn};
use worker::{Edge, Handler, Job, JobError};

enum Ending {
    Retry,
    Fail,
    Panic,
}

/// Ends jobs as it is told, one after the other, then well; and remembers them.
#[derive(Default)]
struct Hand {
    endings: Mutex<VecDeque<Ending>>,
    jobs: Mutex<Vec<Job>>,
}

impl Hand {
    fn that(endings: impl IntoIterator<Item = Ending>) -> Arc<Self> {
        Arc::new(Self { endings: Mutex::new(endings.into_iter().collect()), ..Self::default() })
    }

    fn events(&self) -> Vec<EventId> {
        self.jobs.lock().unwrap().iter().map(|job| job.id).collect()
    }
}

impl Handler for Hand {
    async fn handle(&self, job: Job) -> Result<(), JobError> {
        self.jobs.lock().unwrap().push(job);
        let ending = self.endings.lock().unwrap().pop_front();
        match ending {
            None => Ok(()),
            Some(Ending::Retry) => Err(JobError::retry("not now")),
            Some(Ending::Fail) => Err(JobError::fail("never")),
            Some(Ending::Panic) => panic!("a defect"),
        }
    }
}

fn edge(stack: &Stack) -> Edge {
    Edge::new(Consumer::Mailer, stack.store().clone(), stack.ambient().clone())
}

/// Reads a fixture as if it had happened in `tenant`, with new event ids.
fn fixture(tenant: &TestTenant, text: &str) -> SqsEvent {
    let mut batch: SqsEvent = serde_json::from_str(text).unwrap();
    for message in &mut batch.records {
        let Ok(mut envelope) = serde_json::from_str::<Envelope>(message.body.as_deref().unwrap()) else { continue };
        envelope.tenant = tenant.id();
        envelope.id = tenant.stack.ambient().id();
        message.body = Some(serde_json::to_string(&envelope).unwrap());
    }
    batch
}

fn single(tenant: &TestTenant) -> SqsEvent {
    fixture(tenant, include_str!("../../../../events/sqs/invoice-issued.json"))
}

fn among_poison(tenant: &TestTenant) -> SqsEvent {
    fixture(tenant, include_str!("../../../../events/sqs/two-events-among-poison.json"))
}

async fn failures(edge: &Edge, hand: &Arc<Hand>, batch: SqsEvent) -> Vec<String> {
    let answer = edge.batch(hand, batch).await;
    answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

fn message(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

#[tokio::test]
async fn poison_fails_alone_and_the_rest_succeeds() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let hand = Hand::that([]);
    assert_eq!(failures(&edge(&stack), &hand, among_poison(&tenant)).await, [message(2), message(3), message(4)]);
    assert_eq!(hand.events().len(), 2);
}

#[tokio::test]
async fn a_job_acts_for_its_tenant_under_the_request_that_caused_it() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let hand = Hand::that([]);
    failures(&edge(&stack), &hand, single(&tenant)).await;
    let job = hand.jobs.lock().unwrap().remove(0);
    assert_eq!(job.operation.scope.tenant(), tenant.id());
    assert_eq!(job.operation.request_id, "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
}

#[tokio::test]
async fn a_repeated_event_is_handled_once() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (edge, hand) = (edge(&stack), Hand::that([]));
    let mut batch = single(&tenant);
    batch.records.push(batch.records[0].clone());
    assert!(failures(&edge, &hand, batch.clone()).await.is_empty());
    // The claim of a finished event never lapses.
    stack.clock.advance(Duration::from_secs(3_600));
    assert!(failures(&edge, &hand, batch).await.is_empty());
    assert_eq!(hand.events().len(), 1);
}

#[tokio::test]
async fn an_event_is_handled_once_by_each_consumer() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let hand = Hand::that([]);
    let batch = single(&tenant);
    failures(&edge(&stack), &hand, batch.clone()).await;
    let other = Edge::new(Consumer::Invoicer, stack.store().clone(), stack.ambient().clone());
    failures(&other, &hand, batch).await;
    assert_eq!(hand.events().len(), 2);
}

#[tokio::test]
async fn a_failed_job_comes_back_at_once_and_may_succeed() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (edge, hand) = (edge(&stack), Hand::that([Ending::Retry, Ending::Fail]));
    let batch = single(&tenant);
    assert_eq!(failures(&edge, &hand, batch.clone()).await.len(), 1);
    assert_eq!(failures(&edge, &hand, batch.clone()).await.len(), 1);
    assert!(failures(&edge, &hand, batch).await.is_empty());
    assert_eq!(hand.events().len(), 3);
}

#[tokio::test]
async fn a_panic_fails_its_own_message_only() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (edge, hand) = (edge(&stack), Hand::that([Ending::Panic]));
    let batch = among_poison(&tenant);
    assert_eq!(failures(&edge, &hand, batch.clone()).await, [1, 2, 3, 4].map(message));
    assert_eq!(failures(&edge, &hand, batch).await, [2, 3, 4].map(message));
    assert_eq!(hand.events().len(), 3);
}

#[tokio::test]
async fn an_event_under_way_elsewhere_is_left_until_its_lease_is_over() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (edge, hand) = (edge(&stack), Hand::that([]));
    let batch = single(&tenant);
    let envelope: Envelope = serde_json::from_str(batch.records[0].body.as_deref().unwrap()).unwrap();
    let turn = stack.store().claim_once(tenant.scope(), Consumer::Mailer, envelope.id, stack.now()).await.unwrap();
    assert!(matches!(turn, Turn::Yours(_)));
    assert_eq!(failures(&edge, &hand, batch.clone()).await.len(), 1);
    assert!(hand.events().is_empty());
    stack.clock.advance(LEASE + Duration::from_secs(1));
    assert!(failures(&edge, &hand, batch).await.is_empty());
    assert_eq!(hand.events().len(), 1);
}

#[tokio::test]
async fn one_of_many_workers_handles_an_event() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let hand = Hand::that([]);
    let batch = single(&tenant);
    let work = (0..20).map(|_| {
        let (edge, hand, batch) = (edge(&stack), Arc::clone(&hand), batch.clone());
        tokio::spawn(async move { failures(&edge, &hand, batch).await })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    assert_eq!(hand.events().len(), 1);
}

#[test]
fn a_tenant_is_named_in_every_fixture() {
    for text in [
        include_str!("../../../../events/sqs/order-group-paid.json"),
        include_str!("../../../../events/sqs/order-group-placed.json"),
        include_str!("../../../../events/sqs/invoice-issued.json"),
    ] {
        let batch: SqsEvent = serde_json::from_str(text).unwrap();
        let envelope: Envelope = serde_json::from_str(batch.records[0].body.as_deref().unwrap()).unwrap();
        assert_eq!(envelope.tenant, "ten_01KAJ3M8Q4Z7R2V5W9X0Y1B3C1".parse::<TenantId>().unwrap());
    }
}
