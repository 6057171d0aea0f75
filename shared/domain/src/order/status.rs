//! The life of an order and of the checkout that it came from.

use serde::{Deserialize, Serialize};

use crate::transition::InvalidTransition;

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $text:literal => [$($next:ident),*],)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All statuses.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the status as it is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns what may follow: the one table of transitions.
            pub fn successors(self) -> &'static [Self] {
                match self { $(Self::$variant => &[$(Self::$next),*],)* }
            }

            /// Goes on to `next`.
            ///
            /// # Errors
            /// When the present status does not allow it.
            pub fn advance(self, next: Self) -> Result<Self, InvalidTransition> {
                if self.successors().contains(&next) {
                    Ok(next)
                } else {
                    Err(InvalidTransition { from: self.as_str(), to: next.as_str() })
                }
            }

            /// Returns every status that `next` may follow, for the condition of a stored transition.
            pub fn predecessors(next: Self) -> Vec<Self> {
                Self::ALL.iter().copied().filter(|status| status.successors().contains(&next)).collect()
            }
        }
    };
}
pub(crate) use statuses;

statuses! {
    /// How far one seller's order has come.
    OrderStatus {
        /// Placed; its stock is held.
        Created "CREATED" => [PaymentPending, Cancelled, Expired],
        /// A payment is open at a provider.
        PaymentPending "PAYMENT_PENDING" => [Paid, PaymentFailed, Cancelled, Expired],
        /// The last payment failed; another may follow, or that one may still be captured.
        PaymentFailed "PAYMENT_FAILED" => [PaymentPending, Paid, Cancelled, Expired],
        /// Paid.
        Paid "PAID" => [Processing, Cancelled, PartiallyRefunded, Refunded],
        /// Being made or packed.
        Processing "PROCESSING" => [Shipped, Cancelled, PartiallyRefunded, Refunded],
        /// On its way.
        Shipped "SHIPPED" => [Delivered, PartiallyRefunded, Refunded],
        /// Arrived.
        Delivered "DELIVERED" => [PartiallyRefunded, Refunded],
        /// Called off.
        Cancelled "CANCELLED" => [],
        /// Not paid in time; its stock went back. A payment captured too late takes it again while there is some.
        Expired "EXPIRED" => [PaymentPending, Paid],
        /// Some of the money was given back; what is left of the order goes on.
        PartiallyRefunded "PARTIALLY_REFUNDED" => [Processing, Shipped, Delivered, Cancelled, Refunded],
        /// All of the money was given back.
        Refunded "REFUNDED" => [],
    }
}

impl OrderStatus {
    /// Tells whether the money for the order was taken and not fully given back.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Processing | Self::Shipped | Self::Delivered | Self::PartiallyRefunded)
    }
}

statuses! {
    /// How far a checkout has come towards being paid.
    GroupStatus {
        /// Placed; stock is held.
        Created "CREATED" => [PaymentPending, Cancelled, Expired],
        /// A payment is open at a provider.
        PaymentPending "PAYMENT_PENDING" => [Paid, PaymentFailed, Cancelled, Expired],
        /// The last payment failed.
        PaymentFailed "PAYMENT_FAILED" => [PaymentPending, Paid, Cancelled, Expired],
        /// Paid; the orders go their own ways from here.
        Paid "PAID" => [],
        /// Called off before it was paid.
        Cancelled "CANCELLED" => [],
        /// Not paid in time. A payment captured too late pays it while there is stock, after holding it again where it is large.
        Expired "EXPIRED" => [PaymentPending, Paid],
    }
}

/// What became of the stock of a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hold {
    /// Taken from the stock until it is paid or time is up.
    Held,
    /// Sold.
    Committed,
    /// Given back.
    Released,
}

impl GroupStatus {
    /// Returns what the stock of a checkout is in this status.
    pub fn hold(self) -> Hold {
        match self {
            Self::Created | Self::PaymentPending | Self::PaymentFailed => Hold::Held,
            Self::Paid => Hold::Committed,
            Self::Cancelled | Self::Expired => Hold::Released,
        }
    }

    /// Returns the status of the orders of a checkout in this status, until they go their own ways.
    pub fn of_orders(self) -> OrderStatus {
        match self {
            Self::Created => OrderStatus::Created,
            Self::PaymentPending => OrderStatus::PaymentPending,
            Self::PaymentFailed => OrderStatus::PaymentFailed,
            Self::Paid => OrderStatus::Paid,
            Self::Cancelled => OrderStatus::Cancelled,
            Self::Expired => OrderStatus::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_checkout_may_do_all_of_its_orders_may() {
        for status in GroupStatus::ALL {
            for next in status.successors() {
                assert!(status.of_orders().advance(next.of_orders()).is_ok(), "{status:?} → {next:?}");
            }
        }
    }

    #[test]
    fn money_once_taken_is_never_forgotten() {
        for status in OrderStatus::ALL.iter().filter(|status| status.is_paid()) {
            for next in status.successors() {
                assert!(
                    next.is_paid() || matches!(next, OrderStatus::Cancelled | OrderStatus::Refunded),
                    "{status:?} → {next:?}"
                );
            }
        }
    }

    #[test]
    fn a_forbidden_transition_says_what_is_forbidden() {
        let refused = OrderStatus::Shipped.advance(OrderStatus::Paid).unwrap_err();
        assert_eq!(refused.to_string(), "SHIPPED can't become PAID");
        assert_eq!(
            OrderStatus::predecessors(OrderStatus::Paid),
            [OrderStatus::PaymentPending, OrderStatus::PaymentFailed, OrderStatus::Expired]
        );
    }
}
