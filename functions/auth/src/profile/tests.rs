use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::Shop;

#[tokio::test]
async fn a_person_reads_and_changes_what_they_tell_of_themselves() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = &asha.access_token;
    let me = shop.me(token).await.data(StatusCode::OK).clone();
    let read = shop.client.get("/users/me").bearer(token).send().await;
    assert_eq!(&me, read.data(StatusCode::OK));
    assert_eq!(read.round_trips(), 1);
    let etag = read.header("etag").to_owned();

    let change = json!({"firstName": " Aisha ", "phone": "+84 90 123 45 67", "username": "aisha.r"});
    let changed = shop.client.patch("/users/me").bearer(token).header("if-match", &*etag).json(change).send().await;
    let data = changed.data(StatusCode::OK);
    assert_eq!((&data["firstName"], &data["lastName"]), (&json!("Aisha"), &json!("Rao")));
    assert_eq!((&data["phone"], &data["username"]), (&json!("+84901234567"), &json!("aisha.r")));
    assert_eq!(shop.client.get("/users/me").bearer(token).send().await.data(StatusCode::OK), data);
    assert_ne!(changed.header("etag"), etag);
    assert_eq!(shop.audited("PROFILE_CHANGED").await, 1);

    let stale = json!({"lastName": "Iyer"});
    let stale = shop.client.patch("/users/me").bearer(token).header("if-match", &*etag).json(stale).send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let gone = json!({"phone": null, "username": null});
    let gone = shop.client.patch("/users/me").bearer(token).json(gone).send().await;
    let data = gone.data(StatusCode::OK);
    assert_eq!((&data["phone"], &data["username"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_person_is_found_by_the_phone_number_they_have_now() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let listed = async || {
        let (user, _) = shop.user_place(&asha).await;
        let rows = shop.tenant.stored("U#").await;
        let row = rows.into_iter().find(|row| row["pk"] == user.as_str() && row["sk"] == "A").unwrap();
        (row["gsi1pk"].as_str().map(str::to_owned), row["phoneIndex"].as_str().map(str::to_owned))
    };
    assert_eq!(listed().await, (None, None));
    let mut seen = Vec::new();
    for phone in ["+91 98765 43210", "+91 98765 43211"] {
        let change = json!({"phone": phone});
        shop.client.patch("/users/me").bearer(&asha.access_token).json(change).send().await.data(StatusCode::OK);
        let (place, index) = listed().await;
        assert!(place.unwrap().ends_with(index.as_deref().unwrap()));
        seen.push(index);
    }
    assert_ne!(seen[0], seen[1]);
    let change = json!({"phone": null});
    shop.client.patch("/users/me").bearer(&asha.access_token).json(change).send().await.data(StatusCode::OK);
    assert_eq!(listed().await, (None, None));
}

#[tokio::test]
async fn what_is_not_theirs_to_change_is_refused_by_name() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let before = shop.me(&asha.access_token).await.data(StatusCode::OK).clone();
    for (change, field) in [
        (json!({"email": "b@example.com"}), "email"),
        (json!({"roles": ["OWNER"]}), "roles"),
        (json!({"status": "ACTIVE"}), "status"),
        (json!({"emailVerifiedAt": "2026-01-31T08:16:12.456Z"}), "emailVerifiedAt"),
        (json!({"firstName": ""}), "firstName"),
        (json!({"lastName": "x".repeat(41)}), "lastName"),
        (json!({"phone": "98765"}), "phone"),
        (json!({"username": "<b>"}), "username"),
    ] {
        let answer = shop.client.patch("/users/me").bearer(&asha.access_token).json(change).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field]);
    }
    assert_eq!(shop.me(&asha.access_token).await.data(StatusCode::OK), &before);
}

#[tokio::test]
async fn changes_at_once_are_all_kept() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let changes = [json!({"firstName": "Aisha"}), json!({"lastName": "Iyer"}), json!({"username": "aisha"})];
    let tries = changes.map(|change| {
        let (client, token) = (shop.client.clone(), asha.access_token.clone());
        tokio::spawn(async move { client.patch("/users/me").bearer(&token).json(change).send().await.status })
    });
    for attempt in tries {
        assert_eq!(attempt.await.unwrap(), StatusCode::OK);
    }
    let me = shop.me(&asha.access_token).await;
    let me = me.data(StatusCode::OK);
    assert_eq!(
        (&me["firstName"], &me["lastName"], &me["username"]),
        (&json!("Aisha"), &json!("Iyer"), &json!("aisha"))
    );
}
