//! How a person is called and reached, each in the one form in which equal ones are equal.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// An e-mail address as typed, and the form in which equal addresses are equal.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address of at most 254 characters")]
pub struct InvalidEmail;

impl Email {
    /// Accepts an address: NFC, lower case, `local@domain` with a dot in the domain.
    ///
    /// The form is checked, not whether mail arrives. Quoted local parts are refused: nobody has one,
    /// and mail systems disagree on them.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn new(text: &str) -> Result<Self, InvalidEmail> {
        // Lower-casing can undo the normal form, so it comes first.
        let text: String = text.trim().nfc().collect::<String>().to_lowercase().nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let legal = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || !c.is_ascii();
        let visible = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let local_fits = (1..=64).contains(&local.len())
            && local.chars().all(legal)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label_fits);
        if text.len() <= 254 && visible && local_fits && domain_fits { Ok(Self(text)) } else { Err(InvalidEmail) }
    }

    /// Returns the normalised address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number in the form of E.164: `+` and 8 to 15 digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

/// Why a text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a phone number with its country code, such as +91 98765 43210")]
pub struct InvalidPhone;

impl Phone {
    /// Accepts a number and drops blanks, hyphens, dots and brackets.
    ///
    /// # Errors
    /// When the text is no international number.
    pub fn new(text: &str) -> Result<Self, InvalidPhone> {
        let digits: String = text.trim().chars().filter(|c| !" -.()\u{a0}".contains(*c)).collect();
        let number = digits.strip_prefix('+').ok_or(InvalidPhone)?;
        let fits =
            (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        if fits { Ok(Self(digits)) } else { Err(InvalidPhone) }
    }

    /// Returns the normalised number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A first or last name: 1 to 40 characters, NFC, on one line.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of 1 to 40 characters")]
pub struct InvalidName;

impl PersonName {
    /// Accepts a name, trimmed.
    ///
    /// # Errors
    /// When it is empty, longer than 40 characters, or has control characters.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let name: String = text.trim().nfc().collect();
        let fits = (1..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if fits { Ok(Self(name)) } else { Err(InvalidName) }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Personal data is never printed, not even by `{:?}`.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email")
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone")
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_addresses_are_equal_however_they_are_typed() {
        let typed = ["Alice@Example.com", " alice@example.COM ", "alice@example.com"];
        for text in typed {
            assert_eq!(Email::new(text).unwrap().as_str(), "alice@example.com");
        }
        assert_eq!(Email::new("Jose\u{301}@example.com"), Email::new("josé@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "alice@localhost",
            "a b@example.com",
            "a@b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example..com",
            "a\u{0}@example.com",
            "\"a b\"@example.com",
            "<a@example.com>",
            &long,
        ] {
            assert_eq!(Email::new(text), Err(InvalidEmail), "{text:?}");
        }
    }

    #[test]
    fn a_phone_number_is_kept_in_one_form() {
        assert_eq!(Phone::new("+91 98765-43210").unwrap().as_str(), "+919876543210");
        assert_eq!(Phone::new("+84 (90) 123.45.67").unwrap().as_str(), "+84901234567");
        for text in ["", "98765 43210", "+0 1234567", "+12", "+9198765432101234", "+91 98765x43210"] {
            assert_eq!(Phone::new(text), Err(InvalidPhone), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_1_to_40_characters_in_any_script() {
        assert_eq!(PersonName::new("  Nguye\u{302}\u{303}n ").unwrap().as_str(), "Nguyễn");
        assert!(PersonName::new(&"अ".repeat(40)).is_ok());
        for text in ["", "   ", "a\nb", &"अ".repeat(41)] {
            assert_eq!(PersonName::new(text), Err(InvalidName), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn normalising_an_address_twice_changes_nothing_more(text in "\\PC{1,12}@\\PC{1,8}\\.\\PC{1,4}") {
            if let Ok(email) = Email::new(&text) {
                prop_assert_eq!(Email::new(email.as_str()), Ok(email.clone()));
            }
        }
    }
}
