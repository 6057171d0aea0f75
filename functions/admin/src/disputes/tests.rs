use domain::access::Role;
use domain::clock::Timestamp;
use domain::dispute::{DisputeError, DisputeStatus, ToldDispute};
use domain::money::Money;
use domain::order::{CancelReason, CancelRefused, Party};
use domain::payment::Payment;
use http::StatusCode;
use serde_json::{Value, json};
use store::disputes::DisputeNoted;
use store::settlements::Message;

use crate::test_support::Shop;

impl Shop {
    /// Lets the provider tell of a dispute about a payment.
    async fn contest(&self, payment: &Payment, event: &str, status: DisputeStatus) -> DisputeNoted {
        self.contest_some(payment, event, status, payment.amount).await
    }

    async fn contest_some(&self, payment: &Payment, event: &str, status: DisputeStatus, amount: Money) -> DisputeNoted {
        let (store, tenant) = (self.tenant().stack.store(), self.tenant());
        let charge = payment.charge.clone().unwrap();
        let message = Message {
            provider: payment.provider.clone(),
            event: event.to_owned(),
            name: "payment.dispute".to_owned(),
            charge: Some(charge.clone()),
        };
        let told = ToldDispute {
            id: "disp_1".to_owned(),
            charge,
            amount,
            reason: "fraudulent".to_owned(),
            respond_by: Some(Timestamp::from_millis(1_900_000_000_000)),
            status,
        };
        let found = store.look_up_dispute(tenant.scope(), &message, &payment.reference).await.unwrap();
        let (operation, settlement) = (tenant.operation(), found.settlement.unwrap());
        store.note_dispute(&operation, &message, &settlement, found.disputes, &told).await.unwrap()
    }
}

#[tokio::test]
async fn staff_see_what_is_disputed_and_give_nothing_of_it_back() {
    let shop = Shop::open().await;
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let (_, quiet) = shop.sell(&["Vase"]).await;
    let get = |path: String, token: &str| shop.client.get(&path).bearer(token).send();
    let of = |payment: &Payment| format!("/admin/payments/{}/disputes", payment.id);
    let refund = |key: &str| {
        let body = json!({"orderId": placed.orders[0].id, "reason": "broken"});
        let path = format!("/admin/payments/{}/refunds", payment.id);
        shop.client.post(&path).bearer(&staff.token).header("idempotency-key", key).json(body).send()
    };
    let open = async || -> Vec<Value> {
        let list = get("/admin/disputes?open=true".to_owned(), &staff.token).await;
        list.data(StatusCode::OK).as_array().unwrap().clone()
    };
    assert_eq!(get(of(&payment), &staff.token).await.data(StatusCode::OK)["disputes"], json!([]));
    assert!(open().await.is_empty());

    assert!(matches!(shop.contest(&payment, "e1", DisputeStatus::Open).await, DisputeNoted::Applied(_)));
    assert_eq!(shop.contest(&payment, "e2", DisputeStatus::Open).await, DisputeNoted::Duplicate);
    let shown = get(of(&payment), &staff.token).await.data(StatusCode::OK).clone();
    let dispute = &shown["disputes"][0];
    assert_eq!((&shown["open"], &dispute["status"], &dispute["id"]), (&json!(true), &json!("OPEN"), &json!("disp_1")));
    assert_eq!((&dispute["reason"], &dispute["amount"]), (&json!("fraudulent"), &json!(payment.amount)));
    assert_eq!(dispute["respondBy"], "2030-03-17T17:46:40.000Z");
    let list = open().await;
    assert_eq!((list.len(), &list[0]), (1, &shown));
    refund("one").await.refused(StatusCode::CONFLICT, "PAYMENT_DISPUTED");
    let refunds = shop.tenant().stack.store().refunds_of(shop.tenant().scope(), payment.id).await.unwrap();
    assert!(refunds.is_empty());

    get(of(&payment), &customer.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    get("/admin/disputes".to_owned(), &customer.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    assert_eq!(get(of(&quiet), &staff.token).await.data(StatusCode::OK)["open"], false);

    assert!(matches!(shop.contest(&payment, "e3", DisputeStatus::Won).await, DisputeNoted::Applied(_)));
    let lost = shop.contest(&payment, "e4", DisputeStatus::Lost).await;
    assert_eq!(lost, DisputeNoted::Refused(DisputeError::Ended(DisputeStatus::Won)));
    assert!(open().await.is_empty());
    let all = get("/admin/disputes".to_owned(), &staff.token).await.data(StatusCode::OK).clone();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["disputes"][0]["status"]), (1, &json!("WON")));
    refund("two").await.data(StatusCode::CREATED);
    let rows = shop.tenant().stored("AUD#").await;
    assert_eq!(rows.iter().filter(|row| row["action"] == "DISPUTE_CHANGED").count(), 2);
}

#[tokio::test]
async fn of_a_dispute_and_refunds_at_once_nothing_goes_back_after_the_dispute() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let path = format!("/admin/payments/{}/refunds", payment.id);
    let refund = |n: usize| {
        let body = json!({
            "orderId": placed.orders[0].id, "amount": {"amount": 1, "currency": "INR"}, "reason": "broken",
        });
        let request = shop.client.post(&path).bearer(&staff.token).header("idempotency-key", format!("k{n}"));
        request.json(body).send()
    };
    let mut work = tokio::task::JoinSet::new();
    for n in 0..8 {
        work.spawn(refund(n));
    }
    assert!(matches!(shop.contest(&payment, "e1", DisputeStatus::Open).await, DisputeNoted::Applied(_)));
    // What was asked for before is there; what is asked for now is refused.
    refund(99).await.refused(StatusCode::CONFLICT, "PAYMENT_DISPUTED");
    let answers = work.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        answer.refused(StatusCode::CONFLICT, "PAYMENT_DISPUTED");
    }
    let refunds = shop.tenant().stack.store().refunds_of(shop.tenant().scope(), payment.id).await.unwrap();
    assert_eq!(refunds.len(), made);
}

#[tokio::test]
async fn what_a_bank_has_taken_back_can_not_be_given_back_again() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let path = format!("/admin/payments/{}/refunds", payment.id);
    let refund = |key: &str, amount: i64| {
        let body = json!({
            "orderId": placed.orders[0].id, "amount": {"amount": amount, "currency": "INR"}, "reason": "broken",
        });
        shop.client.post(&path).bearer(&staff.token).header("idempotency-key", key).json(body).send()
    };
    let most = payment.amount.amount - 100;
    let lost = Money { amount: 100, ..payment.amount };
    assert!(matches!(shop.contest_some(&payment, "e1", DisputeStatus::Lost, lost).await, DisputeNoted::Applied(_)));
    refund("one", most + 1).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    refund("two", most - 1).await.data(StatusCode::CREATED);
    refund("three", 2).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    refund("four", 1).await.data(StatusCode::CREATED);

    let tenant = shop.tenant();
    let order = tenant.stack.store().order(tenant.scope(), placed.orders[0].id).await.unwrap().unwrap();
    let (operation, reason) = (tenant.operation(), CancelReason::Undeliverable);
    let refused = tenant.stack.store().cancel_order(&operation, &order, Party::Staff, reason).await.unwrap();
    assert_eq!(refused, Err(CancelRefused::Disputed));
}
