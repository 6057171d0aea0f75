use domain::catalog::{LegalIdentity, Seller, SellerStatus};
use domain::invoice::InvoiceSeries;
use domain::order::Order;
use domain::payment::Payment;
use domain::refund::Portion;
use harness::member::Member;
use platform::people;
use store::refunds::{RefundOutcome, RefundRequest};

use super::*;
use crate::document::Frame;
use crate::pdf::Document;

/// A marketplace whose sellers issue their invoices themselves, and somebody who sells there.
struct Market {
    tenant: TestTenant,
    state: State,
    seller: Member,
}

/// A paid checkout of one order of the seller's.
struct Sale {
    placed: Placed,
    payment: Payment,
    paid: Event,
}

fn identity(name: &str) -> LegalIdentity {
    let address = vec!["72 đường Lê Thánh Tôn".to_owned(), "Thành phố Hồ Chí Minh".to_owned()];
    LegalIdentity { legal_name: name.to_owned(), tax_id: Some("0312345678".to_owned()), address }
}

impl Market {
    async fn open(series: InvoiceSeries) -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant_with(|tenant| tenant.settings.invoice_series = series).await;
        let seller = tenant.member(&[Role::Customer]).await;
        tenant.profile(&seller, "layers", SellerStatus::Active).await;
        Self { state: state(&stack), tenant, seller }
    }

    /// Changes the profile: who it is before the law, and the prefix that was agreed on.
    async fn tell(&self, identity: Option<&LegalIdentity>, prefix: Option<&str>) {
        let (store, vault, tenant) = (self.tenant.stack.store(), self.tenant.stack.vault(), &self.tenant.tenant);
        let id = Seller::id_of(self.seller.user.id);
        let (before, person) = store.seller_with_person(self.tenant.scope(), id).await.unwrap();
        let (before, person) = (before.unwrap(), person.unwrap());
        let legal_identity = match identity {
            Some(identity) => Some(people::seal_legal_identity(vault, tenant, &person, id, identity).await.unwrap()),
            None => None,
        };
        let invoice_prefix = prefix.map(|prefix| prefix.parse().unwrap());
        let after = Seller { legal_identity, invoice_prefix, ..before.clone() };
        store.change_seller(&self.tenant.operation(), &before, after).await.unwrap().unwrap();
    }

    async fn sell(&self) -> Sale {
        let buyer = self.tenant.member(&[Role::Customer]).await;
        let mut item = self.tenant.item("Đèn hoa sen");
        item.product.seller = Seller::id_of(self.seller.user.id);
        let placed = self.tenant.sale_of(buyer.user.id, vec![item]).await;
        let order = placed.orders[0].id;
        let (payment, _) = self.tenant.capture_sale(&placed, &format!("order_{order}"), "pay_issuer").await;
        let paid = Event::OrderGroupPaid { group: placed.group.id, payment: Some(payment.id), orders: vec![order] };
        Sale { placed, payment, paid }
    }

    async fn invoiced(&self, sale: &Sale) -> Invoice {
        self.state.handle(job(&self.tenant, sale.paid.clone())).await.unwrap();
        invoice(&self.tenant, &sale.placed, 0).await
    }

    /// Gives the whole order back and returns its credit note.
    async fn credited(&self, sale: &Sale) -> domain::credit::CreditNote {
        let (store, operation) = (self.tenant.stack.store(), self.tenant.operation());
        let (payment, order) = (sale.payment.id, sale.placed.orders[0].id);
        let reason = "broken".to_owned();
        let request = RefundRequest { payment, order, portion: Portion::Rest, restock: false, reason };
        let refund = store.request_refund(&operation, &sale.payment, &request).await.unwrap().unwrap();
        let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
        assert!(store.settle_refund(&operation, &refund, &outcome).await.unwrap());
        let back = Event::RefundSucceeded { group: sale.placed.group.id, payment, refund: refund.id };
        self.state.handle(job(&self.tenant, back)).await.unwrap();
        store.credit_notes(self.tenant.scope(), order).await.unwrap().remove(0)
    }

    /// Says what is drawn of an order now, as an invoice.
    async fn drawn(&self, sale: &Sale) -> Document {
        let (tenant, order) = (&self.tenant.tenant, &sale.placed.orders[0]);
        let order: Order = self.tenant.stack.store().order(self.tenant.scope(), order.id).await.unwrap().unwrap();
        let invoice = invoice(&self.tenant, &sale.placed, 0).await;
        let issuer = people::open_issuer(&self.state.vault, tenant, &invoice).await.unwrap();
        let seller = self.tenant.stack.store().seller(self.tenant.scope(), order.seller, Consistency::Strong).await;
        let (seller, address) = (seller.unwrap(), domain::address::PostalAddress::blank());
        let frame =
            Frame { tenant, order: &order, address: &address, seller: seller.as_ref(), issuer: issuer.as_ref() };
        frame.invoice(&invoice).unwrap()
    }

    fn year(&self) -> i16 {
        domain::calendar::local(self.tenant.stack.now(), "Asia/Kolkata").year()
    }
}

#[tokio::test]
async fn a_seller_with_a_series_and_a_legal_identity_issues_its_documents_itself() {
    let market = Market::open(InvoiceSeries::Seller).await;
    market.tell(Some(&identity("Hộ kinh doanh Ánh Tuyết")), Some("TUYET")).await;
    let sale = market.sell().await;
    assert_eq!(market.invoiced(&sale).await.number, format!("TUYET-{}-0001", market.year()));
    let document = market.drawn(&sale).await;
    let issuer = &document.issuer;
    assert_eq!((issuer.name.as_str(), issuer.tax_id.as_deref()), ("Hộ kinh doanh Ánh Tuyết", Some("0312345678")));
    assert_eq!(issuer.address, identity("").address);
    assert_eq!(document.sold_by.as_deref(), Some("Layer by Layer"));
    assert_eq!(document.marketplace.as_deref(), Some(market.tenant.tenant.legal_name.as_str()));
    for item in market.tenant.stored("").await {
        let item = item.to_string();
        assert!(!item.contains("Ánh Tuyết") && !item.contains("Lê Thánh Tôn"), "{item}");
    }
}

#[tokio::test]
async fn the_tenant_issues_what_was_not_agreed_on_otherwise() {
    let known = identity("Kiran Rao");
    for (series, identity, prefix) in [
        (InvoiceSeries::Tenant, Some(&known), Some("KIRAN")),
        (InvoiceSeries::Seller, Some(&known), None),
        (InvoiceSeries::Seller, None, Some("KIRAN")),
    ] {
        let market = Market::open(series).await;
        market.tell(identity, prefix).await;
        let sale = market.sell().await;
        assert_eq!(market.invoiced(&sale).await.issuer, None, "{series:?} {prefix:?}");
        let document = market.drawn(&sale).await;
        assert_eq!(document.issuer.name, market.tenant.tenant.legal_name);
        assert_eq!((document.sold_by.as_deref(), document.marketplace), (Some("Layer by Layer"), None));
    }
}

#[tokio::test]
async fn whoever_issued_an_invoice_issues_its_credit_note_whatever_changed_since() {
    let market = Market::open(InvoiceSeries::Seller).await;
    let of_tenant = market.sell().await;
    market.invoiced(&of_tenant).await;
    market.tell(Some(&identity("Kiran Rao")), Some("KIRAN")).await;
    let of_seller = market.sell().await;
    market.invoiced(&of_seller).await;
    market.tell(Some(&identity("Kiran Rao Prints LLP")), Some("LLP")).await;
    let year = market.year();
    assert_eq!(market.credited(&of_tenant).await.number, format!("CN-HAAT-{year}-0001"));
    assert_eq!(market.credited(&of_seller).await.number, format!("CN-KIRAN-{year}-0001"));
    assert_eq!(market.drawn(&of_tenant).await.marketplace, None);
    assert_eq!(market.drawn(&of_seller).await.issuer.name, "Kiran Rao");
    let later = market.sell().await;
    assert_eq!(market.invoiced(&later).await.number, format!("LLP-{year}-0001"));
    assert_eq!(market.drawn(&later).await.issuer.name, "Kiran Rao Prints LLP");
}

#[tokio::test]
async fn an_invoice_keeps_its_issuer_when_the_seller_is_erased_and_then_the_buyer() {
    let market = Market::open(InvoiceSeries::Seller).await;
    market.tell(Some(&identity("Kiran Rao")), Some("KIRAN")).await;
    let sale = market.sell().await;
    let before = market.invoiced(&sale).await;
    let (store, operation) = (market.tenant.stack.store(), market.tenant.operation());
    let id = Seller::id_of(market.seller.user.id);
    let (seller, person) = store.seller_with_person(market.tenant.scope(), id).await.unwrap();
    let erased = store.erase_user(&operation, &person.unwrap(), None).await.unwrap();
    assert_eq!(erased, store::privacy::Erasure::Done);
    store.close_seller(&operation, &seller.unwrap()).await.unwrap().unwrap();
    assert_eq!(market.credited(&sale).await.number, format!("CN-KIRAN-{}-0001", market.year()));
    let deleted = erase(&market.tenant, &sale.placed).await;
    market.state.handle(job(&market.tenant, deleted)).await.unwrap();
    let document = market.drawn(&sale).await;
    assert_eq!((document.issuer.name.as_str(), document.number), ("Kiran Rao", before.number));
    // What is sold after that is the tenant's to invoice.
    let later = market.sell().await;
    assert_eq!(market.invoiced(&later).await.issuer, None);
}

#[tokio::test]
async fn what_the_seller_said_when_the_number_was_taken_counts_in_a_run_that_was_cut_off() {
    let market = Market::open(InvoiceSeries::Seller).await;
    market.tell(Some(&identity("Kiran Rao")), Some("KIRAN")).await;
    let sale = market.sell().await;
    let (store, tenant) = (market.tenant.stack.store(), &market.tenant.tenant);
    let order = store.order(market.tenant.scope(), sale.placed.orders[0].id).await.unwrap().unwrap();
    let (seller, _) = store.seller_with_person(market.tenant.scope(), order.seller).await.unwrap();
    let series = Series::of_invoices(tenant, seller.as_ref(), market.tenant.stack.now());
    let vault = market.tenant.stack.vault();
    let issuer = people::seal_issuer(vault, tenant, order.id, &identity("Kiran Rao")).await.unwrap();
    store.number_invoice(&market.tenant.operation(), &series, &order, Some(&issuer)).await.unwrap();
    market.tell(None, Some("KIRAN")).await;
    assert_eq!(market.invoiced(&sale).await.issuer, Some(issuer));
    assert_eq!(market.drawn(&sale).await.issuer.name, "Kiran Rao");
}
