//! `GET /carrier/shipments/{shipmentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::address::PostalAddress;
use domain::id::ShipmentId;
use domain::shipment::Shipment;
use platform::people;
use serde::Serialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Bearer, Caller, Edge, Envelope, Path, Problem, Reply};

use crate::shipments::ShipmentView;

/// A parcel, and where it goes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarriedView {
    #[serde(flatten)]
    shipment: ShipmentView,
    /// Where it goes; null once it is delivered or returned, and once the buyer has erased their account.
    address: Option<DeliveryAddress>,
}

/// Where a parcel goes, and whom to ask for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryAddress {
    /// Who receives it.
    #[schema(example = "Asha Rao")]
    full_name: String,
    /// Whom to call.
    #[schema(example = "+919900112233")]
    phone: String,
    /// The place, line by line.
    #[schema(example = json!(["12 MG Road", "2nd floor", "Bengaluru 560001, Karnataka", "IN"]))]
    lines: Vec<String>,
}

impl From<PostalAddress> for DeliveryAddress {
    fn from(address: PostalAddress) -> Self {
        let lines = address.lines();
        Self { full_name: address.full_name, phone: address.phone, lines }
    }
}

/// Read a parcel of your carrier, and where it goes
///
/// The address is there while you have the parcel. Each look at it is recorded.
#[utoipa::path(
    get,
    path = "/carrier/shipments/{shipmentId}",
    tag = "Shipments",
    params(("shipmentId" = String, Path, description = "The shipment", example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The shipment", body = Envelope<CarriedView>)),
    extensions(("x-access" = json!("Carry")))
)]
pub(crate) async fn read_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<ShipmentId>,
) -> Answer<CarriedView> {
    let (caller, shipment) = bearer.with(|scope| edge.store().shipment(scope, id)).await?;
    caller.require(Permission::Carry)?;
    let shipment = shipment.filter(|shipment| caller.carries_for(shipment.carrier)).ok_or_else(Problem::not_found)?;
    let address = if shipment.status.needs_address() { address(&edge, &caller, &shipment).await? } else { None };
    Ok(Reply::ok(CarriedView { shipment: ShipmentView::from(&shipment), address }).etag(shipment.version))
}

/// Opens where a parcel goes; none when there is nobody to ask for the key part any more.
async fn address(edge: &Edge, caller: &Caller, shipment: &Shipment) -> Result<Option<DeliveryAddress>, Problem> {
    let (store, scope) = (edge.store(), caller.scope);
    // Before it is shown: nobody looks without a trace.
    store.record_delivery_address_read(&caller.operation(), shipment.id).await?;
    let buyer = store.user(scope, shipment.user, Consistency::Strong);
    let (order, buyer) = tokio::try_join!(store.order(scope, shipment.order), buyer)?;
    let order = order.ok_or_else(|| Problem::internal("a shipment has no order"))?;
    let Some(buyer) = buyer.filter(|buyer| buyer.key_part.is_some()) else { return Ok(None) };
    let item = order.id.to_string();
    let address = people::open_address(edge.vault(), caller.tenant(), Some(&buyer), &item, &order.address).await?;
    Ok(Some(address.into()))
}
