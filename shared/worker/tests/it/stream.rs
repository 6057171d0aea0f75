use std::sync::Mutex;

use domain::event::Envelope;
use domain::id::EventId;
use worker::Listener;
use worker::stream::{StreamBatch, batch};

/// Takes everything but the events at `refuses`, and remembers what it was given.
#[derive(Default)]
struct Ear {
    refuses: Vec<usize>,
    heard: Mutex<Vec<Envelope>>,
}

impl Listener for Ear {
    async fn listen(&self, envelopes: Vec<Envelope>) -> Vec<EventId> {
        let refused = self.refuses.iter().map(|place| envelopes[*place].id).collect();
        self.heard.lock().unwrap().extend(envelopes);
        refused
    }
}

fn fixture() -> StreamBatch {
    serde_json::from_str(include_str!("../../../../events/stream/three-events-among-others.json")).unwrap()
}

#[tokio::test]
async fn only_new_events_are_heard_and_poison_is_passed_over() {
    let ear = Ear::default();
    let answer = batch(&ear, fixture()).await;
    assert!(answer.batch_item_failures.is_empty());
    let heard = ear.heard.into_inner().unwrap();
    let ids: Vec<_> = heard.iter().map(|envelope| envelope.id.to_string()).collect();
    let expected = ["E2", "E1", "E3"].map(|end| format!("evt_01KAJ3M8Q4Z7R2V5W9X0Y1B3{end}"));
    assert_eq!(ids, expected);
    assert_eq!(heard[0].request_id, "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
}

#[tokio::test]
async fn the_stream_comes_again_from_the_first_event_that_was_not_taken() {
    let ear = Ear { refuses: vec![2, 1], ..Ear::default() };
    let answer = batch(&ear, fixture()).await;
    let failures: Vec<_> =
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier.unwrap()).collect();
    assert_eq!(failures, ["000000000000000000000000002"]);
}
