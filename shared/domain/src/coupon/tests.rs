use proptest::prelude::*;

use super::*;
use crate::id::Id;

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn coupon(discount: Discount) -> Coupon {
    let terms = Terms {
        discount,
        scope: Scope::All {},
        minimum: None,
        starts_at: Some(at(1_000)),
        ends_at: Some(at(2_000)),
        max_uses: Some(5),
        max_uses_per_user: None,
        active: true,
    };
    let (id, code) = (CouponId::from_parts(at(0), 1), "spring-10".parse().unwrap());
    Coupon { id, code, terms, used: 4, created_at: at(0), updated_at: at(0), version: 1 }
}

#[test]
fn a_code_is_read_in_any_case() {
    assert_eq!(" spring-10 ".parse::<CouponCode>().unwrap().as_str(), "SPRING-10");
    for bad in ["", "AB", "A B", "ÄBC", "A.B.C", &"A".repeat(33)] {
        assert_eq!(bad.parse::<CouponCode>(), Err(InvalidCode), "{bad}");
    }
}

#[test]
fn a_coupon_counts_from_its_start_until_just_before_its_end_and_as_often_as_it_may() {
    let mut coupon = coupon(Discount::Amount { amount: inr(5) });
    assert_eq!(coupon.check(at(999)), Err(CouponRefusal::Unknown));
    assert_eq!(coupon.check(at(1_000)), Ok(()));
    assert_eq!(coupon.check(at(1_999)), Ok(()));
    assert_eq!(coupon.check(at(2_000)), Err(CouponRefusal::Unknown));
    coupon.used = 5;
    assert_eq!(coupon.check(at(1_500)), Err(CouponRefusal::UsedUp));
    coupon.terms.active = false;
    assert_eq!(coupon.check(at(1_500)), Err(CouponRefusal::Unknown));
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let good = coupon(Discount::Percent { basis_points: 1_000, cap: Some(inr(100)) }).terms;
    let check = |change: fn(&mut Terms)| {
        let mut terms = good.clone();
        change(&mut terms);
        terms.check(Currency::Inr)
    };
    assert_eq!(check(|_| ()), Ok(()));
    assert_eq!(check(|terms| terms.minimum = Some(inr(-1))), Err(InvalidTerms::Amount));
    assert_eq!(check(|terms| terms.minimum = Some(Money::new(1, Currency::Usd))), Err(InvalidTerms::Amount));
    let amount = |amount| Discount::Amount { amount: inr(amount) };
    assert_eq!(Terms { discount: amount(0), ..good.clone() }.check(Currency::Inr), Err(InvalidTerms::Discount));
    assert_eq!(
        Terms { discount: amount(MAX_AMOUNT + 1), ..good.clone() }.check(Currency::Inr),
        Err(InvalidTerms::Amount)
    );
    for basis_points in [0, 10_001] {
        let discount = Discount::Percent { basis_points, cap: None };
        assert_eq!(Terms { discount, ..good.clone() }.check(Currency::Inr), Err(InvalidTerms::Discount));
    }
    assert_eq!(check(|terms| terms.scope = Scope::Sellers { sellers: Vec::new() }), Err(InvalidTerms::Scope));
    assert_eq!(check(|terms| terms.ends_at = terms.starts_at), Err(InvalidTerms::Window));
    assert_eq!(check(|terms| terms.max_uses = Some(0)), Err(InvalidTerms::Uses));
    assert_eq!(check(|terms| terms.max_uses_per_user = Some(0)), Err(InvalidTerms::Uses));
}

#[test]
fn terms_read_back_as_they_were_written() {
    for terms in [
        coupon(Discount::Amount { amount: inr(5) }).terms,
        coupon(Discount::Percent { basis_points: 1, cap: None }).terms,
    ] {
        let text = serde_json::to_string(&terms).unwrap();
        assert_eq!(serde_json::from_str::<Terms>(&text).unwrap(), terms, "{text}");
    }
}

proptest! {
    #[test]
    fn a_discount_is_never_more_than_the_price_or_the_cap(
        price in 0..=MAX_AMOUNT,
        basis_points in 1u32..=10_000,
        cap in prop::option::of(0..=MAX_AMOUNT),
        amount in 1..=MAX_AMOUNT,
    ) {
        let part = coupon(Discount::Percent { basis_points, cap: cap.map(inr) }).discount_on(inr(price)).unwrap().amount;
        prop_assert!((0..=price.min(cap.unwrap_or(i64::MAX))).contains(&part));
        if cap.is_none() {
            let exact = i128::from(price) * i128::from(basis_points);
            prop_assert!((i128::from(part) * 10_000 - exact).abs() * 2 <= 10_000);
        }
        let fixed = coupon(Discount::Amount { amount: inr(amount) }).discount_on(inr(price)).unwrap().amount;
        prop_assert_eq!(fixed, amount.min(price));
    }
}
