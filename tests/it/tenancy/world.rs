//! A tenant with one of everything, another tenant, and people who own none of it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::access::Role;
use domain::catalog::{Category, CategoryTree, TreeStep};
use domain::coupon::{Coupon, CouponCode};
use domain::id::{CategoryId, CouponId, Id};
use domain::ledger::{Entry, Payout, PayoutStatus};
use domain::money::{Currency, Money};
use domain::refund::Portion;
use domain::shipment::Shipment;
use domain::ticket::TicketKind;
use harness::client::TestClient;
use harness::shop::{Offer, PASSWORD, Shop, Shopper, eventually, id};
use platform::config::Env;
use platform::tickets;
use serde_json::{Value, json};
use store::refunds::RefundRequest;
use store::table::Consistency;
use store::tickets::Addressee;

/// A tenant's door.
pub(super) struct Side {
    pub(super) api: TestClient,
    stack: harness::stack::Stack,
}

impl Side {
    /// Makes an idempotency key that nobody has used.
    pub(super) fn fresh_key(&self) -> String {
        self.stack.ambient().id::<domain::id::RequestId>().to_string()
    }
}

/// The ids of the objects, by the names that paths and bodies have for them.
pub(super) struct Ids(BTreeMap<&'static str, String>);

impl Ids {
    /// Puts the ids into their places.
    pub(super) fn fill(&self, text: &str) -> String {
        let filled = self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        // What carriers' addresses have in them is no id of ours.
        let left = filled.replace("{trackingNumber}", "");
        assert!(!left.contains('{'), "{filled} names an id that the world does not have");
        filled
    }

    /// Puts the ids into the places of a body.
    pub(super) fn fill_json(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), self.fill_json(value))).collect(),
            other => other.clone(),
        }
    }

    /// The ids that only their owner may meet.
    pub(super) fn private(&self) -> impl Iterator<Item = &String> {
        let public = ["categoryId", "productId", "materialId", "modelId", "tenant", "tenantId"];
        self.0.iter().filter(move |(name, _)| !public.contains(name)).map(|(_, id)| id)
    }
}

/// Everything that the walk needs.
pub(super) struct World {
    /// The tenant whose objects are walked at.
    pub(super) home: Side,
    /// Another tenant.
    pub(super) away: Side,
    /// A tenant that does not exist.
    pub(super) nowhere: Side,
    /// The objects of the home tenant.
    pub(super) ids: Ids,
    /// Ids of the same kinds that nothing has.
    pub(super) made_up: Ids,
    /// The customer whose objects they are.
    pub(super) owner: Shopper,
    /// Somebody of the home tenant who sells and buys too, and owns none of it.
    pub(super) stranger: Shopper,
    /// Somebody who may do everything in the other tenant.
    pub(super) foreigner: Shopper,
    shop: Shop,
    before: Vec<Value>,
}

impl World {
    pub(super) async fn build() -> Self {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let offer = shop.offer("Vase", 50).await;
        let owner = shop.shopper().await;
        let address = owner.address().await;
        put(&owner, &offer).await;
        let group = id(owner.check_out(&address, "first").await.data(StatusCode::CREATED));
        let payment = owner.open_payment(&group).await;
        // A second cart, so that there is a line to meddle with.
        put(&owner, &offer).await;
        let item = id(&owner.get("/cart").await.data(StatusCode::OK)["items"][0]);
        let product = shop.seller.get(&format!("/products/{}", offer.product)).await;
        let model = id(&product.data(StatusCode::OK)["models"][0]);
        let order = id(&owner.get("/orders").await.data(StatusCode::OK)[0]);
        let upload = json!({
            "purpose": "product-model", "name": "b.stl", "size": 134, "type": "model/stl", "sha256": "a".repeat(64),
        });
        let upload = shop.seller.post("/files/uploads", upload).await;
        let (seller_id, payout) = owed(&shop).await;
        let parcel = parcel(&shop).await;
        let text = |value: &Value, name: &str| {
            value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
        };
        let ids = BTreeMap::from([
            ("addressId", address),
            ("cartToken", text(shop.api.post("/cart").send().await.data(StatusCode::CREATED), "cartToken")),
            ("carrierId", parcel.carrier.to_string()),
            ("categoryId", category(&shop).await),
            ("couponCode", coupon(&shop).await),
            (
                "exportId",
                id(shop.seller.post("/products/exports", json!({"format": "CSV"})).await.data(StatusCode::CREATED)),
            ),
            ("fileId", offer.file.clone()),
            ("groupId", group),
            ("importId", import(&shop).await),
            ("itemId", item),
            ("materialId", offer.material.clone()),
            ("modelId", model),
            ("orderId", order),
            ("parcelNumber", parcel.tracking_number.to_string()),
            ("payoutId", payout),
            ("sellerId", seller_id),
            ("paymentId", text(&payment, "paymentId")),
            ("productId", offer.product.clone()),
            ("razorpayOrderId", text(&payment, "razorpayOrderId")),
            ("refundId", refund(&shop).await),
            ("refreshToken", owner.refresh_token.clone()),
            ("sessionId", owner.refresh_token.split('.').take(1).collect()),
            ("shipmentId", parcel.id.to_string()),
            ("tenant", shop.tenant.id().to_string()),
            ("ticketToken", ticket_token(&shop, &owner).await),
            ("tenantId", shop.tenant.id().to_string()),
            ("userId", id(owner.get("/auth/me").await.data(StatusCode::OK))),
            ("uploadId", text(upload.data(StatusCode::CREATED), "fileId")),
        ]);
        let fresh = || shop.tenant.stack.ambient().id::<domain::id::RequestId>().to_string();
        let made_up = ids.iter().map(|(name, id)| {
            // The same prefix, another ULID; what is no id of ours keeps its form too.
            let (prefix, rest) = id.split_once('_').unwrap();
            let number = fresh().split_off("req_".len());
            let tail = rest
                .get(number.len()..)
                .filter(|_| ["cartToken", "refreshToken", "ticketToken"].contains(name))
                .unwrap_or_default()
                .to_owned();
            (*name, format!("{prefix}_{number}{tail}"))
        });
        let made_up = Ids(made_up.collect());

        let stranger = Self::person_of(&shop, &[Role::Seller, Role::Carrier, Role::Customer]).await;
        let foreigner = Self::person_of(&other, &[Role::Owner, Role::Seller, Role::Carrier, Role::Customer]).await;
        // Both carry, but for carriers that don't have the parcel.
        for (somebody, tenant) in [(&stranger, &shop.tenant), (&foreigner, &other.tenant)] {
            let person = id(somebody.get("/auth/me").await.data(StatusCode::OK)).parse().unwrap();
            tenant.enlist(person, tenant.carrier().await.id).await;
        }
        // Both could check out, if only the address were theirs.
        put(&stranger, &offer).await;
        let away_offer = other.offer("Vase", 5).await;
        put(&foreigner, &away_offer).await;

        let stack = shop.tenant.stack.clone();
        let side = |api: TestClient| Side { api, stack: stack.clone() };
        let url = Env::process().text("HAAT_TEST_API_URL").unwrap();
        let nowhere = side(TestClient::of_url(&url).tenant(&made_up.0["tenant"]));
        let (home, away) = (side(shop.api.clone()), side(other.api.clone()));
        let mut world =
            Self { home, away, nowhere, ids: Ids(ids), made_up, owner, stranger, foreigner, shop, before: Vec::new() };
        world.before = world.look().await;
        world
    }

    /// Lets somebody with these roles into the home tenant.
    pub(super) async fn person(&self, roles: &[Role]) -> Shopper {
        Self::person_of(&self.shop, roles).await
    }

    async fn person_of(shop: &Shop, roles: &[Role]) -> Shopper {
        let email = shop.tenant.member_with_password(roles, PASSWORD).await;
        Shopper::log_in(&shop.api, &email).await
    }

    /// Reads all that the owners have.
    async fn look(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            "/auth/me",
            "/users/me/addresses",
            "/cart",
            "/orders",
            "/orders/{orderId}",
            "/order-groups/{groupId}",
            "/payments/{paymentId}",
            "/shipments/{parcelNumber}",
        ] {
            seen.push(self.owner.get(&self.ids.fill(path)).await.data(StatusCode::OK).clone());
        }
        for path in ["/products/mine", "/products/{productId}"] {
            seen.push(self.shop.seller.get(&self.ids.fill(path)).await.data(StatusCode::OK).clone());
        }
        seen
    }

    /// Checks that nothing of the owners' has changed, and that they are still signed in.
    pub(super) async fn is_as_it_was(&self) {
        // The stranger may have bought from the shop meanwhile; the owner's view of it stays.
        assert_eq!(self.look().await, self.before);
        let body = json!({"refreshToken": self.ids.0["refreshToken"]});
        self.shop.api.post("/auth/refresh").json(body).send().await.data(StatusCode::OK);
    }
}

/// Lets a seller be owed something, and some of it be on its way. Returns the ids of the seller and of the payout.
async fn owed(shop: &Shop) -> (String, String) {
    let (store, operation) = (shop.tenant.stack.store(), shop.tenant.operation());
    let amount = Money::new(1_000, Currency::Inr);
    let payout = Payout {
        id: operation.id(),
        seller: operation.id(),
        amount,
        status: PayoutStatus::Open,
        reference: None,
        created_at: operation.now,
        updated_at: operation.now,
    };
    let note = "owed".to_owned();
    let entry = Entry::adjustment(operation.id(), payout.seller, amount, note, operation.now).unwrap();
    store.adjust_ledger(&operation, &entry).await.unwrap();
    let entry = Entry::payout(operation.id(), &payout, operation.now).unwrap();
    store.open_payout(&operation, &payout, &entry).await.unwrap().unwrap();
    (payout.seller.to_string(), payout.id.to_string())
}

/// Lets a carrier have a parcel of a paid order that somebody else bought.
async fn parcel(shop: &Shop) -> Shipment {
    let tenant = &shop.tenant;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Lamp"]).await;
    tenant.capture_sale(&placed, &format!("order_{}", placed.group.id.ulid()), "pay_parcel").await;
    tenant.parcel(&placed.orders[0]).await
}

/// Lets somebody's money be on its way back, and returns the refund's id.
async fn refund(shop: &Shop) -> String {
    let tenant = &shop.tenant;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Bowl"]).await;
    let reference = format!("order_{}", placed.group.id.ulid());
    let (payment, _) = tenant.capture_sale(&placed, &reference, "pay_refund").await;
    let (order, reason) = (placed.orders[0].id, "broken".to_owned());
    let request = RefundRequest { payment: payment.id, order, portion: Portion::Rest, restock: false, reason };
    let refund = tenant.stack.store().request_refund(&tenant.operation(), &payment, &request).await;
    refund.unwrap().unwrap().id.to_string()
}

/// Makes a category, and returns its id.
async fn category(shop: &Shop) -> String {
    let operation = shop.tenant.operation();
    let id: CategoryId = operation.id();
    let (name, slug) = ("Home".parse().unwrap(), "home".parse().unwrap());
    let tree = CategoryTree::default().add(Category { id, name, slug, parent: None, position: 0 }, operation.now);
    let store = shop.tenant.stack.store();
    store.change_categories(&operation, &tree.unwrap(), TreeStep::Add(id)).await.unwrap().unwrap();
    id.to_string()
}

/// Imports a product, and returns the import's id.
async fn import(shop: &Shop) -> String {
    let row = br#"{"sku": "WORLD-1", "name": "Imported", "basePrice": "1", "stockPolicy": "DIGITAL"}"#;
    let file = shop.seller.upload_for("import", "application/x-ndjson", "w.jsonl", row).await;
    let import = id(shop.seller.post("/products/imports", json!({"fileId": file})).await.data(StatusCode::CREATED));
    // What the walk leaves as it was must not change by itself.
    eventually("the import is done", async || {
        let now = shop.seller.get(&format!("/products/imports/{import}")).await;
        (now.data(StatusCode::OK)["status"] == "DONE").then_some(())
    })
    .await;
    import
}

/// Makes a coupon, and returns its code.
async fn coupon(shop: &Shop) -> String {
    let operation = shop.tenant.operation();
    let id: CouponId = operation.id();
    let code: CouponCode = id.to_string().parse().unwrap();
    let terms = r#"{"discount": {"kind": "PERCENT", "basisPoints": 100}, "scope": {"kind": "ALL"}, "active": true}"#;
    let coupon = Coupon {
        id,
        code: code.clone(),
        terms: serde_json::from_str(terms).unwrap(),
        used: 0,
        created_at: operation.now,
        updated_at: operation.now,
        version: 1,
    };
    shop.tenant.stack.store().create_coupon(&operation, &coupon).await.unwrap().unwrap();
    code.to_string()
}

/// Issues a link to set a new password to somebody, and returns its token.
async fn ticket_token(shop: &Shop, owner: &Shopper) -> String {
    let (tenant, stack, operation) = (&shop.tenant, &shop.tenant.stack, shop.tenant.operation());
    let user = id(owner.get("/auth/me").await.data(StatusCode::OK)).parse().unwrap();
    let user = stack.store().user(tenant.scope(), user, Consistency::Strong).await.unwrap().unwrap();
    let (vault, kind) = (stack.vault(), TicketKind::PasswordReset);
    let ticket = tickets::issue_to(vault, &tenant.tenant, &operation, kind, &user).await.unwrap();
    stack.store().issue_ticket(&operation, &ticket, Addressee::Somebody).await.unwrap();
    tickets::open_token(vault, &tenant.tenant, &user, &ticket).await.unwrap().unwrap()
}

async fn put(shopper: &Shopper, offer: &Offer) {
    let answer = shopper.add_to_cart(offer, 1).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}
