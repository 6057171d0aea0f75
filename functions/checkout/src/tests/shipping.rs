use domain::carrier::{Carrier, CarrierProfile};
use domain::id::OrderId;
use domain::payment::Signal;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{Buyer, Shop};

fn body(buyer: &Buyer, method: &str) -> Value {
    let mut body = buyer.checkout_body();
    body["shippingMethod"] = json!(method);
    body
}

#[tokio::test]
async fn a_chosen_service_of_a_carrier_is_charged_at_its_own_rates() {
    let shop = Shop::open().await;
    let (buyer, offer, carrier) = (shop.buyer().await, shop.offer(5).await, shop.tenant.carrier().await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let method = format!("{}/EXPRESS", carrier.id);
    let answer = buyer.post("/orders/checkout", Some("one"), body(&buyer, &method)).await;
    let group = answer.data(StatusCode::CREATED);
    assert_eq!((&group["totals"]["shipping"]["amount"], &group["shippingMethod"]), (&json!(14_900), &json!(method)));
    assert_eq!(answer.round_trips(), 3);
    // The tenant's own way costs what it did.
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let answer = buyer.check_out("two").await;
    assert_eq!(answer.data(StatusCode::CREATED)["totals"]["shipping"]["amount"], 9_900);
}

#[tokio::test]
async fn what_no_carrier_offers_refuses_the_checkout() {
    let shop = Shop::open().await;
    let (buyer, offer, carrier) = (shop.buyer().await, shop.offer(5).await, shop.tenant.carrier().await);
    let elsewhere = Shop::open().await.tenant.carrier().await;
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let refused = async |method: &str| buyer.post("/orders/checkout", Some("key"), body(&buyer, method)).await;
    let service = |carrier: &Carrier, code: &str| format!("{}/{code}", carrier.id);
    let unavailable = StatusCode::UNPROCESSABLE_ENTITY;
    refused(&service(&carrier, "BY-SEA")).await.refused(unavailable, "SHIPPING_UNAVAILABLE");
    refused(&service(&elsewhere, "EXPRESS")).await.refused(unavailable, "SHIPPING_UNAVAILABLE");
    for wrong in ["EXPRESS", "standard", "car_1/EXPRESS", ""] {
        let answer = refused(wrong).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), ["shippingMethod"]);
    }
    let profile = CarrierProfile { active: false, ..carrier.profile.clone() };
    shop.tenant.stack.store().change_carrier(&shop.tenant.operation(), &carrier, &profile).await.unwrap();
    refused(&service(&carrier, "EXPRESS")).await.refused(unavailable, "SHIPPING_UNAVAILABLE");
    assert_eq!(shop.stock(&offer).await, 5);
}

#[tokio::test]
async fn an_order_shows_its_parcels_to_those_who_see_it() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 2).await;
    let order: OrderId = serde_json::from_value(group["orderIds"][0].clone()).unwrap();
    let path = format!("/orders/{order}");
    assert_eq!(buyer.get(&path).await.data(StatusCode::OK)["shipments"], json!([]));
    let payment = buyer.initiate(&group, "pay").await;
    shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await;
    let order = shop.tenant.stack.store().order(shop.tenant.scope(), order).await.unwrap().unwrap();
    let parcel = shop.tenant.parcel(&order).await;
    let shown = buyer.get(&path).await;
    let first = &shown.data(StatusCode::OK)["shipments"][0];
    assert_eq!((&first["trackingNumber"], &first["status"]), (&json!(parcel.tracking_number), &json!("PENDING")));
    assert_eq!((&first["trackingUrl"], &first["lines"]), (&json!(parcel.tracking_url), &json!(parcel.lines)));
    assert_eq!((shown.round_trips(), &shown.data(StatusCode::OK)["status"]), (1, &json!("PROCESSING")));
}
