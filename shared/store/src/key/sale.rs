//! Orders, payments, refunds.

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::id::{AnonymousCartId, Id, OrderGroupId, OrderId, PaymentId, RefundId, SellerId, UserId};
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, SELF, of};

/// Reads the cart of somebody who is not signed in. Only who knows the secret finds it: `hash` is of that.
pub(crate) fn anonymous_cart(scope: TenantScope, cart: AnonymousCartId, hash: &str) -> Key {
    Key::new(of(scope, &format!("CRT#{cart}")), hash)
}

fn group_partition(scope: TenantScope, group: OrderGroupId) -> String {
    of(scope, &format!("G#{group}"))
}

/// Reads an order group; a query of its partition brings its payments along.
pub(crate) fn order_group(scope: TenantScope, group: OrderGroupId) -> Key {
    Key::alone(group_partition(scope, group))
}

/// Reads one payment of a group.
pub(crate) fn payment(scope: TenantScope, group: OrderGroupId, payment: PaymentId) -> Key {
    Key::new(group_partition(scope, group), format!("PAY#{payment}"))
}

/// Finds a payment by its id alone.
pub(crate) fn payment_by_id(scope: TenantScope, payment: PaymentId) -> IndexKey {
    IndexKey { index: Index::First, pk: of(scope, &format!("PAY#{payment}")), sk: SELF.to_owned() }
}

/// Reads what a provider's order id stands for: all that a webhook needs, in one read.
pub(crate) fn settlement(scope: TenantScope, provider: &str, reference: &str) -> Key {
    Key::alone(of(scope, &format!("PREF#{provider}#{reference}")))
}

/// Reads the disputes about what was paid through a provider's order. They are not with the payment: a message about one
/// names nothing but that order.
pub(crate) fn disputes(scope: TenantScope, provider: &str, reference: &str) -> Key {
    Key::new(settlement(scope, provider, reference).pk, "DSP")
}

/// Lists the payments of a tenant that were ever disputed.
pub(crate) fn disputes_list(scope: TenantScope) -> String {
    of(scope, "DSPS")
}

/// Orders the disputes about a payment among its tenant's by the time of the payment.
pub(crate) fn disputes_by_payment(scope: TenantScope, payment: PaymentId) -> IndexKey {
    IndexKey { index: Index::First, pk: disputes_list(scope), sk: payment.to_string() }
}

/// Lists the payments of a tenant with an open dispute.
pub(crate) fn open_disputes_list(scope: TenantScope) -> String {
    of(scope, "DSPS#OPEN")
}

/// Orders the disputes about a payment among its tenant's as long as one is open.
pub(crate) fn open_disputes_by_payment(scope: TenantScope, payment: PaymentId) -> IndexKey {
    IndexKey { index: Index::Second, pk: open_disputes_list(scope), sk: payment.to_string() }
}

/// Lists the payments of a tenant by the day of UTC on which their money moved last.
pub(crate) fn moved_list(scope: TenantScope, day: Day) -> String {
    of(scope, &format!("MOVED#{day}"))
}

/// Orders what a provider's order id stands for among those whose money moved last on the same day.
pub(crate) fn moved(scope: TenantScope, day: Day, provider: &str, reference: &str) -> IndexKey {
    IndexKey { index: Index::First, pk: moved_list(scope, day), sk: format!("{provider}#{reference}") }
}

/// Reads a received webhook event; its existence makes a redelivery do nothing.
pub(crate) fn webhook_event(scope: TenantScope, provider: &str, event: &str) -> Key {
    Key::alone(of(scope, &format!("WHE#{provider}#{event}")))
}

fn refund_partition(scope: TenantScope, payment: PaymentId) -> String {
    of(scope, &format!("RFB#{payment}"))
}

/// Reads what was given back of a payment, and is about to be.
pub(crate) fn refund_book(scope: TenantScope, payment: PaymentId) -> Key {
    Key::alone(refund_partition(scope, payment))
}

/// Reads one refund of a payment; [`REFUNDS`] lists them.
pub(crate) fn refund(scope: TenantScope, payment: PaymentId, refund: RefundId) -> Key {
    Key::new(refund_partition(scope, payment), format!("{REFUNDS}{refund}"))
}

/// Lists the refunds of a tenant that its people are to send by hand.
pub(crate) fn refunds_by_hand_list(scope: TenantScope) -> String {
    of(scope, "RFDS#HAND")
}

/// Orders a refund among those that are to be sent by hand, by time, until somebody has said what became of it. It waits for no
/// provider meanwhile, so the place in the index is free.
pub(crate) fn refunds_by_hand(scope: TenantScope, refund: RefundId) -> IndexKey {
    IndexKey { index: Index::Second, pk: refunds_by_hand_list(scope), sk: refund.to_string() }
}

/// The common start of a payment's refunds within the partition of its book.
pub(crate) const REFUNDS: &str = "RFD#";

fn order_partition(scope: TenantScope, order: OrderId) -> String {
    of(scope, &format!("ORD#{order}"))
}

/// Reads an order; a query of its partition brings its invoice along.
pub(crate) fn order(scope: TenantScope, order: OrderId) -> Key {
    Key::alone(order_partition(scope, order))
}

/// Reads the invoice of an order.
pub(crate) fn invoice(scope: TenantScope, order: OrderId) -> Key {
    Key::new(order_partition(scope, order), "INV")
}

/// Reads a credit note of an order by its place among them, from 1; [`CREDIT_NOTES`] lists them.
pub(crate) fn credit_note(scope: TenantScope, order: OrderId, place: u32) -> Key {
    Key::new(order_partition(scope, order), format!("{CREDIT_NOTES}{place:06}"))
}

/// The common start of an order's credit notes within its partition.
pub(crate) const CREDIT_NOTES: &str = "CRN#";

/// Reads what of an order was sent, and by which parcels.
pub(crate) fn fulfilment(scope: TenantScope, order: OrderId) -> Key {
    Key::new(order_partition(scope, order), "FUL")
}

/// Finds where a licence key belongs by its hash.
pub(crate) fn licence_place(scope: TenantScope, hash: &str) -> Key {
    Key::alone(of(scope, &format!("LIC#{hash}")))
}

/// Reads the licence keys of one line of an order.
pub(crate) fn licences(scope: TenantScope, order: OrderId, line: u32) -> Key {
    Key::new(order_partition(scope, order), format!("LIC#{line:03}"))
}

/// Lists a buyer's orders.
pub(crate) fn orders_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#ORD"))
}

/// Orders an order among its buyer's by time.
pub(crate) fn orders_of(scope: TenantScope, user: UserId, order: OrderId) -> IndexKey {
    IndexKey { index: Index::First, pk: orders_of_list(scope, user), sk: order.to_string() }
}

/// Lists a seller's orders.
pub(crate) fn orders_for_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#ORD"))
}

/// Orders an order among its seller's by time.
pub(crate) fn orders_for(scope: TenantScope, seller: SellerId, order: OrderId) -> IndexKey {
    IndexKey { index: Index::Second, pk: orders_for_list(scope, seller), sk: order.to_string() }
}

/// Lists all checkouts of a tenant, for its people. Orders have no room for a third index, and each checkout is one item
/// whatever it has orders.
pub(crate) fn order_groups_list(scope: TenantScope) -> String {
    of(scope, "GRPS")
}

/// Orders a checkout among its tenant's by time.
pub(crate) fn order_groups(scope: TenantScope, group: OrderGroupId) -> IndexKey {
    IndexKey { index: Index::First, pk: order_groups_list(scope), sk: group.to_string() }
}

/// Returns the first and the last place in a list by time of those made from one instant on and before another.
pub(crate) fn made_between<I: Id>(from: Option<Timestamp>, to: Option<Timestamp>) -> (String, String) {
    let first = |at: Timestamp| I::from_parts(at, 0).to_string();
    let [always, never] = [0, i64::MAX].map(Timestamp::from_millis);
    (first(from.unwrap_or(always)), first(to.unwrap_or(never)))
}
