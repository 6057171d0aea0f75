//! Which tax rate applies to a product.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which of a tenant's tax rates applies: one of four that every tenant has, or one of the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TaxClass {
    /// The tenant's usual rate.
    #[default]
    Standard,
    /// The lower rate of a place; where it has none, the usual one.
    Reduced,
    /// Taxed at nothing.
    Zero,
    /// Not taxed at all.
    Exempt,
    /// One that the tenant has named; where it has no rate, the usual one.
    Own(OwnTaxClass),
}

/// The name of a tenant's own tax class: 2 to 24 of `A-Z`, `0-9` and `_`, and begins with a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnTaxClass {
    /// The text, with zeros behind it: small enough to be copied like the other classes.
    text: [u8; MOST],
}

/// The most characters of a tax class's name.
const MOST: usize = 24;

/// A text that is the name of no tax class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a tax class: 2 to 24 of A-Z, 0-9 and _, beginning with a letter")]
pub struct InvalidTaxClass;

impl TaxClass {
    /// Those that every tenant has.
    pub const GIVEN: [Self; 4] = [Self::Standard, Self::Reduced, Self::Zero, Self::Exempt];

    /// Returns the name as JSON has it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Standard => "STANDARD",
            Self::Reduced => "REDUCED",
            Self::Zero => "ZERO",
            Self::Exempt => "EXEMPT",
            Self::Own(own) => own.as_str(),
        }
    }
}

impl OwnTaxClass {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let length = self.text.iter().position(|byte| *byte == 0).unwrap_or(MOST);
        self.text.get(..length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for OwnTaxClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for TaxClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaxClass {
    type Err = InvalidTaxClass;

    fn from_str(name: &str) -> Result<Self, InvalidTaxClass> {
        if let Some(given) = Self::GIVEN.into_iter().find(|given| given.as_str() == name) {
            return Ok(given);
        }
        let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if !starts || name.len() < 2 || !name.bytes().all(legal) {
            return Err(InvalidTaxClass);
        }
        let mut text = [0; MOST];
        text.get_mut(..name.len()).ok_or(InvalidTaxClass)?.copy_from_slice(name.as_bytes());
        Ok(Self::Own(OwnTaxClass { text }))
    }
}

impl TryFrom<String> for TaxClass {
    type Error = InvalidTaxClass;

    fn try_from(name: String) -> Result<Self, InvalidTaxClass> {
        name.parse()
    }
}

impl From<TaxClass> for String {
    fn from(class: TaxClass) -> Self {
        class.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_given_classes_are_never_the_tenants_own() {
        for given in TaxClass::GIVEN {
            assert_eq!(given.as_str().parse(), Ok(given));
        }
        for bad in ["", "A", "luxury", "1A", "_A", "A-B", "A B", "ÄB", &"A".repeat(25)] {
            assert_eq!(bad.parse::<TaxClass>(), Err(InvalidTaxClass), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_name_reads_back(name in "[A-Z][A-Z0-9_]{1,23}") {
            let class: TaxClass = name.parse().unwrap();
            prop_assert_eq!(class.as_str(), &name);
            let json = serde_json::to_string(&class).unwrap();
            prop_assert_eq!(serde_json::from_str::<TaxClass>(&json).unwrap(), class);
        }
    }
}
