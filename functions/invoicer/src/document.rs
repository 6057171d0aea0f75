//! From an order to what its invoice and its credit notes say.

use std::collections::BTreeMap;

use domain::address::PostalAddress;
use domain::calendar;
use domain::catalog::{LegalIdentity, Seller};
use domain::clock::Timestamp;
use domain::credit::{CreditNote, CreditedLine};
use domain::invoice::Invoice;
use domain::money::{Money, MoneyError};
use domain::order::{Order, OrderStatus};
use domain::pricing::OrderLine;
use domain::tenant::{TaxMode, Tenant};
use jiff::civil::Date;

use crate::pdf::{Document, DocumentLine, Kind, Party, TaxLine};

/// What stands on every document about one order.
pub struct Frame<'a> {
    /// On whose marketplace it was sold.
    pub tenant: &'a Tenant,
    /// The order.
    pub order: &'a Order,
    /// Where it goes, opened; blank where the buyer's data were erased.
    pub address: &'a PostalAddress,
    /// Who sells it.
    pub seller: Option<&'a Seller>,
    /// Who issues it, where that is the seller and not the tenant.
    pub issuer: Option<&'a LegalIdentity>,
}

impl Frame<'_> {
    /// Says the order's snapshot as an invoice.
    ///
    /// # Errors
    /// When the amounts of the order don't fit together, which a placed order's do.
    pub fn invoice(&self, invoice: &Invoice) -> Result<Document, MoneyError> {
        let order = self.order;
        let paid = order.timeline.iter().find(|entry| entry.status == OrderStatus::Paid);
        let mut taxes = Taxes::default();
        for line in &order.lines {
            let charged = line.charged()?;
            let net = if self.prices_include_tax() { charged.minus(line.tax)? } else { charged };
            taxes.add(line.tax_rate_bp, net, line.tax)?;
        }
        let totals = &order.totals;
        if let Some(of_shipping) = order.shipping_tax {
            let charged = totals.shipping;
            let net = if self.prices_include_tax() { charged.minus(of_shipping.tax)? } else { charged };
            taxes.add(of_shipping.rate_bp, net, of_shipping.tax)?;
        }
        Ok(Document {
            lines: order.lines.iter().map(sold).collect(),
            subtotal: totals.subtotal,
            discount: totals.discount,
            shipping: totals.shipping,
            taxes: taxes.lines(),
            total: totals.total,
            ..self.empty(
                Kind::Invoice { paid_on: paid.map(|entry| self.day(entry.at)) },
                invoice.number.clone(),
                invoice.issued_at,
            )
        })
    }

    /// Says what went back of the order as a credit note. All amounts are negative.
    ///
    /// # Errors
    /// When the note is not one of this order.
    pub fn credit_note(&self, note: &CreditNote, invoice: &Invoice) -> Result<Document, MoneyError> {
        let zero = Money::zero(note.credit.amount.currency);
        let mut taxes = Taxes::default();
        let (mut lines, mut subtotal) = (Vec::new(), zero);
        for taken in &note.credit.lines {
            let place = usize::try_from(taken.line).map_err(|_| MoneyError::Overflow)?;
            let line = self.order.lines.get(place).ok_or(MoneyError::Overflow)?;
            let (amount, tax) = (zero.minus(taken.amount)?, zero.minus(taken.tax)?);
            let net = amount.minus(tax)?;
            taxes.add(line.tax_rate_bp, net, tax)?;
            let total = if self.prices_include_tax() { amount } else { net };
            subtotal = subtotal.plus(total)?;
            lines.push(given_back(line, taken, tax, total));
        }
        let mut shipping = zero.minus(note.credit.shipping)?;
        if let Some((whole, tax)) = self.order.shipping_tax.zip(note.credit.shipping_tax)
            && shipping.amount != 0
        {
            let tax = zero.minus(tax)?;
            let net = shipping.minus(tax)?;
            taxes.add(whole.rate_bp, net, tax)?;
            shipping = if self.prices_include_tax() { shipping } else { net };
        }
        let kind = Kind::CreditNote {
            invoice: note.invoice.clone(),
            invoiced_on: self.day(invoice.issued_at),
            reason: note.reason.clone(),
        };
        Ok(Document {
            lines,
            subtotal,
            shipping,
            taxes: taxes.lines(),
            total: zero.minus(note.credit.amount)?,
            ..self.empty(kind, note.number.clone(), note.issued_at)
        })
    }

    /// Says who and when, and nothing about money.
    fn empty(&self, kind: Kind, number: String, issued_at: Timestamp) -> Document {
        let (tenant, order) = (self.tenant, self.order);
        let zero = Money::zero(order.totals.total.currency);
        let issuer = self.issuer.map_or_else(
            || Party {
                name: tenant.legal_name.clone(),
                address: tenant.legal_address.clone(),
                tax_id: tenant.tax_id.clone(),
            },
            |seller| Party {
                name: seller.legal_name.clone(),
                address: seller.address.clone(),
                tax_id: seller.tax_id.clone(),
            },
        );
        let sold_by = self.seller.map(|seller| seller.name.as_str().to_owned());
        Document {
            brand: tenant.name.clone(),
            kind,
            sold_by: sold_by.filter(|name| *name != issuer.name),
            issuer,
            marketplace: self.issuer.map(|_| tenant.legal_name.clone()),
            buyer: Party { name: self.address.full_name.clone(), address: self.address.lines(), tax_id: None },
            number,
            order: order.id.to_string(),
            issued_on: self.day(issued_at),
            currency: zero.currency,
            locale: tenant.settings.locale.clone(),
            prices_include_tax: self.prices_include_tax(),
            lines: Vec::new(),
            subtotal: zero,
            discount: zero,
            shipping: zero,
            taxes: Vec::new(),
            total: zero,
        }
    }

    fn prices_include_tax(&self) -> bool {
        self.order.tax_mode == TaxMode::Inclusive
    }

    fn day(&self, at: Timestamp) -> Date {
        calendar::local(at, &self.tenant.settings.time_zone).date()
    }
}

fn sold(line: &OrderLine) -> DocumentLine {
    DocumentLine {
        name: line.name.clone(),
        material: line.material_name.clone(),
        sku: line.sku.clone(),
        pieces: Some((line.quantity.get(), line.item_price)),
        discount: line.discount,
        tax_rate_bp: line.tax_rate_bp,
        tax: line.tax,
        total: line.line_total,
    }
}

fn given_back(line: &OrderLine, taken: &CreditedLine, tax: Money, total: Money) -> DocumentLine {
    let pieces = (taken.quantity > 0).then_some((taken.quantity, line.item_price));
    // What goes back is what was paid, in which the discount is no more.
    DocumentLine { pieces, discount: Money::zero(total.currency), tax, total, ..sold(line) }
}

/// The tax by rate, lowest first.
#[derive(Default)]
struct Taxes(BTreeMap<u32, (Money, Money)>);

impl Taxes {
    fn add(&mut self, rate_bp: u32, net: Money, tax: Money) -> Result<(), MoneyError> {
        let zero = Money::zero(net.currency);
        let (taxable, sum) = self.0.entry(rate_bp).or_insert((zero, zero));
        (*taxable, *sum) = (taxable.plus(net)?, sum.plus(tax)?);
        Ok(())
    }

    fn lines(self) -> Vec<TaxLine> {
        self.0.into_iter().map(|(rate_bp, (taxable, tax))| TaxLine { rate_bp, taxable, tax }).collect()
    }
}
