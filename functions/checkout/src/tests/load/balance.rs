//! Holds what is stored against what there was, what buyers were told, and what the books say.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Event;
use domain::id::{OrderId, SellerId};
use domain::ledger::{Account, Entry};
use domain::money::Currency;
use domain::order::{GroupStatus, Order, OrderGroup};
use domain::payment::Payment;
use domain::refund::{Refund, RefundStatus};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::test_support::{Offer, Shop};

/// Everything that checkouts have left in the table.
struct Left {
    groups: Vec<OrderGroup>,
    payments: Vec<Payment>,
    orders: BTreeMap<OrderId, Order>,
    refunds: Vec<Refund>,
    events: Vec<Event>,
}

fn of_type<T: DeserializeOwned>(items: &[Value], kind: &str) -> Vec<T> {
    let wanted = items.iter().filter(|item| item["type"] == kind);
    wanted.map(|item| serde_json::from_value(item.clone()).unwrap()).collect()
}

impl Left {
    async fn read(shop: &Shop) -> Self {
        let checkouts = shop.tenant.stored("G#").await;
        let orders = of_type::<Order>(&shop.tenant.stored("ORD#").await, "Order");
        let events = shop.tenant.stored("EVT#").await;
        Self {
            groups: of_type(&checkouts, "OrderGroup"),
            payments: of_type(&checkouts, "Payment"),
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            refunds: of_type(&shop.tenant.stored("RFB#").await, "Refund"),
            events: events.into_iter().map(|item| serde_json::from_value(item["event"].clone()).unwrap()).collect(),
        }
    }

    /// Counts the pieces of each material that checkouts hold or have sold.
    fn taken(&self) -> BTreeMap<String, u64> {
        let mut taken: BTreeMap<String, u64> = BTreeMap::new();
        let kept = |group: &&OrderGroup| !matches!(group.status, GroupStatus::Expired | GroupStatus::Cancelled);
        for reservation in self.groups.iter().filter(kept).flat_map(|group| &group.reservations) {
            *taken.entry(reservation.material.to_string()).or_default() += u64::from(reservation.quantity);
        }
        for refund in self.refunds.iter().filter(|refund| refund.restock && refund.status == RefundStatus::Succeeded) {
            for piece in &refund.lines {
                let line = &self.orders[&refund.order.unwrap()].lines[piece.line as usize];
                let back = taken.get_mut(&line.material.unwrap().to_string()).expect("what comes back was taken");
                *back = back.checked_sub(piece.quantity.into()).expect("no more comes back than was taken");
            }
        }
        taken
    }

    /// Adds up the money that providers took and did not give back.
    fn money(&self) -> i64 {
        let captured = self.payments.iter().filter(|payment| payment.status.was_captured());
        let back = self.refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded);
        captured.map(|payment| payment.amount.amount).sum::<i64>()
            - back.map(|refund| refund.amount.amount).sum::<i64>()
    }

    /// Enters everything that events tell of into the books, twice, as the function `invoicer` does.
    async fn book(&self, shop: &Shop) {
        let (store, scope, operation) = (shop.tenant.stack.store(), shop.tenant.scope(), shop.tenant.operation());
        for event in self.events.iter().chain(self.events.iter().rev()) {
            let entries = match event {
                Event::OrderGroupPaid { orders, .. } => {
                    let orders = orders.iter().map(|order| &self.orders[order]);
                    orders.map(|order| Entry::sale(operation.id(), order, operation.now)).collect()
                }
                Event::PaymentNeedsRefund { payment, .. } => {
                    let payment = self.payments.iter().find(|known| known.id == *payment).unwrap();
                    vec![Entry::unearned(operation.id(), payment.id, payment.amount, operation.now)]
                }
                Event::RefundSucceeded { refund, .. } => {
                    let refund = self.refunds.iter().find(|known| known.id == *refund).unwrap();
                    let order = refund.order.map(|order| &self.orders[&order]);
                    vec![Entry::refund(operation.id(), refund, order, operation.now)]
                }
                _ => Vec::new(),
            };
            for entry in entries {
                store.book(&operation, &entry.unwrap()).await.unwrap();
            }
        }
        let sums = store.trial_balance(scope).await.unwrap().sums;
        assert_eq!(sums.values().sum::<i64>(), 0, "the books add up to nothing: {sums:?}");
        let sum = |account| sums.get(&(Currency::Inr, account)).copied().unwrap_or(0);
        assert_eq!(sum(Account::Cash), self.money(), "the books have the money that providers have");
        assert_eq!(sum(Account::Unearned), 0, "what was captured in vain went back");
        let sellers: BTreeSet<SellerId> = self.orders.values().map(|order| order.seller).collect();
        for seller in sellers {
            let balances = store.balances(scope, seller).await.unwrap();
            assert_eq!(balances.iter().map(|owed| owed.amount).sum::<i64>(), -sum(Account::Seller(seller)));
        }
    }
}

/// Checks that nothing was sold twice and nothing is lost. `placed` are the checkouts that buyers were told of.
pub(super) async fn check(shop: &Shop, offers: &[Offer], stock: u32, placed: &BTreeSet<String>) -> String {
    let left = Left::read(shop).await;
    let known: BTreeSet<String> = left.groups.iter().map(|group| group.id.to_string()).collect();
    assert_eq!(known, *placed, "every checkout that somebody was told of is there, and no other");
    assert!(!placed.is_empty());
    let orders: BTreeSet<OrderId> = left.groups.iter().flat_map(|group| group.orders.iter().copied()).collect();
    assert_eq!(orders, left.orders.keys().copied().collect(), "every order is there, and no other");
    let taken = left.taken();
    for offer in offers {
        let (there, gone) = (shop.stock(offer).await, taken.get(&offer.material.id.to_string()).copied().unwrap_or(0));
        assert_eq!(u64::from(there) + gone, u64::from(stock), "left, held and sold are what there was");
    }
    for group in &left.groups {
        let paid = left
            .events
            .iter()
            .filter(|event| matches!(event, Event::OrderGroupPaid { group: of, .. } if *of == group.id));
        assert_eq!(paid.count(), usize::from(group.status == GroupStatus::Paid), "it is told once of what is paid");
    }
    assert!(left.refunds.iter().all(|refund| refund.status == RefundStatus::Succeeded));
    left.book(shop).await;
    let with = |status| left.groups.iter().filter(|group| group.status == status).count();
    format!(
        "{} paid, {} expired, {} called off unpaid, {} payments, {} refunds, books over {}",
        with(GroupStatus::Paid),
        with(GroupStatus::Expired),
        with(GroupStatus::Cancelled),
        left.payments.len(),
        left.refunds.len(),
        left.money(),
    )
}
