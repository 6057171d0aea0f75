//! The resources that tests run on: those of a deployed stack, or ones made here, as `infra/*.yaml` declares them.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use platform::config::Env;
use serde::Deserialize;
use tokio::sync::OnceCell;

/// The region that local stacks pretend to be in.
pub const REGION: &str = "ap-south-1";

/// Points at a local AWS, with connections of its own.
pub(crate) async fn connect(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load()
        .await
}

/// What the resources of a stack are called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Names {
    /// The table.
    #[serde(rename = "TableName")]
    pub table: String,
    /// The bucket of sellers' files.
    #[serde(rename = "FilesBucket")]
    pub files_bucket: String,
    /// The bucket of invoices.
    #[serde(rename = "InvoicesBucket")]
    pub invoices_bucket: String,
    /// The KMS key.
    #[serde(rename = "KmsKeyId")]
    pub key_id: String,
    /// The mailer's queue.
    #[serde(rename = "MailerQueueUrl")]
    pub mailer_queue: String,
    /// The invoicer's queue.
    #[serde(rename = "InvoicerQueueUrl")]
    pub invoicer_queue: String,
    /// The importer's queue.
    #[serde(rename = "ImporterQueueUrl")]
    pub importer_queue: String,
}

#[derive(Deserialize)]
struct Deployed {
    outputs: Names,
}

/// Names the resources of the deployed stack that `HAAT_TEST_STACK_JSON` describes.
pub(crate) fn deployed(env: &Env) -> Names {
    let path = env.text("HAAT_TEST_STACK_JSON").expect("this test needs the deployed stack: run `make test`");
    let text = std::fs::read_to_string(&path).expect("HAAT_TEST_STACK_JSON names a file");
    serde_json::from_str::<Deployed>(&text).expect("the file has the outputs of a stack").outputs
}

/// Makes resources that no deployed function listens to, once per process.
pub(crate) async fn own(sdk: &SdkConfig) -> Names {
    static NAMES: OnceCell<Names> = OnceCell::const_new();
    NAMES.get_or_init(|| make(sdk)).await.clone()
}

async fn make(sdk: &SdkConfig) -> Names {
    let (files_bucket, invoices_bucket) = ("haat-test-files".to_owned(), "haat-test-invoices".to_owned());
    // Of its own, so that looks at all that is stored, and jobs over all tenants, meet no other test's.
    let table = format!("haat-test-{}", std::process::id());
    make_table(sdk, &table).await;
    make_bucket(sdk, &files_bucket).await;
    make_bucket(sdk, &invoices_bucket).await;
    Names {
        table,
        files_bucket,
        invoices_bucket,
        key_id: make_key(sdk, "alias/haat-test").await,
        mailer_queue: make_queue(sdk, "haat-test-mailer").await,
        invoicer_queue: make_queue(sdk, "haat-test-invoicer").await,
        importer_queue: make_queue(sdk, "haat-test-importer").await,
    }
}

async fn make_table(sdk: &SdkConfig, name: &str) {
    let client = aws_sdk_dynamodb::Client::new(sdk);
    let attribute = |name: &str| {
        let built = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
        built.expect("a definition has a name and a type")
    };
    let schema = |hash: &str, range: &str| {
        let part = |name: &str, kind| {
            let built = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
            built.expect("a key part has a name and a type")
        };
        vec![part(hash, KeyType::Hash), part(range, KeyType::Range)]
    };
    let index = |name: &str| {
        let built = GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(Some(schema(&format!("{name}pk"), &format!("{name}sk"))))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build();
        built.expect("an index has a name and keys")
    };
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let made = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"].map(attribute).to_vec()))
        .set_key_schema(Some(schema("pk", "sk")))
        .global_secondary_indexes(index("gsi1"))
        .global_secondary_indexes(index("gsi2"))
        .stream_specification(stream.build().expect("a stream has a view"))
        .send()
        .await;
    match made {
        Ok(_) => {
            let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build();
            let set = client.update_time_to_live().table_name(name);
            set.time_to_live_specification(ttl.expect("an expiry has an attribute"))
                .send()
                .await
                .expect("expiry is set");
        }
        // Another test was first.
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {}
        Err(error) => panic!("the local AWS makes no table: {error:?}"),
    }
}

async fn make_bucket(sdk: &SdkConfig, name: &str) {
    let client = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build());
    if client.head_bucket().bucket(name).send().await.is_ok() {
        return;
    }
    let place =
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(REGION)).build();
    if let Err(error) = client.create_bucket().bucket(name).create_bucket_configuration(place).send().await {
        let lost_race = error.as_service_error().is_some_and(|error| error.is_bucket_already_owned_by_you());
        assert!(lost_race, "the local AWS makes no bucket: {error:?}");
    }
}

async fn make_queue(sdk: &SdkConfig, name: &str) -> String {
    let made = aws_sdk_sqs::Client::new(sdk).create_queue().queue_name(name).send().await;
    made.expect("the local AWS makes queues").queue_url.expect("a queue has a URL")
}

async fn make_key(sdk: &SdkConfig, alias: &str) -> String {
    let client = aws_sdk_kms::Client::new(sdk);
    let known = async || Some(client.describe_key().key_id(alias).send().await.ok()?.key_metadata?.key_id);
    if let Some(id) = known().await {
        return id;
    }
    let made = client.create_key().send().await.expect("the local AWS makes keys").key_metadata;
    let id = made.expect("a key has an id").key_id;
    // Whoever named the key first wins: all tests must use the same one.
    let named = client.create_alias().alias_name(alias).target_key_id(&id).send().await;
    match named {
        Ok(_) => id,
        Err(_) => known().await.expect("the key that was named meanwhile"),
    }
}
