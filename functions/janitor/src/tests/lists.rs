//! What only a provider knows, found in its own list of the day.

use domain::payment::Payment;
use domain::reconciliation::Difference;
use domain::reconciliation::DifferenceKind::{NotHere, Unknown};
use harness::razorpay::{Outcome, Take};
use harness::stripe;
use payments::Provider;
use payments::api::NewOrder;
use payments::notification::TENANT_NOTE;
use payments::razorpay::Razorpay;
use store::reconciliations::Reconciliation;

use super::comparison::{Night, kinds};
use super::providers::{Fate, Till};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns what is reported of charges of which our books know nothing, by charge.
fn strangers(compared: &Reconciliation) -> BTreeMap<&str, &Difference> {
    let strangers = compared.differences.iter().filter(|difference| difference.kind == Unknown);
    strangers.map(|difference| (difference.charge.as_deref().unwrap(), difference)).collect()
}

#[tokio::test]
async fn money_that_only_razorpay_knows_is_reported_however_long_its_list_is() {
    let till = super::reconciliation::Till::open().await;
    let (stack, tenant, remote) = (&till.stack, &till.tenant, till.stand_in.remote());
    let gateways = harness::gateways(&till.stand_in.url, stack.ambient());
    let (ours, open) = (till.sell(None).await, till.sell(None).await);
    till.pay(&ours, Outcome::Capture).await;
    till.pay(&open, Outcome::Fail).await;

    // An order of which nothing was written here: we were cut off after the provider had opened it.
    let amount = Money::new(77_700, Currency::Inr);
    let notes = [(TENANT_NOTE.to_owned(), tenant.id().to_string())].into();
    let lost = NewOrder { amount, receipt: "receipt".to_owned(), notes };
    let lost = Razorpay::new(&till.stand_in.url).create_order(&till.credentials, &lost).await.unwrap().id;
    let lost = Payment { reference: lost, ..ours.clone() };
    till.pay(&lost, Outcome::Capture).await;
    let key_id = till.credentials.key_id().to_owned();
    let take = Take { key_id, amount: 500, currency: "INR".to_owned(), notes: BTreeMap::new(), count: 205 };
    let by_hand = remote.take(&take).await.unwrap();
    // Another tenant's, on an account that both share; and money in a currency that we don't trade in.
    let theirs = [(TENANT_NOTE.to_owned(), stack.tenant().await.id().to_string())].into();
    remote.take(&Take { notes: theirs, count: 3, ..take.clone() }).await.unwrap();
    let foreign = remote.take(&Take { currency: "CHF".to_owned(), count: 1, ..take.clone() }).await.unwrap();

    let night = Night::after(stack, tenant, &gateways);
    let compared = night.compare().await;
    assert!(compared.finished_at.is_some());
    assert_eq!((compared.compared, compared.listed), (2, 1 + 1 + 205 + 3 + 1));
    assert!(compared.without_list.is_empty());
    assert_eq!((kinds(&compared, &ours), kinds(&compared, &open)), (vec![NotHere], vec![]));
    assert_eq!(compared.found, 1 + 1 + 205 + 1);
    // Those that there is room for are told one by one, and by nothing of the payer's.
    let told = strangers(&compared);
    assert_eq!(told.len(), store::reconciliations::KEPT - 1);
    for (charge, difference) in &told {
        let status = difference.status.as_deref();
        assert_eq!((difference.payment, difference.here, status), (None, None, Some("captured")));
        if difference.reference.as_ref() == Some(&lost.reference) {
            assert_eq!(difference.there, Some(amount));
        } else {
            let ours = by_hand.iter().any(|id| id == charge);
            assert!(ours || foreign[0] == *charge, "{difference:?}");
            assert_eq!(difference.there, ours.then_some(Money::new(500, Currency::Inr)));
        }
    }
    let report = night.left().await.remove(0);
    assert_eq!((&report["listed"], &report["found"]), (&compared.listed.into(), &compared.found.into()));
    let text = report.to_string();
    assert!(!text.contains("payer@") && !text.contains("+9199"), "{text}");

    // On the day before there was nothing, and nothing of today shows there.
    let quiet = night.before().compare().await;
    assert_eq!((quiet.compared, quiet.listed, quiet.found), (0, 0, 0));
}

#[tokio::test]
async fn money_that_only_stripe_knows_is_reported_on_the_day_when_it_was_taken() {
    let till = Till::open(Provider::Stripe, Duration::ZERO).await;
    let (tenant, remote) = (&till.tenant, till.stand_in.stripe());
    let paid = till.sell_paid().await;
    // Over another amount than is to be paid: what the payer's bank says of it is never believed.
    let (late, declined) = (till.sell(Some(5_000)).await, till.sell(None).await);
    let evening = Night::after(&till.stack, tenant, &till.gateways);
    till.stack.clock.advance(DAY);
    till.decide(&late, Fate::Done).await;
    till.decide(&declined, Fate::Failed).await;
    let secret_key = format!("sk_test_{}", tenant.id());
    let (currency, metadata) = ("usd".to_owned(), BTreeMap::new());
    let take = stripe::Take { secret_key, amount: 1_234, currency, metadata, count: 101 };
    let by_hand = remote.take(&take).await.unwrap();
    let theirs = [(TENANT_NOTE.to_owned(), till.stack.tenant().await.id().to_string())].into();
    remote.take(&stripe::Take { metadata: theirs, count: 1, ..take }).await.unwrap();

    let before = evening.compare().await;
    assert_eq!((before.compared, before.listed), (3, 1));
    assert_eq!((kinds(&before, &late), kinds(&before, &paid)), (vec![NotHere], vec![]));
    let compared = Night::after(&till.stack, tenant, &till.gateways).compare().await;
    assert_eq!((compared.compared, compared.listed, compared.found), (0, 1 + 101 + 1, 1 + 101));
    // Nothing of ours moved on that day, and still it is told.
    assert_eq!((kinds(&compared, &late), kinds(&compared, &declined)), (vec![NotHere], vec![]));
    let told = strangers(&compared);
    assert!(by_hand.iter().all(|charge| told[charge.as_str()].there == Some(Money::new(1_234, Currency::Usd))));
    assert!(told.values().all(|difference| difference.status.as_deref() == Some("succeeded")));
}

#[tokio::test]
async fn a_report_says_which_provider_has_no_list() {
    let till = Till::open(Provider::Vnpay, Duration::ZERO).await;
    till.sell_paid().await;
    let night = Night::after(&till.stack, &till.tenant, &till.gateways);
    let compared = night.compare().await;
    assert_eq!((compared.compared, compared.listed, compared.found), (1, 0, 0));
    assert_eq!(compared.without_list, ["vnpay"]);
    assert_eq!(night.left().await[0]["withoutList"], serde_json::json!(["vnpay"]));
}
