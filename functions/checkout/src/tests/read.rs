use domain::access::Role;
use http::StatusCode;

use crate::test_support::Shop;

#[tokio::test]
async fn orders_are_listed_newest_first_page_by_page() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(20).await);
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(buyer.buy(&offer, 1).await["orderIds"][0].clone());
    }
    other.buy(&offer, 1).await;
    placed.reverse();
    let (mut listed, mut path) = (Vec::new(), "/orders?limit=2".to_owned());
    loop {
        let answer = buyer.get(&path).await;
        listed.extend(answer.data(StatusCode::OK).as_array().unwrap().iter().map(|order| order["id"].clone()));
        assert_eq!(answer.round_trips(), 1);
        let Some(cursor) = answer.body["pagination"]["nextCursor"].as_str() else { break };
        let foreign = other.get(&format!("/orders?cursor={cursor}")).await;
        foreign.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        path = format!("/orders?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, placed);
}

#[tokio::test]
async fn an_order_is_seen_by_buyer_seller_and_staff_and_by_nobody_else() {
    let shop = Shop::open().await;
    let (buyer, other) = (shop.buyer().await, shop.buyer().await);
    let seller = shop.tenant.member(&[Role::Seller]).await;
    let (rival, staff) = (shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Staff]).await);
    let offer = shop.offer_by(seller.user.seller.unwrap(), 5, |_| ()).await;
    let group = buyer.buy(&offer, 1).await;
    let payment = buyer.initiate(&group, "p").await;
    let order = format!("/orders/{}", group["orderIds"][0].as_str().unwrap());
    let group = format!("/order-groups/{}", group["id"].as_str().unwrap());
    let payment = format!("/payments/{}", payment["paymentId"].as_str().unwrap());
    let seen =
        async |path: &str, token: &str| shop.client.get(path).bearer(token).send().await.status == StatusCode::OK;
    for (token, sees) in [
        (&buyer.member.token, [true, true, true]),
        (&seller.token, [true, false, false]),
        (&staff.token, [true, true, true]),
        (&rival.token, [false, false, false]),
        (&other.member.token, [false, false, false]),
    ] {
        assert_eq!([seen(&order, token).await, seen(&group, token).await, seen(&payment, token).await], sees);
    }
    let stranger = Shop::open().await;
    let answer = stranger.buyer().await.get(&order).await;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(buyer.get(&group).await.round_trips(), 1);
    buyer.get("/orders/nonsense").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
}

#[test]
fn the_document_says_everything_about_every_operation() {
    assert_eq!(web::openapi::gaps(&crate::openapi()), Vec::<String>::new());
}
