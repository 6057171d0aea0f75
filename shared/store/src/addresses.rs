//! The address books of users.
//!
//! Which addresses there are, and which is the default, is written on the user under the user's version;
//! each address is an item of its own beside the user.

use domain::address::{Address, AddressBook};
use domain::id::{AddressId, UserId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use domain::user::User;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Lists all addresses of a user, oldest first, with the book that says which is the default.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn addresses(&self, scope: TenantScope, user: UserId) -> Result<(AddressBook, Vec<Address>)> {
        let query = self.table.query(partition(scope, user)).starting_with(key::ADDRESSES);
        let query = query.consistency(Consistency::Strong);
        let (owner, page) = tokio::try_join!(self.user(scope, user, Consistency::Strong), query.page::<Address>())?;
        Ok((owner.map(|owner| owner.address_book).unwrap_or_default(), page.items))
    }

    /// Reads one address of a user together with the user.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn address(
        &self,
        scope: TenantScope,
        user: UserId,
        address: AddressId,
        consistency: Consistency,
    ) -> Result<Option<(User, Address)>> {
        let (owner, address) = (key::user(scope, user), key::address(scope, user, address));
        let mut found = self.table.get_many([owner.clone(), address.clone()], consistency).await?;
        Ok(found.take::<User>(&owner)?.zip(found.take::<Address>(&address)?))
    }

    /// Adds an address; `owner` is the user as read, `book` the book with the address in it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the user changed meanwhile.
    pub async fn create_address(
        &self,
        operation: &Operation,
        owner: &User,
        book: &AddressBook,
        address: &Address,
    ) -> Result<()> {
        let row = Row::new(key::address(operation.scope, owner.id, address.id), "Address", address)?;
        self.change_book(operation, owner, book, address.id, Write::create(row)).await
    }

    /// Replaces an address if it and its user are as they were read; `address.version` is the one that was read.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one of them changed meanwhile.
    pub async fn update_address(
        &self,
        operation: &Operation,
        owner: &User,
        book: &AddressBook,
        address: &Address,
    ) -> Result<()> {
        let next = Address { version: address.version.saturating_add(1), ..address.clone() };
        let row = Row::new(key::address(operation.scope, owner.id, address.id), "Address", &next)?;
        let write = Write::put(row).when("version", "=", address.version)?;
        self.change_book(operation, owner, book, address.id, write).await
    }

    /// Removes an address; `book` is the book without it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it or its user changed meanwhile.
    pub async fn delete_address(
        &self,
        operation: &Operation,
        owner: &User,
        book: &AddressBook,
        address: &Address,
    ) -> Result<()> {
        let key = key::address(operation.scope, owner.id, address.id);
        let write = Write::delete(key).when("version", "=", address.version)?;
        self.change_book(operation, owner, book, address.id, write).await
    }

    async fn change_book(
        &self,
        operation: &Operation,
        owner: &User,
        book: &AddressBook,
        address: AddressId,
        change: Write,
    ) -> Result<()> {
        let user = Write::update(key::user(operation.scope, owner.id))
            .set("addressBook", book)?
            .set("updatedAt", operation.now)?
            .set("updatedBy", owner.id)?
            .add("version", 1)?
            .when("version", "=", owner.version)?;
        let audit = audit::record(operation, Action::AddressBookChanged, &address.to_string())?;
        self.table.transact(vec![change, user, audit]).await?.map_err(|_| Error::Conflict)
    }
}

fn partition(scope: TenantScope, user: UserId) -> String {
    let Key { pk, .. } = key::user(scope, user);
    pk
}
