//! `PATCH /admin/materials/{materialId}`

use axum::extract::State;
use domain::access::Permission;
use domain::catalog::SharedMaterial;
use domain::id::MaterialId;
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use store::products::{MaterialRefused, StockChange};
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals, schema};

use super::{SharedMaterialView, is_surcharge, require_currency};

/// What to change; what is not given stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSharedMaterial {
    /// The name shown to people.
    #[garde(length(chars, min = 2, max = 100))]
    #[schema(min_length = 2, max_length = 100, example = "PETG, black")]
    name: Option<String>,
    /// What it adds to a product's base price, in the tenant's currency.
    #[garde(inner(custom(is_surcharge)))]
    #[schema(value_type = Option<schema::Money>)]
    surcharge: Option<Money>,
    /// How many pieces there are now. Refused with 409 when a sale has moved the stock meanwhile.
    #[garde(range(max = 1_000_000))]
    #[schema(example = 240, maximum = 1_000_000)]
    stock: Option<u32>,
    /// How many pieces came in (or, below zero, went out), whatever the stock is at this moment.
    #[garde(range(min = -1_000_000, max = 1_000_000))]
    #[schema(example = json!(null))]
    stock_change: Option<i64>,
    /// How many days it takes until a piece is ready to ship.
    #[garde(range(max = 365))]
    #[schema(example = 3, maximum = 365)]
    lead_time_days: Option<u32>,
    /// Whether it can be chosen. Products that name a retired one go on naming it, and can't be bought in it.
    #[garde(skip)]
    #[schema(example = true)]
    active: Option<bool>,
}

/// Change a shared material or its stock
///
/// Give either `stock` (a count) or `stockChange` (a delivery). Sales go on at the same time and are never lost.
#[utoipa::path(
    patch,
    path = "/admin/materials/{materialId}",
    tag = "Materials",
    params(
        ("materialId" = String, Path, description = "The material", example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    request_body = ChangeSharedMaterial,
    responses(
        (status = 200, description = "The material as it is now", body = Envelope<SharedMaterialView>),
        refusals::Of<(refusals::OutOfStock,)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn change_material(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<MaterialId>,
    if_match: IfMatch,
    Json(request): Json<ChangeSharedMaterial>,
) -> Answer<SharedMaterialView> {
    let read = |scope| edge.store().shared_material(scope, id, Consistency::Strong);
    let (caller, before) = bearer.with(read).await?;
    caller.require(Permission::ManageCatalog)?;
    let before = before.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if let Some(surcharge) = request.surcharge {
        require_currency(surcharge, caller.tenant().settings.currency)?;
    }
    let stock = request.stock_step(before.stock)?;
    let after = SharedMaterial {
        name: request.name.unwrap_or_else(|| before.name.clone()),
        surcharge: request.surcharge.unwrap_or(before.surcharge),
        lead_time_days: request.lead_time_days.unwrap_or(before.lead_time_days),
        active: request.active.unwrap_or(before.active),
        ..before.clone()
    };
    let changed = edge.store().change_shared_material(&caller.operation(), &before, &after, stock).await?;
    let after = changed.map_err(refused)?;
    let version = after.version;
    Ok(Reply::ok(SharedMaterialView::from(after)).etag(version))
}

impl ChangeSharedMaterial {
    fn stock_step(&self, before: Option<u32>) -> Result<StockChange, Problem> {
        match (self.stock, self.stock_change) {
            (None, None) => Ok(StockChange::None),
            (Some(_), Some(_)) => Err(Problem::invalid("stockChange", "can't be given together with stock")),
            _ if before.is_none() => {
                let field = if self.stock.is_some() { "stock" } else { "stockChange" };
                Err(Problem::invalid(field, "is not kept: the material is made to order"))
            }
            (Some(count), None) => Ok(StockChange::To(Some(count))),
            (None, Some(step)) => Ok(StockChange::By(step)),
        }
    }
}

fn refused(refused: MaterialRefused) -> Problem {
    match refused {
        MaterialRefused::StockTooLow => {
            Problem::new(Code::OutOfStock).field("stockChange", "would take more than there is")
        }
        MaterialRefused::ProductClosed | MaterialRefused::Changed => Problem::new(Code::Conflict),
    }
}
