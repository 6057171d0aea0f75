//! `PATCH /products/{productId}/materials/{materialId}`

use axum::extract::State as Shared;
use domain::catalog::rules::{MAX_LEAD_TIME_DAYS, MAX_STOCK};
use domain::catalog::{Material, Product, StockPolicy};
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use store::products::StockChange;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::MaterialPath;
use crate::products::view::MaterialView;
use crate::{access, rules};

/// What to change; what is not given stays.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateMaterial {
    /// The name shown to people.
    #[garde(inner(custom(rules::material_name)))]
    #[schema(example = "PETG, black")]
    pub name: Option<String>,
    /// What it adds to the product's base price.
    #[garde(inner(custom(rules::surcharge)))]
    #[schema(value_type = Option<web::schema::Money>)]
    pub surcharge: Option<Money>,
    /// How many pieces there are now. Refused with 409 when a sale has moved the stock meanwhile.
    #[garde(range(max = MAX_STOCK))]
    #[schema(example = 40)]
    pub stock: Option<u32>,
    /// How many pieces came in (or, below zero, went out), whatever the stock is at this moment.
    #[garde(range(min = -1_000_000, max = 1_000_000))]
    #[schema(example = json!(null))]
    pub stock_change: Option<i64>,
    /// How many days it takes until a piece is ready to ship.
    #[garde(range(max = MAX_LEAD_TIME_DAYS))]
    #[schema(example = 3)]
    pub lead_time_days: Option<u32>,
    /// Whether it can be chosen.
    #[garde(skip)]
    #[schema(example = true)]
    pub active: Option<bool>,
}

/// Change a material or its stock
///
/// Give either `stock` (a count) or `stockChange` (a delivery). Sales go on at the same time and are never lost.
#[utoipa::path(
    patch,
    path = "/products/{productId}/materials/{materialId}",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("materialId" = String, Path, description = "The material", example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader,
    ),
    request_body = UpdateMaterial,
    responses(
        (status = 200, description = "The material as it is now", body = Envelope<MaterialView>),
        refusals::Of<(refusals::InvalidTransition, refusals::OutOfStock)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn update_material(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(path): Path<MaterialPath>,
    if_match: IfMatch,
    Json(request): Json<UpdateMaterial>,
) -> Answer<MaterialView> {
    let read = async |scope| edge.store().product(scope, path.product_id, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    access::require_editor(&caller, &found.product)?;
    let before = super::find(&found, path.material_id)?;
    if_match.check(before.version)?;
    let (after, stock) = request.apply(&found.product, &before)?;
    let changed = edge.store().update_material(&caller.operation(), &before, &after, stock).await?;
    let after = changed.map_err(super::refused)?;
    let version = after.version;
    Ok(Reply::ok(MaterialView::of(&found.product, after)).etag(version))
}

impl UpdateMaterial {
    fn apply(self, product: &Product, before: &Material) -> Result<(Material, StockChange), Problem> {
        if let Some(surcharge) = self.surcharge {
            rules::currency("surcharge", surcharge, product.base_price.currency)?;
        }
        let stock = match (self.stock, self.stock_change) {
            (None, None) => StockChange::None,
            _ if product.stock_policy != StockPolicy::Finite => {
                let field = if self.stock.is_some() { "stock" } else { "stockChange" };
                return Err(Problem::invalid(field, "is only for products with finite stock"));
            }
            (Some(_), Some(_)) => return Err(Problem::invalid("stockChange", "can't be given together with stock")),
            (Some(count), None) => StockChange::To(Some(count)),
            (None, Some(step)) => StockChange::By(step),
        };
        let after = Material {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            surcharge: self.surcharge.unwrap_or(before.surcharge),
            lead_time_days: self.lead_time_days.unwrap_or(before.lead_time_days),
            active: self.active.unwrap_or(before.active),
            ..before.clone()
        };
        Ok((after, stock))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::{Value, json};

    use crate::test_support::{Shop, path};

    struct Counter {
        shop: Shop,
        product: String,
        material: String,
    }

    impl Counter {
        async fn open(stock: u32) -> Self {
            let shop = Shop::open().await;
            let product = path(&shop.product("ACTIVE").await);
            let material =
                json!({"name": "PLA, white", "surcharge": {"amount": 500, "currency": "INR"}, "stock": stock});
            let request = shop.api.post(&format!("{product}/materials")).bearer(&shop.seller.token).json(material);
            let answer = request.send().await;
            let id = answer.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
            let material = format!("{product}/materials/{id}");
            Self { shop, product, material }
        }

        async fn patch(&self, change: Value) -> harness::client::TestAnswer {
            self.shop.api.patch(&self.material).bearer(&self.shop.seller.token).json(change).send().await
        }

        async fn shown(&self) -> Value {
            self.shop.api.get(&self.product).send().await.data(StatusCode::OK)["materials"][0].clone()
        }
    }

    #[tokio::test]
    async fn stock_is_counted_or_moved_but_never_below_zero() {
        let counter = Counter::open(10).await;
        assert_eq!(counter.patch(json!({"stock": 25})).await.data(StatusCode::OK)["stock"], 25);
        assert_eq!(counter.patch(json!({"stockChange": -20})).await.data(StatusCode::OK)["stock"], 5);
        let refused = counter.patch(json!({"stockChange": -6})).await;
        refused.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
        assert_eq!(refused.fields(), ["stockChange"]);
        assert_eq!(counter.patch(json!({"stock": 1, "stockChange": 1})).await.fields(), ["stockChange"]);
        assert_eq!(counter.shown().await["stock"], 5);
        assert_eq!(counter.shown().await["itemPrice"], json!({"amount": 50_400, "currency": "INR"}));
    }

    #[tokio::test]
    async fn a_withdrawn_material_is_hidden_from_buyers_and_can_come_back() {
        let counter = Counter::open(3).await;
        let shop = &counter.shop;
        let gone = shop.api.delete(&counter.material).bearer(&shop.seller.token).send().await;
        assert_eq!(gone.data(StatusCode::OK)["active"], false);
        assert!(counter.shown().await.is_null());
        let own = shop.api.get(&counter.product).bearer(&shop.seller.token).send().await;
        assert_eq!(own.data(StatusCode::OK)["materials"][0]["active"], false);
        counter.patch(json!({"active": true})).await.data(StatusCode::OK);
        assert_eq!(counter.shown().await["stock"], 3);
    }

    #[tokio::test]
    async fn made_to_order_products_keep_no_stock() {
        let shop = Shop::open().await;
        let mut draft = shop.draft();
        draft["stockPolicy"] = json!("MADE_TO_ORDER");
        let product = path(shop.create(draft).await.data(StatusCode::CREATED));
        let material = json!({"name": "PLA, white", "surcharge": {"amount": 0, "currency": "INR"}, "stock": 1});
        let request = shop.api.post(&format!("{product}/materials")).bearer(&shop.seller.token).json(material);
        assert_eq!(request.send().await.fields(), ["stock"]);
    }
}
