//! Letters: what a mail says, before it has an address.
//!
//! Each kind of letter is a folder entry of three files per language: `<kind>.mjml`, `<kind>.txt`,
//! `<kind>.subject`. The build script has made HTML of the MJML. Values are escaped in HTML and flattened in subjects.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// Every template by its name, such as `en/order_received.html`.
const TEMPLATES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The language that every letter exists in.
const FALLBACK: &str = "en";

/// A letter could not be written: a template and its values don't fit.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {cause}")]
pub struct LetterError {
    template: String,
    cause: minijinja::Error,
}

/// What stands around every letter: the tenant as its customers know it.
#[derive(Debug, Clone, Serialize)]
pub struct Branding {
    /// The marketplace's name.
    pub brand: String,
    /// Where the marketplace is on the web.
    pub shop_url: String,
    /// The legal name in the footer.
    pub legal_name: String,
    /// The legal address in the footer.
    pub legal_address: Vec<String>,
}

/// "We have received your order."
#[derive(Debug, Clone, Serialize)]
pub struct OrderReceived {
    /// What to call the buyer.
    pub name: String,
    /// When the stock is no longer held.
    pub hold_until: String,
    /// The orders, one per seller.
    pub orders: Vec<OrderPart>,
    /// The sum of the lines.
    pub subtotal: String,
    /// The price of shipping.
    pub shipping: String,
    /// All taxes.
    pub tax: String,
    /// Whether the prices contain the tax.
    pub prices_include_tax: bool,
    /// What is to be paid.
    pub total: String,
    /// The delivery address, line by line.
    pub address: Vec<String>,
}

/// What one seller delivers.
#[derive(Debug, Clone, Serialize)]
pub struct OrderPart {
    /// The order's id.
    pub id: String,
    /// Its positions.
    pub lines: Vec<OrderPosition>,
}

/// One position of an order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderPosition {
    /// The product.
    pub name: String,
    /// The material.
    pub material: Option<String>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: String,
    /// The price of all.
    pub total: String,
}

/// "Your payment has arrived, here is the invoice."
#[derive(Debug, Clone, Serialize)]
pub struct InvoiceIssued {
    /// What to call the buyer.
    pub name: String,
    /// The invoice number.
    pub number: String,
    /// The date of issue.
    pub issued_on: String,
    /// The order's id.
    pub order: String,
    /// Where the buyer finds the order.
    pub order_url: String,
    /// What was paid.
    pub total: String,
}

/// A kind of letter with its values.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Letter {
    /// An order was placed.
    OrderReceived(OrderReceived),
    /// An invoice was issued.
    InvoiceIssued(InvoiceIssued),
}

impl Letter {
    fn kind(&self) -> &'static str {
        match self {
            Self::OrderReceived(_) => "order_received",
            Self::InvoiceIssued(_) => "invoice_issued",
        }
    }
}

/// A letter in one language, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The subject: one line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// Writes letters. Made once; the templates are parsed then.
pub struct Writer {
    templates: Environment<'static>,
}

#[derive(Serialize)]
struct Values<'a> {
    #[serde(flatten)]
    branding: &'a Branding,
    #[serde(flatten)]
    letter: &'a Letter,
}

impl Writer {
    /// Parses all templates.
    ///
    /// # Errors
    /// When a template is wrong, which the tests rule out.
    pub fn new() -> Result<Self, LetterError> {
        let mut templates = Environment::empty();
        // A name that no value has is a mistake in a template, not an empty text in somebody's mail.
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_syntax(
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(wrong("syntax"))?,
        );
        templates
            .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        for (name, source) in TEMPLATES {
            templates.add_template(name, source).map_err(wrong(name))?;
        }
        Ok(Self { templates })
    }

    /// Writes a letter in the language of `locale`, or in English when it is not written in that one yet.
    ///
    /// # Errors
    /// When a template and its values don't fit, which the tests rule out.
    pub fn write(&self, locale: &str, branding: &Branding, letter: &Letter) -> Result<Written, LetterError> {
        let kind = letter.kind();
        let language = locale.split('-').next().unwrap_or(FALLBACK);
        let known = self.templates.get_template(&format!("{language}/{kind}.html")).is_ok();
        let language = if known { language } else { FALLBACK };
        let values = Values { branding, letter };
        let part = |extension: &str| {
            let template = format!("{language}/{kind}.{extension}");
            let rendered =
                self.templates.get_template(&template).and_then(|found| found.render(minijinja::value::Serde(&values)));
            rendered.map_err(|cause| LetterError { template, cause })
        };
        Ok(Written { subject: one_line(&part("subject")?), html: part("html")?, text: part("txt")? })
    }
}

fn wrong(template: &str) -> impl FnOnce(minijinja::Error) -> LetterError {
    let template = template.to_owned();
    |cause| LetterError { template, cause }
}

/// Puts a text on one line, so that no value can add a header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branding() -> Branding {
        Branding {
            brand: "Lotus & Lathe".to_owned(),
            shop_url: "https://lotus.haat.example".to_owned(),
            legal_name: "Lotus and Lathe Private Limited".to_owned(),
            legal_address: vec!["14, 3rd Cross, Indiranagar".to_owned(), "Bengaluru 560038".to_owned()],
        }
    }

    fn position(name: &str, material: Option<&str>, quantity: u32) -> OrderPosition {
        OrderPosition {
            name: name.to_owned(),
            material: material.map(str::to_owned),
            quantity,
            unit_price: "₹1,299.00".to_owned(),
            total: "₹2,598.00".to_owned(),
        }
    }

    fn order_received() -> Letter {
        Letter::OrderReceived(OrderReceived {
            name: "Ananya".to_owned(),
            hold_until: "21 Nov 2026, 18:15 (Asia/Kolkata)".to_owned(),
            orders: vec![
                OrderPart {
                    id: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
                    lines: vec![
                        position("Articulated dragon, 30 cm", Some("PLA Matte Black"), 2),
                        position("Modular desk organiser with five drawers, cable channel and a long name", None, 2),
                    ],
                },
                OrderPart {
                    id: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C7".to_owned(),
                    lines: vec![position("Đèn bàn hình hoa sen", Some("Gỗ tre ép"), 2)],
                },
            ],
            subtotal: "₹7,794.00".to_owned(),
            shipping: "₹49.00".to_owned(),
            tax: "₹1,402.92".to_owned(),
            prices_include_tax: false,
            total: "₹9,245.92".to_owned(),
            address: ["Ananya Raghunathan", "Flat 5B, Palm Grove", "Chennai 600034", "India"]
                .map(str::to_owned)
                .to_vec(),
        })
    }

    fn invoice_issued() -> Letter {
        Letter::InvoiceIssued(InvoiceIssued {
            name: "Ananya".to_owned(),
            number: "LL-2026-0042".to_owned(),
            issued_on: "21 Nov 2026".to_owned(),
            order: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
            order_url: "https://lotus.haat.example/orders/ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
            total: "₹3,114.64".to_owned(),
        })
    }

    fn written(locale: &str, letter: &Letter) -> Written {
        Writer::new().unwrap().write(locale, &branding(), letter).unwrap()
    }

    #[test]
    fn an_order_is_confirmed_in_plain_text() {
        let letter = written("en", &order_received());
        assert_eq!(letter.subject, "Your order at Lotus & Lathe");
        insta::assert_snapshot!(letter.text);
    }

    #[test]
    fn an_invoice_is_announced_in_plain_text() {
        let letter = written("en", &invoice_issued());
        assert_eq!(letter.subject, "Invoice LL-2026-0042 from Lotus & Lathe");
        insta::assert_snapshot!(letter.text);
    }

    #[test]
    fn html_is_complete_and_asks_nobody_for_anything() {
        for (name, letter) in [("order_received", order_received()), ("invoice_issued", invoice_issued())] {
            let html = written("en", &letter).html;
            assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>"), "{name}");
            for foreign in ["{{", "{%", "<mj-", "<script", "<img", "url(", "@import", "fonts.googleapis"] {
                assert!(!html.contains(foreign), "{name} has {foreign}");
            }
            // Set HAAT_KEEP_HTML to a folder while compiling the tests to look at the mails.
            if let Some(folder) = option_env!("HAAT_KEEP_HTML") {
                std::fs::write(std::path::Path::new(folder).join(format!("{name}.html")), html).unwrap();
            }
        }
    }

    #[test]
    fn a_name_can_not_become_markup_or_a_header() {
        let mut branding = branding();
        branding.brand = "<b>Evil</b>\r\nBcc: all@example.com {{ name }}".to_owned();
        let letter = Writer::new().unwrap().write("en", &branding, &invoice_issued()).unwrap();
        assert!(!letter.html.contains("<b>Evil"));
        assert!(letter.html.contains("{{ name }}"), "a value is not a template");
        assert!(!letter.subject.contains(['\r', '\n']));
    }

    #[test]
    fn a_language_without_templates_is_written_in_english() {
        assert_eq!(written("hi-IN", &invoice_issued()), written("en", &invoice_issued()));
    }

    #[test]
    fn every_language_has_every_letter() {
        let languages: std::collections::BTreeSet<_> =
            TEMPLATES.iter().filter_map(|(name, _)| name.split_once('/')).map(|(language, _)| language).collect();
        for language in languages {
            for letter in [order_received(), invoice_issued()] {
                for extension in ["html", "txt", "subject"] {
                    let wanted = format!("{language}/{}.{extension}", letter.kind());
                    assert!(TEMPLATES.iter().any(|(name, _)| *name == wanted), "{wanted} is missing");
                }
            }
        }
    }
}
