//! What each message costs: two round trips at most, whatever it tells and whoever sends it.

use domain::refund::{Portion, Refund, RefundLine};
use store::refunds::RefundRequest;

use super::world::{Purchase, Sender, Word, World, outcome};

impl World {
    /// Asks for some pieces of a paid purchase back.
    pub(super) async fn ask_back(&self, purchase: &Purchase, portion: Portion, restock: bool) -> Refund {
        let scope = self.till.tenant.scope();
        let (_, payments) = self.store().order_group_with_payments(scope, purchase.group.id).await.unwrap().unwrap();
        let payment = payments.into_iter().find(|payment| payment.status.was_captured()).unwrap();
        let (order, reason) = (purchase.order, "broken".to_owned());
        let request = RefundRequest { payment: payment.id, order, portion, restock, reason };
        self.store().request_refund(&self.till.tenant.operation(), &payment, &request).await.unwrap().unwrap()
    }
}

/// Picks pieces of one line.
pub(super) fn pieces(line: u32, quantity: u32) -> Portion {
    Portion::Lines(vec![RefundLine { line, quantity }])
}

#[tokio::test]
async fn a_message_takes_two_round_trips_at_most_whoever_sends_it() {
    for sender in [Sender::Razorpay, Sender::Stripe, Sender::Vnpay] {
        let world = World::open(sender, 10).await;
        let vnpay = sender == Sender::Vnpay;
        let (applied, duplicate) = if vnpay { ("00", "02") } else { ("APPLIED", "DUPLICATE") };
        let (purchase, payment) = world.sell(2).await;
        // The first request of a process reads the tenant too.
        world.say(&world.sell(1).await.1, Word::Failed, 0, 0).await;
        for (word, event, expected, trips) in [
            (Word::Authorized, 0, applied, 2),
            (Word::Failed, 0, duplicate, 2),
            (Word::Captured, 0, applied, 2),
            (Word::Captured, 0, duplicate, 1),
            (Word::Captured, 1, duplicate, 2),
            (Word::Failed, 1, duplicate, 2),
        ] {
            // VNPay tells of no reservation, and knows no event but the result.
            if vnpay && (word == Word::Authorized || event == 1 || expected == duplicate && trips == 2) {
                continue;
            }
            let answer = world.say(&payment, word, 0, event).await;
            assert_eq!((outcome(&answer).as_str(), answer.round_trips()), (expected, trips), "{sender:?} {word:?}");
        }
        let failed = world.sell(1).await.1;
        let answer = world.say(&failed, Word::Failed, 0, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), (applied, 2), "{sender:?}");
        if vnpay {
            continue;
        }
        let back = world.ask_back(&purchase, pieces(0, 1), true).await;
        let refused = world.ask_back(&purchase, pieces(1, 1), false).await;
        for (refund, succeeded, event, expected, trips) in [
            (&back, true, 0, "APPLIED", 2),
            (&back, true, 0, "DUPLICATE", 1),
            (&back, true, 1, "DUPLICATE", 2),
            (&back, false, 2, "QUARANTINED", 2),
            (&refused, false, 0, "APPLIED", 2),
            (&refused, true, 1, "QUARANTINED", 2),
        ] {
            let answer = world.say_refund(refund, succeeded, event).await;
            assert_eq!((outcome(&answer).as_str(), answer.round_trips()), (expected, trips), "{sender:?} {event}");
        }
        // All at once: pieces, rights and the whole of the payment.
        let rest = world.ask_back(&purchase, Portion::Rest, true).await;
        let answer = world.say_refund(&rest, true, 0).await;
        assert_eq!((outcome(&answer).as_str(), answer.round_trips()), ("APPLIED", 2), "{sender:?}");
    }
}
