//! What calling an order off does, from the stock to the money, and who may do it when.

use domain::access::Role;
use domain::carrier::{Carrier, CarrierProfile, Service};
use domain::catalog::StockPolicy;
use domain::coupon::{Discount, Terms};
use domain::file::Allowance;
use domain::id::{OrderId, PaymentId, SellerId};
use domain::money::{Currency, Money};
use domain::payment::{PaymentStatus, Signal};
use domain::pricing::ShippingSettings;
use domain::refund::{Portion, RefundLine, RefundStatus};
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::holds::Expiry;
use store::refunds::{RefundOutcome, RefundRequest};
use store::settlements::Settled;
use store::shipments::ShipmentRequest;

use super::coupon::{coupon, terms, used};
use super::money::futures_of;
use crate::test_support::{Buyer, Offer, Shop};

const CAPTURED: Settled = Settled::Applied(PaymentStatus::Captured);

fn order_of(group: &Value, place: usize) -> String {
    group["orderIds"][place].as_str().unwrap().to_owned()
}

impl Shop {
    async fn cancel(&self, by: &Member, order: &str, key: &str) -> TestAnswer {
        let request = self.client.post(&format!("/orders/{order}/cancel")).bearer(&by.token);
        request.header("idempotency-key", key).json(json!({"reason": "CHANGED_MIND"})).send().await
    }

    async fn order(&self, by: &Buyer, order: &str) -> Value {
        by.get(&format!("/orders/{order}")).await.data(StatusCode::OK).clone()
    }

    /// Opens a payment for a checkout and books that it came.
    async fn pay(&self, buyer: &Buyer, group: &Value, number: usize) -> Value {
        let payment = buyer.initiate(group, &format!("p{number}")).await;
        let (event, charge) = (format!("evt_{number}"), format!("pay_{number}"));
        assert_eq!(self.tell(&payment, Signal::Captured, &event, &charge).await, CAPTURED);
        payment
    }

    /// Books that the provider gave back whatever it was asked for, and returns the sum.
    async fn give_back(&self, payment: &Value) -> i64 {
        let (store, scope) = (self.tenant.stack.store(), self.tenant.scope());
        let payment: PaymentId = serde_json::from_value(payment["paymentId"].clone()).unwrap();
        for refund in store.refunds_of(scope, payment).await.unwrap() {
            let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
            store.settle_refund(&self.provider(), &refund, &outcome).await.unwrap();
        }
        let refunds = store.refunds_of(scope, payment).await.unwrap();
        assert!(refunds.iter().all(|refund| refund.status == RefundStatus::Succeeded));
        refunds.iter().map(|refund| refund.amount.amount).sum()
    }

    async fn seller(&self) -> (Member, SellerId) {
        let member = self.tenant.member(&[Role::Seller]).await;
        let seller = member.user.seller.unwrap();
        (member, seller)
    }

    async fn parcel(&self) -> ShipmentRequest {
        let operation = self.tenant.operation();
        let rates = ShippingSettings::flat(Money::new(100, Currency::Inr));
        let profile = CarrierProfile {
            name: "Blue Crane".parse().unwrap(),
            email: None,
            phone: None,
            services: vec![Service { code: "EXPRESS".parse().unwrap(), name: "Express".parse().unwrap(), rates }],
            tracking_url: "https://track.crane.example/?awb={trackingNumber}".parse().unwrap(),
            active: true,
        };
        let (created_at, updated_at) = (operation.now, operation.now);
        let carrier = Carrier { id: operation.id(), profile, created_at, updated_at, version: 1 };
        self.tenant.stack.store().create_carrier(&operation, &carrier).await.unwrap();
        let tracking_number = operation.id::<OrderId>().to_string().replace('_', "").to_uppercase().parse().unwrap();
        ShipmentRequest { carrier: carrier.id, service: "EXPRESS".parse().unwrap(), tracking_number, lines: None }
    }
}

#[tokio::test]
async fn an_unpaid_checkout_is_called_off_whole_with_stock_and_coupon_and_late_money_goes_back() {
    let shop = Shop::open().await;
    let (buyer, first, second) = (shop.buyer().await, shop.offer(5).await, shop.offer(5).await);
    let ten = coupon(&shop, "TEN", terms(Discount::Percent { basis_points: 1_000, cap: None })).await;
    buyer.add(&first, 2).await.data(StatusCode::OK);
    buyer.post("/cart/coupon", None, json!({"coupon": "TEN"})).await.data(StatusCode::OK);
    let group = buyer.buy(&second, 1).await;
    let payment = buyer.initiate(&group, "p").await;
    assert_eq!((shop.stock(&first).await, shop.stock(&second).await, used(&shop, &ten).await), (3, 4, 1));

    let answer = shop.cancel(&buyer.member, &order_of(&group, 1), "k").await;
    let done = answer.data(StatusCode::OK);
    assert_eq!(
        (&done["orderIds"], &done["status"], done.get("refund")),
        (&group["orderIds"], &json!("CANCELLED"), None)
    );
    assert!(answer.body["message"].as_str().unwrap().contains("whole checkout"));
    assert_eq!((shop.stock(&first).await, shop.stock(&second).await, used(&shop, &ten).await), (5, 5, 0));
    // The same key tells of it again, another key is too late, for either order.
    let again = shop.cancel(&buyer.member, &order_of(&group, 1), "k").await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &answer.body));
    for place in [0, 1] {
        let late = shop.cancel(&buyer.member, &order_of(&group, place), &format!("k{place}")).await;
        late.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
        let order = shop.order(&buyer, &order_of(&group, place)).await;
        let last = order["timeline"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["status"], &last["by"], &last["reason"]),
            (&json!("CANCELLED"), &json!("BUYER"), &json!("not wanted any more"))
        );
    }
    assert_eq!(shop.expire(&group).await, Expiry::NotDue);
    assert_eq!((shop.events("OrdersCancelled").await, shop.events("OrderGroupExpired").await), (1, 0));
    // The payment was open at the provider, and is paid all the same.
    assert_eq!(shop.tell(&payment, Signal::Captured, "evt", "pay").await, Settled::NeedsRefund);
    assert_eq!(shop.give_back(&payment).await, payment["amount"].as_i64().unwrap());
    let group = buyer.group(&group).await;
    assert_eq!((&group["status"], &group["hold"]), (&json!("CANCELLED"), &json!("RELEASED")));
    assert_eq!((shop.stock(&first).await, used(&shop, &ten).await), (5, 0));
}

#[tokio::test]
async fn twenty_cancellations_at_once_are_one() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let unpaid = buyer.buy(&offer, 2).await;
    let paid = buyer.buy(&offer, 1).await;
    let payment = shop.pay(&buyer, &paid, 1).await;
    for (group, events) in [(&unpaid, 1), (&paid, 2)] {
        let order = order_of(group, 0);
        let answers = futures_of(20, async |n| shop.cancel(&buyer.member, &order, &format!("{order}{n}")).await).await;
        let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(done, 1);
        for late in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            late.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
        }
        assert_eq!(shop.events("OrdersCancelled").await, events);
    }
    assert_eq!(shop.give_back(&payment).await, payment["amount"].as_i64().unwrap());
    assert_eq!((shop.stock(&offer).await, shop.events("RefundRequested").await), (5, 1));
}

#[tokio::test]
async fn a_paid_order_goes_back_alone_and_the_coupon_with_the_last_of_its_checkout() {
    let shop = Shop::open().await;
    let (buyer, first, second) = (shop.buyer().await, shop.offer(5).await, shop.offer(5).await);
    let ten = coupon(&shop, "TEN", terms(Discount::Percent { basis_points: 1_000, cap: None })).await;
    buyer.add(&first, 2).await.data(StatusCode::OK);
    buyer.post("/cart/coupon", None, json!({"coupon": "TEN"})).await.data(StatusCode::OK);
    let group = buyer.buy(&second, 1).await;
    let payment = shop.pay(&buyer, &group, 1).await;
    let (store, id) = (shop.tenant.stack.store(), group["id"].as_str().unwrap());
    let coupon_back = async || store.give_coupon_back(&shop.provider(), id.parse().unwrap()).await.unwrap();

    let orders = [order_of(&group, 0), order_of(&group, 1)];
    let totals = [shop.order(&buyer, &orders[0]).await, shop.order(&buyer, &orders[1]).await]
        .map(|order| order["totals"]["total"].clone());
    let answer = shop.cancel(&buyer.member, &orders[0], "a").await;
    let done = answer.data(StatusCode::OK);
    assert_eq!((&done["orderIds"], &done["refund"]["amount"]), (&json!([orders[0]]), &totals[0]));
    assert_eq!(shop.order(&buyer, &orders[1]).await["status"], "PAID");
    assert_eq!(shop.stock(&first).await, 3, "pieces go back with the money");
    assert!(!coupon_back().await);
    assert_eq!(shop.give_back(&payment).await, totals[0]["amount"].as_i64().unwrap());
    assert_eq!((shop.stock(&first).await, shop.stock(&second).await), (5, 4));
    let order = shop.order(&buyer, &orders[0]).await;
    assert_eq!(order["status"], "CANCELLED", "what was called off stays so");
    let steps = order["timeline"].as_array().unwrap();
    let last: Vec<_> = steps.iter().rev().take(2).map(|step| step["by"].as_str().unwrap()).collect();
    assert_eq!(last, ["PROVIDER", "BUYER"]);
    assert!(steps.iter().all(|step| step.get("actor").is_none() && !step.to_string().contains("usr_")));

    shop.cancel(&buyer.member, &orders[1], "b").await.data(StatusCode::OK);
    assert_eq!(shop.give_back(&payment).await, payment["amount"].as_i64().unwrap());
    let given = futures_of(6, async |_| coupon_back().await).await;
    assert_eq!((given.iter().filter(|given| **given).count(), used(&shop, &ten).await), (1, 0));
    assert_eq!(buyer.group(&group).await["payments"][0]["status"], "REFUNDED");
    // All of it is gone, so nothing more can be asked for.
    shop.cancel(&buyer.member, &orders[1], "c").await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
}

#[tokio::test]
async fn of_a_cancellation_a_capture_and_an_expiry_at_once_pieces_and_money_are_counted_right() {
    let shop = Shop::open().await;
    let offer = shop.offer(40).await;
    let mut sold = 0;
    for n in 0..12 {
        let buyer = shop.buyer().await;
        let group = buyer.buy(&offer, 1).await;
        let payment = buyer.initiate(&group, "p").await;
        let (event, charge, order) = (format!("evt_{n}"), format!("pay_{n}"), order_of(&group, 0));
        let capture = shop.tell(&payment, Signal::Captured, &event, &charge);
        // Some rounds without the expiry, so that each of the others wins now and then.
        let expire = async {
            if n % 2 == 0 {
                shop.expire(&group).await;
            }
        };
        let (told, cancelled, ()) = tokio::join!(capture, shop.cancel(&buyer.member, &order, "c"), expire);
        assert!(matches!(told, Settled::NeedsRefund | CAPTURED), "{told:?}");
        let back = shop.give_back(&payment).await;
        let (order, group) = (shop.order(&buyer, &order).await, buyer.group(&group).await);
        let is_sold = order["status"] == "PAID";
        sold += u32::from(is_sold);
        assert_eq!(cancelled.status == StatusCode::OK, order["status"] == "CANCELLED", "{order}");
        assert_eq!(back, if is_sold { 0 } else { payment["amount"].as_i64().unwrap() }, "{order}");
        // Money that came before the cancellation had paid.
        assert_eq!(group["status"] == "PAID", told == CAPTURED, "{group}");
        assert_eq!(shop.stock(&offer).await, 40 - sold, "round {n}: {order}");
        assert_eq!(shop.expire(&group).await, Expiry::NotDue);
    }
}

#[tokio::test]
async fn of_a_cancellation_and_a_parcel_at_once_one_happens() {
    let shop = Shop::open().await;
    let offer = shop.offer(40).await;
    let store = shop.tenant.stack.store();
    for n in 0..8 {
        let buyer = shop.buyer().await;
        let group = buyer.buy(&offer, 1).await;
        let payment = shop.pay(&buyer, &group, n).await;
        let (order, parcel) = (order_of(&group, 0), shop.parcel().await);
        let found = store.order(shop.tenant.scope(), order.parse().unwrap()).await.unwrap().unwrap();
        let operation = shop.tenant.operation();
        let send = store.create_shipment(&operation, &found, &parcel);
        let (sent, cancelled) = tokio::join!(send, shop.cancel(&buyer.member, &order, "c"));
        let is_sent = sent.unwrap().is_ok();
        assert_eq!(is_sent, cancelled.status != StatusCode::OK, "{}", cancelled.text());
        let status = shop.order(&buyer, &order).await["status"].clone();
        assert_eq!(status == "CANCELLED", !is_sent);
        assert_eq!(shop.give_back(&payment).await > 0, !is_sent);
        if is_sent {
            cancelled.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
        }
    }
}

#[tokio::test]
async fn who_may_not_call_an_order_off_is_refused() {
    let shop = Shop::open().await;
    let (buyer, stranger) = (shop.buyer().await, shop.buyer().await);
    let (seller, own) = shop.seller().await;
    let (rival, other) = shop.seller().await;
    let staff = shop.tenant.member(&[Role::Staff]).await;
    let (offer, foreign) = (shop.offer_by(own, 9, |_| ()).await, shop.offer_by(other, 9, |_| ()).await);
    buyer.add(&foreign, 1).await.data(StatusCode::OK);
    let shared = buyer.buy(&offer, 1).await;
    let mine = (0..2).map(|place| order_of(&shared, place));
    let mut mine: Vec<String> = mine.collect();
    if shop.order(&buyer, &mine[0]).await["sellerId"] != json!(own) {
        mine.reverse();
    }
    let [mine, theirs] = <[String; 2]>::try_from(mine).unwrap();
    // Nobody changes what a buyer has to pay for things of somebody else.
    shop.cancel(&seller, &mine, "k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    for nobody in [&rival, &stranger.member] {
        shop.cancel(nobody, &mine, "k").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let bare = shop.client.post(&format!("/orders/{mine}/cancel")).bearer(&buyer.member.token).json(json!({}));
    bare.send().await.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    let talk = json!({"reason": "because the neighbour said so"});
    buyer
        .post(&format!("/orders/{mine}/cancel"), Some("k"), talk)
        .await
        .refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!((shop.stock(&offer).await, shop.events("OrdersCancelled").await), (8, 0));

    // Once it is paid, each seller answers for their own.
    shop.pay(&buyer, &shared, 1).await;
    let done = shop.cancel(&seller, &mine, "k2").await;
    assert_eq!(done.data(StatusCode::OK)["orderIds"], json!([mine]));
    shop.cancel(&seller, &theirs, "k3").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    shop.cancel(&staff, &theirs, "k").await.data(StatusCode::OK);
    let order = shop.order(&buyer, &mine).await;
    assert_eq!(order["timeline"][3]["by"], "SELLER");
    let order = shop.order(&buyer, &theirs).await;
    assert_eq!((&order["timeline"][2]["by"], &order["timeline"][3]["by"]), (&json!("PROVIDER"), &json!("STAFF")));
    // Alone in a checkout, a seller may do so before it is paid too.
    let alone = buyer.buy(&offer, 1).await;
    shop.cancel(&seller, &order_of(&alone, 0), "k4").await.data(StatusCode::OK);
}

#[tokio::test]
async fn where_all_money_is_on_its_way_already_the_pieces_alone_go_back_once() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 3).await;
    let opened = shop.pay(&buyer, &group, 1).await;
    let (store, scope, operation) = (shop.tenant.stack.store(), shop.tenant.scope(), shop.tenant.operation());
    let payment: PaymentId = serde_json::from_value(opened["paymentId"].clone()).unwrap();
    let payment = store.payment(scope, payment).await.unwrap().unwrap();
    let order: OrderId = order_of(&group, 0).parse().unwrap();
    let refund =
        |portion, restock| RefundRequest { payment: payment.id, order, portion, restock, reason: "broken".to_owned() };
    // One piece goes back, then all other money without pieces.
    let piece = refund(Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]), true);
    let piece = store.request_refund(&operation, &payment, &piece).await.unwrap().unwrap();
    let left = payment.amount.minus(piece.amount).unwrap();
    store.request_refund(&operation, &payment, &refund(Portion::Amount(left), false)).await.unwrap().unwrap();
    let done = shop.cancel(&buyer.member, &order.to_string(), "k").await;
    assert_eq!(done.data(StatusCode::OK).get("refund"), None);
    assert_eq!(shop.stock(&offer).await, 4, "two of three are back, the third comes with its money");
    assert_eq!(shop.give_back(&opened).await, payment.amount.amount);
    assert_eq!(shop.stock(&offer).await, 5);
    let order = shop.order(&buyer, &order.to_string()).await;
    assert_eq!(order["status"], "CANCELLED");
}

async fn download(shop: &Shop, buyer: &Buyer, offer: &Offer) {
    let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
    let file = offer.product.model_files[0];
    let (_, right) = store.file_and_entitlement(scope, file, buyer.member.user.id).await.unwrap();
    store.count_download(&shop.tenant.operation(), right.unwrap(), Allowance::days(5, 7)).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_was_downloaded_is_given_back_by_the_seller_alone_and_the_right_ends_at_once() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    let (seller, own) = shop.seller().await;
    let offer = shop.offer_by(own, 9, |_| ()).await;
    let file = offer.product.model_files[0];
    let right = async || {
        let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
        store.file_and_entitlement(scope, file, buyer.member.user.id).await.unwrap().1
    };
    let (used, unused) = (buyer.buy(&offer, 1).await, buyer.buy(&offer, 1).await);
    shop.pay(&buyer, &used, 1).await;
    download(&shop, &buyer, &offer).await;
    let refused = shop.cancel(&buyer.member, &order_of(&used, 0), "a").await;
    refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    // A second order of the same file gives the right again; it can go back, the right stays with the first.
    shop.pay(&buyer, &unused, 2).await;
    shop.cancel(&buyer.member, &order_of(&unused, 0), "b").await.data(StatusCode::OK);
    assert_eq!(right().await.unwrap().orders.len(), 1);
    shop.cancel(&seller, &order_of(&used, 0), "c").await.data(StatusCode::OK);
    assert_eq!(right().await, None);
}

#[tokio::test]
async fn of_a_download_and_a_cancellation_at_once_one_happens() {
    let shop = Shop::open().await;
    let offer = shop.offer(40).await;
    let (store, scope, file) = (shop.tenant.stack.store(), shop.tenant.scope(), offer.product.model_files[0]);
    for n in 0..6 {
        let buyer = shop.buyer().await;
        let group = buyer.buy(&offer, 1).await;
        shop.pay(&buyer, &group, n).await;
        let right = store.file_and_entitlement(scope, file, buyer.member.user.id).await.unwrap().1.unwrap();
        let operation = shop.tenant.operation();
        let load = store.count_download(&operation, right, Allowance::days(5, 7));
        let order = order_of(&group, 0);
        let (loaded, cancelled) = tokio::join!(load, shop.cancel(&buyer.member, &order, "c"));
        assert_eq!(loaded.is_ok(), cancelled.status != StatusCode::OK, "{loaded:?} {}", cancelled.text());
    }
}

#[tokio::test]
async fn what_cost_nothing_is_called_off_without_a_refund_and_its_pieces_are_back_at_once() {
    let shop = Shop::open_with(|tenant| {
        tenant.settings.shipping = ShippingSettings::flat(Money::zero(Currency::Inr));
    })
    .await;
    let everything = terms(Discount::Percent { basis_points: 10_000, cap: None });
    let gift = coupon(&shop, "GIFT", Terms { max_uses_per_user: Some(1), ..everything }).await;
    let (buyer, piece) = (shop.buyer().await, shop.offer(5).await);
    let file =
        shop.offer_by(shop.tenant.stack.ambient().id(), 0, |product| product.stock_policy = StockPolicy::Digital).await;
    buyer.add(&piece, 2).await.data(StatusCode::OK);
    buyer.add(&file, 1).await.data(StatusCode::OK);
    let body = json!({"addressId": buyer.address, "shippingMethod": "STANDARD", "coupon": "GIFT"});
    let group = buyer.post("/orders/checkout", Some("k"), body).await.data(StatusCode::CREATED).clone();
    assert_eq!((&group["status"], shop.stock(&piece).await), (&json!("PAID"), 3));
    let id = group["id"].as_str().unwrap().parse().unwrap();
    let (store, operation) = (shop.tenant.stack.store(), shop.tenant.operation());
    for place in 0..2 {
        assert!(!store.give_coupon_back(&operation, id).await.unwrap());
        let order = order_of(&group, place);
        let answers = futures_of(5, async |n| shop.cancel(&buyer.member, &order, &format!("{place}{n}")).await).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!((done.len(), done[0].data(StatusCode::OK).get("refund")), (1, None));
    }
    assert_eq!((shop.stock(&piece).await, used(&shop, &gift).await), (5, 1));
    assert!(store.give_coupon_back(&operation, id).await.unwrap());
    assert_eq!((used(&shop, &gift).await, shop.events("RefundRequested").await), (0, 0));
}
