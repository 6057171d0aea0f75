//! To whom a mail goes.

use domain::id::UserId;
use domain::pii::Purpose;
use domain::tenant::{Tenant, TenantScope};
use domain::user::{UserStatus, field};
use platform::vault::Place;
use store::table::Consistency;
use worker::JobError;

use crate::State;

/// A person who gets a mail.
pub(crate) struct Recipient {
    /// The address.
    pub(crate) email: String,
    /// What to call the person.
    pub(crate) name: String,
}

impl State {
    /// Reads and opens whom to write to; nobody when the account is closed for good.
    pub(crate) async fn recipient(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        user: UserId,
    ) -> Result<Option<Recipient>, JobError> {
        let Some(user) = self.store.user(scope, user, Consistency::Strong).await? else {
            return Ok(None);
        };
        if user.status == UserStatus::Deleted {
            return Ok(None);
        }
        let item = user.id.to_string();
        let place = |field| Place { item: &item, field };
        let email = self.vault.open_text(tenant, Purpose::Pii, place(field::EMAIL), &user.email).await?;
        let name = self.vault.open_text(tenant, Purpose::Pii, place(field::FIRST_NAME), &user.first_name).await?;
        Ok(Some(Recipient { email: email.to_string(), name: name.to_string() }))
    }
}
