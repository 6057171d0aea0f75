//! A paid order, as small as a test needs it.

use super::{Order, OrderStatus};
use crate::cart::Quantity;
use crate::clock::Timestamp;
use crate::id::{Id, OrderId, SellerId};
use crate::ledger::Commission;
use crate::money::{Currency, Money};
use crate::pii::Sealed;
use crate::pricing::{OrderLine, Totals};
use crate::tenant::TaxMode;

/// What differs from one test to another: each line's total, tax and quantity, and the shipping.
pub(crate) struct PaidSample<'a> {
    pub(crate) order: OrderId,
    pub(crate) seller: SellerId,
    pub(crate) lines: &'a [(i64, i64, u32)],
    pub(crate) shipping: i64,
}

impl PaidSample<'_> {
    pub(crate) fn order(self) -> Order {
        let at = Timestamp::from_millis(1_800_000_000_000);
        let inr = |amount| Money::new(amount, Currency::Inr);
        let line = |(total, tax, quantity): &(i64, i64, u32)| OrderLine {
            product: Id::from_parts(at, 1),
            material: None,
            shared_material: false,
            name: "Gear".to_owned(),
            material_name: None,
            sku: "GEAR-1".to_owned(),
            is_digital: false,
            base_price: inr(*total),
            material_price: inr(0),
            item_price: inr(*total),
            quantity: Quantity::try_from(*quantity).unwrap(),
            files: Vec::new(),
            line_total: inr(*total),
            discount: inr(0),
            licence_keys: false,
            tax_rate_bp: 0,
            tax: inr(*tax),
        };
        let subtotal = self.lines.iter().map(|line| line.0).sum::<i64>();
        let tax = self.lines.iter().map(|line| line.1).sum::<i64>();
        Order {
            id: self.order,
            group: Id::from_parts(at, 2),
            user: Id::from_parts(at, 3),
            seller: self.seller,
            status: OrderStatus::Paid,
            lines: self.lines.iter().map(line).collect(),
            model_files: Vec::new(),
            totals: Totals {
                subtotal: inr(subtotal),
                discount: inr(0),
                shipping: inr(self.shipping),
                tax: inr(tax),
                total: inr(subtotal + tax + self.shipping),
            },
            tax_mode: TaxMode::Exclusive,
            shipping_tax: None,
            commission: Commission::default(),
            address: Sealed::from_text(String::new()),
            timeline: Vec::new(),
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}
