//! The AWS SDK's configuration and clients, made for a quick cold start.
//!
//! Nothing goes over the network at start, and a client is made when it is first asked for. All clients share one
//! HTTP client and its connections. Left to itself, the SDK gives each client its own, and reads the machine's root
//! certificates even when no `https` address will ever be called (a local stand-in).

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_kms::config::ProvideCredentials;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Reads the configuration that every SDK client is made from, `store`'s too. Region, credentials and
/// `AWS_ENDPOINT_URL` come from where every SDK reads them.
///
/// A call is tried three times: 1 s to connect, 3 s per try, 8 s in all.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .http_client(LazyTls::default());
    // Where the default chain looks first, as on Lambda. The whole chain would make a client of STS at each start.
    let environment = EnvironmentVariableCredentialsProvider::new();
    if environment.provide_credentials().await.is_ok() {
        loader = loader.credentials_provider(environment);
    }
    let config = loader.load().await;
    if config.endpoint_url().is_none_or(|url| url.starts_with("https:")) {
        // Lambda starts us on a full core and then gives a fraction of one: read the certificates now, beside.
        std::thread::spawn(|| drop(tls_connector(None, None)));
    }
    config
}

/// The clients, each made when it is first asked for. Cheap to clone.
#[derive(Clone)]
pub struct Clients {
    sdk: Arc<SdkConfig>,
    kms: Arc<OnceLock<aws_sdk_kms::Client>>,
    s3: Arc<OnceLock<aws_sdk_s3::Client>>,
    sqs: Arc<OnceLock<aws_sdk_sqs::Client>>,
    ses: Arc<OnceLock<aws_sdk_sesv2::Client>>,
}

impl Clients {
    /// Reads the configuration ([`sdk_config`]). Nothing goes over the network yet.
    pub async fn load() -> Self {
        Self::from_sdk(sdk_config().await)
    }

    /// Takes a configuration, for tests.
    pub fn from_sdk(sdk: SdkConfig) -> Self {
        Self { sdk: Arc::new(sdk), kms: Arc::default(), s3: Arc::default(), sqs: Arc::default(), ses: Arc::default() }
    }

    /// Takes a client of KMS of the test's own making.
    #[cfg(test)]
    pub(crate) fn from_kms(kms: aws_sdk_kms::Client) -> Self {
        let clients = Self::from_sdk(SdkConfig::builder().build());
        let _ = clients.kms.set(kms);
        clients
    }

    /// Returns the shared configuration, from which `store` makes its client.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Returns the client of KMS.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        self.kms.get_or_init(|| aws_sdk_kms::Client::new(&self.sdk)).clone()
    }

    /// Returns the client of S3. With an endpoint of our own, buckets are in the path instead of the host name.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let make = || {
            let config = aws_sdk_s3::config::Builder::from(&*self.sdk);
            aws_sdk_s3::Client::from_conf(config.force_path_style(self.sdk.endpoint_url().is_some()).build())
        };
        self.s3.get_or_init(make).clone()
    }

    /// Returns the client of SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.sdk)).clone()
    }

    /// Returns the client of SES.
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        self.ses.get_or_init(|| aws_sdk_sesv2::Client::new(&self.sdk)).clone()
    }
}

/// An HTTP client that sets up TLS only when the first `https` request comes.
#[derive(Debug, Clone)]
struct LazyTls {
    plain: SharedHttpClient,
    tls: Arc<OnceLock<SharedHttpClient>>,
}

impl Default for LazyTls {
    fn default() -> Self {
        Self { plain: Builder::new().build_http(), tls: Arc::default() }
    }
}

impl HttpClient for LazyTls {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(ByScheme { client: self.clone(), settings: settings.clone(), parts: parts.clone() })
    }
}

#[derive(Debug)]
struct ByScheme {
    client: LazyTls,
    settings: HttpConnectorSettings,
    parts: RuntimeComponents,
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http:") {
            &self.client.plain
        } else {
            self.client.tls.get_or_init(|| Builder::new().build_with_connector_fn(tls_connector))
        };
        client.http_connector(&self.settings, &self.parts).call(request)
    }
}

/// Makes what the SDK's own default client would make.
fn tls_connector(settings: Option<&HttpConnectorSettings>, parts: Option<&RuntimeComponents>) -> Connector {
    let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    connector.set_connector_settings(settings.cloned());
    connector.set_sleep_impl(parts.and_then(RuntimeComponents::sleep_impl));
    connector.set_proxy_config(Some(ProxyConfig::from_env()));
    connector.build()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use aws_config::Region;
    use aws_sdk_kms::config::{Credentials, SharedCredentialsProvider};

    use super::*;

    fn config(http: LazyTls, endpoint: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-south-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled())
            .http_client(http)
            .build()
    }

    #[tokio::test]
    async fn a_stand_in_without_tls_is_called_without_reading_certificates() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let http = LazyTls::default();
        let clients = Clients::from_sdk(config(http.clone(), &endpoint));
        let _ = (clients.kms(), clients.sqs(), clients.ses());
        clients.s3().head_bucket().bucket("files").send().await.unwrap();
        assert!(server.join().unwrap().starts_with("HEAD /files"), "the bucket is in the path");
        assert!(http.tls.get().is_none());
    }

    #[tokio::test]
    async fn an_https_address_gets_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("https://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 1];
            stream.read_exact(&mut hello).unwrap();
            hello[0]
        });
        let clients = Clients::from_sdk(config(LazyTls::default(), &endpoint));
        assert!(clients.s3().head_bucket().bucket("files").send().await.is_err());
        assert_eq!(server.join().unwrap(), 0x16, "a TLS handshake record");
    }
}
