//! Texts in tables that spreadsheets open.
//!
//! A spreadsheet runs what begins like a formula, whoever wrote it (OWASP, CSV injection). So such a text gets an apostrophe in
//! front, by a rule that can be undone: what we write and read again is the same.

/// Puts an apostrophe before a text that a spreadsheet would take for a formula, or that already looks as if it had one.
pub fn guard(text: &str) -> String {
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// Takes away the apostrophe that [`guard`] has put there.
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn is_formula(text: &str) -> bool {
    // Some programs skip blanks before they look for a formula, and some fold full-width signs.
    let first = text.chars().find(|c| !c.is_whitespace() || matches!(c, '\t' | '\r' | '\n'));
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_guarded_and_nothing_else_is() {
        for (text, guarded) in [
            ("=1+1", "'=1+1"),
            ("'=1+1", "''=1+1"),
            (" +1", "' +1"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("'n Vaas", "'n Vaas"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(guard(text), guarded);
            assert_eq!(unguard(guarded), text);
        }
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_formula_and_every_text_reads_back(text in "\\PC*|['=+@\t\r\n -]{0,5}") {
            let guarded = guard(&text);
            prop_assert!(!is_formula(&guarded));
            prop_assert_eq!(unguard(&guarded), text);
        }
    }
}
