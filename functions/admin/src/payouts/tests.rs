use std::sync::Arc;

use domain::access::Role;
use domain::id::SellerId;
use domain::ledger::{Account, Entry};
use domain::money::{Currency, Money};
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::Shop;

impl Shop {
    async fn write(&self, by: &Member, path: &str, key: &str, body: Value) -> TestAnswer {
        self.client.post(path).bearer(&by.token).header("idempotency-key", key).json(body).send().await
    }

    /// Lets a seller be owed so many paise.
    async fn owe(&self, amount: i64) -> SellerId {
        let operation = self.tenant().operation();
        let seller: SellerId = operation.id();
        let amount = Money::new(amount, Currency::Inr);
        let entry = Entry::adjustment(operation.id(), seller, amount, "owed".to_owned(), operation.now).unwrap();
        self.tenant().stack.store().adjust_ledger(&operation, &entry).await.unwrap();
        seller
    }

    async fn balance(&self, seller: SellerId) -> i64 {
        let balances = self.tenant().stack.store().balances(self.tenant().scope(), seller).await.unwrap();
        balances.iter().map(|balance| balance.amount).sum()
    }

    /// Adds up the tenant's books; everything together must be nothing.
    async fn books(&self) -> Vec<(Account, i64)> {
        let sums = self.tenant().stack.store().trial_balance(self.tenant().scope()).await.unwrap().sums;
        assert_eq!(sums.values().sum::<i64>(), 0);
        sums.into_iter().map(|((_, account), sum)| (account, sum)).collect()
    }
}

fn payout(seller: SellerId, amount: i64) -> Value {
    json!({"sellerId": seller, "amount": {"amount": amount, "currency": "INR"}})
}

#[tokio::test]
async fn no_more_is_paid_out_than_is_owed_however_many_ask_at_once() {
    let shop = Arc::new(Shop::open().await);
    let owner = shop.sign_in(Role::Owner).await;
    let seller = shop.owe(1_000).await;
    let mut work = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (shop, owner) = (Arc::clone(&shop), owner.clone());
        work.spawn(
            async move { shop.write(&owner, "/admin/payouts", &format!("key-{number}"), payout(seller, 300)).await },
        );
    }
    let answers = work.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 3);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        answer.refused(StatusCode::CONFLICT, "BALANCE_TOO_LOW");
    }
    assert_eq!(shop.balance(seller).await, 100);
    shop.books().await;
}

#[tokio::test]
async fn payouts_and_their_ends_at_once_leave_what_they_should() {
    let shop = Arc::new(Shop::open().await);
    let owner = shop.sign_in(Role::Owner).await;
    let seller = shop.owe(1_000).await;
    let first = shop.write(&owner, "/admin/payouts", "first", payout(seller, 600)).await;
    let first = first.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    // One payout is paid and called off at once, while others want what is left, and what comes back.
    let mut work = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (shop, owner, first) = (Arc::clone(&shop), owner.clone(), first.clone());
        work.spawn(async move {
            let status = if number % 2 == 0 { "PAID" } else { "CANCELLED" };
            let body = json!({"status": status, "reference": "UTR 1"});
            let answer =
                shop.write(&owner, &format!("/admin/payouts/{first}/settle"), &format!("s{number}"), body).await;
            ("settled", answer)
        });
    }
    for number in 0..8 {
        let (shop, owner) = (Arc::clone(&shop), owner.clone());
        work.spawn(async move {
            ("opened", shop.write(&owner, "/admin/payouts", &format!("o{number}"), payout(seller, 150)).await)
        });
    }
    let answers = work.join_all().await;
    let count = |kind: &str, status: StatusCode| {
        answers.iter().filter(|(done, answer)| *done == kind && answer.status == status).count()
    };
    assert_eq!(count("settled", StatusCode::OK), 1);
    let opened = i64::try_from(count("opened", StatusCode::CREATED)).unwrap();
    let list = shop.client.get("/admin/payouts?limit=100").bearer(&owner.token).send().await;
    let list = list.data(StatusCode::OK).as_array().unwrap().clone();
    let called_off = list.iter().any(|payout| payout["id"] == first.as_str() && payout["status"] == "CANCELLED");
    let balance = shop.balance(seller).await;
    assert_eq!(balance, 1_000 - if called_off { 0 } else { 600 } - 150 * opened);
    assert!(balance >= 0);
    shop.books().await;
}

#[tokio::test]
async fn a_payout_is_marked_once_and_gives_the_money_again_when_called_off() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let seller = shop.owe(1_000).await;
    let mut ids = Vec::new();
    for key in ["one", "two"] {
        let answer = shop.write(&owner, "/admin/payouts", key, payout(seller, 400)).await;
        ids.push(answer.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned());
    }
    let settle = async |id: &str, key: &str, status: &str| {
        let body = json!({"status": status, "reference": "UTR 1"});
        shop.write(&owner, &format!("/admin/payouts/{id}/settle"), key, body).await
    };
    settle(&ids[0], "a", "OPEN").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(settle(&ids[0], "b", "PAID").await.data(StatusCode::OK)["status"], "PAID");
    settle(&ids[0], "c", "CANCELLED").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    settle(&ids[1], "d", "CANCELLED").await.data(StatusCode::OK);
    assert_eq!(shop.balance(seller).await, 600);
    let books = shop.books().await;
    assert!(books.contains(&(Account::Cash, -400)) && books.contains(&(Account::Payouts, 0)), "{books:?}");
    let list = shop.client.get("/admin/payouts").bearer(&owner.token).send().await;
    let list = list.data(StatusCode::OK).as_array().unwrap().clone();
    assert_eq!(list.iter().map(|payout| payout["status"].as_str().unwrap()).collect::<Vec<_>>(), ["CANCELLED", "PAID"]);
}

#[tokio::test]
async fn payouts_are_downloaded_as_a_table_that_no_spreadsheet_runs() {
    let shop = Shop::open().await;
    let (owner, staff) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Staff).await);
    let seller = shop.owe(1_000).await;
    let paid = shop.write(&owner, "/admin/payouts", "one", payout(seller, 123)).await;
    let paid = paid.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let body = json!({"status": "PAID", "reference": "=1+1, \"UTR\""});
    shop.write(&owner, &format!("/admin/payouts/{paid}/settle"), "two", body).await.data(StatusCode::OK);
    let open = shop.write(&owner, "/admin/payouts", "three", payout(seller, 50)).await;
    let open = open.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();

    shop.tenant().stack.clock.advance(std::time::Duration::from_secs(1));
    let read = async |query: &str, by: &Member| {
        shop.client.get(&format!("/admin/payouts/export{query}")).bearer(&by.token).send().await
    };
    let table = read("", &owner).await;
    assert_eq!(table.header("content-type"), web::CSV);
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"payouts.csv\"");
    let text = table.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with(&format!("{open},{seller},OPEN,INR,0.50,,")), "{text}");
    assert!(lines[2].starts_with(&format!("{paid},{seller},PAID,INR,1.23,\"'=1+1, \"\"UTR\"\"\",")), "{text}");
    let text = read("?status=OPEN", &owner).await.text();
    assert!(text.contains(&open) && !text.contains(&paid), "{text}");
    assert_eq!(read("?to=2020-01-01T00:00:00Z", &owner).await.text().lines().count(), 1);
    let backwards = read("?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", &owner).await;
    backwards.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let long = read("?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", &owner).await;
    long.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    read("?status=SENT", &owner).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    read("", &staff).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
}

#[tokio::test]
async fn books_are_corrected_only_for_sellers_who_are_there() {
    let shop = Shop::open().await;
    let (owner, staff) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Staff).await);
    let body = json!({
        "sellerId": shop.tenant().operation().id::<SellerId>(), "amount": {"amount": 5, "currency": "INR"}, "note": "fee",
    });
    let path = "/admin/ledger/adjustments";
    shop.write(&owner, path, "one", body.clone()).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    shop.write(&staff, path, "two", body).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    assert!(shop.books().await.is_empty());
}
