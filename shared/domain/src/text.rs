//! What text must look like before anything reads it: trimmed, NFC, no control characters.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text with control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must not have control characters")]
pub struct ControlCharacters;

/// Trims a text, brings it into NFC, and turns `\r\n` into `\n`. A `secret` keeps its blanks: RFC 8265 keeps them too.
///
/// # Errors
/// When there are control characters in it other than `\n` and `\t`.
pub fn clean(text: &str, secret: bool) -> Result<String, ControlCharacters> {
    let mut cleaned =
        if is_nfc_quick(text.chars()) == IsNormalized::Yes { text.to_owned() } else { text.nfc().collect() };
    if !secret {
        if cleaned.contains('\r') {
            cleaned = cleaned.replace("\r\n", "\n");
        }
        let trimmed = cleaned.trim();
        if trimmed.len() != cleaned.len() {
            cleaned = trimmed.to_owned();
        }
    }
    if cleaned.chars().any(is_forbidden) { Err(ControlCharacters) } else { Ok(cleaned) }
}

/// Tells whether a character controls a device instead of being read.
pub fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_trimmed_and_normalised_but_a_secret_keeps_its_blanks() {
        assert_eq!(clean("  Cafe\u{301}\r\n ", false).as_deref(), Ok("Café"));
        assert_eq!(clean(" pass e\u{301} ", true).as_deref(), Ok(" pass é "));
        assert_eq!(clean("bad\u{0}", false), Err(ControlCharacters));
        assert_eq!(clean("one\n\ttwo", false).as_deref(), Ok("one\n\ttwo"));
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing_more(text: String) {
            if let Ok(once) = clean(&text, false) {
                prop_assert_eq!(clean(&once, false), Ok(once.clone()));
                prop_assert_eq!(once.trim(), &once);
            }
        }
    }
}
