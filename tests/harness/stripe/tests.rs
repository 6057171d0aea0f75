use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::dispute::DisputeStatus;
use domain::money::{Currency, Money};
use payments::api::{ApiError, Attempt, Closing, Handover, List, NewOrder, PlacedOrder, Visit};
use payments::notification::{Meaning, PaymentState};
use payments::refund::{MadeRefund, NewRefund, REFUND_NOTE, RefundState};
use payments::stripe::{Credentials, UnverifiedWebhook};
use payments::{Credentials as Any, Gateways, Secret};
use tokio::net::TcpListener;

use super::*;
use crate::network::{Faults, Signer, Travel};
use crate::razorpay::StandIn;

const RFD: &str = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0RFD";

/// An account at a stand-in.
struct Till {
    stand_in: StandIn,
    gateways: Gateways,
    credentials: Any,
    now: Timestamp,
}

impl Till {
    async fn open() -> Self {
        Self::with_refunds(None).await
    }

    async fn with_refunds(refunds: Option<&str>) -> Self {
        let stand_in = StandIn::start(0, None).await.unwrap();
        let account = Account { refunds: refunds.map(str::to_owned), ..account("whsec_first", None) };
        stand_in.stripe().register(&account).await.unwrap();
        let ambient = platform::ambient::system();
        let gateways = crate::gateways(&stand_in.url, &ambient);
        Self {
            stand_in,
            gateways,
            credentials: Any::Stripe(credentials("sk_test_1", &["whsec_first"])),
            now: ambient.now(),
        }
    }

    async fn intent(&self, receipt: &str, amount: i64) -> Result<(String, String), ApiError> {
        let notes = [("payment".to_owned(), receipt.to_owned())].into();
        let order = NewOrder { amount: Money::new(amount, Currency::Usd), receipt: receipt.to_owned(), notes };
        let (ip, return_url) = (String::new(), String::new());
        let visit = Visit { opened_at: self.now, closes_at: self.now, ip, return_url };
        let (opened, handover) = self.gateways.open(&self.credentials, &order, &visit).await?;
        let resumed = self.gateways.resume(&self.credentials, &order, &opened.id, &visit).await?;
        assert_eq!(resumed, handover);
        match handover {
            Handover::Stripe { client_secret, publishable_key } => {
                assert_eq!(publishable_key, "pk_test_1");
                Ok((opened.id, client_secret))
            }
            other => panic!("{other:?}"),
        }
    }

    async fn close(&self, intent: &str) -> Result<Closing, ApiError> {
        let order = PlacedOrder { reference: intent.to_owned(), opened_at: self.now };
        self.gateways.close(&self.credentials, &order).await
    }

    async fn attempt(&self, intent: &str) -> Attempt {
        let order = PlacedOrder { reference: intent.to_owned(), opened_at: self.now };
        self.gateways.attempts(&self.credentials, &order).await.unwrap().remove(0)
    }

    fn refund(&self, intent: &str, amount: i64) -> NewRefund {
        NewRefund {
            reference: intent.to_owned(),
            charge: intent.to_owned(),
            taken: Money::new(5_000, Currency::Usd),
            opened_at: self.now,
            amount: Money::new(amount, Currency::Usd),
            key: RFD.to_owned(),
            asked_at: self.now,
            again: false,
            known: None,
            others: Vec::new(),
            notes: [(REFUND_NOTE.to_owned(), RFD.to_owned())].into(),
        }
    }

    async fn give_back(&self, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        self.gateways.refund(&self.credentials, refund).await
    }
}

fn account(webhook_secret: &str, webhook_url: Option<&str>) -> Account {
    Account {
        secret_key: "sk_test_1".to_owned(),
        webhook_secret: webhook_secret.to_owned(),
        webhook_url: webhook_url.map(str::to_owned),
        tenant: None,
        refunds: None,
    }
}

fn credentials(key: &str, secrets: &[&str]) -> Credentials {
    let secrets = secrets.iter().copied().map(Secret::new).collect();
    Credentials::new("pk_test_1", Secret::new(key), "acct_1", secrets).unwrap()
}

fn kept_back(outcome: Outcome) -> Decide {
    Decide { outcome, travel: Travel::kept_back() }
}

#[tokio::test]
async fn an_intent_is_opened_once_and_told_of_by_events_and_answers_alike() {
    let till = Till::open().await;
    let (intent, secret) = till.intent("pay_1", 5_000).await.unwrap();
    assert_eq!(
        till.intent("pay_1", 5_000).await.unwrap(),
        (intent.clone(), secret),
        "our id of the payment is the key"
    );
    assert_eq!(till.attempt(&intent).await.state, None);
    for (outcome, expected) in [
        (Outcome::Decline, PaymentState::Failed),
        (Outcome::Authorize, PaymentState::Authorized),
        (Outcome::Succeed, PaymentState::Captured),
    ] {
        let decided = till.stand_in.stripe().decide(&intent, &kept_back(outcome)).await.unwrap();
        let letter = &decided.delivered[0];
        let webhook = UnverifiedWebhook::new(letter.body.as_bytes(), &letter.signature);
        let told = webhook.verify(&credentials("sk_test_1", &["whsec_first"]), till.now).unwrap();
        let Meaning::Payment(state, charge) = told.notification().unwrap().meaning else { panic!("{outcome:?}") };
        assert_eq!((state, charge.order_id.as_deref()), (expected, Some(intent.as_str())));
        assert_eq!(
            (charge.amount, charge.notes["payment"].as_str()),
            (Some(Money::new(5_000, Currency::Usd)), "pay_1")
        );
        assert!(!letter.body.contains("_secret_"), "events carry no client secret");
        let answered = till.attempt(&intent).await;
        assert_eq!((answered.state, answered.charge), (Some(expected), charge));
    }
    let over = till.stand_in.stripe().decide(&intent, &kept_back(Outcome::Cancel)).await;
    assert!(over.is_err(), "what was paid stays paid");
}

#[tokio::test]
async fn an_intent_that_nobody_is_to_pay_is_cancelled_unless_it_was_paid() {
    let till = Till::open().await;
    for before in [None, Some(Outcome::Decline), Some(Outcome::Authorize)] {
        let (intent, _) = till.intent(&format!("pay_{before:?}"), 5_000).await.unwrap();
        if let Some(outcome) = before {
            till.stand_in.stripe().decide(&intent, &kept_back(outcome)).await.unwrap();
        }
        till.stand_in.stripe().fail_next(&Faults { times: 1, status: 502, done: true }).await.unwrap();
        assert!(matches!(till.close(&intent).await, Err(ApiError::Busy { status: 502 })));
        // The second call finds it cancelled by the first, whose answer was lost.
        for _ in 0..2 {
            let closing = till.close(&intent).await.unwrap();
            assert_eq!((closing.closed, closing.attempts.len()), (true, 1), "{before:?}");
            assert_eq!(closing.attempts[0].state, Some(PaymentState::Failed));
        }
        let late = till.stand_in.stripe().decide(&intent, &kept_back(Outcome::Succeed)).await;
        assert!(late.is_err(), "what was cancelled can't be paid");
        let told = till.stand_in.stripe().deliver(&intent, &Travel::kept_back()).await.unwrap();
        let told = told.last().unwrap();
        let webhook = UnverifiedWebhook::new(told.body.as_bytes(), &told.signature);
        let told = webhook.verify(&credentials("sk_test_1", &["whsec_first"]), till.now).unwrap().notification();
        assert!(matches!(told.unwrap().meaning, Meaning::Payment(PaymentState::Failed, _)));
    }
    let (paid, _) = till.intent("pay_paid", 5_000).await.unwrap();
    till.stand_in.stripe().decide(&paid, &kept_back(Outcome::Succeed)).await.unwrap();
    let closing = till.close(&paid).await.unwrap();
    assert_eq!((closing.closed, closing.attempts[0].state), (false, Some(PaymentState::Captured)));
    assert!(matches!(till.close("pi_unknown").await, Err(ApiError::Refused { status: 404, .. })));
    assert!(matches!(till.close("../accounts").await, Err(ApiError::Unreadable(_))));
}

#[tokio::test]
async fn refusals_faults_and_other_words_under_the_same_key_are_told_apart() {
    let till = Till::open().await;
    till.intent("pay_1", 5_000).await.unwrap();
    match till.intent("pay_1", 6_000).await {
        Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "idempotency_error"),
        other => panic!("{other:?}"),
    }
    match till.intent("pay_2", 0).await {
        Err(ApiError::Refused { status: 400, code, field, .. }) => {
            assert_eq!((code.as_str(), field.as_deref()), ("parameter_invalid_integer", Some("amount")));
        }
        other => panic!("{other:?}"),
    }
    till.stand_in.stripe().fail_next(&Faults { times: 1, status: 500, done: true }).await.unwrap();
    assert!(matches!(till.intent("pay_3", 5_000).await, Err(ApiError::Busy { status: 500 })));
    assert!(till.intent("pay_3", 5_000).await.is_ok(), "the same call finds what was made");

    let order = PlacedOrder { reference: "pi_unknown".to_owned(), opened_at: till.now };
    let unknown = till.gateways.attempts(&till.credentials, &order).await;
    assert!(matches!(unknown, Err(ApiError::Refused { status: 404, .. })), "{unknown:?}");
    let hostile = PlacedOrder { reference: "../accounts".to_owned(), ..order };
    assert!(matches!(till.gateways.attempts(&till.credentials, &hostile).await, Err(ApiError::Unreadable(_))));
    let stranger = Till { credentials: Any::Stripe(credentials("sk_test_2", &["x"])), ..till };
    assert!(matches!(stranger.intent("pay_1", 5_000).await, Err(ApiError::Refused { status: 401, .. })));
}

#[tokio::test]
async fn money_goes_back_once_however_often_it_is_asked_for() {
    let till = Till::open().await;
    let (intent, _) = till.intent("pay_1", 5_000).await.unwrap();
    let refund = till.refund(&intent, 2_000);
    match till.give_back(&refund).await {
        Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "payment_intent_unexpected_state"),
        other => panic!("{other:?}"),
    }
    till.stand_in.stripe().decide(&intent, &kept_back(Outcome::Succeed)).await.unwrap();
    // A new key: Stripe answers a repeated call as it did at first.
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0SND".to_owned();
    let refund = NewRefund { notes: [(REFUND_NOTE.to_owned(), key.clone())].into(), key, ..refund };
    till.stand_in.stripe().fail_next(&Faults { times: 1, status: 502, done: true }).await.unwrap();
    assert!(matches!(till.give_back(&refund).await, Err(ApiError::Busy { status: 502 })));
    let again = NewRefund { again: true, ..refund.clone() };
    let made = till.give_back(&again).await.unwrap();
    assert_eq!(made.state, RefundState::Done);
    for refund in [&refund, &again, &NewRefund { known: Some(made.id.clone()), ..refund.clone() }] {
        assert_eq!(till.give_back(refund).await.unwrap(), made);
    }
    let more = NewRefund { amount: Money::new(3_000, Currency::Usd), ..refund.clone() };
    assert!(matches!(till.give_back(&more).await, Err(ApiError::Unreadable(_))), "the key is used up");
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0THD".to_owned();
    assert_eq!(till.give_back(&NewRefund { key, ..more.clone() }).await.unwrap().state, RefundState::Done);
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0FTH".to_owned();
    match till.give_back(&NewRefund { key, ..more }).await {
        Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "charge_already_refunded"),
        other => panic!("{other:?}"),
    }
    let unknown = NewRefund { known: Some("re_unknown".to_owned()), ..refund };
    assert!(matches!(till.give_back(&unknown).await, Err(ApiError::Refused { status: 404, .. })));
}

#[tokio::test]
async fn a_refund_that_takes_its_time_is_asked_after_and_told_of() {
    let till = Till::with_refunds(Some("pending")).await;
    let (intent, _) = till.intent("pay_1", 5_000).await.unwrap();
    till.stand_in.stripe().decide(&intent, &kept_back(Outcome::Succeed)).await.unwrap();
    let refund = till.refund(&intent, 5_000);
    let made = till.give_back(&refund).await.unwrap();
    assert_eq!(made.state, RefundState::Pending);
    let known = NewRefund { known: Some(made.id.clone()), ..refund.clone() };
    for (status, expected, succeeded) in
        [("failed", RefundState::Failed, false), ("succeeded", RefundState::Done, true)]
    {
        let told = till.stand_in.stripe().settle_refunds(&intent, status, &Travel::kept_back()).await.unwrap();
        let webhook = UnverifiedWebhook::new(told[0].body.as_bytes(), &told[0].signature);
        let told = webhook.verify(&credentials("sk_test_1", &["whsec_first"]), till.now).unwrap().notification();
        let Meaning::Refunded(told) = told.unwrap().meaning else { panic!("{status}") };
        assert_eq!((told.succeeded, &told.refund_id, told.notes[REFUND_NOTE].as_str()), (succeeded, &made.id, RFD));
        assert_eq!(till.give_back(&known).await.unwrap().state, expected);
    }
}

#[tokio::test]
async fn a_bank_contests_what_was_paid_and_nothing_of_it_is_given_back_meanwhile() {
    let till = Till::open().await;
    let (intent, _) = till.intent("pay_1", 5_000).await.unwrap();
    let stripe = till.stand_in.stripe();
    assert!(stripe.contest(&intent, "needs_response", &Travel::kept_back()).await.is_err(), "nothing was paid");
    stripe.decide(&intent, &kept_back(Outcome::Succeed)).await.unwrap();
    let mut id = None;
    for (status, expected, count) in [
        ("needs_response", DisputeStatus::Open, 2),
        ("under_review", DisputeStatus::Open, 1),
        ("won", DisputeStatus::Won, 2),
    ] {
        let told = stripe.contest(&intent, status, &Travel::kept_back()).await.unwrap();
        assert_eq!(told.len(), count, "{status}");
        for told in told {
            let webhook = UnverifiedWebhook::new(told.body.as_bytes(), &told.signature);
            let told = webhook.verify(&credentials("sk_test_1", &["whsec_first"]), till.now).unwrap().notification();
            let Meaning::Disputed(told) = told.unwrap().meaning else { panic!("{status}") };
            assert_eq!((told.status, told.amount), (expected, Some(Money::new(5_000, Currency::Usd))));
            assert_eq!(told.charge.order_id.as_ref(), Some(&intent));
            assert_eq!(&told.dispute_id, id.get_or_insert(told.dispute_id.clone()), "one dispute");
        }
        if expected == DisputeStatus::Open {
            let key = format!("rfd_01JQZX3N9Q5S0V6T7W8Y9Z{}", &status[..4]);
            match till.give_back(&NewRefund { key, ..till.refund(&intent, 100) }).await {
                Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "charge_disputed"),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(till.give_back(&till.refund(&intent, 100)).await.unwrap().state, RefundState::Done);
}

#[tokio::test]
async fn events_travel_as_told_and_both_secrets_sign_while_one_replaces_the_other() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&received);
    let router = Router::new().route(
        "/hook",
        post(move |headers: HeaderMap, body: String| {
            let seen = Arc::clone(&seen);
            async move {
                seen.lock().unwrap().push((headers["stripe-signature"].to_str().unwrap().to_owned(), body));
                StatusCode::ACCEPTED
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let till = Till::open().await;
    till.stand_in.stripe().register(&account("whsec_second", Some(&url))).await.unwrap();
    let (intent, _) = till.intent("pay_1", 5_000).await.unwrap();
    let travel = Travel { times: 4, shuffle: true, parallel: true, ..Travel::default() };
    let decided = till.stand_in.stripe().decide(&intent, &Decide { outcome: Outcome::Succeed, travel }).await.unwrap();
    assert!(decided.delivered.iter().all(|letter| letter.status == Some(202)));
    assert_eq!((decided.delivered.len(), received.lock().unwrap().len()), (4, 4));

    let verifies = |letter: &Delivered, secret: &str| {
        let webhook = UnverifiedWebhook::new(letter.body.as_bytes(), &letter.signature);
        webhook.verify(&credentials("sk_test_1", &[secret]), till.now).is_ok()
    };
    assert!(decided.delivered.iter().all(|letter| verifies(letter, "whsec_first") && verifies(letter, "whsec_second")));
    let by_hand = till.stand_in.stripe().refund_by_hand(&intent, 100).await.unwrap();
    assert_eq!((by_hand.len(), by_hand[0].kind.as_str()), (1, "refund.created"));

    let alter = [("/data/object/amount_received".to_owned(), 1.into())].into();
    let forged = Travel { signed_by: Signer::Stranger, alter, ..Travel::kept_back() };
    let again = till.stand_in.stripe().deliver(&intent, &forged).await.unwrap();
    assert!(again[0].body.contains("\"amount_received\":1,"));
    assert!(again.iter().all(|letter| !verifies(letter, "whsec_first") && !verifies(letter, "whsec_second")));
    let old = Travel { signed_by: Signer::Old, ..Travel::kept_back() };
    let again = till.stand_in.stripe().deliver(&intent, &old).await.unwrap();
    assert!(again.iter().all(|letter| verifies(letter, "whsec_first") && !verifies(letter, "whsec_second")));
}

#[tokio::test]
async fn charges_that_took_money_on_a_day_are_listed_with_what_went_back() {
    let till = Till::open().await;
    let day = Day::of(till.now);
    let list = async |from: Option<String>| till.gateways.list(&till.credentials, day, from.as_deref()).await;
    assert_eq!(list(None).await.unwrap(), Some(List::default()));
    let mut intents = Vec::new();
    for (receipt, outcome) in [
        ("pay_1", Outcome::Succeed),
        ("pay_2", Outcome::Succeed),
        ("pay_3", Outcome::Decline),
        ("pay_4", Outcome::Authorize),
    ] {
        let (intent, _) = till.intent(receipt, 5_000).await.unwrap();
        till.stand_in.stripe().decide(&intent, &kept_back(outcome)).await.unwrap();
        intents.push(intent);
    }
    let _ = till.stand_in.stripe().refund_by_hand(&intents[1], 100).await;
    let take = Take {
        secret_key: "sk_test_1".to_owned(),
        amount: 7,
        currency: "usd".to_owned(),
        metadata: Default::default(),
        count: 120,
    };
    let alone = till.stand_in.stripe().take(&take).await.unwrap();
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = list(from).await.unwrap().unwrap();
        assert!(page.payments.len() <= 100);
        listed.extend(page.payments);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), 122);
    for (intent, status) in [(&intents[0], "succeeded"), (&intents[1], "partially_refunded")] {
        let found = listed.iter().find(|listed| listed.reference.as_ref() == Some(intent)).unwrap();
        let amount = Some(Money::new(5_000, Currency::Usd));
        assert_eq!((&found.charge, found.amount, found.status.as_str()), (intent, amount, status));
    }
    assert!(alone.iter().all(|id| listed.iter().any(|listed| listed.charge == *id && listed.reference.is_none())));
    assert!(matches!(list(Some("ch_1&limit=1".to_owned())).await, Err(ApiError::Unreadable(_))));
    let tomorrow = Day::of(till.now.plus(std::time::Duration::from_secs(24 * 60 * 60)));
    for other in [day.before(), tomorrow] {
        assert_eq!(till.gateways.list(&till.credentials, other, None).await.unwrap(), Some(List::default()));
    }
}
