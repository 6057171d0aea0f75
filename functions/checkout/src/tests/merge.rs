//! What becomes of an anonymous cart when its owner signs in.

use http::StatusCode;
use serde_json::{Value, json};

use super::coupon::{apply, coupon, ten_percent};
use crate::test_support::{Buyer, Guest, Shop};

async fn merge(buyer: &Buyer, guest: &Guest) -> harness::client::TestAnswer {
    buyer.post("/cart/merge", None, json!({"cartToken": guest.token})).await
}

fn quantities(cart: &Value) -> Vec<u64> {
    cart["items"].as_array().unwrap().iter().map(|item| item["quantity"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn quantities_add_up_to_what_a_line_holds_and_the_rest_is_told() {
    let shop = Shop::open().await;
    let (buyer, guest) = (shop.buyer().await, shop.guest().await);
    let (both, own, theirs) = (shop.offer(5).await, shop.offer(5).await, shop.offer(5).await);
    buyer.add(&both, 900).await.data(StatusCode::OK);
    buyer.add(&own, 1).await.data(StatusCode::OK);
    guest.add(&both, 100).await.data(StatusCode::OK);
    guest.add(&theirs, 3).await.data(StatusCode::OK);
    let answer = merge(&buyer, &guest).await;
    let merged = answer.data(StatusCode::OK);
    assert_eq!((quantities(merged), answer.round_trips()), (vec![999, 1, 3], 2));
    let over = json!({"productId": both.product.id, "materialId": both.material.id, "quantity": 1});
    assert_eq!(merged["leftOut"], json!([over]));
    assert_eq!(quantities(buyer.get("/cart").await.data(StatusCode::OK)), [999, 1, 3]);
    // The token opens nothing any more, to nobody.
    guest.get().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    guest.add(&own, 1).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    merge(&shop.buyer().await, &guest).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    // Who repeats the request is told what is.
    let again = merge(&buyer, &guest).await;
    let again = again.data(StatusCode::OK);
    assert_eq!((quantities(again), &again["leftOut"]), (vec![999, 1, 3], &json!([])));
}

#[tokio::test]
async fn what_finds_no_room_among_forty_lines_is_told_line_by_line() {
    let shop = Shop::open().await;
    let (buyer, guest, seller) = (shop.buyer().await, shop.guest().await, shop.tenant.stack.ambient().id());
    let mut last = None;
    for n in 0..42 {
        let offer = shop.offer_by(seller, 5, |_| ()).await;
        if n < 39 {
            buyer.add(&offer, 1).await.data(StatusCode::OK);
        } else {
            guest.add(&offer, 7).await.data(StatusCode::OK);
            last = Some(offer);
        }
    }
    let answer = merge(&buyer, &guest).await;
    let merged = answer.data(StatusCode::OK);
    assert_eq!((merged["items"].as_array().unwrap().len(), merged["leftOut"].as_array().unwrap().len()), (40, 2));
    assert_eq!(merged["leftOut"][1]["productId"], json!(last.unwrap().product.id));
    assert_eq!(merged["leftOut"][1]["quantity"], 7);
}

#[tokio::test]
async fn ten_merges_of_one_cart_at_once_merge_it_once_while_pieces_go_on_coming() {
    let shop = Shop::open().await;
    let (buyer, guest) = (shop.buyer().await, shop.guest().await);
    let (offer, own) = (shop.offer(5).await, shop.offer(5).await);
    guest.add(&offer, 3).await.data(StatusCode::OK);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..14 {
        let (buyer, guest, offer, own) = (buyer.clone(), guest.clone(), offer.clone(), own.clone());
        tasks.spawn(async move {
            match n {
                0..10 => (0, merge(&buyer, &guest).await.status),
                10..12 => (1, buyer.add(&own, 1).await.status),
                _ => (2, guest.add(&offer, 1).await.status),
            }
        });
    }
    let done = tasks.join_all().await;
    assert!(done.iter().filter(|(kind, _)| *kind < 2).all(|(_, status)| status.is_success()), "{done:?}");
    // A guest's piece came before the merge, and is in, or after it, and was refused.
    let more = done.iter().filter(|(kind, status)| *kind == 2 && status.is_success()).count() as u64;
    let cart = buyer.get("/cart").await;
    let mut found = quantities(cart.data(StatusCode::OK));
    found.sort_unstable();
    assert_eq!(found, [2, 3 + more]);
}

#[tokio::test]
async fn of_two_users_with_one_token_one_gets_the_cart() {
    let shop = Shop::open().await;
    let (one, other, guest, offer) = (shop.buyer().await, shop.buyer().await, shop.guest().await, shop.offer(5).await);
    guest.add(&offer, 3).await.data(StatusCode::OK);
    let (first, second) = tokio::join!(merge(&one, &guest), merge(&other, &guest));
    let mut told = [first.status, second.status];
    told.sort_unstable();
    assert_eq!(told, [StatusCode::OK, StatusCode::NOT_FOUND]);
    let mut pieces = 0;
    for buyer in [&one, &other] {
        pieces += quantities(buyer.get("/cart").await.data(StatusCode::OK)).iter().sum::<u64>();
    }
    assert_eq!(pieces, 3);
}

#[tokio::test]
async fn another_tenants_cart_and_what_is_no_token_are_not_there_to_be_merged() {
    let (shop, other) = (Shop::open().await, Shop::open().await);
    let (buyer, foreign, offer) = (shop.buyer().await, other.guest().await, other.offer(5).await);
    foreign.add(&offer, 1).await.data(StatusCode::OK);
    merge(&buyer, &foreign).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    merge(&buyer, &shop.guest_with("nonsense")).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(quantities(foreign.get().await.data(StatusCode::OK)), [1]);
    let request = shop.client.post("/cart/merge").json(json!({"cartToken": foreign.token}));
    request.send().await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let long = buyer.post("/cart/merge", None, json!({"cartToken": "a".repeat(201)})).await;
    assert_eq!((long.status, long.fields()), (StatusCode::BAD_REQUEST, vec!["cartToken"]));
}

#[tokio::test]
async fn a_coupon_comes_along_unless_one_has_another_or_has_used_it_up() {
    let shop = Shop::open().await;
    let offer = shop.offer(50).await;
    let once = coupon(&shop, "ONCE", ten_percent(None, Some(1))).await;
    coupon(&shop, "OTHER", ten_percent(None, None)).await;
    let guest = || async {
        let guest = shop.guest().await;
        guest.add(&offer, 1).await.data(StatusCode::OK);
        guest.post("/cart/coupon", json!({"coupon": "ONCE"})).await.data(StatusCode::OK);
        guest
    };
    let buyer = shop.buyer().await;
    buyer.get("/cart").await.data(StatusCode::OK);
    let answer = merge(&buyer, &guest().await).await;
    assert_eq!((answer.data(StatusCode::OK)["coupon"].as_str(), answer.round_trips()), (Some("ONCE"), 4));
    buyer.check_out("k").await.data(StatusCode::CREATED);
    // Used up by this user, it stays behind, and the answer says why.
    let answer = merge(&buyer, &guest().await).await;
    let merged = answer.data(StatusCode::OK);
    assert_eq!((merged.get("coupon"), &merged["couponProblem"]), (None, &json!("was used as often as it may be")));
    // One's own stays.
    apply(&buyer, "OTHER").await.data(StatusCode::OK);
    let answer = merge(&buyer, &guest().await).await;
    let merged = answer.data(StatusCode::OK);
    assert_eq!((&merged["coupon"], merged.get("couponProblem")), (&json!("OTHER"), None));
    // Another user may still use it.
    let second = shop.buyer().await;
    assert_eq!(merge(&second, &guest().await).await.data(StatusCode::OK)["coupon"], "ONCE");
    // Deleted meanwhile, it is no coupon.
    let third = guest().await;
    shop.tenant.stack.store().delete_coupon(&shop.tenant.operation(), &once).await.unwrap();
    let merged = merge(&shop.buyer().await, &third).await;
    assert_eq!(merged.data(StatusCode::OK)["couponProblem"], "is not a valid coupon");
}

#[tokio::test]
async fn a_key_brings_the_first_answer_of_a_merge_back() {
    let shop = Shop::open().await;
    let (buyer, guest, offer) = (shop.buyer().await, shop.guest().await, shop.offer(5).await);
    buyer.add(&offer, 990).await.data(StatusCode::OK);
    guest.add(&offer, 10).await.data(StatusCode::OK);
    let body = json!({"cartToken": guest.token});
    let first = buyer.post("/cart/merge", Some("login"), body.clone()).await;
    let again = buyer.post("/cart/merge", Some("login"), body).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
    assert_eq!(first.data(StatusCode::OK)["leftOut"][0]["quantity"], 1);
}
