//! The books: entries, balances, payouts, numbers of documents.

use domain::id::{EntryId, PayoutId, SellerId};
use domain::ledger::Cause;
use domain::money::Currency;
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, of};

/// Reads the entry of one cause in the books; its existence makes a cause booked once.
pub(crate) fn entry(scope: TenantScope, cause: &Cause) -> Key {
    Key::alone(of(scope, &format!("LED#{}", cause.key())))
}

/// Lists all entries of a tenant.
pub(crate) fn entries_list(scope: TenantScope) -> String {
    of(scope, "LEDGER")
}

/// Orders an entry among its tenant's by time.
pub(crate) fn entries(scope: TenantScope, entry: EntryId) -> IndexKey {
    IndexKey { index: Index::Second, pk: entries_list(scope), sk: entry.to_string() }
}

/// Lists the entries in a seller's books.
pub(crate) fn entries_of_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#LED"))
}

/// Orders an entry among its seller's by time.
pub(crate) fn entries_of(scope: TenantScope, seller: SellerId, entry: EntryId) -> IndexKey {
    IndexKey { index: Index::First, pk: entries_of_list(scope, seller), sk: entry.to_string() }
}

/// Reads what a seller is owed in one currency; a query of the partition brings all currencies.
pub(crate) fn balance(scope: TenantScope, seller: SellerId, currency: Currency) -> Key {
    Key::new(balances(scope, seller), currency.code())
}

/// Lists what a seller is owed, by currency.
pub(crate) fn balances(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("BAL#{seller}"))
}

/// Reads a payout.
pub(crate) fn payout(scope: TenantScope, payout: PayoutId) -> Key {
    Key::alone(of(scope, &format!("PYT#{payout}")))
}

/// Lists all payouts of a tenant.
pub(crate) fn payouts_list(scope: TenantScope) -> String {
    of(scope, "PAYOUTS")
}

/// Orders a payout among its tenant's by time.
pub(crate) fn payouts(scope: TenantScope, payout: PayoutId) -> IndexKey {
    IndexKey { index: Index::Second, pk: payouts_list(scope), sk: payout.to_string() }
}

/// Counts the documents of a series, such as `HAAT-2026`.
pub(crate) fn series(scope: TenantScope, series: &str) -> Key {
    Key::alone(of(scope, &format!("SER#{series}")))
}
