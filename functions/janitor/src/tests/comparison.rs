//! The report of a day: what differs between our books and the providers'.

use domain::calendar::Day;
use domain::payment::{Payment, PaymentStatus, Signal};
use domain::reconciliation::DifferenceKind::{self, Amount, NotHere, NotThere, Refunds, SecondCharge, Unanswered};
use domain::tenant::TenantStatus;
use harness::network::Faults;
use harness::razorpay::Outcome;
use payments::api::PlacedOrder;
use payments::refund::NewRefund;
use payments::{Gateways, Provider};
use serde_json::Value;
use store::platform::DueReconciliation;
use store::reconciliations::Reconciliation;
use store::settlements::{Message, Settled};

use super::providers::{Fate, Till};
use super::*;
use crate::comparison::{Reports, place};

/// The day's comparison of one tenant.
pub(super) struct Night {
    stack: Stack,
    tenant: TestTenant,
    gateways: Gateways,
    day: Day,
}

impl Night {
    pub(super) fn after(stack: &Stack, tenant: &TestTenant, gateways: &Gateways) -> Self {
        let day = Day::of(stack.now());
        Self { stack: stack.clone(), tenant: tenant.clone(), gateways: gateways.clone(), day }
    }

    /// Goes on with the day before.
    pub(super) fn before(self) -> Self {
        Self { day: self.day.before(), ..self }
    }

    fn reports(&self) -> Reports {
        let objects =
            Objects::new(self.stack.s3(), self.stack.names.invoices_bucket.as_str(), self.stack.ambient().clone());
        let (store, vault) = (self.stack.store().clone(), self.stack.vault().clone());
        Reports::new(store, vault, self.gateways.clone(), objects, self.stack.ambient().clone())
    }

    /// Lets two janitors compare at once until nothing is left to do now.
    pub(super) async fn compare(&self) -> Reconciliation {
        let (reports, due) = (self.reports(), DueReconciliation { scope: self.tenant.scope(), day: self.day });
        reports.begin_for(&[(*self.tenant.tenant).clone()], self.day).await.unwrap();
        loop {
            let (one, two) = tokio::join!(reports.step(&due), reports.step(&due));
            if !one.unwrap() && !two.unwrap() {
                break;
            }
        }
        self.stack.store().reconciliation(self.tenant.scope(), self.day).await.unwrap().unwrap()
    }

    /// Reads every version of the report.
    pub(super) async fn left(&self) -> Vec<Value> {
        let (s3, bucket) = (self.stack.s3(), &self.stack.names.invoices_bucket);
        let place = place(self.tenant.scope(), self.day);
        let listed = s3.list_object_versions().bucket(bucket).prefix(&place).send().await.unwrap();
        let mut left = Vec::new();
        for version in listed.versions() {
            let object = s3.get_object().bucket(bucket).key(&place).set_version_id(version.version_id.clone());
            let body = object.send().await.unwrap().body.collect().await.unwrap();
            left.push(serde_json::from_slice(&body.to_vec()).unwrap());
        }
        left
    }
}

pub(super) fn kinds(compared: &Reconciliation, payment: &Payment) -> Vec<DifferenceKind> {
    let of_payment = compared.differences.iter().filter(|difference| difference.payment == Some(payment.id));
    of_payment.map(|difference| difference.kind).collect()
}

/// Books a capture of which the provider knows nothing.
async fn believe(stack: &Stack, tenant: &TestTenant, payment: &Payment, charge: &str) {
    let (store, scope) = (stack.store(), tenant.scope());
    let message = Message {
        provider: payment.provider.clone(),
        event: "evt_forged".to_owned(),
        name: "paid".to_owned(),
        charge: Some(charge.to_owned()),
    };
    let found = store.look_up_message(scope, &message, Some(&payment.reference)).await.unwrap();
    let (operation, settlement) = (tenant.operation(), found.settlement.unwrap());
    let settled = store.settle(&operation, &message, &settlement, Signal::Captured, charge).await.unwrap();
    assert_eq!(settled, Settled::Applied(PaymentStatus::Captured));
}

#[tokio::test]
async fn what_differs_from_vnpay_and_stripe_is_reported_once() {
    for provider in super::providers::PROVIDERS {
        let till = Till::open(provider, Duration::ZERO).await;
        let (agreed, open) = (till.sell_paid().await, till.sell(None).await);
        let missed = till.sell(None).await;
        till.decide(&missed, Fate::Done).await;
        let believed = till.sell(None).await;
        believe(&till.stack, &till.tenant, &believed, "9999").await;
        let less = till.sell(Some(5_000)).await;
        let charge = till.decide(&less, Fate::Done).await;
        believe(&till.stack, &till.tenant, &less, &charge).await;
        let by_hand = till.sell_paid().await;
        if provider == Provider::Stripe {
            // Nobody is told: the account has no address for events.
            let _ = till.stand_in.stripe().refund_by_hand(&by_hand.reference, 100).await;
        }
        let night = Night::after(&till.stack, &till.tenant, &till.gateways);
        let compared = night.compare().await;
        // VNPay does not tell how much went back.
        let refunds = if provider == Provider::Stripe { vec![Refunds] } else { vec![] };
        for (payment, expected) in [
            (&agreed, vec![]),
            (&open, vec![]),
            (&missed, vec![NotHere]),
            (&believed, vec![NotThere]),
            (&less, vec![Amount]),
            (&by_hand, refunds.clone()),
        ] {
            assert_eq!(kinds(&compared, payment), expected, "{provider} {payment:?}");
        }
        assert_eq!((compared.compared, compared.found as usize), (6, 3 + refunds.len()));
        assert!(compared.finished_at.is_some());
        // Made again, nothing is made again.
        assert_eq!(night.compare().await, compared);
        let left = night.left().await;
        assert_eq!(left.len(), 1);
        assert_eq!((&left[0]["found"], &left[0]["day"]), (&compared.found.into(), &night.day.to_string().into()));
        assert_eq!(left[0]["differences"], serde_json::to_value(&compared.differences).unwrap());
        // Nothing was changed by looking.
        let found = till.stack.store().order_group_with_payments(till.tenant.scope(), missed.group).await.unwrap();
        assert_eq!(found.unwrap().1[0].status, PaymentStatus::Initiated);
    }
}

#[tokio::test]
async fn what_differs_from_razorpay_is_reported_over_several_pages() {
    let till = super::reconciliation::Till::open().await;
    let gateways = harness::gateways(&till.stand_in.url, till.stack.ambient());
    let mut agreed = Vec::new();
    for _ in 0..7 {
        agreed.push(till.sell(None).await);
    }
    let (twice, by_hand) = (till.sell(None).await, till.sell(None).await);
    for payment in [&twice, &by_hand] {
        till.pay(payment, Outcome::Fail).await;
        till.pay(payment, Outcome::Capture).await;
        let order = PlacedOrder { reference: payment.reference.clone(), opened_at: payment.created_at };
        let credentials = payments::Credentials::Razorpay(till.credentials.clone());
        let said = gateways.statement(&credentials, &order).await.unwrap();
        let charge = said.taken.unwrap().remove(0).charge;
        believe(&till.stack, &till.tenant, payment, &charge).await;
        if payment.id == by_hand.id {
            let refund = NewRefund {
                reference: payment.reference.clone(),
                charge,
                taken: payment.amount,
                opened_at: payment.created_at,
                amount: Money::new(500, Currency::Inr),
                key: "by-hand-0001".to_owned(),
                asked_at: payment.created_at,
                again: false,
                known: None,
                others: Vec::new(),
                notes: BTreeMap::new(),
            };
            gateways.refund(&credentials, &refund).await.unwrap();
        }
    }
    till.pay(&twice, Outcome::Capture).await;
    let night = Night::after(&till.stack, &till.tenant, &gateways);
    let compared = night.compare().await;
    assert_eq!((compared.compared, compared.found), (9, 2));
    assert_eq!((kinds(&compared, &twice), kinds(&compared, &by_hand)), (vec![SecondCharge], vec![Refunds]));
    assert!(agreed.iter().all(|payment| kinds(&compared, payment).is_empty()));
    // A day on which nothing moved has a report too.
    let quiet = night.before();
    assert_eq!((quiet.compare().await.compared, quiet.left().await.len()), (0, 1));
}

#[tokio::test]
async fn a_provider_that_is_down_is_given_time_and_then_reported() {
    let till = Till::open(Provider::Stripe, Duration::ZERO).await;
    let (one, two) = (till.sell_paid().await, till.sell_paid().await);
    let night = Night::after(&till.stack, &till.tenant, &till.gateways);
    till.fail_next(&Faults { times: 1_000, status: 503, done: false }).await;
    // First it does not tell of our payments, then it does not list its own.
    for (told_of, tries) in [0, 2].into_iter().flat_map(|told_of| (1..=5).map(move |tries| (told_of, tries))) {
        let waiting = night.compare().await;
        assert_eq!((waiting.tries, waiting.compared, waiting.finished_at), (tries, told_of, None));
        // Asked again too early, nobody is asked.
        assert_eq!(night.compare().await.tries, tries);
        till.stack.clock.advance(Duration::from_secs(50 * 60));
    }
    let compared = night.compare().await;
    assert_eq!(
        (compared.compared, kinds(&compared, &one), kinds(&compared, &two)),
        (2, vec![Unanswered], vec![Unanswered])
    );
    let lists: Vec<_> = compared.differences.iter().filter(|difference| difference.payment.is_none()).collect();
    assert_eq!((lists.len(), lists[0].kind, lists[0].provider.as_str()), (1, Unanswered, "stripe"));
    assert!(compared.finished_at.is_some());
}

#[tokio::test]
async fn only_open_marketplaces_with_a_provider_are_compared() {
    let stack = Stack::connect().await;
    let till = Till::open(Provider::Vnpay, Duration::ZERO).await;
    let night = Night::after(&stack, &till.tenant, &till.gateways);
    let without = stack.tenant().await;
    let suspended = stack.tenant_with(|tenant| tenant.status = TenantStatus::Suspended).await;
    let mut closed = (*suspended.tenant).clone();
    closed.providers.clone_from(&till.tenant.tenant.providers);
    let all = [(*till.tenant.tenant).clone(), (*without.tenant).clone(), closed];
    night.reports().begin_for(&all, night.day).await.unwrap();
    for (tenant, begun) in [(&till.tenant, true), (&without, false), (&suspended, false)] {
        let found = stack.store().reconciliation(tenant.scope(), night.day).await.unwrap();
        assert_eq!(found.is_some(), begun);
    }
}
