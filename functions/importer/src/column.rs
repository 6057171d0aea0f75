//! The columns of a table of products.

use std::collections::BTreeSet;

use domain::bulk::{Failure, FaultCode};

/// What is written in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number; a JSON number too.
    Whole,
    /// `true` or `false`; a JSON boolean too.
    Flag,
    /// Ids with blanks between them; a JSON list too.
    List,
    /// A JSON object; in JSON Lines the object itself.
    Table,
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal $kind:ident,)*) => {
        /// A column, in the order in which exports write them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Column {
            /// All columns.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns its name in a header.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns what is written in it.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }
        }
    };
}

columns! {
    /// Which product.
    Sku "sku" Text,
    /// Its name.
    Name "name" Text,
    /// Its name in URLs.
    Slug "slug" Text,
    /// Rich text.
    Description "description" Text,
    /// The price of one piece in the major unit, with a point.
    BasePrice "basePrice" Text,
    /// The tenant's currency.
    Currency "currency" Text,
    /// Which tax rate applies.
    TaxClass "taxClass" Text,
    /// The weight of one piece.
    WeightGrams "weightGrams" Whole,
    /// Left to right.
    WidthMm "widthMm" Whole,
    /// Front to back.
    DepthMm "depthMm" Whole,
    /// Bottom to top.
    HeightMm "heightMm" Whole,
    /// Whether pieces can run out.
    StockPolicy "stockPolicy" Text,
    /// Ids of uploaded pictures.
    Images "images" List,
    /// Names in URLs of categories.
    Categories "categories" List,
    /// Ids of the marketplace's shared materials.
    SharedMaterials "sharedMaterials" List,
    /// Further properties.
    Attributes "attributes" Table,
    /// Whether each piece comes with a licence key.
    LicenceKeys "licenceKeys" Flag,
    /// A draft, or for sale.
    Status "status" Text,
    /// Which of the product's materials the columns after it are about.
    Material "material" Text,
    /// What the material adds to the price.
    Surcharge "surcharge" Text,
    /// How many pieces there are.
    Stock "stock" Whole,
    /// How many days a piece takes.
    LeadTimeDays "leadTimeDays" Whole,
    /// Whether the material can be chosen.
    MaterialActive "materialActive" Flag,
}

impl Column {
    /// Finds a column by its name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }
}

/// Reads the names of a header.
///
/// # Errors
/// When it names no column of SKUs, one that there is not, or one twice: then nothing of the file is imported.
pub fn header(names: &[impl AsRef<str>]) -> Result<Vec<Column>, Failure> {
    let failure = |code, reason: String| Failure { code, reason };
    let mut seen = BTreeSet::new();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let name = name.as_ref();
        let column = Column::of(name).ok_or_else(|| {
            let known: Vec<_> = Column::ALL.iter().map(|column| column.name()).collect();
            // A name may be anything: a whole table without a header, for example.
            let name: String = name.chars().take(50).collect();
            failure(FaultCode::UnknownColumn, format!("There is no column \"{name}\"; there are {}", known.join(", ")))
        })?;
        if !seen.insert(column) {
            return Err(failure(FaultCode::DuplicateColumn, format!("The column \"{name}\" is there twice")));
        }
        columns.push(column);
    }
    if seen.contains(&Column::Sku) {
        Ok(columns)
    } else {
        Err(failure(FaultCode::MissingColumn, "There is no column \"sku\"".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_known_columns_each_once_and_the_sku_among_them() {
        let code = |names: &[&str]| header(names).map_err(|failure| failure.code);
        assert_eq!(code(&["name", "sku"]), Ok(vec![Column::Name, Column::Sku]));
        assert_eq!(code(&["sku", "prise"]), Err(FaultCode::UnknownColumn));
        assert_eq!(code(&["sku", ""]), Err(FaultCode::UnknownColumn));
        assert_eq!(code(&["sku", "name", "sku"]), Err(FaultCode::DuplicateColumn));
        assert_eq!(code(&["name"]), Err(FaultCode::MissingColumn));
        assert_eq!(code(&[]), Err(FaultCode::MissingColumn));
        assert!(header(&["x".repeat(9_000)]).unwrap_err().reason.len() < 400);
    }
}
