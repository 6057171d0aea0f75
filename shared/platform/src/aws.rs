//! The AWS SDK's configuration and clients.

use crate::config::Env;
use aws_config::SdkConfig;

/// The configuration that every SDK client is made from, `store`'s too.
pub async fn sdk_config(env: &Env) -> SdkConfig {
    let _ = env;
    todo!()
}

/// The clients, each made when it is first asked for.
#[derive(Clone)]
pub struct Clients {
    sdk: SdkConfig,
}

impl Clients {
    /// Reads the environment. Nothing goes over the network yet.
    pub async fn load(env: &Env) -> Self {
        Self { sdk: sdk_config(env).await }
    }

    /// Returns the shared configuration.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Returns the client of KMS.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        todo!()
    }

    /// Returns the client of S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        todo!()
    }

    /// Returns the client of SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        todo!()
    }

    /// Returns the client of SES.
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        todo!()
    }
}
