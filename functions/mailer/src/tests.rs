mod copies;

mod sellers;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use domain::access::Role;
use domain::catalog::SellerStatus;
use domain::event::{Envelope, SecurityChange};
use domain::id::{EventId, Id};
use domain::invoice::Series;
use domain::operation::Action;
use domain::order::{CancelReason, Party, Placed};
use domain::pii::Purpose;
use domain::refund::Portion;
use domain::shipment::ShipmentStatus;
use domain::user::{Email, User, UserStatus, field};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use platform::tickets;
use platform::vault::Place;
use serde_json::Value;
use store::emails::{EmailMove, Moved};
use store::refunds::RefundRequest;
use store::tickets::Addressee;
use worker::Handler;

use super::*;

const PDF: &[u8] = b"%PDF-1.7 of a test";

async fn state(stack: &Stack) -> State {
    let invoices = Objects::new(stack.s3(), &stack.names.invoices_bucket, stack.ambient().clone());
    let ses = Clients::from_sdk(stack.sdk().clone()).ses();
    // Refused when another test was first.
    let _ = ses.create_email_identity().email_identity("no-reply@haat.test").send().await;
    let mailer = Mailer::new(ses, "Haat <no-reply@haat.test>", stack.ambient().clone()).unwrap();
    State::new(stack.store().clone(), stack.vault().clone(), invoices, mailer, "haat.test".to_owned()).unwrap()
}

async fn bought(tenant: &TestTenant) -> (Member, Placed) {
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Đèn hoa sen"]).await;
    (buyer, placed)
}

fn job(tenant: &TestTenant, event: Event) -> Job {
    let ambient = tenant.stack.ambient();
    Job { id: ambient.id::<EventId>(), event, occurred_at: ambient.now(), operation: tenant.operation() }
}

/// Returns the raw mails that mention `text`.
async fn sent(stack: &Stack, text: &str) -> Vec<Value> {
    let url = format!("{}/_ministack/ses/messages", stack.endpoint);
    let body: Value = serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
    let mut found = Vec::new();
    collect(&body, text, &mut found);
    found
}

fn collect(value: &Value, text: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, text, found)),
        Value::Object(fields) if fields.contains_key("MessageId") => {
            found.extend(fields["To"].to_string().contains(text).then(|| value.clone()));
        }
        Value::Object(fields) => fields.values().for_each(|field| collect(field, text, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_placed_order_is_confirmed_to_its_buyer() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    state(&stack).await.handle(job(&tenant, placed.events[0].clone())).await.unwrap();
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], "Your order at Print & Co");
    for part in ["BodyText", "BodyHtml"] {
        let part = mails[0][part].as_str().unwrap();
        assert!(part.contains(&placed.orders[0].id.to_string()) && part.contains("Đèn hoa sen"));
    }
}

#[tokio::test]
async fn a_cancelled_order_is_told_to_its_buyer() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    let (order, operation) = (&placed.orders[0], tenant.operation());
    let (by, reason) = (Party::Seller, CancelReason::OutOfStock);
    stack.store().cancel_order(&operation, order, by, reason).await.unwrap().unwrap();
    let told = tenant.stored("EVT#").await;
    let told = told.into_iter().find(|row| row["event"]["type"] == "OrdersCancelled").unwrap();
    let event: Event = serde_json::from_value(told["event"].clone()).unwrap();
    assert_eq!(event.consumers(), [Consumer::Mailer, Consumer::Invoicer]);
    state(&stack).await.handle(job(&tenant, event)).await.unwrap();
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!((mails.len(), &mails[0]["Subject"]), (1, &Value::from("Your order at Print & Co was cancelled")));
    for part in ["BodyText", "BodyHtml"] {
        let part = mails[0][part].as_str().unwrap();
        assert!(part.contains(&order.id.to_string()) && part.contains("out of stock"), "{part}");
    }
}

#[tokio::test]
async fn an_invoice_goes_out_with_its_document_once_however_often_the_event_arrives() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    tenant.pay_sale(&placed).await;
    let (state, operation) = (Arc::new(state(&stack).await), tenant.operation());
    let order = stack.store().order(tenant.scope(), placed.orders[0].id).await.unwrap().unwrap();
    let series = Series::of_invoices(&tenant.tenant, None, operation.now);
    let invoice = stack.store().number_invoice(&operation, &series, &order, None).await.unwrap();
    let key = format!("{}/{}.pdf", tenant.id(), invoice.id);
    state.invoices.put(&key, PDF.to_vec(), "application/pdf").await.unwrap();
    stack.store().invoice_stored(&operation, &invoice, &key).await.unwrap();

    let event = Event::InvoiceIssued { invoice: invoice.id, order: order.id };
    let envelope: Envelope = operation.envelope(event.clone());
    let mut message = SqsMessage::default();
    message.message_id = Some("1".to_owned());
    message.body = Some(serde_json::to_string(&envelope).unwrap());
    let mut batch = SqsEvent::default();
    batch.records = vec![message.clone(), message];
    let edge = Edge::new(Consumer::Mailer, stack.store().clone(), stack.ambient().clone());
    for _ in 0..3 {
        assert!(edge.batch(&state, batch.clone()).await.batch_item_failures.is_empty());
    }
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], format!("Invoice {} from Print & Co", invoice.number));
    // The local AWS keeps no attachments, so what was composed is looked at.
    let mail = state.compose(&job(&tenant, event), Audience::Person).await.unwrap().unwrap().mail;
    let [attachment] = mail.attachments.as_slice() else { panic!("one attachment") };
    assert_eq!(attachment.name, format!("{}.pdf", invoice.number));
    assert_eq!(attachment.bytes, PDF);
}

#[tokio::test]
async fn a_credit_note_goes_out_with_its_document() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    let (payment, _) = tenant.capture_sale(&placed, &format!("order_{}", tenant.id()), "pay_1").await;
    let (store, operation, order) = (stack.store(), tenant.operation(), placed.orders[0].id);
    let reason = "broken".to_owned();
    let request = RefundRequest { payment: payment.id, order, portion: Portion::Rest, restock: false, reason };
    let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
    let order = store.order(tenant.scope(), order).await.unwrap().unwrap();
    let series = Series::of_invoices(&tenant.tenant, None, operation.now);
    let invoice = store.number_invoice(&operation, &series, &order, None).await.unwrap();
    let series = Series::of_credit_notes(&tenant.tenant, &invoice, operation.now);
    let note = store.number_credit_note(&operation, &series, (&order, &invoice), &refund).await.unwrap();
    let event = Event::CreditNoteIssued { credit_note: note.id, order: order.id, place: note.place };
    let state = state(&stack).await;
    // Its document is not there yet, so neither is the mail.
    assert!(matches!(state.compose(&job(&tenant, event.clone()), Audience::Person).await, Err(JobError::Fail(_))));
    let key = format!("{}/{}.pdf", tenant.id(), note.id);
    state.invoices.put(&key, PDF.to_vec(), "application/pdf").await.unwrap();
    store.credit_note_stored(&operation, &note, &key).await.unwrap();
    state.handle(job(&tenant, event.clone())).await.unwrap();
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], format!("Credit note {} from Print & Co", note.number));
    assert!(mails[0]["BodyText"].as_str().unwrap().contains(&invoice.number));
    let mail = state.compose(&job(&tenant, event), Audience::Person).await.unwrap().unwrap().mail;
    assert_eq!(
        (mail.attachments[0].name.as_str(), mail.attachments[0].bytes.as_slice()),
        (format!("{}.pdf", note.number).as_str(), PDF)
    );
}

#[tokio::test]
async fn a_mail_whose_document_is_missing_is_not_sent() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    let event = Event::InvoiceIssued { invoice: stack.ambient().id(), order: placed.orders[0].id };
    assert!(matches!(state(&stack).await.handle(job(&tenant, event)).await, Err(JobError::Fail(_))));
    assert!(sent(&stack, &buyer.email).await.is_empty());
}

#[tokio::test]
async fn a_parcel_is_told_of_when_it_leaves_and_when_it_arrives_and_not_once_it_is_back() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (buyer, placed) = bought(&tenant).await;
    tenant.capture_sale(&placed, &format!("order_{}", placed.group.id.ulid()), "pay_parcel").await;
    let parcel = tenant.parcel(&placed.orders[0]).await;
    let state = state(&stack).await;
    let told = async |status: ShipmentStatus| {
        let event = Event::ShipmentMoved { shipment: parcel.id, order: parcel.order, status };
        state.compose(&job(&tenant, event), Audience::Person).await.unwrap().map(|composed| composed.mail)
    };
    let sent = told(ShipmentStatus::Shipped).await.unwrap();
    assert_eq!(
        (sent.to.as_str(), sent.subject.as_str()),
        (buyer.email.as_str(), "Your parcel from Print & Co is on its way")
    );
    assert!(sent.text.contains(&parcel.tracking_url) && sent.text.contains("2 × Đèn hoa sen (PLA, white)"));
    assert!(sent.text.contains(&format!("/orders/{}", parcel.order)));
    assert_eq!(told(ShipmentStatus::Delivered).await.unwrap().subject, "Your parcel from Print & Co has arrived");
    for quiet in [ShipmentStatus::Pending, ShipmentStatus::InTransit, ShipmentStatus::Exception] {
        assert!(told(quiet).await.is_none(), "{quiet:?}");
    }
    let back = domain::shipment::ShipmentStep {
        status: ShipmentStatus::Returned,
        place: None,
        note: None,
        actor: domain::operation::Actor::System { name: "test".to_owned() },
        at: stack.now(),
    };
    stack.store().move_shipment(&tenant.operation(), &parcel, back).await.unwrap().unwrap();
    assert!(told(ShipmentStatus::Shipped).await.is_none());
}

/// Issues a ticket to a person.
async fn ticket(tenant: &TestTenant, person: &Member, kind: TicketKind) -> Ticket {
    let (stack, operation) = (&tenant.stack, tenant.operation());
    let ticket = tickets::issue_to(stack.vault(), &tenant.tenant, &operation, kind, &person.user).await.unwrap();
    assert!(stack.store().issue_ticket(&operation, &ticket, Addressee::Somebody).await.unwrap());
    ticket
}

async fn link(tenant: &TestTenant, person: &Member, ticket: &Ticket) -> String {
    let token = tickets::open_token(tenant.stack.vault(), &tenant.tenant, &person.user, ticket).await.unwrap().unwrap();
    format!("https://{}.haat.test/{}?token={token}", tenant.tenant.subdomain, ticket.kind.page())
}

#[tokio::test]
async fn a_link_goes_out_once_and_its_token_is_forgotten_then() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    for kind in [TicketKind::EmailVerification, TicketKind::PasswordReset, TicketKind::Invitation] {
        let person = tenant.member(&[Role::Customer]).await;
        let ticket = ticket(&tenant, &person, kind).await;
        let link = link(&tenant, &person, &ticket).await;
        let state = state(&stack).await;
        for _ in 0..2 {
            state.handle(job(&tenant, ticket.issued())).await.unwrap();
        }
        let mails = sent(&stack, &person.email).await;
        assert_eq!(mails.len(), 1, "{kind:?}");
        for part in ["BodyText", "BodyHtml"] {
            let part = mails[0][part].as_str().unwrap().replace("&#x2f;", "/");
            assert!(part.contains(&link), "{kind:?}: {part}");
        }
        let left = stack.store().ticket_with_user(tenant.scope(), person.user.id, kind).await.unwrap().unwrap().0;
        assert_eq!(left, Ticket { token: None, ..ticket });
    }
}

#[tokio::test]
async fn a_link_that_would_not_work_is_not_sent() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let state = state(&stack).await;
    let person = tenant.member(&[Role::Customer]).await;
    let composed = async |ticket: &Ticket| {
        state.compose(&job(&tenant, ticket.issued()), Audience::Person).await.unwrap().is_some()
    };
    let first = ticket(&tenant, &person, TicketKind::PasswordReset).await;
    assert!(composed(&first).await);
    stack.clock.advance(Duration::from_secs(61));
    let second = ticket(&tenant, &person, TicketKind::PasswordReset).await;
    assert!(!composed(&first).await, "another took its place");
    stack.clock.advance(Duration::from_secs(15 * 60));
    assert!(!composed(&second).await, "it has expired");
    let third = ticket(&tenant, &person, TicketKind::EmailVerification).await;
    assert!(stack.store().verify_email(&tenant.operation(), &third).await.unwrap());
    assert!(!composed(&third).await, "it was used");
    // Nobody is behind the ticket of an address that has no account.
    let (vault, operation) = (stack.vault(), tenant.operation());
    let index = vault.blind_index(&tenant.tenant, "user.email", "nobody@example.com").await.unwrap();
    let kind = TicketKind::PasswordReset;
    let decoy = tickets::issue_to_nobody(vault, &tenant.tenant, &operation, kind, &index).await.unwrap();
    assert!(stack.store().issue_ticket(&operation, &decoy, Addressee::Nobody).await.unwrap());
    assert!(!composed(&decoy).await);
}

#[tokio::test]
async fn who_is_kept_out_gets_no_invitation_and_who_waits_for_one_does() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (state, operation) = (state(&stack).await, tenant.operation());
    let invited = tenant.member(&[Role::Staff]).await;
    let ticket = ticket(&tenant, &invited, TicketKind::Invitation).await;
    let composed = async || state.compose(&job(&tenant, ticket.issued()), Audience::Person).await.unwrap().is_some();
    let move_to = async |status: UserStatus| {
        let before = stack.store().user(tenant.scope(), invited.user.id, Consistency::Strong).await.unwrap().unwrap();
        let after = User { status, ..before.clone() };
        let changed = stack.store().change_member(&operation, &before, after, Action::UserSuspended).await;
        changed.unwrap().unwrap();
    };
    assert!(composed().await);
    for (status, is_sent) in [(UserStatus::Suspended, false), (UserStatus::Pending, true), (UserStatus::Deleted, false)]
    {
        move_to(status).await;
        assert_eq!(composed().await, is_sent, "{status:?}");
    }
}

#[tokio::test]
async fn a_move_is_confirmed_at_the_new_address_and_told_at_the_old_one() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (vault, store, state) = (stack.vault(), stack.store(), state(&stack).await);
    let person = tenant.member(&[Role::Customer]).await;
    let user = &person.user;
    let old = person.email.clone();
    let operation = tenant.operation();
    let new = Email::new(&format!("moved.{old}")).unwrap();
    let ticket = tickets::issue_for_move(vault, &tenant.tenant, &operation, user, &new).await.unwrap();
    store.issue_ticket(&operation, &ticket, Addressee::Somebody).await.unwrap();
    let mail = state.compose(&job(&tenant, ticket.issued()), Audience::Person).await.unwrap().unwrap().mail;
    assert_eq!(mail.to, new.as_str());
    assert!(mail.text.contains("/confirm-email-change?token=usr_"));

    let login = store.login(tenant.scope(), &user.email_index).await.unwrap().unwrap();
    let (part, item) = (user.key_part.as_ref().unwrap(), user.id.to_string());
    let seal = async |name, text: &str| {
        vault.seal_text(&tenant.tenant, Purpose::Pii, Place::of(part, &item, name), text).await.unwrap()
    };
    let places = vault.index_places(&tenant.tenant, field::EMAIL_INDEX, new.as_str()).await.unwrap();
    let change = EmailMove {
        ticket: &ticket,
        user,
        login: &login,
        email: seal(field::EMAIL, new.as_str()).await,
        to: places.write,
        guard: places.guard,
        old_email: seal(domain::ticket::field::OLD_EMAIL, &old).await,
    };
    assert_eq!(store.move_email(&operation, &change).await.unwrap(), Moved::Done);
    let told = tenant.stored("EVT#").await;
    let told = told.into_iter().find(|row| row["event"]["change"] == "EMAIL").unwrap();
    let notice = Job {
        id: told["id"].as_str().unwrap().parse().unwrap(),
        ..job(&tenant, Event::SecurityChanged { user: user.id, change: SecurityChange::Email })
    };
    for _ in 0..2 {
        state.handle(notice.clone()).await.unwrap();
    }
    let mails: Vec<_> =
        sent(&stack, &old).await.into_iter().filter(|mail| !mail["To"].to_string().contains("moved.")).collect();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], "Your e-mail address at Print & Co was changed");
    assert_eq!(store.old_address(tenant.scope(), user.id, notice.id).await.unwrap(), None);
}

#[tokio::test]
async fn every_change_of_how_somebody_signs_in_is_told_them_in_their_marketplaces_language() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant_with(|tenant| tenant.settings.locale = "vi-VN".to_owned()).await;
    let (person, state) = (tenant.member(&[Role::Customer]).await, state(&stack).await);
    let mut subjects = std::collections::BTreeSet::new();
    for change in [
        SecurityChange::Password,
        SecurityChange::MfaEnabled,
        SecurityChange::MfaDisabled,
        SecurityChange::BackupCodes,
        SecurityChange::IdentityLinked,
        SecurityChange::RefreshTokenReused,
    ] {
        let event = Event::SecurityChanged { user: person.user.id, change };
        let mail = state.compose(&job(&tenant, event), Audience::Person).await.unwrap().unwrap().mail;
        assert_eq!(mail.to, person.email);
        assert!(mail.text.starts_with("Xin chào Asha,"), "{}", mail.text);
        subjects.insert(mail.subject);
    }
    assert_eq!(subjects.len(), 6);
}

#[tokio::test]
async fn a_seller_is_told_that_they_can_sell_and_nobody_is_told_who_is_gone() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let member = tenant.member(&[Role::Customer]).await;
    let seller = tenant.profile(&member, "layers", SellerStatus::Pending).await;
    tenant.move_seller(&seller, SellerStatus::Active).await;
    let event = |seller| Event::SellerStatusChanged { seller, user: member.user.id, status: SellerStatus::Active };
    let state = state(&stack).await;
    state.handle(job(&tenant, event(seller.id))).await.unwrap();
    state.handle(job(&tenant, event(stack.ambient().id()))).await.unwrap();
    let mails = sent(&stack, &member.email).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], "You can sell at Print & Co now");
    assert!(mails[0]["BodyText"].as_str().unwrap().contains("Layer by Layer"));
}
