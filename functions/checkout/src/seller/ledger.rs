//! `GET /seller/ledger`

use std::sync::Arc;

use axum::extract::State;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{EntryId, OrderId};
use domain::ledger::Entry;
use domain::money::Money;
use serde::Serialize;
use store::page::Page;
use utoipa::ToSchema;
use web::{Bearer, Edge, ListEnvelope, ListQuery, Problem, Query, Reply, schema};

/// One movement of a seller's money.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryView {
    /// The entry's id.
    #[schema(value_type = String, example = "ent_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: EntryId,
    /// Why: `SALE`, `REFUND`, `PAYOUT`, `PAYOUT_PAID`, `PAYOUT_CANCELLED` or `ADJUSTMENT`.
    #[schema(example = "SALE")]
    kind: &'static str,
    /// The order that it is about.
    #[schema(value_type = Option<String>, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_id: Option<OrderId>,
    /// By how much the balance rose, or fell when below zero.
    #[schema(value_type = Option<schema::Money>)]
    amount: Option<Money>,
    /// What was noted.
    #[schema(example = "Fee of May waived")]
    note: String,
    /// When it was booked.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    at: Timestamp,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        let currency = entry.postings.first().map(|posting| posting.amount.currency);
        Self {
            id: entry.id,
            kind: entry.cause.kind(),
            order_id: entry.order,
            amount: currency.map(|currency| Money::new(entry.for_seller(), currency)),
            note: entry.note.clone(),
            at: entry.at,
        }
    }
}

/// List the movements of your money, newest first
#[utoipa::path(
    get,
    path = "/seller/ledger",
    tag = "Payouts",
    params(ListQuery),
    responses((status = 200, description = "A page of movements", body = ListEnvelope<EntryView>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn list_entries(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Result<Reply<Vec<EntryView>>, Problem> {
    let limit = query.limit;
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /seller/ledger", &bearer.user())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let caller = bearer.check().await?;
    caller.require(Permission::SellProducts)?;
    let page = match caller.seller {
        Some(seller) => edge.store().entries_of(caller.scope, seller, limit.get(), from).await?,
        None => Page { items: Vec::new(), next: None },
    };
    cursors.page(page.map(|entry| EntryView::from(&entry)), limit).await
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::ledger::Entry;
    use domain::money::{Currency, Money};
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn sellers_see_their_own_books_and_nobody_elses() {
        let shop = Shop::open().await;
        let (seller, other) = (shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Seller]).await);
        let operation = shop.tenant.operation();
        for amount in [700, -200] {
            let (amount, id) = (Money::new(amount, Currency::Inr), seller.user.seller.unwrap());
            let entry = Entry::adjustment(operation.id(), id, amount, "fee".to_owned(), operation.now).unwrap();
            shop.tenant.stack.store().adjust_ledger(&operation, &entry).await.unwrap();
        }
        let get = async |path: &str, token: &str| shop.client.get(path).bearer(token).send().await;
        let balance = get("/seller/balance", &seller.token).await;
        let owed = json!({"balances": [{"amount": 500, "currency": "INR"}]});
        assert_eq!(balance.data(StatusCode::OK), &owed);
        let entries = get("/seller/ledger?limit=1", &seller.token).await;
        let first = &entries.data(StatusCode::OK)[0];
        assert_eq!((&first["kind"], &first["note"]), (&json!("ADJUSTMENT"), &json!("fee")));
        assert_eq!(entries.body["pagination"]["hasMore"], true);
        assert_eq!(get("/seller/balance", &other.token).await.data(StatusCode::OK), &json!({"balances": []}));
        assert_eq!(get("/seller/ledger", &other.token).await.data(StatusCode::OK), &json!([]));
        let customer = shop.tenant.member(&[Role::Customer]).await;
        get("/seller/ledger", &customer.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
