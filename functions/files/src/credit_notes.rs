//! `GET /orders/{orderId}/credit-notes`

use axum::extract::State as Shared;
use domain::clock::Timestamp;
use domain::credit::CreditNote;
use domain::id::{CreditNoteId, OrderId, RefundId};
use domain::money::Money;
use platform::objects::LONGEST_DOWNLOAD;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply, schema};

use crate::{Buckets, failed};

/// A credit note and a link to it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditNoteView {
    /// The credit note's id.
    #[schema(value_type = String, example = "crn_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: CreditNoteId,
    /// The number on the document.
    #[schema(example = "CN-HAAT-2026-0001")]
    pub number: String,
    /// The number of the invoice that it takes back.
    #[schema(example = "HAAT-2026-0001")]
    pub invoice: String,
    /// The refund that it is for.
    #[schema(value_type = String, example = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub refund_id: RefundId,
    /// What was given back.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    pub issued_at: Timestamp,
    /// Where the PDF is, for GET only.
    #[schema(example = "https://invoices.s3.amazonaws.com/…")]
    pub download_url: String,
    /// For how many seconds the link works.
    #[schema(example = 300)]
    pub expires_in: u64,
}

/// Get links to the credit notes of an order, oldest first
///
/// For the buyer, the seller and the tenant's people. A credit note is written shortly after money went back; until then it is
/// not among them. The list is complete and has no pages.
#[utoipa::path(
    get,
    path = "/orders/{orderId}/credit-notes",
    tag = "Orders",
    params(("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The credit notes", body = Envelope<Vec<CreditNoteView>>)),
    extensions(("x-access" = json!("caller"))),
)]
pub async fn list_credit_notes(
    Shared(edge): Shared<Edge>,
    Shared(buckets): Shared<Buckets>,
    bearer: Bearer,
    Path(id): Path<OrderId>,
) -> Answer<Vec<CreditNoteView>> {
    let read = async |scope| edge.store().order_and_credit_notes(scope, id).await;
    let (caller, (order, notes)) = bearer.with(read).await?;
    order.filter(|order| order.is_visible_to(&caller)).ok_or_else(Problem::not_found)?;
    let mut views = Vec::new();
    for note in notes {
        views.extend(view(&buckets, note).await?);
    }
    Ok(Reply::ok(views))
}

/// Shows a note whose document is stored. Links are signed here; nobody is asked.
async fn view(buckets: &Buckets, note: CreditNote) -> Result<Option<CreditNoteView>, Problem> {
    let Some(place) = &note.object_key else { return Ok(None) };
    let name = format!("{}.pdf", note.number);
    let link = buckets.invoices.presign_get(place, &name, LONGEST_DOWNLOAD).await.map_err(failed)?;
    Ok(Some(CreditNoteView {
        id: note.id,
        number: note.number,
        invoice: note.invoice,
        refund_id: note.refund,
        amount: note.credit.amount,
        issued_at: note.issued_at,
        download_url: link,
        expires_in: LONGEST_DOWNLOAD.as_secs(),
    }))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::invoice::Series;
    use domain::refund::Portion;
    use http::StatusCode;
    use store::refunds::{RefundOutcome, RefundRequest};

    use crate::test_support::Shop;

    #[tokio::test]
    async fn a_credit_note_is_there_for_those_whom_it_concerns_once_it_is_written() {
        let shop = Shop::open().await;
        let (tenant, store) = (&shop.tenant, shop.tenant.stack.store());
        let placed = tenant.sale(shop.buyer.user.id, &["Spiral vase"]).await;
        let (payment, _) = tenant.capture_sale(&placed, &format!("order_{}", tenant.id()), "pay_1").await;
        let order = placed.orders[0].id;
        let read =
            async |token: &str| shop.api.get(&format!("/orders/{order}/credit-notes")).bearer(token).send().await;
        assert_eq!(read(&shop.buyer.token).await.data(StatusCode::OK), &serde_json::json!([]));

        let operation = tenant.operation();
        let reason = "broken".to_owned();
        let request = RefundRequest { payment: payment.id, order, portion: Portion::Rest, restock: false, reason };
        let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
        let done = RefundOutcome::Succeeded("rfnd_1".to_owned());
        assert!(store.settle_refund(&operation, &refund, &done).await.unwrap());
        let order = store.order(tenant.scope(), order).await.unwrap().unwrap();
        let series = Series::of_invoices(&tenant.tenant, None, operation.now);
        let invoice = store.number_invoice(&operation, &series, &order, None).await.unwrap();
        let series = Series::of_credit_notes(&tenant.tenant, &invoice, operation.now);
        let note = store.number_credit_note(&operation, &series, (&order, &invoice), &refund).await.unwrap();
        // It has a number and no document yet.
        assert_eq!(read(&shop.buyer.token).await.data(StatusCode::OK), &serde_json::json!([]));
        shop.buckets.invoices.put("test/note.pdf", b"%PDF-1.7".to_vec(), "application/pdf").await.unwrap();
        store.credit_note_stored(&operation, &note, "test/note.pdf").await.unwrap();

        let staff = tenant.member(&[Role::Staff]).await;
        for member in [&shop.buyer, &staff] {
            let list = read(&member.token).await;
            let shown = &list.data(StatusCode::OK)[0];
            assert_eq!(
                (&shown["number"], &shown["invoice"]),
                (&note.number.clone().into(), &invoice.number.clone().into())
            );
            assert_eq!(shown["amount"]["amount"], placed.orders[0].totals.total.amount);
            assert_eq!(list.round_trips(), 1);
            let pdf = reqwest::get(shown["downloadUrl"].as_str().unwrap()).await.unwrap();
            assert_eq!(pdf.bytes().await.unwrap().as_ref(), b"%PDF-1.7");
        }
        read(&shop.seller.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let other = Shop::open().await;
        let path = format!("/orders/{}/credit-notes", order.id);
        let answer = other.api.get(&path).bearer(&other.buyer.token).send().await;
        answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}
