use domain::access::Role;
use domain::catalog::{Seller, SellerStatus};
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::table::Consistency;

use crate::test_support::Shop;

/// Somebody whose profile waits for approval.
async fn applicant(shop: &Shop, slug: &str) -> (Member, Seller) {
    let member = shop.sign_in(Role::Customer).await;
    let seller = shop.tenant().profile(&member, slug, SellerStatus::Pending).await;
    (member, seller)
}

async fn post(shop: &Shop, by: &Member, seller: &Seller, verb: &str) -> TestAnswer {
    shop.client.post(&format!("/admin/sellers/{}/{verb}", seller.id)).bearer(&by.token).send().await
}

async fn roles(shop: &Shop, member: &Member) -> Vec<Role> {
    let (scope, store) = (shop.tenant().scope(), shop.tenant().stack.store());
    let user = store.user(scope, member.user.id, Consistency::Strong).await.unwrap().unwrap();
    let login = store.login(scope, &user.email_index).await.unwrap().unwrap();
    assert_eq!(login.roles, user.roles, "account and login record say the same");
    user.roles
}

async fn stopped(shop: &Shop) -> usize {
    shop.tenant().stack.store().standings(shop.tenant().scope()).await.unwrap().stopped.len()
}

#[tokio::test]
async fn who_is_approved_becomes_a_seller_in_the_same_step() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let (member, seller) = applicant(&shop, "layers").await;
    let pending = shop.client.get("/admin/sellers?status=PENDING").bearer(&admin.token).send().await;
    assert_eq!(pending.data(StatusCode::OK)[0]["id"], seller.id.to_string());
    let approved = post(&shop, &admin, &seller, "approve").await;
    assert_eq!((&approved.data(StatusCode::OK)["status"], approved.round_trips()), (&json!("ACTIVE"), 2));
    assert_eq!(roles(&shop, &member).await, [Role::Seller, Role::Customer]);
    post(&shop, &admin, &seller, "approve").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let events = shop.tenant().stored("EVT#").await;
    let told = events.iter().filter(|row| row["event"]["type"] == "SellerStatusChanged").count();
    assert_eq!(told, 1);
    for (query, count) in [("?status=PENDING", 0), ("?status=ACTIVE", 1), ("", 1)] {
        let listed = shop.client.get(&format!("/admin/sellers{query}")).bearer(&admin.token).send().await;
        assert_eq!(listed.data(StatusCode::OK).as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn a_seller_is_stopped_and_goes_on_and_keeps_the_role() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let (member, seller) = applicant(&shop, "layers").await;
    post(&shop, &admin, &seller, "restore").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    post(&shop, &admin, &seller, "approve").await.data(StatusCode::OK);
    assert_eq!(post(&shop, &admin, &seller, "suspend").await.data(StatusCode::OK)["status"], "SUSPENDED");
    assert_eq!(stopped(&shop).await, 1);
    post(&shop, &admin, &seller, "suspend").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    post(&shop, &admin, &seller, "approve").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    post(&shop, &admin, &seller, "restore").await.data(StatusCode::OK);
    assert_eq!((stopped(&shop).await, roles(&shop, &member).await), (0, vec![Role::Seller, Role::Customer]));
}

#[tokio::test]
async fn an_applicant_can_be_turned_down_and_becomes_no_seller() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    let (member, seller) = applicant(&shop, "layers").await;
    post(&shop, &owner, &seller, "suspend").await.data(StatusCode::OK);
    assert_eq!(roles(&shop, &member).await, [Role::Customer]);
}

#[tokio::test]
async fn of_an_approval_and_a_refusal_at_once_both_stand_in_one_order() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    for number in 0..5 {
        let (member, seller) = applicant(&shop, &format!("seller-{number}")).await;
        let (approved, suspended) =
            tokio::join!(post(&shop, &admin, &seller, "approve"), post(&shop, &admin, &seller, "suspend"));
        let status = shop.client.get(&format!("/admin/sellers/{}", seller.id)).bearer(&admin.token).send().await;
        // Whichever came first, who was approved has the role, and a stop that was answered is in force.
        suspended.data(StatusCode::OK);
        assert_eq!(status.data(StatusCode::OK)["status"], "SUSPENDED");
        let is_seller = roles(&shop, &member).await.contains(&Role::Seller);
        assert_eq!(is_seller, approved.status == StatusCode::OK, "{}", approved.text());
    }
    assert_eq!(stopped(&shop).await, 5);
}

#[tokio::test]
async fn what_is_agreed_is_guarded_audited_and_one_sellers() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let (_, first) = applicant(&shop, "first").await;
    let (_, second) = applicant(&shop, "second").await;
    let patch = |seller: &Seller, version: &str, body: Value| {
        let request = shop.client.patch(&format!("/admin/sellers/{}", seller.id)).bearer(&admin.token);
        request.header("if-match", version).json(body).send()
    };
    let agreed = patch(&first, "\"1\"", json!({"commissionBp": 850, "invoicePrefix": "LBL"})).await;
    let agreed = agreed.data(StatusCode::OK);
    assert_eq!((&agreed["commissionBp"], &agreed["invoicePrefix"]), (&json!(850), &json!("LBL")));
    patch(&first, "\"1\"", json!({"commissionBp": 1}))
        .await
        .refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    patch(&second, "\"1\"", json!({"invoicePrefix": "LBL"})).await.refused(StatusCode::CONFLICT, "CONFLICT");
    let own = shop.tenant().tenant.invoice_prefix.clone();
    assert_eq!(patch(&second, "\"1\"", json!({"invoicePrefix": own})).await.fields(), ["invoicePrefix"]);
    assert_eq!(patch(&second, "\"1\"", json!({"invoicePrefix": "no"})).await.fields(), ["invoicePrefix"]);
    assert_eq!(patch(&second, "\"1\"", json!({"commissionBp": 10_001})).await.fields(), ["commissionBp"]);
    // What is left out stays, null takes back, and a prefix that documents carry is nobody else's.
    let back = patch(&first, "\"2\"", json!({"invoicePrefix": null})).await;
    let back = back.data(StatusCode::OK);
    assert_eq!((&back["commissionBp"], back["invoicePrefix"].is_null()), (&json!(850), true));
    let known = shop.tenant().stack.store().standings(shop.tenant().scope()).await.unwrap();
    assert_eq!(known.terms_of(first.id).commission_bp, Some(850));
    patch(&second, "\"1\"", json!({"invoicePrefix": "LBL"})).await.refused(StatusCode::CONFLICT, "CONFLICT");
    patch(&first, "\"3\"", json!({"invoicePrefix": "LBL"})).await.data(StatusCode::OK);
    for (version, bp) in [("\"4\"", json!(null)), ("\"5\"", json!(0)), ("\"6\"", json!(10_000))] {
        patch(&first, version, json!({"commissionBp": bp})).await.data(StatusCode::OK);
        let known = shop.tenant().stack.store().standings(shop.tenant().scope()).await.unwrap();
        assert_eq!(json!(known.terms_of(first.id).commission_bp), bp);
    }
    let trail = shop.tenant().stored("AUD#").await;
    let changed = trail.iter().filter(|row| row["action"] == "SELLER_CHANGED");
    assert!(changed.clone().any(|row| row["changes"][0]["after"] == json!(["850"])));
    assert_eq!(changed.count(), 6);
}

#[tokio::test]
async fn only_who_manages_sellers_decides_about_them() {
    let shop = Shop::open().await;
    let (member, seller) = applicant(&shop, "layers").await;
    let staff = shop.sign_in(Role::Staff).await;
    for by in [&member, &staff] {
        for verb in ["approve", "suspend", "restore"] {
            post(&shop, by, &seller, verb).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        }
    }
    assert_eq!(roles(&shop, &member).await, [Role::Customer]);
}

#[tokio::test]
async fn staff_see_who_a_seller_is_before_the_law_until_the_person_is_erased() {
    let shop = Shop::open().await;
    let admin = shop.sign_in(Role::Admin).await;
    let (_, seller) = applicant(&shop, "layers").await;
    let (store, vault, tenant) = (shop.tenant().stack.store(), shop.tenant().stack.vault(), &shop.tenant().tenant);
    let read = async || shop.client.get(&format!("/admin/sellers/{}", seller.id)).bearer(&admin.token).send().await;
    let before = read().await;
    let shown = before.data(StatusCode::OK);
    assert_eq!((&shown["legalIdentity"], &shown["hasLegalIdentity"]), (&Value::Null, &json!(false)));
    let person = store.user(shop.tenant().scope(), seller.user, Consistency::Strong).await.unwrap().unwrap();
    let identity = domain::catalog::LegalIdentity {
        legal_name: "Nguyễn Thị Ánh Tuyết".to_owned(),
        tax_id: Some("0312345678".to_owned()),
        address: vec!["72 đường Lê Thánh Tôn".to_owned()],
    };
    let sealed = platform::people::seal_legal_identity(vault, tenant, &person, seller.id, &identity).await.unwrap();
    let after = Seller { legal_identity: Some(sealed), ..seller.clone() };
    store.change_seller(&shop.tenant().operation(), &seller, after).await.unwrap().unwrap();
    let told = read().await;
    let expected = json!({
        "legalName": "Nguyễn Thị Ánh Tuyết", "taxId": "0312345678", "address": ["72 đường Lê Thánh Tôn"],
    });
    assert_eq!((&told.data(StatusCode::OK)["legalIdentity"], told.round_trips()), (&expected, 1));
    let listed = shop.client.get("/admin/sellers").bearer(&admin.token).send().await;
    let listed = &listed.data(StatusCode::OK)[0];
    assert!(listed["hasLegalIdentity"] == true && listed.get("legalIdentity").is_none());
    let erased = store.erase_user(&shop.tenant().operation(), &person, None).await.unwrap();
    assert_eq!(erased, store::privacy::Erasure::Done);
    assert_eq!(read().await.data(StatusCode::OK)["legalIdentity"], Value::Null);
}
