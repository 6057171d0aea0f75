//! The texts of the catalog that have rules of their own.

use crate::tenant::opening::is_invoice_prefix;

/// A text that breaks the rule of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub(crate) &'static str);

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $rule:expr, $message:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::catalog::InvalidText;

            fn try_from(text: String) -> Result<Self, $crate::catalog::InvalidText> {
                let rule: fn(&str) -> bool = $rule;
                if rule(&text) { Ok(Self(text)) } else { Err($crate::catalog::InvalidText($message)) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::catalog::InvalidText;

            fn from_str(text: &str) -> Result<Self, $crate::catalog::InvalidText> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
pub(crate) use texts;

texts! {
    /// The name of a product, 3 to 255 characters on one line.
    ProductName: |text| one_line(text, 3, 255), "must be 3 to 255 characters on one line";
    /// The name of a category, 1 to 60 characters on one line.
    CategoryName: |text| one_line(text, 1, 60), "must be 1 to 60 characters on one line";
    /// The name of a seller, 2 to 100 characters on one line.
    SellerName: |text| one_line(text, 2, 100), "must be 2 to 100 characters on one line";
    /// The name of something in a URL: 3 to 80 of `a-z`, `0-9` and inner single hyphens.
    Slug: is_slug, "must be 3 to 80 of a-z, 0-9 and inner single hyphens";
    /// The first part of invoice numbers, 1 to 10 of `A-Z`, `0-9` and inner hyphens.
    InvoicePrefix: is_invoice_prefix, "must be 1 to 10 of A-Z, 0-9 and inner hyphens";
    /// A stock-keeping unit, 5 to 50 of `A-Z`, `0-9`, `-`, `_` and `.`, unique within a tenant.
    Sku: is_sku, "must be 5 to 50 of A-Z, 0-9, '-', '_' and '.'";
}

/// Tells whether a text is on one line, trimmed, and has so many characters.
pub(crate) fn one_line(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
}

fn is_slug(text: &str) -> bool {
    (3..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.split('-').all(|part| !part.is_empty())
}

fn is_sku(text: &str) -> bool {
    (5..=50).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

impl SellerName {
    /// Returns the name that stands for a seller who is gone.
    pub fn of_closed() -> Self {
        Self("Closed".to_owned())
    }
}

impl Slug {
    /// Makes a slug of a name by keeping its ASCII letters and digits, with `suffix` to make it unlike others.
    ///
    /// A name without any such letter gives the suffix after `item`.
    pub fn of_name(name: &str, suffix: &str) -> Self {
        use unicode_normalization::UnicodeNormalization;

        let mut slug = String::new();
        // Decomposing first keeps the base letter of ä and ế.
        for c in name.nfd().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if c == 'đ' {
                slug.push('d');
            } else if !c.is_alphanumeric()
                && !unicode_normalization::char::is_combining_mark(c)
                && !slug.is_empty()
                && !slug.ends_with('-')
            {
                slug.push('-');
            }
            if slug.len() >= 60 {
                break;
            }
        }
        let suffix: String =
            suffix.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(16).collect();
        let parts = [slug.trim_matches('-'), suffix.as_str()];
        let joined: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let text = joined.join("-");
        Self(if slug.trim_matches('-').is_empty() || text.len() < 3 {
            format!("item-{text}").trim_end_matches('-').to_owned()
        } else {
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_slugs_and_skus_keep_their_rules() {
        assert!("Vase".parse::<ProductName>().is_ok());
        assert!("ab".parse::<ProductName>().is_err());
        assert!("a\nb c".parse::<ProductName>().is_err());
        assert!("é".repeat(255).parse::<ProductName>().is_ok());
        assert!("é".repeat(256).parse::<ProductName>().is_err());
        assert!("HT-01".parse::<Sku>().is_ok());
        for bad in ["HT-1", "ht-001", "HT 001", &"A".repeat(51)] {
            assert!(bad.parse::<Sku>().is_err(), "{bad}");
        }
        for bad in ["ab", "-abc", "abc-", "a--b", "Abc", "a_b"] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slug_reads_like_its_name() {
        assert_eq!(Slug::of_name("Spiral Vase, 20 cm!", "").as_str(), "spiral-vase-20-cm");
        assert_eq!(Slug::of_name("Bình hoa Đà Lạt", "X7").as_str(), "binh-hoa-da-lat-x7");
        assert_eq!(Slug::of_name("गणेश", "01ab").as_str(), "item-01ab");
    }

    proptest! {
        #[test]
        fn any_name_gives_a_valid_slug(name: String, suffix: String) {
            let slug = Slug::of_name(&name, &suffix);
            prop_assert!(slug.as_str().parse::<Slug>().is_ok(), "{slug}");
        }
    }
}
