//! `POST /auth/mfa/setup`

use axum::extract::State;
use axum::response::Response;
use domain::pii::Purpose;
use domain::user::field;
use platform::people;
use platform::totp::Authenticator;
use platform::vault::{Place, VaultError};
use serde::Serialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Problem, Reply, idempotent, refusals};

/// What a person puts into their authenticator app.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnrolmentView {
    /// The secret in base32, to type into the app.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same for apps on this device.
    #[schema(
        example = "otpauth://totp/Green%20Shop:asha%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Green%20Shop"
    )]
    otpauth_uri: String,
    /// The same as a QR code, for the camera of another device: an SVG picture.
    #[schema(
        example = "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"240\" height=\"240\"></svg>"
    )]
    qr_code: String,
}

/// Set up a second factor
///
/// Gives a secret for an authenticator app. Nothing is asked for at sign-in until a code of the app is confirmed with
/// `POST /auth/mfa/verify`. Asking again gives another secret.
#[utoipa::path(
    post,
    path = "/auth/mfa/setup",
    tag = "Identity",
    params(OptionalKeyHeader),
    responses(
        (status = 200, description = "The secret for the app", body = Envelope<EnrolmentView>),
        web::openapi::Of<(refusals::MfaAlreadyEnabled,)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn set_up(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let work = async {
        let (user, tenant, vault) = (caller.account(), caller.tenant(), edge.vault());
        if user.has_mfa() {
            return Err(Problem::new(Code::MfaAlreadyEnabled));
        }
        let secret = Authenticator::new_secret(edge.ambient());
        let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
        let item = user.id.to_string();
        let sealed = vault.seal(tenant, Purpose::Pii, Place::of(part, &item, field::TOTP_SECRET), &*secret).await?;
        let email = people::open_field(vault, tenant, user, field::EMAIL, &user.email).await?;
        let told = Authenticator::enrolment(&*secret, &tenant.name, &email).map_err(Problem::internal)?;
        match edge.store().set_up_mfa(&caller.operation(), user, &sealed).await {
            Ok(()) => {}
            Err(store::Error::Conflict) => return Err(Problem::new(Code::MfaAlreadyEnabled)),
            Err(error) => return Err(error.into()),
        }
        Ok(Reply::ok(EnrolmentView { secret: told.secret, otpauth_uri: told.uri, qr_code: told.qr_code }))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
