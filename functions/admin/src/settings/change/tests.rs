use domain::access::Role;
use http::StatusCode;
use serde_json::json;

use super::*;
use crate::test_support::Shop;

#[test]
fn an_origin_is_written_as_browsers_send_it() {
    for good in ["https://shop.example", "https://a.b.example:8443", "http://localhost:3000"] {
        assert!(is_origin(good, &()).is_ok(), "{good}");
    }
    for bad in [
        "*",
        "https://*",
        "https://shop.example/",
        "https://shop.example/x",
        "http://shop.example",
        "https://Shop.example",
        "null",
        "https://u@shop.example",
        "shop.example",
        "",
    ] {
        assert!(is_origin(bad, &()).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_change_counts_the_version_up_and_keeps_the_rest() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let change = json!({"invoiceSeries": "SELLER", "cartDays": 7, "timeZone": "Asia/Ho_Chi_Minh"});
    let answer = shop.client.patch("/admin/settings").bearer(&admin.token).json(change).send().await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["cartDays"], &data["locale"], &data["version"]), (&json!(7), &json!("en"), &json!(2)));
    assert_eq!(data["invoiceSeries"], "SELLER");
    assert_eq!(answer.header("etag"), "\"2\"");
    let again = shop.client.get("/admin/settings").bearer(&admin.token).send().await;
    assert_eq!(again.data(StatusCode::OK), data);
}

#[tokio::test]
async fn one_limit_is_changed_and_the_others_stay() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let before = shop.client.get("/admin/settings").bearer(&admin.token).send().await;
    let mut expected = before.data(StatusCode::OK).clone();
    let limits = json!({"authWrites": 7, "anonymousWrites": 9});
    let change = json!({"limits": limits, "transferDays": 5, "mfaRequiredRoles": ["OWNER"], "minPasswordLength": 15});
    let answer = shop.client.patch("/admin/settings").bearer(&admin.token).json(change).send().await;
    expected["limits"]["authWrites"] = json!(7);
    expected["limits"]["anonymousWrites"] = json!(9);
    expected["transferDays"] = json!(5);
    expected["mfaRequiredRoles"] = json!(["OWNER"]);
    expected["minPasswordLength"] = json!(15);
    expected["version"] = json!(2);
    assert_eq!(answer.data(StatusCode::OK), &expected);
}

#[tokio::test]
async fn another_version_than_the_clients_is_not_overwritten() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let change = || {
        let request = shop.client.patch("/admin/settings").bearer(&owner.token).header("if-match", "\"1\"");
        request.json(json!({"holdMinutes": 20})).send()
    };
    change().await.data(StatusCode::OK);
    change().await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
}

#[tokio::test]
async fn only_owners_and_admins_change_settings() {
    let shop = Shop::open().await;
    let change = json!({"cartDays": 7});
    for role in [Role::Staff, Role::Seller, Role::Customer, Role::Carrier] {
        let member = shop.sign_in(role).await;
        let answer = shop.client.patch("/admin/settings").bearer(&member.token).json(change.clone()).send().await;
        answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    let answer = shop.client.patch("/admin/settings").json(change).send().await;
    answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
}

#[tokio::test]
async fn every_bad_value_is_named_and_changes_nothing() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let cases = [
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [{"class": "STANDARD", "rateBp": 10_001}]}}), "tax"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [{"class": "STANDARD", "rateBp": 1.5}]}}), "tax.rates[0].rateBp"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [{"class": "LUXURY", "rateBp": 1}]}}), "tax"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [{"class": "luxury", "rateBp": 1}]}}), "tax.rates[0].class"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [], "classes": [{"name": "ZERO"}]}}), "tax"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [], "shippingClass": "LUXURY"}}), "tax"),
        (json!({"tax": {"mode": "EXCLUSIVE", "rates": [{"class": "REDUCED", "state": "Goa", "rateBp": 1}]}}), "tax"),
        (json!({"cartDays": 0}), "cartDays"),
        (json!({"holdMinutes": 0}), "holdMinutes"),
        (json!({"transferDays": 0}), "transferDays"),
        (json!({"transferDays": 31}), "transferDays"),
        (json!({"limits": {"anonymousWrites": 0}}), "limits.anonymousWrites"),
        (json!({"invoiceSeries": "BUYER"}), "invoiceSeries"),
        (json!({"timeZone": "Mars/Olympus"}), "timeZone"),
        (json!({"corsOrigins": ["https://ok.example", "*"]}), "corsOrigins[1]"),
        (json!({"currency": "EUR"}), "currency"),
        (json!({"currency": "VND"}), "shipping"),
        (json!({"shipping": {"bands": []}}), "shipping"),
        (json!({"shipping": {"bands": [{"price": {"amount": -1, "currency": "INR"}}]}}), "shipping"),
        (
            json!({"shipping": {"bands": [{"price": {"amount": 1, "currency": "INR", "x": 1}}]}}),
            "shipping.bands[0].price.x",
        ),
        (json!({"status": "ACTIVE"}), "status"),
        (json!({"minPasswordLength": 7}), "minPasswordLength"),
        (json!({"mfaRequiredRoles": ["OWNER", "OWNER"]}), "mfaRequiredRoles"),
        (json!({"mfaRequiredRoles": ["KING"]}), "mfaRequiredRoles[0]"),
        (json!({"googleClientIds": ["ok", "not ok"]}), "googleClientIds[1]"),
        (json!({"microsoftClientIds": [""]}), "microsoftClientIds[0]"),
        (json!({"limits": {"authWrites": 0}}), "limits.authWrites"),
        (json!({"limits": {"userRequests": 1_000_001}}), "limits.userRequests"),
        (json!({"limits": {"tenantRequests": 1}}), "limits.tenantRequests"),
    ];
    for (change, field) in cases {
        let answer = shop.client.patch("/admin/settings").bearer(&admin.token).json(change).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    let answer = shop.client.get("/admin/settings").bearer(&admin.token).send().await;
    assert_eq!(answer.data(StatusCode::OK)["version"], 1);
}

#[tokio::test]
async fn a_tax_class_is_named_and_retired_but_not_taken_back() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let rates = json!([{"class": "LUXURY", "rateBp": 2800}]);
    let patch = |classes: serde_json::Value, rates: serde_json::Value| {
        let tax = json!({"tax": {"mode": "EXCLUSIVE", "rates": rates, "classes": classes}});
        shop.client.patch("/admin/settings").bearer(&admin.token).json(tax).send()
    };
    let named = patch(json!([{"name": "LUXURY"}]), rates.clone()).await;
    let classes = &named.data(StatusCode::OK)["tax"]["classes"];
    assert_eq!(classes, &json!([{"name": "LUXURY", "retired": false}]));
    assert_eq!(patch(json!([]), json!([])).await.fields(), ["tax"]);
    let retired = patch(json!([{"name": "LUXURY", "retired": true}]), json!([])).await;
    let tax = &retired.data(StatusCode::OK)["tax"];
    assert_eq!((&tax["classes"][0]["retired"], &tax["shippingClass"]), (&json!(true), &json!(null)));
    let tax = json!({"tax": {"mode": "INCLUSIVE", "rates": [], "classes": classes, "shippingClass": "LUXURY"}});
    let shipped = shop.client.patch("/admin/settings").bearer(&admin.token).json(tax).send().await;
    assert_eq!(shipped.data(StatusCode::OK)["tax"]["shippingClass"], "LUXURY");
}
