//! `haat ledger`: whether the books add up.
//!
//! Nothing of ours can make an entry whose postings don't add up to zero, and a seller's balance moves with its entry. What is
//! found here was done past us, came with a backup, or is a fault.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Subcommand;
use domain::ledger::{Account, TrialBalance, WrongBalance};
use domain::money::{Currency, Money};
use domain::tenant::{Tenant, TenantScope};

use crate::Failure;
use crate::operator::Operator;
use crate::settings::Settings;

/// What can be done with the books.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add the books up, and compare sellers' balances with them; exit with 1 when something does not add up
    ///
    /// It changes nothing. It reads every entry, so a tenant with a million of them takes minutes.
    Verify {
        /// The tenant, by subdomain or id; all marketplaces when none is given
        #[arg(long)]
        tenant: Option<String>,
    },
}

/// Does a command.
///
/// # Errors
/// When it can't be done, or the books do not add up.
pub async fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let Command::Verify { tenant } = command;
    let operator = Operator::open(settings).await?;
    let said = verify(&operator, tenant.as_deref()).await?;
    print!("{}", said.text);
    match said.wrong {
        0 => Ok(()),
        wrong => Err(format!(
            "the books do not add up: {wrong} of what is listed above is wrong. What to do: \
             infra/runbooks/books-do-not-add-up.md"
        )
        .into()),
    }
}

/// What was found, in words for the operator.
#[derive(Debug, Default)]
struct Verified {
    text: String,
    /// How many things are wrong.
    wrong: usize,
}

impl Verified {
    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn complain(&mut self, line: &str) {
        self.wrong = self.wrong.saturating_add(1);
        self.say(line);
    }

    /// Says what was found of one tenant.
    fn tenant(&mut self, tenant: &Tenant, trial: &TrialBalance, balances: &[WrongBalance]) {
        let (name, entries) = (tenant.subdomain.as_str(), trial.entries);
        if trial.adds_up() && balances.is_empty() {
            return self.say(&format!("{name}: {entries} entries, all adds up"));
        }
        self.say(&format!("{name}: {entries} entries"));
        for entry in &trial.wrong {
            self.complain(&format!("  WRONG ENTRY    {entry}: its postings are not what an entry may have"));
        }
        for left in trial.left_over() {
            self.complain(&format!("  LEFT OVER      {left}: all accounts together must be nothing"));
        }
        for WrongBalance { seller, balance, entries } in balances {
            self.complain(&format!("  WRONG BALANCE  {seller}: the balance is {balance}, the entries make {entries}"));
        }
    }
}

async fn verify(operator: &Operator, tenant: Option<&str>) -> Result<Verified, Failure> {
    let (mut said, mut all) = (Verified::default(), TrialBalance::default());
    let (mut from, mut tenants) = match tenant {
        Some(name) => (None, vec![operator.tenant(name).await?]),
        None => {
            let page = operator.store.marketplaces(100, None).await?;
            (page.next, page.items)
        }
    };
    loop {
        for tenant in &tenants {
            eprintln!("adding up the books of {}", tenant.subdomain.as_str());
            let (trial, balances) = operator.store.verify_books(TenantScope::assume(tenant.id)).await?;
            said.tenant(tenant, &trial, &balances);
            all.add_all(&trial);
        }
        if from.is_none() {
            break;
        }
        let page = operator.store.marketplaces(100, from).await?;
        (from, tenants) = (page.next, page.items);
    }
    said.text.push_str(&table(&all));
    Ok(said)
}

/// Writes the sums down by currency and kind of account, all sellers together, and what is left of each currency.
fn table(trial: &TrialBalance) -> String {
    let mut sums: BTreeMap<(Currency, &'static str), i64> = BTreeMap::new();
    for ((currency, account), amount) in &trial.sums {
        let sum = sums.entry((*currency, kind(*account))).or_default();
        *sum = sum.saturating_add(*amount);
    }
    let mut text = format!("{:11}  {:>20}\n", "ACCOUNT", "SUM");
    let mut currencies: Vec<Currency> = sums.keys().map(|(currency, _)| *currency).collect();
    currencies.dedup();
    for currency in currencies {
        for ((_, kind), sum) in sums.iter().filter(|((of, _), _)| *of == currency) {
            let _ = writeln!(text, "{kind:11}  {:>20}", Money::new(*sum, currency).to_string());
        }
        let left = trial.left_over().into_iter().find(|left| left.currency == currency);
        let left = left.unwrap_or(Money::zero(currency));
        let _ = writeln!(text, "{:11}  {:>20}", "TOGETHER", left.to_string());
    }
    text
}

fn kind(account: Account) -> &'static str {
    match account {
        Account::Cash => "CASH",
        Account::Seller(_) => "SELLERS",
        Account::Commission => "COMMISSION",
        Account::FeeTax => "FEE_TAX",
        Account::Unearned => "UNEARNED",
        Account::ChargedBack => "CHARGED_BACK",
        Account::Payouts => "PAYOUTS",
        Account::Adjustments => "ADJUSTMENTS",
    }
}

#[cfg(test)]
mod tests {
    use domain::id::SellerId;
    use domain::ledger::Entry;
    use harness::stack::{Stack, TestTenant};

    use super::*;

    fn operator(stack: &Stack) -> Operator {
        Operator { store: stack.store().clone(), vault: stack.vault().clone(), ambient: stack.ambient().clone() }
    }

    async fn adjust(tenant: &TestTenant, seller: SellerId, amount: i64) -> Entry {
        let operation = tenant.operation();
        let amount = Money::new(amount, Currency::Inr);
        let entry = Entry::adjustment(operation.id(), seller, amount, String::new(), operation.now).unwrap();
        assert!(tenant.stack.store().book(&operation, &entry).await.unwrap());
        entry
    }

    #[tokio::test]
    async fn books_that_add_up_are_shown_by_currency_and_kind_of_account() {
        let stack = Stack::connect().await;
        let (one, other) = (stack.tenant().await, stack.tenant().await);
        for (tenant, amount) in [(&one, 120_050), (&one, 100), (&other, 700)] {
            adjust(tenant, stack.ambient().id(), amount).await;
        }
        let said = verify(&operator(&stack), Some(one.tenant.subdomain.as_str())).await.unwrap();
        let name = one.tenant.subdomain.as_str();
        let expected = format!(
            "{name}: 2 entries, all adds up\n\
             ACCOUNT                       SUM\n\
             ADJUSTMENTS           INR 1201.50\n\
             SELLERS              INR -1201.50\n\
             TOGETHER                 INR 0.00\n"
        );
        assert_eq!((said.wrong, said.text), (0, expected));
        let all = verify(&operator(&stack), None).await.unwrap();
        assert_eq!(all.wrong, 0);
        for tenant in [&one, &other] {
            assert!(all.text.contains(&format!("{}: ", tenant.tenant.subdomain.as_str())), "{}", all.text);
        }
        assert!(verify(&operator(&stack), Some("nobody-at-all")).await.is_err());
    }

    #[tokio::test]
    async fn what_was_written_past_us_is_named() {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        let (robbed, enriched): (SellerId, SellerId) = (stack.ambient().id(), stack.ambient().id());
        let entry = adjust(&tenant, robbed, 500).await;
        adjust(&tenant, enriched, 900).await;
        // The entry loses a posting, and the other seller's balance what it was told.
        let rows = tenant.stored("").await;
        let (changed, moved) = (
            rows.iter().find(|row| row["id"] == entry.id.to_string()).unwrap(),
            rows.iter().find(|row| row["type"] == "Balance" && row["seller"] == enriched.to_string()).unwrap(),
        );
        let before: Vec<_> = [changed, moved].into_iter().cloned().collect();
        let mut wrong = before.clone();
        wrong[0]["postings"].as_array_mut().unwrap().pop();
        wrong[1]["amount"] = 901.into();
        for row in wrong {
            tenant.put_raw(&row).await;
        }
        let said = verify(&operator(&stack), Some(&tenant.id().to_string())).await.unwrap();
        assert_eq!(said.wrong, 4, "{}", said.text);
        for expected in [
            format!("WRONG ENTRY    {}", entry.id),
            "LEFT OVER      INR 5.00".to_owned(),
            format!("WRONG BALANCE  {robbed}: the balance is INR 5.00, the entries make INR 0.00"),
            format!("WRONG BALANCE  {enriched}: the balance is INR 9.01, the entries make INR 9.00"),
        ] {
            assert!(said.text.contains(&expected), "{expected} in {}", said.text);
        }
        // Or this test would fail as it ends.
        for row in before {
            tenant.put_raw(&row).await;
        }
    }
}
