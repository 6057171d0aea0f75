use std::collections::BTreeMap;

use domain::money::Currency;
use domain::order::GroupStatus;
use domain::payment::{Payment, PaymentStatus};
use harness::client::TestAnswer;
use http::StatusCode;
use payments::vnpay::signature::sign_query;
use payments::{Credentials, Secret, vnpay};

use crate::test_support::Till;

const TERMINAL: &str = "TERMINAL";

fn secret() -> Secret {
    Secret::new("hash-secret")
}

async fn till() -> Till {
    let own = vnpay::Credentials::new(TERMINAL, vec![Secret::new("newer-secret"), secret()]).unwrap();
    Till::open(Currency::Vnd, &Credentials::Vnpay(own)).await
}

async fn sale(till: &Till) -> Payment {
    till.sell(|payment| payment.id.to_string().split_once('_').unwrap().1.to_owned()).await
}

fn result(payment: &Payment) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("vnp_Amount", (payment.amount.amount * 100).to_string()),
        ("vnp_BankCode", "NCB".to_owned()),
        ("vnp_OrderInfo", "Thanh toan".to_owned()),
        ("vnp_PayDate", "20240521091806".to_owned()),
        ("vnp_ResponseCode", "00".to_owned()),
        ("vnp_TmnCode", TERMINAL.to_owned()),
        ("vnp_TransactionNo", "14422574".to_owned()),
        ("vnp_TransactionStatus", "00".to_owned()),
        ("vnp_TxnRef", payment.reference.clone()),
    ])
}

fn changed(payment: &Payment, changes: &[(&'static str, &str)]) -> String {
    let mut parameters = result(payment);
    parameters.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    sign_query(&secret(), &parameters)
}

async fn ask(till: &Till, query: &str) -> TestAnswer {
    till.client.get(&format!("/webhooks/vnpay/{}/ipn?{query}", till.tenant.id())).send().await
}

async fn code(till: &Till, query: &str) -> String {
    let answer = ask(till, query).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.body["RspCode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_paid_notification_pays_once_in_two_round_trips() {
    let till = till().await;
    let payment = sale(&till).await;
    // The first request of a process reads the tenant too.
    assert_eq!(code(&till, "").await, "97");
    let query = changed(&payment, &[]);
    let answer = ask(&till, &query).await;
    assert_eq!((answer.status, &answer.body["RspCode"]), (StatusCode::OK, &serde_json::json!("00")));
    assert_eq!(answer.body["Message"], "Confirm Success");
    assert_eq!(answer.round_trips(), 2);
    let (group, found) = till.books(&payment).await;
    assert_eq!((group.status, found.status), (GroupStatus::Paid, PaymentStatus::Captured));
    for _ in 0..2 {
        assert_eq!(code(&till, &query).await, "02");
    }
    // A failure that comes late takes nothing back.
    assert_eq!(code(&till, &changed(&payment, &[("vnp_ResponseCode", "24")])).await, "02");
    assert_eq!(till.books(&payment).await.1.status, PaymentStatus::Captured);
    assert_eq!(till.told_paid().await, 1);
}

#[tokio::test]
async fn twenty_notifications_at_once_pay_once() {
    let till = till().await;
    let payment = sale(&till).await;
    let query = changed(&payment, &[]);
    let mut under_way = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, path) = (till.client.clone(), format!("/webhooks/vnpay/{}/ipn?{query}", till.tenant.id()));
        under_way.spawn(async move { client.get(&path).send().await.body["RspCode"].as_str().unwrap().to_owned() });
    }
    let codes = under_way.join_all().await;
    assert_eq!(codes.iter().filter(|code| *code == "00").count(), 1, "{codes:?}");
    assert_eq!(till.told_paid().await, 1);
    assert_eq!(till.books(&payment).await.0.status, GroupStatus::Paid);
}

#[tokio::test]
async fn a_failure_is_recorded_and_a_suspicion_is_held_until_it_is_decided() {
    let till = till().await;
    let failed = sale(&till).await;
    let cancelled =
        changed(&failed, &[("vnp_ResponseCode", "24"), ("vnp_TransactionStatus", "02"), ("vnp_TransactionNo", "0")]);
    assert_eq!(code(&till, &cancelled).await, "00");
    let (group, found) = till.books(&failed).await;
    assert_eq!((group.status, found.status), (GroupStatus::PaymentFailed, PaymentStatus::Failed));

    let suspicious = sale(&till).await;
    assert_eq!(code(&till, &changed(&suspicious, &[("vnp_ResponseCode", "07")])).await, "00");
    let (group, found) = till.books(&suspicious).await;
    assert_eq!((group.status, found.status), (GroupStatus::PaymentPending, PaymentStatus::Review));
    assert_eq!(till.told_paid().await, 0);
    assert_eq!(code(&till, &changed(&suspicious, &[])).await, "00");
    let (group, found) = till.books(&suspicious).await;
    assert_eq!((group.status, found.status), (GroupStatus::Paid, PaymentStatus::Captured));
}

#[tokio::test]
async fn what_does_not_fit_is_answered_with_its_code_and_pays_nothing() {
    let till = till().await;
    let payment = sale(&till).await;
    let more = (payment.amount.amount * 100 + 100).to_string();
    for (changes, expected) in [
        (("vnp_TmnCode", "ANOTHER1"), "01"),
        (("vnp_TxnRef", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "01"),
        (("vnp_Amount", more.as_str()), "04"),
        (("vnp_Amount", "1"), "04"),
    ] {
        assert_eq!(code(&till, &changed(&payment, &[changes])).await, expected, "{changes:?}");
    }
    assert_eq!(till.remembered().await, 4);
    let genuine = changed(&payment, &[]);
    for forged in [
        format!("{genuine}&vnp_ResponseCode=00"),
        genuine.replace("vnp_ResponseCode=00", "vnp_ResponseCode=01"),
        genuine.split_once("&vnp_SecureHash").unwrap().0.to_owned(),
        genuine.replace("vnp_BankCode", "vnp%5FBankCode"),
        sign_query(&Secret::new("stranger"), &result(&payment)),
        String::new(),
    ] {
        assert_eq!(code(&till, &forged).await, "97", "{forged}");
    }
    let (group, found) = till.books(&payment).await;
    assert_eq!((group.status, found.status), (GroupStatus::PaymentPending, PaymentStatus::Initiated));
    assert_eq!((till.told_paid().await, till.remembered().await), (0, 4));
    assert_eq!(code(&till, &genuine).await, "00");
}

#[tokio::test]
async fn an_address_to_pay_at_is_no_notification() {
    let till = till().await;
    let payment = sale(&till).await;
    let mut parameters = result(&payment);
    for only_in_results in ["vnp_ResponseCode", "vnp_TransactionStatus", "vnp_TransactionNo", "vnp_PayDate"] {
        parameters.remove(only_in_results);
    }
    parameters.insert("vnp_Command", "pay".to_owned());
    // A text that would be parameters if anybody forgot to encode it.
    parameters.insert("vnp_OrderInfo", "x&vnp_ResponseCode=00&vnp_TransactionStatus=00&vnp_TransactionNo=1".to_owned());
    let url = sign_query(&secret(), &parameters);
    assert_eq!(code(&till, &url).await, "99");
    let decoded = url.replace("%26", "&").replace("%3D", "=");
    assert_eq!(code(&till, &decoded).await, "97");
    assert_eq!(till.books(&payment).await.1.status, PaymentStatus::Initiated);
    assert_eq!((till.told_paid().await, till.remembered().await), (0, 0));
}
