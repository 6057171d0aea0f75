//! "You can sell now", or not any more.

use domain::catalog::SellerStatus;
use domain::id::{SellerId, UserId};
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use store::table::Consistency;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, SellerMoved};

/// Writes to a seller; none when the person is gone.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    seller: SellerId,
    user: UserId,
    status: SellerStatus,
) -> Result<Option<Mail>, JobError> {
    let to = state.recipient(scope, tenant, user).await?;
    let profile = state.store.seller(scope, seller, Consistency::Eventual).await?;
    let Some((to, profile)) = to.zip(profile) else { return Ok(None) };
    let letter = Letter::SellerMoved(SellerMoved { name: to.name, seller: profile.name.into(), status });
    state.write(tenant, &letter, to.email).await.map(Some)
}
