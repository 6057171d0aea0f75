//! Refunds that a provider's message ends.

use domain::file::{Allowance, Entitlement, LimitReached};
use domain::order::OrderStatus;
use domain::payment::PaymentStatus;
use domain::refund::{Portion, RefundStatus};
use serde_json::json;

use super::trips::pieces;
use super::world::{Purchase, Sender, Word, World, outcome};

const SENDERS: [Sender; 2] = [Sender::Razorpay, Sender::Stripe];

impl World {
    async fn sell_paid(&self, number: u32) -> Purchase {
        let (purchase, payment) = self.sell(number).await;
        let answer = self.say(&payment, Word::Captured, 0, 0).await;
        assert_eq!(outcome(&answer), "APPLIED");
        purchase
    }

    /// Reads the buyer's right to the file of the finite product.
    async fn right(&self) -> Option<Entitlement> {
        let (scope, file) = (self.till.tenant.scope(), self.gear.model_files[0]);
        self.store().file_and_entitlement(scope, file, self.buyer).await.unwrap().1
    }

    async fn count_download(&self, right: &Entitlement) -> Result<Result<Entitlement, LimitReached>, store::Error> {
        let allowance = Allowance::days(5, 7);
        self.store().count_download(&self.till.tenant.operation(), right.clone(), allowance).await
    }

    async fn payment_status(&self, purchase: &Purchase) -> PaymentStatus {
        let scope = self.till.tenant.scope();
        let (_, payments) = self.store().order_group_with_payments(scope, purchase.group.id).await.unwrap().unwrap();
        payments[0].status
    }
}

#[tokio::test]
async fn pieces_go_back_into_stock_once_and_only_their_files_are_lost() {
    for sender in SENDERS {
        let world = World::open(sender, 10).await;
        let purchase = world.sell_paid(3).await;
        assert_eq!((world.stock().await, world.rights().await), (7, [vec![purchase.order], vec![purchase.order]]));

        let one = world.ask_back(&purchase, pieces(0, 1), true).await;
        for (event, expected) in [(0, "APPLIED"), (0, "DUPLICATE"), (1, "DUPLICATE")] {
            assert_eq!(outcome(&world.say_refund(&one, true, event).await), expected);
        }
        assert_eq!((world.stock().await, world.rights().await), (8, [vec![purchase.order], vec![purchase.order]]));
        assert_eq!(world.order_status(&purchase).await, OrderStatus::PartiallyRefunded);
        assert_eq!(world.payment_status(&purchase).await, PaymentStatus::PartiallyRefunded);

        // The last pieces, which nobody takes back into stock: their file goes, the other product's stays.
        let two = world.ask_back(&purchase, pieces(0, 2), false).await;
        assert_eq!(outcome(&world.say_refund(&two, true, 0).await), "APPLIED");
        assert_eq!((world.stock().await, world.rights().await), (8, [vec![], vec![purchase.order]]));

        let rest = world.ask_back(&purchase, Portion::Rest, true).await;
        assert_eq!(outcome(&world.say_refund(&rest, true, 0).await), "APPLIED");
        assert_eq!((world.stock().await, world.rights().await), (8, [vec![], vec![]]));
        assert_eq!(world.order_status(&purchase).await, OrderStatus::Refunded);
        assert_eq!(world.payment_status(&purchase).await, PaymentStatus::Refunded);
        assert_eq!(world.ledger().await.values().sum::<i64>(), 0);
    }
}

#[tokio::test]
async fn what_was_bought_twice_is_lost_with_the_second_refund() {
    for sender in SENDERS {
        let world = World::open(sender, 10).await;
        let (first, second) = (world.sell_paid(1).await, world.sell_paid(1).await);
        let back = world.ask_back(&first, Portion::Rest, false).await;
        let answer = world.say_refund(&back, true, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), ("APPLIED", 2), "{sender:?}");
        assert_eq!(world.rights().await, [vec![second.order], vec![second.order]]);
        let back = world.ask_back(&second, Portion::Rest, false).await;
        let answer = world.say_refund(&back, true, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), ("APPLIED", 2), "{sender:?}");
        assert_eq!(world.rights().await, [vec![], vec![]]);
        // Who buys it once more has it again.
        let third = world.sell_paid(1).await;
        assert_eq!(world.rights().await, [vec![third.order], vec![third.order]]);
    }
}

#[tokio::test]
async fn a_right_that_has_ended_counts_no_download_until_the_file_is_bought_again() {
    let world = World::open(Sender::Stripe, 10).await;
    let first = world.sell_paid(1).await;
    let right = world.right().await.unwrap();
    let right = world.count_download(&right).await.unwrap().unwrap();
    let back = world.ask_back(&first, Portion::Rest, false).await;
    assert_eq!(outcome(&world.say_refund(&back, true, 0).await), "APPLIED");
    assert_eq!(world.right().await, None);
    // A download that was under way when the right ended.
    assert!(matches!(world.count_download(&right).await, Err(store::Error::NotFound)));

    let second = world.sell_paid(1).await;
    let again = world.right().await.unwrap();
    assert_eq!((again.orders.iter().copied().collect(), again.downloads), (vec![second.order], 1));
    assert_eq!(world.count_download(&again).await.unwrap().unwrap().downloads, 2);
}

#[tokio::test]
async fn a_refund_that_failed_leaves_everything_and_may_be_asked_for_again() {
    for sender in SENDERS {
        let world = World::open(sender, 10).await;
        let purchase = world.sell_paid(2).await;
        let refused = world.ask_back(&purchase, Portion::Rest, true).await;
        assert_eq!(outcome(&world.say_refund(&refused, false, 0).await), "APPLIED");
        assert_eq!((world.stock().await, world.order_status(&purchase).await), (8, OrderStatus::Paid));
        assert_eq!(world.payment_status(&purchase).await, PaymentStatus::Captured);
        assert_eq!(world.rights().await, [vec![purchase.order], vec![purchase.order]]);
        // A word that the money went back after all needs a person: another refund may be under way.
        assert_eq!(outcome(&world.say_refund(&refused, true, 1).await), "QUARANTINED");
        assert_eq!((world.stock().await, world.payment_status(&purchase).await), (8, PaymentStatus::Captured));
        let again = world.ask_back(&purchase, Portion::Rest, true).await;
        assert_eq!(again.amount, refused.amount);
        assert_eq!(outcome(&world.say_refund(&again, true, 0).await), "APPLIED");
        assert_eq!((world.stock().await, world.order_status(&purchase).await), (10, OrderStatus::Refunded));
        // Money that came back after it had gone: nothing is changed, somebody is told.
        assert_eq!(outcome(&world.say_refund(&again, false, 1).await), "QUARANTINED");
        assert_eq!(world.payment_status(&purchase).await, PaymentStatus::Refunded);
    }
}

#[tokio::test]
async fn what_does_not_name_a_refund_of_ours_is_set_aside() {
    for sender in SENDERS {
        let world = World::open(sender, 10).await;
        let (purchase, other) = (world.sell_paid(2).await, world.sell_paid(2).await);
        let refund = world.ask_back(&purchase, pieces(0, 1), true).await;
        let elsewhere = world.ask_back(&other, pieces(0, 1), true).await;
        let notes = if sender == Sender::Razorpay { "notes" } else { "metadata" };
        let charge = if sender == Sender::Razorpay { "payment_id" } else { "payment_intent" };
        let mut event = 10;
        for (pointer, value) in [
            ("/amount", json!(refund.amount.amount - 1)),
            ("/amount", json!(refund.amount.amount + 1)),
            ("/currency", json!("eur")),
            (&format!("/{charge}"), json!(elsewhere.charge)),
            (&format!("/{notes}"), json!({})),
            (&format!("/{notes}"), json!([])),
            (&format!("/{notes}/refund"), json!(elsewhere.id)),
            (&format!("/{notes}/refund"), json!("rfd_01ARZ3NDEKTSV4RRFFQ69G5FAV")),
            (&format!("/{notes}/refund"), json!("4711")),
            (&format!("/{notes}/payment"), json!(elsewhere.payment)),
            (&format!("/{notes}/group"), json!(elsewhere.group)),
            (&format!("/{notes}/order"), json!(elsewhere.order)),
        ] {
            event += 1;
            let change = |entity: &mut serde_json::Value| *entity.pointer_mut(pointer).unwrap() = value.clone();
            let answer = world.say_refund_with(&refund, true, event, change).await;
            assert_eq!(outcome(&answer), "QUARANTINED", "{sender:?} {pointer} {value}");
        }
        for untouched in [&refund, &elsewhere] {
            let found = world.store().refund(world.till.tenant.scope(), untouched.payment, untouched.id).await.unwrap();
            assert_eq!(found.unwrap().status, RefundStatus::Requested);
        }
        assert_eq!((world.stock().await, world.payment_status(&purchase).await), (6, PaymentStatus::Captured));
        assert_eq!(outcome(&world.say_refund(&refund, true, 0).await), "APPLIED");
    }
}

#[tokio::test]
async fn fifty_words_of_one_refund_at_once_give_money_back_once() {
    let world = World::open(Sender::Stripe, 10).await;
    let purchase = world.sell_paid(2).await;
    let refund = world.ask_back(&purchase, pieces(0, 1), true).await;
    let answers = futures_util::future::join_all((0..50).map(|event| world.say_refund(&refund, true, event))).await;
    let applied = answers.iter().filter(|answer| answer.status == 200 && outcome(answer) == "APPLIED").count();
    assert_eq!(applied, 1);
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status.as_u16())));
    assert_eq!((world.stock().await, world.payment_status(&purchase).await), (9, PaymentStatus::PartiallyRefunded));
    let events = world.till.tenant.stored("EVT#").await;
    assert_eq!(events.iter().filter(|item| item["event"]["type"] == "RefundSucceeded").count(), 1);
}
