//! One tenant with one product, paid through the stand-in of Razorpay.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use domain::cart::{Cart, Quantity};
use domain::catalog::{Material, Product};
use domain::event::{Envelope, Event};
use domain::id::{FileId, OrderGroupId, OrderId, PaymentId, ProductId, SellerId, UserId};
use domain::money::{Currency, Money};
use domain::order::{OrderGroup, OrderStatus, Placing, ShippingMethod, place};
use domain::payment::{Payment, PaymentStatus};
use domain::pii::Sealed;
use domain::pricing::{Item, Terms, quote};
use harness::razorpay::{Account, Deliver, Delivered, Outcome, Pay, StandIn};
use harness::stack::{Stack, TestTenant};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use payments::Secret;
use payments::api::NewOrder;
use payments::notification::{PAYMENT_NOTE, TENANT_NOTE};
use payments::razorpay::{Credentials, Razorpay, signature};
use platform::config::Environment;
use serde_json::{Value, json};
use store::holds::Expiry;
use store::idempotency::{Answer, Attempt};
use store::orders::Placement;
use tower::ServiceExt;
use web::{Edge, EdgeConfig};

pub(super) struct Shop {
    pub(super) stand_in: StandIn,
    pub(super) tenant: TestTenant,
    account: Account,
    credentials: Credentials,
    router: Router,
    product: Product,
    material: Material,
    file: FileId,
}

/// A checkout and the payment opened for it.
pub(super) struct Purchase {
    pub(super) group: OrderGroupId,
    pub(super) orders: Vec<OrderId>,
    pub(super) user: UserId,
    pub(super) payment: PaymentId,
    pub(super) amount: Money,
    pub(super) reference: String,
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) outcome: Option<String>,
    pub(super) code: Option<String>,
    pub(super) round_trips: u32,
}

impl Answered {
    #[track_caller]
    pub(super) fn expect(&self, outcome: &str) {
        assert_eq!((self.status, self.outcome.as_deref()), (StatusCode::OK, Some(outcome)), "{self:?}");
    }
}

impl Shop {
    /// Opens a shop with ten pieces in stock.
    pub(super) async fn open() -> Self {
        Self::with_stock(10).await
    }

    pub(super) async fn with_stock(pieces: u32) -> Self {
        let stack = Stack::connect().await;
        let mut tenant = stack.tenant().await;
        let account = Account {
            key_id: format!("rzp_test_{}", tenant.id()),
            key_secret: format!("key of {}", tenant.id()),
            account_id: format!("acc_{}", tenant.id()),
            webhook_secret: format!("hook of {}", tenant.id()),
            webhook_url: Some("http://127.0.0.1:9/".to_owned()),
            tenant: None,
        };
        let credentials = credentials(&account, None);
        tenant.tenant = entrust(&tenant, &credentials).await.into();

        let stand_in = StandIn::start(0, None).await.unwrap();
        stand_in.remote().register(&account).await.unwrap();
        let file = stack.ambient().id();
        let (product, material) = stocked(&tenant, file, pieces).await;
        let router = router(&stack);
        Self { stand_in, tenant, account, credentials, router, product, material, file }
    }

    pub(super) fn stack(&self) -> &Stack {
        &self.tenant.stack
    }

    pub(super) fn account_id(&self) -> &str {
        &self.account.account_id
    }

    /// Places an order of `pieces` and opens a payment for it.
    pub(super) async fn buy(&self, pieces: u32) -> Purchase {
        let operation = self.tenant.operation();
        let user: UserId = operation.id();
        let (product, material) = (self.product.clone(), Some(self.material.clone()));
        let items = vec![Item { product, material, quantity: Quantity::try_from(pieces).unwrap() }];
        let placed = place(Placing {
            group: operation.id(),
            user,
            actor: operation.actor.clone(),
            quote: quote(&items, &Terms::of(&self.tenant.tenant.settings)).unwrap(),
            items,
            orders: vec![(operation.id(), Sealed::from_text("sealed".to_owned()))],
            shipping_method: ShippingMethod::Standard,
            hold: Duration::from_secs(1800),
            now: operation.now,
        })
        .unwrap();
        let attempt = Attempt { slot: user.to_string(), request: "request".to_owned() };
        let answer = Answer { status: 201, body: Sealed::from_text("sealed".to_owned()) };
        let cart = Cart::empty(operation.now);
        let placement = self.stack().store().place_orders(&operation, &placed, &cart, &attempt, answer).await.unwrap();
        assert_eq!(placement, Placement::Placed);
        self.open_payment_for(&placed.group).await
    }

    /// Opens another payment for the same checkout.
    pub(super) async fn open_payment(&self, purchase: &Purchase) -> Purchase {
        let group = self.books(purchase).await.0;
        self.open_payment_for(&group).await
    }

    async fn open_payment_for(&self, group: &OrderGroup) -> Purchase {
        let operation = self.tenant.operation();
        let payment: PaymentId = operation.id();
        let amount = group.totals.total;
        let notes = [(TENANT_NOTE, self.tenant.id().to_string()), (PAYMENT_NOTE, payment.to_string())];
        let notes = notes.map(|(name, value)| (name.to_owned(), value)).into();
        let order = NewOrder { amount, receipt: payment.to_string(), notes };
        let reference = Razorpay::new(&self.stand_in.url).create_order(&self.credentials, &order).await.unwrap().id;
        let opened = Payment {
            id: payment,
            group: group.id,
            user: group.user,
            provider: "razorpay".to_owned(),
            reference: reference.clone(),
            charge: None,
            amount,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        self.stack().store().open_payment(&operation, group, &opened).await.unwrap();
        Purchase { group: group.id, orders: group.orders.clone(), user: group.user, payment, amount, reference }
    }

    /// Lets the payer act and returns the signed webhooks, undelivered.
    pub(super) async fn pay(&self, purchase: &Purchase, outcome: Outcome) -> Vec<Delivered> {
        let deliver = Deliver { send: false, ..Deliver::default() };
        let attempt = Pay { outcome, payment_id: None, deliver };
        self.stand_in.remote().pay(&purchase.reference, &attempt).await.unwrap().delivered
    }

    /// Signs a body of the test's own making.
    pub(super) fn letter(&self, body: &str) -> Delivered {
        Delivered {
            event_id: "evt_ofthetest".to_owned(),
            event: "any".to_owned(),
            signature: signature::sign(&Secret::new(self.account.webhook_secret.as_str()), body.as_bytes()),
            body: body.to_owned(),
            status: None,
            server_timing: None,
        }
    }

    /// Replaces the webhook secret at Razorpay and in the tenant's record; both count from now on.
    pub(super) async fn rotate_secret(&self) {
        let account = Account { webhook_secret: "rotated".to_owned(), ..self.account.clone() };
        self.stand_in.remote().register(&account).await.unwrap();
        entrust(&self.tenant, &credentials(&account, Some(&self.account.webhook_secret))).await;
    }

    pub(super) async fn send(&self, letter: &Delivered) -> Answered {
        self.send_to(&self.tenant.id().to_string(), letter).await
    }

    pub(super) async fn send_to(&self, tenant: &str, letter: &Delivered) -> Answered {
        post(self.router.clone(), tenant, letter).await
    }

    pub(super) async fn send_at_once(&self, letters: &[Delivered]) -> Vec<Answered> {
        let mut under_way = tokio::task::JoinSet::new();
        for letter in letters {
            let (router, tenant, letter) = (self.router.clone(), self.tenant.id().to_string(), letter.clone());
            under_way.spawn(async move { post(router, &tenant, &letter).await });
        }
        under_way.join_all().await
    }

    /// Reads the checkout and the purchase's payment.
    pub(super) async fn books(&self, purchase: &Purchase) -> (OrderGroup, Payment) {
        let read = self.stack().store().order_group_with_payments(self.tenant.scope(), purchase.group).await.unwrap();
        let (group, payments) = read.unwrap();
        (group, payments.into_iter().find(|payment| payment.id == purchase.payment).unwrap())
    }

    pub(super) async fn order_statuses(&self, purchase: &Purchase) -> Vec<OrderStatus> {
        let orders = self.stack().store().orders(self.tenant.scope(), &purchase.orders).await.unwrap();
        orders.into_iter().map(|order| order.status).collect()
    }

    /// Counts how often the purchase's order became `status`.
    pub(super) async fn timeline_of(&self, purchase: &Purchase, status: OrderStatus) -> usize {
        let orders = self.stack().store().orders(self.tenant.scope(), &purchase.orders).await.unwrap();
        orders.iter().flat_map(|order| &order.timeline).filter(|entry| entry.status == status).count()
    }

    pub(super) async fn may_download(&self, purchase: &Purchase) -> bool {
        let store = self.stack().store();
        store.file_and_entitlement(self.tenant.scope(), self.file, purchase.user).await.unwrap().1.is_some()
    }

    pub(super) async fn stock(&self) -> u64 {
        self.stored_material().await["stock"].as_u64().unwrap()
    }

    /// Lets the hold of the checkout end.
    pub(super) async fn expire(&self, purchase: &Purchase) {
        self.stack().clock.advance(Duration::from_secs(3600));
        let expiry = self.stack().store().expire_hold(&self.tenant.operation(), purchase.group).await.unwrap();
        assert_eq!(expiry, Expiry::Expired);
    }

    /// Reads what was told to others about payments.
    pub(super) async fn events(&self) -> Vec<Event> {
        let stored = self.tenant.stored("EVT#").await.into_iter();
        let events = stored.map(|item| serde_json::from_value::<Envelope>(item).unwrap().event);
        let about_payments =
            |event: &Event| matches!(event, Event::OrderGroupPaid { .. } | Event::PaymentNeedsRefund { .. });
        events.filter(about_payments).collect()
    }

    pub(super) async fn stored_messages(&self) -> usize {
        self.tenant.stored("WHE#").await.len()
    }

    async fn stored_material(&self) -> Value {
        let stored = self.tenant.stored("PRD#").await.into_iter();
        stored.into_iter().find(|item| item["type"] == "Material").unwrap()
    }
}

async fn post(router: Router, tenant: &str, letter: &Delivered) -> Answered {
    let request = Request::post(format!("/api/v1/webhooks/razorpay/{tenant}"))
        .header("content-type", "application/json")
        .header("x-razorpay-signature", &letter.signature)
        .header("x-razorpay-event-id", &letter.event_id)
        .body(Body::from(letter.body.clone()))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let timing = response.headers()["server-timing"].to_str().unwrap().to_owned();
    let round_trips = timing.split("trips;desc=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let body: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Answered { status, outcome: text("/data/outcome"), code: text("/code"), round_trips }
}

fn router(stack: &Stack) -> Router {
    let config = EdgeConfig {
        environment: Environment::Local,
        base_domain: "haat.example".to_owned(),
        allow_tenant_header: true,
        issuer: "https://haat.example".to_owned(),
        server_timing: true,
        deadline: Duration::from_secs(60),
        cdn_secret: None,
    };
    let edge = Edge::new(config, stack.store().clone(), stack.vault().clone(), stack.ambient().clone());
    crate::router(crate::State::new(edge))
}

fn credentials(account: &Account, old_secret: Option<&str>) -> Credentials {
    let secrets = [Some(account.webhook_secret.as_str()), old_secret].into_iter().flatten().map(Secret::new);
    let key_secret = Secret::new(account.key_secret.as_str());
    Credentials::new(&account.key_id, key_secret, &account.account_id, secrets.collect()).unwrap()
}

/// Stores the tenant's credentials and returns the record as it is now.
async fn entrust(tenant: &TestTenant, credentials: &Credentials) -> domain::tenant::Tenant {
    let mut record = (*tenant.tenant).clone();
    let sealed = tenant.stack.vault().seal_credentials(&record, "razorpay", credentials).await.unwrap();
    record.providers.insert("razorpay".to_owned(), sealed);
    tenant.stack.store().update_tenant(&record).await.unwrap();
    record.version += 1;
    record
}

async fn stocked(tenant: &TestTenant, file: FileId, pieces: u32) -> (Product, Material) {
    let operation = tenant.operation();
    let (product, seller): (ProductId, SellerId) = (operation.id(), operation.id());
    let product: Product = serde_json::from_value(json!({
        "id": product, "seller": seller, "name": "Gear", "slug": "gear", "sku": "GEAR-1", "description": "",
        "basePrice": Money::new(50_000, Currency::Inr), "taxClass": "STANDARD", "weightGrams": 100, "size": null,
        "stockPolicy": "FINITE", "images": [], "categories": [], "attributes": {}, "status": "ACTIVE",
        "materialCount": 0, "modelFiles": [file], "version": 1, "createdAt": operation.now, "updatedAt": operation.now,
    }))
    .unwrap();
    let material = Material {
        id: operation.id(),
        product: product.id,
        name: "PETG".to_owned(),
        surcharge: Money::new(1_000, Currency::Inr),
        stock: Some(pieces),
        lead_time_days: 1,
        active: true,
        version: 1,
        created_at: operation.now,
    };
    let store = tenant.stack.store();
    store.create_product(&operation, &product).await.unwrap().unwrap();
    store.add_material(&operation, &material).await.unwrap().unwrap();
    (product, material)
}
