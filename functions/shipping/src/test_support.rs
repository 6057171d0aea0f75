//! A shop for tests: the function in process, on a tenant of its own, with a carrier and what it carries.

use domain::access::Role;
use domain::carrier::Carrier;
use domain::id::{Id, RequestId};
use domain::order::{Order, Placed};
use domain::payment::Payment;
use harness::client::{TestAnswer, TestClient};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{State, router};

pub(crate) struct Shop {
    pub(crate) client: TestClient,
    pub(crate) tenant: TestTenant,
    /// Somebody who changes every order.
    pub(crate) staff: Member,
    pub(crate) seller: Member,
    pub(crate) buyer: Member,
    pub(crate) carrier: Carrier,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let tenant = Stack::connect().await.tenant().await;
        let client = tenant.client(router(State { edge: tenant.stack.edge() }));
        let staff = tenant.member(&[Role::Staff]).await;
        let seller = tenant.member(&[Role::Seller]).await;
        let buyer = tenant.member(&[Role::Customer]).await;
        let carrier = tenant.carrier().await;
        Self { client, tenant, staff, seller, buyer, carrier }
    }

    /// Makes another carrier known.
    pub(crate) async fn other_carrier(&self) -> Carrier {
        self.tenant.carrier().await
    }

    /// Signs in somebody who works for a carrier.
    pub(crate) async fn courier(&self, carrier: &Carrier) -> Member {
        let member = self.tenant.member(&[Role::Carrier]).await;
        let user = self.tenant.enlist(member.user.id, carrier.id).await;
        Member { user, ..member }
    }

    /// Sells two pieces of each of `names`, in one order of the seller.
    pub(crate) async fn sell(&self, names: &[&str]) -> Placed {
        self.tenant.sale_by(self.seller.user.seller.unwrap(), self.buyer.user.id, names).await
    }

    /// Sells likewise, paid.
    pub(crate) async fn sell_paid(&self, names: &[&str]) -> (Order, Payment) {
        let placed = self.sell(names).await;
        let reference = format!("order_{}", placed.group.id.ulid());
        let (payment, _) = self.tenant.capture_sale(&placed, &reference, "pay_charge").await;
        (self.order(&placed.orders[0]).await, payment)
    }

    pub(crate) async fn order(&self, order: &Order) -> Order {
        self.tenant.stack.store().order(self.tenant.scope(), order.id).await.unwrap().unwrap()
    }

    /// Sends a request as somebody; each POST under a key of its own.
    pub(crate) async fn send(&self, by: &Member, method: Method, path: &str, body: Value) -> TestAnswer {
        let request = self.client.request(method, path).bearer(&by.token).json(body);
        request.header("idempotency-key", self.fresh()).send().await
    }

    pub(crate) async fn get(&self, by: &Member, path: &str) -> TestAnswer {
        self.client.get(path).bearer(&by.token).send().await
    }

    /// Makes up a text that nothing has.
    pub(crate) fn fresh(&self) -> String {
        self.tenant.stack.ambient().id::<RequestId>().to_string().to_uppercase()
    }

    /// A parcel of an order, of all that is left or of these pieces.
    pub(crate) fn parcel(&self, order: &Order, pieces: Option<&[(u32, u32)]>) -> Value {
        let mut body = json!({
            "orderId": order.id, "carrierId": self.carrier.id, "service": "EXPRESS", "trackingNumber": self.fresh(),
        });
        if let Some(pieces) = pieces {
            let line = |(line, quantity): &(u32, u32)| json!({"line": line, "quantity": quantity});
            body["lines"] = pieces.iter().map(line).collect();
        }
        body
    }

    /// Announces a parcel and returns it.
    pub(crate) async fn announce(&self, order: &Order, pieces: Option<&[(u32, u32)]>) -> Value {
        let body = self.parcel(order, pieces);
        let answer = self.send(&self.staff, Method::POST, "/admin/shipments", body).await;
        answer.data(StatusCode::CREATED).clone()
    }

    /// Moves a parcel on as the tenant's people.
    pub(crate) async fn advance(&self, shipment: &Value, status: &str) -> TestAnswer {
        let path = format!("/admin/shipments/{}", shipment["id"].as_str().unwrap());
        self.send(&self.staff, Method::PATCH, &path, json!({"status": status})).await
    }
}
