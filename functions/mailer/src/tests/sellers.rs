use domain::catalog::Seller;
use domain::id::{OrderId, RefundId, SellerId};
use domain::operation::Actor;
use domain::payment::Payment;
use domain::refund::RefundLine;
use store::refunds::RefundOutcome;

use super::*;

/// What two sellers have sold to one buyer in one checkout, and who they are: in the order of the orders.
struct Sold {
    tenant: TestTenant,
    state: State,
    buyer: Member,
    sellers: Vec<Member>,
    placed: Placed,
}

impl Sold {
    async fn by(sellers: usize) -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        let buyer = tenant.member(&[Role::Customer]).await;
        let (mut people, mut items) = (Vec::new(), Vec::new());
        for _ in 0..sellers {
            let seller = tenant.member(&[Role::Customer, Role::Seller]).await;
            let mut item = tenant.item("Đèn hoa sen");
            item.product.seller = Seller::id_of(seller.user.id);
            items.push(item);
            people.push(seller);
        }
        let placed = tenant.sale_of(buyer.user.id, items).await;
        let of = |seller: SellerId| people.iter().position(|person| Seller::id_of(person.user.id) == seller).unwrap();
        let places: Vec<_> = placed.orders.iter().map(|order| of(order.seller)).collect();
        let mut people: Vec<_> = people.into_iter().map(Some).collect();
        let sellers = places.into_iter().map(|place| people[place].take().unwrap()).collect();
        Self { state: state(&stack).await, tenant, buyer, sellers, placed }
    }

    async fn paid(&self) -> Event {
        self.tenant.pay_sale(&self.placed).await
    }

    async fn captured(&self) -> Payment {
        self.tenant.capture_sale(&self.placed, &format!("order_{}", self.tenant.id()), "pay_1").await.0
    }

    fn order(&self, place: usize) -> OrderId {
        self.placed.orders[place].id
    }

    /// Lists the mails that somebody got.
    async fn mails(&self, to: &Member) -> Vec<Value> {
        sent(&self.tenant.stack, &to.email).await
    }

    /// The newest event of a kind that was written.
    async fn told(&self, kind: &str) -> Event {
        let mut told = self.tenant.stored("EVT#").await;
        told.retain(|row| row["event"]["type"] == kind);
        told.sort_by_key(|row| row["id"].as_str().map(str::to_owned));
        serde_json::from_value(told.last().unwrap()["event"].clone()).unwrap()
    }

    /// Has money of the first order given back by somebody.
    async fn give_back(&self, payment: &Payment, actor: Actor, portion: Portion, restock: bool) -> Event {
        let (store, operation) = (self.tenant.stack.store(), self.tenant.operation_by(actor));
        let (order, reason) = (self.order(0), "one was broken".to_owned());
        let request = RefundRequest { payment: payment.id, order, portion, restock, reason };
        let refund = store.request_refund(&operation, payment, &request).await.unwrap().unwrap();
        let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
        assert!(store.settle_refund(&self.tenant.operation(), &refund, &outcome).await.unwrap());
        Event::RefundSucceeded { group: refund.group, payment: payment.id, refund: refund.id }
    }
}

fn staff(person: &Member) -> Actor {
    Actor::User { id: person.user.id, roles: vec![Role::Staff] }
}

/// Runs an event through the queue's edge as one message, and tells whether it is to come back.
async fn delivered(sold: &Sold, id: EventId, event: &Event) -> bool {
    delivered_to(state(&sold.tenant.stack).await, sold, id, event).await
}

async fn delivered_to(state: State, sold: &Sold, id: EventId, event: &Event) -> bool {
    let envelope = Envelope { id, ..sold.tenant.operation().envelope(event.clone()) };
    let mut message = SqsMessage::default();
    message.message_id = Some("1".to_owned());
    message.body = Some(serde_json::to_string(&envelope).unwrap());
    let mut batch = SqsEvent::default();
    batch.records = vec![message];
    let stack = &sold.tenant.stack;
    let edge = Edge::new(Consumer::Mailer, stack.store().clone(), stack.ambient().clone());
    !edge.batch(&Arc::new(state), batch).await.batch_item_failures.is_empty()
}

#[tokio::test]
async fn each_seller_of_a_paid_checkout_is_told_of_their_own_order_and_of_nothing_about_the_buyer() {
    let sold = Sold::by(2).await;
    let event = sold.paid().await;
    assert_eq!(event.consumers(), [Consumer::Mailer, Consumer::Invoicer]);
    sold.state.handle(job(&sold.tenant, event)).await.unwrap();
    assert!(sold.mails(&sold.buyer).await.is_empty(), "the buyer is told with the invoice");
    for (place, seller) in sold.sellers.iter().enumerate() {
        let mails = sold.mails(seller).await;
        assert_eq!((mails.len(), &mails[0]["Subject"]), (1, &Value::from("New order for you at Print & Co")));
        for part in ["BodyText", "BodyHtml"] {
            let part = mails[0][part].as_str().unwrap().replace("&#x2f;", "/");
            assert!(part.contains(&format!("/seller/orders/{}", sold.order(place))), "{part}");
            assert!(!part.contains(&sold.order(1 - place).to_string()) && part.contains("Đèn hoa sen"), "{part}");
            // The buyer's address and name are with the order alone.
            assert!(
                !part.contains("Palm Grove") && !part.contains("Rao") && !part.contains(&sold.buyer.email),
                "{part}"
            );
        }
    }
}

#[tokio::test]
async fn who_can_not_be_told_holds_up_nobody_and_nobody_is_told_twice_by_the_tries_that_follow() {
    let sold = Sold::by(3).await;
    let (event, id) = (sold.paid().await, sold.tenant.stack.ambient().id());
    let broken = &sold.sellers[0];
    let row = sold.tenant.stored(&format!("U#{}", broken.user.id)).await;
    let row = row.into_iter().find(|row| row["sk"] == "A").unwrap();
    sold.tenant.overwrite(&row, "email", "nothing that opens").await;
    let counts = async || {
        let mut counts = Vec::new();
        for seller in &sold.sellers {
            counts.push(sold.mails(seller).await.len());
        }
        counts
    };
    for _ in 0..2 {
        assert!(delivered(&sold, id, &event).await, "it comes back for the one who was not told");
        assert_eq!(counts().await, [0, 1, 1]);
    }
    sold.tenant.overwrite(&row, "email", row["email"].as_str().unwrap()).await;
    for _ in 0..2 {
        assert!(!delivered(&sold, id, &event).await);
        assert_eq!(counts().await, [1, 1, 1]);
    }
}

#[tokio::test]
async fn a_mail_service_that_is_out_of_reach_delays_the_mails_and_loses_none() {
    let sold = Sold::by(2).await;
    let (event, id) = (sold.paid().await, sold.tenant.stack.ambient().id());
    // Nothing listens there.
    let sdk = sold.tenant.stack.sdk().clone().into_builder().endpoint_url("http://127.0.0.1:9").build();
    let mut down = state(&sold.tenant.stack).await;
    let ses = Clients::from_sdk(sdk).ses();
    down.mailer = Mailer::new(ses, "Haat <no-reply@haat.test>", sold.tenant.stack.ambient().clone()).unwrap();
    assert!(delivered_to(down, &sold, id, &event).await);
    for _ in 0..2 {
        assert!(!delivered(&sold, id, &event).await);
        for seller in &sold.sellers {
            assert_eq!(sold.mails(seller).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_to_send_what_was_called_off_or_given_back_before_the_mail_was_written() {
    let sold = Sold::by(1).await;
    let payment = sold.captured().await;
    let paid = sold.told("OrderGroupPaid").await;
    sold.give_back(&payment, staff(&sold.buyer), Portion::Rest, true).await;
    sold.state.handle(job(&sold.tenant, paid)).await.unwrap();
    assert!(sold.mails(&sold.sellers[0]).await.is_empty());
}

#[tokio::test]
async fn a_seller_is_told_when_somebody_else_calls_a_paid_order_off() {
    let sold = Sold::by(2).await;
    sold.captured().await;
    let store = sold.tenant.stack.store();
    let order = |place: usize| store.order(sold.tenant.scope(), sold.order(place));
    for (place, by) in [(0, Party::Buyer), (1, Party::Seller)] {
        let order = order(place).await.unwrap().unwrap();
        let done = store.cancel_order(&sold.tenant.operation(), &order, by, CancelReason::ChangedMind).await;
        done.unwrap().unwrap();
        let event = sold.told("OrdersCancelled").await;
        let Event::OrdersCancelled { orders, .. } = &event else { panic!("{event:?}") };
        assert_eq!(orders, &[order.id]);
        sold.state.handle(job(&sold.tenant, event)).await.unwrap();
    }
    let mails = sold.mails(&sold.sellers[0]).await;
    assert_eq!((mails.len(), &mails[0]["Subject"]), (1, &Value::from("An order of yours at Print & Co was cancelled")));
    let text = mails[0]["BodyText"].as_str().unwrap();
    assert!(text.contains("The buyer has cancelled it.") && text.contains("goes back to the buyer"), "{text}");
    assert!(sold.mails(&sold.sellers[1]).await.is_empty(), "who calls off knows");
    assert_eq!(sold.mails(&sold.buyer).await.len(), 2);
}

#[tokio::test]
async fn a_seller_never_hears_of_a_checkout_that_nobody_has_paid() {
    let sold = Sold::by(2).await;
    let store = sold.tenant.stack.store();
    let order = store.order(sold.tenant.scope(), sold.order(0)).await.unwrap().unwrap();
    let done = store.cancel_order(&sold.tenant.operation(), &order, Party::Buyer, CancelReason::Mistake).await;
    assert_eq!(done.unwrap().unwrap().orders.len(), 2);
    sold.state.handle(job(&sold.tenant, sold.told("OrdersCancelled").await)).await.unwrap();
    for seller in &sold.sellers {
        assert!(sold.mails(seller).await.is_empty());
    }
    assert_eq!(sold.mails(&sold.buyer).await.len(), 1);
}

#[tokio::test]
async fn a_seller_is_told_of_money_that_staff_give_back_and_not_of_what_they_know() {
    let sold = Sold::by(1).await;
    let (payment, seller) = (sold.captured().await, &sold.sellers[0]);
    let selling = Actor::User { id: seller.user.id, roles: vec![Role::Customer, Role::Seller] };
    let one = Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]);
    let event = sold.give_back(&payment, selling, one, false).await;
    assert_eq!(event.consumers(), [Consumer::Mailer, Consumer::Invoicer]);
    sold.state.handle(job(&sold.tenant, event)).await.unwrap();
    assert!(sold.mails(seller).await.is_empty(), "their own doing");

    let event = sold.give_back(&payment, staff(&sold.buyer), Portion::Rest, true).await;
    sold.state.handle(job(&sold.tenant, event)).await.unwrap();
    let mails = sold.mails(seller).await;
    let subject = Value::from("Money was given back for an order of yours at Print & Co");
    assert_eq!((mails.len(), &mails[0]["Subject"]), (1, &subject));
    let text = mails[0]["BodyText"].as_str().unwrap();
    assert!(text.contains("one was broken") && text.contains("- 1 × Đèn hoa sen"), "{text}");
    assert!(text.contains("is in stock again") && text.contains("Please don't send what is listed here."), "{text}");
}

#[tokio::test]
async fn the_money_of_a_cancelled_order_is_told_of_once() {
    let sold = Sold::by(1).await;
    let (payment, store) = (sold.captured().await, sold.tenant.stack.store());
    let order = store.order(sold.tenant.scope(), sold.order(0)).await.unwrap().unwrap();
    let done = store.cancel_order(&sold.tenant.operation(), &order, Party::Staff, CancelReason::OutOfStock).await;
    let refund = done.unwrap().unwrap().refund.unwrap();
    let outcome = RefundOutcome::Succeeded("rfnd_1".to_owned());
    assert!(store.settle_refund(&sold.tenant.operation(), &refund, &outcome).await.unwrap());
    for kind in ["OrdersCancelled", "RefundSucceeded"] {
        sold.state.handle(job(&sold.tenant, sold.told(kind).await)).await.unwrap();
    }
    let mails = sold.mails(&sold.sellers[0]).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0]["BodyText"].as_str().unwrap().contains("Print & Co has cancelled it."));
    assert_eq!(payment.id, refund.payment);
}

#[tokio::test]
async fn money_that_was_taken_in_vain_concerns_no_seller_and_a_refund_that_is_gone_is_no_mail() {
    let sold = Sold::by(1).await;
    let payment = sold.captured().await;
    let gone: RefundId = sold.tenant.stack.ambient().id();
    let event = Event::RefundSucceeded { group: payment.group, payment: payment.id, refund: gone };
    assert!(matches!(sold.state.handle(job(&sold.tenant, event)).await, Err(JobError::Fail(_))));
    let vain = Event::PaymentNeedsRefund { group: payment.group, payment: payment.id };
    assert_eq!(vain.consumers(), [Consumer::Invoicer]);
    assert!(sold.mails(&sold.sellers[0]).await.is_empty());
}
