//! Orders that are called off, through HTTP on the deployed stack: the stock, the money and the mail.

use axum::http::StatusCode;
use domain::access::Role;
use harness::razorpay::Deliver;
use harness::shop::{Offer, PASSWORD, Shop, Shopper, eventually, id};
use serde_json::{Value, json};

async fn stock(shop: &Shop, offer: &Offer) -> u64 {
    let shown = shop.seller.get(&format!("/products/{}", offer.product)).await;
    shown.data(StatusCode::OK)["materials"][0]["stock"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_called_off_is_back_in_stock_its_money_on_the_way_and_its_buyer_told() {
    let shop = Shop::open().await;
    let vase = shop.offer("Vase", 5).await;
    let shopper = shop.shopper().await;
    let staff = Shopper::log_in(&shop.api, &shop.tenant.member_with_password(&[Role::Staff], PASSWORD).await).await;
    let address = shopper.address().await;
    let buy = async |key: &str| {
        shopper.add_to_cart(&vase, 2).await;
        let placed = shopper.check_out(&address, key).await;
        placed.data(StatusCode::CREATED).clone()
    };
    let (unpaid, paid) = (buy("one").await, buy("two").await);
    let payment = shopper.open_payment(&id(&paid)).await;
    shop.pay(&payment, Deliver::default()).await;
    eventually("the checkout is paid", async || (shopper.status(&id(&paid)).await == "PAID").then_some(())).await;
    assert_eq!(stock(&shop, &vase).await, 1);

    let cancel = async |group: &Value| {
        let order = group["orderIds"][0].as_str().unwrap();
        let body = json!({"reason": "CHANGED_MIND"});
        shopper.post_once(&format!("/orders/{order}/cancel"), order, body).await
    };
    assert_eq!(cancel(&unpaid).await.data(StatusCode::OK).get("refund"), None);
    assert_eq!(stock(&shop, &vase).await, 3);
    let done = cancel(&paid).await;
    assert_eq!(done.data(StatusCode::OK)["refund"]["amount"], paid["totals"]["total"]);
    // The janitor, who gives money and pieces back, comes by once a minute.
    eventually("the pieces are back", async || (stock(&shop, &vase).await == 5).then_some(())).await;
    let order = paid["orderIds"][0].as_str().unwrap();
    let shown = shopper.get(&format!("/orders/{order}")).await;
    assert_eq!(shown.data(StatusCode::OK)["status"], "CANCELLED");

    eventually("both cancellations are told", async || {
        let mails = shop.mails(&shopper.email).await;
        (mails.iter().filter(|mail| mail.subject.contains("was cancelled")).count() == 2).then_some(())
    })
    .await;
    let invoice = eventually("the invoice is written", async || {
        let shown = shopper.get(&format!("/orders/{order}/invoice")).await;
        (shown.status == StatusCode::OK).then(|| shown.data(StatusCode::OK)["number"].clone())
    })
    .await;
    let note = eventually("the credit note is written", async || {
        let notes = shopper.get(&format!("/orders/{order}/credit-notes")).await;
        notes.data(StatusCode::OK).get(0).cloned()
    })
    .await;
    assert_eq!((&note["invoice"], &note["amount"]), (&invoice, &paid["totals"]["total"]));
    let url = note["downloadUrl"].as_str().unwrap();
    assert!(reqwest::get(url).await.unwrap().bytes().await.unwrap().starts_with(b"%PDF-"));
    eventually("the credit note is mailed", async || {
        let mails = shop.mails(&shopper.email).await;
        mails.iter().any(|mail| mail.subject.contains(note["number"].as_str().unwrap())).then_some(())
    })
    .await;

    let list = staff.get("/admin/orders?status=CANCELLED").await;
    assert_eq!(list.data(StatusCode::OK).as_array().map(Vec::len), Some(2));
    let table = staff.get("/admin/orders/export").await;
    assert_eq!((table.status, table.text().matches("CANCELLED").count()), (StatusCode::OK, 2));
    let again = shopper.post(&format!("/orders/{order}/reorder"), json!({})).await;
    assert_eq!(again.data(StatusCode::OK)["cart"]["items"][0]["quantity"], 2);
    shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_seller_is_told_of_what_is_paid_given_back_and_called_off_once_each() {
    let shop = Shop::open().await;
    let vase = shop.offer("Vase", 5).await;
    let shopper = shop.shopper().await;
    let admin = Shopper::log_in(&shop.api, &shop.tenant.member_with_password(&[Role::Admin], PASSWORD).await).await;
    let address = shopper.address().await;
    let told = async |subject: &str| {
        let mails = shop.mails(&shop.seller.email).await;
        mails.into_iter().filter(|mail| mail.subject.contains(subject)).collect::<Vec<_>>()
    };
    let buy = async |key: &str| {
        shopper.add_to_cart(&vase, 2).await;
        let placed = shopper.check_out(&address, key).await.data(StatusCode::CREATED).clone();
        let payment = shopper.open_payment(&id(&placed)).await;
        shop.pay(&payment, Deliver::default()).await;
        (placed["orderIds"][0].as_str().unwrap().to_owned(), payment["paymentId"].as_str().unwrap().to_owned())
    };
    let ((kept, payment), (dropped, _)) = (buy("one").await, buy("two").await);
    for order in [&kept, &dropped] {
        eventually("the seller hears of the order", async || {
            let mails = told("New order for you").await;
            mails.iter().any(|mail| mail.text.contains(&format!("/seller/orders/{order}"))).then_some(())
        })
        .await;
    }
    let body = json!({"orderId": kept, "lines": [{"line": 0, "quantity": 1}], "restock": true, "reason": "A scratch"});
    let refund = admin.post_once(&format!("/admin/payments/{payment}/refunds"), "refund", body).await;
    refund.data(StatusCode::CREATED);
    let body = json!({"reason": "CHANGED_MIND"});
    shopper.post_once(&format!("/orders/{dropped}/cancel"), "cancel", body).await.data(StatusCode::OK);
    // The janitor, who gives the money back, comes by once a minute.
    let back = eventually("the seller hears of the refund", async || told("Money was given back").await.pop()).await;
    assert!(back.text.contains(&kept) && back.text.contains("A scratch") && back.text.contains("1 × Vase"), "{back:?}");
    let gone = eventually("the seller hears of the cancellation", async || told("was cancelled").await.pop()).await;
    assert!(gone.text.contains(&dropped) && gone.text.contains("The buyer has cancelled it."), "{gone:?}");
    for order in [&kept, &dropped] {
        eventually("the money is back", async || {
            let notes = shopper.get(&format!("/orders/{order}/credit-notes")).await;
            notes.data(StatusCode::OK).get(0).map(drop)
        })
        .await;
    }
    assert_eq!(shop.await_mails(&shop.seller.email, 4).await.len(), 4);
    shop.tenant.books_add_up().await;
}
