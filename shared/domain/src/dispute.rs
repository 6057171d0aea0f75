//! Payments that are contested: the payer asks the bank for the money back, and the provider tells how that goes.
//!
//! Messages about a dispute come in any order and any number: what has ended stays as it ended. While a dispute is open
//! nothing of its payment is given back, since the money would go twice; what is lost can't be given back any more.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{OrderGroupId, PaymentId};
use crate::money::Money;
use crate::order::statuses;
use crate::payment::{Misfit, Settlement};
use crate::transition::InvalidTransition;

/// How many disputes of one payment are remembered: a bank hardly ever takes up a second one.
const MOST: usize = 20;

statuses! {
    /// How far a dispute has come.
    DisputeStatus {
        /// It is not decided: somebody may have to answer at the provider.
        Open "OPEN" => [Won, Lost, Closed],
        /// The money stays.
        Won "WON" => [],
        /// The money is gone.
        Lost "LOST" => [],
        /// It ended without a decision about money, such as an inquiry that was answered.
        Closed "CLOSED" => [],
    }
}

/// One dispute about a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dispute {
    /// The provider's id of it.
    pub id: String,
    /// The provider's id of the charge that is contested.
    pub charge: String,
    /// How much is contested.
    pub amount: Money,
    /// The provider's word for the reason.
    pub reason: String,
    /// Until when the provider takes an answer; none where it did not say.
    pub respond_by: Option<Timestamp>,
    /// How far it has come.
    pub status: DisputeStatus,
    /// When we heard of it first.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a provider says of a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldDispute {
    /// The provider's id of it.
    pub id: String,
    /// The provider's id of the charge that is contested.
    pub charge: String,
    /// How much is contested.
    pub amount: Money,
    /// The provider's word for the reason.
    pub reason: String,
    /// Until when the provider takes an answer.
    pub respond_by: Option<Timestamp>,
    /// How far it has come.
    pub status: DisputeStatus,
}

/// All disputes about one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disputes {
    /// The payment.
    pub payment: PaymentId,
    /// What it pays for.
    pub group: OrderGroupId,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order that was paid.
    pub reference: String,
    /// The disputes, in the order in which we heard of them.
    pub disputes: Vec<Dispute>,
    /// What is contested or lost; none when there is nothing, so that a write can demand that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Money>,
    /// Counts up with every change; 0 before the first.
    pub version: u64,
}

/// Why what a provider says of a dispute is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DisputeError {
    /// It ended otherwise before.
    #[error("the dispute ended otherwise before, as {}", .0.as_str())]
    Ended(DisputeStatus),
    /// It does not fit the payment.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// There are more of one payment than are remembered.
    #[error("the payment has too many disputes")]
    TooMany,
}

impl Disputes {
    /// Begins for a payment of which nobody has heard a dispute.
    pub fn about(settlement: &Settlement) -> Self {
        Self {
            payment: settlement.payment,
            group: settlement.group,
            provider: settlement.provider.clone(),
            reference: settlement.reference.clone(),
            disputes: Vec::new(),
            held: None,
            version: 0,
        }
    }

    /// Tells whether one of them is not decided.
    pub fn is_open(&self) -> bool {
        self.disputes.iter().any(|dispute| dispute.status == DisputeStatus::Open)
    }

    /// Returns what the payer's bank has taken back for good; none when it is nothing.
    pub fn lost(&self) -> Option<Money> {
        self.sum(|status| status == DisputeStatus::Lost)
    }

    /// Returns the place and the amount of the dispute that is lost by what was told and taken in just now; none when that says
    /// something else.
    pub fn newly_lost(&self, told: &ToldDispute) -> Option<(u32, Money)> {
        let mut places = self.disputes.iter().zip(0u32..);
        let (dispute, place) = places.find(|(dispute, _)| dispute.id == told.id)?;
        (told.status == DisputeStatus::Lost).then_some((place, dispute.amount))
    }

    /// Adds up what is contested by disputes in some statuses. Each is at most the payment, so the sum is in range.
    fn sum(&self, counts: impl Fn(DisputeStatus) -> bool) -> Option<Money> {
        let amounts = self.disputes.iter().filter(|dispute| counts(dispute.status)).map(|dispute| dispute.amount);
        amounts.reduce(|sum, more| sum.plus(more).unwrap_or(sum))
    }

    /// Takes in what a provider says at `now`; none when it says nothing new.
    ///
    /// # Errors
    /// When it contradicts what is known.
    pub fn hear(
        mut self,
        settlement: &Settlement,
        told: &ToldDispute,
        now: Timestamp,
    ) -> Result<Option<Self>, DisputeError> {
        if told.amount.currency != settlement.amount.currency || told.amount.amount > settlement.amount.amount {
            return Err(Misfit::Amount.into());
        }
        if settlement.captured_charge.as_ref().is_some_and(|charge| *charge != told.charge) {
            return Err(Misfit::SecondCharge.into());
        }
        let many = self.disputes.len() >= MOST;
        match self.disputes.iter_mut().find(|known| known.id == told.id) {
            None if many => return Err(DisputeError::TooMany),
            None => self.disputes.push(Dispute {
                id: told.id.clone(),
                charge: told.charge.clone(),
                amount: told.amount,
                reason: told.reason.clone(),
                respond_by: told.respond_by,
                status: told.status,
                opened_at: now,
                updated_at: now,
            }),
            Some(known) => {
                let moves = known.status.advance(told.status).is_ok();
                // A message from before the end says nothing of it; of two that came crosswise the later date counts.
                let later = known.status == DisputeStatus::Open && told.respond_by > known.respond_by;
                if !moves && known.status != told.status && told.status != DisputeStatus::Open {
                    return Err(DisputeError::Ended(known.status));
                }
                if !moves && !later {
                    return Ok(None);
                }
                if moves {
                    (known.status, known.amount) = (told.status, told.amount);
                }
                known.respond_by = known.respond_by.max(told.respond_by);
                known.updated_at = now;
            }
        }
        self.held = self.sum(|status| matches!(status, DisputeStatus::Open | DisputeStatus::Lost));
        self.version = self.version.saturating_add(1);
        Ok(Some(self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;
    use crate::money::Currency;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
    }

    fn settlement(captured: Option<&str>) -> Settlement {
        fn id<I: Id>(n: u128) -> I {
            I::from_parts(at(0), n)
        }
        Settlement {
            provider: "stripe".to_owned(),
            reference: "pi_1".to_owned(),
            payment: id(1),
            group: id(2),
            user: id(3),
            amount: Money::new(100, Currency::Usd),
            orders: Vec::new(),
            grants: Vec::new(),
            opened_at: None,
            captured_charge: captured.map(str::to_owned),
            status: None,
            others: Vec::new(),
            ended: None,
        }
    }

    fn told(id: &str, status: DisputeStatus, respond_by: Option<i64>) -> ToldDispute {
        ToldDispute {
            id: id.to_owned(),
            charge: "pi_1".to_owned(),
            amount: Money::new(100, Currency::Usd),
            reason: "fraudulent".to_owned(),
            respond_by: respond_by.map(at),
            status,
        }
    }

    #[test]
    fn what_does_not_fit_the_payment_is_not_believed() {
        let known = settlement(Some("pi_1"));
        let fits = told("dp_1", DisputeStatus::Open, None);
        let hear = |told: &ToldDispute| Disputes::about(&known).hear(&known, told, at(0));
        assert!(hear(&fits).unwrap().unwrap().is_open());
        for amount in [Money::new(101, Currency::Usd), Money::new(100, Currency::Inr)] {
            assert_eq!(hear(&ToldDispute { amount, ..fits.clone() }), Err(Misfit::Amount.into()));
        }
        let other = ToldDispute { charge: "pi_2".to_owned(), ..fits.clone() };
        assert_eq!(hear(&other), Err(Misfit::SecondCharge.into()));
        // Before the capture was told nobody knows which charge it will be.
        let early = settlement(None);
        assert!(Disputes::about(&early).hear(&early, &other, at(0)).unwrap().is_some());
        let mut many = Disputes::about(&known);
        for n in 0..MOST {
            many = many.hear(&known, &told(&n.to_string(), DisputeStatus::Won, None), at(0)).unwrap().unwrap();
        }
        assert_eq!(many.hear(&known, &fits, at(0)), Err(DisputeError::TooMany));
    }

    #[test]
    fn what_ended_once_stays_so_and_who_says_otherwise_is_not_believed() {
        let known = settlement(Some("pi_1"));
        for end in [DisputeStatus::Won, DisputeStatus::Lost, DisputeStatus::Closed] {
            let ended = Disputes::about(&known).hear(&known, &told("dp_1", end, None), at(0)).unwrap().unwrap();
            assert!(!ended.is_open());
            let lost = (end == DisputeStatus::Lost).then(|| (0, Money::new(100, Currency::Usd)));
            assert_eq!(ended.newly_lost(&told("dp_1", end, None)), lost);
            for status in DisputeStatus::ALL.iter().copied() {
                let heard = ended.clone().hear(&known, &told("dp_1", status, Some(9)), at(1));
                let contradicts = status != end && status != DisputeStatus::Open;
                assert_eq!(heard, if contradicts { Err(DisputeError::Ended(end)) } else { Ok(None) });
            }
        }
    }

    proptest! {
        #[test]
        fn in_any_order_and_number_of_messages_each_dispute_ends_the_same(
            messages in prop::collection::vec((0usize..3, any::<bool>(), prop::option::of(0i64..5)), 1..30),
            shuffled in any::<prop::sample::Index>(),
        ) {
            // Each dispute has one end of its own.
            let ends = [DisputeStatus::Won, DisputeStatus::Lost, DisputeStatus::Closed];
            let messages: Vec<_> = messages.into_iter().map(|(which, over, respond_by)| {
                let status = if over { ends[which] } else { DisputeStatus::Open };
                told(&format!("dp_{which}"), status, respond_by)
            }).collect();
            let known = settlement(Some("pi_1"));
            let play = |messages: &[ToldDispute]| {
                messages.iter().fold(Disputes::about(&known), |disputes, told| {
                    disputes.clone().hear(&known, told, at(0)).unwrap().unwrap_or(disputes)
                })
            };
            let statuses = |disputes: &Disputes| {
                let mut statuses: Vec<_> = disputes.disputes.iter().map(|d| (d.id.clone(), d.status)).collect();
                statuses.sort();
                statuses
            };
            let once = play(&messages);
            let mut rotated = messages.clone();
            rotated.rotate_left(shuffled.index(messages.len()));
            rotated.extend(messages.iter().rev().cloned());
            let again = play(&rotated);
            prop_assert_eq!(statuses(&once), statuses(&again));
            let of = |wanted: &[DisputeStatus]| {
                let counted = once.disputes.iter().filter(|dispute| wanted.contains(&dispute.status)).count();
                (counted > 0).then(|| Money::new(100 * i64::try_from(counted).unwrap(), Currency::Usd))
            };
            prop_assert_eq!(once.held, of(&[DisputeStatus::Open, DisputeStatus::Lost]));
            prop_assert_eq!(once.lost(), of(&[DisputeStatus::Lost]));
            for dispute in &once.disputes {
                let ended = messages.iter().any(|told| told.id == dispute.id && told.status != DisputeStatus::Open);
                prop_assert_eq!(dispute.status != DisputeStatus::Open, ended);
            }
        }
    }
}
