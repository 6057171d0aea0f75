//! A shop for tests: the function in process, on a tenant of its own.

use std::time::Duration;

use axum::Router;
use domain::access::Role;
use domain::id::RequestId;
use domain::operation::Action;
use domain::tenant::{Tenant, TenantKind};
use domain::user::{DocumentKind, Papers};
use harness::client::TestClient;
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use platform::objects::Objects;
use platform::passwords::Passwords;
use platform::people;
use platform::queues::Queues;
use serde_json::Value;

use crate::State;
use crate::health::Parts;

pub(crate) struct Shop {
    pub(crate) client: TestClient,
    tenant: TestTenant,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let stack = Stack::connect().await;
        let bucket = stack.names.files_bucket.clone();
        Self::on(stack, bucket).await
    }

    /// A shop on a stack that has lost its bucket of files.
    pub(crate) async fn without_bucket() -> Self {
        Self::on(Stack::connect().await, "haat-no-such-bucket".to_owned()).await
    }

    /// The platform's own tenant, or one that is like it: there are as many as there are tests.
    pub(crate) async fn platform() -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant_with(|tenant| tenant.kind = TenantKind::Platform).await;
        let bucket = stack.names.files_bucket.clone();
        Self::of(tenant, bucket)
    }

    async fn on(stack: Stack, files: String) -> Self {
        let tenant = stack.tenant().await;
        Self::of(tenant, files)
    }

    fn of(tenant: TestTenant, files: String) -> Self {
        Self { client: tenant.client(process(&tenant.stack, files)), tenant }
    }

    /// The function in another process.
    pub(crate) fn another_process(&self) -> Router {
        process(&self.tenant.stack, self.tenant.stack.names.files_bucket.clone())
    }

    pub(crate) fn stop_clock(&self) {
        self.tenant.stack.clock.stop();
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.tenant.stack.clock.advance(time);
    }

    /// Reads every item of another tenant.
    pub(crate) async fn stored_of(&self, tenant: &str) -> Vec<Value> {
        let id = tenant.parse().unwrap();
        let tenant = Tenant { id, ..(*self.tenant.tenant).clone() };
        self.tenant.stack.tenant_as(tenant).stored("").await
    }

    pub(crate) fn tenant(&self) -> &TestTenant {
        &self.tenant
    }

    pub(crate) async fn sign_in(&self, role: Role) -> Member {
        self.tenant.member(&[role]).await
    }

    pub(crate) fn new_email(&self) -> String {
        format!("{}@example.com", self.tenant.stack.ambient().id::<RequestId>()).to_lowercase()
    }

    /// Hands in somebody's papers, which they do at another function.
    pub(crate) async fn hand_in_papers(&self, member: &Member) {
        let stack = &self.tenant.stack;
        let papers = Papers {
            kind: DocumentKind::Passport,
            number: "Z1234567".to_owned(),
            country: "IN".to_owned(),
            full_name: "Asha Rao".to_owned(),
            born_on: "1990-12-31".to_owned(),
            submitted_at: stack.now(),
            review: None,
        };
        let sealed = people::seal_papers(stack.vault(), &self.tenant.tenant, &member.user, &papers).await.unwrap();
        let operation = self.tenant.operation();
        let status = member.user.kyc.submitted().unwrap();
        let changed = stack.store().change_kyc(&operation, &member.user, status, &sealed, Action::KycSubmitted).await;
        changed.unwrap().unwrap();
    }
}

fn process(stack: &Stack, files: String) -> Router {
    let bucket = |name: String| Objects::new(stack.s3(), name, stack.ambient().clone());
    let parts = Parts::new(
        bucket(files),
        bucket(stack.names.invoices_bucket.clone()),
        Queues::new(stack.sqs()),
        [&stack.names.mailer_queue, &stack.names.invoicer_queue, &stack.names.importer_queue].map(String::clone),
    );
    let passwords = Passwords::new(8, 1, stack.ambient().clone()).unwrap();
    crate::router(State { edge: stack.edge(), parts, passwords })
}
