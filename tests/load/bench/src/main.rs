//! Measures what the functions cost: cold starts, memory, package sizes, and a shopper's journey step by step.
//!
//! `make bench` builds release binaries, deploys them to a local AWS of its own and runs this program, which prints
//! tables and writes `BENCHMARKS.md`. Ratios are what is compared between versions; absolute times belong to a machine.
//!
//! Start reading at [`journey`].
#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a program for people that divides durations and reads the real clock; no money here"
)]

mod cold_start;
mod journey;
mod process;
mod report;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures Haat's functions.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Starts every HTTP function's binary again and again and times the first answer.
    ColdStart {
        /// The directory with the release binaries.
        #[arg(long)]
        binaries: PathBuf,
        /// How many starts of each.
        #[arg(long, default_value_t = 20)]
        runs: usize,
        /// Where the figures go, as JSON.
        #[arg(long)]
        out: PathBuf,
    },
    /// Sends shoppers through the deployed API.
    Journey {
        /// The JSON file with the stack's outputs.
        #[arg(long)]
        stack: PathBuf,
        /// The name of this mode in the tables, such as `hashing`.
        #[arg(long)]
        mode: String,
        /// How many journeys are measured per number of shoppers at a time.
        #[arg(long, default_value_t = 48)]
        journeys: usize,
        /// Where the figures go, as JSON.
        #[arg(long)]
        out: PathBuf,
    },
    /// Turns figures into BENCHMARKS.md.
    Report {
        /// The JSON files that the other commands wrote.
        figures: Vec<PathBuf>,
        /// The document to write.
        #[arg(long, default_value = "BENCHMARKS.md")]
        out: PathBuf,
    },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    match Arguments::parse().what {
        What::ColdStart { binaries, runs, out } => save(&out, &cold_start::measure(&binaries, runs).await?),
        What::Journey { stack, mode, journeys, out } => save(&out, &journey::measure(&stack, &mode, journeys).await?),
        What::Report { figures, out } => report::write(&figures, &out),
    }
}

fn save(path: &std::path::Path, figures: &impl serde::Serialize) -> Result<(), Failure> {
    std::fs::write(path, serde_json::to_vec_pretty(figures)?)?;
    Ok(())
}
