use domain::access::Role;
use domain::money::{Currency, Money};
use domain::order::OrderStatus;
use domain::refund::{Portion, RefundLine};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::refunds::RefundRequest;

use crate::test_support::Shop;

#[tokio::test]
async fn an_order_is_sent_in_parts_and_follows_its_parcels() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase", "Gear"]).await;
    let status = async || shop.order(&order).await.status;
    let first = shop.announce(&order, Some(&[(0, 1)])).await;
    assert_eq!((status().await, &first["status"]), (OrderStatus::Processing, &json!("PENDING")));
    shop.advance(&first, "SHIPPED").await.data(StatusCode::OK);
    shop.advance(&first, "DELIVERED").await.data(StatusCode::OK);
    assert_eq!(status().await, OrderStatus::Processing);

    let second = shop.announce(&order, None).await;
    assert_eq!(second["lines"], json!([{"line": 0, "quantity": 1}, {"line": 1, "quantity": 2}]));
    for (step, expected) in [
        ("SHIPPED", OrderStatus::Shipped),
        ("IN_TRANSIT", OrderStatus::Shipped),
        ("IN_TRANSIT", OrderStatus::Shipped),
        ("EXCEPTION", OrderStatus::Shipped),
        ("OUT_FOR_DELIVERY", OrderStatus::Shipped),
        ("DELIVERED", OrderStatus::Delivered),
    ] {
        assert_eq!(shop.advance(&second, step).await.data(StatusCode::OK)["status"], step);
        assert_eq!(status().await, expected, "{step}");
    }
    shop.advance(&second, "IN_TRANSIT").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");

    let order = shop.order(&order).await;
    let number = second["trackingNumber"].as_str().unwrap();
    let told: Vec<_> = order.timeline.iter().filter(|step| step.reason.contains(number)).collect();
    // The second place on the way is the parcel's to remember.
    assert_eq!(told.len(), 6);
    assert_eq!(told.iter().filter(|step| step.status == OrderStatus::Delivered).count(), 1);
    let events = shop.tenant.stored("EVT#").await;
    let moved = |status: &str| {
        let of = |item: &&Value| item["event"]["type"] == "ShipmentMoved" && item["event"]["status"] == status;
        events.iter().filter(of).count()
    };
    assert_eq!([moved("PENDING"), moved("SHIPPED"), moved("IN_TRANSIT"), moved("DELIVERED")], [2, 2, 2, 2]);
    let rows = shop.tenant.stored("AUD#").await;
    let of_second = rows.iter().filter(|row| row["entity"] == second["id"] && row["action"] == "SHIPMENT_CHANGED");
    assert_eq!(of_second.count(), 7);
}

#[tokio::test]
async fn nothing_is_sent_twice_unpaid_or_after_it_was_given_back() {
    let shop = Shop::open().await;
    let announce = async |body: Value| shop.send(&shop.staff, Method::POST, "/admin/shipments", body).await;
    let unpaid = shop.sell(&["Vase"]).await;
    announce(shop.parcel(&unpaid.orders[0], None)).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");

    let (order, payment) = shop.sell_paid(&["Vase", "Gear"]).await;
    let too_many = announce(shop.parcel(&order, Some(&[(0, 3)]))).await;
    too_many.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
    for wrong in [&[(2, 1)][..], &[(0, 1), (0, 1)]] {
        announce(shop.parcel(&order, Some(wrong))).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }
    let pending = shop.announce(&order, Some(&[(0, 2)])).await;
    announce(shop.parcel(&order, Some(&[(0, 1)]))).await.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");

    // A piece is given back that is in a parcel which has not left yet, and one that is in none.
    for line in [0, 1] {
        let request = RefundRequest {
            payment: payment.id,
            order: order.id,
            portion: Portion::Lines(vec![RefundLine { line, quantity: 1 }]),
            restock: false,
            reason: "not wanted".to_owned(),
        };
        let refund = shop.tenant.stack.store().request_refund(&shop.tenant.operation(), &payment, &request).await;
        refund.unwrap().unwrap();
    }
    shop.advance(&pending, "SHIPPED").await.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
    assert_eq!(shop.advance(&pending, "RETURNED").await.data(StatusCode::OK)["status"], "RETURNED");
    let rest = shop.announce(&order, None).await;
    assert_eq!(rest["lines"], json!([{"line": 0, "quantity": 1}, {"line": 1, "quantity": 1}]));
    shop.advance(&rest, "SHIPPED").await.data(StatusCode::OK);
    assert_eq!(shop.order(&order).await.status, OrderStatus::Shipped);
    announce(shop.parcel(&order, None)).await.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
}

#[tokio::test]
async fn a_tracking_number_is_one_parcels_and_a_repeated_request_announces_nothing_more() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let body = shop.parcel(&order, Some(&[(0, 1)]));
    let send = |key: &str, body: Value| {
        let request = shop.client.post("/admin/shipments").bearer(&shop.staff.token).header("idempotency-key", key);
        request.json(body).send()
    };
    let keyless = shop.client.post("/admin/shipments").bearer(&shop.staff.token).json(body.clone()).send().await;
    keyless.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    let first = send("one", body.clone()).await;
    let again = send("one", body.clone()).await;
    assert_eq!(first.data(StatusCode::CREATED), again.data(StatusCode::CREATED));
    assert_eq!(again.header("idempotent-replayed"), "true");
    send("two", body.clone()).await.refused(StatusCode::CONFLICT, "TRACKING_NUMBER_TAKEN");
    let mut small = body.clone();
    small["trackingNumber"] = json!(body["trackingNumber"].as_str().unwrap().to_lowercase());
    send("three", small).await.refused(StatusCode::CONFLICT, "TRACKING_NUMBER_TAKEN");
    assert_eq!(shop.tenant.stored("SHP#").await.len(), 1);

    let mut wrong = shop.parcel(&order, None);
    wrong["service"] = json!("BY-SEA");
    let answer = send("four", wrong.clone()).await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(answer.fields(), ["service"]);
    wrong["carrierId"] = json!("car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC");
    assert_eq!(send("five", wrong).await.fields(), ["carrierId"]);
    let retired = format!("/admin/carriers/{}", shop.carrier.id);
    shop.send(&shop.staff, Method::DELETE, &retired, json!({})).await.data(StatusCode::OK);
    assert_eq!(send("six", shop.parcel(&order, None)).await.fields(), ["carrierId"]);
}

#[tokio::test]
async fn the_tenants_people_list_parcels_by_how_far_they_have_come() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase", "Gear"]).await;
    let mut parcels = Vec::new();
    for pieces in [(0, 1), (0, 1), (1, 1)] {
        parcels.push(shop.announce(&order, Some(&[pieces])).await);
    }
    shop.advance(&parcels[1], "SHIPPED").await.data(StatusCode::OK);
    let listed = async |query: &str| {
        let answer = shop.get(&shop.staff, &format!("/admin/shipments{query}")).await;
        let ids: Vec<Value> =
            answer.data(StatusCode::OK).as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        (ids, answer.body["pagination"]["nextCursor"].clone())
    };
    let id = |place: usize| parcels[place]["id"].clone();
    assert_eq!(listed("").await.0, [id(2), id(1), id(0)]);
    assert_eq!(listed("?status=SHIPPED").await.0, [id(1)]);
    let (first, cursor) = listed("?status=PENDING&limit=1").await;
    let cursor = cursor.as_str().unwrap().to_owned();
    assert_eq!(
        (first, listed(&format!("?status=PENDING&limit=1&cursor={cursor}")).await.0),
        (vec![id(2)], vec![id(0)])
    );
    let foreign = shop.get(&shop.staff, &format!("/admin/shipments?status=SHIPPED&cursor={cursor}")).await;
    foreign.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    shop.get(&shop.staff, "/admin/shipments?status=LOST").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let one = shop.get(&shop.staff, &format!("/admin/shipments/{}", id(1).as_str().unwrap())).await;
    assert_eq!((&one.data(StatusCode::OK)["history"][1]["status"], one.header("etag")), (&json!("SHIPPED"), "\"2\""));
    for role in [Role::Customer, Role::Seller, Role::Carrier] {
        let somebody = shop.tenant.member(&[role]).await;
        shop.get(&somebody, "/admin/shipments").await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}

#[tokio::test]
async fn whoever_knows_the_number_sees_where_the_parcel_is_and_nothing_about_anybody() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let path = format!("/admin/shipments/{}", parcel["id"].as_str().unwrap());
    for body in [
        json!({"status": "SHIPPED", "note": "Asha called"}),
        json!({"status": "IN_TRANSIT", "place": "Bengaluru hub", "note": "Held back by rain"}),
    ] {
        shop.send(&shop.staff, Method::PATCH, &path, body).await.data(StatusCode::OK);
    }
    let number = parcel["trackingNumber"].as_str().unwrap();
    for number in [number.to_owned(), number.to_lowercase()] {
        let answer = shop.client.get(&format!("/shipments/{number}")).send().await;
        let seen = answer.data(StatusCode::OK).clone();
        assert_eq!((&seen["status"], &seen["carrier"]), (&json!("IN_TRANSIT"), &json!("Blue Crane")));
        assert_eq!(seen["events"][2]["place"], "Bengaluru hub");
        assert_eq!(
            seen["trackingUrl"],
            json!(format!("https://track.crane.example/?awb={}", parcel["trackingNumber"].as_str().unwrap()))
        );
        let keys: Vec<&String> = seen.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["carrier", "events", "service", "status", "trackingNumber", "trackingUrl"]);
        for private in ["Asha", "rain", "usr_", "ord_", "sel_", "Chennai", "lines"] {
            assert!(!answer.text().contains(private), "{private}");
        }
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for unknown in ["CRANE-0000-0000", "x", "%00%00%00%00%00%00%00%00", &"A".repeat(41)] {
        let answer = shop.client.get(&format!("/shipments/{unknown}")).send().await;
        assert!(answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::BAD_REQUEST, "{unknown}");
    }
    let elsewhere = Shop::open().await;
    let answer = elsewhere.client.get(&format!("/shipments/{number}")).send().await;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}

#[tokio::test]
async fn an_order_whose_money_goes_back_whole_is_not_sent_however_it_goes_back() {
    let shop = Shop::open().await;
    let (order, payment) = shop.sell_paid(&["Vase"]).await;
    let packed = shop.announce(&order, None).await;
    let total = order.totals.total.amount;
    for amount in [1, total - 1] {
        let portion = Portion::Amount(Money::new(amount, Currency::Inr));
        let reason = "never mind".to_owned();
        let request = RefundRequest { payment: payment.id, order: order.id, portion, restock: false, reason };
        let refund = shop.tenant.stack.store().request_refund(&shop.tenant.operation(), &payment, &request).await;
        refund.unwrap().unwrap();
    }
    shop.advance(&packed, "SHIPPED").await.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
    shop.advance(&packed, "RETURNED").await.data(StatusCode::OK);
    let again = shop.send(&shop.staff, Method::POST, "/admin/shipments", shop.parcel(&order, None)).await;
    again.refused(StatusCode::CONFLICT, "SHIPMENT_TOO_LARGE");
}
