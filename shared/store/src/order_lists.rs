//! Lists of orders: a buyer's, a seller's, all of a tenant's, by time and with filters.
//!
//! Buyers and sellers have an index of their orders each. All orders of a tenant are found through their checkouts, which
//! are in an index of their own: a list of everybody's reads a page of checkouts, then their orders.

use std::collections::BTreeMap;

use domain::clock::Timestamp;
use domain::id::{OrderGroupId, OrderId, SellerId, UserId};
use domain::order::{Order, OrderGroup, OrderStatus};
use domain::tenant::TenantScope;
use serde::Serialize;

use crate::error::Result;
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::{Store, row};

/// How many orders one query of a filtered list looks at, and how many are read at once.
const LOOKED_AT: usize = 100;
/// How many queries one page may take, one after the other. A page that finds less than it may hold by then ends there, and
/// the next one goes on.
const MOST_QUERIES: usize = 5;

/// Whose orders are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Whose {
    /// What somebody has bought.
    Buyer(UserId),
    /// What somebody delivers.
    Seller(SellerId),
    /// All of the tenant's.
    Everybody,
}

/// Which orders are listed. Nothing given lists all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OrderFilter {
    /// Those in this status.
    pub status: Option<OrderStatus>,
    /// Those of this seller.
    pub seller: Option<SellerId>,
    /// Those placed at this instant or later.
    pub from: Option<Timestamp>,
    /// Those placed before this instant.
    pub to: Option<Timestamp>,
}

impl OrderFilter {
    fn admits(&self, order: &Order) -> bool {
        self.status.is_none_or(|status| order.status == status)
            && self.seller.is_none_or(|seller| order.seller == seller)
    }

    fn looks_at_each(&self) -> bool {
        self.status.is_some() || self.seller.is_some()
    }
}

/// Orders as an index has them, each with the place from which a list goes on after it.
struct Batch {
    orders: Vec<(Order, Position)>,
    next: Option<Position>,
}

impl Store {
    /// Lists orders, newest first. The index may miss what changed in the last moments.
    ///
    /// A page that is filtered by status or seller looks at no more than 500 orders; it may hold less than `limit`, or
    /// nothing, and have a next one all the same.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn find_orders(
        &self,
        scope: TenantScope,
        whose: Whose,
        filter: &OrderFilter,
        limit: u32,
        mut from: Option<Position>,
    ) -> Result<Page<Order>> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let step = if filter.looks_at_each() { LOOKED_AT } else { wanted };
        let mut found = Vec::new();
        for _ in 0..MOST_QUERIES {
            let batch = self.batch(scope, whose, filter, step, from).await?;
            let count = batch.orders.len();
            for (number, (order, place)) in batch.orders.into_iter().enumerate() {
                if !filter.admits(&order) {
                    continue;
                }
                found.push(order);
                if found.len() >= wanted {
                    let is_last = number.saturating_add(1) >= count;
                    return Ok(Page { items: found, next: if is_last { batch.next } else { Some(place) } });
                }
            }
            from = batch.next;
            if from.is_none() {
                break;
            }
        }
        Ok(Page { items: found, next: from })
    }

    /// Reads all orders that were placed in the filter's time, newest first; none when they are more than `most`, whatever
    /// their status and seller.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn orders_within(
        &self,
        scope: TenantScope,
        whose: Whose,
        filter: &OrderFilter,
        most: usize,
    ) -> Result<Option<Vec<Order>>> {
        let (mut found, mut from, mut seen) = (Vec::new(), None, 0usize);
        loop {
            let batch = self.batch(scope, whose, filter, LOOKED_AT, from).await?;
            seen = seen.saturating_add(batch.orders.len());
            if seen > most {
                return Ok(None);
            }
            found.extend(batch.orders.into_iter().map(|(order, _)| order).filter(|order| filter.admits(order)));
            from = batch.next;
            if from.is_none() {
                return Ok(Some(found));
            }
        }
    }

    async fn batch(
        &self,
        scope: TenantScope,
        whose: Whose,
        filter: &OrderFilter,
        step: usize,
        from: Option<Position>,
    ) -> Result<Batch> {
        let (index, partition) = match whose {
            Whose::Buyer(user) => (Index::First, key::orders_of_list(scope, user)),
            Whose::Seller(seller) => (Index::Second, key::orders_for_list(scope, seller)),
            Whose::Everybody => return self.batch_of_all(scope, filter, step, from).await,
        };
        let (low, high) = key::made_between::<OrderId>(filter.from, filter.to);
        let query = self.table.query(partition).index(index).between(low, high).newest_first();
        let rows = query.limit(u32::try_from(step).unwrap_or(u32::MAX)).from(from).rows().await?;
        let placed = |item| {
            let place = Position::of(&item, Some(index));
            row::value(item).map(|order| (order, place))
        };
        Ok(Batch { orders: rows.items.into_iter().map(placed).collect::<Result<_>>()?, next: rows.next })
    }

    async fn batch_of_all(
        &self,
        scope: TenantScope,
        filter: &OrderFilter,
        step: usize,
        from: Option<Position>,
    ) -> Result<Batch> {
        let (low, mut high) = key::made_between::<OrderGroupId>(filter.from, filter.to);
        let seen = from.as_ref().and_then(|from| from.0.get(ORDER));
        // The checkout of the last order may have more.
        if let Some(group) = from.as_ref().and_then(|from| from.0.get(GROUP)) {
            high.clone_from(group);
        }
        let query = self.table.query(key::order_groups_list(scope)).index(Index::First).between(low, high);
        let most = u32::try_from(step.saturating_add(1)).unwrap_or(u32::MAX);
        let groups: Page<OrderGroup> = query.newest_first().limit(most).page().await?;
        let (mut wanted, mut more) = (Vec::<OrderId>::new(), groups.next.is_some());
        for (number, group) in groups.items.into_iter().enumerate() {
            let left: Vec<OrderId> = match seen.filter(|_| number == 0) {
                Some(seen) => group.orders.into_iter().skip_while(|order| order.to_string() != *seen).skip(1).collect(),
                None => group.orders,
            };
            // One call reads so many, and no checkout has more.
            if wanted.len().saturating_add(left.len()) > LOOKED_AT {
                more = true;
                break;
            }
            wanted.extend(left);
        }
        let orders = self.orders(scope, &wanted).await?;
        let orders: Vec<_> =
            orders.into_iter().map(|order| (place(&order), order)).map(|(at, order)| (order, at)).collect();
        let next = orders.last().filter(|_| more).map(|(_, place)| place.clone());
        Ok(Batch { orders, next })
    }
}

const GROUP: &str = "group";
const ORDER: &str = "order";

/// Returns where a list of everybody's orders goes on after one of them.
fn place(order: &Order) -> Position {
    let names = [(GROUP, order.group.to_string()), (ORDER, order.id.to_string())];
    Position(names.map(|(name, id)| (name.to_owned(), id)).into_iter().collect::<BTreeMap<_, _>>())
}
