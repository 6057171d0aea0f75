//! What the table's calls make of DynamoDB's bad days, against recorded answers.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use serde_json::{Value, json};

use super::*;
use crate::row::Row;

/// One answer of the recording.
#[derive(Clone)]
enum Reply {
    /// A status and a body.
    Json(u16, Value),
    /// The request is taken and the connection dropped: done or not, nobody knows.
    HangUp,
}

/// What was asked: the operation's name and the body.
type Asked = (String, Value);

/// Plays DynamoDB: gives the answers in turn, the last one for ever, and keeps what was asked.
struct Recording {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recording {
    fn play(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut replies) = (Arc::clone(&asked), replies.into_iter().collect::<VecDeque<_>>());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let Some(request) = read(&mut connection) else { continue };
                kept.lock().unwrap().push(request);
                let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
                match reply.unwrap() {
                    Reply::HangUp => drop(connection),
                    Reply::Json(status, body) => {
                        let body = if body.is_null() { String::new() } else { body.to_string() };
                        let head = format!(
                            "HTTP/1.1 {status} Recorded\r\ncontent-type: application/x-amz-json-1.0\r\n\
                             content-length: {}\r\nconnection: close\r\n\r\n",
                            body.len(),
                        );
                        // A client that has given up is no concern of the recording.
                        let _ = connection.write_all((head + &body).as_bytes());
                    }
                }
            }
        });
        Self { url, asked }
    }

    async fn table(&self) -> Table {
        table_at(&self.url).await
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the tokens by which DynamoDB knows a repeated transaction.
    fn tokens(&self) -> Vec<String> {
        let asked = self.asked();
        asked.iter().map(|(_, body)| body["ClientRequestToken"].as_str().unwrap().to_owned()).collect()
    }
}

fn read(connection: &mut TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(connection);
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => operation = value.rsplit('.').next()?.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((operation, serde_json::from_slice(&body).ok()?))
}

async fn table_at(url: &str) -> Table {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("ap-south-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
        .load()
        .await;
    Table::new(&config, "recorded")
}

fn key(pk: &str) -> Key {
    Key { pk: pk.to_owned(), sk: "A".to_owned() }
}

fn create(pk: &str) -> Write {
    Write::create(Row::new(key(pk), "Test", &json!({"name": pk})).unwrap())
}

fn done() -> Reply {
    Reply::Json(200, json!({}))
}

fn failed(kind: &str) -> Reply {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    Reply::Json(400, json!({"__type": kind, "message": "recorded"}))
}

fn cancelled(reasons: Value) -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    Reply::Json(400, json!({"__type": kind, "Message": "recorded", "CancellationReasons": reasons}))
}

fn contended() -> Reply {
    cancelled(json!([{"Code": "None"}, {"Code": "TransactionConflict", "Message": "recorded"}]))
}

#[tokio::test]
async fn a_contended_transaction_is_tried_again_until_it_is_done() {
    let recording = Recording::play([contended(), contended(), done()]);
    let outcome = recording.table().await.transact(vec![create("a"), create("b")]).await;
    assert!(matches!(outcome, Ok(Ok(()))), "{outcome:?}");
    assert_eq!(recording.asked().len(), 3);
}

#[tokio::test]
async fn contention_without_end_is_reported_while_the_caller_still_waits() {
    let recording = Recording::play([contended()]);
    let start = Instant::now();
    let outcome = recording.table().await.transact(vec![create("a"), create("b")]).await;
    assert!(matches!(outcome, Err(Error::Busy(_))), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(recording.asked().len(), 12);
}

#[tokio::test]
async fn a_failed_condition_outweighs_contention_and_names_its_write_and_what_it_found() {
    let item = json!({"pk": {"S": "c"}, "sk": {"S": "A"}, "name": {"S": "there first"}});
    let recording = Recording::play([cancelled(json!([
        {"Code": "None"}, {"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed", "Item": item},
    ]))]);
    let outcome = recording.table().await.transact(vec![create("a"), create("b"), create("c")]).await;
    let refused = outcome.unwrap().unwrap_err();
    assert_eq!(refused.index, 2);
    assert_eq!(refused.found.unwrap()["name"], AttributeValue::S("there first".to_owned()));
    assert_eq!(recording.asked().len(), 1, "a failed condition does not get better");
}

#[tokio::test]
async fn a_transaction_that_can_never_be_done_is_a_defect() {
    let recording = Recording::play([cancelled(json!([{"Code": "ValidationError", "Message": "recorded"}]))]);
    let outcome = recording.table().await.transact(vec![create("a")]).await;
    assert!(matches!(outcome, Err(Error::Internal(_))), "{outcome:?}");
    assert_eq!(recording.asked().len(), 1);
}

#[tokio::test]
async fn throttled_transactions_are_tried_again() {
    let throttled = cancelled(json!([{"Code": "ThrottlingError"}]));
    let recording = Recording::play([throttled, failed("ThrottlingException"), done()]);
    let outcome = recording.table().await.transact(vec![create("a")]).await;
    assert!(matches!(outcome, Ok(Ok(()))), "{outcome:?}");
}

#[tokio::test]
async fn a_repeated_transaction_whose_reply_was_lost_carries_the_same_token() {
    let recording = Recording::play([Reply::HangUp, done()]);
    let outcome = recording.table().await.write(create("a")).await;
    assert!(matches!(outcome, Ok(Ok(()))), "{outcome:?}");
    let tokens = recording.tokens();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_transaction_that_is_still_in_progress_keeps_its_token_however_often_it_is_asked_for() {
    // The first request arrived, its reply did not, and DynamoDB is busy with it for longer than the SDK asks.
    let in_progress = || failed("TransactionInProgressException");
    let recording = Recording::play([Reply::HangUp, in_progress(), in_progress(), in_progress(), done()]);
    let outcome = recording.table().await.transact(vec![create("a")]).await;
    assert!(matches!(outcome, Ok(Ok(()))), "{outcome:?}");
    let tokens = recording.tokens();
    assert_eq!(tokens.len(), 5);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "it would fail on what it has written itself: {tokens:?}");
}

#[tokio::test]
async fn a_cancelled_transaction_starts_over_with_a_token_of_its_own() {
    let recording = Recording::play([contended(), done()]);
    recording.table().await.transact(vec![create("a"), create("b")]).await.unwrap().unwrap();
    let tokens = recording.tokens();
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens.iter().all(|token| (1..=36).contains(&token.len())), "{tokens:?}");
}

#[tokio::test]
async fn a_throttled_read_is_tried_again() {
    let item = json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "A"}, "name": {"S": "found"}}});
    let recording = Recording::play([
        failed("ProvisionedThroughputExceededException"),
        failed("ThrottlingException"),
        Reply::Json(200, item),
    ]);
    let found: Option<Value> = recording.table().await.get(key("a"), Consistency::Strong).await.unwrap();
    assert_eq!(found.unwrap()["name"], "found");
    assert_eq!(recording.asked().len(), 3);
}

#[tokio::test]
async fn throttling_without_end_is_busy() {
    let recording = Recording::play([failed("ThrottlingException")]);
    let read = recording.table().await.get::<Value>(key("a"), Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Busy(_))), "{read:?}");
}

#[tokio::test]
async fn a_table_that_fails_without_a_word_is_busy() {
    let recording = Recording::play([Reply::Json(503, Value::Null)]);
    let read = recording.table().await.get::<Value>(key("a"), Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Busy(_))), "{read:?}");
    assert_eq!(recording.asked().len(), 3);
}

#[tokio::test]
async fn a_table_that_nobody_listens_for_is_busy() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let table = table_at(&format!("http://{closed}")).await;
    let read = table.get::<Value>(key("a"), Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Busy(_))), "{read:?}");
    let written = table.transact(vec![create("a")]).await;
    assert!(matches!(written, Err(Error::Busy(_))), "{written:?}");
    assert!(matches!(table.ping().await, Err(Error::Busy(_))));
}

#[tokio::test]
async fn refused_permissions_are_a_defect() {
    let recording = Recording::play([failed("AccessDeniedException")]);
    let read = recording.table().await.get::<Value>(key("a"), Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Internal(_))), "{read:?}");
    assert_eq!(recording.asked().len(), 1);
}

#[tokio::test]
async fn keys_left_unprocessed_are_asked_for_again_and_alone() {
    let item = |pk: &str| json!({"pk": {"S": pk}, "sk": {"S": "A"}, "name": {"S": pk}});
    let left = json!({"recorded": {"Keys": [{"pk": {"S": "b"}, "sk": {"S": "A"}}], "ConsistentRead": true}});
    let recording = Recording::play([
        Reply::Json(200, json!({"Responses": {"recorded": [item("a")]}, "UnprocessedKeys": left})),
        Reply::Json(200, json!({"Responses": {"recorded": [item("b")]}, "UnprocessedKeys": {}})),
    ]);
    let mut found =
        recording.table().await.get_many([key("a"), key("b"), key("c")], Consistency::Strong).await.unwrap();
    assert_eq!(found.take::<Value>(&key("a")).unwrap().unwrap()["name"], "a");
    assert_eq!(found.take::<Value>(&key("b")).unwrap().unwrap()["name"], "b");
    assert!(found.take::<Value>(&key("c")).unwrap().is_none());
    let asked = recording.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].1["RequestItems"]["recorded"]["Keys"], json!([{"pk": {"S": "b"}, "sk": {"S": "A"}}]));
    assert_eq!(asked[1].1["RequestItems"]["recorded"]["ConsistentRead"], true);
}

#[tokio::test]
async fn keys_left_unprocessed_for_ever_are_busy() {
    let left = json!({"recorded": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "A"}}]}});
    let recording = Recording::play([Reply::Json(200, json!({"Responses": {}, "UnprocessedKeys": left}))]);
    let read = recording.table().await.get_many([key("a")], Consistency::Eventual).await;
    assert!(matches!(read, Err(Error::Busy(_))), "{read:?}");
}

#[tokio::test]
async fn an_item_of_another_shape_is_a_defect_and_not_an_absence() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Wanted {
        amount: i64,
    }
    let item = json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "A"}, "amount": {"S": "many"}}});
    let recording = Recording::play([Reply::Json(200, item)]);
    let read = recording.table().await.get::<Wanted>(key("a"), Consistency::Strong).await;
    assert!(matches!(read, Err(Error::Internal(_))), "{read:?}");
}

#[tokio::test]
async fn a_refused_update_returns_the_item_as_it_is() {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let item = json!({"pk": {"S": "a"}, "sk": {"S": "A"}, "version": {"N": "7"}});
    let recording = Recording::play([Reply::Json(400, json!({"__type": kind, "message": "recorded", "Item": item}))]);
    let update = Write::update(key("a")).add("version", 1).unwrap().when("version", "=", 6).unwrap();
    let refused = recording.table().await.write(update).await.unwrap().unwrap_err();
    assert_eq!(refused.found.unwrap()["version"], AttributeValue::N("7".to_owned()));
    assert_eq!(recording.asked()[0].0, "UpdateItem");
}
