//! Attempts to pay for a checkout, and what a provider's word does to them.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{OrderGroupId, OrderId, PaymentId, UserId};
use crate::money::Money;
use crate::order::{Ended, Grant, PaymentReference, statuses};
use crate::transition::InvalidTransition;

statuses! {
    /// How far an attempt to pay has come. Captured money is never forgotten.
    PaymentStatus {
        /// Made by us, not yet known to the provider.
        Created "CREATED" => [Initiated, Authorized, Captured, Failed, Review],
        /// Open at the provider.
        Initiated "INITIATED" => [Authorized, Captured, Failed, Review],
        /// The money is reserved, not taken. Another try on the same order may still fail: that changes nothing.
        Authorized "AUTHORIZED" => [Captured],
        /// The money is taken.
        Captured "CAPTURED" => [PartiallyRefunded, Refunded],
        /// Some of the money was given back.
        PartiallyRefunded "PARTIALLY_REFUNDED" => [Refunded],
        /// All of the money was given back.
        Refunded "REFUNDED" => [],
        /// The last try failed. Banks and payers try again: it may still be authorized or captured.
        Failed "FAILED" => [Authorized, Captured],
        /// The provider holds the money back to look at it.
        Review "REVIEW" => [Captured, Failed],
    }
}

impl PaymentStatus {
    /// Tells whether the payer may still go on with it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::Initiated | Self::Authorized)
    }

    /// Tells whether the money was taken at some time.
    pub fn was_captured(self) -> bool {
        matches!(self, Self::Captured | Self::PartiallyRefunded | Self::Refunded)
    }
}

/// One attempt to pay for a checkout, through an order at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The attempt's id.
    pub id: PaymentId,
    /// What is paid for.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order that it is paid through.
    pub reference: String,
    /// The provider's id of the charge that reserved or took the money.
    pub charge: Option<String>,
    /// What is to be paid, as computed from the table.
    pub amount: Money,
    /// How far it has come.
    pub status: PaymentStatus,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

/// What a provider's order id stands for in our books: all that its messages need, in one read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order.
    pub reference: String,
    /// Our payment.
    pub payment: PaymentId,
    /// What it pays for.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// What must be paid.
    pub amount: Money,
    /// The orders to mark as paid.
    pub orders: Vec<OrderId>,
    /// The files to grant.
    pub grants: Vec<Grant>,
    /// When the payment was opened; none of payments from before this was kept.
    #[serde(default)]
    pub opened_at: Option<Timestamp>,
    /// The provider's id of the charge that was captured; none until then.
    pub captured_charge: Option<String>,
    /// How far the provider's messages have brought the payment, so that one that changes nothing is known at once.
    #[serde(default)]
    pub status: Option<PaymentStatus>,
    /// The other payments that were opened for the checkout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<PaymentReference>,
    /// How the checkout has ended, so that a message that comes later does at once what it must. None is no promise: a
    /// payment may not have been told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// What a provider says happened to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Signal {
    /// The money is reserved.
    Authorized,
    /// The money is taken.
    Captured,
    /// A try failed.
    Failed,
    /// The provider has the money and looks at it before it is ours.
    Review,
}

impl Signal {
    /// Returns what the payment becomes.
    pub fn status(self) -> PaymentStatus {
        match self {
            Self::Authorized => PaymentStatus::Authorized,
            Self::Captured => PaymentStatus::Captured,
            Self::Failed => PaymentStatus::Failed,
            Self::Review => PaymentStatus::Review,
        }
    }

    /// Returns the signal as it is stored and shown.
    pub fn as_str(self) -> &'static str {
        self.status().as_str()
    }
}

/// Why a provider's message does not fit our books. Such a message is set aside and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Another amount, or another currency, than was asked for.
    #[error("the amount differs from what was asked for")]
    Amount,
    /// The money was taken before, by another charge.
    #[error("another charge of the same order was captured before")]
    SecondCharge,
}

impl Settlement {
    /// Tells whether a message can't change anything any more, as far as is known.
    pub fn is_beyond(&self, signal: Signal) -> bool {
        self.status.is_some_and(|status| !status.successors().contains(&signal.status()))
    }

    /// Checks a message about `charge` over `amount` against the books.
    ///
    /// # Errors
    /// With what does not fit.
    pub fn check(&self, signal: Signal, charge: &str, amount: Option<Money>) -> Result<(), Misfit> {
        if amount != Some(self.amount) {
            return Err(Misfit::Amount);
        }
        let captured = self.captured_charge.as_deref();
        if signal == Signal::Captured && captured.is_some_and(|first| first != charge) {
            return Err(Misfit::SecondCharge);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::{GroupStatus, Hold};

    #[test]
    fn captured_money_is_never_forgotten() {
        for status in PaymentStatus::ALL.iter().filter(|status| status.was_captured()) {
            assert!(status.successors().iter().all(|next| next.was_captured()), "{status:?}");
        }
    }

    /// What may happen to a checkout, as the store does it.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Initiate,
        Signal(usize, Signal),
        Expire,
        Cancel,
    }

    fn step() -> impl Strategy<Value = Step> {
        let signal =
            prop_oneof![Just(Signal::Authorized), Just(Signal::Captured), Just(Signal::Failed), Just(Signal::Review)];
        prop_oneof![
            2 => Just(Step::Initiate),
            4 => (0usize..4, signal).prop_map(|(payment, signal)| Step::Signal(payment, signal)),
            1 => Just(Step::Expire),
            1 => Just(Step::Cancel),
        ]
    }

    /// A checkout of one piece beside stock that others may buy.
    #[derive(Debug)]
    struct World {
        group: GroupStatus,
        payments: Vec<PaymentStatus>,
        open: Option<usize>,
        paid_by: Option<usize>,
        refunds: usize,
        stock: u32,
    }

    impl World {
        fn step(&mut self, step: Step) -> Result<(), InvalidTransition> {
            match step {
                Step::Initiate if self.open.is_some() => {}
                Step::Initiate => {
                    self.group = self.group.advance(GroupStatus::PaymentPending)?;
                    self.open = Some(self.payments.len());
                    self.payments.push(PaymentStatus::Initiated);
                }
                Step::Expire => self.end(GroupStatus::Expired)?,
                Step::Cancel => self.end(GroupStatus::Cancelled)?,
                Step::Signal(index, signal) => {
                    let Some(payment) = self.payments.get_mut(index) else {
                        return Ok(());
                    };
                    *payment = payment.advance(signal.status())?;
                    match signal {
                        Signal::Authorized | Signal::Review => {}
                        Signal::Failed => {
                            if self.open == Some(index) {
                                self.group = self.group.advance(GroupStatus::PaymentFailed)?;
                                self.open = None;
                            }
                        }
                        Signal::Captured => self.capture(index)?,
                    }
                }
            }
            Ok(())
        }

        fn end(&mut self, status: GroupStatus) -> Result<(), InvalidTransition> {
            self.group = self.group.advance(status)?;
            self.stock += 1;
            self.open = None;
            Ok(())
        }

        fn capture(&mut self, index: usize) -> Result<(), InvalidTransition> {
            let again = self.group == GroupStatus::Expired && self.stock > 0;
            self.stock -= u32::from(again);
            if again || self.group.hold() == Hold::Held {
                self.group = self.group.advance(GroupStatus::Paid)?;
                self.paid_by = Some(index);
                self.open = None;
            } else {
                self.refunds += 1;
            }
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn in_any_order_of_messages_money_and_pieces_are_counted_right(
            steps in prop::collection::vec(step(), 1..60),
            sold_elsewhere in prop::collection::vec(any::<bool>(), 60),
        ) {
            let mut world = World {
                group: GroupStatus::Created,
                payments: Vec::new(),
                open: None,
                paid_by: None,
                refunds: 0,
                stock: 0,
            };
            let mut elsewhere = 0;
            for (step, sold) in steps.into_iter().zip(sold_elsewhere) {
                let (group, captured) = (world.group, world.payments.iter().filter(|p| p.was_captured()).count());
                // Only what is held ends; the initiate endpoint asks `accepts_payment`.
                let allowed = match step {
                    Step::Expire | Step::Cancel => group.hold() == Hold::Held,
                    Step::Initiate => matches!(group, GroupStatus::Created | GroupStatus::PaymentFailed),
                    Step::Signal(..) => true,
                };
                if allowed {
                    let _ = world.step(step);
                }
                if sold && world.stock > 0 {
                    world.stock -= 1;
                    elsewhere += 1;
                }
                let now_captured = world.payments.iter().filter(|p| p.was_captured()).count();
                prop_assert!(now_captured >= captured, "captured went back");
                // The one piece is in stock, in the checkout, or sold elsewhere.
                let mine = u32::from(world.group.hold() != Hold::Released);
                prop_assert_eq!(world.stock + mine + elsewhere, 1);
                // Each captured payment paid for the checkout or is to be given back.
                prop_assert_eq!(now_captured, world.refunds + usize::from(world.paid_by.is_some()));
                prop_assert_eq!(world.group == GroupStatus::Paid, world.paid_by.is_some());
                for last in [GroupStatus::Paid, GroupStatus::Cancelled] {
                    prop_assert!(group != last || world.group == last);
                }
            }
        }
    }
}
