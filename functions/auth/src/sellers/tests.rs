use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{Shop, SignedIn};

const ACCOUNT: &str = "GB33BUKB20201555555555";

fn profile(slug: &str) -> Value {
    json!({"name": "Layer by Layer", "slug": slug, "bio": "We print.", "payoutAccount": ACCOUNT})
}

async fn open(shop: &Shop, person: &SignedIn, body: Value) -> harness::client::TestAnswer {
    shop.client.post("/sellers").bearer(&person.access_token).json(body).send().await
}

async fn roles(shop: &Shop, person: &SignedIn) -> Value {
    shop.me(&person.access_token).await.data(StatusCode::OK)["roles"].clone()
}

#[tokio::test]
async fn whoever_opens_a_profile_sells_at_once_where_nobody_looks_first() {
    let shop = Shop::open().await;
    let person = shop.customer().await;
    shop.me(&person.access_token).await.data(StatusCode::OK);
    let opened = open(&shop, &person, profile("layers")).await;
    let seller = opened.data(StatusCode::CREATED).clone();
    assert_eq!((&seller["status"], &seller["payoutAccount"]), (&json!("ACTIVE"), &json!("••••5555")));
    assert_eq!((opened.header("location"), opened.header("etag")), ("/api/v1/sellers/mine", "\"1\""));
    assert!(!opened.text().contains(ACCOUNT));
    assert_eq!(opened.round_trips(), 2);
    // The session that opened it is a seller's from its next request on, and so is the next sign-in.
    assert_eq!(roles(&shop, &person).await, json!(["SELLER", "CUSTOMER"]));
    let again = shop.log_in(&person.email).await;
    assert_eq!(roles(&shop, &again).await, json!(["SELLER", "CUSTOMER"]));
    let own = shop.client.get("/sellers/mine").bearer(&person.access_token).send().await;
    assert_eq!((own.data(StatusCode::OK), own.round_trips()), (&seller, 1));
    let me = shop.me(&person.access_token).await;
    assert_eq!(me.data(StatusCode::OK)["sellerId"], seller["id"]);
    assert_eq!((shop.audited("SELLER_OPENED").await, shop.audited("ROLES_CHANGED").await), (1, 1));
    let stored = serde_json::to_string(&shop.tenant.stored("").await).unwrap();
    assert!(!stored.contains(ACCOUNT));
}

#[tokio::test]
async fn where_sellers_are_moderated_a_profile_waits_and_gives_nothing_yet() {
    let shop = Shop::open_with(|tenant| tenant.settings.moderate_sellers = true).await;
    let person = shop.customer().await;
    let opened = open(&shop, &person, profile("layers")).await;
    assert_eq!(opened.data(StatusCode::CREATED)["status"], "PENDING");
    assert_eq!(roles(&shop, &person).await, json!(["CUSTOMER"]));
    assert_eq!(shop.audited("ROLES_CHANGED").await, 0);
}

#[tokio::test]
async fn of_twenty_profiles_of_one_person_at_once_one_is_opened() {
    let shop = Shop::open().await;
    let person = shop.customer().await;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let request = shop.client.post("/sellers").bearer(&person.access_token);
            tokio::spawn(request.json(profile(&format!("layers-{number}"))).send())
        })
        .collect();
    let mut opened = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status != StatusCode::CREATED {
            answer.refused(StatusCode::CONFLICT, "CONFLICT");
        }
        opened += usize::from(answer.status == StatusCode::CREATED);
    }
    assert_eq!(opened, 1);
    assert_eq!(shop.tenant.stored("SELSLUG#").await.len(), 1);
    assert_eq!(roles(&shop, &person).await, json!(["SELLER", "CUSTOMER"]));
}

#[tokio::test]
async fn a_name_in_urls_is_one_sellers_and_free_again_when_given_up() {
    let shop = Shop::open().await;
    let (first, second) = (shop.customer().await, shop.customer().await);
    open(&shop, &first, profile("layers")).await.data(StatusCode::CREATED);
    open(&shop, &second, profile("layers")).await.refused(StatusCode::CONFLICT, "SLUG_TAKEN");
    assert_eq!(roles(&shop, &second).await, json!(["CUSTOMER"]), "who is refused is no seller");
    let patch = async |person: &SignedIn, body: Value| {
        shop.client.patch("/sellers/mine").bearer(&person.access_token).json(body).send().await
    };
    let moved = patch(&first, json!({"slug": "strata"})).await;
    assert_eq!((&moved.data(StatusCode::OK)["slug"], moved.header("etag")), (&json!("strata"), "\"2\""));
    open(&shop, &second, profile("layers")).await.data(StatusCode::CREATED);
    patch(&first, json!({"slug": "layers"})).await.refused(StatusCode::CONFLICT, "SLUG_TAKEN");
}

#[tokio::test]
async fn a_change_is_guarded_by_its_version_and_keeps_the_rest() {
    let shop = Shop::open().await;
    let person = shop.customer().await;
    let missing = shop.client.get("/sellers/mine").bearer(&person.access_token).send().await;
    missing.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let mut expected = open(&shop, &person, profile("layers")).await.data(StatusCode::CREATED).clone();
    let patch = |body: Value, version: &str| {
        let request = shop.client.patch("/sellers/mine").bearer(&person.access_token).header("if-match", version);
        request.json(body).send()
    };
    let changed = patch(json!({"bio": "Since 2019."}), "\"1\"").await;
    let changed = changed.data(StatusCode::OK);
    (expected["bio"], expected["version"]) = (json!("Since 2019."), json!(2));
    expected["updatedAt"] = changed["updatedAt"].clone();
    assert_eq!(changed, &expected);
    patch(json!({"bio": "x"}), "\"1\"").await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let cleared = patch(json!({"payoutAccount": null}), "\"2\"").await;
    assert!(cleared.data(StatusCode::OK)["payoutAccount"].is_null());
    for decided in ["status", "commissionBp", "invoicePrefix"] {
        patch(json!({decided: "1"}), "\"3\"").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn who_one_is_before_the_law_is_sealed_shown_whole_and_taken_back() {
    let shop = Shop::open().await;
    let person = shop.customer().await;
    let identity =
        json!({"legalName": "श्रीमती आशा राव", "taxId": "29AAAAA0000A1Z5", "address": ["12 MG Road", "Bengaluru"]});
    let mut body = profile("layers");
    body["legalIdentity"] = identity.clone();
    let opened = open(&shop, &person, body).await;
    assert_eq!(opened.data(StatusCode::CREATED)["legalIdentity"], identity);
    let stored = serde_json::to_string(&shop.tenant.stored("").await).unwrap();
    assert!(!stored.contains("आशा राव") && !stored.contains("29AAAAA0000A1Z5"));
    let patch = async |body: Value| {
        let changed = shop.client.patch("/sellers/mine").bearer(&person.access_token).json(body).send().await;
        changed.data(StatusCode::OK)["legalIdentity"].clone()
    };
    assert_eq!(patch(json!({"bio": "Since 2019."})).await, identity);
    let company = json!({"legalName": "Layer by Layer LLP", "taxId": null, "address": ["14, 3rd Cross"]});
    assert_eq!(patch(json!({"legalIdentity": company})).await, company);
    let public = shop.client.get("/sellers/mine").bearer(&person.access_token).send().await;
    assert_eq!((&public.data(StatusCode::OK)["legalIdentity"], public.round_trips()), (&company, 1));
    assert_eq!(patch(json!({"legalIdentity": null})).await, Value::Null);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let shop = Shop::open().await;
    let person = shop.customer().await;
    let identity = json!({"legalName": "", "taxId": "29+1", "address": []});
    let wrong =
        json!({"name": "a", "slug": "mine", "bio": "x".repeat(2001), "payoutAccount": "1", "legalIdentity": identity});
    let refused = open(&shop, &person, wrong).await;
    refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let mut fields = refused.fields();
    fields.sort_unstable();
    let identity = ["legalIdentity.address", "legalIdentity.legalName", "legalIdentity.taxId"];
    assert_eq!(fields, [&["bio"][..], &identity, &["name", "payoutAccount", "slug"]].concat());
    let half = json!({"name": "Layers", "legalIdentity": {"legalName": "Asha Rao"}});
    open(&shop, &person, half).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let unnamed = open(&shop, &person, json!({"name": "Bình hoa Đà Lạt"})).await;
    let slug = unnamed.data(StatusCode::CREATED)["slug"].as_str().unwrap().to_owned();
    assert!(slug.starts_with("binh-hoa-da-lat-"), "{slug}");
}
