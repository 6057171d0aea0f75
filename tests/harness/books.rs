//! Whether the books of a test's tenant say what its payments do, at the end of whatever the test did.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use std::collections::BTreeMap;

use domain::ledger::Account;
use domain::money::{Currency, Money};
use domain::payment::{Payment, PaymentStatus};
use domain::refund::RefundBook;
use serde::de::DeserializeOwned;

use crate::shop::eventually;
use crate::stack::TestTenant;

impl TestTenant {
    /// Waits until all that moved is in the books: every currency's sums are zero together, and what the tenant has at its
    /// providers is what was captured and did not go back.
    pub async fn books_add_up(&self) {
        eventually("the books say what the payments do", async || {
            let sums = self.stack.store().trial_balance(self.scope()).await.expect("the books can be read").sums;
            let (mut all, mut cash): (BTreeMap<Currency, i64>, BTreeMap<Currency, i64>) = Default::default();
            for ((currency, account), sum) in sums {
                *all.entry(currency).or_default() += sum;
                if account == Account::Cash {
                    cash.insert(currency, sum);
                }
            }
            // An entry that does not add up can't be made, so no moment may be found at which the sums don't.
            assert!(all.values().all(|sum| *sum == 0), "the books of {} do not add up: {all:?}", self.id());
            cash.retain(|_, sum| *sum != 0);
            (cash == self.taken().await).then_some(())
        })
        .await;
    }

    /// Adds up what was captured and did not go back, as payments and refunds themselves say.
    async fn taken(&self) -> BTreeMap<Currency, i64> {
        let mut taken: BTreeMap<Currency, i64> = BTreeMap::new();
        for payment in self.all_of::<Payment>("G#", "Payment").await {
            if payment.status.was_captured() {
                *taken.entry(payment.amount.currency).or_default() += payment.amount.amount;
            }
            assert!(payment.status != PaymentStatus::Refunded || payment.charge.is_some(), "{payment:?}");
        }
        for book in self.all_of::<RefundBook>("RFB#", "RefundBook").await {
            let RefundBook { captured: Money { amount, currency }, reserved, refunded, .. } = book;
            assert!(refunded.amount <= reserved.amount && reserved.amount <= amount, "more goes back than was taken");
            *taken.entry(currency).or_default() -= refunded.amount;
        }
        taken.retain(|_, sum| *sum != 0);
        taken
    }

    async fn all_of<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Vec<T> {
        let rows = self.stored(kind).await.into_iter().filter(|row| row["type"] == name);
        rows.map(|row| serde_json::from_value(row).expect("a row reads back")).collect()
    }
}
