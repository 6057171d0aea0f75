//! What people tell of themselves, changed by themselves.

use domain::operation::{Action, Operation};
use domain::user::User;

use crate::error::{Error, Result};
use crate::key::Index;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Stores names, phone number and username of an account, if it has the version that was read; `changed.version` is
    /// that version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the account changed meanwhile.
    pub async fn change_profile(&self, operation: &Operation, changed: &User) -> Result<()> {
        let mut account = Write::update(key::user(operation.scope, changed.id))
            .set("firstName", &changed.first_name)?
            .set("lastName", &changed.last_name)?
            .set("updatedAt", operation.now)?
            .set("updatedBy", changed.id)?
            .add("version", 1)?
            .when("version", "=", changed.version)?;
        account = match (&changed.phone, &changed.phone_index) {
            (Some(phone), Some(index)) => account.set("phone", phone)?.set("phoneIndex", index)?.index(&key::phone(
                operation.scope,
                index,
                changed.id,
            ))?,
            _ => account.remove("phone").remove("phoneIndex").unindex(Index::First),
        };
        account = match &changed.username {
            Some(name) => account.set("username", name)?,
            None => account.remove("username"),
        };
        let writes = vec![account, audit::record(operation, Action::ProfileChanged, &changed.id.to_string())?];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }
}
