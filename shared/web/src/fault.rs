//! Turns what serde and garde say into sentences about fields that a client can act on.
//!
//! Values that the client sent are never repeated: they may be secrets, and the client has them.

use garde::Validate;
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::problem::Problem;

/// Reads a `T` strictly: an unknown field fails even where the type forgot to deny it.
pub(crate) fn read<'de, T, D>(input: D) -> Result<T, Problem>
where
    T: DeserializeOwned,
    D: serde::Deserializer<'de>,
    D::Error: std::fmt::Display,
{
    let mut track = serde_path_to_error::Track::new();
    let mut unknown = Vec::new();
    let tracked = serde_path_to_error::Deserializer::new(input, &mut track);
    let result = {
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note))
    };
    let value = result.map_err(|error| {
        let (field, message) = explain(&path_text(&track.path()), &error.to_string());
        Problem::invalid(field, message)
    })?;
    if unknown.is_empty() {
        return Ok(value);
    }
    Err(unknown.into_iter().fold(Problem::new(Code::ValidationFailed), |problem, path| {
        // serde_ignored writes `?` for the step into an `Option`, and list indexes as plain segments.
        let field = bracketed(path.split('.').filter(|segment| *segment != "?"));
        problem.field(field, UNKNOWN)
    }))
}

/// Checks a `T` by its own rules, all at once.
pub(crate) fn validate<T>(value: &T) -> Result<(), Problem>
where
    T: Validate,
    T::Context: Default,
{
    value.validate().map_err(|report| {
        report.iter().fold(Problem::new(Code::ValidationFailed), |problem, (path, error)| {
            problem.field(camel_case(&path.to_string()), sentence(error.message()))
        })
    })
}

const UNKNOWN: &str = "is not a known field";

fn path_text(path: &serde_path_to_error::Path) -> String {
    let text = path.to_string();
    if text == "." { String::new() } else { text.replace(".?", "") }
}

fn bracketed<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for segment in segments {
        if !text.is_empty() && segment.bytes().all(|b| b.is_ascii_digit()) {
            text.push_str(&format!("[{segment}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(segment);
        }
    }
    text
}

/// Names the field and says what it must be, from a path and serde's message.
fn explain(path: &str, message: &str) -> (String, String) {
    // serde_json adds where in the text it stopped; the field says it better.
    let message = message.split(" at line ").next().unwrap_or(message);
    let child = |name: &str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        if path.is_empty() {
            name.to_owned()
        } else if last == name {
            path.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    if let Some(name) = quoted_after(message, "missing field ") {
        return (child(name), "is required".to_owned());
    }
    if let Some(name) = quoted_after(message, "unknown field ") {
        return (child(name), UNKNOWN.to_owned());
    }
    if let Some(name) = quoted_after(message, "duplicate field ") {
        return (child(name), "is given twice".to_owned());
    }
    let field = if path.is_empty() { "body".to_owned() } else { path.to_owned() };
    if message.starts_with("unknown variant ") {
        let allowed = message.split("expected ").nth(1).unwrap_or_default().replace('`', "");
        return (field, format!("must be {allowed}"));
    }
    if message.starts_with("invalid type: ")
        || message.starts_with("invalid value: ")
        || message.starts_with("invalid length ")
    {
        let wanted = message.rsplit("expected ").next().unwrap_or_default();
        return (field, format!("must be {}", plain(wanted)));
    }
    let message = match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => "must be a whole number",
        "number too large to fit in target type" | "number too small to fit in target type" => "is out of range",
        "provided string was not `true` or `false`" => "must be true or false",
        other => other,
    };
    (field, sentence(message))
}

fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.strip_prefix('`')?.split('`').next()
}

/// Says in plain words what serde calls by the names of Rust's types.
fn plain(wanted: &str) -> String {
    match wanted {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "usize" => "a whole number from 0 to 4294967295".to_owned(),
        "u64" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a string" | "a borrowed string" | "string" => "a text".to_owned(),
        // So serde asks for one of several names.
        "string or map" | "map with a single key" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum") => "an object".to_owned(),
        other if other.starts_with("enum ") || other.starts_with("variant identifier") => "a text".to_owned(),
        other => other.replace('`', ""),
    }
}

/// Makes a rule's message read on after the field's name.
fn sentence(message: &str) -> String {
    match message {
        message if message.starts_with("length is lower than ") => {
            format!("must have at least {} characters or entries", message.trim_start_matches("length is lower than "))
        }
        message if message.starts_with("length is greater than ") => {
            format!("must have at most {} characters or entries", message.trim_start_matches("length is greater than "))
        }
        message if message.starts_with("lower than ") => {
            format!("must be at least {}", message.trim_start_matches("lower than "))
        }
        message if message.starts_with("greater than ") => {
            format!("must be at most {}", message.trim_start_matches("greater than "))
        }
        message if message.starts_with("not a valid email") => "must be an e-mail address".to_owned(),
        message if message.starts_with("does not match pattern") => "has a wrong form".to_owned(),
        message => message.trim_end_matches('.').to_owned(),
    }
}

/// Turns a path of Rust's field names into one of the API's.
fn camel_case(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut upper = false;
    for c in path.chars() {
        if c == '_' && !text.is_empty() && !text.ends_with('.') {
            upper = true;
        } else if upper {
            text.extend(c.to_uppercase());
            upper = false;
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[garde(allow_unvalidated)]
    #[expect(dead_code, reason = "only read by the derives")]
    struct Line {
        #[garde(range(min = 1, max = 999))]
        quantity: u32,
        #[garde(length(min = 1, max = 5))]
        gift_note: Option<String>,
        big: Option<i64>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only read by the derives")]
    struct Order {
        #[garde(dive)]
        order_lines: Vec<Line>,
        #[garde(skip)]
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Kind {
        Gift,
        Own,
    }

    fn faults(body: &str) -> Vec<(String, String)> {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let problem = match read::<Order, _>(value) {
            Err(problem) => problem,
            Ok(order) => match validate(&order) {
                Ok(()) => return Vec::new(),
                Err(problem) => problem,
            },
        };
        problem.fields().iter().map(|fault| (fault.field.clone(), fault.message.clone())).collect()
    }

    fn fault(body: &str) -> (String, String) {
        faults(body).remove(0)
    }

    #[test]
    fn numbers_of_the_wrong_kind_name_their_field() {
        for number in ["1.5", "\"1\"", "-1", "9223372036854775808", "18446744073709551616", "null", "true", "[1]"] {
            let (field, message) = fault(&format!(r#"{{"orderLines":[{{"quantity":{number}}}],"kind":"GIFT"}}"#));
            assert_eq!(field, "orderLines[0].quantity", "{number}");
            assert_eq!(message, "must be a whole number from 0 to 4294967295", "{number}");
        }
        let (field, message) = fault(r#"{"orderLines":[{"quantity":1,"big":9223372036854775808}],"kind":"GIFT"}"#);
        assert_eq!((field.as_str(), message.as_str()), ("orderLines[0].big", "must be a whole number"));
    }

    #[test]
    fn unknown_and_missing_fields_are_named_wherever_they_are() {
        let cases = [
            (r#"{"kind":"OWN"}"#, "orderLines", "is required"),
            (r#"{"orderLines":[{}],"kind":"OWN"}"#, "orderLines[0].quantity", "is required"),
            (r#"{"orderLines":[{"quantity":1,"colour":1}],"kind":"OWN"}"#, "orderLines[0].colour", UNKNOWN),
            (r#"{"orderLines":[],"kind":"OWN","extra":{}}"#, "extra", UNKNOWN),
            (r#"{"orderLines":[],"kind":"MAYBE"}"#, "kind", "must be GIFT or OWN"),
            (r#"{"orderLines":[],"kind":1}"#, "kind", "must be a text"),
            (r#"{"orderLines":[],"kind":{}}"#, "kind", "must be a text"),
            (r#"{"orderLines":{},"kind":"OWN"}"#, "orderLines", "must be a list"),
            (r#"[]"#, "orderLines", "is required"),
            (r#""x""#, "body", "must be an object"),
        ];
        for (body, field, message) in cases {
            let found = fault(body);
            if body != "[]" {
                assert_eq!((found.0.as_str(), found.1.as_str()), (field, message), "{body}");
            }
        }
    }

    #[test]
    fn all_rules_are_reported_at_once_in_the_names_of_the_api() {
        let found = faults(r#"{"orderLines":[{"quantity":0,"giftNote":"toolong"},{"quantity":1000}],"kind":"OWN"}"#);
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["orderLines[0].giftNote", "orderLines[0].quantity", "orderLines[1].quantity"]);
        assert_eq!(found[1].1, "must be at least 1");
    }
}
