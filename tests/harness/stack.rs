//! The local AWS as tests use it: a table, buckets, queues and a key, and a fresh tenant for each test.
//!
//! [`Stack::connect`] makes what it needs at `HAAT_TEST_AWS_ENDPOINT`: functions called in process have a table that no
//! deployed function listens to, or both would send the same mail. [`Stack::deployed`] takes the deployed stack that
//! `HAAT_TEST_STACK_JSON` describes. Tests never meet: each has tenants of its own, and each process a table. When the last
//! handle of a tenant goes, its books must add up, or the test fails.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use std::sync::Arc;

use aws_config::SdkConfig;
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::money::{Currency, Money};
use domain::operation::{Actor, Operation};
use domain::pii::Purpose;
use domain::pricing::{ShippingSettings, TaxSettings};
use domain::tenant::{RateLimits, TaxMode, Tenant, TenantScope, TenantSettings, TenantStatus};
use platform::aws::Clients;
use platform::config::Env;
use platform::vault::Vault;
use store::{Store, Table};

use crate::ambient::{TestClock, TestEntropy};
use crate::cloud::{self, Names};
use crate::guard::Guard;

/// The local AWS, with a clock that the test moves.
#[derive(Clone)]
pub struct Stack {
    /// The address of the local AWS.
    pub endpoint: String,
    /// What the resources are called.
    pub names: Names,
    /// The clock of everything that this stack gives out. It runs until it is stopped.
    pub clock: TestClock,
    ambient: Ambient,
    sdk: SdkConfig,
    store: Store,
    vault: Vault,
}

impl Stack {
    /// Connects to the local AWS, beside what is deployed there, with unpredictable ids and keys.
    pub async fn connect() -> Self {
        Self::with(TestEntropy::fresh(), false).await
    }

    /// Connects to the deployed stack's own resources, for what a test can't do through HTTP.
    pub async fn deployed() -> Self {
        Self::with(TestEntropy::fresh(), true).await
    }

    /// Connects with randomness that is the same in each run. Use it with tenants of one test only: ids repeat.
    pub async fn seeded(seed: u64) -> Self {
        Self::with(TestEntropy::seeded(seed), false).await
    }

    async fn with(entropy: TestEntropy, deployed: bool) -> Self {
        let env = Env::process();
        let Some(endpoint) = env.optional_text("HAAT_TEST_AWS_ENDPOINT") else {
            panic!(
                "this test needs the local AWS: run `make test`, or `make dev` and set HAAT_TEST_AWS_ENDPOINT to the \
                 endpoint in .local/dev/stack.json"
            );
        };
        let sdk = cloud::connect(&endpoint).await;
        let names = if deployed { cloud::deployed(&env) } else { cloud::own(&sdk).await };
        let clock = TestClock::running();
        let ambient = Ambient::new(clock.clone(), entropy);
        Self {
            store: Store::new(Table::new(&sdk, &names.table)),
            vault: Vault::new(&Clients::from_sdk(sdk.clone()), names.key_id.as_str(), ambient.clone()),
            endpoint,
            names,
            clock,
            ambient,
            sdk,
        }
    }

    /// Returns the table's operations.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the vault over the stack's key.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Returns the test's clock and randomness.
    pub fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// Returns the SDK's configuration, for clients of a test's own.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Returns the current instant of the test's clock.
    pub fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    /// Returns a client of S3 for a test's own uploads and looks.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(true).build())
    }

    /// Returns a client of SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk)
    }

    /// Returns a client of the table, for looks at what is really stored.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }

    /// Opens a new tenant with keys and settings of its own.
    pub async fn tenant(&self) -> TestTenant {
        self.tenant_with(|_| ()).await
    }

    /// Opens a new tenant after `change` has had its say.
    pub async fn tenant_with(&self, change: impl FnOnce(&mut Tenant)) -> TestTenant {
        // From the system's randomness, so that a seeded test can run again on the same table.
        let id: TenantId = platform::ambient::system().id();
        let name = id.to_string().to_lowercase().replace('_', "-");
        let mut tenant = Tenant {
            id,
            name: "Print & Co".to_owned(),
            subdomain: name.parse().expect("an id makes a subdomain"),
            status: TenantStatus::Active,
            kind: domain::tenant::TenantKind::Marketplace,
            legal_name: "Print & Co Private Limited".to_owned(),
            legal_address: vec!["12 MG Road".to_owned(), "Bengaluru 560001".to_owned()],
            tax_id: Some("29AAAAA0000A1Z5".to_owned()),
            invoice_prefix: "HAAT".to_owned(),
            sponsor: None,
            rep: None,
            bcc_audit_email: None,
            settings: settings(),
            keys: self.vault.new_keys(id, &Purpose::OF_A_TENANT).await.expect("KMS makes data keys"),
            providers: std::collections::BTreeMap::default(),
            created_at: self.now(),
            version: 1,
        };
        change(&mut tenant);
        self.store.create_tenant(&tenant).await.expect("the tenant is new");
        self.tenant_as(tenant)
    }

    /// Returns a tenant of this stack that was opened by other means.
    pub fn tenant_as(&self, tenant: Tenant) -> TestTenant {
        let (endpoint, table) = (self.endpoint.clone(), self.names.table.clone());
        let guard = Arc::new(Guard { endpoint, table, scope: TenantScope::assume(tenant.id) });
        TestTenant { tenant: Arc::new(tenant), stack: self.clone(), guard }
    }
}

/// The settings of a test's tenant: rupees, 18 % on top, 99 ₹ for shipping.
pub fn settings() -> TenantSettings {
    TenantSettings {
        cors_origins: vec!["https://shop.example".to_owned()],
        tax: TaxSettings::flat(1800, TaxMode::Exclusive),
        shipping: ShippingSettings::flat(Money::new(9_900, Currency::Inr)),
        hold_minutes: 30,
        limits: unlimited(),
        ..TenantSettings::initial(Currency::Inr, "Asia/Kolkata", "en")
    }
}

/// Limits that no test meets by accident: all of them come from one address.
pub fn unlimited() -> RateLimits {
    let most = domain::limit::MAX_PER_MINUTE;
    RateLimits {
        auth_writes: most,
        refreshes: most,
        payment_writes: most,
        anonymous_reads: most,
        anonymous_writes: most,
        user_requests: most,
        ..RateLimits::default()
    }
}

/// A tenant of one test.
#[derive(Clone)]
pub struct TestTenant {
    /// The tenant as stored.
    pub tenant: Arc<Tenant>,
    /// The stack that it lives on.
    pub stack: Stack,
    /// Sees to it that the tenant's books add up when the test ends.
    #[allow(dead_code, reason = "it is there to be dropped")]
    guard: Arc<Guard>,
}

impl TestTenant {
    /// Returns the tenant's id.
    pub fn id(&self) -> TenantId {
        self.tenant.id
    }

    /// Returns the proof of acting for the tenant.
    pub fn scope(&self) -> TenantScope {
        TenantScope::assume(self.tenant.id)
    }

    /// Opens an operation of the test itself.
    pub fn operation(&self) -> Operation {
        self.operation_by(Actor::System { name: "test".to_owned() })
    }

    /// Opens an operation of `actor`.
    pub fn operation_by(&self, actor: Actor) -> Operation {
        Operation::begin(self.scope(), actor, "req-test".to_owned(), Some("192.0.2.1".to_owned()), &self.stack.ambient)
    }
}
