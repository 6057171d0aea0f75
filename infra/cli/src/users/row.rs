//! One row of a file of people, read from the names that its system has for things.

use clap::ValueEnum;
use domain::access::{Role, ordered};
use domain::tenant::TenantKind;
use domain::user::{Email, PersonName, Phone, UserStatus};
use platform::passwords::is_bcrypt;
use platform::people::Profile;
use serde::Deserialize;

use super::roles;

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Haat's own
    Haat,
    /// The property marketplace
    S0,
    /// The row-level SaaS
    S1,
    /// The print shop
    S2,
}

/// Somebody to bring over.
pub struct Person {
    /// What they tell of themselves.
    pub profile: Profile,
    /// What they are to be.
    pub roles: Vec<Role>,
    /// The bcrypt hash of their password, if they have one.
    pub hash: Option<String>,
    /// Whether they may come in.
    pub status: UserStatus,
    /// Whether the address was proved to be theirs.
    pub verified: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ours {
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    roles: Vec<Role>,
    password_hash: Option<String>,
    status: Option<UserStatus>,
    #[serde(default)]
    email_verified: bool,
}

/// The property marketplace: one role, a full name, camelCase.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertyMarket {
    email: String,
    full_name: String,
    phone: Option<String>,
    role: String,
    password_hash: Option<String>,
    is_active: Option<bool>,
    #[serde(default)]
    is_email_verified: bool,
}

/// The row-level SaaS: roles as letters in brackets, snake_case.
#[derive(Deserialize)]
struct RowLevelSaas {
    email: String,
    first_name: String,
    last_name: String,
    mobile: Option<String>,
    roles: String,
    password: Option<String>,
    active: Option<bool>,
    #[serde(default)]
    verified: bool,
}

/// The print shop: one role in lower case, one name, camelCase.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintShop {
    email: String,
    name: String,
    phone: Option<String>,
    role: String,
    password: Option<String>,
    #[serde(default)]
    is_blocked: bool,
    email_verified_at: Option<String>,
}

/// Reads a line.
///
/// # Errors
/// With what is wrong, in words that repeat nothing of the row: it is about a person.
pub fn read(format: Format, line: &str) -> Result<Person, String> {
    let raw = match format {
        Format::Haat => {
            let row: Ours = parse(line)?;
            Raw {
                names: (row.first_name, row.last_name),
                email: row.email,
                phone: row.phone,
                roles: row.roles,
                hash: row.password_hash,
                status: row.status.unwrap_or(UserStatus::Active),
                verified: row.email_verified,
            }
        }
        Format::S0 => {
            let row: PropertyMarket = parse(line)?;
            Raw {
                names: parted(&row.full_name),
                email: row.email,
                phone: row.phone,
                roles: vec![roles::of_property_market(&row.role)?],
                hash: row.password_hash,
                status: status(row.is_active.unwrap_or(true)),
                verified: row.is_email_verified,
            }
        }
        Format::S1 => {
            let row: RowLevelSaas = parse(line)?;
            Raw {
                names: (row.first_name, row.last_name),
                email: row.email,
                phone: row.mobile,
                roles: roles::of_letters(&row.roles)?,
                hash: row.password,
                status: status(row.active.unwrap_or(true)),
                verified: row.verified,
            }
        }
        Format::S2 => {
            let row: PrintShop = parse(line)?;
            Raw {
                names: parted(&row.name),
                email: row.email,
                phone: row.phone,
                roles: vec![roles::of_print_shop(&row.role)?],
                hash: row.password,
                status: status(!row.is_blocked),
                verified: row.email_verified_at.is_some(),
            }
        }
    };
    raw.check()
}

struct Raw {
    email: String,
    names: (String, String),
    phone: Option<String>,
    roles: Vec<Role>,
    hash: Option<String>,
    status: UserStatus,
    verified: bool,
}

impl Raw {
    fn check(self) -> Result<Person, String> {
        let (first, last) = self.names;
        let phone = self.phone.filter(|phone| !phone.trim().is_empty());
        let hash = self.hash.filter(|hash| !hash.is_empty());
        if hash.as_deref().is_some_and(|hash| !is_bcrypt(hash)) {
            return Err("the password must be a bcrypt hash ($2a$, $2b$ or $2y$) of a cost from 4 to 15".to_owned());
        }
        if !matches!(self.status, UserStatus::Active | UserStatus::Suspended) {
            return Err("status must be ACTIVE or SUSPENDED".to_owned());
        }
        let profile = Profile {
            email: Email::new(&self.email).map_err(|wrong| format!("email {wrong}"))?,
            phone: phone.as_deref().map(Phone::new).transpose().map_err(|wrong| format!("phone {wrong}"))?,
            first_name: PersonName::new(&first).map_err(|wrong| format!("the first name {wrong}"))?,
            last_name: PersonName::new(&last).map_err(|wrong| format!("the last name {wrong}"))?,
        };
        let roles = ordered(TenantKind::Marketplace, self.roles).map_err(|wrong| format!("roles {wrong}"))?;
        Ok(Person { profile, roles, hash, status: self.status, verified: self.verified })
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| {
        // What serde says of a value repeats it.
        let text = error.to_string();
        match ["missing field", "unknown field", "duplicate field"].iter().find(|kind| text.starts_with(**kind)) {
            Some(_) => text
                .split(" at line ")
                .next()
                .unwrap_or_default()
                .split(", expected")
                .next()
                .unwrap_or_default()
                .to_owned(),
            None if error.is_data() => format!("a field has a value of the wrong type (column {})", error.column()),
            None => format!("is not one JSON object (column {})", error.column()),
        }
    })
}

fn status(active: bool) -> UserStatus {
    if active { UserStatus::Active } else { UserStatus::Suspended }
}

/// Parts a whole name at its last blank. Somebody with one name has it twice: both are required here.
fn parted(name: &str) -> (String, String) {
    let name = name.trim();
    match name.rsplit_once(char::is_whitespace) {
        Some((first, last)) => (first.trim().to_owned(), last.to_owned()),
        None => (name.to_owned(), name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

    #[test]
    fn each_system_is_read_by_its_own_names() {
        let rows = [
            (
                Format::Haat,
                format!(
                    r#"{{"email":"a@b.example","firstName":"Asha","lastName":"Rao","roles":["SELLER"],"passwordHash":"{HASH}"}}"#
                ),
            ),
            (
                Format::S0,
                format!(
                    r#"{{"email":"a@b.example","fullName":"Asha Rao","role":"SELLER","passwordHash":"{HASH}","id":7}}"#
                ),
            ),
            (
                Format::S1,
                format!(
                    r#"{{"email":"a@b.example","first_name":"Asha","last_name":"Rao","roles":"[s]","password":"{HASH}"}}"#
                ),
            ),
            (Format::S2, format!(r#"{{"email":"A@B.example","name":"Asha Rao","role":"seller","password":"{HASH}"}}"#)),
        ];
        for (format, line) in rows {
            let person = read(format, &line).unwrap();
            assert_eq!((person.profile.email.as_str(), person.profile.last_name.as_str()), ("a@b.example", "Rao"));
            assert_eq!((person.roles, person.status), (vec![Role::Seller], UserStatus::Active));
            assert_eq!(person.hash.as_deref(), Some(HASH));
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_a_word_of_the_row() {
        let row =
            |change: &str| format!(r#"{{"email":"canary@b.example","firstName":"Canary","lastName":"Rao",{change}}}"#);
        for line in [
            row(r#""roles":["SUPERUSER"]"#),
            row(r#""roles":[]"#),
            row(r#""roles":["canary"]"#),
            row(r#""roles":["OWNER"],"canary":1"#),
            row(r#""roles":["OWNER"],"phone":"canary""#),
            row(r#""roles":["OWNER"],"passwordHash":"canary""#),
            row(r#""roles":["OWNER"],"passwordHash":"$2b$31$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG""#),
            row(r#""roles":["OWNER"],"status":"DELETED""#),
            row("\"roles\":[\"OWNER\"]").replace("canary@", "canary"),
            "canary".to_owned(),
            "{\"email\":\"canary@b.example\"".to_owned(),
        ] {
            let Err(told) = read(Format::Haat, &line) else { panic!("{line} was read") };
            let told = told.replace("unknown field `canary`", "");
            assert!(!told.to_lowercase().contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_whole_name_is_parted_at_its_last_blank() {
        assert_eq!(parted(" Nguyễn Văn Minh "), ("Nguyễn Văn".to_owned(), "Minh".to_owned()));
        assert_eq!(parted("Asha"), ("Asha".to_owned(), "Asha".to_owned()));
    }
}
