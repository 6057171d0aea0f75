//! From sign-up to a downloaded file, through HTTP on the deployed stack: the way that everything else hangs on.

use axum::http::StatusCode;
use harness::razorpay::Deliver;
use harness::shop::{PASSWORD, Shop, eventually, id};
use serde_json::json;

#[tokio::test]
async fn a_shopper_buys_a_print_and_downloads_its_model() {
    let shop = Shop::open().await;
    let vase = shop.offer("Spiral vase with a very long name", 5).await;
    let gear = shop.offer("Planetary gear", 5).await;

    let shopper = shop.shopper().await;
    let me = shopper.get("/auth/me").await;
    assert_eq!(me.data(StatusCode::OK)["email"], shopper.email.as_str());

    let list = shop.api.get("/products?limit=20").send().await;
    assert_eq!(list.data(StatusCode::OK).as_array().map(Vec::len), Some(2));
    let exact = shop.api.get("/products?limit=2").send().await;
    assert_eq!(exact.body["pagination"]["hasMore"], false, "a full page at the end is the last one");
    let first = shop.api.get("/products?limit=1").send().await;
    let cursor = first.body["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    let second = shop.api.get(&format!("/products?limit=1&cursor={cursor}")).send().await;
    assert_eq!(second.data(StatusCode::OK)[0]["id"], list.data(StatusCode::OK)[1]["id"]);
    assert_eq!(second.body["pagination"]["hasMore"], false);
    let detail = shop.api.get(&format!("/products/{}", vase.product)).send().await;
    assert_eq!(detail.data(StatusCode::OK)["materials"][0]["id"], vase.material.as_str());

    let added = shopper.add_to_cart(&vase, 2).await;
    assert!(added.status.is_success(), "{}", added.text());
    shopper.add_to_cart(&gear, 1).await;

    let address = shopper.address().await;
    let placed = shopper.check_out(&address, "first").await;
    let group = placed.data(StatusCode::CREATED).clone();
    // 2 × 549.00 and 549.00, 18 % tax on top, 99.00 for shipping.
    assert_eq!(group["totals"]["total"], json!({"amount": 204_246, "currency": "INR"}));
    let group = id(&group);

    // Not paid yet: the file exists, is in an order of the caller, and is not to be had.
    let early = shopper.get(&format!("/files/download/{}", vase.file)).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "{}", early.text());

    let payment = shopper.open_payment(&group).await;
    assert_eq!(payment["amount"], 204_246);
    let paid = shop.pay(&payment, Deliver::default()).await;
    let confirmation = json!({
        "razorpayOrderId": payment["razorpayOrderId"], "razorpayPaymentId": paid.payment_id, "razorpaySignature": paid.signature,
    });
    let confirmed = shopper.post_once("/payments/razorpay/confirm", "confirm", confirmation).await;
    assert!(confirmed.status.is_success(), "{}", confirmed.text());
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;

    let orders = shopper.get("/orders").await;
    let order = id(&orders.data(StatusCode::OK)[0]);
    let shown = shopper.get(&format!("/orders/{order}")).await;
    assert_eq!(shown.data(StatusCode::OK)["status"], "PAID");
    assert_eq!(shown.data(StatusCode::OK)["address"]["city"], "Bengaluru");

    let link = shopper.get(&format!("/files/download/{}", vase.file)).await;
    assert_eq!(link.data(StatusCode::OK)["expiresIn"], 300);
    let url = link.data(StatusCode::OK)["downloadUrl"].as_str().unwrap().to_owned();
    let download = reqwest::get(&url).await.unwrap();
    assert!(download.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(download.bytes().await.unwrap().to_vec(), vase.bytes);

    let mails = shop.await_mails(&shopper.email, 2).await;
    let invoices: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("nvoice")).collect();
    assert_eq!(invoices.len(), 1, "{mails:?}");
    let invoice = shopper.get(&format!("/orders/{order}/invoice")).await;
    let url = invoice.data(StatusCode::OK)["downloadUrl"].as_str().unwrap().to_owned();
    let pdf = reqwest::get(&url).await.unwrap().bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF-"));

    let logged_out = shopper.post("/auth/logout", json!({"refreshToken": shopper.refresh_token})).await;
    assert!(logged_out.status.is_success(), "{}", logged_out.text());
    assert_eq!(shopper.get("/auth/me").await.status, StatusCode::UNAUTHORIZED);
    shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_file_is_handed_out_as_often_as_the_tenant_allows() {
    let shop = Shop::open().await;
    let vase = shop.offer("Vase", 5).await;
    let shopper = shop.shopper().await;
    shopper.add_to_cart(&vase, 1).await;
    let placed = shopper.check_out(&shopper.address().await, "only").await;
    let group = id(placed.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    shop.pay(&payment, Deliver::default()).await;
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;

    let path = format!("/files/download/{}", vase.file);
    let tries = (0..12).map(|_| {
        let (shopper, path) = (shopper.clone(), path.clone());
        tokio::spawn(async move { shopper.get(&path).await.status })
    });
    let mut given = 0;
    for answer in tries.collect::<Vec<_>>() {
        let status = answer.await.unwrap();
        assert!(status.is_success() || status.is_client_error(), "{status}");
        given += usize::from(status.is_success());
    }
    assert_eq!(given, 5);

    let stranger = shop.shopper().await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_refresh_goes_on_and_a_replay_ends_the_session() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let refresh = async |token: &str| shop.api.post("/auth/refresh").json(json!({"refreshToken": token})).send().await;
    let first = refresh(&shopper.refresh_token).await;
    let second = first.data(StatusCode::OK)["refreshToken"].as_str().unwrap().to_owned();
    let third = refresh(&second).await.data(StatusCode::OK)["refreshToken"].as_str().unwrap().to_owned();
    assert_eq!(refresh(&shopper.refresh_token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&third).await.status, StatusCode::UNAUTHORIZED, "the family must be gone");
    assert_eq!(shopper.get("/auth/me").await.status, StatusCode::UNAUTHORIZED);

    let body = json!({"email": shopper.email, "password": PASSWORD});
    let again = shop.api.post("/auth/login").json(body).send().await;
    again.data(StatusCode::OK);
}
