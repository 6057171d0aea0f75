use std::time::Duration;

use domain::access::Role;
use harness::client::{TestAnswer, TestClient};
use harness::member::Member;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

/// A superuser at the platform.
struct Platform {
    shop: Shop,
    root: Member,
}

impl Platform {
    async fn open() -> Self {
        let shop = Shop::platform().await;
        let root = shop.sign_in(Role::Superuser).await;
        Self { shop, root }
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> TestAnswer {
        let request = self.shop.client.request(method, path).bearer(&self.root.token);
        if body.is_null() { request.send().await } else { request.json(body).send().await }
    }

    async fn get(&self, path: &str) -> TestAnswer {
        self.send(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> TestAnswer {
        self.send(Method::POST, path, body).await
    }

    async fn sign_up(&self) -> Value {
        self.post("/platform/tenants", self.lotus()).await.data(StatusCode::CREATED).clone()
    }

    fn lotus(&self) -> Value {
        let name = self.shop.new_email().split('@').next().unwrap().replace('_', "-");
        json!({
            "name": "Lotus & Lathe", "subdomain": name, "legalName": "Lotus and Lathe Private Limited",
            "legalAddress": ["12 MG Road", "Bengaluru 560001"], "taxId": "29AAAAA0000A1Z5", "invoicePrefix": "LOTUS",
            "currency": "INR", "timeZone": "Asia/Kolkata", "locale": "en", "bccAuditEmail": "Audit@Lotus.example",
            "sponsorId": self.root.user.id.to_string(),
            "owner": {"email": self.shop.new_email(), "firstName": "Quetzalcoatlus", "lastName": "Rao"},
        })
    }

    /// The client of another process, which knows nothing of what this one has changed.
    fn elsewhere(&self, subdomain: &str) -> TestClient {
        TestClient::of_router(self.shop.another_process()).tenant(subdomain)
    }
}

#[tokio::test]
async fn a_tenant_signs_up_with_its_owner_at_once() {
    let platform = Platform::open().await;
    let body = platform.lotus();
    let answer = platform.post("/platform/tenants", body.clone()).await;
    let signed_up = answer.data(StatusCode::CREATED);
    let (tenant, owner) = (&signed_up["tenant"], &signed_up["ownerId"]);
    for field in [
        "name",
        "subdomain",
        "legalName",
        "legalAddress",
        "taxId",
        "invoicePrefix",
        "currency",
        "timeZone",
        "sponsorId",
    ] {
        assert_eq!(tenant[field], body[field], "{field}");
    }
    assert_eq!((&tenant["status"], &tenant["bccAuditEmail"]), (&json!("ACTIVE"), &json!("audit@lotus.example")));
    let id = tenant["id"].as_str().unwrap();
    let read = platform.get(&format!("/platform/tenants/{id}")).await;
    assert_eq!((read.data(StatusCode::OK), read.header("etag")), (tenant, "\"1\""));

    let stored = platform.shop.stored_of(id).await;
    let of = |kind: &str| stored.iter().filter(|row| row["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of("User").len(), of("Login").len(), of("Ticket").len()), (1, 1, 1));
    assert_eq!((&of("User")[0]["id"], &of("User")[0]["roles"]), (owner, &json!(["OWNER"])));
    let told: Vec<_> = of("Event").iter().map(|event| event["event"]["type"].clone()).collect();
    assert!(told.contains(&json!("UserInvited")) && told.contains(&json!("UserRegistered")), "{told:?}");
    assert_eq!(stored.iter().find(|row| row["pk"].as_str().unwrap().ends_with("#OWNERS")).unwrap()["count"], 1);
    for row in stored {
        let text = row.to_string().to_lowercase();
        assert!(!text.contains("quetzalcoatlus") && !text.contains("audit@lotus"), "{row}");
    }
    let trail = platform.shop.tenant().stored("AUD#").await;
    assert!(trail.iter().any(|row| row["action"] == "TENANT_OPENED" && row["entity"] == id));
}

#[tokio::test]
async fn of_many_sign_ups_of_one_subdomain_one_succeeds_and_nothing_is_left_of_the_others() {
    let platform = Platform::open().await;
    let mut body = platform.lotus();
    let tries = (0..6).map(|_| {
        body["owner"]["email"] = json!(platform.shop.new_email());
        let request = platform.shop.client.post("/platform/tenants").bearer(&platform.root.token);
        tokio::spawn(request.json(body.clone()).send())
    });
    let (mut open, mut taken) = (0, 0);
    for attempt in tries.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        match answer.status {
            StatusCode::CREATED => open += 1,
            _ => {
                answer.refused(StatusCode::CONFLICT, "SUBDOMAIN_TAKEN");
                taken += 1;
            }
        }
    }
    assert_eq!((open, taken), (1, 5));
    let trail = platform.shop.tenant().stored("AUD#").await;
    assert_eq!(trail.iter().filter(|row| row["action"] == "TENANT_OPENED").count(), 1);
}

#[tokio::test]
async fn every_faulty_field_of_a_sign_up_is_named() {
    let platform = Platform::open().await;
    let cases = [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"subdomain": "www"}), "subdomain"),
        (json!({"subdomain": "platform"}), "subdomain"),
        (json!({"subdomain": "Lotus"}), "subdomain"),
        (json!({"subdomain": "a".repeat(51)}), "subdomain"),
        (json!({"legalAddress": []}), "legalAddress"),
        (json!({"taxId": "<29>"}), "taxId"),
        (json!({"invoicePrefix": "lotus"}), "invoicePrefix"),
        (json!({"currency": "EUR"}), "currency"),
        (json!({"timeZone": "Mars/Olympus"}), "timeZone"),
        (json!({"locale": "english"}), "locale"),
        (json!({"bccAuditEmail": "audit"}), "bccAuditEmail"),
        (json!({"sponsorId": "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"}), "sponsorId"),
        (json!({"repId": "somebody"}), "repId"),
        (json!({"owner": {"email": "x", "firstName": "A", "lastName": "B"}}), "owner.email"),
        (json!({"kind": "PLATFORM"}), "kind"),
        (json!({"status": "ACTIVE"}), "status"),
    ];
    for (change, field) in cases {
        let mut body = platform.lotus();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = platform.post("/platform/tenants", body).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{change}");
    }
}

#[tokio::test]
async fn tenants_are_listed_newest_first() {
    let platform = Platform::open().await;
    let (first, second) = (platform.sign_up().await, platform.sign_up().await);
    let page = platform.get("/platform/tenants?limit=100").await;
    let ids: Vec<_> = page.data(StatusCode::OK).as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let place = |one: &Value| ids.iter().position(|id| *id == one["tenant"]["id"]);
    // Other tests sign tenants up meanwhile.
    if let Some((second, first)) = place(&second).zip(place(&first)) {
        assert!(second < first);
    }
    let page = platform.get("/platform/tenants?limit=1").await;
    assert_eq!(
        (page.data(StatusCode::OK).as_array().unwrap().len(), &page.body["pagination"]["hasMore"]),
        (1, &json!(true))
    );
}

#[tokio::test]
async fn a_change_keeps_the_rest_and_counts_the_version_up() {
    let platform = Platform::open().await;
    let tenant = platform.sign_up().await["tenant"].clone();
    let path = format!("/platform/tenants/{}", tenant["id"].as_str().unwrap());
    let change = async |body: Value| platform.send(Method::PATCH, &path, body).await;
    let answer =
        change(json!({"name": "Lotus", "taxId": null, "currency": "VND", "repId": platform.root.user.id.to_string()}))
            .await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["name"], &data["taxId"], &data["currency"]), (&json!("Lotus"), &Value::Null, &json!("VND")));
    assert_eq!((&data["bccAuditEmail"], &data["legalName"]), (&tenant["bccAuditEmail"], &tenant["legalName"]));
    assert_eq!((&data["version"], answer.header("etag")), (&json!(2), "\"2\""));
    assert_eq!(
        change(json!({"bccAuditEmail": null, "sponsorId": null})).await.data(StatusCode::OK)["bccAuditEmail"],
        Value::Null
    );
    let request = platform.shop.client.patch(&path).bearer(&platform.root.token).header("if-match", "\"1\"");
    let stale = request.json(json!({"name": "Old"})).send().await;
    stale.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    for (wrong, field) in [
        (json!({"subdomain": "other"}), "subdomain"),
        (json!({"name": ""}), "name"),
        (json!({"repId": "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"}), "repId"),
        (json!({"settings": {}}), "settings"),
    ] {
        let answer = change(wrong).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field]);
    }
}

#[tokio::test]
async fn a_suspended_tenant_is_gone_everywhere_within_a_minute_and_comes_back() {
    let platform = Platform::open().await;
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let (name, id) = (shop.tenant().tenant.subdomain.to_string(), shop.tenant().id());
    let elsewhere = platform.elsewhere(&name);
    let read = || elsewhere.get("/admin/settings").bearer(&owner.token).send();
    platform.shop.stop_clock();
    read().await.data(StatusCode::OK);
    let path = format!("/platform/tenants/{id}");
    let suspended = platform.post(&format!("{path}/suspend"), Value::Null).await;
    assert_eq!(suspended.data(StatusCode::OK)["status"], "SUSPENDED");
    platform.post(&format!("{path}/suspend"), Value::Null).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    platform.shop.advance(Duration::from_secs(60));
    read().await.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
    let invite = json!({"email": "new@example.com", "firstName": "A", "lastName": "B"});
    platform.post(&format!("{path}/invite-owner"), invite).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    platform.post(&format!("{path}/restore"), Value::Null).await.data(StatusCode::OK);
    platform.shop.advance(Duration::from_secs(60));
    read().await.data(StatusCode::OK);
    let trail = shop.tenant().stored("AUD#").await;
    let row = trail.iter().find(|row| row["action"] == "TENANT_SUSPENDED").unwrap();
    assert_eq!(row["changes"], json!([{"attribute": "status", "before": ["ACTIVE"], "after": ["SUSPENDED"]}]));
}

#[tokio::test]
async fn owners_are_invited_and_invited_again_until_they_have_a_password() {
    let platform = Platform::open().await;
    let shop = Shop::open().await;
    let path = format!("/platform/tenants/{}/invite-owner", shop.tenant().id());
    let email = shop.new_email();
    let invite =
        async |email: &str| platform.post(&path, json!({"email": email, "firstName": "Asha", "lastName": "Rao"})).await;
    platform.shop.stop_clock();
    let first = invite(&email).await.data(StatusCode::CREATED).clone();
    let too_soon = invite(&email).await;
    too_soon.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    platform.shop.advance(Duration::from_secs(61));
    assert_eq!(invite(&email).await.data(StatusCode::CREATED), &first);
    let invited = async || {
        let events = shop.tenant().stored("EVT#").await;
        events.iter().filter(|event| event["event"]["type"] == "UserInvited").count()
    };
    assert_eq!(invited().await, 2);
    // Somebody who signs in with a password, or is no owner, is not invited.
    let known = shop.tenant().member_with_password(&[Role::Owner], "correct horse battery staple").await;
    invite(&known).await.refused(StatusCode::CONFLICT, "EMAIL_TAKEN");
    let customer = shop.sign_in(Role::Customer).await;
    invite(&customer.email).await.refused(StatusCode::CONFLICT, "EMAIL_TAKEN");
    assert_eq!(invited().await, 2);
}

#[tokio::test]
async fn only_superusers_at_the_platform_get_to_tenants() {
    let platform = Platform::open().await;
    let shop = Shop::open().await;
    let id = shop.tenant().id();
    let operations = [
        (Method::GET, "/platform/tenants".to_owned(), Value::Null),
        (Method::POST, "/platform/tenants".to_owned(), platform.lotus()),
        (Method::GET, format!("/platform/tenants/{id}"), Value::Null),
        (Method::PATCH, format!("/platform/tenants/{id}"), json!({"name": "Mine"})),
        (Method::POST, format!("/platform/tenants/{id}/suspend"), Value::Null),
        (Method::POST, format!("/platform/tenants/{id}/restore"), Value::Null),
        (
            Method::POST,
            format!("/platform/tenants/{id}/invite-owner"),
            json!({"email": "a@b.example", "firstName": "A", "lastName": "B"}),
        ),
    ];
    // A superuser of a marketplace can't come about; one who did all the same would be nobody.
    for role in [Role::Owner, Role::Admin, Role::Superuser] {
        let member = shop.sign_in(role).await;
        for (method, path, body) in &operations {
            let request = shop.client.request(method.clone(), path).bearer(&member.token);
            let request = if body.is_null() { request } else { request.json(body.clone()) };
            request.send().await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
            let at_the_platform = platform.shop.client.request(method.clone(), path).bearer(&member.token);
            let at_the_platform = if body.is_null() { at_the_platform } else { at_the_platform.json(body.clone()) };
            at_the_platform.send().await.refused(StatusCode::FORBIDDEN, "TENANT_MISMATCH");
        }
    }
    // Nor does an owner at the platform, which has none.
    let odd = platform.shop.sign_in(Role::Owner).await;
    let answer = platform.shop.client.get("/admin/users").bearer(&odd.token).send().await;
    answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    // And a superuser's token is no key to a marketplace.
    let answer = shop.client.get("/admin/users").bearer(&platform.root.token).send().await;
    answer.refused(StatusCode::FORBIDDEN, "TENANT_MISMATCH");
}

#[tokio::test]
async fn the_platform_itself_is_no_tenant_and_its_people_are_superusers_alone() {
    let platform = Platform::open().await;
    let path = format!("/platform/tenants/{}", platform.shop.tenant().id());
    platform.get(&path).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    platform.post(&format!("{path}/suspend"), Value::Null).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let colleague =
        |role: &str| json!({"email": platform.shop.new_email(), "firstName": "A", "lastName": "B", "roles": [role]});
    let answer = platform.post("/admin/users/invite", colleague("OWNER")).await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    platform.post("/admin/users/invite", colleague("SUPERUSER")).await.data(StatusCode::CREATED);
    // The last superuser stays, as the last owner of a marketplace does.
    let suspend = format!("/admin/users/{}/suspend", platform.root.user.id);
    platform.post(&suspend, Value::Null).await.data(StatusCode::OK);
    let other = Platform::open().await;
    let suspend = format!("/admin/users/{}/suspend", other.root.user.id);
    other.post(&suspend, Value::Null).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "LAST_OWNER");
}
