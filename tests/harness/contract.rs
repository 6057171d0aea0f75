//! Holds answers against the API's document: the status, the code and every field must be in it.
//!
//! It checks by itself what of JSON Schema our document uses, and fails at a keyword that it does not know, so nothing goes
//! unchecked. It is stricter in one thing: a field that no schema names is a fault, however open the schema is. The crates
//! that check schemas would turn on features of crates that we ship.
#![allow(clippy::panic, reason = "a document that can't be followed fails the test that holds answers against it")]

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Map, Value};

use crate::client::TestAnswer;

/// The API's document, to hold answers and examples against.
pub struct Contract {
    document: Value,
}

/// What a schema says of a value: what is wrong with it, and which of its fields it names.
#[derive(Default)]
struct Verdict {
    faults: Vec<String>,
    known: BTreeSet<String>,
    open: bool,
}

impl Verdict {
    fn take(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.known.extend(other.known);
        self.open |= other.open;
    }
}

impl Contract {
    /// Takes a document of OpenAPI 3.1.
    pub fn new(document: Value) -> Self {
        Self { document }
    }

    /// Returns what is wrong with an answer to a request; nothing is said of paths and methods that the document does not have.
    pub fn faults_of_answer(&self, method: &Method, path: &str, answer: &TestAnswer) -> Vec<String> {
        let Some(operation) = self.operation(method, path) else { return Vec::new() };
        let responses = operation.get("responses").and_then(Value::as_object);
        // What the edge answers to a repeated read says nothing in its body.
        if answer.status == StatusCode::NOT_MODIFIED {
            return Vec::new();
        }
        let Some(response) = responses.and_then(|responses| responses.get(answer.status.as_str())) else {
            return vec![format!("{} is not documented", answer.status)];
        };
        let response = self.followed(response);
        let content_type = answer.header("content-type").split(';').next().unwrap_or_default().trim();
        let Some(content) = response.get("content").and_then(|contents| contents.get(content_type)) else {
            return vec![format!("{} as {content_type:?} is not documented", answer.status)];
        };
        let mut faults = Vec::new();
        if let (Some(codes), Some(code)) =
            (response.get("x-codes").and_then(Value::as_array), answer.body["code"].as_str())
            && !codes.iter().any(|known| known == code)
        {
            faults.push(format!("{} with {code} is not documented", answer.status));
        }
        if let Some(schema) = content.get("schema").filter(|_| content_type.ends_with("json")) {
            faults.extend(self.faults(schema, &answer.body));
        }
        faults
    }

    /// Returns what is wrong with a value, by field.
    pub fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        self.whole(schema, value, "")
    }

    /// Returns every example of the document with its schema and where it stands.
    pub fn examples(&self) -> Vec<(String, &Value, &Value)> {
        let mut found = Vec::new();
        for (path, item) in self.document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let answers = operation["responses"].as_object().into_iter().flatten();
                let answers = answers.map(|(status, response)| (status.as_str(), self.followed(response)));
                let request = operation.get("requestBody").map(|body| ("request", body));
                for (what, holder) in request.into_iter().chain(answers) {
                    for content in holder["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                        let several = content["examples"].as_object().into_iter().flatten();
                        let several = several.map(|(_, example)| &self.followed(example)["value"]);
                        for example in content.get("example").into_iter().chain(several) {
                            found.push((format!("{method} {path} {what}"), &content["schema"], example));
                        }
                    }
                }
            }
        }
        found
    }

    /// Finds the operation that serves a path; one whose path has fewer parameters goes first.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(wanted), Some(given)) if wanted.starts_with('{') || wanted == given => {}
                    _ => return false,
                }
            }
        };
        let paths = self.document["paths"].as_object()?;
        let template =
            paths.keys().filter(|template| fits(template)).min_by_key(|template| template.matches('{').count());
        paths.get(template?)?.get(method.as_str().to_ascii_lowercase())
    }

    fn followed<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
        let found = self.document.pointer(reference.trim_start_matches('#'));
        self.followed(found.unwrap_or_else(|| panic!("{reference} leads nowhere")))
    }

    /// Checks a value that stands by itself: all its fields must be named.
    fn whole(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let Verdict { mut faults, known, open } = self.check(schema, value, at);
        if !open {
            let fields = value.as_object().into_iter().flat_map(Map::keys);
            faults.extend(
                fields.filter(|name| !known.contains(*name)).map(|name| format!("{at}.{name} is not documented")),
            );
        }
        faults
    }

    /// Checks a value by one schema of perhaps several.
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Verdict {
        let mut verdict = Verdict::default();
        let rules = schema.as_object().unwrap_or_else(|| panic!("{at}: {schema} is no schema"));
        // An object of which nothing more is said may have any fields.
        let says_more = ["properties", "$ref", "allOf", "oneOf", "anyOf"].iter().any(|rule| rules.contains_key(*rule));
        verdict.open = !says_more;
        let mut wrong = |what: String| verdict.faults.push(format!("{at} {what}"));
        let mut more = Vec::new();
        for (rule, said) in rules {
            let number = said.as_i64().unwrap_or_default();
            let length = |length: Option<usize>| length.and_then(|length| i64::try_from(length).ok());
            match rule.as_str() {
                "$ref" => more.push(self.check(self.followed(schema), value, at)),
                "type" => {
                    let kinds = said.as_array().map_or(std::slice::from_ref(said), Vec::as_slice);
                    if !kinds.iter().any(|kind| is_a(value, kind.as_str().unwrap_or_default())) {
                        wrong(format!("is {value} and no {said}"));
                    }
                }
                "required" => {
                    let required = said.as_array().into_iter().flatten().filter_map(Value::as_str);
                    for name in required.filter(|name| value.is_object() && value.get(*name).is_none()) {
                        wrong(format!("has no {name}"));
                    }
                }
                "properties" => {
                    let properties = said.as_object().into_iter().flatten();
                    let mut named = Verdict::default();
                    for (name, schema) in properties {
                        if let Some(value) = value.get(name) {
                            named.faults.extend(self.whole(schema, value, &format!("{at}.{name}")));
                            named.known.insert(name.clone());
                        }
                    }
                    more.push(named);
                }
                "additionalProperties" if said.is_object() => {
                    let named = rules.get("properties").and_then(Value::as_object);
                    let fields = value.as_object().into_iter().flatten();
                    let others = fields.filter(|(name, _)| named.is_none_or(|named| !named.contains_key(*name)));
                    let faults = others.flat_map(|(name, value)| self.whole(said, value, &format!("{at}.{name}")));
                    more.push(Verdict { faults: faults.collect(), known: BTreeSet::new(), open: true });
                }
                "items" => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    let faults = items.flat_map(|(index, item)| self.whole(said, item, &format!("{at}[{index}]")));
                    more.push(Verdict { faults: faults.collect(), ..Verdict::default() });
                }
                "allOf" => more.extend(said.as_array().into_iter().flatten().map(|part| self.check(part, value, at))),
                "oneOf" | "anyOf" => {
                    let choices: Vec<_> = said.as_array().into_iter().flatten().collect();
                    let checked: Vec<_> = choices.iter().map(|choice| self.check(choice, value, at)).collect();
                    let fitting = checked.iter().filter(|verdict| verdict.faults.is_empty()).count();
                    if fitting == 0 || (rule == "oneOf" && fitting > 1) {
                        let faults: Vec<_> = checked.into_iter().flat_map(|verdict| verdict.faults).collect();
                        wrong(format!("fits {fitting} of {} choices: {faults:?}", choices.len()));
                    } else {
                        more.extend(checked.into_iter().filter(|verdict| verdict.faults.is_empty()));
                    }
                }
                "enum" if said.as_array().is_some_and(|names| !names.contains(value)) => {
                    wrong(format!("is {value} and none of {said}"));
                }
                "minimum" if value.as_i64().is_some_and(|value| value < number) => wrong(format!("is below {said}")),
                "maximum" if value.as_i64().is_some_and(|value| value > number) => wrong(format!("is above {said}")),
                "minLength"
                    if length(value.as_str().map(|text| text.chars().count())) < Some(number) && value.is_string() =>
                {
                    wrong(format!("is shorter than {said}"));
                }
                "maxLength" if length(value.as_str().map(|text| text.chars().count())) > Some(number) => {
                    wrong(format!("is longer than {said}"));
                }
                "minItems" if value.is_array() && length(value.as_array().map(Vec::len)) < Some(number) => {
                    wrong(format!("has fewer entries than {said}"));
                }
                "maxItems" if length(value.as_array().map(Vec::len)) > Some(number) => {
                    wrong(format!("has more entries than {said}"));
                }
                "format" if value.as_str().is_some_and(|text| !has_form(text, said.as_str().unwrap_or_default())) => {
                    wrong(format!("is {value} and no {said}"));
                }
                "enum"
                | "minimum"
                | "maximum"
                | "minLength"
                | "maxLength"
                | "minItems"
                | "maxItems"
                | "format"
                | "additionalProperties"
                | "description"
                | "example"
                | "examples"
                | "default"
                | "propertyNames" => {}
                extension if extension.starts_with("x-") => {}
                unknown => panic!("{at}: the rule {unknown} is not known here yet"),
            }
        }
        more.into_iter().for_each(|part| verdict.take(part));
        verdict
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("the type {unknown} is not known here"),
    }
}

fn has_form(text: &str, form: &str) -> bool {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = |text: &str| {
        let parts: Vec<_> = text.split('-').collect();
        matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
    };
    match form {
        "date" => is_date(text),
        // With milliseconds and in UTC, as the whole API writes times.
        "date-time" => text.split_once('T').is_some_and(|(date, time)| {
            is_date(date) && time.len() == "08:15:30.123Z".len() && time.ends_with('Z') && time.get(8..9) == Some(".")
        }),
        "email" => text.contains('@'),
        "password" | "int32" | "int64" => true,
        unknown => panic!("the format {unknown} is not known here yet"),
    }
}
