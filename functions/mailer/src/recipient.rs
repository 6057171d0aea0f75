//! To whom a mail goes.

use domain::catalog::Seller;
use domain::id::UserId;
use domain::order::Order;
use domain::tenant::{Tenant, TenantScope};
use domain::user::{User, UserStatus, field};
use platform::people;
use store::table::Consistency;
use worker::JobError;

use crate::State;

/// A person who gets a mail.
pub(crate) struct Recipient {
    /// The address.
    pub(crate) email: String,
    /// What to call the person.
    pub(crate) name: String,
    /// The account.
    pub(crate) user: User,
}

impl State {
    /// Reads and opens who sells an order; nobody when the account is closed for good.
    pub(crate) async fn seller_of(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        order: &Order,
    ) -> Result<Option<Recipient>, JobError> {
        self.recipient(scope, tenant, Seller::person_of(order.seller)).await
    }

    /// Reads and opens whom to write to; nobody when the account is closed for good.
    pub(crate) async fn recipient(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        user: UserId,
    ) -> Result<Option<Recipient>, JobError> {
        match self.store.user(scope, user, Consistency::Strong).await? {
            Some(user) => self.addressee(tenant, user).await,
            None => Ok(None),
        }
    }

    /// Opens whom to write to; nobody when the account is closed for good.
    pub(crate) async fn addressee(&self, tenant: &Tenant, user: User) -> Result<Option<Recipient>, JobError> {
        if user.status == UserStatus::Deleted {
            return Ok(None);
        }
        let open = async |field, sealed| people::open_field(&self.vault, tenant, &user, field, sealed).await;
        let (email, name) = (open(field::EMAIL, &user.email).await?, open(field::FIRST_NAME, &user.first_name).await?);
        Ok(Some(Recipient { email, name, user }))
    }
}
