//! `haat openapi`: the API's document, joined from the functions that serve it.

use std::path::Path;

use serde_json::Value;

use crate::Failure;

/// Where the document is kept: the admin function serves this very file.
pub const PLACE: &str = "functions/admin/openapi.json";

/// Joins the documents of all functions.
fn document() -> Value {
    web::openapi::merge([
        auth::openapi(),
        listings::openapi(),
        checkout::openapi(),
        files::openapi(),
        shipping::openapi(),
        webhooks::openapi(),
        admin::openapi(),
    ])
}

/// Writes the document to `file`, or with `check` compares it with what is there.
///
/// # Errors
/// When an operation fails to say what it must, when the file can't be written, or when it is out of date.
pub fn run(file: &Path, check: bool) -> Result<(), Failure> {
    let document = document();
    let gaps = web::openapi::gaps(&document);
    if !gaps.is_empty() {
        return Err(format!("the document has gaps:\n  {}", gaps.join("\n  ")).into());
    }
    let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
    let operations = document
        .get("paths")
        .and_then(Value::as_object)
        .map_or(0, |paths| paths.values().filter_map(Value::as_object).map(serde_json::Map::len).sum::<usize>());
    let there = std::fs::read_to_string(file).unwrap_or_default();
    if there == text {
        println!("{} is up to date: {operations} operations.", file.display());
        return Ok(());
    }
    if check {
        return Err(
            format!("{} is out of date: run `cargo run -p haat -- openapi` and commit it", file.display()).into()
        );
    }
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("Wrote {operations} operations to {}.", file.display());
    Ok(())
}
