//! How orders look from outside.

use domain::address::PostalAddress;
use domain::carrier::TrackingNumber;
use domain::clock::Timestamp;
use domain::id::{FileId, InvoiceId, OrderGroupId, OrderId, SellerId, ShipmentId, UserId};
use domain::invoice::Invoice;
use domain::order::{GroupStatus, Hold, Order, OrderGroup, OrderStatus, Party, ShippingMethod, TimelineEntry};
use domain::shipment::{Part, ShipmentLine, ShipmentStatus};
use domain::tenant::TaxMode;
use serde::Serialize;
use store::dossiers::Dossier;
use utoipa::ToSchema;
use web::Pieces;

use super::line::{OrderLineView, ShippingTaxView, TotalsView};
use crate::payment::PaymentView;

/// What one seller delivers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderSummary {
    /// The order's id.
    #[schema(value_type = String, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: OrderId,
    /// The checkout that it came from.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Who delivers.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: SellerId,
    /// How far it has come.
    #[schema(value_type = String, example = "PAID")]
    status: OrderStatus,
    /// What was sold.
    items: Vec<OrderLineView>,
    /// What it comes to.
    totals: TotalsView,
    /// How its prices relate to tax.
    #[schema(value_type = String, example = "EXCLUSIVE")]
    tax_mode: TaxMode,
    /// The tax on shipping, which `totals.tax` has in it; null where shipping is not taxed, or costs nothing.
    shipping_tax: Option<ShippingTaxView>,
    /// The files that may be downloaded once it is paid.
    #[schema(value_type = Vec<String>, example = json!(["fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    model_files: Vec<FileId>,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Counts up with every change.
    #[schema(example = 3)]
    version: u64,
}

impl From<&Order> for OrderSummary {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id,
            order_group_id: order.group,
            seller_id: order.seller,
            status: order.status,
            items: order.lines.iter().map(OrderLineView::from).collect(),
            totals: order.totals.into(),
            tax_mode: order.tax_mode,
            shipping_tax: order.shipping_tax.map(ShippingTaxView::from),
            model_files: order.model_files.clone(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        }
    }
}

/// An order as the tenant's people list it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedOrder {
    #[serde(flatten)]
    order: OrderSummary,
    /// The buyer.
    #[schema(value_type = String, example = "usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    user_id: UserId,
}

impl From<&Order> for ListedOrder {
    fn from(order: &Order) -> Self {
        Self { order: OrderSummary::from(order), user_id: order.user }
    }
}

/// An order with its address and its history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderView {
    #[serde(flatten)]
    order: OrderSummary,
    /// Where to deliver, as it was when the order was placed; the seller sees it while the order is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressView>,
    /// The invoice; none until the order is paid and its document stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<InvoiceView>,
    /// Its parcels, oldest first. `GET /shipments/{trackingNumber}` tells where each is.
    shipments: Vec<ParcelView>,
    /// Every step, oldest first.
    timeline: Vec<StepView>,
}

/// A parcel of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderShipment)]
#[serde(rename_all = "camelCase")]
struct ParcelView {
    /// The shipment's id.
    #[schema(value_type = String, example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: ShipmentId,
    /// Who carries it.
    #[schema(example = "Blue Crane")]
    carrier: String,
    /// What the carrier calls it.
    #[schema(value_type = String, example = "CRANE-20260131-0007")]
    tracking_number: TrackingNumber,
    /// Where it is followed.
    #[schema(example = "https://track.crane.example/?awb=CRANE-20260131-0007")]
    tracking_url: String,
    /// How far it has come.
    #[schema(value_type = String, example = "IN_TRANSIT")]
    status: ShipmentStatus,
    /// The pieces in it: the place of a line in the order, from 0, and how many.
    #[schema(value_type = Vec<Pieces>)]
    lines: Vec<ShipmentLine>,
}

impl From<Part> for ParcelView {
    fn from(part: Part) -> Self {
        let Part { shipment, carrier_name, tracking_number, tracking_url, status, lines } = part;
        Self { id: shipment, carrier: carrier_name, tracking_number, tracking_url, status, lines }
    }
}

/// An invoice. `GET /orders/{orderId}/invoice` gives the document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderInvoice)]
#[serde(rename_all = "camelCase")]
struct InvoiceView {
    /// The invoice's id.
    #[schema(value_type = String, example = "inv_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: InvoiceId,
    /// The number on the document.
    #[schema(example = "HAAT-2026-0001")]
    number: String,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    issued_at: Timestamp,
}

impl OrderView {
    pub(crate) fn new(found: Dossier, address: Option<PostalAddress>) -> Self {
        let Dossier { order, invoice, parcels } = found;
        let invoice = invoice.filter(|invoice| invoice.stored_at.is_some());
        Self {
            order: OrderSummary::from(&order),
            address: address.map(AddressView::from),
            invoice: invoice.map(|Invoice { id, number, issued_at, .. }| InvoiceView { id, number, issued_at }),
            shipments: parcels.into_iter().map(ParcelView::from).collect(),
            timeline: order.timeline.iter().map(|entry| StepView::new(entry, &order)).collect(),
        }
    }
}

/// A postal address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderAddress)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressView {
    /// Who receives it.
    #[schema(example = "Asha Rao")]
    full_name: String,
    /// Whom to call.
    #[schema(example = "+919900112233")]
    phone: String,
    /// Street and number.
    #[schema(example = "12 MG Road")]
    line1: String,
    /// Floor, building, landmark.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2nd floor")]
    line2: Option<String>,
    /// The city.
    #[schema(example = "Bengaluru")]
    city: String,
    /// The state or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Karnataka")]
    state: Option<String>,
    /// The postal code.
    #[schema(example = "560001")]
    postal_code: String,
    /// The ISO 3166-1 alpha-2 code of the country.
    #[schema(example = "IN")]
    country: String,
}

impl From<PostalAddress> for AddressView {
    fn from(address: PostalAddress) -> Self {
        let PostalAddress { full_name, phone, line1, line2, city, state, postal_code, country } = address;
        Self { full_name, phone, line1, line2, city, state, postal_code, country }
    }
}

/// One step of an order. It tells what the one who did it is to the order, and not who it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepView {
    /// Who did it: `BUYER`, `SELLER`, `CARRIER`, `STAFF`, `PROVIDER` or `SYSTEM`.
    #[schema(value_type = String, example = "PROVIDER")]
    by: Party,
    /// What the order became.
    #[schema(value_type = String, example = "PAID")]
    status: OrderStatus,
    /// Why.
    #[schema(example = "payment captured")]
    reason: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl StepView {
    fn new(entry: &TimelineEntry, order: &Order) -> Self {
        Self { by: entry.party(order), status: entry.status, reason: entry.reason.clone(), at: entry.at }
    }
}

/// A checkout.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupView {
    /// The checkout's id.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: OrderGroupId,
    /// How far it has come.
    #[schema(value_type = String, example = "CREATED")]
    status: GroupStatus,
    /// What became of its stock: `HELD`, `COMMITTED` or `RELEASED`.
    #[schema(value_type = String, example = "HELD")]
    hold: Hold,
    /// Until when an unpaid checkout keeps its stock.
    #[schema(value_type = String, format = DateTime)]
    hold_until: Timestamp,
    /// The coupon that was used, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SPRING-10")]
    coupon: Option<String>,
    /// How parcels travel.
    #[schema(value_type = String, example = "STANDARD")]
    shipping_method: ShippingMethod,
    /// Its orders, one per seller.
    #[schema(value_type = Vec<String>, example = json!(["ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    order_ids: Vec<OrderId>,
    /// What all of them come to.
    totals: TotalsView,
    /// The attempts to pay, oldest first.
    payments: Vec<PaymentView>,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Counts up with every change.
    #[schema(example = 1)]
    version: u64,
}

impl GroupView {
    pub(crate) fn new(group: &OrderGroup, payments: Vec<PaymentView>) -> Self {
        Self {
            id: group.id,
            status: group.status,
            hold: group.hold(),
            hold_until: group.hold_until,
            coupon: group.coupon.as_ref().map(|coupon| coupon.code.to_string()),
            shipping_method: group.shipping_method.clone(),
            order_ids: group.orders.clone(),
            totals: group.totals.into(),
            payments,
            created_at: group.created_at,
            version: group.version,
        }
    }
}
