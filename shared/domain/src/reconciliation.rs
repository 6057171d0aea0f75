//! What a provider says of a payment beside what our books say of it.
//!
//! Money that moves at a provider is told by messages and asked for afterwards. What both have missed, or what somebody did
//! by hand, shows here: a day after a payment moved last, both sides are compared, and somebody looks at what differs. What
//! only the provider knows has no payment to ask about: it is found in the provider's own list of the day.

use serde::{Deserialize, Serialize};

use crate::id::{PaymentId, TenantId};
use crate::money::Money;
use crate::payment::{Payment, Settlement};
use crate::refund::RefundBook;

/// One charge that took money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The provider's id of the charge.
    pub charge: String,
    /// How much; none when it is in a currency or size that we don't trade in.
    pub amount: Option<Money>,
}

/// What a provider says of one payment now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// What took money; none where the provider does not tell.
    pub taken: Option<Vec<Taken>>,
    /// How much went back; none where the provider does not tell.
    pub given_back: Option<Money>,
}

/// A payment that took money, as a provider lists it among those of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The provider's id of the order that it paid; none when it was made outside an order.
    pub reference: Option<String>,
    /// The provider's id of the charge.
    pub charge: String,
    /// How much; none when it is in a currency or size that we don't trade in.
    pub amount: Option<Money>,
    /// The provider's word for how far it has come.
    pub status: String,
    /// The tenant that its notes name, as they spell it.
    pub tenant: Option<String>,
}

/// How two books about the same money differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DifferenceKind {
    /// The provider took money, our payment is not captured.
    NotHere,
    /// Our payment is captured, the provider took nothing with its charge.
    NotThere,
    /// The provider took another amount than our payment's.
    Amount,
    /// The provider took money a second time.
    SecondCharge,
    /// The provider gave back more, or less, than we have asked for.
    Refunds,
    /// The provider took money for something of which our books know nothing.
    Unknown,
    /// The provider did not answer, often enough.
    Unanswered,
}

impl DifferenceKind {
    /// Returns the kind as it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotHere => "NOT_HERE",
            Self::NotThere => "NOT_THERE",
            Self::Amount => "AMOUNT",
            Self::SecondCharge => "SECOND_CHARGE",
            Self::Refunds => "REFUNDS",
            Self::Unknown => "UNKNOWN",
            Self::Unanswered => "UNANSWERED",
        }
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// How.
    pub kind: DifferenceKind,
    /// Our payment; none where we know of none.
    pub payment: Option<PaymentId>,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order; none where there is no order.
    pub reference: Option<String>,
    /// The provider's id of the charge that our books don't know; none where it is not about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// The provider's word for how far that charge has come; none where it was not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What our books say; none where they say nothing.
    pub here: Option<Money>,
    /// What the provider says; none where it says nothing, or something that we don't trade in.
    pub there: Option<Money>,
}

impl Difference {
    /// Says that a payment differs.
    pub fn of(payment: &Payment, kind: DifferenceKind, here: Option<Money>, there: Option<Money>) -> Self {
        let (provider, reference) = (payment.provider.clone(), Some(payment.reference.clone()));
        Self { kind, payment: Some(payment.id), provider, reference, charge: None, status: None, here, there }
    }

    /// Says that a provider does not list its payments.
    pub fn unlisted(provider: &str) -> Self {
        let (kind, provider) = (DifferenceKind::Unanswered, provider.to_owned());
        Self { kind, payment: None, provider, reference: None, charge: None, status: None, here: None, there: None }
    }
}

/// Judges a payment that took money and that the provider lists, beside what its order stands for in our books. `compared` says
/// that the payment of that order is asked about itself on the same day. On an account that several tenants share, what names
/// another tenant is that one's to find.
pub fn stray(
    tenant: TenantId,
    provider: &str,
    listed: &Listed,
    known: Option<&Settlement>,
    compared: bool,
) -> Option<Difference> {
    let is_anothers = || listed.tenant.as_ref().is_some_and(|named| *named != tenant.to_string());
    let kind = match known {
        None if is_anothers() => return None,
        None => DifferenceKind::Unknown,
        Some(_) if compared => return None,
        Some(known) => match &known.captured_charge {
            None => DifferenceKind::NotHere,
            Some(ours) if *ours == listed.charge => return None,
            Some(_) => DifferenceKind::SecondCharge,
        },
    };
    Some(Difference {
        kind,
        payment: known.map(|known| known.payment),
        provider: provider.to_owned(),
        reference: listed.reference.clone(),
        charge: Some(listed.charge.clone()),
        status: Some(listed.status.clone()),
        here: None,
        there: listed.amount,
    })
}

/// Compares our books of a payment with what the provider says of it. What the provider does not tell differs from nothing.
pub fn differences(payment: &Payment, book: Option<&RefundBook>, said: &Statement) -> Vec<Difference> {
    let mut found = Vec::new();
    let captured = payment.status.was_captured();
    let here = captured.then_some(payment.amount);
    if let Some(taken) = &said.taken {
        let is_ours = |taken: &&Taken| captured && payment.charge.as_deref() == Some(taken.charge.as_str());
        match taken.iter().find(is_ours) {
            Some(ours) if ours.amount != here => {
                found.push(Difference::of(payment, DifferenceKind::Amount, here, ours.amount));
            }
            None if captured => found.push(Difference::of(payment, DifferenceKind::NotThere, here, None)),
            _ => {}
        }
        let kind = if captured { DifferenceKind::SecondCharge } else { DifferenceKind::NotHere };
        let others = taken.iter().filter(|taken| !is_ours(taken));
        found.extend(others.map(|other| Difference {
            charge: Some(other.charge.clone()),
            ..Difference::of(payment, kind, None, other.amount)
        }));
    }
    if let Some(there) = said.given_back {
        let zero = Money::zero(payment.amount.currency);
        // What is asked for and not settled may have gone back already, or not.
        let (least, most) = book.map_or((zero, zero), |book| (book.refunded, book.reserved));
        let fits = there.currency == zero.currency && (least.amount..=most.amount).contains(&there.amount);
        if !fits {
            found.push(Difference::of(payment, DifferenceKind::Refunds, Some(least), Some(there)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::Id;
    use crate::money::Currency;
    use crate::payment::PaymentStatus;

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    fn payment(status: PaymentStatus) -> Payment {
        fn id<I: Id>(n: u128) -> I {
            I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
        }
        let at = Timestamp::from_millis(1_800_000_000_000);
        Payment {
            id: id(1),
            group: id(2),
            user: id(3),
            provider: "razorpay".to_owned(),
            reference: "order_1".to_owned(),
            charge: Some("pay_1".to_owned()),
            amount: inr(100),
            status,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }

    fn taken(charges: &[(&str, i64)], given_back: Option<i64>) -> Statement {
        let taken =
            charges.iter().map(|(charge, amount)| Taken { charge: (*charge).to_owned(), amount: Some(inr(*amount)) });
        Statement { taken: Some(taken.collect()), given_back: given_back.map(inr) }
    }

    fn kinds(status: PaymentStatus, book: Option<(i64, i64)>, said: &Statement) -> Vec<DifferenceKind> {
        let payment = payment(status);
        let book = book.map(|(reserved, refunded)| RefundBook {
            reserved: inr(reserved),
            refunded: inr(refunded),
            ..RefundBook::open(payment.id, payment.amount)
        });
        differences(&payment, book.as_ref(), said).into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn a_kind_is_stored_as_it_is_shown() {
        use DifferenceKind::{Amount, NotHere, NotThere, Refunds, SecondCharge, Unanswered, Unknown};
        for kind in [NotHere, NotThere, Amount, SecondCharge, Refunds, Unknown, Unanswered] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn what_agrees_differs_in_nothing() {
        use PaymentStatus::{Captured, Failed, Initiated, PartiallyRefunded, Refunded};
        let once = [("pay_1", 100)];
        for (status, book, said) in [
            (Captured, None, taken(&once, Some(0))),
            (Captured, Some((30, 0)), taken(&once, Some(0))),
            (Captured, Some((30, 0)), taken(&once, Some(30))),
            (PartiallyRefunded, Some((50, 30)), taken(&once, Some(30))),
            (Refunded, Some((100, 100)), taken(&once, Some(100))),
            (Initiated, None, taken(&[], None)),
            (Failed, None, taken(&[], Some(0))),
            (Captured, None, Statement::default()),
            (Initiated, None, Statement::default()),
        ] {
            assert_eq!(kinds(status, book, &said), [], "{status:?} {book:?} {said:?}");
        }
    }

    #[test]
    fn each_difference_has_its_name() {
        use DifferenceKind::{Amount, NotHere, NotThere, Refunds, SecondCharge};
        use PaymentStatus::{Captured, Failed, Initiated, PartiallyRefunded};
        for (status, book, said, expected) in [
            (Initiated, None, taken(&[("pay_1", 100)], None), vec![NotHere]),
            (Failed, None, taken(&[("pay_1", 100), ("pay_2", 100)], Some(0)), vec![NotHere, NotHere]),
            (Captured, None, taken(&[], None), vec![NotThere]),
            (Captured, None, taken(&[("pay_2", 100)], Some(0)), vec![NotThere, SecondCharge]),
            (Captured, None, taken(&[("pay_1", 99)], Some(0)), vec![Amount]),
            (Captured, None, taken(&[("pay_1", 100), ("pay_2", 100)], Some(0)), vec![SecondCharge]),
            (Captured, None, taken(&[("pay_1", 100)], Some(1)), vec![Refunds]),
            (PartiallyRefunded, Some((50, 30)), taken(&[("pay_1", 100)], Some(29)), vec![Refunds]),
            (PartiallyRefunded, Some((50, 30)), taken(&[("pay_1", 100)], Some(51)), vec![Refunds]),
        ] {
            assert_eq!(kinds(status, book, &said), expected, "{status:?} {book:?} {said:?}");
        }
        let foreign = Statement {
            taken: Some(vec![Taken { charge: "pay_1".to_owned(), amount: None }]),
            given_back: Some(Money::new(0, Currency::Usd)),
        };
        assert_eq!(kinds(PaymentStatus::Captured, None, &foreign), [Amount, Refunds]);
    }
    #[test]
    fn a_listed_payment_differs_unless_our_books_or_another_tenants_have_it() {
        use DifferenceKind::{NotHere, SecondCharge, Unknown};
        let at = Timestamp::from_millis(1_800_000_000_000);
        let (us, them): (TenantId, TenantId) = (Id::from_parts(at, 7), Id::from_parts(at, 8));
        let known = |captured: Option<&str>| Settlement {
            provider: "razorpay".to_owned(),
            reference: "order_1".to_owned(),
            payment: Id::from_parts(at, 1),
            group: Id::from_parts(at, 2),
            user: Id::from_parts(at, 3),
            amount: inr(100),
            orders: Vec::new(),
            grants: Vec::new(),
            opened_at: Some(at),
            captured_charge: captured.map(str::to_owned),
            status: None,
            others: Vec::new(),
            ended: None,
        };
        let listed = |tenant: Option<TenantId>| Listed {
            reference: Some("order_1".to_owned()),
            charge: "pay_1".to_owned(),
            amount: Some(inr(99)),
            status: "captured".to_owned(),
            tenant: tenant.map(|tenant| tenant.to_string()),
        };
        for (named, known, compared, expected) in [
            (None, None, false, Some(Unknown)),
            (Some(us), None, false, Some(Unknown)),
            (Some(them), None, false, None),
            (Some(them), Some(known(None)), false, Some(NotHere)),
            (Some(us), Some(known(None)), false, Some(NotHere)),
            (Some(us), Some(known(None)), true, None),
            (Some(us), Some(known(Some("pay_1"))), false, None),
            (Some(us), Some(known(Some("pay_2"))), false, Some(SecondCharge)),
            (Some(us), Some(known(Some("pay_2"))), true, None),
        ] {
            let found = stray(us, "razorpay", &listed(named), known.as_ref(), compared);
            assert_eq!(found.as_ref().map(|found| found.kind), expected, "{named:?} {known:?} {compared}");
            if let Some(found) = found {
                assert_eq!(found.payment, known.map(|known| known.payment));
                assert_eq!((found.charge.as_deref(), found.status.as_deref()), (Some("pay_1"), Some("captured")));
                assert_eq!((found.here, found.there), (None, Some(inr(99))));
            }
        }
    }

    #[test]
    fn what_was_kept_before_charges_were_told_reads_back() {
        let kept = serde_json::json!({
            "kind": "NOT_HERE", "payment": payment(PaymentStatus::Initiated).id, "provider": "razorpay",
            "reference": "order_1", "here": null, "there": inr(1),
        });
        let read: Difference = serde_json::from_value(kept).unwrap();
        let expected = Difference::of(&payment(PaymentStatus::Initiated), DifferenceKind::NotHere, None, Some(inr(1)));
        assert_eq!(read, expected);
    }
}
