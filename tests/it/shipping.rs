//! From a paid order to two parcels that arrive, through HTTP on the deployed stack.

use axum::http::{Method, StatusCode};
use domain::access::Role;
use harness::client::TestAnswer;
use harness::razorpay::Deliver;
use harness::shop::{PASSWORD, Shop, Shopper, eventually, id};
use serde_json::{Value, json};

async fn person(shop: &Shop, role: Role) -> Shopper {
    let email = shop.tenant.member_with_password(&[role], PASSWORD).await;
    Shopper::log_in(&shop.api, &email).await
}

async fn patch(shop: &Shop, by: &Shopper, path: &str, body: Value) -> TestAnswer {
    shop.api.request(Method::PATCH, path).bearer(&by.token).json(body).send().await
}

#[tokio::test]
async fn an_order_is_sent_in_two_parcels_and_delivered_with_the_second() {
    let shop = Shop::open().await;
    let offer = shop.offer("Spiral vase", 5).await;
    let (admin, courier, shopper) =
        (person(&shop, Role::Admin).await, person(&shop, Role::Carrier).await, shop.shopper().await);
    let carrier = json!({
        "name": "Blue Crane", "active": true, "trackingUrl": "https://track.crane.example/?awb={trackingNumber}",
        "services": [{"code": "EXPRESS", "name": "Express", "rates": {"bands": [{"price": {"amount": 14_900, "currency": "INR"}}]}}],
    });
    let carrier = id(admin.post("/admin/carriers", carrier).await.data(StatusCode::CREATED));
    let worker = id(courier.get("/auth/me").await.data(StatusCode::OK));
    let enlisted = admin.post(&format!("/admin/carriers/{carrier}/people"), json!({"userId": worker})).await;
    assert_eq!(enlisted.data(StatusCode::OK)["carrierId"], carrier.as_str());

    shopper.add_to_cart(&offer, 2).await.data(StatusCode::OK);
    let body = json!({
        "addressId": shopper.address().await, "shippingMethod": format!("{carrier}/EXPRESS"), "paymentProvider": "razorpay",
    });
    let placed = shopper.post_once("/orders/checkout", "first", body).await;
    let group = placed.data(StatusCode::CREATED).clone();
    // 2 × 549.00, 18 % tax on top, 149.00 for the service that was chosen.
    assert_eq!(group["totals"]["total"]["amount"], 144_464);
    let payment = shopper.open_payment(&id(&group)).await;
    shop.pay(&payment, Deliver::default()).await;
    let group = id(&group);
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;

    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    let path = format!("/orders/{order}");
    let status = async || shopper.get(&path).await.data(StatusCode::OK)["status"].clone();
    for (place, expected) in [(1, ["PROCESSING", "PROCESSING"]), (2, ["SHIPPED", "DELIVERED"])] {
        let number = format!("CRANE-{}-{place}", order.trim_start_matches("ord_"));
        let parcel = json!({
            "orderId": order, "carrierId": carrier, "service": "EXPRESS", "trackingNumber": number,
            "lines": [{"line": 0, "quantity": 1}],
        });
        let made = shop.seller.post_once("/seller/shipments", &number, parcel).await;
        let carried = format!("/carrier/shipments/{}", id(made.data(StatusCode::CREATED)));
        let seen = courier.get(&carried).await;
        assert_eq!(seen.data(StatusCode::OK)["address"]["fullName"], "Asha Rao");
        for (step, expected) in ["SHIPPED", "DELIVERED"].into_iter().zip(expected) {
            let moved = patch(&shop, &courier, &carried, json!({"status": step, "place": "Bengaluru"})).await;
            assert_eq!(moved.data(StatusCode::OK)["status"], step);
            assert_eq!(status().await, expected);
        }
        let tracked = shop.api.get(&format!("/shipments/{number}")).send().await;
        assert_eq!(tracked.data(StatusCode::OK)["events"][2]["place"], "Bengaluru");
        assert!(!tracked.text().contains("Asha"));
    }
    let shown = shopper.get(&path).await;
    let parcels = shown.data(StatusCode::OK)["shipments"].as_array().unwrap();
    assert!(parcels.len() == 2 && parcels.iter().all(|parcel| parcel["status"] == "DELIVERED"));

    // The order, its invoice, and two mails for each parcel.
    let mails = shop.await_mails(&shopper.email, 6).await;
    let told = |subject: &str| mails.iter().filter(|mail| mail.subject.contains(subject)).count();
    assert_eq!((told("is on its way"), told("has arrived"), mails.len()), (2, 2, 6), "{mails:?}");
    let first = mails.iter().find(|mail| mail.subject.contains("on its way")).unwrap();
    assert!(first.text.contains("https://track.crane.example/?awb=CRANE-") && first.text.contains("1 × Spiral vase"));
    shop.tenant.books_add_up().await;
}
