//! Whether a tenant's books add up when its test ends, whatever the test was about and whether it remembered to ask.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use std::panic::resume_unwind;

use aws_config::SdkConfig;
use domain::tenant::TenantScope;
use store::{Store, Table};

use crate::cloud;

/// Looks at a tenant's books when the last handle of the tenant goes.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) endpoint: String,
    pub(crate) table: String,
    pub(crate) scope: TenantScope,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // What the test has found first is what is to be read.
        if std::thread::panicking() {
            return;
        }
        let (endpoint, table, scope) = (self.endpoint.clone(), self.table.clone(), self.scope);
        // The test's own runtime and its connections stand still while this waits.
        let look = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async {
                let sdk = cloud::connect(&endpoint).await;
                add_up(&sdk, &table, scope).await;
            });
        });
        if let Err(found) = look.join() {
            resume_unwind(found);
        }
    }
}

/// Asserts that every entry is sound, that everything together is nothing, and that sellers' balances are what the entries make
/// them. A tenant without entries costs one query.
async fn add_up(sdk: &SdkConfig, table: &str, scope: TenantScope) {
    let store = Store::new(Table::new(sdk, table));
    let first = store.entries(scope, 1, None).await.expect("the books can be read");
    if first.items.is_empty() {
        return;
    }
    let (trial, wrong) = store.verify_books(scope).await.expect("the books can be read");
    let tenant = scope.tenant();
    assert!(trial.adds_up(), "the books of {tenant} do not add up: {:?}, {:?}", trial.wrong, trial.left_over());
    assert!(wrong.is_empty(), "balances of {tenant} are not what the entries make them: {wrong:?}");
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use domain::id::SellerId;
    use domain::ledger::Entry;
    use domain::money::{Currency, Money};
    use serde_json::Value;

    use crate::stack::{Stack, TestTenant};

    async fn booked() -> (TestTenant, SellerId) {
        let tenant = Stack::connect().await.tenant().await;
        let (operation, seller) = (tenant.operation(), tenant.stack.ambient().id());
        let amount = Money::new(500, Currency::Inr);
        let entry = Entry::adjustment(operation.id(), seller, amount, String::new(), operation.now).unwrap();
        assert!(tenant.stack.store().book(&operation, &entry).await.unwrap());
        (tenant, seller)
    }

    /// Drops the last handle of a tenant and returns what was said about it; nothing when all is well.
    fn end(tenant: TestTenant) -> Option<String> {
        let ended = catch_unwind(AssertUnwindSafe(move || drop(tenant)));
        ended.err().map(|said| said.downcast_ref::<String>().unwrap().clone())
    }

    /// Changes a row as nothing of ours would.
    async fn tamper(tenant: &TestTenant, kind: &str, change: impl FnOnce(&mut Value)) {
        let mut row = tenant.stored("").await.into_iter().find(|row| row["type"] == kind).unwrap();
        change(&mut row);
        tenant.put_raw(&row).await;
    }

    #[tokio::test]
    async fn books_that_add_up_and_no_books_at_all_let_a_test_end() {
        let (tenant, _) = booked().await;
        let held = tenant.clone();
        assert_eq!(end(tenant), None);
        assert_eq!(end(held), None);
        assert_eq!(end(Stack::connect().await.tenant().await), None);
    }

    #[tokio::test]
    async fn an_entry_that_was_made_wrong_past_the_store_fails_its_test() {
        let (tenant, _) = booked().await;
        tamper(&tenant, "Entry", |row| drop(row["postings"].as_array_mut().unwrap().pop())).await;
        let held = tenant.clone();
        // Only the last handle asks, and it asks through a runtime of its own.
        assert_eq!(end(tenant), None);
        let said = end(held).unwrap();
        assert!(said.contains("do not add up"), "{said}");
    }

    #[tokio::test]
    async fn a_balance_that_moved_without_an_entry_fails_its_test() {
        let (tenant, seller) = booked().await;
        tamper(&tenant, "Balance", |row| row["amount"] = 501.into()).await;
        let said = end(tenant).unwrap();
        assert!(said.contains(&seller.to_string()) && said.contains("501"), "{said}");
    }

    #[tokio::test]
    #[should_panic(expected = "what the test has found")]
    async fn a_test_that_failed_says_why_it_failed() {
        let (tenant, _) = booked().await;
        tamper(&tenant, "Balance", |row| row["amount"] = 501.into()).await;
        panic!("what the test has found");
    }
}
