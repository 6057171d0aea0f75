//! Many at once and many times over: nothing is sold twice, paid twice, numbered twice or mailed twice.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use futures_util::future::join_all;
use harness::razorpay::Deliver;
use harness::shop::{Offer, Shop, Shopper, eventually, id};

async fn stock(shop: &Shop, offer: &Offer) -> i64 {
    // The seller sees the number; the public only whether there is any.
    let shown = shop.seller.get(&format!("/products/{}", offer.product)).await;
    shown.data(StatusCode::OK)["materials"][0]["stock"].as_i64().expect("finite stock")
}

async fn ready(shop: &Shop, offer: &Offer) -> (Shopper, String) {
    let shopper = shop.shopper().await;
    let added = shopper.add_to_cart(offer, 1).await;
    assert!(added.status.is_success(), "{}", added.text());
    let address = shopper.address().await;
    (shopper, address)
}

#[tokio::test]
async fn fifty_buyers_for_ten_pieces_make_ten_orders_and_forty_clear_refusals() {
    let shop = Shop::open().await;
    let offer = shop.offer("Last pieces", 10).await;
    let mut buyers = Vec::new();
    for batch in 0..10 {
        buyers.extend(join_all((0..5).map(|_| ready(&shop, &offer))).await);
        assert_eq!(buyers.len(), (batch + 1) * 5);
    }
    let answers = join_all(buyers.iter().map(|(buyer, address)| buyer.check_out(address, "only"))).await;
    let mut counts: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for answer in &answers {
        let code = answer.body["code"].as_str().unwrap_or("-").to_owned();
        *counts.entry((answer.status.as_u16(), code)).or_default() += 1;
    }
    let expected = BTreeMap::from([((201, "-".to_owned()), 10), ((409, "OUT_OF_STOCK".to_owned()), 40)]);
    assert_eq!(counts, expected);
    assert_eq!(stock(&shop, &offer).await, 0);
}

#[tokio::test]
async fn thirty_checkouts_with_one_key_make_one_order() {
    let shop = Shop::open().await;
    let offer = shop.offer("Once", 30).await;
    let (shopper, address) = ready(&shop, &offer).await;
    let answers = join_all((0..30).map(|_| shopper.check_out(&address, "the-same"))).await;
    let mut groups: Vec<String> = answers.iter().map(|answer| id(answer.data(StatusCode::CREATED))).collect();
    groups.dedup();
    assert_eq!(groups.len(), 1, "{groups:?}");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 29);
    assert_eq!(stock(&shop, &offer).await, 29);
    let orders = shopper.get("/orders").await;
    assert_eq!(orders.data(StatusCode::OK).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_webhook_fifty_times_pays_once_numbers_once_and_mails_once() {
    let shop = Shop::open().await;
    let offer = shop.offer("Paid once", 3).await;
    let (shopper, address) = ready(&shop, &offer).await;
    let group = id(shopper.check_out(&address, "only").await.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    let storm = Deliver { times: 50, shuffle: true, parallel: true, ..Deliver::default() };
    let paid = shop.pay(&payment, storm).await;
    assert!(paid.delivered.len() >= 100, "captured and its siblings, 50 times each: {}", paid.delivered.len());
    // A machine that is too busy may have answered 503 to some each time, or nothing within the stand-in's patience: the provider
    // goes on, and then everything must have been taken.
    let taken = |status: Option<u16>| matches!(status, None | Some(200 | 503));
    let statuses: Vec<_> = paid.delivered.iter().map(|delivery| delivery.status).collect();
    assert!(statuses.iter().copied().all(taken), "{statuses:?}");
    assert!(statuses.contains(&Some(200)), "{statuses:?}");
    let order = payment["razorpayOrderId"].as_str().unwrap();
    let again = shop.provider.deliver(order, &Deliver::default()).await.unwrap();
    assert!(again.iter().all(|delivery| delivery.status == Some(200)), "{again:?}");
    assert_eq!(shopper.status(&group).await, "PAID");

    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    let number = eventually("the invoice is issued", async || {
        let shown = shopper.get(&format!("/orders/{order}")).await;
        shown.body["data"]["invoice"]["number"].as_str().map(str::to_owned)
    })
    .await;
    assert!(number.ends_with("-0001"), "the first of its series: {number}");
    let mails = shop.await_mails(&shopper.email, 2).await;
    let invoices = mails.iter().filter(|mail| mail.subject.contains("nvoice")).count();
    assert_eq!((mails.len(), invoices), (2, 1), "one for the order, one with the invoice: {mails:?}");

    // The series goes on without a gap.
    let (shopper, address) = ready(&shop, &offer).await;
    let group = id(shopper.check_out(&address, "only").await.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    shop.pay(&payment, Deliver::default()).await;
    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    let number = eventually("the second invoice is issued", async || {
        let shown = shopper.get(&format!("/orders/{order}")).await;
        shown.body["data"]["invoice"]["number"].as_str().map(str::to_owned)
    })
    .await;
    assert!(number.ends_with("-0002"), "{number}");
    shop.tenant.books_add_up().await;
}
