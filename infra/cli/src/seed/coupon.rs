//! A coupon to try.

use domain::coupon::{Coupon, CouponCode, Discount, Scope, Terms};
use domain::money::{Currency, Money};
use domain::tenant::Tenant;

use super::Seeding;
use crate::Failure;

/// What a customer of the demo types in: a tenth off, of goods for 500 rupees or more.
pub const CODE: &str = "WELCOME10";

/// Makes the coupon where there is none of its code.
pub async fn offer(seeding: &Seeding<'_>, tenant: &Tenant) -> Result<(), Failure> {
    let operation = seeding.operation(tenant);
    let code: CouponCode = CODE.parse()?;
    if seeding.store.coupon(operation.scope, &code).await?.is_some() {
        return Ok(());
    }
    let (id, terms) = (operation.id(), terms());
    terms.check(tenant.settings.currency)?;
    let coupon = Coupon { id, code, terms, used: 0, created_at: operation.now, updated_at: operation.now, version: 1 };
    Ok(seeding.store.create_coupon(&operation, &coupon).await??)
}

fn terms() -> Terms {
    let inr = |amount| Money::new(amount, Currency::Inr);
    Terms {
        discount: Discount::Percent { basis_points: 1_000, cap: Some(inr(50_000)) },
        scope: Scope::All {},
        minimum: Some(inr(50_000)),
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_user: None,
        active: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coupon_is_one_that_the_marketplace_would_take() {
        terms().check(Currency::Inr).unwrap();
        CODE.parse::<CouponCode>().unwrap();
    }
}
