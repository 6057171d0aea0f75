//! Which deployment to work on: HAAT_* variables, or the outputs of its stack.

use std::path::Path;

use domain::ambient::Ambient;
use platform::aws::Clients;
use platform::config::Env;
use platform::vault::Vault;
use serde_json::Value;
use store::{Store, Table};

use crate::Failure;

/// Each variable with the output of `template.yaml` that says the same.
const OUTPUTS: &[(&str, &str)] = &[
    ("HAAT_TABLE", "TableName"),
    ("HAAT_KMS_KEY_ID", "KmsKeyId"),
    ("HAAT_FILES_BUCKET", "FilesBucket"),
    ("HAAT_INVOICES_BUCKET", "InvoicesBucket"),
    ("HAAT_MAILER_QUEUE_URL", "MailerQueueUrl"),
    ("HAAT_MAILER_DLQ_URL", "MailerDeadLettersUrl"),
    ("HAAT_INVOICER_QUEUE_URL", "InvoicerQueueUrl"),
    ("HAAT_INVOICER_DLQ_URL", "InvoicerDeadLettersUrl"),
    ("HAAT_IMPORTER_QUEUE_URL", "ImporterQueueUrl"),
    ("HAAT_IMPORTER_DLQ_URL", "ImporterDeadLettersUrl"),
    ("HAAT_RELAY_DLQ_URL", "RelayDeadLettersUrl"),
    ("HAAT_API_URL", "ApiUrl"),
];

/// Where the file of a local stack says other things.
const LOCAL: &[(&str, &str)] =
    &[("HAAT_API_URL", "apiUrl"), ("HAAT_RAZORPAY_URL", "standInUrl"), ("AWS_ENDPOINT_URL", "endpoint")];

/// The settings of one deployment.
pub struct Settings {
    process: Env,
    file: Value,
}

impl Settings {
    /// Takes the environment and, where given, a file: a map of outputs, or one that holds it as `outputs`.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn read(stack_json: Option<&Path>) -> Result<Self, Failure> {
        let file = match stack_json {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?
            }
            None => Value::Null,
        };
        Ok(Self { process: Env::process(), file })
    }

    /// Returns a setting when it is known.
    pub fn optional(&self, name: &str) -> Option<String> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let named =
            |pairs: &[(&str, &'static str)]| pairs.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
        self.process.optional_text(name).or_else(|| named(LOCAL).and_then(|key| text(self.file.get(key)))).or_else(
            || {
                let key = named(OUTPUTS)?;
                text(self.file.get("outputs").unwrap_or(&self.file).get(key))
            },
        )
    }

    /// Returns a setting.
    ///
    /// # Errors
    /// When it is not known; the error says how to give it.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        self.optional(name).ok_or_else(|| {
            let output = OUTPUTS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
            match output {
                Some(output) => format!("set {name}, or give --stack-json a file with the output {output}").into(),
                None => Failure::from(format!("set {name}")),
            }
        })
    }

    /// Makes the AWS clients.
    pub async fn clients(&self) -> Clients {
        let sdk = platform::aws::sdk_config().await;
        match self.optional("AWS_ENDPOINT_URL") {
            Some(endpoint) if sdk.endpoint_url().is_none() => {
                Clients::from_sdk(sdk.into_builder().endpoint_url(endpoint).build())
            }
            _ => Clients::from_sdk(sdk),
        }
    }

    /// Opens the table.
    ///
    /// # Errors
    /// When it is not known which.
    pub fn store(&self, clients: &Clients) -> Result<Store, Failure> {
        Ok(Store::new(Table::new(clients.sdk(), self.text("HAAT_TABLE")?)))
    }

    /// Opens the vault.
    ///
    /// # Errors
    /// When it is not known over which key.
    pub fn vault(&self, clients: &Clients, ambient: &Ambient) -> Result<Vault, Failure> {
        Ok(Vault::new(clients, self.text("HAAT_KMS_KEY_ID")?, ambient.clone()))
    }
}
