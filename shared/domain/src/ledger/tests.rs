use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::money::Currency;
use crate::order::PaidSample;
use crate::refund::{Portion, RefundBook, RefundStatus};

fn id<I: Id>(n: u128) -> I {
    I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn refund(order: &Order, amount: Money, before: Money) -> Refund {
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
        lines: Vec::new(),
        restock: false,
        reason: String::new(),
        asked_by: crate::order::Party::Staff,
        status: RefundStatus::Succeeded,
        provider_refund: None,
        before: Some(before),
        tries: 1,
        created_at: now(),
        updated_at: now(),
    }
}

fn sums(entries: &[Entry]) -> BTreeMap<Account, i64> {
    let mut sums = BTreeMap::new();
    for posting in entries.iter().flat_map(|entry| &entry.postings) {
        *sums.entry(posting.account).or_default() += posting.amount.amount;
    }
    sums
}

#[test]
fn a_sale_is_shared_between_seller_and_tenant() {
    let mut order = PaidSample { order: id(1), seller: id(2), lines: &[(10_000, 1_800, 1)], shipping: 500 }.order();
    order.commission = Commission { rate_bp: 1_000, tax_bp: 1_800 };
    let entry = Entry::sale(id(9), &order, now()).unwrap();
    // 10 % of the goods without tax and shipping, and 18 % of that.
    let expected = [
        (Account::Cash, 12_300),
        (Account::Seller(order.seller), -(12_300 - 1_000 - 180)),
        (Account::Commission, -1_000),
        (Account::FeeTax, -180),
    ];
    assert_eq!(sums(std::slice::from_ref(&entry)), BTreeMap::from(expected));
    assert_eq!(entry.for_seller(), 11_120);
}

#[test]
fn a_payout_takes_from_the_balance_and_gives_it_again_when_called_off() {
    let mut payout = Payout {
        id: id(1),
        seller: id(2),
        amount: inr(500),
        status: PayoutStatus::Open,
        reference: None,
        created_at: now(),
        updated_at: now(),
    };
    let opened = Entry::payout(id(3), &payout, now()).unwrap();
    assert_eq!(opened.for_seller(), -500);
    payout.status = PayoutStatus::Paid;
    let paid = Entry::payout(id(4), &payout, now()).unwrap();
    assert_eq!(paid.for_seller(), 0);
    let all = sums(&[opened.clone(), paid]);
    assert_eq!((all[&Account::Cash], all[&Account::Payouts]), (-500, 0));
    payout.status = PayoutStatus::Cancelled;
    let cancelled = Entry::payout(id(5), &payout, now()).unwrap();
    assert_eq!(cancelled.for_seller(), 500);
    assert!(sums(&[opened, cancelled]).values().all(|sum| *sum == 0));
}

#[test]
fn what_does_not_add_up_is_no_entry() {
    let postings = vec![(Account::Cash, inr(2)), (Account::Commission, inr(-1))];
    let refused = Entry::of(id(1), Cause::Unearned { payment: id(1) }, None, None, postings, now());
    assert_eq!(refused, Err(LedgerError::Unbalanced));
}

proptest! {
    #[test]
    fn parts_given_back_reverse_a_sale_exactly(
        prices in prop::collection::vec((1i64..100_000, 0i64..9_000, 1u32..9), 1..6),
        shipping in 0i64..5_000,
        (rate_bp, tax_bp) in (0u32..=10_000, 0u32..=3_000),
        parts in prop::collection::vec(1i64..100_000, 0..12),
    ) {
        let mut order = PaidSample { order: id(1), seller: id(2), lines: &prices, shipping }.order();
        order.commission = Commission { rate_bp, tax_bp };
        let mut book = RefundBook::open(id(1), order.totals.total);
        let mut entries = vec![Entry::sale(id(1), &order, now()).unwrap()];
        let portions = parts.into_iter().map(|part| Portion::Amount(inr(part))).chain([Portion::Rest]);
        for portion in portions {
            let Ok((reserved, amount, _)) = book.clone().reserve(&order, &portion) else { continue };
            let asked = refund(&order, amount, inr(0));
            let (next, returned) = reserved.succeed(&asked, Some(&order)).unwrap();
            book = next;
            let entry = Entry::refund(id(2), &refund(&order, amount, returned.before), Some(&order), now()).unwrap();
            prop_assert!(entry.is_balanced());
            entries.push(entry);
            prop_assert_eq!(sums(&entries).values().sum::<i64>(), 0);
        }
        for (account, sum) in sums(&entries) {
            prop_assert_eq!(sum, 0, "{:?}", account);
        }
    }

    #[test]
    fn any_mix_of_movements_adds_up_to_nothing_in_every_currency(steps in prop::collection::vec(step(), 0..60)) {
        let currencies = [Currency::Inr, Currency::Vnd];
        let mut entries: Vec<Entry> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            let money = |amount| Money::new(amount, currencies[step.currency]);
            let (seller, entry) = (id::<SellerId>(step.seller), id(number as u128));
            let order = || PaidSample { order: id(7), seller, lines: &[(step.amount, 0, 2)], shipping: 3 }.order();
            let made = match step.kind {
                Kind::Sale => Entry::sale(entry, &commissioned(order(), step.rate_bp), now()),
                // However much went back before: what a refund moves is balanced by itself.
                Kind::Refund => {
                    let order = commissioned(order(), step.rate_bp);
                    let part = inr(step.amount.min(order.totals.total.amount));
                    let before = order.totals.total.minus(part).unwrap();
                    Entry::refund(entry, &refund(&order, part, before), Some(&order), now())
                }
                Kind::InVain => {
                    let order = order();
                    let back = Refund { order: None, seller: None, ..refund(&order, money(step.amount), money(0)) };
                    Entry::refund(entry, &back, None, now())
                }
                Kind::Unearned => Entry::unearned(entry, id(8), money(step.amount), now()),
                Kind::Adjustment => Entry::adjustment(entry, seller, money(-step.amount), String::new(), now()),
                Kind::Payout(status) => {
                    let payout = Payout {
                        id: id(9),
                        seller,
                        amount: money(step.amount),
                        status,
                        reference: None,
                        created_at: now(),
                        updated_at: now(),
                    };
                    Entry::payout(entry, &payout, now())
                }
            };
            let made = made.unwrap();
            prop_assert!(made.is_balanced(), "{:?}", made);
            // What a balance moves by is what the seller's account moves by, with its sign turned.
            let moved = sums(std::slice::from_ref(&made)).get(&Account::Seller(seller)).copied().unwrap_or(0);
            prop_assert_eq!(made.for_seller(), if made.seller.is_some() { -moved } else { 0 });
            entries.push(made);
        }
        for currency in currencies {
            let postings = entries.iter().flat_map(|entry| &entry.postings);
            let sum: i64 = postings.filter(|posting| posting.amount.currency == currency).map(|posting| posting.amount.amount).sum();
            prop_assert_eq!(sum, 0);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Sale,
    Refund,
    InVain,
    Unearned,
    Adjustment,
    Payout(PayoutStatus),
}

#[derive(Debug, Clone, Copy)]
struct Step {
    kind: Kind,
    seller: u128,
    currency: usize,
    amount: i64,
    rate_bp: u32,
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = [Kind::Sale, Kind::Refund, Kind::InVain, Kind::Unearned, Kind::Adjustment];
    let payouts = PayoutStatus::ALL.iter().map(|status| Kind::Payout(*status));
    let kind = prop::sample::select(kinds.into_iter().chain(payouts).collect::<Vec<_>>());
    (kind, 0u128..3, 0usize..2, 1i64..1_000_000, 0u32..=10_000)
        .prop_map(|(kind, seller, currency, amount, rate_bp)| Step { kind, seller, currency, amount, rate_bp })
}

fn commissioned(order: Order, rate_bp: u32) -> Order {
    Order { commission: Commission { rate_bp, tax_bp: 1_800 }, ..order }
}
