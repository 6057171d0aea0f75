//! `GET /shipping-methods`

use axum::extract::State;
use domain::carrier::Carrier;
use domain::order::ShippingMethod;
use domain::pricing::ShippingSettings;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Edge, Envelope, Reply, TenantOf};

use crate::carriers::RatesView;

/// How many carriers are looked at.
const MOST_CARRIERS: u32 = 100;

/// One way in which a checkout can be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShippingMethod)]
pub(crate) struct MethodView {
    /// What `POST /orders/checkout` takes as `shippingMethod`.
    #[schema(value_type = String, example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC/EXPRESS")]
    method: ShippingMethod,
    /// Who carries it; none is the marketplace's own way.
    #[schema(example = "Blue Crane")]
    carrier: Option<String>,
    /// By which service.
    #[schema(example = "Express")]
    service: Option<String>,
    /// What it costs for a whole checkout.
    #[schema(value_type = RatesView)]
    rates: ShippingSettings,
}

/// List how a checkout can be sent
///
/// The marketplace's own way first, then the services of its carriers: those of the newest 100.
#[utoipa::path(
    get,
    path = "/shipping-methods",
    tag = "Shipments",
    responses((status = 200, description = "The ways", body = Envelope<Vec<MethodView>>)),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn list_methods(State(edge): State<Edge>, tenant: TenantOf) -> Answer<Vec<MethodView>> {
    let carriers = edge.store().carriers(tenant.scope(), MOST_CARRIERS, None).await?.items;
    let rates = tenant.settings.shipping.clone();
    let own = MethodView { method: ShippingMethod::Standard, carrier: None, service: None, rates };
    let offered = carriers.iter().filter(|carrier| carrier.profile.active).flat_map(services);
    Ok(Reply::ok(std::iter::once(own).chain(offered).collect()).public())
}

fn services(carrier: &Carrier) -> impl Iterator<Item = MethodView> + '_ {
    carrier.profile.services.iter().map(|service| MethodView {
        method: ShippingMethod::Service { carrier: carrier.id, service: service.code.clone() },
        carrier: Some(carrier.profile.name.to_string()),
        service: Some(service.name.to_string()),
        rates: service.rates.clone(),
    })
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn everybody_sees_the_ways_that_can_be_chosen_and_what_they_cost() {
        let shop = Shop::open().await;
        let retired = shop.other_carrier().await;
        let path = format!("/admin/carriers/{}", retired.id);
        shop.send(&shop.staff, Method::DELETE, &path, json!({})).await.data(StatusCode::OK);
        let answer = shop.client.get("/shipping-methods").send().await;
        let ways = answer.data(StatusCode::OK).as_array().unwrap();
        assert_eq!((&ways[0]["method"], &ways[0]["carrier"]), (&json!("STANDARD"), &json!(null)));
        assert_eq!(ways[0]["rates"]["bands"][0]["price"]["amount"], 9_900);
        assert_eq!(ways[1]["method"], json!(format!("{}/EXPRESS", shop.carrier.id)));
        assert_eq!(
            (&ways[1]["service"], &ways[1]["rates"]["bands"][0]["price"]["amount"]),
            (&json!("Express"), &json!(14_900))
        );
        assert_eq!((ways.len(), answer.round_trips()), (2, 1));
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
    }
}
