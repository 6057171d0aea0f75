//! Invoices: numbered without gaps in one series per prefix and year, credit notes likewise in series of their own.

use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::catalog::{InvoicePrefix, Seller};
use crate::clock::Timestamp;
use crate::id::{InvoiceId, OrderGroupId, OrderId, SellerId, UserId};
use crate::pii::Sealed;
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
    /// Who issued it, where that is the seller: the [`crate::catalog::LegalIdentity`] of that moment, sealed. None is the tenant.
    #[serde(default)]
    pub issuer: Option<Sealed>,
    /// When the number was taken: the date of the invoice.
    pub issued_at: Timestamp,
    /// Where the document is; none until it is stored.
    pub object_key: Option<String>,
    /// When the document was stored.
    pub stored_at: Option<Timestamp>,
}

impl Invoice {
    /// The name of the field under which its issuer is sealed, for the order that it is for.
    pub const ISSUER: &'static str = "issuer";

    /// Returns what the number begins with, before the year and the place in it.
    pub fn prefix(&self) -> &str {
        self.number.rsplitn(3, '-').nth(2).unwrap_or(&self.number)
    }
}

/// In whose series invoices and credit notes are numbered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceSeries {
    /// All in the tenant's.
    #[default]
    Tenant,
    /// Each in its seller's; those of a seller without a prefix in the tenant's. See [`issues_itself`].
    Seller,
}

/// The counter that numbers come from: a prefix and a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series(String);

impl Series {
    /// Returns the series of an invoice that is issued at `at`.
    pub fn of_invoices(tenant: &Tenant, seller: Option<&Seller>, at: Timestamp) -> Self {
        let own = seller.and_then(|seller| own_prefix(tenant, seller));
        let prefix = own.map_or(tenant.invoice_prefix.as_str(), |own| own.as_str());
        Self::of(prefix, at, &tenant.settings.time_zone)
    }

    /// Returns the series of a credit note that is issued at `at`: that of the invoice that it takes back, with `CN-` before it.
    /// Whatever was agreed since, who has issued the one issues the other.
    pub fn of_credit_notes(tenant: &Tenant, invoice: &Invoice, at: Timestamp) -> Self {
        Self::of(&format!("CN-{}", invoice.prefix()), at, &tenant.settings.time_zone)
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

/// Tells whether a seller issues the documents about its sales itself: where the tenant wants that, has agreed on a series with the
/// seller, and knows who it is before the law. Else the tenant issues them. So nobody issues in another's series without a gap.
pub fn issues_itself(tenant: &Tenant, seller: &Seller) -> bool {
    own_prefix(tenant, seller).is_some() && seller.legal_identity.is_some()
}

fn own_prefix<'a>(tenant: &Tenant, seller: &'a Seller) -> Option<&'a InvoicePrefix> {
    match tenant.settings.invoice_series {
        InvoiceSeries::Tenant => None,
        InvoiceSeries::Seller => seller.invoice_prefix.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn numbers_widen_past_9999() {
        let series = Series::of("HAAT", "2026-06-01T00:00:00.000Z".parse().unwrap(), "UTC");
        assert_eq!(series.number(1), "HAAT-2026-0001");
        assert_eq!(series.number(9_999), "HAAT-2026-9999");
        assert_eq!(series.number(10_000), "HAAT-2026-10000");
    }

    #[test]
    fn a_credit_note_is_numbered_beside_its_invoice() {
        for number in ["HAAT-2026-0001", "LAYER-BY-2026-0417", "A-2026-10000"] {
            let invoice = numbered(number);
            assert_eq!(format!("{}-2026", invoice.prefix()), number.rsplit_once('-').unwrap().0);
        }
    }

    fn numbered(number: &str) -> Invoice {
        let at = Timestamp::from_millis(1_700_000_000_000);
        Invoice {
            id: InvoiceId::from_parts(at, 1),
            number: number.to_owned(),
            order: OrderId::from_parts(at, 2),
            group: OrderGroupId::from_parts(at, 3),
            user: UserId::from_parts(at, 4),
            seller: SellerId::from_parts(at, 5),
            issuer: None,
            issued_at: at,
            object_key: None,
            stored_at: None,
        }
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
