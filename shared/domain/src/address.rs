//! The address book of a user.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{AddressId, UserId};
use crate::pii::Sealed;

/// How many addresses a user may keep.
pub const MOST: usize = 20;

/// The name of the sealed field that holds a [`PostalAddress`].
pub const FIELD: &str = "address";

/// One entry of an address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The address's id.
    pub id: AddressId,
    /// Whose it is.
    pub user: UserId,
    /// A sealed [`PostalAddress`], bound to this id.
    pub address: Sealed,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

/// Where somebody is to be found.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostalAddress {
    /// Who receives it.
    pub full_name: String,
    /// Whom to call, in the form of [`crate::user::Phone`].
    pub phone: String,
    /// Street and number.
    pub line1: String,
    /// Floor, building, landmark.
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// The state or province.
    pub state: Option<String>,
    /// The postal code.
    pub postal_code: String,
    /// The ISO 3166-1 alpha-2 code of the country.
    pub country: String,
}

impl PostalAddress {
    /// Returns what is shown in place of the address of somebody whose data were erased: blanks.
    pub fn blank() -> Self {
        let none = String::new;
        Self {
            full_name: none(),
            phone: none(),
            line1: none(),
            line2: None,
            city: none(),
            state: None,
            postal_code: none(),
            country: none(),
        }
    }

    /// Writes the place for people, line by line, without the person.
    pub fn lines(&self) -> Vec<String> {
        let city = match &self.state {
            Some(state) => format!("{} {}, {state}", self.city, self.postal_code),
            None => format!("{} {}", self.city, self.postal_code),
        };
        let lines = [Some(self.line1.clone()), self.line2.clone(), Some(city), Some(self.country.clone())];
        lines.into_iter().flatten().filter(|line| !line.trim().is_empty()).collect()
    }
}

impl std::fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostalAddress")
    }
}

/// Which addresses a user has. It is part of the user, so that one condition guards every change of it.
///
/// Invariant: there is a default exactly when there are addresses, and it is one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressBook {
    /// The addresses, oldest first.
    entries: Vec<AddressId>,
    /// The address that is proposed at checkout.
    default: Option<AddressId>,
}

/// The address book has [`MOST`] entries already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address book has at most 20 addresses")]
pub struct AddressBookFull;

impl AddressBook {
    /// Returns the addresses, oldest first.
    pub fn entries(&self) -> &[AddressId] {
        &self.entries
    }

    /// Returns the address that is proposed at checkout.
    pub fn default_entry(&self) -> Option<AddressId> {
        self.default
    }

    /// Adds an address, which becomes the default when it is wished or the first.
    ///
    /// # Errors
    /// When the book is full.
    pub fn add(mut self, id: AddressId, as_default: bool) -> Result<Self, AddressBookFull> {
        if self.entries.len() >= MOST {
            return Err(AddressBookFull);
        }
        if !self.entries.contains(&id) {
            self.entries.push(id);
        }
        if as_default || self.default.is_none() {
            self.default = Some(id);
        }
        Ok(self)
    }

    /// Makes an address the default; one that is not in the book changes nothing.
    #[must_use]
    pub fn choose(mut self, id: AddressId) -> Self {
        if self.entries.contains(&id) {
            self.default = Some(id);
        }
        self
    }

    /// Removes an address. When it was the default, the oldest of the others takes its place.
    #[must_use]
    pub fn remove(mut self, id: AddressId) -> Self {
        self.entries.retain(|entry| *entry != id);
        if self.default == Some(id) {
            self.default = self.entries.first().copied();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;

    fn id(n: u128) -> AddressId {
        AddressId::from_parts(Timestamp::from_millis(1_700_000_000_000), n)
    }

    #[derive(Debug, Clone)]
    enum Change {
        Add(u128, bool),
        Choose(u128),
        Remove(u128),
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            (0u128..30, any::<bool>()).prop_map(|(n, default)| Change::Add(n, default)),
            (0u128..30).prop_map(Change::Choose),
            (0u128..30).prop_map(Change::Remove),
        ]
    }

    proptest! {
        #[test]
        fn there_is_one_default_exactly_when_there_are_addresses(changes in proptest::collection::vec(change(), 0..80)) {
            let mut book = AddressBook::default();
            for change in changes {
                book = match change {
                    Change::Add(n, default) => book.clone().add(id(n), default).unwrap_or(book),
                    Change::Choose(n) => book.choose(id(n)),
                    Change::Remove(n) => book.remove(id(n)),
                };
                prop_assert_eq!(book.default_entry().is_some(), !book.entries().is_empty());
                prop_assert!(book.default_entry().is_none_or(|id| book.entries().contains(&id)));
                prop_assert!(book.entries().len() <= MOST);
            }
        }
    }

    #[test]
    fn the_oldest_address_takes_the_place_of_a_removed_default() {
        let book =
            AddressBook::default().add(id(1), false).unwrap().add(id(2), true).unwrap().add(id(3), false).unwrap();
        assert_eq!(book.default_entry(), Some(id(2)));
        assert_eq!(book.remove(id(2)).default_entry(), Some(id(1)));
    }
}
