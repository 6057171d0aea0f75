//! The list of common passwords.
//!
//! `common.txt` is cut from the password frequency list of zxcvbn (the PyPI package `zxcvbn` 4.5.0, MIT licence,
//! © Daniel Wolf, Dropbox): the most frequent ones that have at least 8 characters, lower-case, sorted by bytes.

use std::sync::LazyLock;

static LINES: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Tells whether a password is on the list, whatever its case.
pub(super) fn is_common(password: &str) -> bool {
    LINES.binary_search(&password.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_line_that_could_never_match() {
        assert!(LINES.is_sorted());
        assert!(LINES.len() > 10_000);
        for line in LINES.iter() {
            assert!(line.chars().count() >= 8 && *line == line.to_lowercase(), "{line}");
        }
    }
}
