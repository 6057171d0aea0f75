//! Calling an order off: who may, until when, and why.

use serde::{Deserialize, Serialize};

use super::{Order, OrderStatus, TimelineEntry};
use crate::access::{Caller, Permission, Role};
use crate::operation::Actor;

/// What somebody is to an order that they do something with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Party {
    /// Who bought it.
    Buyer,
    /// Who delivers it.
    Seller,
    /// Who brings it.
    Carrier,
    /// The tenant's people.
    Staff,
    /// A payment provider.
    Provider,
    /// The marketplace by itself.
    System,
}

impl Party {
    /// Tells what an actor is to an order. Somebody who is several things is the one that says most: the buyer is the buyer
    /// even where they work for the tenant.
    pub fn of(actor: &Actor, order: &Order) -> Self {
        match actor {
            Actor::User { id, .. } if *id == order.user => Self::Buyer,
            Actor::User { roles, .. } => {
                let may = |permission| roles.iter().any(|role| role.permissions().contains(&permission));
                if may(Permission::ManageOrders) {
                    Self::Staff
                } else if roles.contains(&Role::Seller) {
                    Self::Seller
                } else if may(Permission::Carry) {
                    Self::Carrier
                } else {
                    Self::Staff
                }
            }
            Actor::Provider { .. } => Self::Provider,
            Actor::System { .. } | Actor::Anonymous => Self::System,
        }
    }
}

/// Why an order is called off. One of a few and no free text: what somebody types may be about a person, and a timeline
/// outlives the people in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelReason {
    /// The buyer does not want it any more.
    ChangedMind,
    /// It was ordered by mistake.
    Mistake,
    /// It takes too long.
    TooSlow,
    /// There is none left.
    OutOfStock,
    /// It can't be delivered there.
    Undeliverable,
    /// Something about the payment or the buyer is not right.
    Suspicious,
    /// None of these, or nobody said.
    #[default]
    Unsaid,
}

impl CancelReason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::ChangedMind,
        Self::Mistake,
        Self::TooSlow,
        Self::OutOfStock,
        Self::Undeliverable,
        Self::Suspicious,
        Self::Unsaid,
    ];

    /// Returns what the timeline says.
    pub fn words(self) -> &'static str {
        match self {
            Self::ChangedMind => "not wanted any more",
            Self::Mistake => "ordered by mistake",
            Self::TooSlow => "takes too long",
            Self::OutOfStock => "out of stock",
            Self::Undeliverable => "can't be delivered",
            Self::Suspicious => "could not be verified",
            Self::Unsaid => "called off",
        }
    }
}

/// Why an order can't be called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefused {
    /// It has come too far, or is over.
    #[error("the order is {}", .0.as_str())]
    Status(OrderStatus),
    /// Some of it is in a parcel.
    #[error("some of the order is in a parcel already")]
    Sent,
    /// The buyer has downloaded some of it, or has got licence keys, which can't be handed back.
    #[error("files or licence keys of the order were handed out already")]
    HandedOut,
    /// The payer's bank contests its payment: the money would go back twice.
    #[error("the payment is disputed")]
    Disputed,
    /// It is unpaid, and other sellers have a part in its checkout: what is to be paid would change under the buyer.
    #[error("other sellers have a part in the unpaid checkout")]
    Shared,
}

impl Order {
    /// Tells in which part `caller` may call the order off: the buyer, its seller, and those who change every order.
    pub fn cancelled_as(&self, caller: &Caller) -> Option<Party> {
        if caller.owns(self.user) && caller.may(Permission::Shop) {
            Some(Party::Buyer)
        } else if caller.may(Permission::ManageOrders) {
            Some(Party::Staff)
        } else {
            (caller.sells_as(self.seller) && caller.may(Permission::SellProducts)).then_some(Party::Seller)
        }
    }

    /// Checks that the order can still be called off: nothing of it was sent, and it is not over.
    ///
    /// # Errors
    /// With what stands against it.
    pub fn check_cancellable(&self) -> Result<(), CancelRefused> {
        if self.was_sent() {
            return Err(CancelRefused::Sent);
        }
        match self.status.advance(OrderStatus::Cancelled) {
            Ok(_) => Ok(()),
            Err(_) => Err(CancelRefused::Status(self.status)),
        }
    }
}

impl TimelineEntry {
    /// Tells what the one who did it was to the order.
    pub fn party(&self, order: &Order) -> Party {
        Party::of(&self.actor, order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::Id;
    use crate::order::PaidSample;

    fn at() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }

    fn id<I: Id>(n: u128) -> I {
        I::from_parts(at(), n)
    }

    fn order() -> Order {
        PaidSample { order: id(1), seller: id(7), lines: &[(100, 18, 1)], shipping: 0 }.order()
    }

    fn after(steps: &[OrderStatus]) -> Order {
        let actor = Actor::System { name: "test".to_owned() };
        let step = |status: &OrderStatus| TimelineEntry {
            status: *status,
            actor: actor.clone(),
            reason: String::new(),
            at: at(),
        };
        let mut order = order();
        order.timeline = steps.iter().map(step).collect();
        order.status = *steps.last().unwrap();
        order
    }

    #[test]
    fn what_was_sent_or_is_over_can_not_be_called_off() {
        use OrderStatus::{
            Cancelled, Created, Delivered, Expired, Paid, PartiallyRefunded, Processing, Refunded, Shipped,
        };
        for steps in [&[Created][..], &[Created, Paid], &[Paid, Processing], &[Paid, PartiallyRefunded]] {
            assert_eq!(after(steps).check_cancellable(), Ok(()), "{steps:?}");
        }
        for steps in [&[Paid, Shipped][..], &[Paid, Shipped, Delivered], &[Paid, Shipped, PartiallyRefunded]] {
            assert_eq!(after(steps).check_cancellable(), Err(CancelRefused::Sent), "{steps:?}");
        }
        for over in [Cancelled, Expired, Refunded] {
            assert_eq!(after(&[Created, over]).check_cancellable(), Err(CancelRefused::Status(over)));
        }
        assert!(after(&[Created, Paid, Cancelled]).was_paid() && !after(&[Created, Cancelled]).was_paid());
    }

    #[test]
    fn a_step_tells_what_its_actor_was_to_the_order_and_not_who() {
        let order = order();
        let user = |user, roles: &[Role]| Actor::User { id: user, roles: roles.to_vec() };
        for (actor, party) in [
            (user(order.user, &[Role::Owner]), Party::Buyer),
            (user(id(50), &[Role::Staff, Role::Seller]), Party::Staff),
            (user(id(50), &[Role::Seller]), Party::Seller),
            (user(id(50), &[Role::Carrier]), Party::Carrier),
            (Actor::Provider { name: "stripe".to_owned() }, Party::Provider),
            (Actor::System { name: "janitor".to_owned() }, Party::System),
        ] {
            assert_eq!(Party::of(&actor, &order), party, "{actor:?}");
        }
    }
}
