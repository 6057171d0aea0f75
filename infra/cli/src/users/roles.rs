//! What people of other systems become here: one table per system.
//!
//! Nobody becomes a superuser, whatever they were elsewhere: who runs a platform is decided on that platform.

use domain::access::Role;

/// Reads the roles of the row-level SaaS: letters in brackets, such as `[a][s][c]`, each one role.
///
/// | letter | there | here |
/// | --- | --- | --- |
/// | `o` | owner | OWNER |
/// | `a` | administrator | ADMIN |
/// | `t` | staff | STAFF |
/// | `k` | coordinator | COORDINATOR |
/// | `g` | agent | AGENT |
/// | `s` | seller | SELLER |
/// | `d` | carrier | CARRIER |
/// | `c` | customer | CUSTOMER |
/// | `r` | renter | RENTER |
///
/// # Errors
/// When the text has another form, or a letter that is not in the table.
pub fn of_letters(text: &str) -> Result<Vec<Role>, &'static str> {
    const FORM: &str = "roles must be letters in brackets, such as [a][c]";
    let mut roles = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (letter, after) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or(FORM)?;
        roles.push(match letter {
            "o" => Role::Owner,
            "a" => Role::Admin,
            "t" => Role::Staff,
            "k" => Role::Coordinator,
            "g" => Role::Agent,
            "s" => Role::Seller,
            "d" => Role::Carrier,
            "c" => Role::Customer,
            "r" => Role::Renter,
            _ => return Err("roles has a letter that is not in the table"),
        });
        rest = after;
    }
    if roles.is_empty() { Err(FORM) } else { Ok(roles) }
}

/// Reads a role of the print shop.
///
/// # Errors
/// When it has another name.
pub fn of_print_shop(text: &str) -> Result<Role, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "admin" => Ok(Role::Admin),
        "staff" => Ok(Role::Staff),
        "seller" => Ok(Role::Seller),
        "carrier" => Ok(Role::Carrier),
        "customer" | "user" => Ok(Role::Customer),
        _ => Err("role must be admin, staff, seller, carrier, customer or user"),
    }
}

/// Reads a role of the property marketplace. A tenant there is somebody who rents.
///
/// # Errors
/// When it has another name.
pub fn of_property_market(text: &str) -> Result<Role, &'static str> {
    match text.to_ascii_uppercase().as_str() {
        "ADMIN" => Ok(Role::Admin),
        "MODERATOR" => Ok(Role::Staff),
        "COORDINATOR" => Ok(Role::Coordinator),
        "AGENT" => Ok(Role::Agent),
        "SELLER" | "LANDLORD" => Ok(Role::Seller),
        "BUYER" | "USER" => Ok(Role::Customer),
        "RENTER" | "TENANT" => Ok(Role::Renter),
        _ => Err("role must be ADMIN, MODERATOR, COORDINATOR, AGENT, SELLER, LANDLORD, BUYER, USER, RENTER or TENANT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_brackets_are_roles_and_anything_else_is_an_error() {
        assert_eq!(of_letters("[a][s][c]"), Ok(vec![Role::Admin, Role::Seller, Role::Customer]));
        assert_eq!(of_letters(" [o] "), Ok(vec![Role::Owner]));
        for wrong in ["", "a", "[a", "[a]s", "[x]", "[A]", "[as]", "[]", "[a],[s]", "[a] [s]"] {
            assert!(of_letters(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nobody_brings_the_platform_with_them() {
        for name in ["superuser", "SUPERUSER", "super_admin", "root"] {
            assert!(of_print_shop(name).is_err() && of_property_market(name).is_err(), "{name}");
        }
        assert_eq!((of_print_shop("Carrier"), of_property_market("buyer")), (Ok(Role::Carrier), Ok(Role::Customer)));
    }
}
