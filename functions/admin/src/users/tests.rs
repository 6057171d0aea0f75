mod invitations;
mod ties;

use std::collections::BTreeSet;

use domain::access::Role;
use harness::client::TestAnswer;
use harness::member::Member;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_support::Shop;

const PASSWORD: &str = "correct horse battery staple";

fn person(email: &str, roles: &[&str]) -> Value {
    json!({"email": email, "firstName": "Minh", "lastName": "Nguyễn", "roles": roles})
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

impl Shop {
    async fn get(&self, by: &Member, path: &str) -> TestAnswer {
        self.client.get(path).bearer(&by.token).send().await
    }

    async fn post(&self, by: &Member, path: &str, body: Value) -> TestAnswer {
        self.client.post(path).bearer(&by.token).json(body).send().await
    }

    async fn give(&self, by: &Member, to: &Member, roles: &[&str]) -> TestAnswer {
        let request = self.client.request(Method::PUT, &format!("/admin/users/{}/roles", to.user.id));
        request.bearer(&by.token).json(json!({"roles": roles})).send().await
    }

    async fn suspend(&self, by: &Member, whom: &Member) -> TestAnswer {
        self.client.post(&format!("/admin/users/{}/suspend", whom.user.id)).bearer(&by.token).send().await
    }

    async fn restore(&self, by: &Member, whom: &Member) -> TestAnswer {
        self.client.post(&format!("/admin/users/{}/restore", whom.user.id)).bearer(&by.token).send().await
    }

    /// Reads the rows of the audit trail that tell of `action`.
    async fn audited(&self, action: &str) -> Vec<Value> {
        let rows = self.tenant().stored("AUD#").await.into_iter();
        rows.filter(|row| row["action"] == action).collect()
    }

    async fn owners(&self) -> Value {
        self.tenant().stored("OWNERS").await[0]["count"].clone()
    }
}

#[tokio::test]
async fn the_list_is_newest_first_filtered_and_read_on_with_cursors() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let mut sellers = BTreeSet::new();
    for number in 0..7 {
        let member = shop.sign_in(if number % 2 == 0 { Role::Seller } else { Role::Customer }).await;
        if number % 2 == 0 {
            sellers.insert(member.user.id.to_string());
        }
    }
    // The process learns keys and tenant with the first request.
    shop.get(&owner, "/admin/users").await.data(StatusCode::OK);
    let all = shop.get(&owner, "/admin/users?limit=100").await;
    let ids: Vec<_> = all.data(StatusCode::OK).as_array().unwrap().iter().map(|one| text(one, "id")).collect();
    assert_eq!((ids.len(), all.round_trips()), (8, 1));
    assert!(ids.is_sorted_by(|a, b| a > b));

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&owner, &format!("/admin/users?role=SELLER&limit=2{cursor}")).await;
        let found = page.data(StatusCode::OK).as_array().unwrap();
        assert!(found.len() <= 2 && found.iter().all(|one| one["roles"] == json!(["SELLER"])));
        seen.extend(found.iter().map(|one| text(one, "id")));
        match page.body["pagination"]["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.iter().cloned().collect::<BTreeSet<_>>()), (4, sellers));
    // A cursor belongs to its filter.
    let first = shop.get(&owner, "/admin/users?role=SELLER&limit=2").await;
    let next = first.body["pagination"]["nextCursor"].as_str().unwrap();
    let stolen = shop.get(&owner, &format!("/admin/users?role=CUSTOMER&limit=2&cursor={next}")).await;
    stolen.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    for (query, found) in [("status=SUSPENDED", 0), ("status=ACTIVE&kycStatus=NONE", 8), ("kycStatus=PENDING", 0)] {
        let answer = shop.get(&owner, &format!("/admin/users?limit=100&{query}")).await;
        assert_eq!(answer.data(StatusCode::OK).as_array().unwrap().len(), found, "{query}");
    }
    shop.get(&owner, "/admin/users?role=KING").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
}

#[tokio::test]
async fn people_are_found_by_their_whole_address_and_by_their_whole_number() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let email = shop.new_email();
    let mut minh = person(&email, &["CUSTOMER"]);
    minh["phone"] = json!("+84 90 123 45 67");
    let id = text(shop.post(&owner, "/admin/users", minh).await.data(StatusCode::CREATED), "id");
    let mut lan = person(&shop.new_email(), &["CUSTOMER"]);
    lan["phone"] = json!("+84901234567");
    shop.post(&owner, "/admin/users", lan).await.data(StatusCode::CREATED);
    let search = async |body: Value| shop.post(&owner, "/admin/users/search", body).await;
    let found = search(json!({"email": email.to_uppercase()})).await;
    let found = found.data(StatusCode::OK).as_array().unwrap();
    assert_eq!((found.len(), text(&found[0], "id"), text(&found[0], "phone")), (1, id, "+84901234567".to_owned()));
    let found = search(json!({"phone": "+84 (90) 1234567"})).await;
    assert_eq!(found.data(StatusCode::OK).as_array().unwrap().len(), 2);
    for nobody in [json!({"email": "nobody@example.com"}), json!({"phone": "+84901234568"})] {
        assert_eq!(search(nobody).await.data(StatusCode::OK), &json!([]));
    }
    for wrong in [json!({}), json!({"email": email, "phone": "+84901234567"}), json!({"email": "minh"})] {
        search(wrong).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }
    // Another tenant's people are not there.
    let other = Shop::open().await;
    let stranger = other.sign_in(Role::Owner).await;
    let none = other.post(&stranger, "/admin/users/search", json!({"email": email})).await;
    assert_eq!(none.data(StatusCode::OK), &json!([]));
}

#[tokio::test]
async fn an_account_is_opened_once_with_the_roles_given_and_is_audited() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let email = shop.new_email();
    let mut body = person(&email, &["CUSTOMER", "SELLER", "CUSTOMER"]);
    body["password"] = json!(PASSWORD);
    let answer = shop.post(&admin, "/admin/users", body.clone()).await;
    let user = answer.data(StatusCode::CREATED).clone();
    assert_eq!((&user["roles"], &user["status"]), (&json!(["SELLER", "CUSTOMER"]), &json!("ACTIVE")));
    assert_eq!(text(&user, "sellerId"), text(&user, "id").replace("usr_", "sel_"));
    assert_eq!(text(&user, "createdBy"), admin.user.id.to_string());
    assert!(answer.header("location").ends_with(&format!("/admin/users/{}", text(&user, "id"))));
    let read = shop.get(&admin, &format!("/admin/users/{}", text(&user, "id"))).await;
    assert_eq!((read.data(StatusCode::OK), read.header("etag"), read.round_trips()), (&user, "\"1\"", 1));
    shop.post(&admin, "/admin/users", body.clone()).await.refused(StatusCode::CONFLICT, "EMAIL_TAKEN");
    body["password"] = json!("password123");
    shop.post(&admin, "/admin/users", body).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let rows = shop.audited("USER_REGISTERED").await;
    let row = rows.iter().find(|row| row["entity"] == user["id"]).unwrap();
    assert_eq!(row["changes"], json!([{"attribute": "roles", "before": [], "after": ["SELLER", "CUSTOMER"]}]));
    assert_eq!(row["actor"]["id"], admin.user.id.to_string());
}

#[tokio::test]
async fn an_invitation_opens_an_account_without_a_password_and_asks_for_a_mail() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let body = person(&shop.new_email(), &["ADMIN"]);
    let user = shop.post(&owner, "/admin/users/invite", body.clone()).await.data(StatusCode::CREATED).clone();
    let events = shop.tenant().stored("EVT#").await;
    let invited: Vec<_> = events.iter().filter(|event| event["event"]["type"] == "UserInvited").collect();
    assert_eq!((invited.len(), &invited[0]["event"]["user"]), (1, &user["id"]));
    let logins = shop.tenant().stored("LOGIN#").await;
    let login = logins.iter().find(|login| login["user"] == user["id"]).unwrap();
    assert!(login.get("passwordHash").is_none(), "{login}");
    shop.post(&owner, "/admin/users/invite", body).await.refused(StatusCode::CONFLICT, "EMAIL_TAKEN");
    assert_eq!(shop.audited("USER_INVITED").await.len(), 1);
}

#[tokio::test]
async fn nobody_makes_anyone_more_than_they_are_or_touches_anyone_above_them() {
    let shop = Shop::open().await;
    let (owner, admin) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Admin).await);
    let (second, customer) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Customer).await);
    let high = (StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
    for path in ["/admin/users", "/admin/users/invite"] {
        shop.post(&admin, path, person(&shop.new_email(), &["OWNER"])).await.refused(high.0, high.1);
    }
    shop.give(&admin, &customer, &["OWNER"]).await.refused(high.0, high.1);
    shop.give(&admin, &admin, &["OWNER", "ADMIN"]).await.refused(high.0, high.1);
    shop.give(&admin, &owner, &["CUSTOMER"]).await.refused(high.0, high.1);
    shop.suspend(&admin, &second).await.refused(high.0, high.1);
    shop.suspend(&owner, &second).await.data(StatusCode::OK);
    shop.restore(&admin, &second).await.refused(high.0, high.1);
    // No marketplace has superusers, whoever gives the role.
    for answer in [
        shop.give(&owner, &customer, &["SUPERUSER"]).await,
        shop.post(&owner, "/admin/users", person(&shop.new_email(), &["SUPERUSER"])).await,
    ] {
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), ["roles"]);
    }
    shop.give(&admin, &customer, &["ADMIN"]).await.data(StatusCode::OK);
    assert_eq!(shop.audited("ROLES_CHANGED").await.len(), 1);
}

#[tokio::test]
async fn a_changed_role_and_a_suspension_count_from_the_next_request_on() {
    let shop = Shop::open().await;
    let (owner, staff) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Staff).await);
    shop.get(&staff, "/admin/users").await.data(StatusCode::OK);
    let answer = shop.give(&owner, &staff, &["CUSTOMER"]).await;
    assert_eq!((&answer.data(StatusCode::OK)["roles"], answer.header("etag")), (&json!(["CUSTOMER"]), "\"2\""));
    shop.get(&staff, "/admin/users").await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    shop.give(&owner, &staff, &["ADMIN"]).await.data(StatusCode::OK);
    shop.get(&staff, "/admin/users").await.data(StatusCode::OK);
    // The login record has the same, so that the next sign-in does.
    let copy = async || {
        let logins = shop.tenant().stored("LOGIN#").await;
        logins.into_iter().find(|login| login["user"] == staff.user.id.to_string()).unwrap()
    };
    assert_eq!((&copy().await["roles"], &copy().await["status"]), (&json!(["ADMIN"]), &json!("ACTIVE")));

    shop.suspend(&owner, &staff).await.data(StatusCode::OK);
    shop.get(&staff, "/admin/users").await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    shop.suspend(&owner, &staff).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    assert_eq!(copy().await["status"], "SUSPENDED");
    shop.restore(&owner, &staff).await.data(StatusCode::OK);
    shop.restore(&owner, &staff).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    assert_eq!(copy().await["status"], "ACTIVE");
    // The session that ended stays ended; another one is open to them.
    shop.get(&staff, "/admin/users").await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    let again = shop.tenant().sign_in(staff.user.clone(), staff.email.clone()).await;
    shop.get(&again, "/admin/users").await.data(StatusCode::OK);
    let changes = &shop.audited("USER_SUSPENDED").await[0]["changes"];
    assert_eq!(*changes, json!([{"attribute": "status", "before": ["ACTIVE"], "after": ["SUSPENDED"]}]));
}

#[tokio::test]
async fn another_version_than_the_clients_is_not_overwritten_and_a_key_makes_a_repeat_harmless() {
    let shop = Shop::open().await;
    let (owner, staff) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Staff).await);
    let path = format!("/admin/users/{}/roles", staff.user.id);
    let change = || {
        let request = shop.client.request(Method::PUT, &path).bearer(&owner.token).header("if-match", "\"1\"");
        request.json(json!({"roles": ["CUSTOMER"]})).send()
    };
    change().await.data(StatusCode::OK);
    change().await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let path = format!("/admin/users/{}/suspend", staff.user.id);
    let suspend = || shop.client.post(&path).bearer(&owner.token).header("idempotency-key", "once").send();
    let (first, again) = (suspend().await, suspend().await);
    assert_eq!((first.status, &first.bytes), (StatusCode::OK, &again.bytes));
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn the_last_owner_stays_whatever_is_tried() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let last = (StatusCode::UNPROCESSABLE_ENTITY, "LAST_OWNER");
    shop.give(&owner, &owner, &["ADMIN"]).await.refused(last.0, last.1);
    shop.suspend(&owner, &owner).await.refused(last.0, last.1);
    // An owner who is suspended is none to fall back on.
    let second = shop.sign_in(Role::Owner).await;
    shop.suspend(&owner, &second).await.data(StatusCode::OK);
    shop.give(&owner, &owner, &["ADMIN"]).await.refused(last.0, last.1);
    shop.restore(&owner, &second).await.data(StatusCode::OK);
    assert_eq!(shop.owners().await, json!(2));
    shop.give(&owner, &owner, &["ADMIN", "OWNER"]).await.data(StatusCode::OK);
    assert_eq!(shop.owners().await, json!(2));
    shop.give(&owner, &owner, &["ADMIN"]).await.data(StatusCode::OK);
    assert_eq!(shop.owners().await, json!(1));
}

#[tokio::test]
async fn of_owners_who_depose_each_other_at_once_one_stays() {
    for _ in 0..2 {
        let shop = Shop::open().await;
        let mut owners = Vec::new();
        for _ in 0..3 {
            owners.push(shop.sign_in(Role::Owner).await);
        }
        // Each deposes the next one, all at the same moment.
        let tries = (0..owners.len()).map(|number| {
            let (by, whom) = (owners[number].clone(), owners[(number + 1) % owners.len()].clone());
            let request = shop.client.request(Method::PUT, &format!("/admin/users/{}/roles", whom.user.id));
            tokio::spawn(request.bearer(&by.token).json(json!({"roles": ["CUSTOMER"]})).send())
        });
        let mut deposed = 0;
        for attempt in tries.collect::<Vec<_>>() {
            let answer = attempt.await.unwrap();
            deposed += u32::from(answer.status == StatusCode::OK);
            assert!(
                !answer.status.is_server_error() || answer.status == StatusCode::SERVICE_UNAVAILABLE,
                "{}",
                answer.text()
            );
        }
        let people = shop.tenant().stored("U#").await;
        let left = people.iter().filter(|user| user["type"] == "User" && user["roles"] == json!(["OWNER"])).count();
        assert!(left >= 1 && left == 3 - usize::try_from(deposed).unwrap(), "{left} left, {deposed} deposed");
        assert_eq!(shop.owners().await, json!(left));
    }
}

#[tokio::test]
async fn two_owners_who_step_down_at_once_leave_one() {
    for _ in 0..3 {
        let shop = Shop::open().await;
        let (first, second) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Owner).await);
        let down = |who: &Member| {
            let request = shop.client.request(Method::PUT, &format!("/admin/users/{}/roles", who.user.id));
            tokio::spawn(request.bearer(&who.token).json(json!({"roles": ["ADMIN"]})).send())
        };
        let (one, other) = (down(&first), down(&second));
        let codes = [one.await.unwrap(), other.await.unwrap()].map(|answer| answer.status);
        assert!(codes.contains(&StatusCode::OK) && codes.contains(&StatusCode::UNPROCESSABLE_ENTITY), "{codes:?}");
        assert_eq!(shop.owners().await, json!(1));
    }
}

#[tokio::test]
async fn another_tenants_people_are_not_there() {
    let (shop, other) = (Shop::open().await, Shop::open().await);
    let (owner, stranger) = (shop.sign_in(Role::Owner).await, other.sign_in(Role::Customer).await);
    for (method, rest) in [("GET", ""), ("PUT", "/roles"), ("POST", "/suspend"), ("POST", "/restore"), ("GET", "/kyc")]
    {
        let path = format!("/admin/users/{}{rest}", stranger.user.id);
        let request = shop.client.request(method.parse().unwrap(), &path).bearer(&owner.token);
        let request = if method == "PUT" { request.json(json!({"roles": ["CUSTOMER"]})) } else { request };
        request.send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}

#[tokio::test]
async fn staff_look_but_change_nobody() {
    let shop = Shop::open().await;
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    shop.get(&staff, "/admin/users").await.data(StatusCode::OK);
    let forbidden = (StatusCode::FORBIDDEN, "FORBIDDEN");
    shop.give(&staff, &customer, &["CUSTOMER"]).await.refused(forbidden.0, forbidden.1);
    shop.suspend(&staff, &customer).await.refused(forbidden.0, forbidden.1);
    shop.post(&staff, "/admin/users", person(&shop.new_email(), &["CUSTOMER"])).await.refused(forbidden.0, forbidden.1);
    for path in ["/admin/users".to_owned(), format!("/admin/users/{}", staff.user.id)] {
        shop.get(&customer, &path).await.refused(forbidden.0, forbidden.1);
    }
}

#[tokio::test]
async fn papers_are_read_with_a_trace_and_decided_on_once_as_they_were_read() {
    let shop = Shop::open().await;
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    let path = format!("/admin/users/{}/kyc", customer.user.id);
    let review = format!("{path}/review");
    let none = shop.get(&staff, &path).await;
    assert_eq!((&none.data(StatusCode::OK)["status"], &none.body["data"]["papers"]), (&json!("NONE"), &Value::Null));
    let decision = |version: u64, good: bool| match good {
        true => json!({"decision": "VERIFIED", "version": version}),
        false => json!({"decision": "REJECTED", "reason": "The photo is blurred", "version": version}),
    };
    shop.post(&staff, &review, decision(1, true)).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");

    shop.hand_in_papers(&customer).await;
    let papers = shop.get(&staff, &path).await;
    let papers = papers.data(StatusCode::OK);
    assert_eq!((&papers["status"], &papers["papers"]["number"]), (&json!("PENDING"), &json!("Z1234567")));
    let version = papers["version"].as_u64().unwrap();
    shop.post(&staff, &review, decision(version - 1, true)).await.refused(StatusCode::CONFLICT, "CONFLICT");
    let nameless = json!({"decision": "REJECTED", "version": version});
    shop.post(&staff, &review, nameless).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let answer = shop.post(&staff, &review, decision(version, false)).await;
    assert_eq!(answer.data(StatusCode::OK)["papers"]["reason"], "The photo is blurred");
    shop.post(&staff, &review, decision(version + 1, true)).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let rows = shop.audited("KYC_REVIEWED").await;
    assert_eq!(rows[0]["changes"], json!([{"attribute": "kyc", "before": ["PENDING"], "after": ["REJECTED"]}]));
    assert!(shop.audited("KYC_READ").await.len() >= 2);
    for row in shop.tenant().stored("").await {
        assert!(!row.to_string().contains("blurred") && !row.to_string().contains("Z1234567"), "{row}");
    }
}

#[tokio::test]
async fn nobody_decides_on_their_own_papers_or_on_those_of_somebody_above_them() {
    let shop = Shop::open().await;
    let (staff, owner) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Owner).await);
    for member in [&staff, &owner] {
        shop.hand_in_papers(member).await;
    }
    let body = json!({"decision": "VERIFIED", "version": 2});
    let own = shop.post(&staff, &format!("/admin/users/{}/kyc/review", staff.user.id), body.clone()).await;
    own.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    let above = shop.post(&staff, &format!("/admin/users/{}/kyc/review", owner.user.id), body).await;
    above.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
}
