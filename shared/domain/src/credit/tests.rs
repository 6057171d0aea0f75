use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::money::Currency;
use crate::order::PaidSample;
use crate::pricing::ShippingTax;
use crate::refund::{Portion, RefundBook, RefundStatus};
use crate::tenant::TaxMode;

fn id<I: Id>(n: u128) -> I {
    I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
}

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn refund(order: &Order, amount: Money, lines: Vec<RefundLine>) -> Refund {
    let at = order.created_at;
    Refund {
        id: id(5),
        payment: id(1),
        group: order.group,
        order: Some(order.id),
        seller: Some(order.seller),
        user: order.user,
        provider: "razorpay".to_owned(),
        reference: "order_1".to_owned(),
        charge: "pay_1".to_owned(),
        amount,
        lines,
        restock: false,
        reason: String::new(),
        asked_by: crate::order::Party::Staff,
        status: RefundStatus::Succeeded,
        provider_refund: None,
        before: None,
        tries: 1,
        created_at: at,
        updated_at: at,
    }
}

fn note(order: &Order, place: u32, credit: Credit) -> CreditNote {
    CreditNote {
        id: id(u128::from(place)),
        number: format!("CN-HAAT-2026-{place:04}"),
        place,
        refund: id(5),
        payment: id(1),
        order: order.id,
        group: order.group,
        user: order.user,
        seller: order.seller,
        invoice: "HAAT-2026-0001".to_owned(),
        reason: String::new(),
        credit,
        issued_at: order.created_at,
        object_key: None,
        stored_at: None,
    }
}

fn order(lines: &[(i64, i64, u32)], shipping: i64) -> Order {
    PaidSample { order: id(1), seller: id(2), lines, shipping }.order()
}

fn one(line: u32, quantity: u32) -> Vec<RefundLine> {
    vec![RefundLine { line, quantity }]
}

#[test]
fn pieces_are_taken_from_their_line_with_its_tax() {
    let order = order(&[(10_000, 1_800, 2), (5_000, 250, 1)], 500);
    let credit = Credit::of(&order, &[], &refund(&order, inr(5_900), one(0, 1))).unwrap();
    let line = CreditedLine { line: 0, quantity: 1, amount: inr(5_900), tax: inr(900) };
    assert_eq!((credit.lines, credit.shipping), (vec![line], inr(0)));
}

#[test]
fn an_amount_is_taken_from_everything_in_proportion() {
    let order = order(&[(10_000, 1_800, 2), (5_000, 250, 1)], 550);
    // Half of 17,600.
    let credit = Credit::of(&order, &[], &refund(&order, inr(8_800), Vec::new())).unwrap();
    let line = |line, amount, tax| CreditedLine { line, quantity: 0, amount: inr(amount), tax: inr(tax) };
    // Half a unit of 2,625 is rounded: the larger remainder is the line's, which comes first.
    assert_eq!(credit.lines, [line(0, 5_900, 900), line(1, 2_625, 125)]);
    assert_eq!(credit.shipping, inr(275));
}

#[test]
fn shipping_goes_back_with_its_tax() {
    let mut order = order(&[(10_000, 1_800, 1)], 500);
    order.shipping_tax = Some(ShippingTax { rate_bp: 1_800, tax: inr(90) });
    order.totals.tax = inr(1_890);
    order.totals.total = inr(12_390);
    let half = Credit::of(&order, &[], &refund(&order, inr(6_195), Vec::new())).unwrap();
    assert_eq!((half.shipping, half.shipping_tax), (inr(295), Some(inr(45))));
    let piece = Credit::of(&order, &[], &refund(&order, inr(11_800), one(0, 1))).unwrap();
    assert_eq!((piece.shipping, piece.shipping_tax), (inr(0), Some(inr(0))));
    let rest = Credit::of(&order, &[note(&order, 1, piece)], &refund(&order, inr(590), Vec::new())).unwrap();
    assert_eq!((rest.lines, rest.shipping, rest.shipping_tax), (Vec::new(), inr(590), Some(inr(90))));
}

#[test]
fn what_a_line_can_not_give_any_more_is_taken_from_the_others() {
    let order = order(&[(100, 0, 1), (100, 0, 1)], 0);
    let half = note(&order, 1, Credit::of(&order, &[], &refund(&order, inr(50), Vec::new())).unwrap());
    let credit = Credit::of(&order, &[half], &refund(&order, inr(100), one(0, 1))).unwrap();
    let line = |line, quantity, amount| CreditedLine { line, quantity, amount: inr(amount), tax: inr(0) };
    assert_eq!(credit.lines, [line(0, 1, 75), line(1, 0, 25)]);
}

#[test]
fn a_piece_that_cost_nothing_is_named_and_takes_nothing() {
    let order = order(&[(0, 0, 1), (100, 18, 1)], 0);
    let lines = vec![RefundLine { line: 0, quantity: 1 }, RefundLine { line: 1, quantity: 1 }];
    let credit = Credit::of(&order, &[], &refund(&order, inr(118), lines)).unwrap();
    let line = |line, amount, tax| CreditedLine { line, quantity: 1, amount: inr(amount), tax: inr(tax) };
    assert_eq!(credit.lines, [line(0, 0, 0), line(1, 118, 18)]);
}

#[test]
fn more_than_is_left_is_refused() {
    let order = order(&[(100, 18, 1)], 0);
    assert_eq!(Credit::of(&order, &[], &refund(&order, inr(119), Vec::new())), Err(MoneyError::Overflow));
}

#[derive(Debug, Clone)]
enum Asked {
    Amount(i64),
    Pieces(usize, u32),
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        (1i64..200_000).prop_map(Asked::Amount),
        (0usize..6, 1u32..6).prop_map(|(line, pieces)| Asked::Pieces(line, pieces)),
    ]
}

proptest! {
    #[test]
    fn the_notes_of_an_order_never_take_anything_twice_and_all_of_it_in_the_end(
        prices in prop::collection::vec((0i64..100_000, 0i64..9_000, 1u32..9), 1..6),
        shipping in 0i64..5_000,
        shipping_tax in prop::option::of(0i64..5_000),
        inclusive: bool,
        asked in prop::collection::vec((asked(), any::<prop::sample::Index>(), 0u8..5), 0..14),
    ) {
        // A tax that is contained is no more than what it is contained in.
        let prices: Vec<_> = prices.into_iter().map(|(price, tax, pieces)| (price, tax.min(price), pieces)).collect();
        let mut order = order(&prices, shipping);
        if let Some(tax) = shipping_tax.filter(|_| shipping > 0) {
            let tax = inr(tax.min(shipping));
            order.shipping_tax = Some(ShippingTax { rate_bp: 1_800, tax });
            order.totals.tax = order.totals.tax.plus(tax).unwrap();
            order.totals.total = order.totals.total.plus(tax).unwrap();
        }
        if inclusive {
            order.tax_mode = TaxMode::Inclusive;
            order.totals.total = order.totals.subtotal.plus(order.totals.shipping).unwrap();
        }
        prop_assume!(order.totals.total.amount > 0);
        // All are asked for, some are refused by the provider, and the rest goes back in any order.
        let mut book = RefundBook::open(id(1), order.totals.total);
        let mut waiting = Vec::new();
        for (asked, turn, fate) in asked {
            let portion = match asked {
                Asked::Amount(amount) => Portion::Amount(inr(amount)),
                Asked::Pieces(line, quantity) => {
                    Portion::Lines(one(u32::try_from(line % prices.len()).unwrap(), quantity))
                }
            };
            let Ok((next, amount, lines)) = book.clone().reserve(&order, &portion) else { continue };
            let asked = refund(&order, amount, lines);
            book = next;
            if fate == 0 {
                book = book.fail(&asked).unwrap();
            } else {
                waiting.insert(turn.index(waiting.len() + 1), asked);
            }
        }
        if let Ok((_, amount, lines)) = book.reserve(&order, &Portion::Rest) {
            waiting.push(refund(&order, amount, lines));
        }
        let mut notes: Vec<CreditNote> = Vec::new();
        for (asked, place) in waiting.into_iter().zip(1u32..) {
            let credit = Credit::of(&order, &notes, &asked).unwrap();
            let parts = credit.lines.iter().map(|line| line.amount).chain([credit.shipping]);
            prop_assert_eq!(Money::sum(Currency::Inr, parts).unwrap(), asked.amount);
            for line in &credit.lines {
                prop_assert!(0 <= line.tax.amount && line.tax.amount <= line.amount.amount, "{:?}", line);
            }
            notes.push(note(&order, place, credit));
        }
        for (line, place) in order.lines.iter().zip(0u32..) {
            let taken = taken_of(&notes, place, inr(0)).unwrap();
            prop_assert_eq!((taken.amount, taken.tax), (paid_for(line, order.tax_mode).unwrap(), line.tax));
            prop_assert!(taken.quantity <= line.quantity.get());
        }
        let shipped = notes.iter().map(|note| note.credit.shipping.amount).sum::<i64>();
        prop_assert_eq!(shipped, paid_for_shipping(&order).unwrap().amount);
        let taxed = notes.iter().map(|note| note.credit.shipping_tax.map(|tax| tax.amount));
        prop_assert!(taxed.clone().flatten().all(|tax| tax >= 0));
        let sum: Option<i64> = if notes.is_empty() { Some(0) } else { taxed.sum() };
        prop_assert_eq!(sum.unwrap_or(0), order.shipping_tax.map_or(0, |whole| whole.tax.amount));
        prop_assert_eq!(sum.is_some(), order.shipping_tax.is_some());
    }
}
