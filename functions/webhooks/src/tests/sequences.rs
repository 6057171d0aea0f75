//! Any sequence and repetition of what providers say, mixed with what people ask for, ends as the [`Reference`] says.

use std::collections::BTreeSet;

use domain::ledger::Account;
use domain::payment::Payment;
use domain::refund::{Portion, Refund, RefundLine};
use harness::stack::Stack;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use store::refunds::{RefundOutcome, RefundRequest};

use super::reference::{Ask, Reference, View};
use super::world::{Purchase, Sender, Word, World, outcome};

/// How many pieces there are at first: few enough that somebody comes too late.
const STOCK: u32 = 4;
/// How many sequences each provider gets. Each has a tenant of its own.
const CASES: u32 = 8;

/// One thing that happens. Numbers choose among what is there.
#[derive(Debug, Clone, Copy)]
enum Step {
    Buy(u32),
    Open(usize),
    Expire(usize),
    Cancel(usize),
    Say(usize, Word, u8, u8),
    AskBack(usize, Ask, bool),
    SayRefund(usize, bool, u8),
    AnswerRefund(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let word = prop_oneof![1 => Just(Word::Authorized), 3 => Just(Word::Captured), 2 => Just(Word::Failed)];
    let ask = prop_oneof![
        2 => prop_oneof![0i64..5_000, 50_000i64..250_000].prop_map(Ask::Amount),
        3 => (1u32..3).prop_map(Ask::Pieces),
        1 => Just(Ask::Plan),
        2 => Just(Ask::Rest),
    ];
    let any = 0usize..12;
    prop_oneof![
        2 => (1u32..4).prop_map(Step::Buy),
        2 => any.clone().prop_map(Step::Open),
        2 => any.clone().prop_map(Step::Expire),
        1 => any.clone().prop_map(Step::Cancel),
        10 => (any.clone(), word, prop_oneof![4 => Just(0u8), 1 => Just(1u8)], 0u8..2)
            .prop_map(|(payment, word, charge, event)| Step::Say(payment, word, charge, event)),
        5 => (any.clone(), ask, prop::bool::ANY).prop_map(|(payment, ask, restock)| Step::AskBack(payment, ask, restock)),
        5 => (any.clone(), prop::bool::weighted(0.7), 0u8..2)
            .prop_map(|(refund, succeeded, event)| Step::SayRefund(refund, succeeded, event)),
        1 => (any, prop::bool::ANY).prop_map(|(refund, succeeded)| Step::AnswerRefund(refund, succeeded)),
    ]
}

/// The real thing beside its reference.
struct Pair {
    sender: Sender,
    world: World,
    reference: Reference,
    purchases: Vec<Purchase>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
}

impl Pair {
    async fn open(stack: &Stack, sender: Sender) -> Self {
        let world = World::open_on(stack, sender, STOCK).await;
        let reference = Reference::open(sender, STOCK);
        Self { sender, world, reference, purchases: Vec::new(), payments: Vec::new(), refunds: Vec::new() }
    }

    /// Does one step on both sides; both must say the same of it.
    async fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let (told, expected) = match step {
            Step::Buy(pieces) => {
                let bought = self.world.buy(pieces).await;
                let told = bought.is_some();
                self.purchases.extend(bought);
                let expected = self.reference.buy(pieces);
                if told && expected {
                    // Nearly everybody goes on to pay.
                    return self.open_payment(self.purchases.len() - 1).await;
                }
                (told.to_string(), expected.to_string())
            }
            Step::Open(number) => {
                let Some(number) = number.checked_rem(self.purchases.len()) else { return Ok(()) };
                return self.open_payment(number).await;
            }
            Step::Expire(number) => {
                let Some(number) = number.checked_rem(self.purchases.len()) else { return Ok(()) };
                let told = self.world.expire(&self.purchases[number]).await;
                (told.to_string(), self.reference.expire(number).to_string())
            }
            Step::Cancel(number) => {
                let Some(number) = number.checked_rem(self.purchases.len()) else { return Ok(()) };
                let cancelled = self.world.cancel(&self.purchases[number]).await;
                let told = cancelled.is_some();
                self.refunds.extend(cancelled.flatten());
                (told.to_string(), self.reference.cancel(number).to_string())
            }
            Step::Say(number, word, charge, event) => {
                let Some(number) = number.checked_rem(self.payments.len()) else { return Ok(()) };
                // VNPay tells of no reservation, and the same words are the same event.
                let (silent, event) = match self.sender {
                    Sender::Vnpay => (word == Word::Authorized, 0),
                    Sender::Razorpay | Sender::Stripe => (false, event),
                };
                if silent {
                    return Ok(());
                }
                let answer = self.world.say(&self.payments[number], word, charge, event).await;
                let expected = self.reference.say(number, word, charge, event);
                if expected == "NEEDS_REFUND" {
                    // What was captured in vain goes back by itself.
                    self.refunds.extend(self.refunds_of(number).await.into_iter().next());
                }
                (outcome(&answer), self.in_words_of_sender(expected).to_owned())
            }
            Step::AskBack(number, ask, restock) => {
                let Some(number) = number.checked_rem(self.payments.len()) else { return Ok(()) };
                let made = self.ask_back(number, ask, restock).await;
                let told = made.is_some();
                self.refunds.extend(made);
                (told.to_string(), self.reference.ask_back(number, ask, restock).to_string())
            }
            Step::SayRefund(number, succeeded, event) => {
                let Some(number) = number.checked_rem(self.refunds.len()) else { return Ok(()) };
                // VNPay's refunds are asked about.
                if self.sender == Sender::Vnpay {
                    return Ok(());
                }
                let answer = self.world.say_refund(&self.refunds[number], succeeded, event).await;
                (outcome(&answer), self.reference.say_refund(number, succeeded, event).to_owned())
            }
            Step::AnswerRefund(number, succeeded) => {
                let Some(number) = number.checked_rem(self.refunds.len()) else { return Ok(()) };
                let end = if succeeded { RefundOutcome::Succeeded("made".to_owned()) } else { RefundOutcome::Failed };
                let operation = self.world.till.tenant.operation();
                let told = self.world.store().settle_refund(&operation, &self.refunds[number], &end).await.unwrap();
                (told.to_string(), self.reference.answer_refund(number, succeeded).to_string())
            }
        };
        prop_assert_eq!(told, expected, "{:?}", step);
        Ok(())
    }

    fn in_words_of_sender(&self, outcome: &'static str) -> &'static str {
        match (self.sender, outcome) {
            (Sender::Vnpay, "APPLIED" | "NEEDS_REFUND") => "00",
            (Sender::Vnpay, _) => "02",
            _ => outcome,
        }
    }

    async fn open_payment(&mut self, number: usize) -> Result<(), TestCaseError> {
        let opened = self.world.open_payment(&self.purchases[number]).await;
        prop_assert_eq!(opened.is_some(), self.reference.open_payment(number));
        self.payments.extend(opened);
        Ok(())
    }

    async fn ask_back(&self, number: usize, ask: Ask, restock: bool) -> Option<Refund> {
        let payment = &self.payments[number];
        let line = |line, quantity| Portion::Lines(vec![RefundLine { line, quantity }]);
        let portion = match ask {
            Ask::Amount(amount) => Portion::Amount(domain::money::Money::new(amount, payment.amount.currency)),
            Ask::Pieces(pieces) => line(0, pieces),
            Ask::Plan => line(1, 1),
            Ask::Rest => Portion::Rest,
        };
        let purchase = self.purchases.iter().find(|purchase| purchase.group.id == payment.group).unwrap();
        let (order, reason) = (purchase.order, "broken".to_owned());
        let request = RefundRequest { payment: payment.id, order, portion, restock, reason };
        let operation = self.world.till.tenant.operation();
        self.world.store().request_refund(&operation, payment, &request).await.unwrap().ok()
    }

    async fn refunds_of(&self, number: usize) -> Vec<Refund> {
        let (scope, payment) = (self.world.till.tenant.scope(), self.payments[number].id);
        self.world.store().refunds_of(scope, payment).await.unwrap()
    }

    /// Reads what there is at the end.
    async fn view(&self) -> View {
        let scope = self.world.till.tenant.scope();
        let (mut checkouts, mut payments, mut refunds) = (Vec::new(), Vec::new(), Vec::new());
        let mut captured_of = Vec::new();
        for purchase in &self.purchases {
            let read = self.world.store().order_group_with_payments(scope, purchase.group.id).await.unwrap();
            let (group, of_group) = read.unwrap();
            checkouts.push((group.status, self.world.order_status(purchase).await));
            captured_of.extend(of_group);
        }
        for payment in &self.payments {
            let found = captured_of.iter().find(|found| found.id == payment.id).unwrap();
            payments.push(found.status);
            let given: i64 = self
                .world
                .store()
                .refunds_of(scope, payment.id)
                .await
                .unwrap()
                .iter()
                .filter(|refund| refund.status != domain::refund::RefundStatus::Failed)
                .map(|refund| refund.amount.amount)
                .sum();
            assert!(given <= if found.status.was_captured() { found.amount.amount } else { 0 }, "{found:?}");
        }
        for refund in &self.refunds {
            let found = self.world.store().refund(scope, refund.payment, refund.id).await.unwrap().unwrap();
            refunds.push((found.status, found.amount.amount));
        }
        let number_of = |order| self.purchases.iter().position(|purchase| purchase.order == order).unwrap();
        let rights = self.world.rights().await.map(|orders| orders.into_iter().map(number_of).collect::<BTreeSet<_>>());
        let ledger = self.world.ledger().await;
        assert_eq!(ledger.values().sum::<i64>(), 0, "{ledger:?}");
        let of_account =
            |wanted| ledger.iter().filter(move |((_, account), _)| *account == wanted).map(|(_, sum)| *sum);
        let cash = of_account(Account::Cash).sum();
        View { stock: self.world.stock().await, checkouts, payments, refunds, rights, cash }
    }
}

/// Runs sequences against the reference, on a runtime of its own: the strategies are not asynchronous.
fn check(sender: Sender) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stack = runtime.block_on(Stack::connect());
    let config =
        ProptestConfig { cases: CASES, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = prop::collection::vec(step(), 8..28);
    let outcome = TestRunner::new(config).run(&strategy, |steps| {
        runtime.block_on(async {
            let mut pair = Pair::open(&stack, sender).await;
            for step in [Step::Buy(2)].into_iter().chain(steps) {
                pair.step(step).await?;
            }
            prop_assert_eq!(pair.view().await, pair.reference.view());
            Ok(())
        })
    });
    outcome.unwrap();
}

#[tokio::test]
async fn what_was_captured_in_vain_goes_back_as_money_alone() {
    let stack = Stack::connect().await;
    for ask in [Ask::Pieces(1), Ask::Amount(100), Ask::Rest] {
        let mut pair = Pair::open(&stack, Sender::Razorpay).await;
        let late = [Step::Buy(2), Step::Cancel(0), Step::Say(0, Word::Captured, 0, 0), Step::SayRefund(0, false, 0)];
        for step in late.into_iter().chain([Step::AskBack(0, ask, true), Step::AnswerRefund(1, true)]) {
            pair.step(step).await.unwrap();
        }
        assert_eq!(pair.view().await, pair.reference.view(), "{ask:?}");
    }
}

#[test]
fn whatever_razorpay_says_in_whatever_order_ends_as_the_reference_says() {
    check(Sender::Razorpay);
}

#[test]
fn whatever_stripe_says_in_whatever_order_ends_as_the_reference_says() {
    check(Sender::Stripe);
}

#[test]
fn whatever_vnpay_says_in_whatever_order_ends_as_the_reference_says() {
    check(Sender::Vnpay);
}
