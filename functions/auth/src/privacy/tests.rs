use std::time::Duration;

use domain::access::Role;
use domain::id::{OrderId, UserId};
use domain::licence::LineLicences;
use domain::pii::Purpose;
use domain::user::UserStatus;
use harness::client::TestAnswer;
use http::StatusCode;
use platform::vault::Place;
use serde_json::{Value, json};
use store::table::Consistency;

use crate::test_support::{PASSWORD, Shop, SignedIn};

async fn erase(shop: &Shop, asha: &SignedIn, body: Value) -> TestAnswer {
    shop.client.delete("/users/me").bearer(&asha.access_token).json(body).send().await
}

async fn id_of(shop: &Shop, asha: &SignedIn) -> UserId {
    shop.me(&asha.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().parse().unwrap()
}

async fn add_address(shop: &Shop, asha: &SignedIn) -> Value {
    let address = json!({
        "fullName": "Asha Rao", "phone": "+919876543210", "line1": "12 MG Road", "city": "Bengaluru",
        "postalCode": "560001", "country": "IN",
    });
    let answer = shop.client.post("/users/me/addresses").bearer(&asha.access_token).json(address).send().await;
    answer.data(StatusCode::CREATED).clone()
}

#[tokio::test]
async fn who_is_erased_can_be_read_by_nobody_and_the_address_is_free() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let user = id_of(&shop, &asha).await;
    add_address(&shop, &asha).await;
    let (store, scope) = (shop.stack.store(), shop.tenant.scope());
    let before = store.user(scope, user, Consistency::Strong).await.unwrap().unwrap();
    erase(&shop, &asha, json!({"password": PASSWORD})).await.data(StatusCode::OK);

    shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    shop.refresh(&asha.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    let refused = shop.try_log_in(&asha.email, PASSWORD).await;
    refused.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let after = store.user(scope, user, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((after.status, &after.key_part, &after.phone), (UserStatus::Deleted, &None, &None));
    assert_eq!((after.email.as_text(), after.email_index.as_text()), ("", ""));
    // A copy from a backup opens for nobody who has only the tenant's key.
    let vault = shop.stack.vault();
    let item = user.to_string();
    let copy =
        vault.open_text(&shop.tenant.tenant, domain::pii::Purpose::Pii, Place::new(&item, "email"), &before.email);
    assert!(copy.await.is_err());
    assert_eq!((shop.audited("USER_ERASED").await, shop.told("UserDeleted").await), (1, 1));

    // The address is a stranger's to register.
    let body = json!({"email": asha.email, "password": PASSWORD, "firstName": "New", "lastName": "Person"});
    shop.client.post("/auth/register").json(body).send().await.data(StatusCode::ACCEPTED);
    let newcomer = shop.log_in(&asha.email).await;
    assert_ne!(id_of(&shop, &newcomer).await, user);
}

#[tokio::test]
async fn nobody_is_erased_without_the_password() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    for body in [json!({}), json!({"password": "a wrong password"}), json!({"password": ""})] {
        erase(&shop, &asha, body).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    assert_eq!(shop.audited("USER_ERASED").await, 0);
}

#[tokio::test]
async fn many_erasures_at_once_are_one() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    // Fewer than lock the account.
    let erasures = (0..4).map(|_| erase(&shop, &asha, json!({"password": PASSWORD})));
    let mut done = 0;
    for answer in futures_util::future::join_all(erasures).await {
        done += u32::from(answer.status == StatusCode::OK);
        let late = [StatusCode::CONFLICT, StatusCode::UNAUTHORIZED];
        assert!(answer.status == StatusCode::OK || late.contains(&answer.status), "{}", answer.text());
    }
    assert_eq!((done, shop.audited("USER_ERASED").await, shop.told("UserDeleted").await), (1, 1, 1));
}

#[tokio::test]
async fn the_last_owner_stays_and_of_two_who_leave_at_once_one_stays() {
    let shop = Shop::open().await;
    let mut owners = Vec::new();
    for _ in 0..2 {
        let email = shop.tenant.member_with_password(&[Role::Owner], PASSWORD).await;
        owners.push(shop.log_in(&email).await);
    }
    let leaving = owners.iter().map(|owner| erase(&shop, owner, json!({"password": PASSWORD})));
    let answers = futures_util::future::join_all(leaving).await;
    let gone = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(gone, 1);
    let stays = answers.iter().find(|answer| answer.status != StatusCode::OK).unwrap();
    stays.refused(StatusCode::UNPROCESSABLE_ENTITY, "LAST_OWNER");
}

/// Keeps a licence key of the first line of somebody's order.
async fn keep_key(shop: &Shop, user: UserId, order: OrderId, key: &str) {
    let (store, operation, tenant) = (shop.stack.store(), shop.tenant.operation(), &shop.tenant.tenant);
    let buyer = store.user(shop.tenant.scope(), user, Consistency::Strong).await.unwrap().unwrap();
    let (part, item) = (buyer.key_part.unwrap(), order.to_string());
    let place = Place::of(&part, &item, "licences.0");
    let keys = shop.stack.vault().seal_json(tenant, Purpose::Pii, place, &[key]).await.unwrap();
    let licences = LineLicences { order, line: 0, user, keys, issued_at: operation.now };
    assert!(store.keep_licences(&operation, &licences, &[]).await.unwrap());
}

#[tokio::test]
async fn everything_about_a_person_comes_in_one_file() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let user = id_of(&shop, &asha).await;
    let address = add_address(&shop, &asha).await;
    let mut licensed = shop.tenant.item("Đèn hoa sen");
    licensed.product.licence_keys = true;
    let placed = shop.tenant.sale_of(user, vec![shop.tenant.item("Spiral vase"), licensed]).await;
    keep_key(&shop, user, placed.orders[1].id, "7QK2M-R4T9X").await;
    let identity = json!({"legalName": "Asha Rao", "taxId": null, "address": ["12 MG Road"]});
    let account = "GB33BUKB20201555555555";
    let profile =
        json!({"name": "Layer by Layer", "slug": "layers", "payoutAccount": account, "legalIdentity": identity});
    let profile = shop.client.post("/sellers").bearer(&asha.access_token).json(profile).send().await;
    profile.data(StatusCode::CREATED);
    let answer = shop.client.get("/users/me/export").bearer(&asha.access_token).send().await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["expiresIn"], &data["hasMoreOrders"]), (&json!(300), &json!(false)));
    let file = reqwest::get(data["downloadUrl"].as_str().unwrap()).await.unwrap();
    let disposition = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename="), "{disposition}");
    let bytes = file.bytes().await.unwrap();
    assert_eq!(json!(bytes.len()), data["size"]);
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(file["account"]["email"], asha.email);
    assert_eq!(file["addresses"][0]["id"], address["id"]);
    assert_eq!(file["addresses"][0]["address"]["line1"], "12 MG Road");
    assert_eq!((&file["seller"]["payoutAccount"], &file["seller"]["legalIdentity"]), (&json!(account), &identity));
    assert_eq!(file["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(file["orders"].as_array().unwrap().len(), placed.orders.len());
    assert_eq!(file["orders"][0]["address"]["city"], "Chennai");
    assert_eq!(file["orders"][0]["shipments"], json!([]));
    let keys: Vec<_> = file["orders"].as_array().unwrap().iter().map(|order| &order["licenceKeys"]).collect();
    assert!(keys.iter().any(|lines| lines[0]["keys"] == json!(["7QK2M-R4T9X"])), "{keys:?}");
    // What proves something, and what is sealed, is nobody's to take along.
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let stored = shop.stack.store().user(shop.tenant.scope(), user, Consistency::Strong).await.unwrap().unwrap();
    for secret in ["secretHash", "passwordHash", stored.email.as_text(), stored.key_part.unwrap().as_text()] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(shop.audited("DATA_EXPORTED").await, 1);
}

#[tokio::test]
async fn a_link_to_an_export_dies_after_five_minutes() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.stop();
    let answer = shop.client.get("/users/me/export").bearer(&asha.access_token).send().await;
    let link = answer.data(StatusCode::OK)["downloadUrl"].as_str().unwrap().to_owned();
    let query = reqwest::Url::parse(&link).unwrap();
    let lives = query.query_pairs().find(|(name, _)| name == "X-Amz-Expires").unwrap().1.into_owned();
    assert_eq!(Duration::from_secs(lives.parse().unwrap()), Duration::from_secs(300));
}
