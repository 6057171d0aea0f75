use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::money::Currency;
use crate::operation::Actor;
use crate::order::PaidSample;

fn id<I: Id>(n: u128) -> I {
    I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
}

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn order(n: u128, lines: &[(i64, i64, u32)], shipping: i64) -> Order {
    PaidSample { order: id(n), seller: id(900 + n), lines, shipping }.order()
}

fn refund(n: u128, order: Option<OrderId>, amount: Money, lines: Vec<RefundLine>) -> Refund {
    let at = Timestamp::from_millis(1_800_000_000_000);
    Refund {
        id: id(n),
        payment: id(1),
        group: id(2),
        order,
        seller: None,
        user: id(3),
        provider: "razorpay".to_owned(),
        reference: "order_1".to_owned(),
        charge: "pay_1".to_owned(),
        amount,
        lines,
        restock: false,
        reason: "broken".to_owned(),
        asked_by: Party::Staff,
        status: RefundStatus::Requested,
        provider_refund: None,
        before: None,
        tries: 0,
        created_at: at,
        updated_at: at,
    }
}

#[test]
fn a_seller_hears_of_a_refund_that_somebody_else_has_asked_for_but_once_of_an_order_that_is_called_off() {
    let mut sold = order(7, &[(100, 0, 1)], 0);
    let refund = refund(1, Some(sold.id), inr(50), Vec::new());
    for (party, news) in [(Party::Staff, true), (Party::System, true), (Party::Provider, true), (Party::Seller, false)]
    {
        assert_eq!(Refund { asked_by: party, ..refund.clone() }.is_news_to_seller(&sold), news, "{party:?}");
    }
    let actor = Actor::System { name: "test".to_owned() };
    let step = TimelineEntry { status: OrderStatus::Cancelled, actor, reason: String::new(), at: refund.created_at };
    sold.timeline = vec![step];
    assert!(!refund.is_news_to_seller(&sold));
    // What was asked for before goes back beside it.
    let before = Timestamp::from_millis(refund.created_at.as_millis() - 1);
    assert!(Refund { created_at: before, ..refund }.is_news_to_seller(&sold));
}

#[test]
fn a_refund_of_before_it_was_noted_who_asks_was_asked_for_by_nobody() {
    let mut stored = serde_json::to_value(refund(1, None, inr(50), Vec::new())).unwrap();
    stored.as_object_mut().unwrap().remove("askedBy");
    assert_eq!(serde_json::from_value::<Refund>(stored).unwrap().asked_by, Party::System);
}

#[test]
fn what_a_bank_has_taken_back_is_not_given_back_again() {
    let book = RefundBook { reserved: inr(30), ..RefundBook::open(id(1), inr(100)) };
    for (lost, amount, left) in [
        (None, 70, None),
        (Some(20), 50, None),
        (Some(20), 51, Some(50)),
        (Some(70), 1, Some(0)),
        (Some(100), 1, Some(0)),
    ] {
        let refused = left.map(|left| RefundError::TooLarge { left: inr(left) });
        assert_eq!(book.spare(lost.map(inr), inr(amount)).err(), refused, "{lost:?} {amount}");
    }
}

#[test]
fn pieces_of_a_line_come_to_what_was_paid_for_it_however_they_are_split() {
    // Three pieces for 1.00 and 0.01 tax: 0.33⅔ each.
    let order = order(1, &[(100, 1, 3)], 50);
    let mut book = RefundBook::open(id(1), order.totals.total);
    let mut sum = inr(0);
    for _ in 0..3 {
        let one = Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]);
        let (next, amount, _) = book.reserve(&order, &one).unwrap();
        (book, sum) = (next, sum.plus(amount).unwrap());
    }
    assert_eq!(sum, inr(101));
    let more = Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }]);
    assert_eq!(book.clone().reserve(&order, &more), Err(RefundError::TooManyPieces { line: 0, left: 0 }));
    // The shipping is left.
    let (_, rest, _) = book.reserve(&order, &Portion::Rest).unwrap();
    assert_eq!(rest, inr(50));
}

#[test]
fn what_is_called_off_sets_every_piece_aside_once_even_where_no_money_is_left() {
    let order = order(1, &[(100, 0, 3)], 0);
    let book = RefundBook::open(id(1), order.totals.total);
    let (book, ..) = book.reserve(&order, &Portion::Lines(vec![RefundLine { line: 0, quantity: 1 }])).unwrap();
    let (book, rest, _) = book.clone().reserve(&order, &Portion::Amount(book.left().unwrap())).unwrap();
    assert_eq!(rest, inr(67));
    // All of the money is on its way back already: two pieces are left, and then none.
    assert_eq!(book.clone().reserve(&order, &Portion::Rest), Err(RefundError::Nothing));
    let (book, amount, lines) = book.reserve_rest(&order).unwrap();
    assert_eq!((amount, lines), (inr(0), vec![RefundLine { line: 0, quantity: 2 }]));
    let (_, amount, lines) = book.reserve_rest(&order).unwrap();
    assert_eq!((amount, lines), (inr(0), Vec::new()));
}

#[test]
fn more_than_is_left_and_lines_that_are_not_there_are_refused() {
    let order = order(1, &[(100, 0, 1)], 0);
    let book = RefundBook::open(id(1), order.totals.total);
    let line = |line, quantity| RefundLine { line, quantity };
    let refused = |portion: Portion| book.clone().reserve(&order, &portion).unwrap_err();
    assert_eq!(refused(Portion::Amount(inr(101))), RefundError::TooLarge { left: inr(100) });
    assert_eq!(refused(Portion::Amount(inr(0))), RefundError::Nothing);
    assert_eq!(refused(Portion::Amount(inr(-1))), RefundError::Nothing);
    assert_eq!(refused(Portion::Lines(vec![line(1, 1)])), RefundError::UnknownLine(1));
    assert_eq!(refused(Portion::Lines(vec![line(0, 1), line(0, 1)])), RefundError::UnknownLine(0));
    assert_eq!(refused(Portion::Lines(vec![line(0, 2)])), RefundError::TooManyPieces { line: 0, left: 1 });
    assert_eq!(refused(Portion::Lines(Vec::new())), RefundError::Nothing);
    assert_eq!(
        refused(Portion::Amount(Money::new(1, Currency::Usd))),
        RefundError::Money(MoneyError::CurrencyMismatch)
    );
}

#[test]
fn what_the_provider_refused_can_be_given_back_otherwise() {
    let order = order(1, &[(100, 0, 2)], 0);
    let (book, amount, lines) = RefundBook::open(id(1), inr(100)).reserve(&order, &Portion::Rest).unwrap();
    assert_eq!((amount, lines.as_slice()), (inr(100), [RefundLine { line: 0, quantity: 2 }].as_slice()));
    let asked = refund(1, Some(order.id), amount, lines);
    let book = book.fail(&asked).unwrap();
    assert_eq!(book.left(), Ok(inr(100)));
    assert!(book.reserve(&order, &Portion::Lines(vec![RefundLine { line: 0, quantity: 2 }])).is_ok());
}

#[test]
fn a_file_is_lost_with_the_last_piece_that_brings_it() {
    let (shared, own, last) = (id(50), id(51), id(52));
    let mut order = order(1, &[(100, 0, 2), (100, 0, 1), (100, 0, 1)], 10);
    for (line, files) in order.lines.iter_mut().zip([vec![shared, own], vec![shared], vec![last]]) {
        line.files = files;
    }
    order.model_files = vec![shared, own, last];
    let mut book = RefundBook::open(id(1), order.totals.total);
    let mut give_back = |portion: Portion| {
        let (next, amount, lines) = book.clone().reserve(&order, &portion).unwrap();
        let (next, returned) = next.succeed(&refund(1, Some(order.id), amount, lines), Some(&order)).unwrap();
        book = next;
        returned.lost_files
    };
    let pieces = |line, quantity| Portion::Lines(vec![RefundLine { line, quantity }]);
    assert_eq!(give_back(pieces(0, 1)), []);
    assert_eq!(give_back(Portion::Amount(inr(5))), []);
    assert_eq!(give_back(pieces(0, 1)), [own]);
    assert_eq!(give_back(pieces(1, 1)), [shared]);
    // What was sold before lines knew their files goes with the whole order.
    assert_eq!(give_back(Portion::Rest), [last]);
}

#[test]
fn money_once_given_back_stays_given_back() {
    for last in [RefundStatus::Succeeded, RefundStatus::Failed] {
        assert!(last.successors().is_empty());
    }
    assert!(OrderStatus::Refunded.successors().is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Amount(usize, i64),
    Lines(usize, u32, u32),
    Rest(usize),
    Succeed(usize),
    Fail(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2usize, 0i64..500).prop_map(|(order, amount)| Step::Amount(order, amount)),
        (0..2usize, 0..3u32, 0..4u32).prop_map(|(order, line, quantity)| Step::Lines(order, line, quantity)),
        (0..2usize).prop_map(Step::Rest),
        (0..8usize).prop_map(Step::Succeed),
        (0..8usize).prop_map(Step::Fail),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn refunds_never_come_to_more_than_was_captured(
        prices in prop::collection::vec((1i64..300, 0i64..50, 1u32..5), 1..3),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let orders = [order(1, &prices, 30), order(2, &prices, 0)];
        let captured = orders[0].totals.total.plus(orders[1].totals.total).unwrap();
        let mut book = RefundBook::open(id(1), captured);
        let (mut open, mut done): (Vec<Refund>, Vec<Refund>) = (Vec::new(), Vec::new());
        for (n, step) in steps.into_iter().enumerate() {
            let (which, portion) = match step {
                Step::Amount(order, amount) => (order, Portion::Amount(inr(amount))),
                Step::Lines(order, line, quantity) => (order, Portion::Lines(vec![RefundLine { line, quantity }])),
                Step::Rest(order) => (order, Portion::Rest),
                Step::Succeed(at) | Step::Fail(at) if at >= open.len() => continue,
                Step::Succeed(at) => {
                    let refund = open.remove(at);
                    let order = orders.iter().find(|order| Some(order.id) == refund.order).unwrap();
                    let (next, returned) = book.clone().succeed(&refund, Some(order)).unwrap();
                    prop_assert_eq!(returned.whole_payment, next.refunded == captured);
                    book = next;
                    done.push(refund);
                    continue;
                }
                Step::Fail(at) => {
                    book = book.clone().fail(&open.remove(at)).unwrap();
                    continue;
                }
            };
            if let Ok((next, amount, lines)) = book.clone().reserve(&orders[which], &portion) {
                prop_assert!(amount.amount > 0);
                book = next;
                open.push(refund(n as u128, Some(orders[which].id), amount, lines));
            }
            let sum = |refunds: &[Refund]| refunds.iter().map(|refund| refund.amount.amount).sum::<i64>();
            prop_assert_eq!(book.reserved.amount, sum(&open) + sum(&done));
            prop_assert_eq!(book.refunded.amount, sum(&done));
            prop_assert!(book.reserved.amount <= captured.amount);
            for order in &orders {
                let of_order = open.iter().chain(&done).filter(|refund| refund.order == Some(order.id));
                prop_assert!(of_order.map(|refund| refund.amount.amount).sum::<i64>() <= order.totals.total.amount);
            }
        }
    }
}
