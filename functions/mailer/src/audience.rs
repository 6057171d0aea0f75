//! Whom an event is told.

use std::fmt;

use domain::event::Event;
use domain::id::OrderId;
use domain::order::Party;

/// Somebody who is told of an event by a mail of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The one person whom the event is about: the buyer, mostly.
    Person,
    /// The seller of one of its orders.
    Seller(OrderId),
}

impl Audience {
    /// Lists whom an event is told, if it is told to anybody.
    pub fn of(event: &Event) -> Vec<Self> {
        match event {
            Event::OrderGroupPaid { orders, .. } => orders.iter().copied().map(Self::Seller).collect(),
            // A seller who calls an order off knows.
            Event::OrdersCancelled { orders, by, .. } if *by != Party::Seller => {
                std::iter::once(Self::Person).chain(orders.iter().copied().map(Self::Seller)).collect()
            }
            _ => vec![Self::Person],
        }
    }
}

/// Writes the name under which it is noted who was told.
impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("person"),
            Self::Seller(order) => write!(f, "seller of {order}"),
        }
    }
}
