//! A shop for tests: the function in process, on a tenant of its own.

use domain::access::Role;
use harness::client::TestClient;
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use platform::objects::Objects;
use platform::queues::Queues;

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

    async fn on(stack: Stack, files: String) -> Self {
        let tenant = stack.tenant().await;
        let bucket = |name: String| Objects::new(stack.s3(), name, stack.ambient().clone());
        let parts = Parts::new(
            bucket(files),
            bucket(stack.names.invoices_bucket.clone()),
            Queues::new(stack.sqs()),
            stack.names.mailer_queue.clone(),
            stack.names.invoicer_queue.clone(),
        );
        let router = crate::router(State { edge: stack.edge(), parts });
        Self { client: tenant.client(router), tenant }
    }

    pub(crate) async fn sign_in(&self, role: Role) -> Member {
        self.tenant.member(&[role]).await
    }
}
