//! The clients against a stand-in of AWS (`HAAT_TEST_AWS_ENDPOINT`): what leaves here is what the services take.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_kms::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use platform::ambient::system;
use platform::aws::Clients;
use platform::config::Env;
use platform::mail::{Attachment, Mail, Mailer};
use platform::objects::{ObjectError, Objects};
use platform::queues::{OutgoingMessage, Queues};
use platform::tokens::SigningKey;
use platform::vault::Vault;

fn endpoint() -> String {
    Env::process()
        .text("HAAT_TEST_AWS_ENDPOINT")
        .expect("this test needs a local stand-in of AWS: set HAAT_TEST_AWS_ENDPOINT to its URL")
}

fn clients() -> Clients {
    let credentials = Credentials::new("test", "test", None, None, "test");
    Clients::from_sdk(
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-south-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(endpoint())
            .build(),
    )
}

fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", hex::encode(system().bytes::<8>()))
}

async fn bucket() -> Objects {
    let (clients, name) = (clients(), unique("files"));
    let here = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApSouth1).build();
    clients.s3().create_bucket().bucket(&name).create_bucket_configuration(here).send().await.unwrap();
    Objects::new(clients.s3(), name, system())
}

/// Sends one plain HTTP request and returns the status, the headers and the body.
fn http(method: &str, url: &str, headers: &[(String, String)], body: &[u8]) -> (u16, String, Vec<u8>) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut request = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

#[tokio::test]
async fn a_client_uploads_exactly_what_it_announced_and_downloads_it_under_its_name() {
    let objects = bucket().await;
    objects.check().await.unwrap();
    let file = b"solid cube".to_vec();
    let sha256: [u8; 32] = digest(&SHA256, &file).as_ref().try_into().unwrap();
    let size = u64::try_from(file.len()).unwrap();
    let minute = Duration::from_secs(60);
    let upload = objects.presign_put("t/cube", "model/stl", size, &sha256, minute).await.unwrap();

    let (status, ..) = http(&upload.method, &upload.url, &upload.headers, b"SOLID CUBE");
    assert_eq!(status, 400, "another content than announced");
    let (status, ..) = http(&upload.method, &upload.url, &upload.headers, &file);
    assert_eq!(status, 200);
    let info = objects.head("t/cube").await.unwrap();
    assert_eq!((info.size, info.content_type.as_deref(), info.sha256), (size, Some("model/stl"), Some(sha256)));
    assert_eq!(objects.read_start("t/cube", 5).await.unwrap(), b"solid");
    assert_eq!(objects.read_start("t/cube", 500).await.unwrap(), file);

    let url = objects.presign_get("t/cube", "Khối.stl", minute).await.unwrap();
    let (status, head, body) = http("GET", &url, &[], b"");
    assert_eq!((status, body), (200, file));
    assert!(head.to_lowercase().contains("content-disposition: attachment; filename=\"kh_i.stl\""), "{head}");
}

#[tokio::test]
async fn an_object_that_is_not_there_is_told_apart() {
    let objects = bucket().await;
    assert!(matches!(objects.head("t/none").await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.get("t/none").await, Err(ObjectError::NotFound)));
    assert!(matches!(objects.read_start("t/none", 1).await, Err(ObjectError::NotFound)));
    objects.put("t/empty", Vec::new(), "text/plain").await.unwrap();
    assert_eq!(objects.read_start("t/empty", 16).await.unwrap(), b"");
    objects.put("t/full", vec![7; 100_000], "application/pdf").await.unwrap();
    assert_eq!(objects.get("t/full").await.unwrap(), vec![7; 100_000]);
    let elsewhere = Objects::new(clients().s3(), unique("none"), system());
    assert!(elsewhere.check().await.is_err());
}

#[tokio::test]
async fn messages_are_sent_in_batches_received_and_deleted() {
    let clients = clients();
    let queue = clients.sqs().create_queue().queue_name(unique("queue")).send().await.unwrap().queue_url.unwrap();
    let queues = Queues::new(clients.sqs());
    let message = |n: usize| OutgoingMessage { id: format!("evt:{n}"), body: format!("body {n}") };
    let messages: Vec<_> = (0..23).map(message).collect();
    assert_eq!(queues.send(&queue, &messages).await.unwrap(), Vec::<String>::new());
    assert_eq!(queues.depth(&queue).await.unwrap(), 23);
    let mut bodies = std::collections::BTreeSet::new();
    while bodies.len() < 23 {
        for message in queues.receive(&queue, 1).await.unwrap() {
            queues.delete(&queue, &message.receipt).await.unwrap();
            bodies.insert(message.body);
        }
    }
    assert_eq!(queues.depth(&queue).await.unwrap(), 0);
    assert!(queues.send(&format!("{queue}-none"), &messages).await.is_err());
}

#[tokio::test]
async fn a_mail_arrives_with_its_texts_and_its_file() {
    let clients = clients();
    let from = "no-reply@haat.example";
    clients.ses().create_email_identity().email_identity(from).send().await.unwrap();
    let mailer = Mailer::new(clients.ses(), &format!("Haat <{from}>"), system()).unwrap();
    let to = format!("{}@example.com", unique("alice"));
    let mail = Mail {
        to: to.clone(),
        bcc: None,
        subject: "Hóa đơn".to_owned(),
        html: "<p>Cảm ơn</p>".to_owned(),
        text: "Cảm ơn".to_owned(),
        attachments: vec![Attachment {
            name: "invoice.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            bytes: b"%PDF-1.7".to_vec(),
        }],
    };
    assert!(!mailer.send(&mail).await.unwrap().is_empty());
    let (_, _, sent) = http("GET", &format!("{}/_ministack/ses/messages", endpoint()), &[], b"");
    assert!(String::from_utf8_lossy(&sent).contains(&to));
}

#[tokio::test]
async fn the_key_service_wraps_the_platforms_secrets() {
    let clients = clients();
    let key = clients.kms().create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    let vault = Vault::new(&clients, key, system());
    vault.check().await.unwrap();
    let signing = SigningKey::generate().unwrap();
    let wrapped = signing.wrap(&vault).await.unwrap();
    assert_eq!(SigningKey::unwrap(&vault, &wrapped).await.unwrap().kid(), signing.kid());
    let tenant = system().id();
    let keys = vault.new_keys(tenant, &domain::pii::Purpose::OF_A_TENANT).await.unwrap();
    assert_eq!(keys.len(), 5);
}
