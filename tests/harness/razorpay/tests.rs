use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::calendar::Day;
use domain::money::{Currency, Money};
use domain::reconciliation::Listed;
use payments::Secret;
use payments::api::{ApiError, Gateway, List, NewOrder, OpenOrder};
use payments::notification::{Meaning, PaymentState};
use payments::razorpay::{Credentials, Razorpay, UnverifiedWebhook, signature};

use super::*;

const KEY_SECRET: &str = "key secret";

fn account(webhook_secret: &str, webhook_url: &str) -> Account {
    Account {
        key_id: "rzp_test_1".into(),
        key_secret: KEY_SECRET.into(),
        account_id: "acc_1".into(),
        webhook_secret: webhook_secret.into(),
        webhook_url: Some(webhook_url.into()),
        tenant: None,
    }
}

fn credentials(key_secret: &str, webhook_secrets: &[&str]) -> Credentials {
    let webhook_secrets = webhook_secrets.iter().copied().map(Secret::new).collect();
    Credentials::new("rzp_test_1", Secret::new(key_secret), "acc_1", webhook_secrets).unwrap()
}

fn new_order(amount: i64) -> NewOrder {
    NewOrder {
        amount: Money::new(amount, Currency::Inr),
        receipt: "pay_ours".into(),
        notes: [("tenant".into(), "ten_1".into())].into(),
    }
}

async fn with_an_order() -> (StandIn, Razorpay, OpenOrder) {
    let stand_in = StandIn::start(0, None).await.unwrap();
    stand_in.remote().register(&account("hook", "http://127.0.0.1:9/")).await.unwrap();
    let razorpay = Razorpay::new(&stand_in.url);
    let order = razorpay.create_order(&credentials(KEY_SECRET, &["hook"]), &new_order(2244)).await.unwrap();
    (stand_in, razorpay, order)
}

fn kept_back(outcome: Outcome) -> Pay {
    Pay { outcome, deliver: Deliver { send: false, ..Deliver::default() }, ..Pay::default() }
}

#[tokio::test]
async fn an_order_is_opened_paid_and_its_attempts_are_listed() {
    let (stand_in, razorpay, order) = with_an_order().await;
    let credentials = credentials(KEY_SECRET, &["hook"]);
    assert_eq!(order.amount, Money::new(2244, Currency::Inr));
    assert!(razorpay.payments_of(&credentials, &order.id).await.unwrap().is_empty());

    stand_in.remote().pay(&order.id, &kept_back(Outcome::Fail)).await.unwrap();
    let paid = stand_in.remote().pay(&order.id, &kept_back(Outcome::Capture)).await.unwrap();
    let secret = Secret::new(KEY_SECRET);
    assert!(signature::verify_checkout(&secret, &order.id, &paid.payment_id, &paid.signature.unwrap()));

    let attempts = razorpay.payments_of(&credentials, &order.id).await.unwrap();
    let states: Vec<_> = attempts.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [Some(PaymentState::Failed), Some(PaymentState::Captured)]);
    assert_eq!(attempts[1].charge.payment_id, paid.payment_id);
}

#[tokio::test]
async fn refusals_faults_and_silence_are_told_apart() {
    let (stand_in, razorpay, _) = with_an_order().await;
    let known = credentials(KEY_SECRET, &["hook"]);

    let wrong = razorpay.create_order(&credentials("wrong", &["hook"]), &new_order(2244)).await;
    assert!(matches!(wrong, Err(ApiError::Refused { status: 401, .. })), "{wrong:?}");

    match razorpay.create_order(&known, &new_order(99)).await {
        Err(ApiError::Refused { status: 400, code, field, .. }) => {
            assert_eq!((code.as_str(), field.as_deref()), ("BAD_REQUEST_ERROR", Some("amount")));
        }
        other => panic!("{other:?}"),
    }

    stand_in.remote().fail_next(1, 503).await.unwrap();
    let busy = razorpay.create_order(&known, &new_order(2244)).await;
    assert!(matches!(busy, Err(ApiError::Busy { status: 503 })), "{busy:?}");
    assert!(razorpay.create_order(&known, &new_order(2244)).await.is_ok());

    let silent = Razorpay::new("http://127.0.0.1:9").create_order(&known, &new_order(2244)).await;
    assert!(matches!(silent, Err(ApiError::Unreachable(_))), "{silent:?}");

    let foreign = razorpay.payments_of(&known, "order_unknown").await;
    assert!(matches!(foreign, Err(ApiError::Refused { status: 400, .. })), "{foreign:?}");
    let hostile = razorpay.payments_of(&known, "../orders").await;
    assert!(matches!(hostile, Err(ApiError::Unreadable(_))), "{hostile:?}");
}

#[tokio::test]
async fn every_event_verifies_and_means_what_happened() {
    let (stand_in, _, order) = with_an_order().await;
    let paid = stand_in.remote().pay(&order.id, &kept_back(Outcome::LateCapture)).await.unwrap();
    let states: Vec<_> = paid
        .delivered
        .iter()
        .map(|letter| {
            let webhook = UnverifiedWebhook::new(letter.body.as_bytes(), &letter.signature, Some(&letter.event_id));
            let notification = webhook.verify(&credentials(KEY_SECRET, &["hook"])).unwrap().notification().unwrap();
            assert_eq!((notification.account.as_str(), &notification.event_id), ("acc_1", &letter.event_id));
            match notification.meaning {
                Meaning::Payment(state, charge) => {
                    assert_eq!(charge.order_id.as_ref(), Some(&order.id));
                    assert_eq!(charge.amount, Some(order.amount));
                    assert_eq!(charge.notes["tenant"], "ten_1");
                    (letter.event.as_str(), state)
                }
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_eq!(
        states,
        [
            ("payment.failed", PaymentState::Failed),
            ("payment.authorized", PaymentState::Authorized),
            ("payment.captured", PaymentState::Captured),
            ("order.paid", PaymentState::Captured),
        ]
    );
}

#[tokio::test]
async fn deliveries_are_repeated_shuffled_altered_and_signed_as_told() {
    type Received = Arc<Mutex<Vec<(String, String, String)>>>;
    let received = Received::default();
    let seen = Arc::clone(&received);
    let router = Router::new().route(
        "/hook",
        post(move |headers: HeaderMap, body: String| {
            let seen = Arc::clone(&seen);
            async move {
                let header = |name: &str| headers[name].to_str().unwrap().to_owned();
                let letter = (header("x-razorpay-event-id"), header("x-razorpay-signature"), body);
                seen.lock().unwrap().push(letter);
                StatusCode::ACCEPTED
            }
        }),
    );
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let (stand_in, _, order) = with_an_order().await;
    let remote = stand_in.remote();
    remote.register(&account("rotated", &url)).await.unwrap();
    let deliver = Deliver { times: 5, shuffle: true, parallel: true, ..Deliver::default() };
    let paid = remote.pay(&order.id, &Pay { deliver, ..Pay::default() }).await.unwrap();
    assert_eq!(paid.delivered.len(), 15);
    assert!(paid.delivered.iter().all(|letter| letter.status == Some(202)));
    assert_eq!(received.lock().unwrap().len(), 15);

    let verifies = |letter: &Delivered, secret: &str| {
        let webhook = UnverifiedWebhook::new(letter.body.as_bytes(), &letter.signature, None);
        webhook.verify(&credentials(KEY_SECRET, &[secret])).is_ok()
    };
    assert!(paid.delivered.iter().all(|letter| verifies(letter, "rotated") && !verifies(letter, "hook")));

    let alter = Alter { amount: Some(1), notes: Some([("tenant".into(), "ten_2".into())].into()), ..Alter::default() };
    let how = Deliver { alter, signed_by: Signer::Old, events: vec!["order.paid".into()], ..Deliver::default() };
    let again = remote.deliver(&order.id, &how).await.unwrap();
    assert_eq!(again.len(), 1);
    assert!(verifies(&again[0], "hook"));
    assert!(again[0].body.contains("\"amount\":1,") && again[0].body.contains("ten_2"));
    assert_eq!(again[0].event_id, paid.delivered.iter().find(|l| l.event == "order.paid").unwrap().event_id);

    let how = Deliver { signed_by: Signer::Stranger, new_event_ids: true, send: false, ..Deliver::default() };
    let forged = remote.deliver(&order.id, &how).await.unwrap();
    assert!(forged.iter().all(|letter| !verifies(letter, "rotated") && !verifies(letter, "hook")));
    assert!(forged.iter().all(|letter| paid.delivered.iter().all(|known| known.event_id != letter.event_id)));
}

#[tokio::test]
async fn what_took_money_on_a_day_is_listed_in_pages_and_says_no_more_than_is_needed() {
    let (stand_in, razorpay, order) = with_an_order().await;
    let (credentials, day) = (credentials(KEY_SECRET, &["hook"]), Day::of(platform::ambient::system().now()));
    assert_eq!(razorpay.list(&credentials, day, None).await.unwrap(), Some(List::default()));
    stand_in.remote().pay(&order.id, &kept_back(Outcome::Fail)).await.unwrap();
    stand_in.remote().pay(&order.id, &kept_back(Outcome::Authorize)).await.unwrap();
    let paid = stand_in.remote().pay(&order.id, &kept_back(Outcome::Capture)).await.unwrap();
    let take = Take {
        key_id: "rzp_test_1".to_owned(),
        amount: 5,
        currency: "INR".to_owned(),
        notes: BTreeMap::new(),
        count: 100,
    };
    let mut expected: std::collections::BTreeSet<_> =
        stand_in.remote().take(&take).await.unwrap().into_iter().collect();
    expected.insert(paid.payment_id.clone());

    let (mut listed, mut from, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = razorpay.list(&credentials, day, from.as_deref()).await.unwrap().unwrap();
        listed.extend(page.payments);
        pages += 1;
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((pages, listed.len()), (2, 101));
    assert_eq!(
        listed.iter().map(|payment| payment.charge.clone()).collect::<std::collections::BTreeSet<_>>(),
        expected
    );
    let ours = listed.iter().find(|payment| payment.charge == paid.payment_id).unwrap();
    let expected = Listed {
        reference: Some(order.id),
        charge: paid.payment_id,
        amount: Some(Money::new(2244, Currency::Inr)),
        status: "captured".to_owned(),
        tenant: Some("ten_1".to_owned()),
    };
    assert_eq!(*ours, expected);
    for other in [day.before(), day.before().before()] {
        assert_eq!(razorpay.list(&credentials, other, None).await.unwrap(), Some(List::default()));
    }
    assert!(matches!(razorpay.list(&credentials, day, Some("1&to=0")).await, Err(ApiError::Unreadable(_))));
    stand_in.remote().fail_next(1, 429).await.unwrap();
    assert!(matches!(razorpay.list(&credentials, day, None).await, Err(ApiError::Busy { status: 429 })));
}
