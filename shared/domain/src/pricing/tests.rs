//! What prices add up to.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::catalog::{ProductStatus, TaxClass};
use crate::clock::Timestamp;
use crate::coupon::{Discount, Scope};
use crate::id::Id;

fn id<I: Id>(n: u128) -> I {
    I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
}

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn settings(tax_rate_bp: u32, tax_mode: TaxMode, shipping: i64) -> TenantSettings {
    TenantSettings {
        tax: TaxSettings::flat(tax_rate_bp, tax_mode),
        shipping: ShippingSettings::flat(inr(shipping)),
        ..TenantSettings::initial(Currency::Inr, "Asia/Kolkata", "en")
    }
}

fn item(seller: u128, n: u128, base: i64, extra: i64, shipped: bool, count: u32) -> Item {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let product = Product {
        id: id(n),
        seller: id(seller),
        name: "Gear".parse().unwrap(),
        slug: "gear".parse().unwrap(),
        sku: "GEAR-1".parse().unwrap(),
        description: String::new(),
        base_price: inr(base),
        tax_class: TaxClass::Standard,
        weight_grams: 1,
        size: None,
        stock_policy: if shipped { StockPolicy::Finite } else { StockPolicy::Digital },
        images: Vec::new(),
        categories: Vec::new(),
        attributes: BTreeMap::new(),
        status: ProductStatus::Active,
        material_count: 1,
        shared_materials: Vec::new(),
        model_files: vec![id(n % 3)],
        licence_keys: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let material = Material {
        id: id(n),
        product: product.id,
        name: "PLA".to_owned(),
        surcharge: inr(extra),
        stock: None,
        lead_time_days: 1,
        active: true,
        version: 1,
        created_at: now,
    };
    Item { product, material: Some(material), quantity: Quantity::try_from(count).unwrap() }
}

#[test]
fn shipping_is_shared_by_the_sellers_who_ship() {
    let items = [
        item(1, 1, 10_000, 500, true, 2),
        item(2, 2, 9_000, 0, false, 1),
        item(1, 3, 1_000, 0, true, 1),
        item(3, 4, 11_000, 0, true, 1),
    ];
    let quote = quote(&items, &Terms::of(&settings(1800, TaxMode::Exclusive, 9_900))).unwrap();
    let shares: Vec<i64> = quote.parcels.iter().map(|parcel| parcel.totals.shipping.amount).collect();
    assert_eq!(shares, [6_600, 0, 3_300]);
    assert_eq!(quote.totals.subtotal, inr(42_000));
    assert_eq!(quote.totals.total, inr(42_000 + 7_560 + 9_900));
}

#[test]
fn downloads_alone_pay_no_shipping_and_foreign_currencies_are_refused() {
    let items = [item(1, 1, 100, 0, false, 1)];
    let settings = settings(0, TaxMode::Exclusive, 9_900);
    assert_eq!(quote(&items, &Terms::of(&settings)).unwrap().totals.total, inr(100));
    let mut foreign = item(1, 1, 100, 0, true, 1);
    foreign.product.base_price = Money::new(100, Currency::Usd);
    foreign.material = None;
    assert_eq!(quote(&[foreign], &Terms::of(&settings)), Err(Unpriced::Amount(MoneyError::CurrencyMismatch)));
}

fn with(discount: Discount, scope: Scope) -> Coupon {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let terms = crate::coupon::Terms {
        discount,
        scope,
        minimum: None,
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_user: None,
        active: true,
    };
    Coupon { id: id(1), code: "SAVE".parse().unwrap(), terms, used: 0, created_at: now, updated_at: now, version: 1 }
}

fn coupon() -> impl Strategy<Value = Coupon> {
    let discount = prop_oneof![
        (1u32..=10_000, prop::option::of(1i64..1_000_000))
            .prop_map(|(basis_points, cap)| Discount::Percent { basis_points, cap: cap.map(inr) }),
        (1i64..10_000_000_000).prop_map(|amount| Discount::Amount { amount: inr(amount) }),
    ];
    let scope = prop_oneof![
        Just(Scope::All {}),
        prop::collection::vec(0u128..40, 1..20)
            .prop_map(|ids| Scope::Products { products: ids.into_iter().map(id).collect() }),
        prop::collection::vec(0u128..8, 1..4)
            .prop_map(|ids| Scope::Sellers { sellers: ids.into_iter().map(id).collect() }),
    ];
    (discount, scope).prop_map(|(discount, scope)| with(discount, scope))
}

#[test]
fn a_discount_comes_off_its_lines_before_tax() {
    let items = [item(1, 1, 1_000, 0, true, 1), item(2, 2, 500, 0, true, 1), item(1, 3, 700, 0, true, 1)];
    let settings = settings(1_000, TaxMode::Exclusive, 0);
    let scope = Scope::Products { products: vec![id(1), id(2)] };
    let coupon = with(Discount::Amount { amount: inr(100) }, scope);
    let quote = quote(&items, &Terms { coupon: Some(&coupon), ..Terms::of(&settings) }).unwrap();
    let lines: Vec<_> = quote.parcels.iter().flat_map(|parcel| &parcel.lines).collect();
    let off: Vec<_> =
        lines.iter().map(|line| (line.line_total.amount, line.discount.amount, line.tax.amount)).collect();
    // 100 over 1000 and 500 is 66.7 and 33.3; the tenth of 933 rounds to 93, of 467 to 47.
    assert_eq!(off, [(1_000, 67, 93), (700, 0, 70), (500, 33, 47)]);
    assert_eq!((quote.totals.discount, quote.totals.total), (inr(100), inr(2_200 - 100 + 210)));
    assert_eq!(quote.coupon, Some(coupon));
}

#[test]
fn a_coupon_for_categories_is_for_what_stands_in_them_and_an_agreed_commission_for_its_seller() {
    let mut items = [item(1, 1, 1_000, 0, true, 1), item(2, 2, 500, 0, true, 1)];
    items[0].product.categories = vec![id(7), id(8)];
    let mut settings = settings(0, TaxMode::Exclusive, 0);
    settings.commission = Commission { rate_bp: 1_000, tax_bp: 1_800 };
    let coupon = with(Discount::Amount { amount: inr(100) }, Scope::Categories { categories: vec![id(8), id(9)] });
    let agreed = BTreeMap::from([(id(2), 250)]);
    let terms = Terms { coupon: Some(&coupon), agreed: Some(&agreed), ..Terms::of(&settings) };
    let priced = quote(&items, &terms).unwrap();
    assert_eq!(priced.parcels.iter().map(|parcel| parcel.totals.discount).collect::<Vec<_>>(), [inr(100), inr(0)]);
    let kept: Vec<_> = priced.parcels.iter().map(|parcel| parcel.commission).collect();
    assert_eq!(kept, [settings.commission, Commission { rate_bp: 250, ..settings.commission }]);
    items[0].product.categories = vec![id(7)];
    assert_eq!(quote(&items, &terms).unwrap_err(), Unpriced::Coupon(CouponRefusal::NotForThis));
}

#[test]
fn a_coupon_that_is_not_for_the_goods_or_wants_more_of_them_is_refused() {
    let items = [item(1, 1, 1_000, 0, true, 1), item(2, 2, 500, 0, true, 1)];
    let settings = settings(0, TaxMode::Exclusive, 0);
    let judge = |coupon: &Coupon| quote(&items, &Terms { coupon: Some(coupon), ..Terms::of(&settings) }).map(|_| ());
    let mut coupon = with(Discount::Amount { amount: inr(100) }, Scope::Sellers { sellers: vec![id(3)] });
    assert_eq!(judge(&coupon), Err(CouponRefusal::NotForThis.into()));
    coupon.terms.scope = Scope::Sellers { sellers: vec![id(2)] };
    coupon.terms.minimum = Some(inr(501));
    assert_eq!(judge(&coupon), Err(CouponRefusal::BelowMinimum(inr(501)).into()));
    coupon.terms.minimum = Some(inr(500));
    assert_eq!(judge(&coupon), Ok(()));
}

#[test]
fn rates_follow_the_class_and_the_place() {
    let mut settings = settings(1_800, TaxMode::Exclusive, 0);
    settings.tax.rates.push(TaxRate {
        class: TaxClass::Reduced,
        country: Some("IN".to_owned()),
        state: None,
        rate_bp: 500,
    });
    let mut items = [item(1, 1, 1_000, 0, true, 1), item(1, 2, 1_000, 0, true, 1), item(1, 3, 1_000, 0, true, 1)];
    items[1].product.tax_class = TaxClass::Reduced;
    items[2].product.tax_class = TaxClass::Exempt;
    let rates = |region: Option<&Region>| {
        let quote = quote(&items, &Terms { region, ..Terms::of(&settings) }).unwrap();
        quote.parcels[0].lines.iter().map(|line| line.tax_rate_bp).collect::<Vec<_>>()
    };
    let address = crate::address::PostalAddress { country: "IN".to_owned(), ..crate::address::PostalAddress::blank() };
    assert_eq!(rates(Some(&Region::from(&address))), [1_800, 500, 0]);
    assert_eq!(rates(None), [1_800, 1_800, 0]);
}

#[test]
fn shipping_is_taxed_by_its_own_class_for_each_order_and_place() {
    let mut settings = settings(1_800, TaxMode::Exclusive, 9_901);
    let rate = |country: Option<&str>, rate_bp| TaxRate {
        class: TaxClass::Reduced,
        country: country.map(str::to_owned),
        state: None,
        rate_bp,
    };
    settings.tax.rates.extend([rate(None, 500), rate(Some("IN"), 1_200)]);
    settings.tax.shipping_class = Some(TaxClass::Reduced);
    let items = [item(1, 1, 20_000, 0, true, 1), item(2, 2, 10_000, 0, true, 1), item(3, 3, 10_000, 0, false, 1)];
    let address = crate::address::PostalAddress { country: "IN".to_owned(), ..crate::address::PostalAddress::blank() };
    let region = Region::from(&address);
    let priced = |settings: &TenantSettings, region| quote(&items, &Terms { region, ..Terms::of(settings) }).unwrap();
    let taxes = |quote: &Quote| {
        let taxes = quote.parcels.iter().map(|parcel| parcel.shipping_tax);
        taxes.map(|tax| tax.map(|tax| (tax.rate_bp, tax.tax.amount))).collect::<Vec<_>>()
    };
    // The shares are 66.01, 33.00 and nothing: 12 % are 7.9212 and 3.96.
    let there = priced(&settings, Some(&region));
    assert_eq!(taxes(&there), [Some((1_200, 792)), Some((1_200, 396)), None]);
    assert_eq!((there.totals.tax, there.totals.total), (inr(7_200 + 1_188), inr(40_000 + 9_901 + 7_200 + 1_188)));
    assert_eq!(taxes(&priced(&settings, None))[0], Some((500, 330)));
    settings.tax.mode = TaxMode::Inclusive;
    let contained = priced(&settings, Some(&region));
    assert_eq!(taxes(&contained), [Some((1_200, 707)), Some((1_200, 354)), None]);
    assert_eq!(contained.totals.total, inr(40_000 + 9_901));
    // What is taxed at nothing says so; what is not taxed says nothing.
    settings.tax.shipping_class = Some(TaxClass::Zero);
    assert_eq!(taxes(&priced(&settings, None))[0], Some((0, 0)));
    settings.tax.shipping_class = None;
    assert_eq!(taxes(&priced(&settings, Some(&region))), [None, None, None]);
}

#[test]
fn what_is_downloaded_weighs_nothing_and_heavy_goods_are_not_sent() {
    let mut settings = settings(0, TaxMode::Exclusive, 0);
    settings.shipping.bands = vec![WeightBand { up_to_grams: Some(3), price: inr(10) }];
    let price = |items: &[Item]| quote(items, &Terms::of(&settings)).map(|quote| quote.totals.shipping.amount);
    assert_eq!(price(&[item(1, 1, 5, 0, true, 3), item(1, 2, 5, 0, false, 9)]), Ok(10));
    assert_eq!(price(&[item(1, 1, 5, 0, true, 3), item(2, 2, 5, 0, true, 1)]), Err(TooHeavy.into()));
}

proptest! {
    #[test]
    fn parcels_add_up_to_the_whole_to_the_last_minor_unit(
        items in prop::collection::vec((0u128..8, 0i64..5_000_000, 0i64..500_000, any::<bool>(), 1u32..=999), 1..40),
        rate in 0u32..=5_000,
        inclusive: bool,
        shipping in 0i64..1_000_000,
        coupon in prop::option::of(coupon()),
        shipping_class in prop::option::of(prop::sample::select(vec![TaxClass::Standard, TaxClass::Zero])),
    ) {
        let mode = if inclusive { TaxMode::Inclusive } else { TaxMode::Exclusive };
        let items: Vec<_> = items
            .into_iter()
            .enumerate()
            .map(|(n, (seller, base, extra, shipped, count))| item(seller, n as u128, base, extra, shipped, count))
            .collect();
        let mut settings = settings(rate, mode, shipping);
        settings.tax.shipping_class = shipping_class;
        let terms = Terms { coupon: coupon.as_ref(), ..Terms::of(&settings) };
        let quote = match quote(&items, &terms) {
            Ok(quote) => quote,
            Err(refused) => {
                let is_free = items.iter().all(|item| {
                    coupon.as_ref().is_some_and(|coupon| !coupon.terms.scope.covers(&item.product))
                        || item_price(&item.product, item.material.as_ref()).unwrap().amount == 0
                });
                prop_assert!(is_free, "{refused}");
                prop_assert_eq!(refused, Unpriced::Coupon(CouponRefusal::NotForThis));
                return Ok(());
            }
        };
        let sum = |pick: fn(&Totals) -> i64| quote.parcels.iter().map(|parcel| pick(&parcel.totals)).sum::<i64>();
        prop_assert_eq!(sum(|t| t.total.amount), quote.totals.total.amount);
        prop_assert_eq!(sum(|t| t.tax.amount), quote.totals.tax.amount);
        let any_shipped = items.iter().any(|item| item.product.stock_policy == StockPolicy::Finite);
        prop_assert_eq!(sum(|t| t.shipping.amount), if any_shipped { shipping } else { 0 });
        let goods: i64 = items
            .iter()
            .map(|item| item_price(&item.product, item.material.as_ref()).unwrap().amount * i64::from(item.quantity.get()))
            .sum();
        let tax = if inclusive { 0 } else { quote.totals.tax.amount };
        let discount = quote.totals.discount.amount;
        prop_assert_eq!(sum(|t| t.discount.amount), discount);
        prop_assert_eq!(quote.totals.total.amount, goods - discount + tax + quote.totals.shipping.amount);
        if let Some(coupon) = &coupon {
            let covered = items.iter().filter(|item| coupon.terms.scope.covers(&item.product));
            let price: i64 = covered
                .map(|item| item_price(&item.product, item.material.as_ref()).unwrap().amount * i64::from(item.quantity.get()))
                .sum();
            prop_assert_eq!(discount, coupon.discount_on(inr(price)).unwrap().amount);
            prop_assert!((0..=price).contains(&discount));
        } else {
            prop_assert_eq!(discount, 0);
        }
        for parcel in &quote.parcels {
            let of_lines: i64 = parcel.lines.iter().map(|line| line.tax.amount).sum();
            let (shipping, of_shipping) = (parcel.totals.shipping.amount, parcel.shipping_tax);
            prop_assert_eq!(of_shipping.is_some(), shipping_class.is_some() && shipping > 0);
            prop_assert_eq!(parcel.totals.tax.amount, of_lines + of_shipping.map_or(0, |tax| tax.tax.amount));
            if let Some(ShippingTax { rate_bp, tax }) = of_shipping {
                // It is within half a unit of the exact one, too.
                let rate = i128::from(rate_bp);
                let base = if inclusive { 10_000 + rate } else { 10_000 };
                let off = (i128::from(tax.amount) * base - i128::from(shipping) * rate).abs();
                prop_assert!(off * 2 <= base);
                let is_zero = shipping_class == Some(TaxClass::Zero);
                prop_assert_eq!(rate_bp, if is_zero { 0 } else { settings.tax.rate_bp(TaxClass::Standard, None) });
            }
        }
        let sellers: BTreeSet<_> = quote.parcels.iter().map(|parcel| parcel.seller).collect();
        prop_assert_eq!(sellers.len(), quote.parcels.len());
        prop_assert_eq!(quote.parcels.iter().map(|parcel| parcel.lines.len()).sum::<usize>(), items.len());
        for line in quote.parcels.iter().flat_map(|parcel| &parcel.lines) {
            // The tax of a line is within half a unit of the exact one.
            let (whole, part) = (i128::from(line.charged().unwrap().amount), i128::from(rate));
            prop_assert!((0..=line.line_total.amount).contains(&line.discount.amount));
            let base = if inclusive { 10_000 + part } else { 10_000 };
            prop_assert!((i128::from(line.tax.amount) * base - whole * part).abs() * 2 <= base);
        }
    }
}
