use domain::access::Role;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

fn profile() -> Value {
    let band =
        |grams: Option<u64>, amount: i64| json!({"upToGrams": grams, "price": {"amount": amount, "currency": "INR"}});
    json!({
        "name": "Swift Ox", "email": "care@ox.example", "phone": "+91 80 4000 1234", "active": true,
        "services": [
            {"code": "SURFACE", "name": "By road", "rates": {"bands": [band(Some(500), 4_000), band(None, 9_000)]}},
            {"code": "AIR", "name": "By air", "rates": {"bands": [band(None, 19_000)]}},
        ],
        "trackingUrl": "https://ox.example/t/{trackingNumber}",
    })
}

#[tokio::test]
async fn a_carrier_is_made_known_changed_and_retired_under_its_version() {
    let shop = Shop::open().await;
    let made = shop.send(&shop.staff, Method::POST, "/admin/carriers", profile()).await;
    let carrier = made.data(StatusCode::CREATED).clone();
    assert_eq!((&carrier["name"], &carrier["services"][0]["code"]), (&json!("Swift Ox"), &json!("SURFACE")));
    let path = format!("/admin/carriers/{}", carrier["id"].as_str().unwrap());
    assert!(made.header("location").ends_with(&path) && made.header("etag") == "\"1\"");
    let read = shop.get(&shop.staff, &path).await;
    assert_eq!((read.data(StatusCode::OK), read.round_trips()), (&carrier, 1));

    let mut other = profile();
    other["name"] = json!("Swifter Ox");
    let change = |tag: &str| shop.client.request(Method::PUT, &path).bearer(&shop.staff.token).header("if-match", tag);
    let changed = change("\"1\"").json(other.clone()).send().await;
    assert_eq!(changed.data(StatusCode::OK)["name"], "Swifter Ox");
    change("\"1\"").json(other).send().await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let retired = shop.client.delete(&path).bearer(&shop.staff.token).header("if-match", "\"2\"").send().await;
    assert_eq!((&retired.data(StatusCode::OK)["active"], retired.header("etag")), (&json!(false), "\"3\""));

    let list = shop.get(&shop.staff, "/admin/carriers?limit=1").await;
    assert_eq!(list.data(StatusCode::OK)[0]["id"], carrier["id"]);
    assert_eq!(list.body["pagination"]["hasMore"], true);
    let rows = shop.tenant.stored("AUD#").await;
    let changes = rows.iter().filter(|row| row["action"] == "CARRIER_CHANGED" && row["entity"] == carrier["id"]);
    assert_eq!(changes.count(), 3);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_the_name_of_its_field() {
    let shop = Shop::open().await;
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = profile();
        change(&mut body);
        let answer = shop.send(&shop.staff, Method::POST, "/admin/carriers", body).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        answer.fields().first().map(|field| (*field).to_owned()).unwrap()
    };
    assert_eq!(refused(&|body| body["email"] = json!("nobody")).await, "email");
    assert_eq!(refused(&|body| body["phone"] = json!("12")).await, "phone");
    assert_eq!(refused(&|body| body["services"] = json!([])).await, "services");
    assert_eq!(refused(&|body| body["services"][1]["code"] = json!("SURFACE")).await, "services");
    assert_eq!(
        refused(&|body| body["services"][0]["rates"]["bands"][0]["price"]["currency"] = json!("USD")).await,
        "services"
    );
    assert!(refused(&|body| body["services"][0]["code"] = json!("by road")).await.starts_with("services"));
    for url in [
        "http://ox.example/{trackingNumber}",
        "https://ox.example/",
        "https://ox.example@evil.example/{trackingNumber}",
    ] {
        assert_eq!(refused(&|body| body["trackingUrl"] = json!(url)).await, "trackingUrl");
    }
    assert_eq!(refused(&|body| body["colour"] = json!("blue")).await, "colour");
}

#[tokio::test]
async fn somebody_carries_for_a_carrier_from_the_next_request_on_and_not_a_moment_longer() {
    let shop = Shop::open().await;
    let (admin, person) = (shop.tenant.member(&[Role::Admin]).await, shop.tenant.member(&[Role::Carrier]).await);
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let parcel = shop.announce(&order, None).await;
    let seen = format!("/carrier/shipments/{}", parcel["id"].as_str().unwrap());
    shop.get(&person, &seen).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(shop.get(&person, "/carrier/shipments").await.data(StatusCode::OK), &json!([]));

    let people = format!("/admin/carriers/{}/people", shop.carrier.id);
    let body = json!({"userId": person.user.id});
    let answer = shop.send(&shop.staff, Method::POST, &people, body.clone()).await;
    answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let answer = shop.send(&admin, Method::POST, &people, body).await;
    assert_eq!(answer.data(StatusCode::OK)["carrierId"], json!(shop.carrier.id));
    assert_eq!(shop.get(&person, &seen).await.data(StatusCode::OK)["id"], parcel["id"]);

    // Who is no carrier, and whoever is not there.
    let answer = shop.send(&admin, Method::POST, &people, json!({"userId": shop.buyer.user.id})).await;
    answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    let nobody = json!({"userId": shop.tenant.stack.ambient().id::<domain::id::UserId>()});
    shop.send(&admin, Method::POST, &people, nobody).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let owner = shop.tenant.member(&[Role::Owner, Role::Carrier]).await;
    let answer = shop.send(&admin, Method::POST, &people, json!({"userId": owner.user.id})).await;
    answer.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");

    let other = shop.other_carrier().await;
    let elsewhere = format!("/admin/carriers/{}/people/{}", other.id, person.user.id);
    shop.send(&admin, Method::DELETE, &elsewhere, json!({})).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let answer = shop.send(&admin, Method::DELETE, &format!("{people}/{}", person.user.id), json!({})).await;
    assert_eq!(answer.data(StatusCode::OK)["carrierId"], Value::Null);
    shop.get(&person, &seen).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let rows = shop.tenant.stored("AUD#").await;
    let bound = rows.iter().filter(|row| row["entity"] == json!(person.user.id) && row["action"] == "CARRIER_CHANGED");
    assert_eq!(bound.count(), 2);
}
