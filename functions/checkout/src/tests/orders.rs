//! Lists and tables of orders, ordering again, and the first steps of who delivers.

use std::time::Duration;

use domain::access::Role;
use domain::catalog::ProductStatus;
use domain::id::SellerId;
use domain::order::OrderStatus;
use domain::payment::Signal;
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::order_lists::{OrderFilter, Whose};

use super::money::futures_of;
use crate::test_support::{Buyer, Offer, Shop};

impl Shop {
    async fn get(&self, by: &Member, path: &str) -> TestAnswer {
        self.client.get(path).bearer(&by.token).send().await
    }

    /// Reads a list page by page.
    async fn all(&self, by: &Member, path: &str) -> Vec<Value> {
        let (mut found, mut next) = (Vec::new(), path.to_owned());
        loop {
            let answer = self.get(by, &next).await;
            let page = answer.data(StatusCode::OK).as_array().unwrap();
            let more = answer.body["pagination"]["nextCursor"].as_str();
            assert!(!page.is_empty() || more.is_none() || path.contains("status") || path.contains("sellerId"));
            found.extend(page.iter().map(|order| order["id"].clone()));
            let Some(cursor) = more else { return found };
            next = format!("{path}&cursor={cursor}");
        }
    }

    async fn paid(&self, buyer: &Buyer, offer: &Offer, number: usize) -> String {
        let group = buyer.buy(offer, 1).await;
        let payment = buyer.initiate(&group, &format!("p{number}")).await;
        self.tell(&payment, Signal::Captured, &format!("evt_{number}"), &format!("pay_{number}")).await;
        group["orderIds"][0].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn everybodys_orders_are_listed_once_each_however_pages_cut_their_checkouts() {
    let shop = Shop::open().await;
    let (first, second) = (shop.buyer().await, shop.buyer().await);
    let staff = shop.tenant.member(&[Role::Staff]).await;
    let offers = [shop.offer(50).await, shop.offer(50).await, shop.offer(50).await];
    let mut placed = Vec::new();
    for (buyer, count) in [(&first, 3), (&second, 1), (&first, 2), (&second, 3)] {
        for offer in &offers[1..count] {
            buyer.add(offer, 1).await.data(StatusCode::OK);
        }
        let group = buyer.buy(&offers[0], 1).await;
        placed.push(group["orderIds"].as_array().unwrap().clone());
        shop.tenant.stack.clock.advance(Duration::from_millis(5));
    }
    let newest_first: Vec<Value> = placed.iter().rev().flatten().cloned().collect();
    assert_eq!(newest_first.len(), 9);
    for limit in [1, 2, 4, 100] {
        assert_eq!(shop.all(&staff, &format!("/admin/orders?limit={limit}")).await, newest_first, "{limit}");
    }
    let answer = shop.get(&staff, "/admin/orders").await;
    // The session check may take as long as both.
    assert!(answer.round_trips() <= 2, "{}", answer.round_trips());
    let one = &answer.data(StatusCode::OK)[0];
    assert_eq!((&one["userId"], one.get("address")), (&json!(second.member.user.id), None));

    let user = format!("/admin/orders?limit=2&userId={}", first.member.user.id);
    let firsts: Vec<Value> = [2, 0].iter().flat_map(|n: &usize| placed[*n].clone()).collect();
    let mut found = shop.all(&staff, &user).await;
    // Orders of one checkout are of one instant.
    let mut expected = firsts.clone();
    for list in [&mut found, &mut expected] {
        list.sort_by_key(ToString::to_string);
    }
    assert_eq!(found, expected);
    let seller = offers[2].product.seller;
    assert_eq!(shop.all(&staff, &format!("/admin/orders?limit=1&sellerId={seller}")).await.len(), 2);
    assert_eq!(shop.all(&staff, &format!("{user}&sellerId={seller}")).await.len(), 1);
    assert_eq!(shop.all(&staff, "/admin/orders?limit=2&status=CREATED").await, newest_first);
    assert_eq!(shop.all(&staff, "/admin/orders?limit=2&status=PAID").await, Vec::<Value>::new());
    let cursor = shop.get(&staff, "/admin/orders?limit=1").await.body["pagination"]["nextCursor"].clone();
    let elsewhere = format!("/admin/orders?limit=1&status=PAID&cursor={}", cursor.as_str().unwrap());
    shop.get(&staff, &elsewhere).await.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    let stranger = Shop::open().await;
    let other = stranger.tenant.member(&[Role::Owner]).await;
    assert_eq!(stranger.get(&other, "/admin/orders").await.data(StatusCode::OK), &json!([]));
    shop.get(&first.member, "/admin/orders").await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
}

#[tokio::test]
async fn lists_are_narrowed_by_status_and_time() {
    let shop = Shop::open().await;
    let (seller, staff) = (shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Staff]).await);
    let (buyer, offer) = (shop.buyer().await, shop.offer_by(seller.user.seller.unwrap(), 50, |_| ()).await);
    let early = shop.paid(&buyer, &offer, 1).await;
    shop.tenant.stack.clock.advance(Duration::from_secs(60));
    let between = shop.tenant.stack.now();
    shop.tenant.stack.clock.advance(Duration::from_secs(60));
    let late = buyer.buy(&offer, 1).await["orderIds"][0].as_str().unwrap().to_owned();
    for (by, path) in [(&buyer.member, "/orders"), (&seller, "/seller/orders"), (&staff, "/admin/orders")] {
        let list = async |query: String| shop.all(by, &format!("{path}?limit=5{query}")).await;
        assert_eq!(list(String::new()).await, [json!(late), json!(early)]);
        assert_eq!(list("&status=PAID".to_owned()).await, [json!(early)]);
        assert_eq!(list(format!("&from={between}")).await, [json!(late)]);
        assert_eq!(list(format!("&to={between}")).await, [json!(early)]);
        assert_eq!(list(format!("&to={between}&status=CREATED")).await, Vec::<Value>::new());
        let refused = async |query: &str| {
            shop.get(by, &format!("{path}?{query}")).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        };
        refused(&format!("from={between}&to={between}")).await;
        refused("status=LOST").await;
        refused("from=yesterday").await;
        refused("page=2").await;
    }
    let other = shop.tenant.member(&[Role::Seller]).await;
    assert_eq!(shop.get(&other, "/seller/orders").await.data(StatusCode::OK), &json!([]));
    shop.get(&other, &format!("/seller/orders/{early}")).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    // Where an order goes is told to its seller once there is something to deliver, and as long.
    let unpaid = shop.get(&seller, &format!("/seller/orders/{late}")).await;
    assert_eq!((unpaid.data(StatusCode::OK).get("address"), unpaid.text().contains("Asha")), (None, false));
    let shown = shop.get(&seller, &format!("/seller/orders/{early}")).await;
    assert_eq!(shown.data(StatusCode::OK)["address"]["city"], "Bengaluru");
    let steps = shown.data(StatusCode::OK)["timeline"].as_array().unwrap().clone();
    let steps: Vec<_> =
        steps.iter().map(|step| (step["status"].as_str().unwrap(), step["by"].as_str().unwrap())).collect();
    assert_eq!(steps, [("CREATED", "BUYER"), ("PAYMENT_PENDING", "BUYER"), ("PAID", "PROVIDER")]);
    assert!(!shown.text().contains(&buyer.member.user.id.to_string()), "the seller learns what is needed to deliver");
}

#[tokio::test]
async fn a_seller_begins_to_pack_what_is_paid_once() {
    let shop = Shop::open().await;
    let (seller, rival) = (shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Seller]).await);
    let (buyer, offer) = (shop.buyer().await, shop.offer_by(seller.user.seller.unwrap(), 50, |_| ()).await);
    let process = async |by: &Member, order: &str| {
        shop.client.post(&format!("/seller/orders/{order}/process")).bearer(&by.token).send().await
    };
    let unpaid = buyer.buy(&offer, 1).await["orderIds"][0].as_str().unwrap().to_owned();
    process(&seller, &unpaid).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let paid = shop.paid(&buyer, &offer, 1).await;
    process(&rival, &paid).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    process(&buyer.member, &paid).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let answers = futures_of(8, async |_| process(&seller, &paid).await).await;
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!((done.len(), &done[0].data(StatusCode::OK)["status"]), (1, &json!("PROCESSING")));
    let order = buyer.get(&format!("/orders/{paid}")).await;
    let last = order.data(StatusCode::OK)["timeline"][3].clone();
    assert_eq!((&last["status"], &last["by"]), (&json!("PROCESSING"), &json!("SELLER")));
    // It can still be called off.
    buyer.post(&format!("/orders/{paid}/cancel"), Some("k"), json!({})).await.data(StatusCode::OK);
    process(&seller, &paid).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
}

#[tokio::test]
async fn tables_hold_exact_amounts_and_nobodys_name() {
    let shop = Shop::open().await;
    let (seller, staff) = (shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Staff]).await);
    let own: SellerId = seller.user.seller.unwrap();
    let (buyer, offer) = (shop.buyer().await, shop.offer_by(own, 50, |_| ()).await);
    let early = buyer.buy(&offer, 2).await["orderIds"][0].as_str().unwrap().to_owned();
    let late = shop.paid(&buyer, &offer, 1).await;
    for (by, path, columns) in
        [(&buyer.member, "/orders", 14), (&seller, "/seller/orders", 14), (&staff, "/admin/orders", 15)]
    {
        let answer = shop.get(by, &format!("{path}/export")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"orders.csv\"");
        assert_eq!(answer.header("cache-control"), "no-store");
        let text = answer.text();
        let rows: Vec<Vec<&str>> = text.split("\r\n").map(|row| row.split(',').collect()).collect();
        assert_eq!((rows.len(), rows[3].as_slice()), (4, &[""][..]), "{text}");
        assert_eq!(rows[0].len(), columns);
        assert_eq!((rows[1][0], rows[2][0]), (late.as_str(), early.as_str()));
        assert!(
            text.contains(&format!(
                "\"2 x {} Planetary gear set, PLA, white\",2,INR,2.50,0.00,99.00,0.45,101.95",
                offer.product.sku
            )),
            "{text}"
        );
        for told in ["Asha", "MG Road", "+9199"] {
            assert!(!text.contains(told), "{text}");
        }
        assert_eq!(text.contains(&buyer.member.user.id.to_string()), columns == 15);
        let paid = shop.get(by, &format!("{path}/export?status=PAID")).await.text();
        assert!(paid.contains(&late) && !paid.contains(&early));
        let refused = shop.get(by, &format!("{path}/export?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z")).await;
        refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }
    // What is more than a table holds is not cut but refused, whatever the filter would leave of it.
    let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
    let paid = OrderFilter { status: Some(OrderStatus::Paid), ..OrderFilter::default() };
    for whose in [Whose::Buyer(buyer.member.user.id), Whose::Seller(own), Whose::Everybody] {
        assert_eq!(store.orders_within(scope, whose, &paid, 1).await.unwrap(), None);
        assert_eq!(store.orders_within(scope, whose, &paid, 2).await.unwrap().map(|orders| orders.len()), Some(1));
    }
    let nothing = shop.get(&shop.tenant.member(&[Role::Seller]).await, "/seller/orders/export").await.text();
    assert_eq!(nothing.matches("\r\n").count(), 1);
}

#[tokio::test]
async fn what_was_bought_is_put_into_the_cart_again_as_far_as_it_can_be_bought() {
    let shop = Shop::open().await;
    let (buyer, other) = (shop.buyer().await, shop.buyer().await);
    let (kept, short, gone) = (shop.offer(20).await, shop.offer(3).await, shop.offer(5).await);
    buyer.add(&short, 2).await.data(StatusCode::OK);
    buyer.add(&gone, 1).await.data(StatusCode::OK);
    let group = buyer.buy(&kept, 3).await;
    let orders: Vec<String> =
        group["orderIds"].as_array().unwrap().iter().map(|order| order.as_str().unwrap().to_owned()).collect();
    shop.change(&gone, |product| product.status = ProductStatus::Archived).await;
    shop.change(&kept, |product| product.base_price.amount = 700).await;
    let mut left_out = Vec::new();
    for order in &orders {
        let answer = buyer.request(shop.client.post(&format!("/orders/{order}/reorder"))).send().await;
        let done = answer.data(StatusCode::OK);
        assert!(answer.round_trips() <= 4, "{}", answer.round_trips());
        left_out.extend(done["leftOut"].as_array().unwrap().clone());
    }
    left_out.sort_by_key(|line| line["quantity"].as_u64());
    let told: Vec<_> =
        left_out.iter().map(|line| (line["productId"].clone(), line["problem"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [(json!(gone.product.id), "the product is not for sale"), (json!(short.product.id), "only 1 left")]
    );
    let cart = buyer.get("/cart").await;
    let items = cart.data(StatusCode::OK)["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["quantity"], &items[0]["itemPrice"]["amount"]), (&json!(3), &json!(725)));
    // A line holds 999 pieces: what is over is named.
    let full = json!({"quantity": 998});
    buyer.patch(&format!("/cart/items/{}", items[0]["id"].as_str().unwrap()), full).await.data(StatusCode::OK);
    let of_kept =
        orders.iter().map(|order| buyer.request(shop.client.post(&format!("/orders/{order}/reorder"))).send());
    let mut over = 0;
    for answer in of_kept {
        let answer = answer.await;
        let left = answer.data(StatusCode::OK)["leftOut"].as_array().unwrap().clone();
        over += left.iter().filter(|line| line["productId"] == json!(kept.product.id)).count();
    }
    assert_eq!(over, 1);
    let foreign = other.request(shop.client.post(&format!("/orders/{}/reorder", orders[0]))).send().await;
    foreign.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}
