//! Invoices: numbered without gaps in one series per prefix and year, credit notes likewise in series of their own.

use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::catalog::Seller;
use crate::clock::Timestamp;
use crate::id::{InvoiceId, OrderGroupId, OrderId, SellerId, UserId};
use crate::tenant::Tenant;

/// The invoice of one order. Its number never changes; its document is stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// The invoice's id.
    pub id: InvoiceId,
    /// The number on the document, such as `HAAT-2026-0001`.
    pub number: String,
    /// The order that it is for.
    pub order: OrderId,
    /// The checkout of the order.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// The seller.
    pub seller: SellerId,
    /// When the number was taken: the date of the invoice.
    pub issued_at: Timestamp,
    /// Where the document is; none until it is stored.
    pub object_key: Option<String>,
    /// When the document was stored.
    pub stored_at: Option<Timestamp>,
}

/// In whose series invoices and credit notes are numbered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceSeries {
    /// All in the tenant's.
    #[default]
    Tenant,
    /// Each in its seller's; those of a seller without a prefix in the tenant's.
    Seller,
}

/// The counter that numbers come from: a prefix and a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series(String);

impl Series {
    /// Returns the series of an invoice that is issued at `at`.
    pub fn of_invoices(tenant: &Tenant, seller: Option<&Seller>, at: Timestamp) -> Self {
        Self::of(prefix(tenant, seller), at, &tenant.settings.time_zone)
    }

    /// Returns the series of a credit note that is issued at `at`: that of invoices with `CN-` before it.
    pub fn of_credit_notes(tenant: &Tenant, seller: Option<&Seller>, at: Timestamp) -> Self {
        Self::of(&format!("CN-{}", prefix(tenant, seller)), at, &tenant.settings.time_zone)
    }

    /// Returns the series of the year that `at` falls into in the tenant's time zone.
    /// A zone that is not in the database counts as UTC.
    fn of(prefix: &str, at: Timestamp, time_zone: &str) -> Self {
        Self(format!("{prefix}-{:04}", calendar::local(at, time_zone).year()))
    }

    /// Returns the name of the series, such as `HAAT-2026`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number at a place of the series, from 1: four digits, and more past 9999.
    pub fn number(&self, place: u64) -> String {
        format!("{}-{place:04}", self.0)
    }
}

fn prefix<'a>(tenant: &'a Tenant, seller: Option<&'a Seller>) -> &'a str {
    let own = match tenant.settings.invoice_series {
        InvoiceSeries::Tenant => None,
        InvoiceSeries::Seller => seller.and_then(|seller| seller.invoice_prefix.as_ref()),
    };
    own.map_or(tenant.invoice_prefix.as_str(), |own| own.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_widen_past_9999() {
        let series = Series::of("HAAT", "2026-06-01T00:00:00.000Z".parse().unwrap(), "UTC");
        assert_eq!(series.number(1), "HAAT-2026-0001");
        assert_eq!(series.number(9_999), "HAAT-2026-9999");
        assert_eq!(series.number(10_000), "HAAT-2026-10000");
    }

    #[test]
    fn the_year_is_the_tenants() {
        let at = "2026-12-31T18:30:00.000Z".parse().unwrap();
        assert_eq!(Series::of("A", at, "Asia/Kolkata").as_str(), "A-2027");
        assert_eq!(Series::of("A", at, "Asia/Ho_Chi_Minh").as_str(), "A-2027");
        assert_eq!(Series::of("A", at, "America/New_York").as_str(), "A-2026");
        assert_eq!(Series::of("A", at, "No/Such_Zone").as_str(), "A-2026");
    }
}
