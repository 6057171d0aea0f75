//! What a checkout becomes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::cart::MAX_LINES;
use crate::catalog::{Material, Product, ProductStatus, StockPolicy, TaxClass};
use crate::id::Id;
use crate::money::{Currency, Money};
use crate::order::{Ended, Hold, MAX_TOLD, PaymentReference};
use crate::pricing::{ShippingSettings, TaxSettings, Terms, quote};
use crate::tenant::{TaxMode, TenantSettings};

/// One line: its seller, its price, whether its stock is finite, how many files it has.
type Line = (u8, i64, bool, usize);

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn id<I: Id>(n: usize) -> I {
    I::from_parts(now(), n as u128)
}

fn item(n: usize, (seller, price, finite, files): Line) -> Item {
    let product = Product {
        id: id(n),
        seller: id(seller.into()),
        name: "Gear".parse().unwrap(),
        slug: "gear".parse().unwrap(),
        sku: "GEAR-1".parse().unwrap(),
        description: String::new(),
        base_price: Money::new(price, Currency::Inr),
        tax_class: TaxClass::Standard,
        weight_grams: 1,
        size: None,
        stock_policy: if finite { StockPolicy::Finite } else { StockPolicy::Digital },
        images: Vec::new(),
        categories: Vec::new(),
        attributes: BTreeMap::new(),
        status: ProductStatus::Active,
        material_count: 1,
        shared_materials: Vec::new(),
        model_files: (0..files).map(|file| id(n * 100 + file)).collect(),
        licence_keys: false,
        version: 1,
        created_at: now(),
        updated_at: now(),
    };
    let material = Material {
        id: id(n),
        product: product.id,
        name: "PLA".to_owned(),
        surcharge: Money::zero(Currency::Inr),
        stock: finite.then_some(10),
        lead_time_days: 1,
        active: true,
        version: 1,
        created_at: now(),
    };
    Item { product, material: Some(material), quantity: 1.try_into().unwrap() }
}

fn placed(lines: Vec<Line>) -> Result<Placed, PlacingError> {
    let settings = TenantSettings {
        tax: TaxSettings::flat(1_800, TaxMode::Exclusive),
        shipping: ShippingSettings::flat(Money::zero(Currency::Inr)),
        ..TenantSettings::initial(Currency::Inr, "Asia/Kolkata", "en")
    };
    let items: Vec<Item> = lines.into_iter().enumerate().map(|(n, line)| item(n, line)).collect();
    let quote = quote(&items, &Terms::of(&settings)).unwrap();
    place(Placing {
        group: id(1),
        user: id(2),
        actor: Actor::Anonymous,
        orders: (0..quote.parcels.len()).map(|n| (id(n), Sealed::from_text(String::new()))).collect(),
        items,
        quote,
        shipping_method: ShippingMethod::Standard,
        hold: Duration::from_secs(900),
        now: now(),
    })
}

#[test]
fn what_costs_nothing_is_paid_as_it_is_placed_and_holds_nothing() {
    let Placed { group, orders, events, .. } = placed(vec![(1, 0, true, 1), (2, 0, false, 1)]).unwrap();
    assert!(group.is_free() && group.status == GroupStatus::Paid && !group.accepts_payment(now()));
    assert!(!group.is_overdue(now().plus(Duration::from_secs(1_000_000))));
    for order in &orders {
        let steps: Vec<_> = order.timeline.iter().map(|step| step.status).collect();
        assert_eq!((order.status, steps), (OrderStatus::Paid, vec![OrderStatus::Created, OrderStatus::Paid]));
    }
    assert!(matches!(events.as_slice(), [Event::OrderGroupPlaced { .. }, Event::OrderGroupPaid { payment: None, .. }]));
    // One line that costs something is enough to have to be paid for.
    let Placed { group, events, .. } = placed(vec![(1, 0, true, 1), (2, 1, false, 1)]).unwrap();
    assert_eq!(
        (group.status, group.hold_until, events.len()),
        (GroupStatus::Created, now().plus(Duration::from_secs(900)), 1)
    );
}

#[test]
fn only_an_expired_checkout_may_still_be_paid_and_with_what_it_had_taken() {
    let Placed { group, .. } = placed(vec![(1, 100, true, 1), (2, 100, true, 0)]).unwrap();
    assert_eq!(group.reservations.len(), 2);
    for status in GroupStatus::ALL {
        let group = OrderGroup { status: *status, ..group.clone() };
        match Ended::of(&group) {
            None => assert_eq!(status.hold(), Hold::Held),
            Some(ended) => {
                assert_eq!((ended.status, ended.may_be_paid()), (*status, *status == GroupStatus::Expired));
                assert_eq!(ended.reservations, if ended.may_be_paid() { group.reservations } else { Vec::new() });
            }
        }
        // What is paid by its own stock is held, and only an expired checkout is paid without.
        let payable = status.advance(GroupStatus::Paid).is_ok();
        assert!(!payable || status.hold() == Hold::Held || *status == GroupStatus::Expired, "{status:?}");
    }
}

proptest! {
    #[test]
    fn a_checkout_lists_its_newest_payments(tries in 0usize..30) {
        let mut group = placed(vec![(1, 100, true, 1)]).unwrap().group;
        let payment = |n: usize| PaymentReference { provider: "stripe".to_owned(), reference: format!("pi_{n}") };
        for n in 0..tries {
            group.payments = group.payments_with(payment(n));
        }
        let newest: Vec<_> = (tries.saturating_sub(MAX_TOLD)..tries).map(payment).collect();
        prop_assert_eq!(group.payments, newest);
    }

    #[test]
    fn whatever_is_placed_fits_into_one_transaction(
        lines in prop::collection::vec((0u8..40, 0i64..2, any::<bool>(), 0usize..4), 1..=MAX_LINES),
        free: bool,
    ) {
        let lines: Vec<Line> = lines.into_iter().map(|line| if free { (line.0, 0, line.2, line.3) } else { line }).collect();
        let price: i64 = lines.iter().map(|line| line.1).sum();
        let Ok(Placed { group, orders, .. }) = placed(lines) else { return Ok(()) };
        prop_assert_eq!(group.is_free(), price == 0);
        let common = orders.len() + group.reservations.len();
        // The answer, the cart, the coupon and its uses, the group, its events, the audit row; what is free, its rights too.
        let writes = if price == 0 { 8 + common + group.grants.len() } else { 7 + common };
        prop_assert!(writes <= MAX_WRITES, "{} writes", writes);
    }
}
