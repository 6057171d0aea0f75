//! The books added up, and what does not add up in them.
//!
//! [`Entry`] can't be made wrong and balances move with entries, so what is found here was written past us, or is a fault.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Entry};
use crate::id::{EntryId, SellerId};
use crate::money::{Currency, Money};

/// Entries, added up by account and currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrialBalance {
    /// How many entries.
    pub entries: u64,
    /// What stands on each account, in minor units.
    pub sums: BTreeMap<(Currency, Account), i64>,
    /// The sellers in whose books anything is, or on whose account.
    pub sellers: BTreeSet<SellerId>,
    /// The entries that are wrong in themselves, in the order in which they were added.
    pub wrong: Vec<EntryId>,
}

/// A seller whose balance is not what the entries make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongBalance {
    /// Whose.
    pub seller: SellerId,
    /// What the seller's balance says.
    pub balance: Money,
    /// What the entries say.
    pub entries: Money,
}

impl TrialBalance {
    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        self.entries = self.entries.saturating_add(1);
        for posting in &entry.postings {
            let sum = self.sums.entry((posting.amount.currency, posting.account)).or_default();
            *sum = sum.saturating_add(posting.amount.amount);
            self.sellers.extend(owner(posting.account));
        }
        self.sellers.extend(entry.seller);
        if !entry.is_sound() {
            self.wrong.push(entry.id);
        }
    }

    /// Adds the books of another tenant.
    pub fn add_all(&mut self, other: &Self) {
        self.entries = self.entries.saturating_add(other.entries);
        for (place, amount) in &other.sums {
            let sum = self.sums.entry(*place).or_default();
            *sum = sum.saturating_add(*amount);
        }
        self.sellers.extend(&other.sellers);
        self.wrong.extend(&other.wrong);
    }

    /// Returns what is left when everything of a currency is added up, where that is not nothing.
    pub fn left_over(&self) -> Vec<Money> {
        let mut totals: BTreeMap<Currency, i64> = BTreeMap::new();
        for ((currency, _), amount) in &self.sums {
            let total = totals.entry(*currency).or_default();
            *total = total.saturating_add(*amount);
        }
        let left = totals.into_iter().filter(|(_, total)| *total != 0);
        left.map(|(currency, total)| Money::new(total, currency)).collect()
    }

    /// Tells whether no entry is wrong and all currencies add up to nothing.
    pub fn adds_up(&self) -> bool {
        self.wrong.is_empty() && self.left_over().is_empty()
    }

    /// Compares a seller's balances, one for each currency at the most, with the entries.
    pub fn wrong_balances(&self, seller: SellerId, balances: &[Money]) -> Vec<WrongBalance> {
        let said: BTreeMap<Currency, i64> = balances.iter().map(|said| (said.currency, said.amount)).collect();
        let posted = self.sums.keys().filter(|(_, account)| *account == Account::Seller(seller));
        let mut currencies: Vec<Currency> = posted.map(|(currency, _)| *currency).chain(said.keys().copied()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let compared = currencies.into_iter().map(|currency| {
            let posted = self.sums.get(&(currency, Account::Seller(seller))).copied().unwrap_or(0);
            let balance = Money::new(said.get(&currency).copied().unwrap_or(0), currency);
            // What a seller is owed is a credit.
            WrongBalance { seller, balance, entries: Money::new(posted.saturating_neg(), currency) }
        });
        compared.filter(|compared| compared.balance != compared.entries).collect()
    }
}

impl Entry {
    /// Tells whether an entry that was read is one that could have been made: its postings add up to zero, and no other
    /// seller's account is touched than that of the seller in whose books it is.
    fn is_sound(&self) -> bool {
        let is_own = |account: Account| owner(account).is_none_or(|seller| self.seller == Some(seller));
        self.is_balanced() && self.postings.iter().all(|posting| is_own(posting.account))
    }
}

/// Returns the seller whose account it is; none of the tenant's own.
fn owner(account: Account) -> Option<SellerId> {
    match account {
        Account::Seller(seller) => Some(seller),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::id::Id;

    fn id<I: Id>(n: u128) -> I {
        I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
    }

    fn adjustment(seller: u128, amount: i64, currency: Currency) -> Entry {
        let at = Timestamp::from_millis(1_800_000_000_000);
        let amount = Money::new(amount, currency);
        Entry::adjustment(id(amount.amount.unsigned_abs().into()), id(seller), amount, String::new(), at).unwrap()
    }

    fn of(entries: &[Entry]) -> TrialBalance {
        let mut trial = TrialBalance::default();
        entries.iter().for_each(|entry| trial.add(entry));
        trial
    }

    proptest! {
        #[test]
        fn entries_add_up_until_one_is_changed_and_balances_follow_them(
            amounts in prop::collection::vec((1u128..4, -1_000_000i64..1_000_000, any::<bool>()), 1..40),
            changed in any::<prop::sample::Index>(),
            by in 1i64..1_000,
        ) {
            let currency = |rupees: bool| if rupees { Currency::Inr } else { Currency::Usd };
            let mut entries: Vec<_> =
                amounts.iter().map(|(seller, amount, rupees)| adjustment(*seller, *amount, currency(*rupees))).collect();
            let trial = of(&entries);
            prop_assert!(trial.adds_up());
            prop_assert_eq!(usize::try_from(trial.entries), Ok(entries.len()));
            let sellers: BTreeSet<SellerId> = amounts.iter().map(|(seller, _, _)| id(*seller)).collect();
            prop_assert_eq!(&trial.sellers, &sellers);
            for seller in 1..4 {
                let owed = |rupees: bool| {
                    let own = amounts.iter().filter(|(of, _, in_rupees)| *of == seller && *in_rupees == rupees);
                    Money::new(own.map(|(_, amount, _)| amount).sum(), currency(rupees))
                };
                let mut balances = vec![owed(true), owed(false)];
                prop_assert_eq!(trial.wrong_balances(id(seller), &balances), vec![]);
                balances[0].amount += by;
                let wrong = trial.wrong_balances(id(seller), &balances);
                prop_assert_eq!(wrong.len(), 1);
                prop_assert_eq!((wrong[0].balance, wrong[0].entries), (balances[0], owed(true)));
            }
            let mut halves = of(&entries[..entries.len() / 2]);
            halves.add_all(&of(&entries[entries.len() / 2..]));
            prop_assert_eq!(&halves, &trial);

            // Two wrongs that make up for each other are found all the same.
            let changed = changed.index(entries.len());
            let posting = super::super::Posting { account: Account::Cash, amount: Money::new(by, Currency::Inr) };
            entries[changed].postings.push(posting);
            let trial = of(&entries);
            prop_assert_eq!(trial.left_over(), vec![Money::new(by, Currency::Inr)]);
            let mut other = entries[changed].clone();
            other.postings = vec![super::super::Posting { amount: Money::new(-by, Currency::Inr), ..posting }];
            entries.push(other);
            let trial = of(&entries);
            prop_assert!(trial.left_over().is_empty() && !trial.adds_up());
            prop_assert_eq!(trial.wrong.len(), 2);
        }
    }

    #[test]
    fn a_posting_on_another_sellers_account_is_wrong() {
        let mut entry = adjustment(1, 50, Currency::Inr);
        entry.seller = Some(id(2));
        assert_eq!(of(&[entry.clone()]).wrong, [entry.id]);
        entry.seller = None;
        assert_eq!(of(&[entry.clone()]).wrong, [entry.id]);
    }

    #[test]
    fn a_balance_without_an_entry_is_wrong_and_one_of_nothing_is_not() {
        let trial = TrialBalance::default();
        assert_eq!(trial.wrong_balances(id(1), &[Money::zero(Currency::Inr)]), []);
        assert_eq!(trial.wrong_balances(id(1), &[Money::new(1, Currency::Inr)]).len(), 1);
    }
}
