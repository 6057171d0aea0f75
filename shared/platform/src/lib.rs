//! Everything the functions need of the machine and of AWS, except the table: time and randomness, configuration,
//! logs and metrics, KMS envelope encryption, passwords, tokens, files in S3, queues and mail.
//!
//! May depend on `domain` only. This crate is the only one that names the SDKs of KMS, S3, SQS and SES.
//!
//! Architecture invariant: the system clock, the system's randomness and the environment variables are read in
//! [`ambient`] and [`config`] and nowhere else, so that everything past `main` can be tested with given ones.
//! Nothing here knows HTTP or the table.
//!
//! Start reading at [`vault`] for personal data at rest, at [`tokens`] for who a caller is, at [`aws`] for clients.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ambient;
pub mod aws;
pub mod config;
pub mod licences;
pub mod mail;
pub mod metrics;
pub mod objects;
pub mod oidc;
pub mod passwords;
pub mod people;
pub mod queues;
pub mod telemetry;
pub mod tenants;
pub mod tickets;
pub mod tokens;
pub mod totp;
pub mod vault;
