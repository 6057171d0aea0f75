//! The one line that each request leaves in the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain::access::Role;
use serde_json::{Value, json};

use crate::function::Api;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn requests(&self) -> Vec<Value> {
        let lines = self.text();
        let parsed = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        parsed.filter(|line| line["fields"]["message"] == "request").collect()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_that_names_it_and_shows_nothing_of_its_content() {
    let api = Api::open().await;
    let member = api.tenant.member(&[Role::Customer]).await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    api.client.post("/act").bearer(&member.token).header("x-request-id", "find-me").send().await;
    let body = json!({"name": "private words", "quantity": 1, "password": "hunter2hunter2"});
    api.client.post("/things").header("idempotency-key", "secret-key").json(body).send().await;
    api.client.get("/broken").send().await;

    let requests = lines.requests();
    assert_eq!(requests.len(), 3, "{}", lines.text());
    let act = &requests[0];
    assert_eq!(act["span"]["request.id"], "find-me");
    let fields = &act["fields"];
    assert_eq!((&fields["http.method"], &fields["http.route"]), (&json!("POST"), &json!("/api/v1/act")));
    assert_eq!((&fields["http.status"], &fields["tenant.id"]), (&json!(200), &json!(api.tenant.id().to_string())));
    assert_eq!(fields["user.id"], member.user.id.to_string());
    assert!(fields["duration_ms"].is_u64());
    let broken = &requests[2];
    assert_eq!((&broken["level"], &broken["fields"]["error.code"]), (&json!("ERROR"), &json!("INTERNAL")));
    assert!(broken["fields"]["error.cause"].as_str().unwrap().contains("secret detail"));
    for private in ["private words", "hunter2", "secret-key", member.token.as_str()] {
        assert!(!lines.text().contains(private), "{private}");
    }
}
