use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_kms::config::http::{HttpRequest, HttpResponse};
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ambient::{Ambient, Entropy};
use domain::clock::{Clock, Timestamp};
use domain::id::{Id, TenantId};
use domain::pii::{KeyChain, PUBLISHED, Purpose, SETTLED, Sealed};
use domain::tenant::{Tenant, TenantStatus};
use serde_json::{Value, json};

use super::keyring::{AGE_LIMIT, USE_LIMIT};
use super::{Place, Vault, VaultError};
use crate::aws::Clients;

/// Speaks the KMS protocol in memory, and checks encryption contexts as KMS does.
#[derive(Clone, Default)]
pub(crate) struct FakeKms(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    decrypts: u32,
    fault: Option<Fault>,
}

#[derive(Clone, Copy)]
enum Fault {
    NoConnection,
    Throttled,
}

impl std::fmt::Debug for FakeKms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeKms")
    }
}

impl FakeKms {
    pub(crate) fn clients(&self) -> Clients {
        let fake = self.clone();
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-south-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(fake.clone())))
            .build();
        Clients::from_kms(aws_sdk_kms::Client::from_conf(config))
    }

    fn fail(&self, fault: Option<Fault>) {
        self.0.lock().unwrap().fault = fault;
    }

    fn decrypts(&self) -> u32 {
        self.0.lock().unwrap().decrypts
    }

    fn answer(&self, request: &HttpRequest) -> Result<Value, (u16, &'static str)> {
        let target = request.headers().get("x-amz-target").unwrap().to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        if let Some(Fault::Throttled) = self.0.lock().unwrap().fault {
            return Err((400, "ThrottlingException"));
        }
        let wrap = |plain: &Value| STANDARD.encode(json!({"for": body["EncryptionContext"], "key": plain}).to_string());
        match target.as_str() {
            "TrentService.GenerateDataKeyWithoutPlaintext" => {
                let key = STANDARD.encode(crate::ambient::system().bytes::<32>());
                Ok(json!({"CiphertextBlob": wrap(&json!(key)), "KeyId": "key"}))
            }
            "TrentService.Encrypt" => Ok(json!({"CiphertextBlob": wrap(&body["Plaintext"]), "KeyId": "key"})),
            "TrentService.Decrypt" => {
                self.0.lock().unwrap().decrypts += 1;
                let blob = STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
                match serde_json::from_slice::<Value>(&blob) {
                    Ok(blob) if blob["for"] == body["EncryptionContext"] => {
                        Ok(json!({"Plaintext": blob["key"], "KeyId": "key"}))
                    }
                    _ => Err((400, "InvalidCiphertextException")),
                }
            }
            "TrentService.DescribeKey" => Ok(json!({"KeyMetadata": {"KeyId": "key", "Enabled": true}})),
            other => panic!("unexpected call {other}"),
        }
    }
}

impl HttpConnector for FakeKms {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(Fault::NoConnection) = self.0.lock().unwrap().fault {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection refused".into())));
        }
        let (status, body) = match self.answer(&request) {
            Ok(body) => (200, body),
            Err((status, code)) => (status, json!({"__type": code})),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()))))
    }
}

/// A clock that moves when told to.
#[derive(Clone)]
struct Hands(Arc<Mutex<Timestamp>>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl Entropy for Hands {
    fn fill(&self, bytes: &mut [u8]) {
        crate::ambient::SystemEntropy.fill(bytes);
    }
}

struct World {
    kms: FakeKms,
    hands: Hands,
    vault: Vault,
}

impl World {
    fn new() -> Self {
        let kms = FakeKms::default();
        let hands = Hands(Arc::new(Mutex::new("2026-03-01T00:00:00Z".parse().unwrap())));
        let vault = Vault::new(&kms.clients(), "key", Ambient::new(hands.clone(), hands.clone()));
        Self { kms, hands, vault }
    }

    fn wait(&self, duration: Duration) {
        let mut now = self.hands.0.lock().unwrap();
        *now = now.plus(duration);
    }

    /// Publishes a key that is to follow.
    async fn rotate(&self, tenant: &mut Tenant, purpose: Purpose) {
        let blob = self.vault.new_key(tenant.id, purpose).await.unwrap();
        let chain = tenant.keys[&purpose].follow(blob, self.vault.ambient.now()).unwrap();
        tenant.keys.insert(purpose, chain);
    }

    async fn tenant(&self) -> Tenant {
        let id: TenantId = self.vault.ambient.id();
        tenant(id, self.vault.new_keys(id, &Purpose::OF_A_TENANT).await.unwrap())
    }
}

fn tenant(id: TenantId, keys: BTreeMap<Purpose, KeyChain>) -> Tenant {
    let settings = json!({
        "currency": "INR", "timeZone": "Asia/Kolkata", "locale": "en", "corsOrigins": [],
        "tax": {"mode": "EXCLUSIVE", "rates": []}, "holdMinutes": 15,
        "shipping": {"bands": [{"price": {"amount": 0, "currency": "INR"}}]},
        "downloadLimit": 5, "downloadWindowDays": 7
    });
    Tenant {
        id,
        name: "Green".to_owned(),
        subdomain: "green".parse().unwrap(),
        status: TenantStatus::Active,
        kind: domain::tenant::TenantKind::Marketplace,
        legal_name: "Green".to_owned(),
        legal_address: vec![],
        tax_id: None,
        invoice_prefix: "GRN".to_owned(),
        sponsor: None,
        rep: None,
        bcc_audit_email: None,
        settings: serde_json::from_value(settings).unwrap(),
        keys,
        providers: BTreeMap::new(),
        created_at: Timestamp::from_millis(0),
        version: 1,
    }
}

const EMAIL: Place<'static> = Place { item: "usr_1", field: "email", person: None };

#[tokio::test]
async fn a_tenant_reads_what_it_sealed_and_one_unwrapping_serves_many_values() {
    let world = World::new();
    let tenant = world.tenant().await;
    for text in ["alice@example.com", "", "आदित्य"] {
        let sealed = world.vault.seal_text(&tenant, Purpose::Pii, EMAIL, text).await.unwrap();
        assert!(text.is_empty() || !sealed.as_text().contains(text));
        assert_eq!(world.vault.open_text(&tenant, Purpose::Pii, EMAIL, &sealed).await.unwrap(), text);
    }
    let address = json!({"line1": "1 MG Road", "city": "Pune"});
    let sealed = world.vault.seal_json(&tenant, Purpose::Pii, EMAIL, &address).await.unwrap();
    assert_eq!(world.vault.open_json::<Value>(&tenant, Purpose::Pii, EMAIL, &sealed).await.unwrap(), address);
    assert_eq!(world.kms.decrypts(), 1);
}

#[tokio::test]
async fn a_moved_value_can_not_be_read() {
    let world = World::new();
    let (here, there) = (world.tenant().await, world.tenant().await);
    let sealed = world.vault.seal_text(&here, Purpose::Pii, EMAIL, "alice").await.unwrap();
    for (tenant, purpose, place) in [
        (&there, Purpose::Pii, EMAIL),
        (&here, Purpose::Provider, EMAIL),
        (&here, Purpose::Pii, Place { item: "usr_2", ..EMAIL }),
        (&here, Purpose::Pii, Place { field: "phone", ..EMAIL }),
    ] {
        let opened = world.vault.open(tenant, purpose, place, &sealed).await;
        assert!(matches!(opened, Err(VaultError::Unreadable)), "{place:?}");
    }
    for garbage in ["", "AA", "not base64!", &"A".repeat(400)] {
        let opened = world.vault.open(&here, Purpose::Pii, EMAIL, &Sealed::from_text(garbage.to_owned())).await;
        assert!(matches!(opened, Err(VaultError::Unreadable)), "{garbage}");
    }
}

#[tokio::test]
async fn another_tenants_wrapped_key_is_of_no_use_even_when_it_is_in_memory() {
    let world = World::new();
    let victim = world.tenant().await;
    let sealed = world.vault.seal_text(&victim, Purpose::Pii, EMAIL, "alice").await.unwrap();
    let thief = tenant(world.vault.ambient.id(), victim.keys.clone());
    let opened = world.vault.open(&thief, Purpose::Pii, EMAIL, &sealed).await;
    assert!(matches!(opened, Err(VaultError::Unreadable)));

    let mut swapped = victim.clone();
    swapped.keys.insert(Purpose::Pii, victim.keys[&Purpose::Index].clone());
    let opened = world.vault.open(&swapped, Purpose::Pii, EMAIL, &sealed).await;
    assert!(matches!(opened, Err(VaultError::Unreadable)));
}

#[tokio::test]
async fn what_was_sealed_under_an_older_key_reads_until_that_key_is_dropped() {
    let world = World::new();
    let mut tenant = world.tenant().await;
    let seal = async |tenant: &Tenant| world.vault.seal_text(tenant, Purpose::Pii, EMAIL, "alice").await.unwrap();
    let open = async |tenant: &Tenant, sealed: &Sealed| {
        world.vault.open_text(tenant, Purpose::Pii, EMAIL, sealed).await.map_err(|error| error.to_string())
    };
    let before = seal(&tenant).await;
    let unaware = tenant.clone();
    world.rotate(&mut tenant, Purpose::Pii).await;
    // Who has not heard of the new key yet reads what the others seal, because they wait with it.
    let meanwhile = seal(&tenant).await;
    assert_eq!(open(&unaware, &meanwhile).await.unwrap(), "alice");
    world.wait(PUBLISHED);
    let after = seal(&tenant).await;
    for sealed in [&before, &meanwhile, &after] {
        assert_eq!(open(&tenant, sealed).await.unwrap(), "alice");
    }
    let outdated = |sealed| world.vault.is_outdated(&tenant, Purpose::Pii, sealed).unwrap();
    assert!(outdated(&before) && outdated(&meanwhile) && !outdated(&after));
    let settled = tenant.keys[&Purpose::Pii].settled();
    tenant.keys.insert(Purpose::Pii, settled);
    assert_eq!(open(&tenant, &after).await.unwrap(), "alice");
    assert!(open(&tenant, &before).await.is_err());
}

#[tokio::test]
async fn a_derived_key_stays_the_same_for_what_was_made_before() {
    let world = World::new();
    let mut tenant = world.tenant().await;
    let made = world.vault.ambient.now();
    let first = world.vault.derive(&tenant, Purpose::Session, "refresh").await.unwrap();
    world.rotate(&mut tenant, Purpose::Session).await;
    world.wait(PUBLISHED);
    let second = world.vault.derive(&tenant, Purpose::Session, "refresh").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(world.vault.derive_as_of(&tenant, Purpose::Session, "refresh", made).await.unwrap(), first);
    assert_eq!(world.vault.derive_each(&tenant, Purpose::Session, "refresh").await.unwrap(), [second, first]);
}

#[tokio::test]
async fn while_an_index_key_follows_another_both_places_are_looked_at_before_one_is_written() {
    let world = World::new();
    let mut tenant = world.tenant().await;
    let places = async |tenant: &Tenant| {
        let places = world.vault.index_places(tenant, "user.email", "alice@example.com").await.unwrap();
        (places.read().cloned().collect::<Vec<_>>(), places.write, places.guard)
    };
    let (read, old, guard) = places(&tenant).await;
    assert_eq!((read, guard), (vec![old.clone()], None));
    world.rotate(&mut tenant, Purpose::Index).await;
    assert_eq!(places(&tenant).await, (vec![old.clone()], old.clone(), None));
    world.wait(PUBLISHED);
    let (both, write, new) = places(&tenant).await;
    let new = new.unwrap();
    assert_eq!((both, write), (vec![old.clone(), new.clone()], old.clone()));
    world.wait(SETTLED);
    assert_eq!(places(&tenant).await, (vec![old.clone(), new.clone()], new.clone(), Some(old)));
    let settled = tenant.keys[&Purpose::Index].settled();
    tenant.keys.insert(Purpose::Index, settled);
    assert_eq!(places(&tenant).await, (vec![new.clone()], new, None));
}

#[tokio::test]
async fn a_key_is_unwrapped_again_after_its_time_and_its_uses() {
    let world = World::new();
    let tenant = world.tenant().await;
    let index = || world.vault.blind_index(&tenant, "user.email", "alice@example.com");
    let first = index().await.unwrap();
    world.wait(AGE_LIMIT - Duration::from_millis(1));
    index().await.unwrap();
    assert_eq!(world.kms.decrypts(), 1);
    world.wait(Duration::from_millis(1));
    assert_eq!(index().await.unwrap(), first);
    assert_eq!(world.kms.decrypts(), 2);
    for _ in 0..USE_LIMIT {
        world.vault.derive(&tenant, Purpose::Index, "x").await.unwrap();
    }
    assert_eq!(world.kms.decrypts(), 3);
}

#[tokio::test]
async fn an_outage_is_told_apart_from_tampering_and_leaves_no_trace() {
    let world = World::new();
    let tenant = world.tenant().await;
    for fault in [Fault::NoConnection, Fault::Throttled] {
        world.kms.fail(Some(fault));
        let sealed = world.vault.seal_text(&tenant, Purpose::Pii, EMAIL, "alice").await;
        assert!(matches!(sealed, Err(VaultError::Unavailable(_))));
        let keys = world.vault.new_keys(tenant.id, &[Purpose::Pii]).await;
        assert!(matches!(keys, Err(VaultError::Unavailable(_))));
        assert!(matches!(world.vault.check().await, Err(VaultError::Unavailable(_))));
    }
    world.kms.fail(None);
    world.vault.seal_text(&tenant, Purpose::Pii, EMAIL, "alice").await.unwrap();
    world.vault.check().await.unwrap();

    world.kms.fail(Some(Fault::NoConnection));
    world.vault.seal_text(&tenant, Purpose::Pii, EMAIL, "within the key's time").await.unwrap();
}

#[tokio::test]
async fn concurrent_misses_unwrap_a_key_once() {
    let world = World::new();
    let tenant = world.tenant().await;
    let index = || world.vault.blind_index(&tenant, "user.email", "alice@example.com");
    let (a, b, c) = tokio::join!(index(), index(), index());
    assert_eq!(a.unwrap(), b.unwrap());
    c.unwrap();
    assert_eq!(world.kms.decrypts(), 1);
}

#[tokio::test]
async fn fingerprints_of_two_tenants_or_fields_differ() {
    let world = World::new();
    let (here, there) = (world.tenant().await, world.tenant().await);
    let email = world.vault.blind_index(&here, "user.email", "x").await.unwrap();
    assert_ne!(email, world.vault.blind_index(&here, "user.phone", "x").await.unwrap());
    assert_ne!(email, world.vault.blind_index(&there, "user.email", "x").await.unwrap());
    assert_eq!(email.as_text().len(), 32);
}

#[tokio::test]
async fn a_platform_secret_wraps_and_unwraps_and_is_no_tenants_key() {
    let world = World::new();
    let wrapped = world.vault.wrap_secret(b"private").await.unwrap();
    assert_eq!(world.vault.unwrap_secret(&wrapped).await.unwrap().as_slice(), b"private");
    let tenant = world.tenant().await;
    let foreign = world.vault.unwrap_secret(&tenant.keys[&Purpose::Pii].newest().unwrap().blob).await;
    assert!(matches!(foreign, Err(VaultError::Unreadable)));
}

#[test]
fn what_the_vault_returns_can_cross_threads() {
    fn crosses<T: Send>(_: T) {}
    let world = World::new();
    let tenant = tenant(TenantId::from_parts(Timestamp::from_millis(0), 1), BTreeMap::new());
    crosses(world.vault.seal_text(&tenant, Purpose::Pii, EMAIL, "x"));
    crosses(world.vault.blind_index(&tenant, "user.email", "x"));
}
