use domain::access::Role;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

#[tokio::test]
async fn a_carrier_sees_and_moves_its_own_parcels_and_no_others() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let (courier, other) = (shop.courier(&shop.carrier).await, shop.courier(&shop.other_carrier().await).await);
    let unbound = shop.tenant.member(&[Role::Carrier]).await;
    let path = format!("/carrier/shipments/{}", parcel["id"].as_str().unwrap());
    let body = json!({"status": "SHIPPED", "place": "Chennai"});
    for stranger in [&other, &unbound] {
        shop.get(stranger, &path).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        shop.send(stranger, Method::PATCH, &path, body.clone()).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert_eq!(shop.get(stranger, "/carrier/shipments").await.data(StatusCode::OK), &json!([]));
    }
    for outsider in [&shop.seller, &shop.buyer, &shop.staff] {
        shop.get(outsider, &path).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    let list = shop.get(&courier, "/carrier/shipments").await;
    assert_eq!(list.data(StatusCode::OK)[0]["id"], parcel["id"]);
    let moved = shop.send(&courier, Method::PATCH, &path, body).await;
    assert_eq!(moved.data(StatusCode::OK)["history"][1]["place"], "Chennai");
    let order = shop.order(&order).await;
    let last = order.timeline.last().unwrap();
    assert_eq!(serde_json::to_value(&last.actor).unwrap()["id"], json!(courier.user.id));
    let stale = shop.client.patch(&path).bearer(&courier.token).header("if-match", "\"1\"");
    let stale = stale.json(json!({"status": "DELIVERED"})).send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
}

#[tokio::test]
async fn a_carrier_reads_where_a_parcel_goes_while_it_has_it_and_each_look_is_recorded() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let courier = shop.courier(&shop.carrier).await;
    let path = format!("/carrier/shipments/{}", parcel["id"].as_str().unwrap());
    let looks = async || {
        let rows = shop.tenant.stored("AUD#").await;
        let of = |row: &&Value| row["action"] == "DELIVERY_ADDRESS_READ" && row["entity"] == parcel["id"];
        rows.iter().filter(of).filter(|row| row["actor"]["id"] == json!(courier.user.id)).count()
    };
    let seen = shop.get(&courier, &path).await;
    let address = &seen.data(StatusCode::OK)["address"];
    assert_eq!((&address["fullName"], &address["phone"]), (&json!("Asha Rao"), &json!("+919876543210")));
    assert_eq!(address["lines"], json!(["Flat 5B, Palm Grove", "Chennai 600034, Tamil Nadu", "IN"]));
    assert_eq!(looks().await, 1);
    // No other answer has it.
    let list = shop.get(&courier, "/carrier/shipments").await;
    let moved = shop.send(&courier, Method::PATCH, &path, json!({"status": "SHIPPED"})).await;
    assert!(!list.text().contains("Palm Grove") && !moved.text().contains("Palm Grove"));
    shop.send(&courier, Method::PATCH, &path, json!({"status": "DELIVERED"})).await.data(StatusCode::OK);
    let late = shop.get(&courier, &path).await;
    assert_eq!((&late.data(StatusCode::OK)["address"], looks().await), (&Value::Null, 1));
    // What is stored of the parcel itself has nothing of anybody.
    let stored = shop.tenant.stored("SHP#").await;
    assert!(!json!(stored).to_string().contains("Palm Grove") && stored[0].get("address").is_none());
}

#[tokio::test]
async fn nobody_reads_where_a_parcel_of_an_erased_buyer_goes() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let courier = shop.courier(&shop.carrier).await;
    let (store, operation) = (shop.tenant.stack.store(), shop.tenant.operation());
    store.erase_user(&operation, &shop.buyer.user, None).await.unwrap();
    let path = format!("/carrier/shipments/{}", parcel["id"].as_str().unwrap());
    let seen = shop.get(&courier, &path).await;
    assert_eq!(
        (&seen.data(StatusCode::OK)["address"], &seen.data(StatusCode::OK)["status"]),
        (&Value::Null, &json!("PENDING"))
    );
}

#[tokio::test]
async fn who_loses_the_role_carries_for_nobody_and_does_not_get_it_back_with_the_role() {
    let shop = Shop::open().await;
    let courier = shop.courier(&shop.carrier).await;
    let (store, operation) = (shop.tenant.stack.store(), shop.tenant.operation());
    let action = domain::operation::Action::RolesChanged;
    let mut user = courier.user.clone();
    for roles in [vec![Role::Customer], vec![Role::Carrier]] {
        let after = user.clone().with_roles(roles);
        user = store.change_member(&operation, &user, after, action).await.unwrap().unwrap();
    }
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    shop.announce(&order, None).await;
    assert_eq!(shop.get(&courier, "/carrier/shipments").await.data(StatusCode::OK), &json!([]));
}
