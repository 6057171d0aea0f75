use std::time::Duration;

use domain::catalog::{SharedMaterial, StockPolicy};
use domain::id::MaterialId;
use domain::money::{Currency, Money};
use http::StatusCode;
use serde_json::{Value, json};
use store::holds::Expiry;
use store::table::Consistency;

use crate::test_support::{Buyer, Offer, Shop};

/// A material of the tenant, with two products that come in it.
struct Library {
    shop: Shop,
    material: MaterialId,
    vase: Offer,
    bowl: Offer,
}

impl Library {
    async fn open(stock: Option<u32>) -> Self {
        let shop = Shop::open().await;
        let operation = shop.tenant.operation();
        let material = SharedMaterial {
            id: operation.id(),
            name: "PETG, black".to_owned(),
            surcharge: Money::new(40, Currency::Inr),
            stock,
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: operation.now,
        };
        shop.tenant.stack.store().create_shared_material(&operation, &material).await.unwrap();
        let seller = operation.id();
        let share = |policy| {
            move |product: &mut domain::catalog::Product| {
                (product.stock_policy, product.shared_materials) = (policy, vec![material.id]);
            }
        };
        let vase = shop.offer_by(seller, 5, share(StockPolicy::Finite)).await;
        let bowl = shop.offer_by(seller, 5, share(StockPolicy::MadeToOrder)).await;
        Self { shop, material: material.id, vase, bowl }
    }

    async fn stock(&self) -> Option<u32> {
        let store = self.shop.tenant.stack.store();
        let found = store.shared_material(self.shop.tenant.scope(), self.material, Consistency::Strong).await;
        found.unwrap().unwrap().stock
    }

    /// Puts pieces into somebody's cart, and tells how many trips that took.
    async fn put(&self, buyer: &Buyer, offer: &Offer, quantity: u32) -> u32 {
        let body = json!({"productId": offer.product.id, "materialId": self.material, "quantity": quantity});
        let answer = buyer.post("/cart/items", None, body).await;
        answer.data(StatusCode::OK);
        answer.round_trips()
    }
}

#[tokio::test]
async fn lines_of_one_cart_that_share_a_material_take_its_stock_together() {
    let library = Library::open(Some(5)).await;
    let buyer = library.shop.buyer().await;
    library.put(&buyer, &library.vase, 2).await;
    assert_eq!(library.put(&buyer, &library.bowl, 4).await, 2, "a warm process");
    let cart = buyer.get("/cart").await;
    let items = &cart.data(StatusCode::OK)["items"];
    // Each fits, both do not: the order's transaction has the last word, and names both.
    assert!(items[0]["problem"].is_null() && items[1]["problem"].is_null());
    assert_eq!(items[0]["itemPrice"], json!({"amount": 140, "currency": "INR"}));
    let refused = buyer.check_out("k1").await;
    refused.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
    assert_eq!(refused.fields().len(), 2);
    assert_eq!(library.stock().await, Some(5));
    let path = format!("/cart/items/{}", items[1]["id"].as_str().unwrap());
    buyer.patch(&path, json!({"quantity": 3})).await.data(StatusCode::OK);
    let placed = buyer.check_out("k2").await;
    let group = placed.data(StatusCode::CREATED).clone();
    assert_eq!((placed.round_trips(), library.stock().await), (3, Some(0)));
    // The products' own stock is untouched.
    assert_eq!(library.shop.stock(&library.vase).await, 5);
    assert_eq!(library.shop.expire(&group).await, Expiry::Expired);
    assert_eq!(library.shop.expire(&group).await, Expiry::NotDue);
    assert_eq!(library.stock().await, Some(5));
}

#[tokio::test]
async fn of_many_who_want_two_products_of_one_stock_as_many_get_some_as_there_is() {
    let library = Library::open(Some(7)).await;
    let mut waiting = Vec::new();
    for number in 0..16 {
        let buyer = library.shop.buyer().await;
        library.put(&buyer, if number % 2 == 0 { &library.vase } else { &library.bowl }, 1).await;
        waiting.push(buyer);
    }
    let tasks: Vec<_> =
        waiting.into_iter().map(|buyer| tokio::spawn(async move { buyer.check_out("k").await })).collect();
    let mut placed = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == StatusCode::CREATED {
            placed += 1;
        } else {
            answer.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
        }
    }
    assert_eq!((placed, library.stock().await), (7, Some(0)));
}

#[tokio::test]
async fn what_is_made_to_order_never_runs_out_and_what_is_retired_is_not_sold() {
    let library = Library::open(None).await;
    let buyer = library.shop.buyer().await;
    library.put(&buyer, &library.vase, 999).await;
    buyer.check_out("k1").await.data(StatusCode::CREATED);
    assert_eq!(library.stock().await, None);
    library.put(&buyer, &library.bowl, 1).await;
    let (store, scope) = (library.shop.tenant.stack.store(), library.shop.tenant.scope());
    let before = store.shared_material(scope, library.material, Consistency::Strong).await.unwrap().unwrap();
    let after = SharedMaterial { active: false, ..before.clone() };
    let operation = library.shop.tenant.operation();
    let none = store::products::StockChange::None;
    store.change_shared_material(&operation, &before, &after, none).await.unwrap().unwrap();
    buyer.check_out("k2").await.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    let other = library.shop.offer(5).await;
    let body = json!({"productId": other.product.id, "materialId": library.material, "quantity": 1});
    let foreign = buyer.post("/cart/items", None, body).await;
    foreign.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    assert_eq!(foreign.fields(), ["materialId"]);
}

#[tokio::test]
async fn a_late_payment_takes_the_shared_stock_again_or_is_given_back() {
    use domain::payment::Signal;
    use store::settlements::Settled;

    let library = Library::open(Some(1)).await;
    let shop = &library.shop;
    let (buyer, rival) = (shop.buyer().await, shop.buyer().await);
    library.put(&buyer, &library.vase, 1).await;
    let group: Value = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
    let payment = buyer.initiate(&group, "p").await;
    shop.tenant.stack.clock.advance(Duration::from_secs(1));
    assert_eq!(shop.expire(&group).await, Expiry::Expired);
    library.put(&rival, &library.bowl, 1).await;
    let other = rival.check_out("k1").await.data(StatusCode::CREATED).clone();
    assert_eq!(shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await, Settled::NeedsRefund);
    assert_eq!(shop.expire(&other).await, Expiry::Expired);
    assert_eq!(library.stock().await, Some(1));
}

#[tokio::test]
async fn what_is_given_back_goes_back_to_the_shared_stock_once() {
    use domain::id::PaymentId;
    use domain::payment::{PaymentStatus, Signal};
    use store::refunds::RefundOutcome;
    use store::settlements::Settled;

    let library = Library::open(Some(5)).await;
    let (shop, buyer) = (&library.shop, library.shop.buyer().await);
    library.put(&buyer, &library.vase, 2).await;
    library.put(&buyer, &library.bowl, 3).await;
    let group = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
    let payment = buyer.initiate(&group, "p").await;
    let told = shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await;
    assert_eq!((told, library.stock().await), (Settled::Applied(PaymentStatus::Captured), Some(0)));
    let order = group["orderIds"][0].as_str().unwrap();
    let cancel = buyer.post(&format!("/orders/{order}/cancel"), Some("c"), json!({"reason": "CHANGED_MIND"})).await;
    cancel.data(StatusCode::OK);
    let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
    let id: PaymentId = serde_json::from_value(payment["paymentId"].clone()).unwrap();
    for _ in 0..2 {
        for refund in store.refunds_of(scope, id).await.unwrap() {
            let outcome = RefundOutcome::Succeeded("rfnd_1".to_owned());
            store.settle_refund(&shop.provider(), &refund, &outcome).await.unwrap();
        }
    }
    // Both lines came from one stock, and both go back by one step.
    assert_eq!(library.stock().await, Some(5));
    assert_eq!((shop.stock(&library.vase).await, shop.stock(&library.bowl).await), (5, 5));
}
