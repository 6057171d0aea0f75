//! Purchases through VNPay, Stripe and transfers on the deployed stack, from the provider's set-up to the money given back.

use std::time::Duration;

use axum::http::StatusCode;
use domain::money::{Currency, Money};
use domain::pricing::ShippingSettings;
use harness::entrusted::Entrusted;
use harness::network::Travel;
use harness::shop::{Offer, Shop, Shopper, eventually, id};
use harness::{stripe, vnpay};
use serde_json::{Value, json};

/// A checkout of two pieces on its way.
struct Purchase {
    shop: Shop,
    entrusted: Entrusted,
    shopper: Shopper,
    offer: Offer,
    group: String,
    payment: Value,
}

impl Purchase {
    async fn begin(provider: &str, currency: Currency) -> Self {
        let shop = Shop::open_with(|tenant| {
            tenant.settings.currency = currency;
            tenant.settings.shipping = ShippingSettings::flat(Money::new(9_900, currency));
        })
        .await;
        let entrusted = shop.entrust().await;
        let (offer, shopper) = (shop.offer("Vase", 5).await, shop.shopper().await);
        shopper.add_to_cart(&offer, 2).await.data(StatusCode::OK);
        let placed = shopper.check_out(&shopper.address().await, "only").await;
        let group = id(placed.data(StatusCode::CREATED));
        let body = json!({"orderGroupId": group, "provider": provider});
        let opened = shopper.post_once("/payments/initiate", "pay", body).await;
        let payment = opened.data(StatusCode::CREATED).clone();
        Self { shop, entrusted, shopper, offer, group, payment }
    }

    fn text(&self, name: &str) -> &str {
        self.payment[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.payment))
    }

    async fn is_paid(&self) {
        assert_eq!(self.shopper.status(&self.group).await, "PAID");
        let mails = self.shop.await_mails(&self.shopper.email, 2).await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.contains("nvoice")).count(), 1, "{mails:?}");
        let download = self.shopper.get(&format!("/files/download/{}", self.offer.file)).await;
        download.data(StatusCode::OK);
    }

    /// Asks for everything back, and returns the id of the order.
    async fn ask_back(&self) -> String {
        let order = id(&self.shopper.get("/orders").await.data(StatusCode::OK)[0]);
        let (path, body) = (self.refunds(), json!({"orderId": order, "reason": "broken", "restock": true}));
        self.entrusted.owner.post_once(&path, "back", body).await.data(StatusCode::CREATED);
        order
    }

    fn refunds(&self) -> String {
        format!("/admin/payments/{}/refunds", self.text("paymentId"))
    }

    /// Waits until the refund has a status. The janitor comes by once a minute.
    async fn refund_becomes(&self, status: &str) {
        eventually(&format!("the refund is {status}"), async || {
            let refunds = self.entrusted.owner.get(&self.refunds()).await;
            (refunds.data(StatusCode::OK)[0]["status"] == status).then_some(())
        })
        .await;
    }

    async fn is_given_back(&self, order: &str) {
        let shown = self.shopper.get(&format!("/orders/{order}")).await;
        assert_eq!(shown.data(StatusCode::OK)["status"], "REFUNDED");
        let payment = self.shopper.get(&format!("/payments/{}", self.text("paymentId"))).await;
        assert_eq!(payment.data(StatusCode::OK)["status"], "REFUNDED");
        let download = self.shopper.get(&format!("/files/download/{}", self.offer.file)).await;
        assert!(download.status.is_client_error(), "{}", download.text());
        let product = self.shop.api.get(&format!("/products/{}", self.offer.product)).send().await;
        assert_eq!(product.data(StatusCode::OK)["id"], self.offer.product.as_str());
    }
}

#[tokio::test]
async fn a_purchase_through_vnpay_is_paid_on_its_page_and_given_back() {
    let purchase = Purchase::begin("vnpay", Currency::Vnd).await;
    let url = purchase.text("redirectUrl");
    let page = reqwest::get(url).await.unwrap();
    assert!(page.url().path().ends_with("/vpcpay.html"), "{}", page.url());
    let query = url.split_once('?').unwrap().1;
    let reference = query.split('&').find_map(|pair| pair.strip_prefix("vnp_TxnRef=")).unwrap();

    // What the gateway hands on is what was sent: reflections, duplicates and disguises are told apart behind it.
    let ipn = format!("/webhooks/vnpay/{}/ipn", purchase.shop.tenant.id());
    let answer = async |query: &str| {
        let answer = purchase.shop.api.get(&format!("{ipn}?{query}")).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.body["RspCode"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer(query).await, "99");
    for more in ["vnp_ResponseCode=00", "vnp_Amount=1", "vnp%5FResponseCode=00"] {
        assert_eq!(answer(&format!("{query}&{more}")).await, "97", "{more}");
    }
    assert_eq!(purchase.shopper.status(&purchase.group).await, "PAYMENT_PENDING");

    let vnpay = &purchase.entrusted.vnpay;
    let cancelled = vnpay::Decide { outcome: vnpay::Outcome::Cancelled, travel: Travel::default() };
    let cancelled = vnpay.decide(reference, &cancelled).await.unwrap();
    assert_eq!(cancelled.delivered[0].rsp_code.as_deref(), Some("00"));
    assert_eq!(purchase.shopper.status(&purchase.group).await, "PAYMENT_FAILED");
    let wrong = [("vnp_Amount".to_owned(), json!("100"))].into();
    let wrong = vnpay::Decide { travel: Travel { alter: wrong, ..Travel::kept_back() }, ..vnpay::Decide::default() };
    let paid = vnpay.decide(reference, &wrong).await.unwrap();
    assert_eq!(answer(&paid.delivered[0].query).await, "04");
    assert_eq!(purchase.shopper.status(&purchase.group).await, "PAYMENT_FAILED");
    let travel = Travel { times: 5, shuffle: true, parallel: true, ..Travel::default() };
    let told = vnpay.deliver(reference, &travel).await.unwrap();
    assert!(told.iter().all(|ipn| matches!(ipn.rsp_code.as_deref(), Some("00" | "02"))), "{told:?}");

    let back = paid.return_url.split_once('?').unwrap().1;
    let shown = purchase.shop.api.get(&format!("/payments/vnpay/return?{back}")).send().await;
    let shown = shown.data(StatusCode::OK);
    assert_eq!((&shown["result"], &shown["confirmed"]), (&json!("SUCCEEDED"), &json!(true)));
    purchase.is_paid().await;

    let order = purchase.ask_back().await;
    purchase.refund_becomes("SUCCEEDED").await;
    purchase.is_given_back(&order).await;
    purchase.shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_purchase_through_stripe_is_paid_and_given_back_when_stripe_says_so() {
    let purchase = Purchase::begin("stripe", Currency::Usd).await;
    let (intent, _) = purchase.text("clientSecret").split_once("_secret_").unwrap();
    let stripe = &purchase.entrusted.stripe;
    let declined = stripe::Decide { outcome: stripe::Outcome::Decline, travel: Travel::default() };
    let declined = stripe.decide(intent, &declined).await.unwrap();
    assert_eq!(declined.delivered[0].status, Some(200));
    assert_eq!(purchase.shopper.status(&purchase.group).await, "PAYMENT_FAILED");
    let travel = Travel { times: 5, shuffle: true, parallel: true, ..Travel::default() };
    let paid = stripe::Decide { outcome: stripe::Outcome::Succeed, travel: travel.clone() };
    let paid = stripe.decide(intent, &paid).await.unwrap();
    assert!(paid.delivered.iter().any(|event| event.status == Some(200)), "{paid:?}");
    // A machine that is too busy may answer 503 to some: Stripe sends those again.
    eventually("the checkout is paid", async || {
        stripe.deliver(intent, &Travel::default()).await.unwrap();
        (purchase.shopper.status(&purchase.group).await == "PAID").then_some(())
    })
    .await;
    purchase.is_paid().await;

    let order = purchase.ask_back().await;
    purchase.refund_becomes("PROCESSING").await;
    let told = stripe.settle_refunds(intent, "succeeded", &Travel::default()).await.unwrap();
    assert_eq!((told.len(), told[0].status), (1, Some(200)));
    purchase.refund_becomes("SUCCEEDED").await;
    purchase.is_given_back(&order).await;
    purchase.shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_transfer_that_goes_back_waits_for_whoever_sends_it() {
    let purchase = Purchase::begin("manual", Currency::Inr).await;
    let (owner, payment) = (&purchase.entrusted.owner, purchase.text("paymentId"));
    let amount = purchase.shopper.get(&format!("/payments/{payment}")).await.data(StatusCode::OK)["amount"].clone();
    let received = json!({"amount": amount, "reference": "UTR-1"});
    owner.post_once(&format!("/admin/payments/{payment}/mark-paid"), "paid", received).await.data(StatusCode::OK);
    purchase.is_paid().await;

    let order = purchase.ask_back().await;
    purchase.refund_becomes("PROCESSING").await;
    let waiting = owner.get("/admin/refunds").await;
    let refund = &waiting.data(StatusCode::OK)[0];
    assert_eq!((&refund["paymentId"], &refund["amount"]), (&json!(payment), &amount));
    let sent = json!({"outcome": "SUCCEEDED", "reference": "UTR-2"});
    let path = format!("{}/{}/settle", purchase.refunds(), id(refund));
    owner.post_once(&path, "sent", sent).await.data(StatusCode::OK);
    purchase.refund_becomes("SUCCEEDED").await;
    purchase.is_given_back(&order).await;
    eventually("nothing is left to send", async || {
        owner.get("/admin/refunds").await.data(StatusCode::OK).as_array().unwrap().is_empty().then_some(())
    })
    .await;
    purchase.shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn nobody_can_pay_at_stripe_for_a_checkout_that_was_called_off() {
    let purchase = Purchase::begin("stripe", Currency::Usd).await;
    let (intent, _) = purchase.text("clientSecret").split_once("_secret_").unwrap();
    let order = id(&purchase.shopper.get("/orders").await.data(StatusCode::OK)[0]);
    purchase.shopper.post_once(&format!("/orders/{order}/cancel"), "off", json!({})).await.data(StatusCode::OK);
    let path = format!("/payments/{}", purchase.text("paymentId"));
    // The janitor comes by once a minute.
    let mut status = json!(null);
    for _ in 0..140 {
        status = purchase.shopper.get(&path).await.data(StatusCode::OK)["status"].clone();
        if status == "FAILED" {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(status, "FAILED");
    let late = stripe::Decide { outcome: stripe::Outcome::Succeed, travel: Travel::default() };
    assert!(purchase.entrusted.stripe.decide(intent, &late).await.is_err(), "its intent is cancelled");
    let told = purchase.entrusted.stripe.deliver(intent, &Travel::default()).await.unwrap();
    assert_eq!((told[0].kind.as_str(), told[0].status), ("payment_intent.canceled", Some(200)));
    assert_eq!(purchase.shopper.status(&purchase.group).await, "CANCELLED");
}

#[tokio::test]
async fn what_a_bank_contests_is_shown_and_not_given_back_before_it_has_decided() {
    let purchase = Purchase::begin("stripe", Currency::Usd).await;
    let (intent, _) = purchase.text("clientSecret").split_once("_secret_").unwrap();
    let (owner, stripe) = (&purchase.entrusted.owner, &purchase.entrusted.stripe);
    let paid = stripe::Decide { outcome: stripe::Outcome::Succeed, travel: Travel::default() };
    stripe.decide(intent, &paid).await.unwrap();
    eventually("the checkout is paid", async || {
        (purchase.shopper.status(&purchase.group).await == "PAID").then_some(())
    })
    .await;
    let told = stripe.contest(intent, "needs_response", &Travel::default()).await.unwrap();
    assert!(told.iter().all(|event| event.status == Some(200)), "{told:?}");
    let open = eventually("the dispute is listed", async || {
        let list = owner.get("/admin/disputes?open=true").await;
        list.data(StatusCode::OK).get(0).cloned()
    })
    .await;
    assert_eq!(open["paymentId"], purchase.payment["paymentId"]);
    assert_eq!(
        (&open["disputes"][0]["status"], &open["disputes"][0]["reason"]),
        (&json!("OPEN"), &json!("fraudulent"))
    );
    let order = id(&purchase.shopper.get("/orders").await.data(StatusCode::OK)[0]);
    let body = json!({"orderId": order, "reason": "broken"});
    let refused = owner.post_once(&purchase.refunds(), "too-soon", body).await;
    refused.refused(StatusCode::CONFLICT, "PAYMENT_DISPUTED");
    let off = purchase.shopper.post_once(&format!("/orders/{order}/cancel"), "off", json!({})).await;
    off.refused(StatusCode::CONFLICT, "PAYMENT_DISPUTED");

    let told = stripe.contest(intent, "won", &Travel::default()).await.unwrap();
    assert!(told.iter().all(|event| event.status == Some(200)), "{told:?}");
    purchase.ask_back().await;
    let shown = owner.get(&format!("/admin/payments/{}/disputes", purchase.text("paymentId"))).await;
    assert_eq!(shown.data(StatusCode::OK)["open"], false);
}
