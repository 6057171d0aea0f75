//! `POST /admin/carriers`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::carrier::Carrier;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent};

use super::{CarrierView, ProfileView, SaveCarrier};

/// Make a carrier known
#[utoipa::path(
    post,
    path = "/admin/carriers",
    tag = "Carriers",
    params(OptionalKeyHeader),
    request_body = ProfileView,
    responses((status = 201, description = "The carrier", body = Envelope<CarrierView>)),
    extensions(("x-access" = json!("ManageOrders")))
)]
pub(crate) async fn create_carrier(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<SaveCarrier>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageOrders)?;
    let profile = request.profile(caller.tenant().settings.currency)?;
    let work = async {
        let operation = caller.operation();
        let (created_at, updated_at) = (operation.now, operation.now);
        let carrier = Carrier { id: operation.id(), profile, created_at, updated_at, version: 1 };
        edge.store().create_carrier(&operation, &carrier).await?;
        let (location, version) = (format!("/admin/carriers/{}", carrier.id), carrier.version);
        Ok(Reply::created(CarrierView::from(carrier), location).etag(version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
