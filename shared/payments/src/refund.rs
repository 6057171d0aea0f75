//! Giving money back at a provider.

use std::collections::BTreeMap;

use domain::clock::Timestamp;
use domain::money::Money;
use domain::refund::RefundPath;

use crate::notification::PAYMENT_NOTE;

/// The note in which a refund at a provider names ours.
pub const REFUND_NOTE: &str = "refund";
/// The note in which a refund at a provider names our checkout.
const GROUP_NOTE: &str = "group";
/// The note in which a refund at a provider names our order, if it is for one.
const ORDER_NOTE: &str = "order";

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The provider's id of the order that was paid.
    pub reference: String,
    /// The provider's id of the charge that took the money.
    pub charge: String,
    /// How much that charge took.
    pub taken: Money,
    /// When the payment was opened by us.
    pub opened_at: Timestamp,
    /// How much goes back.
    pub amount: Money,
    /// Our own id of the refund: a call that is repeated gives money back once.
    pub key: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Whether the provider may have been called before, with an answer that was lost.
    pub again: bool,
    /// The provider's id of it, once it has one.
    pub known: Option<String>,
    /// The provider's ids of other refunds of the same payment.
    pub others: Vec<String>,
    /// What to attach to it, where the provider takes notes: see [`notes`].
    pub notes: BTreeMap<String, String>,
}

/// Writes down what names a refund and all that it changes, so that a message about it needs no search.
pub fn notes(path: &RefundPath) -> BTreeMap<String, String> {
    let order = path.order.map(|order| (ORDER_NOTE, order.to_string()));
    let own = [
        (REFUND_NOTE, path.refund.to_string()),
        (PAYMENT_NOTE, path.payment.to_string()),
        (GROUP_NOTE, path.group.to_string()),
    ];
    own.into_iter().chain(order).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads [`notes`] back; none when they are not ours.
pub fn path(notes: &BTreeMap<String, String>) -> Option<RefundPath> {
    let note = |name: &str| notes.get(name).map(String::as_str);
    Some(RefundPath {
        refund: note(REFUND_NOTE)?.parse().ok()?,
        payment: note(PAYMENT_NOTE)?.parse().ok()?,
        group: note(GROUP_NOTE)?.parse().ok()?,
        order: note(ORDER_NOTE).map(str::parse).transpose().ok()?,
    })
}

/// How far a refund has come at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// The provider works on it.
    Pending,
    /// The tenant's people send the money, and say when they have: nobody else can be asked.
    ByHand,
    /// The money went back.
    Done,
    /// The provider could not give it back.
    Failed,
}

/// A refund at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeRefund {
    /// The provider's id of it.
    pub id: String,
    /// How far it has come.
    pub state: RefundState,
}

#[cfg(test)]
mod tests {
    use domain::clock::Timestamp;
    use domain::id::Id;

    use super::*;

    #[test]
    fn notes_read_back_and_others_say_nothing() {
        fn id<I: Id>(n: u128) -> I {
            I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
        }
        for order in [None, Some(id(4))] {
            let whole = RefundPath { refund: id(1), payment: id(2), group: id(3), order };
            assert_eq!(path(&notes(&whole)), Some(whole));
            for missing in [REFUND_NOTE, PAYMENT_NOTE, GROUP_NOTE] {
                let mut notes = notes(&whole);
                notes.remove(missing);
                assert_eq!(path(&notes), None);
            }
            let mut notes = notes(&whole);
            notes.insert(ORDER_NOTE.to_owned(), "4711".to_owned());
            assert_eq!(path(&notes), None);
        }
    }
}
