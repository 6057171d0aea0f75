//! Orders without the detour over carts and providers, for tests of what comes after them.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::address::PostalAddress;
use domain::cart::Holder;
use domain::catalog::{Material, Product, ProductStatus, StockPolicy, TaxClass};
use domain::coupon::Coupon;
use domain::event::Event;
use domain::id::{OrderId, ProductId, SellerId, UserId};
use domain::money::Money;
use domain::operation::Actor;
use domain::order::{OrderStatus, Placed, Placing, ShippingMethod, TimelineEntry, place};
use domain::pii::Sealed;
use domain::pricing::{Item, Terms, quote};
use domain::user::User;
use platform::people;
use store::idempotency::{Answer, Attempt};
use store::orders::Placement;
use store::table::Consistency;

use crate::stack::TestTenant;

impl TestTenant {
    /// Places a checkout of `buyer` with one order, of two pieces, for each of `names`: each from a seller of its own.
    pub async fn sale(&self, buyer: UserId, names: &[&str]) -> Placed {
        self.sale_of(buyer, names.iter().map(|name| self.item(name)).collect()).await
    }

    /// Places a checkout of `buyer` with one order of `seller`, of two pieces of each of `names`.
    pub async fn sale_by(&self, seller: SellerId, buyer: UserId, names: &[&str]) -> Placed {
        let of_seller = |name: &&str| {
            let mut item = self.item(name);
            item.product.seller = seller;
            item
        };
        self.sale_of(buyer, names.iter().map(of_seller).collect()).await
    }

    /// Places a checkout of `buyer` that uses a coupon, otherwise as in [`Self::sale`].
    pub async fn sale_with(&self, buyer: UserId, names: &[&str], coupon: &Coupon) -> Placed {
        self.sold(buyer, names.iter().map(|name| self.item(name)).collect(), Some(coupon)).await
    }

    /// Places a checkout of `buyer` that costs nothing: downloads, otherwise as in [`Self::sale`].
    pub async fn gift(&self, buyer: UserId, names: &[&str]) -> Placed {
        let free = |name: &&str| {
            let mut item = self.item(name);
            item.product.stock_policy = StockPolicy::Digital;
            item.product.base_price.amount = 0;
            item.material = None;
            item
        };
        self.sale_of(buyer, names.iter().map(free).collect()).await
    }

    /// Places a checkout of `buyer` with these items.
    pub async fn sale_of(&self, buyer: UserId, items: Vec<Item>) -> Placed {
        self.sold(buyer, items, None).await
    }

    async fn sold(&self, buyer: UserId, items: Vec<Item>, coupon: Option<&Coupon>) -> Placed {
        let (stack, operation) = (&self.stack, self.operation());
        let terms = Terms { coupon, ..Terms::of(&self.tenant.settings) };
        let quote = quote(&items, &terms).expect("test prices fit");
        let person = stack.store().user(self.scope(), buyer, Consistency::Strong).await.expect("the buyer can be read");
        let person = person.expect("the buyer has an account");
        let mut orders = Vec::new();
        for _ in &quote.parcels {
            let id: OrderId = stack.ambient().id();
            orders.push((id, self.address(&person, id).await));
        }
        let placed = place(Placing {
            group: stack.ambient().id(),
            user: buyer,
            actor: operation.actor.clone(),
            items,
            quote,
            orders,
            shipping_method: ShippingMethod::Standard,
            // Longer than any test: what is paid here is not paid in the books of holds.
            hold: Duration::from_secs(400 * 24 * 60 * 60),
            now: stack.now(),
        });
        let placed = placed.expect("there is something to buy");
        let cart =
            stack.store().cart(self.scope(), &Holder::User(buyer), stack.now()).await.expect("the cart can be read");
        let cart = cart.expect("everybody with an account has a cart");
        let slot = placed.group.id.to_string();
        let attempt = Attempt { request: slot.clone(), slot };
        let answer = Answer { status: 201, body: Sealed::from_text(String::new()) };
        let placement = stack.store().place_orders(&operation, &placed, &cart, &attempt, answer).await;
        assert_eq!(placement.expect("the table can be written"), Placement::Placed);
        placed
    }

    /// Makes the orders of a checkout paid, as a settled payment leaves them, and returns the event that tells of it.
    /// The event itself is not written: tests hand it over.
    pub async fn pay_sale(&self, placed: &Placed) -> Event {
        for order in &placed.orders {
            let step = TimelineEntry {
                status: OrderStatus::Paid,
                actor: Actor::System { name: "test".to_owned() },
                reason: "paid".to_owned(),
                at: self.stack.now(),
            };
            let step: AttributeValue = serde_dynamo::to_attribute_value(step).expect("a step can be stored");
            let update = self.stack.dynamodb().update_item().table_name(&self.stack.names.table);
            let update = update
                .key("pk", AttributeValue::S(format!("T#{}#ORD#{}", self.id(), order.id)))
                .key("sk", AttributeValue::S("A".to_owned()))
                .update_expression("SET #status = :paid, #timeline = list_append(#timeline, :step)")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#status", "status")
                .expression_attribute_names("#timeline", "timeline")
                .expression_attribute_values(":paid", AttributeValue::S(OrderStatus::Paid.as_str().to_owned()))
                .expression_attribute_values(":step", AttributeValue::L(vec![step]));
            update.send().await.expect("the order is there");
        }
        let orders = placed.orders.iter().map(|order| order.id).collect();
        Event::OrderGroupPaid { group: placed.group.id, payment: Some(self.stack.ambient().id()), orders }
    }

    async fn address(&self, buyer: &User, order: OrderId) -> Sealed {
        let address = PostalAddress {
            full_name: "Asha Rao".to_owned(),
            phone: "+919876543210".to_owned(),
            line1: "Flat 5B, Palm Grove".to_owned(),
            line2: None,
            city: "Chennai".to_owned(),
            state: Some("Tamil Nadu".to_owned()),
            postal_code: "600034".to_owned(),
            country: "IN".to_owned(),
        };
        let item = order.to_string();
        let sealed = people::seal_address(self.stack.vault(), &self.tenant, buyer, &item, &address).await;
        sealed.expect("the vault seals")
    }

    /// Returns two pieces of a product of that name, from a seller of its own.
    pub fn item(&self, name: &str) -> Item {
        let (stack, now) = (&self.stack, self.stack.now());
        let product: ProductId = stack.ambient().id();
        let seller: SellerId = stack.ambient().id();
        let currency = self.tenant.settings.currency;
        Item {
            product: Product {
                id: product,
                seller,
                name: name.parse().expect("a product's name"),
                slug: "test-product".parse().expect("a slug"),
                sku: "TEST-0001".parse().expect("a SKU"),
                description: String::new(),
                base_price: Money::new(49_900, currency),
                tax_class: TaxClass::Standard,
                weight_grams: 100,
                size: None,
                stock_policy: StockPolicy::MadeToOrder,
                images: Vec::new(),
                categories: Vec::new(),
                attributes: BTreeMap::new(),
                status: ProductStatus::Active,
                material_count: 1,
                shared_materials: Vec::new(),
                model_files: Vec::new(),
                licence_keys: false,
                version: 1,
                created_at: now,
                updated_at: now,
            },
            material: Some(Material {
                id: stack.ambient().id(),
                product,
                name: "PLA, white".to_owned(),
                surcharge: Money::new(5_000, currency),
                stock: None,
                lead_time_days: 2,
                active: true,
                version: 1,
                created_at: now,
            }),
            quantity: 2.try_into().expect("a quantity"),
        }
    }
}
