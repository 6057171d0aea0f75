//! `haat users`: people of a tenant, many at once.

mod import;
mod report;
mod roles;
mod row;

use std::path::PathBuf;

use clap::Subcommand;

use crate::Failure;
use crate::settings::Settings;

pub use self::row::Format;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring people over from another system, with the hashes of their passwords
    ///
    /// The file has one JSON object per line. Rows that are wrong are reported and skipped; the others are brought over.
    /// Running it again brings over what is missing and changes nobody who is there. Nothing of a row but its number is
    /// printed: no address, no name. Passwords are bcrypt hashes, which are replaced by better ones when their owners sign in.
    ///
    /// Formats: `haat` has email, firstName, lastName, phone, roles, passwordHash, status, emailVerified. `s0`, `s1` and
    /// `s2` are the books of the property marketplace, the row-level SaaS and the print shop, with the names these
    /// have for the same; unknown fields are ignored there.
    Import {
        /// The file to read, JSON Lines in UTF-8
        file: PathBuf,
        /// The tenant's subdomain or id
        #[arg(long)]
        tenant: String,
        /// Where the file comes from
        #[arg(long, value_enum, default_value_t = Format::Haat)]
        format: Format,
        /// Check every row, and who is there already, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// Where to write the report, one JSON object per row; without it, rows that are wrong are told on the terminal
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
}

/// Does a command.
///
/// # Errors
/// When a file can't be read or written, or the deployment can't be reached: what was brought over stays.
pub async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    match command {
        Command::Import { file, tenant, format, dry_run, report } => {
            import::run(settings, &file, &tenant, format, dry_run, report.as_deref()).await
        }
    }
}
