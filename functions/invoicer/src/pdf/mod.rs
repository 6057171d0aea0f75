//! Invoices and credit notes as PDF: [`Document`] in, bytes out.
//!
//! `layout` arranges text and rules on a [`sheet::Sheet`] in whole hundredths of a point, so that equal input
//! gives equal bytes and a test can ask where everything stands; `paint` alone talks to the PDF writer.
//! Nothing here reads a clock, a table or a network.

mod label;
mod layout;
mod model;
mod paint;
mod sheet;
mod table;
mod text;

pub use model::{Document, DocumentLine, Kind, Party, TaxLine};
pub use paint::RenderError;
pub use text::Fonts;

/// Renders the document. Equal documents give equal bytes.
///
/// # Errors
/// When the PDF writer refuses the document, which no content of a valid document causes.
pub fn render(fonts: &Fonts, document: &Document) -> Result<Vec<u8>, RenderError> {
    paint::paint(fonts, document, &layout::arrange(fonts, document))
}

#[cfg(test)]
mod tests;
