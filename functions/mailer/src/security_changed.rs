//! "Something about how you sign in has changed."

use domain::calendar;
use domain::event::SecurityChange;
use domain::id::UserId;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::ticket::field;
use platform::vault::Place;
use worker::{Job, JobError};

use crate::letter::{Letter, SecurityNotice};
use crate::{Composed, Sent, State, instant};

/// Writes the notice of a change; none when its person is gone. That the address has changed is told at the old one, which was
/// set aside under the event's id.
pub(crate) async fn mail(
    state: &State,
    job: &Job,
    tenant: &Tenant,
    user: UserId,
    change: SecurityChange,
) -> Result<Option<Composed>, JobError> {
    let scope = job.operation.scope;
    let Some(to) = state.recipient(scope, tenant, user).await? else { return Ok(None) };
    let (address, sent) = match change {
        SecurityChange::Email => {
            let (Some(sealed), Some(part)) =
                (state.store.old_address(scope, user, job.id).await?, to.user.key_part.as_ref())
            else {
                return Ok(None);
            };
            let item = user.to_string();
            let place = Place::of(part, &item, field::OLD_EMAIL);
            let address = state.vault.open_text(tenant, Purpose::Pii, place, &sealed).await?;
            (address, Sent::OldAddress(user))
        }
        _ => (to.email, Sent::Nothing),
    };
    let settings = &tenant.settings;
    let letter = Letter::SecurityNotice(SecurityNotice {
        name: to.name,
        change,
        at: instant(&settings.locale, &calendar::local(job.occurred_at, &settings.time_zone)),
        reset_url: format!("{}/forgot-password", state.shop_url(tenant)),
    });
    Ok(Some(Composed { mail: state.write(tenant, &letter, address).await?, sent }))
}
