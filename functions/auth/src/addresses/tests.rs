use domain::access::Role;
use harness::client::TestAnswer;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::Shop;

fn address(line1: &str) -> Value {
    json!({
        "fullName": "Asha Rao", "phone": "+91 98765 43210", "line1": line1, "city": "Bengaluru", "state": "Karnataka",
        "postalCode": "560001", "country": "IN",
    })
}

async fn add(shop: &Shop, token: &str, body: Value) -> TestAnswer {
    shop.client.post("/users/me/addresses").bearer(token).json(body).send().await
}

async fn added(shop: &Shop, token: &str, body: Value) -> String {
    add(shop, token, body).await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
}

async fn listed(shop: &Shop, token: &str) -> Vec<(String, bool)> {
    let answer = shop.client.get("/users/me/addresses").bearer(token).send().await;
    let all = answer.data(StatusCode::OK).as_array().unwrap().clone();
    all.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["isDefault"] == true)).collect()
}

#[tokio::test]
async fn an_address_is_added_read_changed_and_removed() {
    let shop = Shop::open().await;
    let token = shop.tenant.member(&[Role::Customer]).await.token;
    let answer = add(&shop, &token, address("12 MG Road")).await;
    let data = answer.data(StatusCode::CREATED);
    let id = data["id"].as_str().unwrap();
    let path = format!("/users/me/addresses/{id}");
    assert_eq!(answer.header("location"), format!("/api/v1{path}"));
    assert_eq!((&data["phone"], &data["isDefault"]), (&json!("+919876543210"), &json!(true)));

    let read = shop.client.get(&path).bearer(&token).send().await;
    assert_eq!(read.data(StatusCode::OK), data);
    assert_eq!((read.round_trips(), read.header("etag")), (1, "\"1\""));

    let change = json!({"line2": "2nd floor", "state": null, "phone": "+84 90 123 45 67"});
    let changed = shop.client.patch(&path).bearer(&token).header("if-match", "\"1\"").json(change).send().await;
    let data = changed.data(StatusCode::OK);
    assert_eq!(
        (&data["line1"], &data["line2"], &data["state"]),
        (&json!("12 MG Road"), &json!("2nd floor"), &Value::Null)
    );
    assert_eq!((&data["phone"], changed.header("etag")), (&json!("+84901234567"), "\"2\""));
    let stale =
        shop.client.patch(&path).bearer(&token).header("if-match", "\"1\"").json(json!({"city": "Pune"})).send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let stale = shop.client.delete(&path).bearer(&token).header("if-match", "\"1\"").send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");

    shop.client.delete(&path).bearer(&token).send().await.data(StatusCode::OK);
    shop.client.get(&path).bearer(&token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    shop.client.delete(&path).bearer(&token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert!(listed(&shop, &token).await.is_empty());
}

#[tokio::test]
async fn exactly_one_address_is_the_default_whatever_happens_at_once() {
    let shop = Shop::open().await;
    let token = shop.tenant.member(&[Role::Customer]).await.token;
    let spawn = |n: usize| {
        let (client, token) = (shop.client.clone(), token.clone());
        let mut body = address(&format!("{n} MG Road"));
        body["isDefault"] = json!(true);
        tokio::spawn(async move { client.post("/users/me/addresses").bearer(&token).json(body).send().await })
    };
    let mut kept = 0;
    for attempt in (0..4).map(spawn).collect::<Vec<_>>() {
        let status = attempt.await.unwrap().status;
        assert!(matches!(status, StatusCode::CREATED | StatusCode::CONFLICT), "{status}");
        kept += usize::from(status == StatusCode::CREATED);
    }
    let all = listed(&shop, &token).await;
    assert_eq!((all.len(), all.iter().filter(|(_, default)| *default).count()), (kept, 1));
}

#[tokio::test]
async fn the_default_is_handed_on_and_never_lost() {
    let shop = Shop::open().await;
    let token = shop.tenant.member(&[Role::Customer]).await.token;
    let first = added(&shop, &token, address("1 MG Road")).await;
    let second = added(&shop, &token, address("2 MG Road")).await;
    let default = async || {
        let all = listed(&shop, &token).await;
        all.into_iter().filter(|(_, default)| *default).map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(default().await.as_slice(), std::slice::from_ref(&first));
    let choose = |id: &str, yes: bool| {
        shop.client.patch(&format!("/users/me/addresses/{id}")).bearer(&token).json(json!({"isDefault": yes})).send()
    };
    choose(&second, true).await.data(StatusCode::OK);
    assert_eq!(default().await.as_slice(), std::slice::from_ref(&second));
    let refused = choose(&second, false).await;
    assert_eq!((refused.status, refused.fields()), (StatusCode::BAD_REQUEST, vec!["isDefault"]));
    choose(&first, false).await.data(StatusCode::OK);
    shop.client.delete(&format!("/users/me/addresses/{second}")).bearer(&token).send().await.data(StatusCode::OK);
    assert_eq!(default().await, [first]);
}

#[tokio::test]
async fn an_address_book_has_at_most_20_addresses() {
    let shop = Shop::open().await;
    let token = shop.tenant.member(&[Role::Customer]).await.token;
    for n in 0..20 {
        added(&shop, &token, address(&format!("{n} MG Road"))).await;
    }
    add(&shop, &token, address("21 MG Road")).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    assert_eq!(listed(&shop, &token).await.len(), 20);
}

#[tokio::test]
async fn nobody_sees_or_changes_anothers_address() {
    let shop = Shop::open().await;
    let neighbour = shop.neighbour().await;
    let owner = shop.tenant.member(&[Role::Customer]).await.token;
    let path = format!("/users/me/addresses/{}", added(&shop, &owner, address("12 MG Road")).await);
    let strangers = [
        (&shop, shop.tenant.member(&[Role::Customer]).await.token),
        (&shop, shop.tenant.member(&[Role::Owner]).await.token),
        (&neighbour, neighbour.tenant.member(&[Role::Owner]).await.token),
    ];
    for (shop, token) in &strangers {
        let missing = shop.client.get("/users/me/addresses/adr_01JB2Z8QW3C4D5E6F7G8H9JKMN").bearer(token).send().await;
        let foreign = shop.client.get(&path).bearer(token).send().await;
        foreign.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert_eq!(foreign.body["message"], missing.body["message"]);
        shop.client
            .patch(&path)
            .bearer(token)
            .json(json!({"city": "Pune"}))
            .send()
            .await
            .refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        shop.client.delete(&path).bearer(token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let read = shop.client.get(&path).bearer(&owner).send().await;
    assert_eq!(read.data(StatusCode::OK)["city"], "Bengaluru");
}

#[tokio::test]
async fn every_faulty_field_of_an_address_is_named() {
    let shop = Shop::open().await;
    let token = shop.tenant.member(&[Role::Customer]).await.token;
    for (change, field) in [
        (json!({"fullName": ""}), "fullName"),
        (json!({"phone": "98765"}), "phone"),
        (json!({"line1": "x".repeat(121)}), "line1"),
        (json!({"line1": "a\nb"}), "line1"),
        (json!({"country": "India"}), "country"),
        (json!({"postalCode": "#"}), "postalCode"),
        (json!({"isDefault": "yes"}), "isDefault"),
        (json!({"user": "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"}), "user"),
    ] {
        let mut body = address("12 MG Road");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = add(&shop, &token, body).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{change}");
    }
    assert!(listed(&shop, &token).await.is_empty());
}
