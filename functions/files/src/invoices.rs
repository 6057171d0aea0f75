//! `GET /orders/{orderId}/invoice`

use axum::extract::State as Shared;
use domain::clock::Timestamp;
use domain::id::{InvoiceId, OrderId};
use domain::order::OrderStatus;
use platform::objects::LONGEST_DOWNLOAD;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Code, Edge, Envelope, Path, Problem, Reply, refusals};

use crate::{Buckets, failed};

/// A link to an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceView {
    /// The invoice's id.
    #[schema(value_type = String, example = "inv_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: InvoiceId,
    /// The number on the document.
    #[schema(example = "HAAT-2026-0001")]
    pub number: String,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// Where the PDF is, for GET only.
    #[schema(example = "https://invoices.s3.amazonaws.com/…")]
    pub download_url: String,
    /// For how many seconds the link works.
    #[schema(example = 300)]
    pub expires_in: u64,
}

/// Get a link to the invoice of an order
///
/// For the buyer, the seller and the tenant's people. The invoice is written shortly after the payment; until then there is
/// none (404), and an order that still waits for its payment answers 403.
#[utoipa::path(
    get,
    path = "/orders/{orderId}/invoice",
    tag = "Orders",
    params(("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses(
        (status = 200, description = "The link", body = Envelope<InvoiceView>),
        refusals::Of<(refusals::NotPaid,)>,
    ),
    extensions(("x-access" = json!("caller"))),
)]
pub async fn show_invoice(
    Shared(edge): Shared<Edge>,
    Shared(buckets): Shared<Buckets>,
    bearer: Bearer,
    Path(id): Path<OrderId>,
) -> Answer<InvoiceView> {
    let read = async |scope| edge.store().order_and_invoice(scope, id).await;
    let (caller, (order, invoice)) = bearer.with(read).await?;
    let order = order.ok_or_else(Problem::not_found)?;
    if !order.is_visible_to(&caller) {
        return Err(Problem::not_found());
    }
    let Some((invoice, place)) = invoice.and_then(|invoice| invoice.object_key.clone().map(|place| (invoice, place)))
    else {
        let waits = [OrderStatus::Created, OrderStatus::PaymentPending, OrderStatus::PaymentFailed];
        let code = if waits.contains(&order.status) { Code::NotPaid } else { Code::NotFound };
        return Err(Problem::new(code));
    };
    let name = format!("{}.pdf", invoice.number);
    let link = buckets.invoices.presign_get(&place, &name, LONGEST_DOWNLOAD).await.map_err(failed)?;
    Ok(Reply::ok(InvoiceView {
        id: invoice.id,
        number: invoice.number,
        issued_at: invoice.issued_at,
        download_url: link,
        expires_in: LONGEST_DOWNLOAD.as_secs(),
    }))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::invoice::Series;
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn an_invoice_is_there_for_those_whom_it_concerns_once_it_is_written() {
        let shop = Shop::open().await;
        let tenant = &shop.tenant;
        let placed = tenant.sale(shop.buyer.user.id, &["Spiral vase"]).await;
        let order = placed.orders[0].clone();
        let read =
            async |token: &str| shop.api.get(&format!("/orders/{}/invoice", order.id)).bearer(token).send().await;
        read(&shop.buyer.token).await.refused(StatusCode::FORBIDDEN, "NOT_PAID");
        tenant.pay_sale(&placed).await;
        read(&shop.buyer.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let (store, operation) = (tenant.stack.store(), tenant.operation());
        let order = store.order(tenant.scope(), order.id).await.unwrap().unwrap();
        let series = Series::of_invoices(&tenant.tenant, None, operation.now);
        let invoice = store.number_invoice(&operation, &series, &order, None).await.unwrap();
        shop.buckets.invoices.put("test/invoice.pdf", b"%PDF-1.7".to_vec(), "application/pdf").await.unwrap();
        store.invoice_stored(&operation, &invoice, "test/invoice.pdf").await.unwrap();
        let staff = tenant.member(&[Role::Staff]).await;
        for member in [&shop.buyer, &staff] {
            let link = read(&member.token).await;
            assert_eq!((&link.data(StatusCode::OK)["number"], link.round_trips()), (&invoice.number.clone().into(), 1));
            let pdf = reqwest::get(link.body["data"]["downloadUrl"].as_str().unwrap()).await.unwrap();
            assert_eq!(pdf.bytes().await.unwrap().as_ref(), b"%PDF-1.7");
        }
        read(&shop.seller.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}
