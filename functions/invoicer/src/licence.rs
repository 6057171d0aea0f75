//! The licence keys of a paid order.

use domain::licence::{self, LineLicences};
use domain::operation::Operation;
use domain::order::Order;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use platform::licences;
use platform::vault::Place;
use store::table::Consistency;
use worker::JobError;

use crate::State;

/// Makes a key for each piece of the lines that come with keys, once, and seals them for the buyer alone.
///
/// Nothing is made for somebody who was erased: nobody could read it.
///
/// # Errors
/// When a step fails; the next run goes on with the lines that have no keys yet.
pub async fn issue(state: &State, operation: &Operation, tenant: &Tenant, order: &Order) -> Result<(), JobError> {
    if !order.lines.iter().any(|line| line.licence_keys) {
        return Ok(());
    }
    let (known, buyer) = tokio::try_join!(
        state.store.licences(operation.scope, order),
        state.store.user(operation.scope, order.user, Consistency::Strong),
    )?;
    let Some(part) = buyer.and_then(|buyer| buyer.key_part) else { return Ok(()) };
    let item = order.id.to_string();
    for (line, place) in order.lines.iter().zip(0u32..) {
        if !line.licence_keys || known.iter().any(|known| known.line == place) {
            continue;
        }
        let keys: Vec<String> = (0..line.quantity.get()).map(|_| licence::generate(&operation.ambient)).collect();
        let hashes: Vec<String> = keys.iter().map(|key| licences::hash(key)).collect();
        let field = licence::field(place);
        let keys = state.vault.seal_json(tenant, Purpose::Pii, Place::of(&part, &item, &field), &keys).await?;
        let made = LineLicences { order: order.id, line: place, user: order.user, keys, issued_at: operation.now };
        state.store.keep_licences(operation, &made, &hashes).await?;
    }
    Ok(())
}
