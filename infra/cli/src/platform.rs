//! `haat platform`: the platform's own tenant, whose people open and close all others.

use clap::{Args, Subcommand};
use domain::access::Role;
use domain::money::Currency;
use domain::tenant::{NewTenant, Subdomain, TenantKind, TenantScope};
use domain::ticket::TicketKind;
use domain::user::{Email, PersonName};
use platform::config::Env;
use platform::passwords::{Password, Passwords};
use platform::people::{self, Profile};
use platform::{tenants, tickets};
use store::members::OpenedBy;
use store::platform::SignUpRefused;

use crate::Failure;
use crate::operator::Operator;
use crate::settings::Settings;

/// What can be done with the platform itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the platform's own tenant with its first superuser
    ///
    /// Superusers sign in at the subdomain `platform` by the ordinary routes, and open tenants under /platform/tenants. The
    /// password is read from HAAT_PASSWORD, or asked for; with --invite none is needed, and a mail brings a link to set one.
    Init(Init),
}

/// Who is the first superuser.
#[derive(Debug, Args)]
pub struct Init {
    /// The e-mail address of the first superuser
    #[arg(long)]
    email: String,
    /// Their first name
    #[arg(long, default_value = "Platform")]
    first_name: String,
    /// Their last name
    #[arg(long, default_value = "Superuser")]
    last_name: String,
    /// Send a mail with a link to set a password, instead of setting one here
    #[arg(long)]
    invite: bool,
}

/// Does a command.
///
/// # Errors
/// When it can't be done; nothing was changed then.
pub async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let Command::Init(init) = command;
    let operator = Operator::open(settings).await?;
    let profile = Profile {
        email: Email::new(&init.email)?,
        phone: None,
        first_name: PersonName::new(&init.first_name)?,
        last_name: PersonName::new(&init.last_name)?,
    };
    if operator.platform().await?.is_some() {
        println!("The platform has its superusers already. They invite others with POST /admin/users/invite.");
        return Ok(());
    }
    let hash = if init.invite { None } else { Some(hash(&operator, settings).await?) };
    let invited = hash.is_none();
    let subdomain = open(&operator, &profile, hash).await?;
    match invited {
        true => println!("The platform is open. A mail with a link to set a password is on its way to its superuser."),
        false => {
            println!("The platform is open. Its superuser signs in with POST /auth/login at the subdomain {subdomain}.")
        }
    }
    println!("Next: `haat tenants create --help`, or POST /platform/tenants.");
    Ok(())
}

/// Opens the platform's own tenant with its first superuser, who is invited when there is no hash of a password.
///
/// # Errors
/// When the platform is open already, or nothing could be written.
pub async fn open(operator: &Operator, profile: &Profile, hash: Option<String>) -> Result<Subdomain, Failure> {
    let (vault, subdomain) = (&operator.vault, Subdomain::of_platform());
    let new = NewTenant {
        kind: TenantKind::Platform,
        name: "Haat".to_owned(),
        subdomain: subdomain.clone(),
        legal_name: "Haat".to_owned(),
        legal_address: vec!["-".to_owned()],
        tax_id: None,
        invoice_prefix: "HAAT".to_owned(),
        currency: Currency::Inr,
        time_zone: "UTC".to_owned(),
        locale: "en".to_owned(),
        sponsor: None,
        rep: None,
    };
    new.check()?;
    let tenant = tenants::open_tenant(vault, &operator.ambient, new, None).await?;
    let operation = operator.operation(TenantScope::assume(tenant.id));
    let mut root = people::open_account(vault, &tenant, &operation, profile, vec![Role::Superuser]).await?;
    // Whoever has the keys of the deployment says so.
    root.email_verified_at = hash.is_some().then_some(operation.now);
    let ticket = tickets::issue_to(vault, &tenant, &operation, TicketKind::Invitation, &root).await?;
    let by = if hash.is_some() { OpenedBy::Member } else { OpenedBy::Invitation(&ticket) };
    match operator.store.sign_up_tenant(&operation, &tenant, &root, hash, by).await? {
        Ok(()) => Ok(subdomain),
        Err(SignUpRefused::SubdomainTaken) => Err("somebody else has opened the platform meanwhile".into()),
        Err(refused @ SignUpRefused::NoLonger) => Err(refused.into()),
    }
}

/// Reads a password and hashes it.
async fn hash(operator: &Operator, settings: &Settings) -> Result<String, Failure> {
    let text = match settings.optional("HAAT_PASSWORD") {
        Some(text) => text,
        None => {
            let terminal = console::Term::stderr();
            if !terminal.is_term() {
                return Err("there is no terminal to ask for a password: set HAAT_PASSWORD, or give --invite".into());
            }
            eprint!("Password of the superuser: ");
            terminal.read_secure_line()?
        }
    };
    let passwords = Passwords::from_env(&Env::process(), operator.ambient.clone())?;
    Ok(passwords.hash(Password::new(&text)?).await?)
}
