//! How a marketplace gets its people, through HTTP on the deployed stack: a superuser signs it up, its owner accepts the invitation
//! that arrives, lets others in, and puts them out again.

use axum::http::{Method, StatusCode};
use domain::access::Role;
use domain::tenant::TenantKind;
use harness::client::TestClient;
use harness::shop::{PASSWORD, Shop, Shopper};
use platform::config::Env;
use serde_json::{Value, json};

/// Sets a password by the link that has arrived, and signs in.
async fn accept(shop: &Shop, api: &TestClient, email: &str) -> Shopper {
    let token = shop.mailed_token(email, "accept-invitation").await;
    let body = json!({"token": token, "password": PASSWORD});
    api.post("/auth/accept-invitation").json(body).send().await.data(StatusCode::OK);
    Shopper::log_in(api, email).await
}

#[tokio::test]
async fn a_tenant_signs_up_and_its_owner_lets_people_in_and_out() {
    let home = Shop::open_with(|tenant| tenant.kind = TenantKind::Platform).await;
    let root = home.tenant.member_with_password(&[Role::Superuser], PASSWORD).await;
    let root = Shopper::log_in(&home.api, &root).await;
    let number = home.tenant.stack.ambient().id::<domain::id::RequestId>().to_string().to_lowercase();
    let name = number.replace('_', "-");
    let email = |who: &str| format!("{who}.{number}@example.com");
    let body = json!({
        "name": "Lotus & Lathe", "subdomain": name, "legalName": "Lotus and Lathe Private Limited",
        "legalAddress": ["12 MG Road", "Bengaluru 560001"], "invoicePrefix": "LOTUS", "currency": "INR",
        "timeZone": "Asia/Kolkata", "locale": "en", "bccAuditEmail": email("audit"),
        "owner": {"email": email("owner"), "firstName": "Asha", "lastName": "Rao"},
    });
    let signed_up = root.post("/platform/tenants", body.clone()).await;
    let tenant = signed_up.data(StatusCode::CREATED)["tenant"]["id"].as_str().unwrap().to_owned();
    root.post("/platform/tenants", body).await.refused(StatusCode::CONFLICT, "SUBDOMAIN_TAKEN");
    let listed = root.get("/platform/tenants?limit=100").await;
    assert!(listed.data(StatusCode::OK).as_array().unwrap().iter().any(|one| one["id"] == tenant));

    let url = Env::process().text("HAAT_TEST_API_URL").unwrap();
    let api = TestClient::of_url(&url).tenant(&tenant);
    let owner = accept(&home, &api, &email("owner")).await;
    assert_eq!(owner.get("/auth/me").await.data(StatusCode::OK)["roles"], json!(["OWNER"]));
    let invite = |who: &str, role: &str| json!({"email": email(who), "firstName": "Minh", "lastName": "Nguyễn", "roles": [role], "phone": "+84901234567"});
    owner.post("/admin/users/invite", invite("admin", "ADMIN")).await.data(StatusCode::CREATED);
    let admin = accept(&home, &api, &email("admin")).await;
    let found = admin.post("/admin/users/search", json!({"email": email("owner").to_uppercase()})).await;
    let owner_id = found.data(StatusCode::OK)[0]["id"].as_str().unwrap().to_owned();
    let found = admin.post("/admin/users/search", json!({"phone": "+84 90 123 45 67"})).await;
    let admin_id = found.data(StatusCode::OK)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.get("/admin/users").await.data(StatusCode::OK).as_array().unwrap().len(), 2);

    let put = |by: &Shopper, id: &str, roles: Value| {
        let request = api.request(Method::PUT, &format!("/admin/users/{id}/roles")).bearer(&by.token);
        request.json(json!({"roles": roles})).send()
    };
    put(&admin, &owner_id, json!(["CUSTOMER"])).await.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
    put(&admin, &admin_id, json!(["OWNER"])).await.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
    put(&owner, &owner_id, json!(["ADMIN"])).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "LAST_OWNER");
    put(&owner, &admin_id, json!(["CUSTOMER"])).await.data(StatusCode::OK);
    admin.get("/admin/users").await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");

    // Who has come in is not invited again; who brought them in can be said.
    let again = owner.post(&format!("/admin/users/{admin_id}/invite"), Value::Null).await;
    again.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let brought_in = api.request(Method::PATCH, &format!("/admin/users/{admin_id}")).bearer(&owner.token);
    brought_in.json(json!({"sponsorId": owner_id})).send().await.data(StatusCode::OK);
    let listed = owner.get(&format!("/admin/users?sponsorId={owner_id}")).await;
    assert_eq!(listed.data(StatusCode::OK)[0]["id"], admin_id);

    // Papers are handed in at one function and decided on at another.
    let papers = json!({
        "document": "PASSPORT", "number": "Z1234567", "country": "VN", "fullName": "Nguyễn Minh", "bornOn": "1990-12-31",
    });
    let handed_in = api.request(Method::PUT, "/users/me/kyc").bearer(&admin.token).json(papers).send().await;
    let version = handed_in.data(StatusCode::OK)["version"].clone();
    let read = owner.get(&format!("/admin/users/{admin_id}/kyc")).await;
    assert_eq!(read.data(StatusCode::OK)["papers"]["number"], "Z1234567");
    let verdict = json!({"decision": "VERIFIED", "version": version});
    owner.post(&format!("/admin/users/{admin_id}/kyc/review"), verdict).await.data(StatusCode::OK);
    assert_eq!(admin.get("/users/me/kyc").await.data(StatusCode::OK)["status"], "VERIFIED");

    owner.post(&format!("/admin/users/{admin_id}/suspend"), Value::Null).await;
    let suspended = owner.get(&format!("/admin/users/{admin_id}")).await;
    assert_eq!(suspended.data(StatusCode::OK)["status"], "SUSPENDED");
    admin.get("/auth/me").await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    let refresh = json!({"refreshToken": admin.refresh_token});
    api.post("/auth/refresh").json(refresh).send().await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");

    // The platform's own people are not the tenant's, and the tenant's not the platform's.
    owner.get("/platform/tenants").await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let path = format!("/platform/tenants/{tenant}");
    let suspended = root.post(&format!("{path}/suspend"), Value::Null).await;
    assert_eq!(suspended.data(StatusCode::OK)["status"], "SUSPENDED");
    let restored = root.post(&format!("{path}/restore"), Value::Null).await;
    assert_eq!(restored.data(StatusCode::OK)["status"], "ACTIVE");
}
