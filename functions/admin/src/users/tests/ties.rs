//! Who advises somebody, and who brought them in.

use super::*;

impl Shop {
    async fn tie(&self, by: &Member, whom: &Member, body: Value) -> TestAnswer {
        let request = self.client.request(Method::PATCH, &format!("/admin/users/{}", whom.user.id));
        request.bearer(&by.token).json(body).send().await
    }
}

#[tokio::test]
async fn staff_say_who_advises_somebody_and_who_brought_them_in() {
    let shop = Shop::open().await;
    let (admin, customer) = (shop.sign_in(Role::Admin).await, shop.sign_in(Role::Customer).await);
    let (advisor, sponsor) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    // The process learns keys and tenant with the first request.
    shop.get(&admin, "/admin/users").await.data(StatusCode::OK);
    let both = json!({"advisorId": advisor.user.id, "sponsorId": sponsor.user.id});
    let answer = shop.tie(&admin, &customer, both).await;
    let data = answer.data(StatusCode::OK);
    assert_eq!(
        (text(data, "advisorId"), text(data, "sponsorId")),
        (advisor.user.id.to_string(), sponsor.user.id.to_string())
    );
    assert_eq!((answer.header("etag"), answer.round_trips()), ("\"2\"", 2));
    let read = shop.get(&admin, &format!("/admin/users/{}", customer.user.id)).await;
    assert_eq!(read.data(StatusCode::OK), data);
    let row = &shop.audited("USER_CHANGED").await[0];
    assert_eq!(row["entity"], customer.user.id.to_string());
    assert_eq!(row["changes"][0], json!({"attribute": "advisor", "before": [], "after": [advisor.user.id]}));

    // What is left out stays, and null takes away.
    let answer = shop.tie(&admin, &customer, json!({"advisorId": null})).await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["advisorId"], text(data, "sponsorId")), (&Value::Null, sponsor.user.id.to_string()));
    let stored = shop.tenant().stored(&format!("U#{}", customer.user.id)).await;
    assert!(stored.iter().all(|row| row.get("advisor").is_none()));
    // Who acts may name themselves, and one person may be both.
    let both = json!({"advisorId": admin.user.id, "sponsorId": admin.user.id});
    shop.tie(&admin, &customer, both).await.data(StatusCode::OK);
    let both = json!({"advisorId": advisor.user.id, "sponsorId": advisor.user.id});
    shop.tie(&admin, &customer, both).await.data(StatusCode::OK);
}

#[tokio::test]
async fn the_list_shows_whom_somebody_advises_or_brought_in() {
    let shop = Shop::open().await;
    let (owner, advisor) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Staff).await);
    let (one, other) = (shop.sign_in(Role::Customer).await, shop.sign_in(Role::Customer).await);
    shop.tie(&owner, &one, json!({"advisorId": advisor.user.id})).await.data(StatusCode::OK);
    shop.tie(&owner, &other, json!({"sponsorId": advisor.user.id})).await.data(StatusCode::OK);
    for (query, expected) in [("advisorId", &one), ("sponsorId", &other)] {
        let found = shop.get(&owner, &format!("/admin/users?{query}={}", advisor.user.id)).await;
        let found = found.data(StatusCode::OK).as_array().unwrap();
        assert_eq!(found.iter().map(|one| text(one, "id")).collect::<Vec<_>>(), [expected.user.id.to_string()]);
    }
    let none = shop.get(&owner, &format!("/admin/users?advisorId={}", one.user.id)).await;
    assert_eq!(none.data(StatusCode::OK), &json!([]));
    shop.get(&owner, "/admin/users?advisorId=me").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
}

#[tokio::test]
async fn only_others_of_the_tenant_with_an_open_account_can_be_named() {
    let (shop, elsewhere) = (Shop::open().await, Shop::open().await);
    let (owner, customer) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Customer).await);
    let stranger = elsewhere.sign_in(Role::Staff).await;
    let closed = shop.sign_in(Role::Staff).await;
    shop.suspend(&owner, &closed).await.data(StatusCode::OK);
    for nobody in [stranger.user.id, closed.user.id, customer.user.id] {
        for field in ["advisorId", "sponsorId"] {
            let answer = shop.tie(&owner, &customer, json!({field: nobody})).await;
            answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(answer.fields(), [field], "{nobody}");
        }
    }
    assert!(shop.audited("USER_CHANGED").await.is_empty());
    // A tie that was made while the account was open stays when another is made.
    let advisor = shop.sign_in(Role::Staff).await;
    shop.tie(&owner, &customer, json!({"advisorId": advisor.user.id})).await.data(StatusCode::OK);
    shop.suspend(&owner, &advisor).await.data(StatusCode::OK);
    let answer = shop.tie(&owner, &customer, json!({"sponsorId": owner.user.id})).await;
    assert_eq!(text(answer.data(StatusCode::OK), "advisorId"), advisor.user.id.to_string());
}

#[tokio::test]
async fn ties_are_for_those_who_manage_people_and_not_to_somebody_above_them() {
    let shop = Shop::open().await;
    let (owner, admin) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Admin).await);
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    let body = || json!({"advisorId": staff.user.id});
    shop.tie(&admin, &owner, body()).await.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
    for nosy in [&staff, &customer] {
        shop.tie(nosy, &customer, body()).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
    let request = shop.client.request(Method::PATCH, &format!("/admin/users/{}", customer.user.id));
    let stale = request.bearer(&owner.token).header("if-match", "\"7\"").json(body()).send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    // What people tell of themselves is not for others to change.
    shop.tie(&owner, &customer, json!({"firstName": "Eve"}))
        .await
        .refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
}
