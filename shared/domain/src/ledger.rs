//! The books: each movement of money is one entry, whose postings add up to zero.
//!
//! Amounts are debits when positive, credits when negative. What a seller is owed is a credit on [`Account::Seller`], so
//! a seller's balance is that account's sum with its sign turned.
//!
//! Invariant: there is no [`Entry`] whose postings do not add up to zero, so neither does any sum of entries.

mod trial;

use serde::{Deserialize, Serialize};

pub use self::trial::{TrialBalance, WrongBalance};
use crate::clock::Timestamp;
use crate::id::{EntryId, OrderId, PaymentId, PayoutId, RefundId, SellerId};
use crate::money::{Money, MoneyError};
use crate::order::{Order, statuses};
use crate::refund::Refund;
use crate::transition::InvalidTransition;

/// What the tenant keeps of a sale: frozen when the order is placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Commission {
    /// The share of the goods' price, in basis points.
    pub rate_bp: u32,
    /// The tax on that share, in basis points of it.
    pub tax_bp: u32,
}

/// The most that a tenant may keep, and the most that it may be taxed: all of it, in basis points.
pub const MAX_COMMISSION_BP: u32 = 10_000;

/// Where money stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Account {
    /// What payment providers took for the tenant and did not give back.
    Cash,
    /// What a seller is owed.
    Seller(SellerId),
    /// What the tenant keeps of sales.
    Commission,
    /// The tax on what the tenant keeps.
    FeeTax,
    /// What was taken without a sale and must go back.
    Unearned,
    /// What payers' banks took back, until somebody has decided who bears it.
    ChargedBack,
    /// What is on its way to sellers.
    Payouts,
    /// What was corrected by hand.
    Adjustments,
}

/// One side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// How much; a debit when positive.
    pub amount: Money,
}

/// Why money moved. Each cause has one entry, however often it is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// An order was paid.
    Sale {
        /// The order.
        order: OrderId,
    },
    /// Some of an order's money went back.
    Refund {
        /// The refund.
        refund: RefundId,
    },
    /// Money was captured that can't be honoured.
    Unearned {
        /// The payment.
        payment: PaymentId,
    },
    /// A payer's bank has taken money back for good.
    Chargeback {
        /// The payment.
        payment: PaymentId,
        /// The place of the dispute among those about the payment, from 0.
        place: u32,
    },
    /// A seller is to be paid out.
    Payout {
        /// The payout.
        payout: PayoutId,
    },
    /// A payout has left.
    PayoutPaid {
        /// The payout.
        payout: PayoutId,
    },
    /// A payout was called off.
    PayoutCancelled {
        /// The payout.
        payout: PayoutId,
    },
    /// Somebody corrected the books.
    Adjustment {
        /// The entry itself.
        entry: EntryId,
    },
}

impl Cause {
    /// Returns the name that is the cause's alone.
    pub fn key(&self) -> String {
        match self {
            Self::Sale { order } => format!("SALE#{order}"),
            Self::Refund { refund } => format!("REFUND#{refund}"),
            Self::Unearned { payment } => format!("UNEARNED#{payment}"),
            Self::Chargeback { payment, place } => format!("CHARGEBACK#{payment}#{place}"),
            Self::Payout { payout } => format!("PAYOUT#{payout}"),
            Self::PayoutPaid { payout } => format!("PAID#{payout}"),
            Self::PayoutCancelled { payout } => format!("CANCELLED#{payout}"),
            Self::Adjustment { entry } => format!("ADJUSTMENT#{entry}"),
        }
    }

    /// Returns the name of the kind of cause, as it is shown.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sale { .. } => "SALE",
            Self::Refund { .. } => "REFUND",
            Self::Unearned { .. } => "UNEARNED",
            Self::Chargeback { .. } => "CHARGEBACK",
            Self::Payout { .. } => "PAYOUT",
            Self::PayoutPaid { .. } => "PAYOUT_PAID",
            Self::PayoutCancelled { .. } => "PAYOUT_CANCELLED",
            Self::Adjustment { .. } => "ADJUSTMENT",
        }
    }
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The entry's id.
    pub id: EntryId,
    /// Why.
    pub cause: Cause,
    /// The seller whose books it is in; none where no seller is touched.
    pub seller: Option<SellerId>,
    /// The order that it is about.
    pub order: Option<OrderId>,
    /// Where the money went from and to.
    pub postings: Vec<Posting>,
    /// What is to be remembered, for people.
    pub note: String,
    /// When it was booked.
    pub at: Timestamp,
}

/// Why an entry can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Its postings do not add up to zero.
    #[error("the postings do not add up to zero")]
    Unbalanced,
    /// Amounts that can't be computed with.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Entry {
    fn of(
        id: EntryId,
        cause: Cause,
        seller: Option<SellerId>,
        order: Option<OrderId>,
        postings: Vec<(Account, Money)>,
        at: Timestamp,
    ) -> Result<Self, LedgerError> {
        let postings = postings.into_iter().map(|(account, amount)| Posting { account, amount });
        // What is nothing is not worth a line.
        let postings: Vec<_> = postings.filter(|posting| posting.amount.amount != 0).collect();
        let entry = Self { id, cause, seller, order, postings, note: String::new(), at };
        if entry.is_balanced() { Ok(entry) } else { Err(LedgerError::Unbalanced) }
    }

    /// Tells whether the postings add up to zero, in one currency.
    pub fn is_balanced(&self) -> bool {
        let Some(first) = self.postings.first() else { return true };
        let sum = Money::sum(first.amount.currency, self.postings.iter().map(|posting| posting.amount));
        sum.is_ok_and(|sum| sum.amount == 0)
    }

    /// Books a paid order: the buyer's money, the tenant's share, and the rest for the seller.
    ///
    /// # Errors
    /// When amounts are out of range.
    pub fn sale(id: EntryId, order: &Order, at: Timestamp) -> Result<Self, LedgerError> {
        let total = order.totals.total;
        let cause = Cause::Sale { order: order.id };
        let (share, tax) = kept(order, total)?;
        let postings = vec![
            (Account::Cash, total),
            (Account::Seller(order.seller), negative(total.minus(share)?.minus(tax)?)?),
            (Account::Commission, negative(share)?),
            (Account::FeeTax, negative(tax)?),
        ];
        Self::of(id, cause, Some(order.seller), Some(order.id), postings, at)
    }

    /// Books a refund that went back: the tenant gives back of its share what belongs to it, the seller the rest.
    /// However an order is given back in parts, all parts together reverse the sale exactly.
    ///
    /// # Errors
    /// When amounts are out of range.
    pub fn refund(id: EntryId, refund: &Refund, order: Option<&Order>, at: Timestamp) -> Result<Self, LedgerError> {
        let cause = Cause::Refund { refund: refund.id };
        let back = (Account::Cash, negative(refund.amount)?);
        let Some(order) = order else {
            return Self::of(id, cause, None, None, vec![back, (Account::Unearned, refund.amount)], at);
        };
        let before = refund.before.unwrap_or(Money::zero(refund.amount.currency));
        let (old, new) = (kept(order, before)?, kept(order, before.plus(refund.amount)?)?);
        let (share, tax) = (new.0.minus(old.0)?, new.1.minus(old.1)?);
        let postings = vec![
            back,
            (Account::Seller(order.seller), refund.amount.minus(share)?.minus(tax)?),
            (Account::Commission, share),
            (Account::FeeTax, tax),
        ];
        Self::of(id, cause, Some(order.seller), Some(order.id), postings, at)
    }

    /// Books money that was captured and can't be honoured.
    ///
    /// # Errors
    /// When the amount is out of range.
    pub fn unearned(id: EntryId, payment: PaymentId, amount: Money, at: Timestamp) -> Result<Self, LedgerError> {
        let postings = vec![(Account::Cash, amount), (Account::Unearned, negative(amount)?)];
        Self::of(id, Cause::Unearned { payment }, None, None, postings, at)
    }

    /// Books money that a payer's bank has taken back for good. It is out of the provider's hands; whose loss it is, is not said.
    ///
    /// # Errors
    /// When the amount is out of range.
    pub fn charged_back(
        id: EntryId,
        (payment, place): (PaymentId, u32),
        amount: Money,
        at: Timestamp,
    ) -> Result<Self, LedgerError> {
        let postings = vec![(Account::Cash, negative(amount)?), (Account::ChargedBack, amount)];
        Self::of(id, Cause::Chargeback { payment, place }, None, None, postings, at)
    }

    /// Books a step of a payout.
    ///
    /// # Errors
    /// When the amount is out of range.
    pub fn payout(id: EntryId, payout: &Payout, at: Timestamp) -> Result<Self, LedgerError> {
        let (amount, seller, payout_id) = (payout.amount, Account::Seller(payout.seller), payout.id);
        let (cause, from, to) = match payout.status {
            PayoutStatus::Open => (Cause::Payout { payout: payout_id }, Account::Payouts, seller),
            PayoutStatus::Paid => (Cause::PayoutPaid { payout: payout_id }, Account::Cash, Account::Payouts),
            PayoutStatus::Cancelled => (Cause::PayoutCancelled { payout: payout_id }, seller, Account::Payouts),
        };
        Self::of(id, cause, Some(payout.seller), None, vec![(to, amount), (from, negative(amount)?)], at)
    }

    /// Corrects a seller's balance by hand: up when `amount` is positive.
    ///
    /// # Errors
    /// When the amount is out of range.
    pub fn adjustment(
        id: EntryId,
        seller: SellerId,
        amount: Money,
        note: String,
        at: Timestamp,
    ) -> Result<Self, LedgerError> {
        let postings = vec![(Account::Adjustments, amount), (Account::Seller(seller), negative(amount)?)];
        let entry = Self::of(id, Cause::Adjustment { entry: id }, Some(seller), None, postings, at)?;
        Ok(Self { note, ..entry })
    }

    /// Returns by how much the entry raises what its seller is owed, in minor units.
    pub fn for_seller(&self) -> i64 {
        let of_seller = |posting: &&Posting| self.seller.is_some_and(|id| posting.account == Account::Seller(id));
        let sum = self.postings.iter().filter(of_seller).map(|posting| posting.amount.amount);
        sum.fold(0i64, i64::saturating_sub)
    }
}

/// Returns what the tenant keeps of `part` of an order's total: its share, and the tax on it.
fn kept(order: &Order, part: Money) -> Result<(Money, Money), MoneyError> {
    let commission = order.commission;
    let goods = order.totals.subtotal.minus(order.totals.discount)?;
    let share = goods.ratio(commission.rate_bp.into(), 10_000)?;
    let tax = share.ratio(commission.tax_bp.into(), 10_000)?;
    let total = order.totals.total.amount.unsigned_abs();
    let of_part = |whole: Money| whole.ratio(part.amount.unsigned_abs(), total);
    Ok((of_part(share)?, of_part(tax)?))
}

fn negative(amount: Money) -> Result<Money, MoneyError> {
    Money::zero(amount.currency).minus(amount)
}

statuses! {
    /// How far a payout has come.
    PayoutStatus {
        /// Taken from the seller's balance, not sent yet.
        Open "OPEN" => [Paid, Cancelled],
        /// Sent.
        Paid "PAID" => [],
        /// Called off; the money is the seller's again.
        Cancelled "CANCELLED" => [],
    }
}

/// Money that is paid out to a seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payout {
    /// The payout's id.
    pub id: PayoutId,
    /// Who is paid.
    pub seller: SellerId,
    /// How much.
    pub amount: Money,
    /// How far it has come.
    pub status: PayoutStatus,
    /// The bank's reference, once it was sent.
    pub reference: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests;
