//! Ids: a prefix that names the kind, and a ULID that sorts by time of creation.
//!
//! Architecture invariant: this registry is the only list of prefixes. An id of one kind can't be
//! passed where another kind is expected, and parsing refuses a foreign prefix.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::clock::Timestamp;

/// A prefixed ULID of one kind.
pub trait Id: Copy + Eq + fmt::Display + FromStr<Err = InvalidId> {
    /// The prefix without the underscore, such as `usr`.
    const PREFIX: &'static str;

    /// Makes an id that was created at `at`; the low 80 bits of `random` make it unique.
    fn from_parts(at: Timestamp, random: u128) -> Self;

    /// Returns the ULID without its prefix.
    fn ulid(self) -> Ulid;

    /// Returns when the id says it was made.
    fn made_at(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.ulid().timestamp_ms()).unwrap_or(i64::MAX))
    }
}

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}_ id")]
pub struct InvalidId(pub &'static str);

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident $prefix:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;

            fn from_parts(at: Timestamp, random: u128) -> Self {
                Self(Ulid::from_parts(u64::try_from(at.as_millis()).unwrap_or(0), random))
            }

            fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|rest| rest.len() == 26 && !rest.bytes().any(|b| b.is_ascii_lowercase()))
                    .and_then(|rest| Ulid::from_string(rest).ok())
                    .map(Self)
                    // Crockford's alphabet folds I, L and O: only the canonical spelling is an id.
                    .filter(|id| id.to_string() == text)
                    .ok_or(InvalidId($prefix))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*

    #[cfg(test)]
    const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

id_types! {
    /// An organization that runs a marketplace.
    TenantId "ten",
    /// A person with an account in one tenant.
    UserId "usr",
    /// A signed-in device: one family of refresh tokens.
    SessionId "ses",
    /// A secret that is used once, sent by mail: to verify an address, to reset a password, to accept an invitation.
    TicketId "otk",
    /// A browser or app that a user has signed in from before.
    DeviceId "dev",
    /// An address in a user's address book.
    AddressId "adr",
    /// Somebody who sells products.
    SellerId "sel",
    /// Something sold from a catalog.
    ProductId "prd",
    /// A material that a product can be made of.
    MaterialId "mat",
    /// A 3D model file attached to a product.
    ModelId "mdl",
    /// A line of a cart.
    CartLineId "cli",
    /// One checkout: the orders that are paid together.
    OrderGroupId "grp",
    /// What one seller delivers of a checkout.
    OrderId "ord",
    /// An attempt to pay an order group.
    PaymentId "pay",
    /// An invoice of one order.
    InvoiceId "inv",
    /// A place in the tree of categories.
    CategoryId "cat",
    /// A price reduction that buyers know the code of.
    CouponId "cpn",
    /// The cart of somebody who has not signed in.
    AnonymousCartId "crt",
    /// Money that is given back.
    RefundId "rfd",
    /// A document that takes back an invoice or a part of it.
    CreditNoteId "crn",
    /// A line in a seller's or the tenant's books.
    EntryId "ent",
    /// Money that is paid out to a seller.
    PayoutId "pyt",
    /// Somebody who carries parcels.
    CarrierId "car",
    /// A parcel on its way.
    ShipmentId "shp",
    /// A bulk import of products.
    ImportId "imp",
    /// A bulk export of products.
    ExportId "exp",
    /// A file under our care.
    FileId "fil",
    /// Something that happened, as told to other functions.
    EventId "evt",
    /// A row of the audit trail.
    AuditId "aud",
    /// A row of a file's access log.
    AccessId "acc",
    /// One request, when the client brought no id of its own.
    RequestId "req",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_prefix_is_used_once() {
        assert_eq!(PREFIXES.iter().collect::<BTreeSet<_>>().len(), PREFIXES.len());
    }

    #[test]
    fn a_foreign_prefix_or_spelling_is_refused() {
        let id = UserId::from_parts(Timestamp::from_millis(1_700_000_000_000), 1);
        assert!(id.to_string().replace("usr_", "ten_").parse::<UserId>().is_err());
        assert!(id.to_string().to_lowercase().parse::<UserId>().is_err());
        assert!("usr_".parse::<UserId>().is_err());
        assert!("usr_01ARZ3NDEKTSV4RRFFQ69G5FAO".parse::<UserId>().is_err());
    }

    proptest! {
        #[test]
        fn an_id_reads_back_and_sorts_by_time(a in 0i64..4_000_000_000_000, b in 0i64..4_000_000_000_000, random: u128) {
            let (first, second) = (
                OrderId::from_parts(Timestamp::from_millis(a), random),
                OrderId::from_parts(Timestamp::from_millis(b), random),
            );
            prop_assert_eq!(first.to_string().parse::<OrderId>().unwrap(), first);
            prop_assert_eq!(a.cmp(&b), first.to_string().cmp(&second.to_string()));
        }
    }
}
