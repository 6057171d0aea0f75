//! `haat`: what an operator does with a deployment from the command line.
//!
//! May depend on everything. Speaks to the table, the buckets and the queues directly, under the operator's own AWS
//! credentials, and never serves requests.
//!
//! Start reading at [`Command`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its terminal")]

mod document;
mod erase;
mod keys;
mod ledger;
mod operator;
mod platform;
mod progress;
mod reconcile;
mod redrive;
mod scope;
mod seed;
mod settings;
mod shapes;
mod tenants;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::Settings;

/// Why a command did not do its work, in words for the operator.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The operator's tool of Haat.
///
/// It works on the deployment that the HAAT_* variables describe (see `make env` for the local one), or that a file of
/// stack outputs describes (`--stack-json`). AWS credentials and AWS_ENDPOINT_URL come from where every AWS tool reads them.
#[derive(Debug, Parser)]
#[command(name = "haat", version, arg_required_else_help = true)]
struct Arguments {
    /// A JSON file with the outputs of the stack; HAAT_* variables win over it
    #[arg(long, global = true, env = "HAAT_STACK_JSON", value_name = "FILE")]
    stack_json: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
enum Command {
    /// Fill the demo tenant: people, forty products with 3D files, Razorpay test keys; print logins and a journey
    ///
    /// Running it again changes nothing that is there and adds what is missing. It refuses to touch production.
    Seed,
    /// Move the dead letters of a queue back to the queue, so that they are tried again
    Redrive {
        /// The queue whose dead letters to move
        queue: redrive::Queue,
        /// Stop after about this many messages; they come ten at a time
        #[arg(long, default_value_t = 10_000, value_name = "COUNT")]
        limit: u32,
    },
    /// Open the platform itself, whose people open and close tenants
    Platform {
        #[command(subcommand)]
        what: platform::Command,
    },
    /// Open, list, suspend and restore tenants
    Tenants {
        #[command(subcommand)]
        what: tenants::Command,
    },
    /// Bring people over from another system
    Users {
        #[command(subcommand)]
        what: users::Command,
    },
    /// Show and rotate a tenant's data keys
    Keys {
        #[command(subcommand)]
        what: keys::Keys,
    },
    /// Erase a person for good: what DELETE /users/me does, for those who asked in another way
    Erase {
        /// The tenant, by subdomain or id
        #[arg(long)]
        tenant: String,
        /// The person's id
        #[arg(long)]
        user: domain::id::UserId,
    },
    /// Compare a day's payments with what their providers say now, and print what differs
    Reconcile {
        /// The tenant, by subdomain or id
        #[arg(long)]
        tenant: String,
        /// The day of UTC on which the payments moved last, such as 2026-11-20; yesterday when none is given
        #[arg(long)]
        day: Option<domain::calendar::Day>,
    },
    /// Look after the books
    Ledger {
        #[command(subcommand)]
        what: ledger::Command,
    },
    /// Write the API's OpenAPI document, joined from all functions
    Openapi {
        /// Compare with the file instead of writing it; exit with 1 when it is out of date
        #[arg(long)]
        check: bool,
        /// Where the document is kept
        #[arg(long, default_value = document::PLACE, value_name = "FILE")]
        file: PathBuf,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("haat: {failure}");
            let mut cause = failure.source();
            while let Some(next) = cause {
                eprintln!("  because: {next}");
                cause = next.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let settings = || Settings::read(arguments.stack_json.as_deref());
    match arguments.command {
        Command::Seed => seed::run(&settings()?).await,
        Command::Redrive { queue, limit } => redrive::run(&settings()?, queue, limit).await,
        Command::Platform { what } => platform::run(&settings()?, what).await,
        Command::Tenants { what } => tenants::run(&settings()?, what).await,
        Command::Users { what } => users::run(&settings()?, what).await,
        Command::Keys { what } => keys::run(&settings()?, what).await,
        Command::Erase { tenant, user } => erase::run(&settings()?, &tenant, user).await,
        Command::Reconcile { tenant, day } => reconcile::run(&settings()?, &tenant, day).await,
        Command::Ledger { what } => ledger::run(&settings()?, what).await,
        Command::Openapi { check, file } => document::run(&file, check),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense_to_clap() {
        Arguments::command().debug_assert();
    }
}
