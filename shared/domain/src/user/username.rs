//! What others call a person who does not want to be known by their name.

/// A name that a person chose to be shown by: 3 to 30 of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`. Nobody signs in with it, and two
/// people may choose the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

/// Why a text is no username.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 3 to 30 letters, digits, dots, hyphens and underscores")]
pub struct InvalidUsername;

impl Username {
    /// Accepts a name, trimmed.
    ///
    /// # Errors
    /// When it has another length or other characters.
    pub fn new(text: &str) -> Result<Self, InvalidUsername> {
        let name = text.trim();
        let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let fits = (3..=30).contains(&name.len()) && name.chars().all(legal);
        fits.then(|| Self(name.to_owned())).ok_or(InvalidUsername)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_short_and_plain() {
        assert_eq!(Username::new(" Asha.Rao_9 ").unwrap().as_str(), "Asha.Rao_9");
        for text in ["", "ab", "a b c", "asha@example.com", "अनन्या", "<b>", &"a".repeat(31)] {
            assert_eq!(Username::new(text), Err(InvalidUsername), "{text:?}");
        }
    }
}
