mod disputes;
mod shop;

use domain::event::Event;
use domain::order::{GroupStatus, OrderStatus};
use domain::payment::PaymentStatus;
use harness::razorpay::{Alter, Deliver, Delivered, Outcome as Payer, Pay, Signer};
use http::StatusCode;

use self::shop::{Purchase, Shop};

#[tokio::test]
async fn a_captured_payment_pays_the_orders_in_two_round_trips() {
    let shop = Shop::open().await;
    let purchase = shop.buy(2).await;
    let letters = shop.pay(&purchase, Payer::Capture).await;

    let captured = of(&letters, "payment.captured");
    shop.send(of(&letters, "payment.authorized")).await.expect("APPLIED");
    let answer = shop.send(captured).await;
    answer.expect("APPLIED");
    assert_eq!(answer.round_trips, 2);

    let (group, payment) = shop.books(&purchase).await;
    assert_eq!((group.status, payment.status), (GroupStatus::Paid, PaymentStatus::Captured));
    assert_eq!((group.paid_by, group.open_payment), (Some(payment.id), None));
    assert_eq!(shop.order_statuses(&purchase).await, [OrderStatus::Paid]);
    assert!(shop.may_download(&purchase).await);
    assert_eq!(shop.stock().await, 8);
    assert_eq!(shop.events().await, [paid(&purchase)]);

    let answer = shop.send(captured).await;
    answer.expect("DUPLICATE");
    assert_eq!(answer.round_trips, 1);
}

#[tokio::test]
async fn fifty_deliveries_at_once_and_shuffled_pay_once() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    shop.pay(&purchase, Payer::LateCapture).await;
    let how = Deliver { send: false, times: 50, shuffle: true, ..Deliver::default() };
    let letters = shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap();
    assert_eq!(letters.len(), 200);

    let answers = shop.send_at_once(&letters).await;
    for answer in &answers {
        // Under contention a delivery may be asked to come again, as Razorpay does; it never does half.
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{answer:?}");
    }
    for letter in &letters {
        assert_eq!(shop.send(letter).await.status, StatusCode::OK);
    }
    let (group, payment) = shop.books(&purchase).await;
    assert_eq!((group.status, payment.status), (GroupStatus::Paid, PaymentStatus::Captured));
    assert_eq!(shop.order_statuses(&purchase).await, [OrderStatus::Paid]);
    assert_eq!(shop.timeline_of(&purchase, OrderStatus::Paid).await, 1);
    assert_eq!(shop.events().await, [paid(&purchase)]);
    assert_eq!(shop.stock().await, 9);
}

#[tokio::test]
async fn every_order_of_messages_ends_the_same() {
    let shop = Shop::with_stock(24).await;
    for order in permutations(&["payment.failed", "payment.authorized", "payment.captured", "order.paid"]) {
        let purchase = shop.buy(1).await;
        let letters = shop.pay(&purchase, Payer::LateCapture).await;
        for name in &order {
            assert_eq!(shop.send(of(&letters, name)).await.status, StatusCode::OK);
        }
        let (group, payment) = shop.books(&purchase).await;
        assert_eq!((group.status, payment.status), (GroupStatus::Paid, PaymentStatus::Captured), "{order:?}");
        assert_eq!(shop.timeline_of(&purchase, OrderStatus::Paid).await, 1, "{order:?}");
        let payments = shop.events().await.into_iter().filter(|event| *event == paid(&purchase)).count();
        assert_eq!(payments, 1, "{order:?}");
    }
}

#[tokio::test]
async fn a_failed_payment_leaves_the_order_open_for_another() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    let letters = shop.pay(&purchase, Payer::Fail).await;
    shop.send(of(&letters, "payment.failed")).await.expect("APPLIED");
    let (group, payment) = shop.books(&purchase).await;
    assert_eq!((group.status, payment.status), (GroupStatus::PaymentFailed, PaymentStatus::Failed));
    assert!(group.accepts_payment(shop.stack().now()));

    let second = shop.open_payment(&purchase).await;
    let letters = shop.pay(&second, Payer::Capture).await;
    shop.send(of(&letters, "order.paid")).await.expect("APPLIED");
    let (group, payment) = shop.books(&second).await;
    assert_eq!((group.status, group.paid_by), (GroupStatus::Paid, Some(payment.id)));

    // The first attempt is captured after all: the orders are paid already, so that money goes back.
    let pay = Pay { deliver: Deliver { send: false, ..Deliver::default() }, ..Pay::default() };
    let letters = shop.stand_in.remote().pay(&purchase.reference, &pay).await.unwrap().delivered;
    shop.send(of(&letters, "payment.captured")).await.expect("NEEDS_REFUND");
    shop.send(of(&letters, "order.paid")).await.expect("DUPLICATE");
    assert_eq!(shop.books(&second).await.0.paid_by, Some(payment.id));
}

#[tokio::test]
async fn what_does_not_fit_the_books_is_set_aside_and_pays_nothing() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    shop.pay(&purchase, Payer::Capture).await;
    let other = shop.buy(1).await;
    let notes = |name: &str, value: &str| Some([(name.to_owned(), value.to_owned())].into());
    for (what, alter) in [
        ("amount", Alter { amount: Some(purchase.amount.amount - 1), ..Alter::default() }),
        ("more", Alter { amount: Some(purchase.amount.amount + 1), ..Alter::default() }),
        ("currency", Alter { currency: Some("USD".into()), ..Alter::default() }),
        ("foreign currency", Alter { currency: Some("EUR".into()), ..Alter::default() }),
        ("account", Alter { account_id: Some("acc_somebody_else".into()), ..Alter::default() }),
        ("tenant", Alter { notes: notes("tenant", "ten_01ARZ3NDEKTSV4RRFFQ69G5FAV"), ..Alter::default() }),
        ("payment", Alter { notes: notes("payment", &other.payment.to_string()), ..Alter::default() }),
        ("order", Alter { order_id: Some("order_nobody_knows".into()), ..Alter::default() }),
        ("status", Alter { status: Some("authorized".into()), ..Alter::default() }),
        ("failure", Alter { status: Some("failed".into()), ..Alter::default() }),
    ] {
        let how = Deliver { send: false, new_event_ids: true, alter, ..Deliver::default() };
        let letters = shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap();
        for name in ["payment.captured", "order.paid"] {
            let answer = shop.send(of(&letters, name)).await;
            assert_eq!((answer.status, answer.outcome.as_deref()), (StatusCode::OK, Some("QUARANTINED")), "{what}");
            // Razorpay may repeat itself; the answer stays 2xx.
            assert_eq!(shop.send(of(&letters, name)).await.status, StatusCode::OK, "{what}");
        }
        let (group, payment) = shop.books(&purchase).await;
        assert_eq!((group.status, payment.status), (GroupStatus::PaymentPending, PaymentStatus::Initiated), "{what}");
    }
    assert_eq!(shop.events().await, []);

    let genuine = Deliver { send: false, ..Deliver::default() };
    let letters = shop.stand_in.remote().deliver(&purchase.reference, &genuine).await.unwrap();
    shop.send(of(&letters, "payment.captured")).await.expect("APPLIED");
}

#[tokio::test]
async fn an_unreadable_message_is_set_aside_and_an_unknown_event_is_ignored() {
    let shop = Shop::open().await;
    for (body, outcome) in [
        (r#"{"entity":"event","account_id":"ACC","event":"payment.captured","payload":{}}"#, "QUARANTINED"),
        ("[1,2", "QUARANTINED"),
        ("\u{feff}{}", "QUARANTINED"),
        (r#"{"entity":"event","account_id":"ACC","event":"payment.dispute.created","payload":{}}"#, "QUARANTINED"),
        (r#"{"entity":"event","account_id":"ACC","event":"payment.downtime.started","payload":{}}"#, "IGNORED"),
    ] {
        let letter = shop.letter(&body.replace("ACC", shop.account_id()));
        for _ in 0..2 {
            shop.send(&letter).await.expect(outcome);
        }
    }
}

#[tokio::test]
async fn a_signature_of_anybody_else_is_refused_and_nothing_is_stored() {
    let (shop, other) = (Shop::open().await, Shop::open().await);
    let purchase = shop.buy(1).await;
    shop.pay(&purchase, Payer::Capture).await;
    let how = Deliver { send: false, signed_by: Signer::Stranger, ..Deliver::default() };
    let forged = shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap();
    let genuine = shop.stand_in.remote().deliver(&purchase.reference, &Deliver { send: false, ..how }).await.unwrap();
    let genuine = Delivered { signature: shop.letter(&genuine[1].body).signature, ..genuine[1].clone() };

    let unsigned = Delivered { signature: String::new(), ..genuine.clone() };
    let shouted = Delivered { signature: genuine.signature.to_uppercase(), ..genuine.clone() };
    let touched = Delivered { body: format!("{} ", genuine.body), ..genuine.clone() };
    for letter in forged.iter().chain([&unsigned, &shouted, &touched]) {
        let answer = shop.send(letter).await;
        assert_eq!((answer.status, answer.code.as_deref()), (StatusCode::BAD_REQUEST, Some("INVALID_SIGNATURE")));
    }
    // Genuine, but sent to somebody else's address.
    assert_eq!(other.send(&genuine).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(shop.stored_messages().await, 0);
    assert_eq!(other.stored_messages().await, 0);
    assert_eq!(shop.books(&purchase).await.0.status, GroupStatus::PaymentPending);

    // Signed by the other tenant's account, about an order of this one.
    let stolen = other.letter(&genuine.body.replace(shop.account_id(), other.account_id()));
    other.send(&stolen).await.expect("QUARANTINED");
    assert_eq!(shop.books(&purchase).await.0.status, GroupStatus::PaymentPending);
}

#[tokio::test]
async fn the_old_secret_counts_while_it_is_being_replaced() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    shop.pay(&purchase, Payer::Capture).await;
    shop.rotate_secret().await;
    let how = Deliver { send: false, signed_by: Signer::Old, ..Deliver::default() };
    let letters = shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap();
    shop.send(of(&letters, "payment.captured")).await.expect("APPLIED");
    let how = Deliver { signed_by: Signer::Current, ..how };
    let letters = shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap();
    shop.send(of(&letters, "payment.captured")).await.expect("DUPLICATE");
}

#[tokio::test]
async fn a_replay_under_a_new_event_id_changes_nothing() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    let letters = shop.pay(&purchase, Payer::Capture).await;
    shop.send(of(&letters, "payment.captured")).await.expect("APPLIED");
    let how = Deliver { send: false, times: 3, new_event_ids: true, ..Deliver::default() };
    for letter in shop.stand_in.remote().deliver(&purchase.reference, &how).await.unwrap() {
        shop.send(&letter).await.expect("DUPLICATE");
    }
    assert_eq!(shop.events().await, [paid(&purchase)]);
}

#[tokio::test]
async fn a_second_charge_of_the_same_order_is_set_aside() {
    let shop = Shop::open().await;
    let purchase = shop.buy(1).await;
    let first = shop.pay(&purchase, Payer::Capture).await;
    let second = shop.pay(&purchase, Payer::Capture).await;
    shop.send(of(&first, "payment.captured")).await.expect("APPLIED");
    shop.send(of(&second, "payment.captured")).await.expect("QUARANTINED");
    assert_eq!(shop.events().await, [paid(&purchase)]);
}

#[tokio::test]
async fn a_capture_after_expiry_takes_the_stock_again() {
    let shop = Shop::open().await;
    let purchase = shop.buy(3).await;
    let letters = shop.pay(&purchase, Payer::Capture).await;
    shop.expire(&purchase).await;
    assert_eq!(shop.stock().await, 10);
    shop.send(of(&letters, "payment.captured")).await.expect("APPLIED");
    assert_eq!(shop.books(&purchase).await.0.status, GroupStatus::Paid);
    assert_eq!(shop.order_statuses(&purchase).await, [OrderStatus::Paid]);
    assert_eq!(shop.stock().await, 7);
}

#[tokio::test]
async fn a_capture_after_the_stock_was_sold_asks_for_a_refund_once() {
    let shop = Shop::open().await;
    let purchase = shop.buy(3).await;
    let letters = shop.pay(&purchase, Payer::Capture).await;
    shop.expire(&purchase).await;
    shop.buy(8).await;
    shop.send(of(&letters, "payment.captured")).await.expect("NEEDS_REFUND");
    shop.send(of(&letters, "payment.captured")).await.expect("DUPLICATE");
    shop.send(of(&letters, "order.paid")).await.expect("DUPLICATE");

    let (group, payment) = shop.books(&purchase).await;
    assert_eq!((group.status, payment.status), (GroupStatus::Expired, PaymentStatus::Captured));
    assert_eq!(shop.order_statuses(&purchase).await, [OrderStatus::Expired]);
    assert!(!shop.may_download(&purchase).await);
    assert_eq!(shop.stock().await, 2);
    let refunds = shop.events().await.into_iter();
    let refunds: Vec<_> = refunds.filter(|event| matches!(event, Event::PaymentNeedsRefund { .. })).collect();
    assert_eq!(refunds, [Event::PaymentNeedsRefund { group: purchase.group, payment: purchase.payment }]);
}

#[tokio::test]
async fn only_an_open_tenant_that_uses_razorpay_has_an_address() {
    let shop = Shop::open().await;
    let letter = shop.letter("{}");
    let without = shop.stack().tenant().await;
    let suspended = shop.stack().tenant_with(|tenant| tenant.status = domain::tenant::TenantStatus::Suspended).await;
    for tenant in ["ten_01ARZ3NDEKTSV4RRFFQ69G5FAV", "ten_1", "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00"] {
        assert_eq!(shop.send_to(tenant, &letter).await.status, StatusCode::NOT_FOUND, "{tenant}");
    }
    assert_eq!(shop.send_to(&without.id().to_string(), &letter).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.send_to(&suspended.id().to_string(), &letter).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_body_may_have_256_kib_and_not_a_byte_more() {
    let shop = Shop::open().await;
    let body = |length: usize| {
        let start = format!(r#"{{"account_id":"{}","event":"invoice.paid","x":""#, shop.account_id());
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    shop.send(&shop.letter(&body(256 * 1024))).await.expect("IGNORED");
    assert_eq!(shop.send(&shop.letter(&body(256 * 1024 + 1))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

fn of<'a>(letters: &'a [Delivered], event: &str) -> &'a Delivered {
    letters.iter().find(|letter| letter.event == event).unwrap()
}

fn paid(purchase: &Purchase) -> Event {
    Event::OrderGroupPaid { group: purchase.group, payment: Some(purchase.payment), orders: purchase.orders.clone() }
}

fn permutations<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    if names.is_empty() {
        return vec![Vec::new()];
    }
    let chosen = |index: usize| {
        let mut rest = names.to_vec();
        let first = rest.remove(index);
        permutations(&rest).into_iter().map(move |mut tail| {
            tail.insert(0, first);
            tail
        })
    };
    (0..names.len()).flat_map(chosen).collect()
}
