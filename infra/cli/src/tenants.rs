//! `haat tenants`: what superusers do over HTTP, for operators at a terminal.

use clap::{Args, Subcommand};
use domain::access::Role;
use domain::money::Currency;
use domain::operation::Action;
use domain::tenant::{NewTenant, Subdomain, Tenant, TenantKind};
use domain::ticket::TicketKind;
use domain::user::{Email, PersonName};
use platform::people::{self, Profile};
use platform::{tenants, tickets};
use store::members::OpenedBy;

use crate::Failure;
use crate::operator::Operator;
use crate::settings::Settings;

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a tenant with its first owner, who gets a mail with a link to set a password
    Create(Box<Create>),
    /// List the tenants, newest first
    List,
    /// Close a tenant for the time being: within a minute it answers as if it did not exist
    Suspend {
        /// The tenant's subdomain or id
        tenant: String,
    },
    /// Open a suspended tenant again
    Restore {
        /// The tenant's subdomain or id
        tenant: String,
    },
}

/// A new tenant and who owns it.
#[derive(Debug, Args)]
pub struct Create {
    /// The host name under the base domain: a to z, 0 to 9 and inner hyphens
    #[arg(long)]
    subdomain: String,
    /// The name shown to people
    #[arg(long)]
    name: String,
    /// The name on invoices; the name when not given
    #[arg(long)]
    legal_name: Option<String>,
    /// One line of the address on invoices; give it once for each line
    #[arg(long = "address", required = true, value_name = "LINE")]
    legal_address: Vec<String>,
    /// The tax registration number on invoices
    #[arg(long)]
    tax_id: Option<String>,
    /// The first part of invoice numbers
    #[arg(long, default_value = "INV")]
    invoice_prefix: String,
    /// The ISO 4217 code of the currency
    #[arg(long)]
    currency: String,
    /// The IANA name of the time zone
    #[arg(long)]
    time_zone: String,
    /// The language of mails and documents
    #[arg(long, default_value = "en")]
    locale: String,
    /// Who gets blind copies of the mails about orders, invoices, credit notes and parcels
    #[arg(long, value_name = "EMAIL")]
    bcc_audit_email: Option<String>,
    /// The e-mail address of the owner
    #[arg(long)]
    owner_email: String,
    /// The owner's first name
    #[arg(long)]
    owner_first_name: String,
    /// The owner's last name
    #[arg(long)]
    owner_last_name: String,
}

/// Does a command.
///
/// # Errors
/// When it can't be done; nothing was changed then.
pub async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let operator = Operator::open(settings).await?;
    match command {
        Command::Create(create) => {
            let tenant = open(&operator, *create).await?;
            println!("{} is open at the subdomain {}; its owner is invited by mail.", tenant.id, tenant.subdomain);
            Ok(())
        }
        Command::List => list(&operator).await,
        Command::Suspend { tenant } => turn(&operator, &tenant, Action::TenantSuspended).await,
        Command::Restore { tenant } => turn(&operator, &tenant, Action::TenantRestored).await,
    }
}

async fn open(operator: &Operator, create: Create) -> Result<Tenant, Failure> {
    let operation = operator.on_the_platform().await?;
    let bcc = create.bcc_audit_email.as_deref().map(Email::new).transpose()?;
    let profile = Profile {
        email: Email::new(&create.owner_email)?,
        phone: None,
        first_name: PersonName::new(&create.owner_first_name)?,
        last_name: PersonName::new(&create.owner_last_name)?,
    };
    let currency: Currency = serde_json::from_value(create.currency.clone().into())
        .map_err(|_| format!("{} is no currency that Haat knows", create.currency))?;
    let new = NewTenant {
        kind: TenantKind::Marketplace,
        subdomain: Subdomain::of_marketplace(&create.subdomain).map_err(|wrong| format!("--subdomain {wrong}"))?,
        legal_name: create.legal_name.unwrap_or_else(|| create.name.clone()),
        name: create.name,
        legal_address: create.legal_address,
        tax_id: create.tax_id,
        invoice_prefix: create.invoice_prefix,
        currency,
        time_zone: create.time_zone,
        locale: create.locale,
        sponsor: None,
        rep: None,
    };
    new.check()?;
    let vault = &operator.vault;
    let tenant = tenants::open_tenant(vault, &operator.ambient, new, bcc.as_ref()).await?;
    let owner = people::open_account(vault, &tenant, &operation, &profile, vec![Role::Owner]).await?;
    let ticket = tickets::issue_to(vault, &tenant, &operation, TicketKind::Invitation, &owner).await?;
    operator.store.sign_up_tenant(&operation, &tenant, &owner, None, OpenedBy::Invitation(&ticket)).await??;
    Ok(tenant)
}

async fn list(operator: &Operator) -> Result<(), Failure> {
    let mut from = None;
    loop {
        let page = operator.store.marketplaces(100, from).await?;
        for tenant in &page.items {
            println!("{}  {:9}  {:20}  {}", tenant.id, tenant.status.as_str(), tenant.subdomain.as_str(), tenant.name);
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

async fn turn(operator: &Operator, name: &str, action: Action) -> Result<(), Failure> {
    let tenant = operator.tenant(name).await?;
    if tenant.kind != TenantKind::Marketplace {
        return Err("the platform itself stays open: nobody could open it again".into());
    }
    let operation = operator.on_the_platform().await?;
    let next = match action {
        Action::TenantSuspended => tenant.clone().suspended()?,
        _ => tenant.clone().restored()?,
    };
    let next = operator.store.change_marketplace(&operation, &tenant, next, action).await?;
    println!("{} is {} now; that counts everywhere within a minute.", next.subdomain, next.status.as_str());
    Ok(())
}

#[cfg(test)]
mod tests {
    use harness::stack::Stack;

    use super::*;
    use crate::platform;

    fn create(subdomain: &str) -> Create {
        Create {
            subdomain: subdomain.to_owned(),
            name: "Lotus & Lathe".to_owned(),
            legal_name: None,
            legal_address: vec!["12 MG Road".to_owned()],
            tax_id: None,
            invoice_prefix: "LOTUS".to_owned(),
            currency: "INR".to_owned(),
            time_zone: "Asia/Kolkata".to_owned(),
            locale: "en".to_owned(),
            bcc_audit_email: Some("audit@lotus.example".to_owned()),
            owner_email: "owner@lotus.example".to_owned(),
            owner_first_name: "Asha".to_owned(),
            owner_last_name: "Rao".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_platform_opens_once_and_its_operators_open_close_and_reopen_tenants() {
        let stack = Stack::connect().await;
        let operator =
            Operator { store: stack.store().clone(), vault: stack.vault().clone(), ambient: stack.ambient().clone() };
        let root = Profile {
            email: Email::new("root@haat.example").unwrap(),
            phone: None,
            first_name: PersonName::new("Root").unwrap(),
            last_name: PersonName::new("User").unwrap(),
        };
        // The table outlives the test, and the platform is there once.
        let first = platform::open(&operator, &root, Some("$argon2id$".to_owned())).await;
        assert!(platform::open(&operator, &root, None).await.is_err(), "{first:?}");
        let home = operator.tenant("platform").await.unwrap();
        assert_eq!((home.kind, home.status.as_str()), (TenantKind::Platform, "ACTIVE"));
        assert!(turn(&operator, "platform", Action::TenantSuspended).await.is_err());

        let name = stack.ambient().id::<domain::id::TenantId>().to_string().to_lowercase().replace('_', "-");
        let tenant = open(&operator, create(&name)).await.unwrap();
        assert_eq!((tenant.legal_name.as_str(), tenant.subdomain.as_str()), ("Lotus & Lathe", name.as_str()));
        assert!(open(&operator, create(&name)).await.is_err());
        for wrong in ["platform", "www", "Lotus"] {
            assert!(open(&operator, create(wrong)).await.is_err(), "{wrong}");
        }
        for (action, status) in [(Action::TenantSuspended, "SUSPENDED"), (Action::TenantRestored, "ACTIVE")] {
            turn(&operator, &name, action).await.unwrap();
            assert!(turn(&operator, &name, action).await.is_err());
            assert_eq!(operator.tenant(&name).await.unwrap().status.as_str(), status);
        }
    }
}
