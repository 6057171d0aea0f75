//! Devices on which somebody has signed in before: strangers who guess at a password can't lock them out.

use std::time::Duration;

use domain::id::{DeviceId, Id};
use domain::pii::{BlindIndex, Purpose};
use domain::tenant::Tenant;
use platform::tokens::DeviceToken;
use platform::vault::VaultError;
use web::Edge;

/// How long a browser keeps the device token: as long as browsers keep anything.
pub(crate) const KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Returns the device that a token proves to be known at an address; none for anything but a token that we made for it.
pub(crate) async fn known(
    edge: &Edge,
    tenant: &Tenant,
    email: &BlindIndex,
    token: Option<&str>,
) -> Result<Option<DeviceId>, VaultError> {
    let Some((text, claimed)) = token.and_then(|text| Some((text, DeviceToken::claimed(text)?))) else {
        return Ok(None);
    };
    match edge.vault().derive_as_of(tenant, Purpose::Session, "device", claimed.0.made_at()).await {
        Ok(key) => Ok(claimed.is_genuine(text, &key, email).then_some(claimed.0)),
        // The id is made up: there was no key at that time.
        Err(VaultError::Unreadable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the token of a device, of a new one when it is not known yet.
pub(crate) async fn token(
    edge: &Edge,
    tenant: &Tenant,
    email: &BlindIndex,
    known: Option<DeviceId>,
) -> Result<String, VaultError> {
    let device = known.unwrap_or_else(|| edge.ambient().id());
    let key = edge.vault().derive_as_of(tenant, Purpose::Session, "device", device.made_at()).await?;
    Ok(DeviceToken(device).expose(&key, email))
}
