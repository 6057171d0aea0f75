//! `POST /admin/materials`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::catalog::SharedMaterial;
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, schema};

use super::{SharedMaterialView, is_surcharge, require_currency};

/// A new shared material.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddSharedMaterial {
    /// The name shown to people.
    #[garde(length(chars, min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "PETG, black")]
    name: String,
    /// What it adds to a product's base price, in the tenant's currency.
    #[garde(custom(is_surcharge))]
    #[schema(value_type = schema::Money)]
    surcharge: Money,
    /// How many pieces there are for all products together; nothing means that it is made to order. Which of the two it is
    /// stays so.
    #[garde(range(max = 1_000_000))]
    #[schema(example = 250, maximum = 1_000_000)]
    stock: Option<u32>,
    /// How many days it takes until a piece is ready to ship.
    #[serde(default)]
    #[garde(range(max = 365))]
    #[schema(example = 2, maximum = 365)]
    lead_time_days: u32,
}

/// Add a material that products can share
///
/// Products name it in `sharedMaterials`. Its stock is one: what is sold of one product, all others have less.
#[utoipa::path(
    post,
    path = "/admin/materials",
    tag = "Materials",
    params(OptionalKeyHeader),
    request_body = AddSharedMaterial,
    responses((status = 201, description = "The material", body = Envelope<SharedMaterialView>)),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn add_material(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<AddSharedMaterial>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageCatalog)?;
    require_currency(request.surcharge, caller.tenant().settings.currency)?;
    let work = async {
        let operation = caller.operation();
        let material = SharedMaterial {
            id: operation.id(),
            name: request.name,
            surcharge: request.surcharge,
            stock: request.stock,
            lead_time_days: request.lead_time_days,
            active: true,
            version: 1,
            created_at: operation.now,
        };
        edge.store().create_shared_material(&operation, &material).await?;
        let place = format!("/admin/materials/{}", material.id);
        Ok(Reply::created(SharedMaterialView::from(material), place).etag(1))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
