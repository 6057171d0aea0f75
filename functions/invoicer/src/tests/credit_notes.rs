use domain::credit::CreditNote;
use domain::money::{Currency, Money};
use domain::payment::Payment;
use domain::pricing::TaxSettings;
use domain::refund::{Portion, RefundLine};
use domain::tenant::TaxMode;
use store::refunds::{RefundOutcome, RefundRequest};

use super::*;

/// A paid checkout of one order: 2 pieces at ₹549.00 and 18 % tax, ₹99.00 shipping.
struct Paid {
    tenant: TestTenant,
    placed: Placed,
    payment: Payment,
    paid: Event,
}

impl Paid {
    async fn open(stack: &Stack) -> Self {
        let tenant = stack.tenant_with(|tenant| tenant.settings.tax = TaxSettings::flat(1_800, TaxMode::Exclusive));
        Self::open_at(tenant.await).await
    }

    async fn open_at(tenant: TestTenant) -> Self {
        let buyer = tenant.member(&[Role::Customer]).await;
        let placed = tenant.sale(buyer.user.id, &["Đèn hoa sen"]).await;
        let (payment, _) = tenant.capture_sale(&placed, &format!("order_{}", tenant.id()), "pay_credit").await;
        let orders = placed.orders.iter().map(|order| order.id).collect();
        let paid = Event::OrderGroupPaid { group: placed.group.id, payment: Some(payment.id), orders };
        Self { tenant, placed, payment, paid }
    }

    /// Gives a part of the order back, and returns the event that tells of it.
    async fn give_back(&self, portion: Portion) -> Event {
        let (store, operation) = (self.tenant.stack.store(), self.tenant.operation());
        let request = RefundRequest {
            payment: self.payment.id,
            order: self.placed.orders[0].id,
            portion,
            restock: false,
            reason: "टूटा हुआ मिला".to_owned(),
        };
        let refund = store.request_refund(&operation, &self.payment, &request).await.unwrap().unwrap();
        let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
        assert!(store.settle_refund(&operation, &refund, &outcome).await.unwrap());
        Event::RefundSucceeded { group: self.placed.group.id, payment: self.payment.id, refund: refund.id }
    }

    async fn notes(&self) -> Vec<CreditNote> {
        self.tenant.stack.store().credit_notes(self.tenant.scope(), self.placed.orders[0].id).await.unwrap()
    }

    async fn announced(&self) -> usize {
        let events = self.tenant.stored("EVT#").await;
        events.iter().filter(|event| event["event"]["type"] == "CreditNoteIssued").count()
    }
}

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

#[tokio::test]
async fn a_refund_has_one_credit_note_however_often_it_is_told_of() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, state(&stack));
    state.handle(job(&shop.tenant, shop.paid.clone())).await.unwrap();
    let back = shop.give_back(Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }])).await;
    for _ in 0..3 {
        state.handle(job(&shop.tenant, back.clone())).await.unwrap();
    }
    let [note] = shop.notes().await.try_into().unwrap();
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    let invoice = invoice(&shop.tenant, &shop.placed, 0).await;
    assert_eq!((note.number, note.invoice), (format!("CN-HAAT-{year}-0001"), invoice.number));
    let [line] = note.credit.lines.try_into().unwrap();
    assert_eq!((line.quantity, line.amount, line.tax), (1, inr(64_782), inr(9_882)));
    let stored = versions(&stack, &note.object_key.unwrap()).await;
    assert!(stored.len() == 1 && stored[0].starts_with(b"%PDF-"));
    assert_eq!(shop.announced().await, 1);
}

#[tokio::test]
async fn the_tax_on_shipping_is_in_the_lines_of_its_rate_and_goes_back_with_it() {
    let stack = Stack::connect().await;
    for mode in [TaxMode::Exclusive, TaxMode::Inclusive] {
        let taxed = stack.tenant_with(|tenant| {
            tenant.settings.tax = TaxSettings::flat(1_800, mode);
            tenant.settings.tax.shipping_class = Some(domain::catalog::TaxClass::Standard);
        });
        let (shop, state) = (Paid::open_at(taxed.await).await, state(&stack));
        state.handle(job(&shop.tenant, shop.paid.clone())).await.unwrap();
        let back = shop.give_back(Portion::Rest).await;
        state.handle(job(&shop.tenant, back)).await.unwrap();
        let [note] = shop.notes().await.try_into().unwrap();
        let invoice = invoice(&shop.tenant, &shop.placed, 0).await;
        let order = &shop.placed.orders[0];
        let blank = domain::address::PostalAddress::blank();
        let tenant = &shop.tenant.tenant;
        let frame = document::Frame { tenant, order, address: &blank, seller: None, issuer: None };
        let (asked, given) = (frame.invoice(&invoice).unwrap(), frame.credit_note(&note, &invoice).unwrap());
        // 1,098.00 and 99.00, of which 18 % are 197.64 and 17.82, or 167.49 and 15.10.
        let (tax, taxable) = if mode == TaxMode::Exclusive { (21_546, 119_700) } else { (18_259, 101_441) };
        for (document, sign) in [(&asked, 1), (&given, -1)] {
            let [line] = document.taxes.as_slice() else { panic!("{:?}", document.taxes) };
            assert_eq!((line.rate_bp, line.taxable, line.tax), (1_800, inr(sign * taxable), inr(sign * tax)));
            assert_eq!((document.subtotal, document.shipping), (inr(sign * 109_800), inr(sign * 9_900)));
            let added = if mode == TaxMode::Exclusive { tax } else { 0 };
            assert_eq!(document.total, inr(sign * (119_700 + added)));
        }
    }
}

#[tokio::test]
async fn a_refund_that_is_told_of_before_its_payment_waits_for_nobody() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, state(&stack));
    let back = shop.give_back(Portion::Rest).await;
    state.handle(job(&shop.tenant, back)).await.unwrap();
    let [note] = shop.notes().await.try_into().unwrap();
    let before = invoice(&shop.tenant, &shop.placed, 0).await;
    assert_eq!(note.invoice, before.number);
    state.handle(job(&shop.tenant, shop.paid.clone())).await.unwrap();
    assert_eq!(invoice(&shop.tenant, &shop.placed, 0).await, before);
    assert_eq!((announced(&shop.tenant).await, shop.announced().await), (1, 1));
    assert_eq!(stack.store().trial_balance(shop.tenant.scope()).await.unwrap().sums.values().sum::<i64>(), 0);
}

#[tokio::test]
async fn parts_that_go_back_at_once_take_all_of_the_invoice_back_and_nothing_twice() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, Arc::new(state(&stack)));
    let mut events = Vec::new();
    for n in 0..5 {
        events.push(shop.give_back(Portion::Amount(inr(10_001 + n))).await);
    }
    events.push(shop.give_back(Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }])).await);
    events.push(shop.give_back(Portion::Rest).await);
    let mut work = Vec::new();
    for event in events.iter().chain(&events) {
        let (state, job) = (Arc::clone(&state), job(&shop.tenant, event.clone()));
        work.push(tokio::spawn(async move { state.handle(job).await }));
    }
    for done in work {
        done.await.unwrap().unwrap();
    }
    let notes = shop.notes().await;
    let order = &shop.placed.orders[0];
    let sum = |amounts: Vec<Money>| Money::sum(Currency::Inr, amounts).unwrap();
    assert_eq!(sum(notes.iter().map(|note| note.credit.amount).collect()), order.totals.total);
    assert_eq!(sum(notes.iter().map(|note| note.credit.shipping).collect()), order.totals.shipping);
    let lines = || notes.iter().flat_map(|note| &note.credit.lines);
    assert_eq!(sum(lines().map(|line| line.tax).collect()), order.lines[0].tax);
    let numbers: BTreeSet<_> = notes.iter().map(|note| note.number.clone()).collect();
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    assert_eq!(numbers, (1..=7).map(|n| format!("CN-HAAT-{year}-{n:04}")).collect());
    assert_eq!(shop.announced().await, 7);
}

#[tokio::test]
async fn a_note_cut_off_after_its_number_was_taken_is_finished_under_that_number() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, state(&stack));
    let Event::RefundSucceeded { payment, refund, .. } = shop.give_back(Portion::Rest).await else { panic!() };
    let (store, operation) = (stack.store(), shop.tenant.operation());
    let refund = store.refund(shop.tenant.scope(), payment, refund).await.unwrap().unwrap();
    let order = shop.placed.orders[0].id;
    let (order, invoice) = issue::issue(&state, &operation, &shop.tenant.tenant, order).await.unwrap();
    let series = Series::of_credit_notes(&shop.tenant.tenant, &invoice, operation.now);
    let before = store.number_credit_note(&operation, &series, (&order, &invoice), &refund).await.unwrap();
    credit::issue(&state, &operation, &shop.tenant.tenant, &refund).await.unwrap();
    let [after] = shop.notes().await.try_into().unwrap();
    assert_eq!((after.id, after.number), (before.id, before.number));
    assert!(after.object_key.is_some());
}

#[tokio::test]
async fn money_captured_in_vain_has_no_credit_note() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, state(&stack));
    let Event::RefundSucceeded { payment, refund, .. } = shop.give_back(Portion::Rest).await else { panic!() };
    let refund = stack.store().refund(shop.tenant.scope(), payment, refund).await.unwrap().unwrap();
    let in_vain = domain::refund::Refund { order: None, ..refund };
    credit::issue(&state, &shop.tenant.operation(), &shop.tenant.tenant, &in_vain).await.unwrap();
    assert_eq!(shop.notes().await, []);
    assert_eq!(stack.store().invoice(shop.tenant.scope(), shop.placed.orders[0].id).await.unwrap(), None);
}

#[tokio::test]
async fn the_credit_notes_of_an_erased_buyer_are_drawn_anew_too() {
    let stack = Stack::connect().await;
    let (shop, state) = (Paid::open(&stack).await, state(&stack));
    let back = shop.give_back(Portion::Rest).await;
    state.handle(job(&shop.tenant, back)).await.unwrap();
    let [note] = shop.notes().await.try_into().unwrap();
    let key = note.object_key.clone().unwrap();
    let old = versions(&stack, &key).await;
    let deleted = erase(&shop.tenant, &shop.placed).await;
    state.handle(job(&shop.tenant, deleted)).await.unwrap();
    let now = versions(&stack, &key).await;
    assert!(now.len() == 1 && now != old);
    assert_eq!(shop.notes().await, [note]);
}
