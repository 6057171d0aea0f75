//! From an order to what its invoice says.

use std::collections::BTreeMap;

use domain::address::PostalAddress;
use domain::calendar;
use domain::catalog::Seller;
use domain::invoice::Invoice;
use domain::money::{Money, MoneyError};
use domain::order::{Order, OrderStatus};
use domain::tenant::{TaxMode, Tenant};

use crate::pdf::{InvoiceDocument, InvoiceLine, Party, TaxLine};

/// Says the order's snapshot as an invoice of the tenant.
///
/// # Errors
/// When the amounts of the order don't fit together, which a placed order's do.
pub fn document(
    tenant: &Tenant,
    order: &Order,
    invoice: &Invoice,
    address: &PostalAddress,
    seller: Option<&Seller>,
) -> Result<InvoiceDocument, MoneyError> {
    let settings = &tenant.settings;
    let included = order.tax_mode == TaxMode::Inclusive;
    let paid = order.timeline.iter().find(|entry| entry.status == OrderStatus::Paid);
    let local = |at| calendar::local(at, &settings.time_zone).date();
    let sold_by = seller.map(|seller| seller.name.as_str().to_owned()).filter(|name| *name != tenant.legal_name);
    Ok(InvoiceDocument {
        brand: tenant.name.clone(),
        issuer: Party {
            name: tenant.legal_name.clone(),
            address: tenant.legal_address.clone(),
            tax_id: tenant.tax_id.clone(),
        },
        sold_by,
        buyer: Party { name: address.full_name.clone(), address: address.lines(), tax_id: None },
        number: invoice.number.clone(),
        order: order.id.to_string(),
        issued_on: local(invoice.issued_at),
        paid_on: paid.map(|entry| local(entry.at)),
        currency: order.totals.total.currency,
        locale: settings.locale.clone(),
        prices_include_tax: included,
        lines: order.lines.iter().map(line).collect(),
        subtotal: order.totals.subtotal,
        discount: order.totals.discount,
        shipping: order.totals.shipping,
        taxes: taxes(order, included)?,
        total: order.totals.total,
    })
}

fn line(line: &domain::pricing::OrderLine) -> InvoiceLine {
    InvoiceLine {
        name: line.name.clone(),
        material: line.material_name.clone(),
        sku: line.sku.clone(),
        quantity: line.quantity.get(),
        unit_price: line.item_price,
        tax_rate_bp: line.tax_rate_bp,
        tax: line.tax,
        total: line.line_total,
    }
}

/// Adds up the tax by rate, lowest first.
fn taxes(order: &Order, included: bool) -> Result<Vec<TaxLine>, MoneyError> {
    let mut rates: BTreeMap<u32, (Money, Money)> = BTreeMap::new();
    for line in &order.lines {
        let charged = line.charged()?;
        let net = if included { charged.minus(line.tax)? } else { charged };
        let zero = Money::zero(net.currency);
        let (taxable, tax) = rates.entry(line.tax_rate_bp).or_insert((zero, zero));
        (*taxable, *tax) = (taxable.plus(net)?, tax.plus(line.tax)?);
    }
    Ok(rates.into_iter().map(|(rate_bp, (taxable, tax))| TaxLine { rate_bp, taxable, tax }).collect())
}
