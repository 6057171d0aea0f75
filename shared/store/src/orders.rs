//! Checkouts and orders: placed in one transaction, moved by conditional writes.

use domain::address::Address;
use domain::cart::{Cart, Holder};
use domain::clock::Timestamp;
use domain::coupon::CouponRefusal;
use domain::id::{AddressId, MaterialId, OrderGroupId, OrderId, UserId};
use domain::operation::{Action, Operation};
use domain::order::{Hold, MAX_WRITES, Order, OrderGroup, OrderStatus, Placed, TimelineEntry};
use domain::payment::Payment;
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::entitlements::grant;
use crate::error::Result;
use crate::idempotency::{self, Answer, Attempt, Verdict};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, audit, carts, coupons, holds, key, outbox};

/// How often a step of one order is tried while others change it.
const PROCESS_TRIES: u32 = 8;

/// What a checkout reads first.
#[derive(Debug)]
pub struct CheckoutStart {
    /// What the idempotency key says; none when it is new.
    pub verdict: Option<Verdict>,
    /// The buyer's cart.
    pub cart: Cart,
    /// The address, if the buyer has it.
    pub address: Option<Address>,
}

/// What became of a checkout's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// Everything was written.
    Placed,
    /// The idempotency key was used meanwhile.
    KeyUsed(Verdict),
    /// The cart was changed since it was read, so what it costs is not known any more.
    CartChanged,
    /// The coupon was used up, changed or deleted since it was read.
    CouponRefused(CouponRefusal),
    /// Stock went, or the material was withdrawn, since it was read.
    Unavailable {
        /// The material.
        material: MaterialId,
        /// How many pieces are left; none when it is not for sale any more.
        available: Option<u32>,
    },
}

/// What is left of a material, as a refused reservation finds it.
#[derive(Debug, Deserialize)]
struct Remainder {
    stock: Option<u32>,
    active: bool,
}

impl Store {
    /// Reads the idempotency key, the cart and the address of a checkout, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn start_checkout(
        &self,
        scope: TenantScope,
        user: UserId,
        address: AddressId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<CheckoutStart> {
        let slot = key::idempotency(scope, &attempt.slot);
        let (cart, address) = (key::cart(scope, user), key::address(scope, user, address));
        let keys = [slot.clone(), cart.clone(), address.clone()];
        let mut found = self.table.get_many(keys, Consistency::Strong).await?;
        let stored: Option<Cart> = found.take(&cart)?;
        let start = CheckoutStart {
            verdict: idempotency::recalled(attempt, found.take(&slot)?, now)?,
            cart: stored.map_or_else(|| Cart::empty(now), |cart| cart.at(now)),
            address: found.take(&address)?,
        };
        if start.verdict.is_some() || !start.cart.lines.is_empty() {
            return Ok(start);
        }
        // A batch is no snapshot: a twin of this request may have emptied the cart after its key was read.
        Ok(CheckoutStart { verdict: self.recall_key(scope, attempt, now).await?, ..start })
    }

    /// Places the orders of a checkout: group, orders, stock, emptied cart, answer, events and audit row, or nothing. Where
    /// nothing is to be paid, the rights to its files too.
    ///
    /// `cart` is the cart as it was read; it is emptied under its version. 40 lines of 40 sellers and a coupon make 87
    /// writes; what would be more than [`MAX_WRITES`] was refused when the orders were made.
    ///
    /// # Errors
    /// When the table can't be written. Everything that a buyer can do something about is a [`Placement`].
    pub async fn place_orders(
        &self,
        operation: &Operation,
        placed: &Placed,
        cart: &Cart,
        attempt: &Attempt,
        answer: Answer,
    ) -> Result<Placement> {
        let (scope, group) = (operation.scope, &placed.group);
        let emptied = cart.clone().emptied(operation.now);
        // The key comes first: a repeated request fails on it and on the cart, and must be told of the key.
        let mut writes = vec![
            idempotency::store_answer(scope, attempt, answer, operation.now)?,
            carts::replace(scope, &Holder::User(group.user), &emptied)?,
        ];
        for taken in &group.reservations {
            writes.push(holds::take(scope, taken)?.when("active", "=", true)?);
        }
        let first_of_coupon = writes.len();
        if let Some(coupon) = &placed.coupon {
            writes.extend(coupons::redeem(scope, group.user, coupon)?);
        }
        let is_held = group.hold() == Hold::Held;
        let hold = is_held.then(|| key::hold(scope, group.id, group.hold_until));
        let row = Row::new(key::order_group(scope, group.id), "OrderGroup", group)?;
        writes
            .push(Write::create(hold.into_iter().fold(row, Row::indexed).indexed(key::order_groups(scope, group.id))));
        for order in &placed.orders {
            let row = Row::new(key::order(scope, order.id), "Order", order)?
                .indexed(key::orders_of(scope, order.user, order.id))
                .indexed(key::orders_for(scope, order.seller, order.id));
            writes.push(Write::create(row));
        }
        if !is_held {
            // There was nothing to pay, so this transaction is the one that pays.
            for right in &group.grants {
                writes.push(grant(scope, group.user, right.file, right.order, operation.now)?);
            }
        }
        for event in &placed.events {
            writes.push(outbox::publish(scope, &operation.envelope(event.clone()))?);
        }
        writes.push(audit::record(operation, Action::OrderGroupPlaced, &group.id.to_string())?);
        debug_assert!(writes.len() <= MAX_WRITES, "{} writes", writes.len());
        let Err(refused) = self.table.transact(writes).await? else {
            return Ok(Placement::Placed);
        };
        if let Some(coupon) = &placed.coupon
            && let Some(place @ 0..coupons::WRITES) = refused.index.checked_sub(first_of_coupon)
        {
            let used_up = place > 0 || coupons::is_unchanged(coupon, refused.found)?;
            let refusal = if used_up { CouponRefusal::UsedUp } else { CouponRefusal::Unknown };
            return Ok(Placement::CouponRefused(refusal));
        }
        match refused.index {
            0 => idempotency::collided(attempt, refused.found).map(Placement::KeyUsed),
            1 => Ok(Placement::CartChanged),
            index => match group.reservations.get(index.saturating_sub(2)) {
                Some(taken) => {
                    let left: Option<Remainder> = refused.found.map(row::value).transpose()?;
                    Ok(Placement::Unavailable {
                        material: taken.material,
                        available: left.filter(|left| left.active).map(|left| left.stock.unwrap_or(0)),
                    })
                }
                // New ids that exist already.
                None => Err(Error::Conflict),
            },
        }
    }

    /// Reads one order.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn order(&self, scope: TenantScope, order: OrderId) -> Result<Option<Order>> {
        self.table.get(key::order(scope, order), Consistency::Strong).await
    }

    /// Reads several orders in one call, in the order asked; absent ones are left out.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn orders(&self, scope: TenantScope, orders: &[OrderId]) -> Result<Vec<Order>> {
        let keys = orders.iter().map(|order| key::order(scope, *order));
        let found = self.table.get_many(keys, Consistency::Strong).await?;
        let read = |order: &OrderId| found.read(&key::order(scope, *order)).transpose();
        orders.iter().filter_map(read).collect()
    }

    /// Reads a checkout.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn order_group(&self, scope: TenantScope, group: OrderGroupId) -> Result<Option<OrderGroup>> {
        self.table.get(key::order_group(scope, group), Consistency::Strong).await
    }

    /// Reads a checkout and its payments, oldest first, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn order_group_with_payments(
        &self,
        scope: TenantScope,
        group: OrderGroupId,
    ) -> Result<Option<(OrderGroup, Vec<Payment>)>> {
        let key = key::order_group(scope, group);
        let rows = self.table.query(key.pk.clone()).consistency(Consistency::Strong).rows().await?;
        let (mut found, mut payments) = (None, Vec::<Payment>::new());
        for attributes in rows.items {
            let is_group = attributes.get("sk").and_then(|sk| sk.as_s().ok()) == Some(&key.sk);
            if is_group {
                found = Some(row::value::<OrderGroup>(attributes)?);
            } else {
                payments.push(row::value(attributes)?);
            }
        }
        Ok(found.map(|group| (group, payments)))
    }

    /// Notes that a paid order is being made or packed, and returns it as it is then; `order` is as it was read.
    ///
    /// # Errors
    /// When the table can't be written. The inner error is the status that does not allow it.
    pub async fn process_order(
        &self,
        operation: &Operation,
        order: &Order,
    ) -> Result<std::result::Result<Order, OrderStatus>> {
        let scope = operation.scope;
        let mut order = order.clone();
        for _ in 0..PROCESS_TRIES {
            if let Err(status) = order.check_processable() {
                return Ok(Err(status));
            }
            let moved = advance(operation, order.id, OrderStatus::Processing, "being made or packed")?;
            let writes = vec![
                moved.when("version", "=", order.version)?,
                audit::record(operation, Action::OrderChanged, &order.id.to_string())?,
            ];
            if self.table.transact(writes).await?.is_ok() {
                return self.order(scope, order.id).await?.map(Ok).ok_or(Error::NotFound);
            }
            order = self.order(scope, order.id).await?.ok_or(Error::NotFound)?;
        }
        Err(Error::Busy("too many changes of one order at once".into()))
    }
}

/// Moves an order on, under the one table of transitions, and notes the step in its timeline.
pub(crate) fn advance(operation: &Operation, order: OrderId, next: OrderStatus, reason: &str) -> Result<Write> {
    let step =
        TimelineEntry { status: next, actor: operation.actor.clone(), reason: reason.to_owned(), at: operation.now };
    Write::update(key::order(operation.scope, order))
        .set("status", next)?
        .set("updatedAt", operation.now)?
        .append("timeline", step)?
        .add("version", 1)?
        .when_one_of("status", &OrderStatus::predecessors(next))
}
