//! Brings every text of a request into the form that [`domain::text`] demands.

use serde_json::Value;

use crate::problem::FieldError;

/// Cleans every text in `value` in place and returns what can't be cleaned, by field.
///
/// Texts are trimmed and NFC-normalised and `\r\n` becomes `\n`; any other control character than `\n` and
/// `\t` is refused. Fields named `password` or ending in `Password` keep their blanks: they are secrets,
/// not text (RFC 8265 keeps them too).
pub(crate) fn clean(value: &mut Value) -> Vec<FieldError> {
    let mut faults = Vec::new();
    walk(value, &mut String::new(), &mut faults);
    faults
}

fn walk(value: &mut Value, path: &mut String, faults: &mut Vec<FieldError>) {
    match value {
        Value::String(text) => match domain::text::clean(text, is_secret(path)) {
            Ok(cleaned) => *text = cleaned,
            Err(wrong) => faults.push(FieldError { field: path.clone(), message: wrong.to_string() }),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                step(path, &format!("[{index}]"), |path| walk(item, path, faults));
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields.iter_mut() {
                let segment = if path.is_empty() { name.clone() } else { format!(".{name}") };
                step(path, &segment, |path| walk(item, path, faults));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn step(path: &mut String, segment: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(segment);
    visit(path);
    path.truncate(length);
}

fn is_secret(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    name == "password" || name.ends_with("Password")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_trimmed_and_normalised_but_a_password_keeps_its_blanks() {
        let mut value =
            json!({"name": "  Cafe\u{301}\r\n ", "password": " pass e\u{301} ", "a": [{"newPassword": " x "}]});
        assert!(clean(&mut value).is_empty());
        assert_eq!(value, json!({"name": "Café", "password": " pass é ", "a": [{"newPassword": " x "}]}));
    }

    #[test]
    fn control_characters_name_their_field() {
        let mut value = json!({"lines": [{"note": "fine\n\ttoo"}, {"note": "bad\u{0}"}], "title": "\u{1b}[31m"});
        let fields: Vec<_> = clean(&mut value).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["lines[1].note", "title"]);
    }
}
