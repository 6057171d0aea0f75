//! `haat users import`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use domain::id::UserId;
use domain::tenant::{Tenant, TenantKind, TenantScope};
use domain::user::{User, field};
use platform::people;
use store::members::{OpenedBy, OpeningRefused};

use super::report::{Outcome, Report};
use super::row::{self, Format, Person};
use crate::operator::Operator;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::{Failure, scope};

/// Brings over everybody in a file.
///
/// # Errors
/// When a file can't be read or written, or the deployment can't be reached: what was brought over stays.
pub async fn run(
    settings: &Settings,
    file: &Path,
    tenant: &str,
    format: Format,
    dry_run: bool,
    report: Option<&Path>,
) -> Result<(), Failure> {
    let operator = Operator::open(settings).await?;
    let (scope, tenant) = (scope::of(&operator.store, tenant).await?, operator.tenant(tenant).await?);
    if tenant.kind != TenantKind::Marketplace {
        return Err("the platform's people are invited, not imported".into());
    }
    let (created, existing, invalid) = bring_over(&operator, scope, &tenant, file, format, dry_run, report).await?;
    let would = if dry_run { "would be " } else { "" };
    println!("{created} {would}created, {existing} there already, {invalid} wrong.");
    if invalid > 0 {
        println!("Mend the rows that are wrong and run it again: nobody is brought over twice.");
    }
    Ok(())
}

/// Brings over everybody in a file and returns how many were created, existed already, and were wrong.
///
/// # Errors
/// When a file can't be read or written, or the deployment can't be reached.
pub async fn bring_over(
    operator: &Operator,
    scope: TenantScope,
    tenant: &Tenant,
    file: &Path,
    format: Format,
    dry_run: bool,
    report: Option<&Path>,
) -> Result<(usize, usize, usize), Failure> {
    let open = || File::open(file).map_err(|error| format!("{}: {error}", file.display()));
    let total = BufReader::new(open()?).split(b'\n').count();
    let (mut report, mut progress) = (Report::begin(report)?, Progress::of("users", total));
    for (index, line) in BufReader::new(open()?).split(b'\n').enumerate() {
        let number = index.saturating_add(1);
        progress.step(&format!("line {number}"));
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let outcome = match std::str::from_utf8(&line).map_err(|_| "is not UTF-8".to_owned()) {
            Ok(text) => match row::read(format, text) {
                Ok(person) => one(operator, scope, tenant, person, dry_run).await?,
                Err(reason) => Outcome::Invalid { reason },
            },
            Err(reason) => Outcome::Invalid { reason },
        };
        report.note(number, &outcome)?;
    }
    progress.finish();
    report.end()
}

/// Brings over one person. Who has an account already keeps it as it is.
async fn one(
    operator: &Operator,
    scope: TenantScope,
    tenant: &Tenant,
    person: Person,
    dry_run: bool,
) -> Result<Outcome, Failure> {
    if let Some(id) = known(operator, scope, tenant, &person).await? {
        return Ok(Outcome::Exists { id });
    }
    if dry_run {
        return Ok(Outcome::Created { id: None });
    }
    let operation = operator.operation(scope);
    let user = people::open_account(&operator.vault, tenant, &operation, &person.profile, Vec::new()).await?;
    let user = User {
        status: person.status,
        email_verified_at: person.verified.then_some(operation.now),
        ..user.with_roles(person.roles.clone())
    };
    match operator.store.open_member(&operation, &user, person.hash.clone(), OpenedBy::Import).await? {
        Ok(()) => Ok(Outcome::Created { id: Some(user.id) }),
        // Somebody has registered with the address since we have looked.
        Err(refused @ (OpeningRefused::EmailTaken | OpeningRefused::NoLonger)) => {
            known(operator, scope, tenant, &person)
                .await?
                .map(|id| Outcome::Exists { id })
                .ok_or_else(|| refused.into())
        }
    }
}

async fn known(
    operator: &Operator,
    scope: TenantScope,
    tenant: &Tenant,
    person: &Person,
) -> Result<Option<UserId>, Failure> {
    let places = operator.vault.index_places(tenant, field::EMAIL_INDEX, person.profile.email.as_str()).await?;
    let found = operator.store.login_at(scope, places.read()).await?;
    Ok(found.map(|(_, login)| login.user))
}

#[cfg(test)]
mod tests;
