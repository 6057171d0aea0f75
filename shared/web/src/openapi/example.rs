//! Makes an example of a schema out of the examples of its parts.

use serde_json::{Map, Value, json};

/// How deep a schema may nest before its example stops: deeper than any does that has an end.
const DEPTH: u8 = 64;

/// Returns an example of `schema`.
pub(super) fn of(schema: &Value, schemas: &Map<String, Value>) -> Value {
    at(schema, schemas, 0)
}

fn at(schema: &Value, schemas: &Map<String, Value>, depth: u8) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    let deeper = |schema: &Value| at(schema, schemas, depth.saturating_add(1));
    if let Some(example) = schema.get("example").or_else(|| schema.pointer("/examples/0")) {
        return example.clone();
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return schemas.get(name).map_or(Value::Null, deeper);
    }
    if let Some(value) = schema.get("default").or_else(|| schema.get("const")).or_else(|| schema.pointer("/enum/0")) {
        return value.clone();
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = deeper(part) {
                whole.extend(fields);
            }
        }
        return Value::Object(whole);
    }
    for choice in ["oneOf", "anyOf"] {
        let choices = schema.get(choice).and_then(Value::as_array).into_iter().flatten();
        if let Some(first) =
            choices.into_iter().find(|choice| choice.get("type").and_then(Value::as_str) != Some("null"))
        {
            return deeper(first);
        }
    }
    // A nullable type is a list of types in OpenAPI 3.1.
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    match kind {
        Some("object") => object(schema, &deeper),
        Some("array") => schema.get("items").map_or_else(|| json!([]), |items| json!([deeper(items)])),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("string") => match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => json!("2026-01-31T08:15:30.123Z"),
            _ => json!("text"),
        },
        _ if schema.get("properties").is_some() => object(schema, &deeper),
        _ => Value::Null,
    }
}

fn object(schema: &Value, deeper: &dyn Fn(&Value) -> Value) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    // What may be left out is shown only where there is something to show.
    let telling =
        |schema: &Value| ["example", "examples", "$ref", "oneOf", "enum"].iter().any(|key| schema.get(key).is_some());
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let shown = properties.filter(|(name, schema)| is_required(name) || telling(schema));
    Value::Object(shown.map(|(name, schema)| (name.clone(), deeper(schema))).collect())
}
