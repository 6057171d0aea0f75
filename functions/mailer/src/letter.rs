//! Letters: what a mail says, before it has an address.
//!
//! Each kind of letter is a folder entry of three files per language: `<kind>.mjml`, `<kind>.txt`,
//! `<kind>.subject`. The build script has made HTML of the MJML. Values are escaped in HTML and flattened in subjects.

mod sale;

use domain::catalog::SellerStatus;
use domain::event::SecurityChange;
use domain::order::{CancelReason, Order};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

pub use self::sale::{SaleCancelled, SalePaid, SaleRefunded};

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
    /// What a coupon takes off them, with its sign; none without one.
    pub discount: Option<String>,
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
    /// What the seller calls the product; shown to sellers alone.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: String,
    /// The price of all.
    pub total: String,
}

/// "Your order was cancelled."
#[derive(Debug, Clone, Serialize)]
pub struct OrderCancelled {
    /// What to call the buyer.
    pub name: String,
    /// Whether the buyer has asked for it.
    pub by_buyer: bool,
    /// Why.
    pub reason: CancelReason,
    /// The orders that were called off.
    pub orders: Vec<OrderPart>,
    /// What goes back; none where nothing was paid.
    pub refund: Option<String>,
}

/// "Your parcel is on its way", or "has arrived".
#[derive(Debug, Clone, Serialize)]
pub struct ParcelMoved {
    /// What to call the buyer.
    pub name: String,
    /// Who carries it.
    pub carrier: String,
    /// By which service.
    pub service: String,
    /// What the carrier calls it.
    pub tracking_number: String,
    /// Where it is followed.
    pub tracking_url: String,
    /// The order's id.
    pub order: String,
    /// Where the buyer finds the order.
    pub order_url: String,
    /// What is in it.
    pub lines: Vec<Pieces>,
    /// Whether more of the order is still to be sent.
    pub more_to_come: bool,
}

/// Pieces of one line of an order: in a parcel, or given back.
#[derive(Debug, Clone, Serialize)]
pub struct Pieces {
    /// The product.
    pub name: String,
    /// The material.
    pub material: Option<String>,
    /// How many.
    pub quantity: u32,
}

impl Pieces {
    /// Names pieces of the line at `place` of an order; none where it has no such line.
    pub fn of(order: &Order, place: u32, quantity: u32) -> Option<Self> {
        let sold = order.lines.get(usize::try_from(place).ok()?)?;
        Some(Self { name: sold.name.clone(), material: sold.material_name.clone(), quantity })
    }
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

/// "We have given money back to you, here is the credit note."
#[derive(Debug, Clone, Serialize)]
pub struct CreditNoteIssued {
    /// What to call the buyer.
    pub name: String,
    /// The credit note's number.
    pub number: String,
    /// The number of the invoice that it takes back.
    pub invoice: String,
    /// The date of issue.
    pub issued_on: String,
    /// The order's id.
    pub order: String,
    /// Where the buyer finds the order.
    pub order_url: String,
    /// What was given back.
    pub total: String,
}

/// A link that works once: to verify an address, to set a password, to move to another address, to accept an invitation.
#[derive(Clone, Serialize)]
pub struct Link {
    /// What to call the person. A letter to an address that nobody has proved to be theirs does not show it, or anybody could have
    /// us write what they like to whom they like.
    pub name: String,
    /// The link.
    pub link: String,
    /// How long it works, in the unit that the letter names: minutes for a password, days for an invitation, else hours.
    pub life: u64,
}

/// Never prints the link.
impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

/// "Something about how you sign in has changed."
#[derive(Debug, Clone, Serialize)]
pub struct SecurityNotice {
    /// What to call the person.
    pub name: String,
    /// What has changed.
    pub change: SecurityChange,
    /// When.
    pub at: String,
    /// Where to ask for a new password.
    pub reset_url: String,
}

/// "You can sell now", or not any more.
#[derive(Debug, Clone, Serialize)]
pub struct SellerMoved {
    /// What to call the person.
    pub name: String,
    /// The seller's trade name.
    pub seller: String,
    /// What the profile is now.
    pub status: SellerStatus,
}

/// A kind of letter with its values.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Letter {
    /// An order was placed.
    OrderReceived(OrderReceived),
    /// Orders were called off.
    OrderCancelled(OrderCancelled),
    /// An order is paid; to its seller.
    SalePaid(SalePaid),
    /// An order was called off; to its seller.
    SaleCancelled(SaleCancelled),
    /// Money went back; to the order's seller.
    SaleRefunded(SaleRefunded),
    /// A parcel was handed to its carrier.
    ParcelSent(ParcelMoved),
    /// A parcel has arrived.
    ParcelDelivered(ParcelMoved),
    /// An invoice was issued.
    InvoiceIssued(InvoiceIssued),
    /// A credit note was issued.
    CreditNoteIssued(CreditNoteIssued),
    /// An address is to be verified.
    EmailVerification(Link),
    /// A password is to be set anew.
    PasswordReset(Link),
    /// A new address is to be confirmed.
    EmailChange(Link),
    /// An account was opened for somebody.
    Invitation(Link),
    /// Something about how somebody signs in has changed.
    SecurityNotice(SecurityNotice),
    /// A seller was approved, stopped, or may go on.
    SellerMoved(SellerMoved),
}

impl Letter {
    /// Tells whether a copy goes to the address at which the tenant keeps its mails: those that tell what was ordered, paid, given
    /// back and sent. What brings a link that works once never does, or whoever reads the copies could take over an account; how
    /// somebody signs in is nobody else's business either.
    pub fn is_kept(&self) -> bool {
        match self {
            Self::OrderReceived(_)
            | Self::OrderCancelled(_)
            | Self::ParcelSent(_)
            | Self::ParcelDelivered(_)
            | Self::InvoiceIssued(_)
            | Self::CreditNoteIssued(_)
            | Self::SalePaid(_)
            | Self::SaleCancelled(_)
            | Self::SaleRefunded(_) => true,
            Self::EmailVerification(_)
            | Self::PasswordReset(_)
            | Self::EmailChange(_)
            | Self::Invitation(_)
            | Self::SecurityNotice(_)
            | Self::SellerMoved(_) => false,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::OrderReceived(_) => "order_received",
            Self::OrderCancelled(_) => "order_cancelled",
            Self::SalePaid(_) => "sale_paid",
            Self::SaleCancelled(_) => "sale_cancelled",
            Self::SaleRefunded(_) => "sale_refunded",
            Self::ParcelSent(_) => "parcel_sent",
            Self::ParcelDelivered(_) => "parcel_delivered",
            Self::InvoiceIssued(_) => "invoice_issued",
            Self::CreditNoteIssued(_) => "credit_note_issued",
            Self::EmailVerification(_) => "email_verification",
            Self::PasswordReset(_) => "password_reset",
            Self::EmailChange(_) => "email_change",
            Self::Invitation(_) => "invitation",
            Self::SecurityNotice(_) => "security_notice",
            Self::SellerMoved(_) => "seller_moved",
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
        let language = language(locale);
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

/// Returns the language in which people of a locale are written to.
pub fn language(locale: &str) -> &str {
    let wanted = locale.split('-').next().unwrap_or(FALLBACK);
    let known = TEMPLATES.iter().filter_map(|(name, _)| name.split_once('/')).any(|(language, _)| language == wanted);
    if known { wanted } else { FALLBACK }
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
mod tests;
