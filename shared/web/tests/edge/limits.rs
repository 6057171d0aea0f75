//! How much anybody may ask, over all processes of a function.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::access::Role;
use domain::tenant::RateLimits;
use harness::client::{TestAnswer, TestClient};
use harness::stack::{Stack, TestTenant, unlimited};
use http::StatusCode;
use serde_json::json;
use web::{CdnSecret, EdgeConfig};

use crate::function::router;

const REFUSED: (StatusCode, &str) = (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");

/// A function in several processes, at a tenant with limits of its own and a clock that stands still.
struct Api {
    stack: Stack,
    tenant: TestTenant,
    effects: Arc<AtomicU32>,
}

impl Api {
    async fn open(change: impl FnOnce(&mut RateLimits)) -> Self {
        let stack = Stack::connect().await;
        stack.clock.stop();
        let mut limits = unlimited();
        change(&mut limits);
        let tenant = stack.tenant_with(|tenant| tenant.settings.limits = limits).await;
        Self { stack, tenant, effects: Arc::default() }
    }

    /// Starts another process.
    fn process(&self) -> TestClient {
        self.process_with(|_| ())
    }

    fn process_with(&self, change: impl FnOnce(&mut EdgeConfig)) -> TestClient {
        self.tenant.client(router(self.stack.edge_with(change), Arc::clone(&self.effects)))
    }

    /// Puts something into each bucket that no count can be made from.
    async fn spoil(&self) {
        for row in self.tenant.stored("RL#").await {
            self.tenant.overwrite(&row, "fullAt", "x").await;
        }
    }
}

async fn make(client: &TestClient, key: &str) -> TestAnswer {
    let body = json!({"name": "Bracket", "quantity": 1});
    client.post("/things").header("idempotency-key", key).json(body).send().await
}

#[tokio::test]
async fn an_address_gets_so_many_writes_a_minute_whichever_process_answers() {
    let api = Api::open(|limits| limits.auth_writes = 5).await;
    let processes = [api.process().at_ip("192.0.2.1"), api.process().at_ip("192.0.2.1")];
    for at in 0..5 {
        let answer = make(&processes[at % 2], &format!("{at}")).await;
        answer.data(StatusCode::CREATED);
        let left = (4 - at).to_string();
        assert_eq!(
            (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining"), answer.header("ratelimit-policy")),
            ("5", left.as_str(), "\"auth\";q=5;w=60")
        );
        assert_eq!(answer.header("ratelimit-reset"), ((at + 1) * 12).to_string());
    }
    for process in &processes {
        let answer = make(process, "more").await;
        answer.refused(REFUSED.0, REFUSED.1);
        assert_eq!(
            (answer.header("retry-after"), answer.header("ratelimit-remaining"), answer.header("ratelimit")),
            ("12", "0", "\"auth\";r=0;t=60")
        );
    }
    // Refused once, it is refused in memory: nobody makes the bucket's partition hot by asking on.
    assert_eq!(make(&processes[0], "more").await.round_trips(), 0);
    make(&api.process().at_ip("192.0.2.2"), "other").await.data(StatusCode::CREATED);
    api.stack.clock.advance(Duration::from_secs(12));
    make(&processes[0], "later").await.data(StatusCode::CREATED);
    make(&processes[1], "later still").await.refused(REFUSED.0, REFUSED.1);
    assert_eq!(api.effects.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn of_thirty_writes_at_once_five_take_effect() {
    let api = Api::open(|limits| limits.auth_writes = 5).await;
    let processes = [api.process(), api.process(), api.process()];
    let tries: Vec<_> = (0..30)
        .map(|at| {
            let client = processes[at % 3].clone().at_ip("192.0.2.1");
            tokio::spawn(async move { make(&client, &format!("{at}")).await.status })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            StatusCode::CREATED => made += 1,
            status => assert_eq!(status, REFUSED.0),
        }
    }
    assert_eq!((made, api.effects.load(Ordering::SeqCst)), (5, 5));
}

#[tokio::test]
async fn a_normal_read_costs_no_write_and_a_process_is_a_third_over_at_most() {
    let api = Api::open(|limits| limits.anonymous_reads = 9).await;
    let (one, two) = (api.process().at_ip("192.0.2.1"), api.process().at_ip("192.0.2.1"));
    one.get("/things").send().await.data(StatusCode::OK);
    for left in ["7", "6"] {
        let answer = one.get("/things").send().await;
        answer.data(StatusCode::OK);
        assert_eq!((answer.round_trips(), answer.header("ratelimit-remaining")), (0, left));
    }
    assert!(api.tenant.stored("RL#").await.is_empty());
    for _ in 0..3 {
        two.get("/things").send().await.data(StatusCode::OK);
    }
    // The fourth tells the table of all four, each further one of itself.
    let answer = one.get("/things").send().await;
    assert_eq!((answer.round_trips(), answer.header("ratelimit-remaining")), (1, "5"));
    let mut more = 0;
    for _ in 0..20 {
        more += u32::from(two.get("/things").send().await.status == StatusCode::OK);
    }
    one.get("/things").send().await.refused(REFUSED.0, REFUSED.1);
    // Four of the first and five of the second, of which three were not told at first, but then were.
    assert_eq!(more + 3 + 4, 9);
}

#[tokio::test]
async fn a_user_has_one_allowance_wherever_they_are() {
    let api = Api::open(|limits| limits.user_requests = 6).await;
    let (asha, ravi) = (api.tenant.member(&[Role::Customer]).await, api.tenant.member(&[Role::Customer]).await);
    let process = api.process();
    for at in 0..6 {
        let client = process.clone().at_ip(&format!("192.0.2.{at}"));
        client.get("/who").bearer(&asha.token).send().await.data(StatusCode::OK);
    }
    process.post("/act").bearer(&asha.token).send().await.refused(REFUSED.0, REFUSED.1);
    process.post("/act").bearer(&ravi.token).send().await.data(StatusCode::OK);
    // A forged token is nobody's allowance.
    process.get("/who").bearer("x.y.z").send().await.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
}

#[tokio::test]
async fn a_header_makes_nobody_another_unless_our_cdn_vouches_for_it() {
    let api = Api::open(|limits| limits.auth_writes = 1).await;
    let plain = api.process().at_ip("192.0.2.1");
    let write = |client: &TestClient, forwarded: &str, secret: &str| {
        let request = client.post("/things").header("x-forwarded-for", forwarded).header("x-cdn-secret", secret);
        request.json(json!({"name": "Bracket", "quantity": 1})).send()
    };
    write(&plain, "198.51.100.1", "").await.data(StatusCode::CREATED);
    write(&plain, "198.51.100.2", "s3cret").await.refused(REFUSED.0, REFUSED.1);

    let behind = api.process_with(|config| config.cdn_secret = Some(CdnSecret("s3cret".to_owned()))).at_ip("192.0.2.1");
    write(&behind, "198.51.100.3", "wrong").await.refused(REFUSED.0, REFUSED.1);
    // What stands before the last hop is the client's own word.
    write(&behind, "203.0.113.9, 198.51.100.3, 192.0.2.1", "s3cret").await.data(StatusCode::CREATED);
    write(&behind, "203.0.113.10, 198.51.100.3", "s3cret").await.refused(REFUSED.0, REFUSED.1);
    write(&behind, "198.51.100.4", "s3cret").await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn a_tenant_has_the_requests_of_its_plan() {
    let api = Api::open(|limits| limits.tenant_requests = Some(10)).await;
    let process = api.process();
    let mut let_in = 0;
    for at in 0..15 {
        let client = process.clone().at_ip(&format!("192.0.2.{at}"));
        let_in += u32::from(client.get("/things").send().await.status == StatusCode::OK);
    }
    assert_eq!(let_in, 10);
    api.stack.clock.advance(Duration::from_secs(6));
    process.get("/things").send().await.data(StatusCode::OK);

    let api = Api::open(|limits| limits.tenant_requests_monthly = Some(7)).await;
    let (one, two) = (api.process(), api.process());
    let mut let_in = 0;
    for at in 0..12 {
        let client = if at % 2 == 0 { &one } else { &two };
        let answer = client.get("/things").send().await;
        if answer.status == StatusCode::OK {
            let_in += 1;
        } else {
            answer.refused(REFUSED.0, REFUSED.1);
        }
    }
    assert!((7..=8).contains(&let_in), "{let_in}");
    api.stack.clock.advance(Duration::from_secs(32 * 24 * 60 * 60));
    one.get("/things").send().await.data(StatusCode::OK);
}

#[tokio::test]
async fn when_nothing_can_be_counted_reads_are_answered_and_sign_ins_and_payments_are_not() {
    let api = Api::open(|limits| (limits.auth_writes, limits.anonymous_reads, limits.payment_writes) = (9, 1, 9)).await;
    let buyer = api.tenant.member(&[Role::Customer]).await;
    let process = api.process().at_ip("192.0.2.1");
    make(&process, "1").await.data(StatusCode::CREATED);
    process.get("/things").send().await.data(StatusCode::OK);
    assert_eq!(api.tenant.stored("RL#").await.len(), 2);
    let before = api.effects.load(Ordering::SeqCst);
    api.spoil().await;
    api.stack.clock.advance(Duration::from_secs(60));
    make(&process, "2").await.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    assert_eq!(api.effects.load(Ordering::SeqCst), before);
    process.get("/things").send().await.data(StatusCode::OK);
    process.get("/who").bearer(&buyer.token).send().await.data(StatusCode::OK);
}
