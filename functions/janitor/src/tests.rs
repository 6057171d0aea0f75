use std::collections::BTreeMap;
use std::time::Duration;

use domain::ambient::Ambient;
use domain::cart::{Cart, Quantity};
use domain::catalog::{Product, ProductStatus, StockPolicy, TaxClass};
use domain::clock::Timestamp;
use domain::id::{OrderGroupId, UserId};
use domain::money::{Currency, Money};
use domain::operation::Actor;
use domain::order::{GroupStatus, Placing, ShippingMethod, place};
use domain::pii::Sealed;
use domain::pricing::{Item, Terms, quote};
use harness::stack::{Stack, TestTenant};
use platform::objects::Objects;
use store::idempotency::{Answer, Attempt};
use store::orders::Placement;
use worker::Scheduled;

use crate::State;

mod closing;
mod comparison;
mod erasure;
mod lists;
mod providers;
mod reconciliation;
mod refunds;

/// Something made to order.
fn product(ambient: &Ambient, now: Timestamp) -> Product {
    Product {
        id: ambient.id(),
        seller: ambient.id(),
        name: "Gear".parse().unwrap(),
        slug: "gear".parse().unwrap(),
        sku: "GEAR-1".parse().unwrap(),
        description: String::new(),
        base_price: Money::new(100, Currency::Inr),
        tax_class: TaxClass::Standard,
        weight_grams: 1,
        size: None,
        stock_policy: StockPolicy::MadeToOrder,
        images: Vec::new(),
        categories: Vec::new(),
        attributes: BTreeMap::new(),
        status: ProductStatus::Active,
        material_count: 0,
        shared_materials: Vec::new(),
        model_files: Vec::new(),
        licence_keys: false,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Places a checkout of something made to order, whose hold ends after `hold` from a day ago.
async fn checkout(tenant: &TestTenant, hold: Duration) -> OrderGroupId {
    let ambient = tenant.stack.ambient();
    let user: UserId = ambient.id();
    let operation = tenant.operation_by(Actor::User { id: user, roles: Vec::new() });
    let now = operation.now.minus(Duration::from_secs(24 * 60 * 60));
    let product = product(ambient, now);
    let items = vec![Item { product, material: None, quantity: Quantity::try_from(1).unwrap() }];
    let quote = quote(&items, &Terms::of(&tenant.tenant.settings)).unwrap();
    let sealed = || Sealed::from_text("sealed".to_owned());
    let placed = place(Placing {
        group: ambient.id(),
        user,
        actor: operation.actor.clone(),
        items,
        quote,
        orders: vec![(ambient.id(), sealed())],
        shipping_method: ShippingMethod::Standard,
        hold,
        now,
    })
    .unwrap();
    let attempt = Attempt { slot: user.to_string(), request: "request".to_owned() };
    let answer = Answer { status: 201, body: sealed() };
    let store = tenant.stack.store();
    let placement = store.place_orders(&operation, &placed, &Cart::empty(now), &attempt, answer).await.unwrap();
    assert_eq!(placement, Placement::Placed);
    placed.group.id
}

#[tokio::test]
async fn what_is_overdue_expires_once_and_the_rest_stays() {
    let stack = Stack::connect().await;
    let (tenant, other) = (stack.tenant().await, stack.tenant().await);
    let hour = Duration::from_secs(60 * 60);
    let overdue = [(&tenant, checkout(&tenant, hour).await), (&other, checkout(&other, hour).await)];
    let held = checkout(&tenant, 25 * hour).await;
    let janitor = State::new(
        stack.store().clone(),
        stack.vault().clone(),
        harness::gateways("http://127.0.0.1:9", stack.ambient()),
        Objects::new(stack.s3(), stack.names.invoices_bucket.as_str(), stack.ambient().clone()),
        stack.ambient().clone(),
    );
    let (first, second) = tokio::join!(janitor.tick("run-1".to_owned()), janitor.tick("run-2".to_owned()));
    first.unwrap();
    second.unwrap();
    for (tenant, group) in overdue {
        let group = stack.store().order_group(tenant.scope(), group).await.unwrap().unwrap();
        assert_eq!((group.status, group.version), (GroupStatus::Expired, 2));
        let events = tenant.stored("EVT#").await;
        let expired = events.iter().filter(|item| item["event"]["type"] == "OrderGroupExpired");
        assert_eq!(expired.count(), 1);
    }
    let held = stack.store().order_group(tenant.scope(), held).await.unwrap().unwrap();
    assert_eq!(held.status, GroupStatus::Created);
}
