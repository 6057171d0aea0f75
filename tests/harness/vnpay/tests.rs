use std::sync::{Arc, Mutex};

use axum::extract::RawQuery;
use axum::routing::get;
use axum::{Json, Router};
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::money::{Currency, Money};
use payments::api::{ApiError, Attempt, Gateway, Handover, NewOrder, PlacedOrder, Visit};
use payments::notification::{Meaning, PaymentState};
use payments::refund::{MadeRefund, NewRefund, RefundState};
use payments::vnpay::signature::sign_query;
use payments::vnpay::{Credentials, UnverifiedIpn, Vnpay};
use payments::{Credentials as Any, Gateways, Secret};
use tokio::net::TcpListener;

use super::*;
use crate::network::{Faults, Travel};
use crate::razorpay::StandIn;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// A terminal at a stand-in, and a payment over 150000 đồng.
struct Till {
    stand_in: StandIn,
    clock: crate::ambient::TestClock,
    ambient: Ambient,
    gateways: Gateways,
    credentials: Credentials,
    opened_at: Timestamp,
}

const REFERENCE: &str = "01JQZX3N9Q5S0V6T7W8Y9Z0ABC";

impl Till {
    async fn open() -> Self {
        Self::with_refunds(None).await
    }

    async fn with_refunds(refunds: Option<&str>) -> Self {
        let clock = crate::ambient::TestClock::running();
        let ambient = Ambient::new(clock.clone(), platform::ambient::SystemEntropy);
        let stand_in = StandIn::start_on_clock(0, None, ambient.clone()).await.unwrap();
        let till = Self {
            gateways: crate::gateways(&stand_in.url, &ambient),
            credentials: credentials(&["hash secret"]),
            opened_at: ambient.now(),
            stand_in,
            clock,
            ambient,
        };
        let terminal = Terminal { refunds: refunds.map(str::to_owned), ..terminal("hash secret", None) };
        till.stand_in.vnpay().register(&terminal).await.unwrap();
        till
    }

    fn order(&self) -> NewOrder {
        let receipt = format!("pay_{REFERENCE}");
        NewOrder { amount: Money::new(150_000, Currency::Vnd), receipt, notes: Default::default() }
    }

    fn visit(&self) -> Visit {
        let return_url = "https://shop.haat.example/api/v1/payments/vnpay/return".to_owned();
        let closes_at = self.opened_at.plus(DAY / 96);
        Visit { opened_at: self.opened_at, closes_at, ip: "203.0.113.7".to_owned(), return_url }
    }

    fn vnpay(&self) -> Vnpay {
        Vnpay::at(&format!("{}/vnpay", self.stand_in.url), self.ambient.clone())
    }

    /// Opens the payment and its page.
    async fn visited(&self) {
        let (opened, handover) = self.vnpay().open(&self.credentials, &self.order(), &self.visit()).await.unwrap();
        assert_eq!(opened.id, REFERENCE);
        let Handover::Redirect { url } = handover else { panic!("{handover:?}") };
        assert_eq!(visit(&url).await, Ok(()));
    }

    async fn decide(&self, outcome: Outcome) -> Decided {
        let how = Decide { outcome, travel: Travel::kept_back() };
        self.stand_in.vnpay().decide(REFERENCE, &how).await.unwrap()
    }

    async fn attempts(&self) -> Result<Vec<Attempt>, ApiError> {
        let order = PlacedOrder { reference: REFERENCE.to_owned(), opened_at: self.opened_at };
        self.gateways.attempts(&Any::Vnpay(self.credentials.clone()), &order).await
    }

    fn refund(&self, amount: i64, charge: &str) -> NewRefund {
        NewRefund {
            reference: REFERENCE.to_owned(),
            charge: charge.to_owned(),
            taken: Money::new(150_000, Currency::Vnd),
            opened_at: self.opened_at,
            amount: Money::new(amount, Currency::Vnd),
            key: "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0RFD".to_owned(),
            asked_at: self.ambient.now(),
            again: false,
            known: None,
            others: Vec::new(),
            notes: Default::default(),
        }
    }

    async fn give_back(&self, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        self.gateways.refund(&Any::Vnpay(self.credentials.clone()), refund).await
    }
}

fn terminal(secret: &str, ipn_url: Option<&str>) -> Terminal {
    let ipn_url = ipn_url.map(str::to_owned);
    let (tmn_code, hash_secret) = ("HAATTEST".to_owned(), secret.to_owned());
    Terminal { tmn_code, hash_secret, ipn_url, tenant: None, refunds: None }
}

fn credentials(secrets: &[&str]) -> Credentials {
    Credentials::new("HAATTEST", secrets.iter().copied().map(Secret::new).collect()).unwrap()
}

/// Opens a page as a browser does, or says with which code VNPay sends it away.
async fn visit(url: &str) -> Result<(), String> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    match answer.headers().get("location") {
        Some(place) => Err(place.to_str().unwrap().rsplit_once('=').unwrap().1.to_owned()),
        None => Ok(()),
    }
}

fn state(made: &Result<MadeRefund, ApiError>) -> RefundState {
    made.as_ref().unwrap().state
}

#[tokio::test]
async fn the_page_opens_for_what_we_sign_and_for_nothing_else() {
    let till = Till::open().await;
    let url = till.vnpay().pay_url(&till.credentials, &till.order(), &till.visit()).unwrap();
    for (forged, code) in [
        (url.replace("vnp_Amount=15000000", "vnp_Amount=100"), "70"),
        (url.replace("HAATTEST", "STRANGER"), "72"),
        (url.split_once("&vnp_SecureHash").unwrap().0.to_owned(), "70"),
    ] {
        assert_eq!(visit(&forged).await, Err(code.to_owned()), "{forged}");
    }
    let other = Credentials::new("HAATTEST", vec![Secret::new("another")]).unwrap();
    let forged = till.vnpay().pay_url(&other, &till.order(), &till.visit()).unwrap();
    assert_eq!(visit(&forged).await, Err("70".to_owned()));
    let (base, _) = url.split_once('?').unwrap();
    let incomplete = [("vnp_TmnCode", "HAATTEST".to_owned()), ("vnp_TxnRef", REFERENCE.to_owned())];
    let incomplete = sign_query(&Secret::new("hash secret"), &incomplete.into());
    assert_eq!(visit(&format!("{base}?{incomplete}")).await, Err("03".to_owned()));

    assert_eq!(visit(&url).await, Ok(()));
    assert_eq!(visit(&url).await, Ok(()), "a page may be opened again");
    till.clock.advance(DAY / 96);
    assert_eq!(visit(&url).await, Err("15".to_owned()), "until the time is over");
    till.decide(Outcome::Paid).await;
    assert_eq!(visit(&url).await, Err("01".to_owned()), "and not once it is paid");
}

#[tokio::test]
async fn what_becomes_of_a_payment_is_told_by_notifications_the_way_back_and_answers_alike() {
    let till = Till::open().await;
    assert!(till.attempts().await.unwrap().is_empty(), "nobody opened the page");
    till.visited().await;
    assert_eq!(till.attempts().await.unwrap()[0].state, None, "the payer is busy");
    let mut charge = String::new();
    for (outcome, expected) in [
        (Outcome::Cancelled, PaymentState::Failed),
        (Outcome::Failed, PaymentState::Failed),
        (Outcome::Review, PaymentState::Review),
        (Outcome::Paid, PaymentState::Captured),
    ] {
        let decided = till.decide(outcome).await;
        let back = decided.return_url.split_once('?').unwrap().1.to_owned();
        for query in [decided.delivered[0].query.clone(), back] {
            let told = UnverifiedIpn::new(&query).verify(&till.credentials).unwrap().notification().unwrap();
            let Meaning::Payment(state, told) = told.meaning else { panic!("{outcome:?}") };
            assert_eq!((state, told.amount), (expected, Some(Money::new(150_000, Currency::Vnd))));
            assert_eq!((told.order_id.as_deref(), &told.payment_id), (Some(REFERENCE), &decided.transaction_no));
        }
        let answered = till.attempts().await.unwrap().remove(0);
        assert_eq!((answered.state, &answered.charge.payment_id), (Some(expected), &decided.transaction_no));
        assert_eq!(answered.charge.amount, Some(Money::new(150_000, Currency::Vnd)));
        if outcome == Outcome::Paid {
            assert_eq!(charge, decided.transaction_no, "what was looked at keeps its number");
        }
        charge = decided.transaction_no;
    }
}

#[tokio::test]
async fn notifications_are_repeated_until_they_are_answered_00_or_02() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&received);
    let router = Router::new().route(
        "/ipn",
        get(move |RawQuery(query): RawQuery| {
            let seen = Arc::clone(&seen);
            async move {
                let mut seen = seen.lock().unwrap();
                seen.push(query.unwrap());
                let code = if seen.len() < 4 { "99" } else { "02" };
                Json(serde_json::json!({"RspCode": code, "Message": "any"}))
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ipn", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let till = Till::open().await;
    till.stand_in.vnpay().register(&terminal("rotated", Some(&url))).await.unwrap();
    let rotated = Till { credentials: credentials(&["rotated"]), ..till };
    rotated.visited().await;
    let decided = rotated.stand_in.vnpay().decide(REFERENCE, &Decide::default()).await.unwrap();
    assert_eq!((decided.delivered[0].rsp_code.as_deref(), decided.delivered[0].tries), (Some("02"), 4));
    assert_eq!(received.lock().unwrap().iter().filter(|query| **query == decided.delivered[0].query).count(), 4);

    let how = Travel {
        times: 3,
        shuffle: true,
        parallel: true,
        signed_by: crate::network::Signer::Old,
        alter: [("vnp_Amount".to_owned(), 100.into())].into(),
        ..Travel::default()
    };
    let again = rotated.stand_in.vnpay().deliver(REFERENCE, &how).await.unwrap();
    assert_eq!(again.len(), 3);
    assert!(again[0].query.contains("vnp_Amount=100&"));
    let verifies = |query: &str, secret: &str| UnverifiedIpn::new(query).verify(&credentials(&[secret])).is_ok();
    assert!(verifies(&again[0].query, "hash secret") && !verifies(&again[0].query, "rotated"));
}

#[tokio::test]
async fn money_goes_back_once_and_its_way_is_asked_after() {
    let till = Till::open().await;
    till.visited().await;
    let charge = till.decide(Outcome::Paid).await.transaction_no;
    let refund = till.refund(50_000, &charge);
    let made = till.give_back(&refund).await.unwrap();
    assert_eq!(made.state, RefundState::Pending);
    assert!(made.id.bytes().all(|b| b.is_ascii_digit()) && made.id != charge);

    // Asked again on the same day, with an answer that was lost: VNPay takes it for the same.
    let repeated = till.give_back(&NewRefund { again: true, ..refund.clone() }).await.unwrap();
    assert_eq!((repeated.state, repeated.id.as_str()), (RefundState::Pending, "01JQZX3N9Q5S0V6T7W8Y9Z0RFD"));
    let known = NewRefund { known: Some(made.id.clone()), ..refund.clone() };
    let unnumbered = NewRefund { known: Some(repeated.id), ..refund.clone() };
    for (status, expected) in [
        ("05", RefundState::Pending),
        ("06", RefundState::Pending),
        ("09", RefundState::Failed),
        ("00", RefundState::Done),
    ] {
        assert_eq!(till.stand_in.vnpay().settle_refunds(REFERENCE, status).await.unwrap(), 1, "one refund only");
        for refund in [&known, &unnumbered] {
            assert_eq!(state(&till.give_back(refund).await), expected, "{status}");
        }
    }
    assert_eq!(till.attempts().await.unwrap()[0].state, None, "a refund says nothing of the payment");

    // The rest, while the first is known: what VNPay says of that one is not taken for this one.
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0SND".to_owned();
    let rest = NewRefund { key, others: vec![made.id.clone()], ..till.refund(100_000, &charge) };
    let asked = till.give_back(&rest).await.unwrap();
    assert_ne!(asked.id, made.id);
    assert_eq!(state(&till.give_back(&NewRefund { known: Some(asked.id), ..rest }).await), RefundState::Pending);
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0THD".to_owned();
    match till.give_back(&NewRefund { key, ..till.refund(1, &charge) }).await {
        Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "93"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_of_a_payment_goes_back_as_such() {
    let till = Till::with_refunds(Some("00")).await;
    till.visited().await;
    let charge = till.decide(Outcome::Paid).await.transaction_no;
    let whole = till.refund(150_000, &charge);
    assert_eq!(state(&till.give_back(&whole).await), RefundState::Done);
    let key = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0SND".to_owned();
    let second = till.give_back(&NewRefund { key, ..whole }).await;
    assert!(matches!(second, Err(ApiError::Refused { status: 400, .. })), "{second:?}");
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_not_asked_for_again_on_another_day() {
    let till = Till::open().await;
    till.visited().await;
    let charge = till.decide(Outcome::Paid).await.transaction_no;
    let refund = till.refund(50_000, &charge);
    let lost = Faults { times: 1, status: 504, done: true };
    till.stand_in.vnpay().fail_next(&lost).await.unwrap();
    assert!(matches!(till.give_back(&refund).await, Err(ApiError::Busy { status: 504 })));
    till.clock.advance(DAY);
    let again = NewRefund { again: true, ..refund.clone() };
    let found = till.give_back(&again).await.unwrap();
    assert_eq!(found.state, RefundState::Pending);
    assert!(found.id.bytes().all(|b| b.is_ascii_digit()), "it was found");
    // Were it another's, nobody could tell: better no refund than two.
    let doubtful = NewRefund { others: vec![found.id], ..again.clone() };
    assert!(matches!(till.give_back(&doubtful).await, Err(ApiError::Unreadable(_))));
    assert_eq!(till.stand_in.vnpay().settle_refunds(REFERENCE, "00").await.unwrap(), 1);
}

#[tokio::test]
async fn a_refund_that_never_arrived_is_asked_for_again_on_another_day() {
    let till = Till::open().await;
    till.visited().await;
    let charge = till.decide(Outcome::Paid).await.transaction_no;
    let refund = till.refund(50_000, &charge);
    let lost = Faults { times: 1, status: 503, done: false };
    till.stand_in.vnpay().fail_next(&lost).await.unwrap();
    assert!(matches!(till.give_back(&refund).await, Err(ApiError::Busy { status: 503 })));
    till.clock.advance(DAY);
    assert_eq!(state(&till.give_back(&NewRefund { again: true, ..refund }).await), RefundState::Pending);
    assert_eq!(till.stand_in.vnpay().settle_refunds(REFERENCE, "00").await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_is_given_back_of_what_was_not_paid_and_wrong_secrets_get_no_answer() {
    let till = Till::open().await;
    till.visited().await;
    let charge = till.decide(Outcome::Failed).await.transaction_no;
    match till.give_back(&till.refund(50_000, &charge)).await {
        Err(ApiError::Refused { status: 400, code, .. }) => assert_eq!(code, "95"),
        other => panic!("{other:?}"),
    }
    let wrong = Till { credentials: credentials(&["wrong"]), ..till };
    assert!(
        matches!(wrong.attempts().await, Err(ApiError::Unreadable(_))),
        "its refusal is signed with another secret"
    );
    assert!(matches!(wrong.give_back(&wrong.refund(1, "1")).await, Err(ApiError::Unreadable(_))));
}
