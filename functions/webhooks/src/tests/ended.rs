//! Messages that come after their checkout has ended: it expired, was called off, or another payment has paid it.

use domain::operation::{Actor, Operation};
use domain::order::{Ended, Grant, GroupStatus, MAX_TOLD};
use domain::payment::{Payment, PaymentStatus, Settlement, Signal};
use domain::refund::RefundStatus;
use futures_util::future::join;
use store::meter::Meter;
use store::settlements::{Message, Settled};

use super::world::{Purchase, Sender, Word, World, outcome};

const SENDERS: [Sender; 3] = [Sender::Razorpay, Sender::Stripe, Sender::Vnpay];

/// What providers are answered, in words that no provider owns.
fn words(sender: Sender) -> (&'static str, &'static str) {
    if sender == Sender::Vnpay { ("00", "00") } else { ("APPLIED", "NEEDS_REFUND") }
}

impl World {
    /// Opens a shop whose process has read its tenant, with a checkout that stays held.
    async fn warm(sender: Sender, stock: u32) -> Self {
        let world = Self::open(sender, stock).await;
        world.say(&world.sell(1).await.1, Word::Failed, 0, 0).await;
        world
    }

    async fn end(&self, purchase: &Purchase, end: GroupStatus) {
        let ended = match end {
            GroupStatus::Expired => self.expire(purchase).await,
            _ => self.cancel(purchase).await.is_some(),
        };
        assert!(ended);
    }

    /// Places a checkout whose first payment has failed and whose second is open.
    async fn sell_in_two_tries(&self, pieces: u32) -> (Purchase, [Payment; 2]) {
        let (purchase, first) = self.sell(pieces).await;
        self.say(&first, Word::Failed, 0, 0).await;
        let second = self.open_payment(&purchase).await.unwrap();
        (purchase, [first, second])
    }

    async fn group_status(&self, purchase: &Purchase) -> GroupStatus {
        self.store().order_group(self.till.tenant.scope(), purchase.group.id).await.unwrap().unwrap().status
    }

    async fn settlement(&self, payment: &Payment) -> Settlement {
        let (scope, provider) = (self.till.tenant.scope(), &payment.provider);
        self.store().settlement(scope, provider, &payment.reference).await.unwrap().unwrap()
    }

    /// Books a message by what was read of its payment before; returns what came of it and after how many transactions.
    async fn book(&self, read: &Settlement, signal: Signal) -> (Settled, u32) {
        let operation: Operation = self.till.tenant.operation_by(Actor::Provider { name: read.provider.clone() });
        let message = Message {
            provider: read.provider.clone(),
            event: format!("evt_{}", read.reference),
            name: signal.as_str().to_owned(),
            charge: Some("pay_1".to_owned()),
        };
        let meter = Meter::default();
        let settled = meter.watch(self.store().settle(&operation, &message, read, signal, "pay_1")).await.unwrap();
        (settled, meter.usage().round_trips)
    }
}

#[tokio::test]
async fn a_message_after_the_end_takes_two_round_trips_whoever_sends_it() {
    use GroupStatus::{Cancelled, Expired, Paid};
    for sender in SENDERS {
        let world = World::warm(sender, 20).await;
        let (applied, needs_refund) = words(sender);
        for (end, word, expected, then) in [
            (Expired, Word::Failed, applied, Expired),
            (Cancelled, Word::Failed, applied, Cancelled),
            (Expired, Word::Captured, applied, Paid),
            (Cancelled, Word::Captured, needs_refund, Cancelled),
        ] {
            let (purchase, payment) = world.sell(2).await;
            world.end(&purchase, end).await;
            let answer = world.say(&payment, word, 0, 0).await;
            let told = (outcome(&answer), answer.round_trips(), world.group_status(&purchase).await);
            assert_eq!(told, (expected.to_owned(), 2, then), "{sender:?} {end:?} {word:?}");
            assert_eq!(world.order_status(&purchase).await, then.of_orders());
        }
        // One piece is held, two are paid for.
        assert_eq!(world.stock().await, 17);
    }
}

#[tokio::test]
async fn money_for_what_another_payment_paid_goes_back_in_two_round_trips() {
    for sender in SENDERS {
        let world = World::warm(sender, 20).await;
        let (applied, needs_refund) = words(sender);
        for (first, expired) in [(0, false), (1, false), (0, true), (1, true)] {
            let (purchase, payments) = world.sell_in_two_tries(1).await;
            if expired {
                world.end(&purchase, GroupStatus::Expired).await;
            }
            for (payment, expected) in [(&payments[first], applied), (&payments[1 - first], needs_refund)] {
                let answer = world.say(payment, Word::Captured, 0, 0).await;
                let told = (outcome(&answer), answer.round_trips());
                assert_eq!(told, (expected.to_owned(), 2), "{sender:?} {first} {expired}");
                assert_eq!(world.group_status(&purchase).await, GroupStatus::Paid);
            }
        }
        // The open one fails after the one before was captured all the same.
        let (purchase, [first, second]) = world.sell_in_two_tries(1).await;
        assert_eq!(outcome(&world.say(&first, Word::Captured, 0, 0).await), applied);
        let answer = world.say(&second, Word::Failed, 0, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), (applied, 2));
        assert_eq!(world.group_status(&purchase).await, GroupStatus::Paid);
        assert_eq!(world.stock().await, 14);
    }
}

#[tokio::test]
async fn a_late_capture_whose_stock_is_sold_takes_one_trip_more_and_goes_back() {
    for sender in SENDERS {
        let world = World::warm(sender, 4).await;
        let (purchase, payment) = world.sell(2).await;
        world.end(&purchase, GroupStatus::Expired).await;
        world.buy(2).await.unwrap();
        let answer = world.say(&payment, Word::Captured, 0, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), (words(sender).1, 3), "{sender:?}");
        assert_eq!((world.stock().await, world.group_status(&purchase).await), (1, GroupStatus::Expired));
        let refunds = world.store().refunds_of(world.till.tenant.scope(), payment.id).await.unwrap();
        let refunds: Vec<_> = refunds.iter().map(|refund| (refund.status, refund.amount)).collect();
        assert_eq!(refunds, [(RefundStatus::Requested, payment.amount)]);
    }
}

#[tokio::test]
async fn a_message_that_was_read_before_the_end_does_the_same_in_one_transaction_more() {
    use GroupStatus::{Cancelled, Expired};
    let (failed, captured) = (Settled::Applied(PaymentStatus::Failed), Settled::Applied(PaymentStatus::Captured));
    let world = World::open(Sender::Stripe, 20).await;
    for (end, signal, expected) in [
        (Expired, Signal::Failed, &failed),
        (Cancelled, Signal::Failed, &failed),
        (Expired, Signal::Captured, &captured),
        (Cancelled, Signal::Captured, &Settled::NeedsRefund),
    ] {
        for told in [true, false] {
            let (purchase, payment) = world.sell(2).await;
            let before = world.settlement(&payment).await;
            world.end(&purchase, end).await;
            let read = if told { world.settlement(&payment).await } else { before };
            assert_eq!(read.ended.is_some(), told);
            let booked = world.book(&read, signal).await;
            assert_eq!(booked, (expected.clone(), if told { 1 } else { 2 }), "{end:?} {signal:?}");
        }
    }
    assert_eq!(world.stock().await, 16);
}

#[tokio::test]
async fn of_two_late_captures_that_have_read_the_same_end_one_pays() {
    let world = World::open(Sender::Stripe, 20).await;
    let (purchase, [first, second]) = world.sell_in_two_tries(2).await;
    world.end(&purchase, GroupStatus::Expired).await;
    let (first, second) = (world.settlement(&first).await, world.settlement(&second).await);
    assert_eq!(world.book(&first, Signal::Captured).await, (Settled::Applied(PaymentStatus::Captured), 1));
    assert_eq!(world.book(&second, Signal::Captured).await, (Settled::NeedsRefund, 2));
    assert_eq!((world.stock().await, world.group_status(&purchase).await), (18, GroupStatus::Paid));
}

#[tokio::test]
async fn what_is_known_of_a_checkout_is_small_again_once_it_is_paid() {
    let world = World::open(Sender::Stripe, 20).await;
    let (purchase, [first, second]) = world.sell_in_two_tries(2).await;
    assert_eq!(world.settlement(&first).await.ended, None);
    world.end(&purchase, GroupStatus::Expired).await;
    let again = Ended::with(&purchase.group, GroupStatus::Expired);
    assert_eq!(again.reservations.len(), 1);
    for payment in [&first, &second] {
        assert_eq!(world.settlement(payment).await.ended, Some(again.clone()));
    }
    world.say(&second, Word::Captured, 0, 0).await;
    let paid = Ended { status: GroupStatus::Paid, reservations: Vec::new(), coupon: None };
    assert_eq!(world.settlement(&first).await.ended, Some(paid));
    assert_eq!(world.settlement(&second).await.ended, None);
}

#[tokio::test]
async fn the_newest_ten_payments_are_told_and_an_older_one_finds_out() {
    let world = World::open(Sender::Stripe, 20).await;
    let (purchase, oldest) = world.sell(2).await;
    let mut newest = oldest.clone();
    for _ in 0..MAX_TOLD {
        world.say(&newest, Word::Failed, 0, 0).await;
        newest = world.open_payment(&purchase).await.unwrap();
    }
    world.end(&purchase, GroupStatus::Expired).await;
    let told = world.settlement(&newest).await;
    assert_eq!((told.others.len(), told.ended.is_some()), (MAX_TOLD, true));
    assert_eq!(world.settlement(&oldest).await.ended, None);
    let answer = world.say(&newest, Word::Captured, 0, 0).await;
    assert_eq!((outcome(&answer).as_str(), answer.round_trips()), ("APPLIED", 2));
    let answer = world.say(&oldest, Word::Captured, 0, 0).await;
    assert_eq!(outcome(&answer), "NEEDS_REFUND");
    assert_eq!((world.stock().await, world.group_status(&purchase).await), (18, GroupStatus::Paid));
}

#[tokio::test]
async fn what_is_too_much_to_be_taken_again_in_one_transaction_is_held_first() {
    let world = World::open(Sender::Stripe, 7).await;
    let captured = Settled::Applied(PaymentStatus::Captured);
    // Of the last ones the stock is sold meanwhile.
    for (files, sold, expected, trips, left) in
        [(92, 0, &captured, 1, 5), (93, 0, &captured, 2, 3), (93, 2, &Settled::NeedsRefund, 2, 1)]
    {
        let (purchase, payment) = world.sell(2).await;
        world.end(&purchase, GroupStatus::Expired).await;
        let mut read = world.settlement(&payment).await;
        let operation = world.till.tenant.operation();
        read.grants = (0..files).map(|_| Grant { file: operation.id(), order: purchase.order }).collect();
        if sold > 0 {
            world.buy(sold).await.unwrap();
        }
        assert_eq!(world.book(&read, Signal::Captured).await, (expected.clone(), trips), "{files}");
        assert_eq!(world.stock().await, left);
        let paid = world.group_status(&purchase).await == GroupStatus::Paid;
        assert_eq!(paid, *expected == captured);
    }
}

#[tokio::test]
async fn of_two_late_captures_and_a_sale_at_once_the_stock_is_counted_right() {
    let world = World::open(Sender::Stripe, 1).await;
    for _ in 0..8 {
        let (purchase, [first, second]) = world.sell_in_two_tries(1).await;
        let capture = async |payment: &Payment| {
            // A provider sends what was not booked again.
            for event in 0..20 {
                let answer = world.say(payment, Word::Captured, 0, event).await;
                if answer.status == 200 {
                    return outcome(&answer);
                }
            }
            panic!("never booked");
        };
        world.end(&purchase, GroupStatus::Expired).await;
        let (outcomes, bought) = join(join(capture(&first), capture(&second)), world.buy(1)).await;
        let applied = [&outcomes.0, &outcomes.1].iter().filter(|outcome| **outcome == "APPLIED").count();
        let back = [&outcomes.0, &outcomes.1].iter().filter(|outcome| **outcome == "NEEDS_REFUND").count();
        // The one piece is paid for or sold elsewhere; each payment pays for it or goes back.
        assert_eq!((applied + usize::from(bought.is_some()), applied + back), (1, 2), "{outcomes:?}");
        assert_eq!(world.stock().await, 0);
        let paid = world.group_status(&purchase).await == GroupStatus::Paid;
        assert_eq!(paid, applied == 1);
        // The next round has the piece again.
        match bought {
            Some(other) => world.end(&other, GroupStatus::Expired).await,
            None => assert!(world.cancel(&purchase).await.is_some()),
        }
        let refunds = world.settled_refunds(&[&first, &second]).await;
        assert_eq!((refunds, world.stock().await), (2, 1));
    }
}

impl World {
    /// Lets all refunds of some payments succeed; returns how many there were.
    async fn settled_refunds(&self, payments: &[&Payment]) -> usize {
        let mut settled = 0;
        for payment in payments {
            for refund in self.store().refunds_of(self.till.tenant.scope(), payment.id).await.unwrap() {
                assert_eq!(outcome(&self.say_refund(&refund, true, 0).await), "APPLIED");
                settled += 1;
            }
        }
        settled
    }
}
