//! The fields of one row as texts by column: what a row of CSV and a line of JSON have in common.
//!
//! An empty cell says nothing, and neither do null and an empty text in JSON. In CSV a text that a spreadsheet would take for a
//! formula has an apostrophe in front, which is taken away again here: see [`domain::formula`].

use std::collections::BTreeMap;
use std::fmt;

use domain::bulk::FaultCode;
use domain::formula;
use domain::text;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::column::{Column, Kind};

/// What the columns of a row say.
pub type Fields = BTreeMap<Column, String>;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The column; empty where it is the row as a whole.
    pub column: String,
    /// The stable word.
    pub code: FaultCode,
    /// A sentence that goes on after the column's name.
    pub reason: String,
}

impl Fault {
    /// Finds fault with a column.
    pub fn of(column: Column, code: FaultCode, reason: impl Into<String>) -> Self {
        Self { column: column.name().to_owned(), code, reason: reason.into() }
    }

    /// Finds fault with the whole row.
    pub fn row(code: FaultCode, reason: impl Into<String>) -> Self {
        Self { column: String::new(), code, reason: reason.into() }
    }
}

/// Reads the cells of a CSV row.
///
/// # Errors
/// With everything that is wrong with them.
pub fn of_cells(columns: &[Column], cells: &[Vec<u8>]) -> Result<Fields, Vec<Fault>> {
    if cells.len() != columns.len() {
        let reason = format!("has {} cells instead of {}", cells.len(), columns.len());
        return Err(vec![Fault::row(FaultCode::WrongCellCount, reason)]);
    }
    let mut reading = Reading::default();
    for (column, cell) in columns.iter().zip(cells) {
        match std::str::from_utf8(cell) {
            Ok(text) => reading.text(*column, formula::unguard(text)),
            Err(_) => reading.faults.push(Fault::of(*column, FaultCode::NotUtf8, "is not UTF-8")),
        }
    }
    reading.done()
}

/// Reads a line of JSON.
///
/// # Errors
/// With everything that is wrong with it.
pub fn of_line(line: &[u8]) -> Result<Fields, Vec<Fault>> {
    let line = std::str::from_utf8(line).map_err(|_| vec![Fault::row(FaultCode::NotUtf8, "is not UTF-8")])?;
    let Pairs(pairs) = serde_json::from_str(line).map_err(|error| {
        let place = format!("is not a JSON object (character {})", error.column());
        vec![Fault::row(FaultCode::Malformed, place)]
    })?;
    let (mut reading, mut seen) = (Reading::default(), Vec::new());
    for (name, value) in pairs {
        let Some(column) = Column::of(&name) else {
            let column: String = name.chars().take(50).collect();
            reading.faults.push(Fault {
                column,
                code: FaultCode::UnknownColumn,
                reason: "is not a known name".to_owned(),
            });
            continue;
        };
        if seen.contains(&column) {
            reading.faults.push(Fault::of(column, FaultCode::DuplicateColumn, "is there twice"));
            continue;
        }
        seen.push(column);
        match as_text(column.kind(), value) {
            Ok(text) => reading.text(column, &text),
            Err(wanted) => {
                reading.faults.push(Fault::of(column, FaultCode::InvalidValue, format!("must be {wanted}")));
            }
        }
    }
    reading.done()
}

#[derive(Default)]
struct Reading {
    fields: Fields,
    faults: Vec<Fault>,
}

impl Reading {
    fn text(&mut self, column: Column, text: &str) {
        match text::clean(text, false) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => {
                self.fields.insert(column, text);
            }
            Err(wrong) => self.faults.push(Fault::of(column, FaultCode::InvalidValue, wrong.to_string())),
        }
    }

    fn done(self) -> Result<Fields, Vec<Fault>> {
        if self.faults.is_empty() { Ok(self.fields) } else { Err(self.faults) }
    }
}

/// Writes a value of JSON as the text of its column.
///
/// A price is not taken as a JSON number: readers of JSON make a binary fraction of it.
fn as_text(kind: Kind, value: Value) -> Result<String, &'static str> {
    match (kind, value) {
        (_, Value::Null) => Ok(String::new()),
        (_, Value::String(text)) => Ok(text),
        (Kind::Whole, Value::Number(number)) if number.is_u64() => Ok(number.to_string()),
        (Kind::Flag, Value::Bool(flag)) => Ok(flag.to_string()),
        (Kind::List, Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(" ")).ok_or("a list of texts")
        }
        (Kind::Table, Value::Object(table)) => serde_json::to_string(&table).map_err(|_| "an object of texts"),
        (Kind::Text, _) => Err("a text"),
        (Kind::Whole, _) => Err("a whole number"),
        (Kind::Flag, _) => Err("true or false"),
        (Kind::List, _) => Err("a list of texts"),
        (Kind::Table, _) => Err("an object of texts"),
    }
}

/// Writes the cells of a CSV row, in the order of [`Column::ALL`].
pub fn to_cells(fields: &Fields) -> Vec<String> {
    Column::ALL.iter().map(|column| fields.get(column).map_or_else(String::new, |text| formula::guard(text))).collect()
}

/// Writes a line of JSON, without its end.
///
/// # Errors
/// Never: texts and numbers can be written.
pub fn to_line(fields: &Fields) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Line(Map<String, Value>);
    let value = |column: &Column, text: &str| match column.kind() {
        Kind::Text => Value::from(text),
        Kind::Whole => text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from),
        Kind::Flag => Value::from(text == "true"),
        Kind::List => text.split(' ').collect(),
        Kind::Table => serde_json::from_str(text).unwrap_or_default(),
    };
    let line = fields.iter().map(|(column, text)| (column.name().to_owned(), value(column, text))).collect();
    serde_json::to_string(&Line(line))
}

/// The pairs of an object, also those whose name is there twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl<'de> Visitor<'de> for Visit {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = fields.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(read: Result<Fields, Vec<Fault>>) -> Vec<(String, FaultCode)> {
        read.unwrap_err().into_iter().map(|fault| (fault.column, fault.code)).collect()
    }

    #[test]
    fn cells_must_fit_the_header_and_be_text() {
        let columns = [Column::Sku, Column::Name, Column::Slug];
        let row = |cells: &[&[u8]]| of_cells(&columns, &cells.iter().map(|cell| cell.to_vec()).collect::<Vec<_>>());
        let read = row(&[b" VASE-1 ", b"'=1+1", b""]).unwrap();
        assert_eq!(read, Fields::from([(Column::Sku, "VASE-1".to_owned()), (Column::Name, "=1+1".to_owned())]));
        assert_eq!(faults(row(&[b"VASE-1"])), [(String::new(), FaultCode::WrongCellCount)]);
        let wrong = faults(row(&[b"VASE-1", b"caf\xe9", b"a\0b"]));
        let wanted = [("name", FaultCode::NotUtf8), ("slug", FaultCode::InvalidValue)];
        assert_eq!(wrong, wanted.map(|(column, code)| (column.to_owned(), code)));
    }

    #[test]
    fn a_line_is_one_object_of_known_names_each_once() {
        let line = br#"{"sku": "VASE-1", "stock": 5, "images": ["a", "b"], "materialActive": false, "slug": null,
            "attributes": {"colour": "white"}, "name": " Vase "}"#;
        let read = of_line(line).unwrap();
        let text = |column| read.get(&column).map(String::as_str);
        assert_eq!((text(Column::Stock), text(Column::Images)), (Some("5"), Some("a b")));
        assert_eq!((text(Column::MaterialActive), text(Column::Slug)), (Some("false"), None));
        assert_eq!((text(Column::Attributes), text(Column::Name)), (Some("{\"colour\":\"white\"}"), Some("Vase")));
        for malformed in [&b"[]"[..], b"{", b"1", b"{} {}", b"\"sku\""] {
            assert_eq!(faults(of_line(malformed)), [(String::new(), FaultCode::Malformed)]);
        }
        assert_eq!(faults(of_line("[".repeat(200_000).as_bytes())), [(String::new(), FaultCode::Malformed)]);
        assert_eq!(faults(of_line(b"{\"sku\": \"\xff\"}")), [(String::new(), FaultCode::NotUtf8)]);
        let wrong =
            faults(of_line(br#"{"sku": 1, "price": "1", "name": "a", "name": "b", "basePrice": 1.5, "stock": -1}"#));
        let wanted = [
            ("sku", FaultCode::InvalidValue),
            ("price", FaultCode::UnknownColumn),
            ("name", FaultCode::DuplicateColumn),
            ("basePrice", FaultCode::InvalidValue),
            ("stock", FaultCode::InvalidValue),
        ];
        assert_eq!(wrong, wanted.map(|(column, code)| (column.to_owned(), code)));
    }
}
