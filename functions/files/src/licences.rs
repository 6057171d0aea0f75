//! `GET /orders/{orderId}/licences`

pub(crate) mod check;

use axum::extract::State as Shared;
use domain::clock::Timestamp;
use domain::id::{OrderId, ProductId};
use domain::licence;
use domain::order::Order;
use domain::pii::Purpose;
use platform::vault::Place;
use serde::Serialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Bearer, Code, Edge, Envelope, Path, Problem, Reply, refusals};

/// The licence keys of one line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicencesView {
    /// The place of the line in the order, from 0.
    #[schema(example = 0)]
    pub line: u32,
    /// The product.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub product_id: ProductId,
    /// The product's name when it was bought.
    #[schema(example = "Articulated dragon")]
    pub name: String,
    /// One key for each piece.
    pub keys: Vec<LicenceKeyView>,
    /// When they were made.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    pub issued_at: Timestamp,
}

/// A licence key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenceKeyView {
    /// The key.
    #[schema(example = "7QK2M-R4T9X-0C5WZ-HJ8PD-3VYBN")]
    pub key: String,
    /// Whether the piece went back, and the key is no longer good.
    #[schema(example = false)]
    pub revoked: bool,
}

/// Get the licence keys of an order
///
/// For the buyer alone. The keys are made shortly after the payment; an order that still waits for it answers 403. When pieces
/// are given back, the last keys of their line are revoked.
#[utoipa::path(
    get,
    path = "/orders/{orderId}/licences",
    tag = "Orders",
    params(("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses(
        (status = 200, description = "The keys, by line; lines without keys are left out", body = Envelope<Vec<LicencesView>>),
        refusals::Of<(refusals::NotPaid,)>,
    ),
    extensions(("x-access" = json!("caller"))),
)]
pub async fn list_licences(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(id): Path<OrderId>,
) -> Answer<Vec<LicencesView>> {
    let (store, user) = (edge.store(), bearer.user());
    let read = async |scope| {
        tokio::try_join!(store.order_and_credit_notes(scope, id), store.user(scope, user, Consistency::Strong))
    };
    let (caller, ((order, notes), buyer)) = bearer.with(read).await?;
    let order = order.filter(|order| caller.owns(order.user)).ok_or_else(Problem::not_found)?;
    if !order.was_paid() {
        return Err(Problem::new(Code::NotPaid));
    }
    let part = buyer.and_then(|buyer| buyer.key_part).ok_or_else(Problem::not_found)?;
    let item = order.id.to_string();
    let mut views = Vec::new();
    for licences in store.licences(caller.scope, &order).await? {
        let field = licence::field(licences.line);
        let place = Place::of(&part, &item, &field);
        let keys = edge.vault().open_json(caller.tenant(), Purpose::Pii, place, &licences.keys).await?;
        let good = licence::good_keys(&order, licences.line, &notes);
        views.extend(view(&order, licences.line, keys, good, licences.issued_at));
    }
    Ok(Reply::ok(views))
}

fn view(order: &Order, line: u32, keys: Vec<String>, good: u32, issued_at: Timestamp) -> Option<LicencesView> {
    let sold = order.lines.get(usize::try_from(line).ok()?)?;
    let keys = keys.into_iter().zip(0u32..).map(|(key, number)| LicenceKeyView { key, revoked: number >= good });
    Some(LicencesView { line, product_id: sold.product, name: sold.name.clone(), keys: keys.collect(), issued_at })
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::invoice::Series;
    use domain::licence::{self, LineLicences};
    use domain::pii::Purpose;
    use domain::refund::{Portion, RefundLine};
    use http::StatusCode;
    use platform::vault::Place;
    use serde_json::{Value, json};
    use store::refunds::{RefundOutcome, RefundRequest};

    use crate::test_support::Shop;

    #[tokio::test]
    async fn the_buyer_alone_sees_the_keys_and_what_goes_back_takes_the_last_ones() {
        let shop = Shop::open().await;
        let (tenant, store) = (&shop.tenant, shop.tenant.stack.store());
        let (scope, operation) = (tenant.scope(), tenant.operation());
        let mut item = tenant.item("Gear");
        item.product.licence_keys = true;
        item.product.seller = shop.seller.user.seller.unwrap();
        let placed = tenant.sale_of(shop.buyer.user.id, vec![item]).await;
        let path = format!("/orders/{}/licences", placed.orders[0].id);
        let read = async |token: &str| shop.api.get(&path).bearer(token).send().await;
        read(&shop.buyer.token).await.refused(StatusCode::FORBIDDEN, "NOT_PAID");
        let (payment, _) = tenant.capture_sale(&placed, &format!("order_{}", tenant.id()), "pay_1").await;
        assert_eq!(read(&shop.buyer.token).await.data(StatusCode::OK), &json!([]));

        let order = store.order(scope, placed.orders[0].id).await.unwrap().unwrap();
        let (part, text) = (shop.buyer.user.key_part.clone().unwrap(), order.id.to_string());
        let place = Place::of(&part, &text, "licences.0");
        let plain = [0, 1].map(|_| licence::generate(tenant.stack.ambient()));
        let keys = tenant.stack.vault().seal_json(&tenant.tenant, Purpose::Pii, place, &plain).await.unwrap();
        let hashes = plain.each_ref().map(|key| platform::licences::hash(key));
        let licences = LineLicences { order: order.id, line: 0, user: order.user, keys, issued_at: operation.now };
        assert!(store.keep_licences(&operation, &licences, &hashes).await.unwrap());
        assert!(!store.keep_licences(&operation, &licences, &[]).await.unwrap());
        let shown = async || -> Value { read(&shop.buyer.token).await.data(StatusCode::OK)[0]["keys"].clone() };
        let key = |key: &str, revoked: bool| json!({"key": key, "revoked": revoked});
        assert_eq!(shown().await, json!([key(&plain[0], false), key(&plain[1], false)]));
        // The seller of the product and the tenant's people can tell; other sellers can't, and nobody finds the key itself.
        let seller = tenant.member(&[Role::Seller]).await;
        let staff = tenant.member(&[Role::Staff]).await;
        let check = async |token: &str, key: &str| {
            let request = shop.api.post("/licences/check").bearer(token);
            request.json(json!({"key": key.to_lowercase().replace('-', "")})).send().await
        };
        let answer = check(&staff.token, &plain[1]).await;
        let told = answer.data(StatusCode::OK);
        assert_eq!((&told["orderId"], &told["revoked"]), (&json!(order.id), &json!(false)));
        assert_eq!(answer.round_trips(), 2);
        check(&seller.token, &plain[1]).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        check(&staff.token, &licence::generate(tenant.stack.ambient()))
            .await
            .refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        check(&staff.token, "no key").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        check(&shop.buyer.token, &plain[1]).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        let stored = tenant.stored("").await;
        assert!(stored.iter().all(|item| !item.to_string().contains(&plain[0])));

        let invoices = Series::of_invoices(&tenant.tenant, None, operation.now);
        let invoice = store.number_invoice(&operation, &invoices, &order, None).await.unwrap();
        let piece = Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]);
        for (portion, first) in [(piece, false), (Portion::Rest, true)] {
            let reason = "broken".to_owned();
            let request = RefundRequest { payment: payment.id, order: order.id, portion, restock: false, reason };
            let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
            let done = RefundOutcome::Succeeded("rfnd_1".to_owned());
            assert!(store.settle_refund(&operation, &refund, &done).await.unwrap());
            let series = Series::of_credit_notes(&tenant.tenant, &invoice, operation.now);
            store.number_credit_note(&operation, &series, (&order, &invoice), &refund).await.unwrap();
            assert_eq!(shown().await, json!([key(&plain[0], first), key(&plain[1], true)]));
            assert_eq!(check(&staff.token, &plain[1]).await.data(StatusCode::OK)["revoked"], true);
            assert_eq!(check(&staff.token, &plain[0]).await.data(StatusCode::OK)["revoked"], first);
        }
        assert_eq!(check(&shop.seller.token, &plain[0]).await.data(StatusCode::OK)["sku"], "TEST-0001");
        for other in [&staff, &shop.seller] {
            read(&other.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
    }
}
