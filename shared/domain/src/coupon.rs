//! Coupons: how much they take off, of what, when, and how often.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::Product;
use crate::clock::Timestamp;
use crate::id::{CategoryId, CouponId, ProductId, SellerId};
use crate::money::{Currency, MAX_AMOUNT, Money, MoneyError};

/// The most products, categories or sellers that a coupon may name.
pub const MAX_SCOPE: usize = 100;

/// What a buyer types in: 3 to 32 of `A-Z`, `0-9`, `-` and `_`. Small letters are read as capital ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponCode(String);

/// A text that is no coupon's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 3 to 32 of A-Z, 0-9, - and _")]
pub struct InvalidCode;

impl CouponCode {
    /// Returns the code in capital letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CouponCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let code = text.trim().to_ascii_uppercase();
        let legal = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (3..=32).contains(&code.len()) && code.bytes().all(legal) { Ok(Self(code)) } else { Err(InvalidCode) }
    }
}

impl TryFrom<String> for CouponCode {
    type Error = InvalidCode;

    fn try_from(text: String) -> Result<Self, InvalidCode> {
        text.parse()
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> Self {
        code.0
    }
}

impl fmt::Display for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a coupon takes off the lines that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Discount {
    /// A part of their price, rounded half to even.
    Percent {
        /// The part in basis points (1000 is 10 %).
        basis_points: u32,
        /// The most that it takes off.
        #[serde(default)]
        cap: Option<Money>,
    },
    /// A fixed amount, but never more than their price.
    Amount {
        /// The amount.
        amount: Money,
    },
}

/// Which lines a coupon is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Scope {
    /// All.
    All {},
    /// Those of these products.
    Products {
        /// The products.
        products: Vec<ProductId>,
    },
    /// Those of products that stand in one of these categories themselves, not in one below.
    Categories {
        /// The categories.
        categories: Vec<CategoryId>,
    },
    /// Those of these sellers.
    Sellers {
        /// The sellers.
        sellers: Vec<SellerId>,
    },
}

impl Scope {
    /// Tells whether the coupon is for a product.
    pub fn covers(&self, product: &Product) -> bool {
        match self {
            Self::All {} => true,
            Self::Products { products } => products.contains(&product.id),
            Self::Categories { categories } => categories.iter().any(|wanted| product.categories.contains(wanted)),
            Self::Sellers { sellers } => sellers.contains(&product.seller),
        }
    }

    fn len(&self) -> Option<usize> {
        match self {
            Self::All {} => None,
            Self::Products { products } => Some(products.len()),
            Self::Categories { categories } => Some(categories.len()),
            Self::Sellers { sellers } => Some(sellers.len()),
        }
    }
}

/// What the tenant's people decide about a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// What it takes off.
    pub discount: Discount,
    /// Which lines it is for.
    pub scope: Scope,
    /// What these lines must cost at least, before the discount.
    #[serde(default)]
    pub minimum: Option<Money>,
    /// From when on it counts; none is at once.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// From when on it does not count any more; none is never.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// How many checkouts may use it; none is any number.
    #[serde(default)]
    pub max_uses: Option<u32>,
    /// How many checkouts of one user may use it; none is any number.
    #[serde(default)]
    pub max_uses_per_user: Option<u32>,
    /// Whether it counts at all.
    pub active: bool,
}

/// Why terms can't be those of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerms {
    /// The discount is nothing, or more than everything.
    #[error("must take off 1 to 10000 basis points, or an amount above zero")]
    Discount,
    /// An amount is negative, too large, or in another currency than the tenant's.
    #[error("must have amounts in the tenant's currency that are not negative or too large")]
    Amount,
    /// The scope names nothing, or too much.
    #[error("must name 1 to 100 products, categories or sellers")]
    Scope,
    /// It ends before it starts.
    #[error("must end after it starts")]
    Window,
    /// Nobody may use it.
    #[error("must allow at least one use")]
    Uses,
}

impl Terms {
    /// Checks that the terms make sense in a tenant's currency.
    ///
    /// # Errors
    /// With the first reason why not.
    pub fn check(&self, currency: Currency) -> Result<(), InvalidTerms> {
        let (basis_points, amounts) = match self.discount {
            Discount::Percent { basis_points, cap } => (basis_points, [cap, self.minimum]),
            Discount::Amount { amount } => (1, [Some(amount), self.minimum]),
        };
        let fits = |amount: &Money| amount.currency == currency && (0..=MAX_AMOUNT).contains(&amount.amount);
        let nothing = matches!(self.discount, Discount::Amount { amount } if amount.amount == 0);
        if !amounts.iter().flatten().all(fits) {
            Err(InvalidTerms::Amount)
        } else if nothing || !(1..=10_000).contains(&basis_points) {
            Err(InvalidTerms::Discount)
        } else if self.scope.len().is_some_and(|len| len == 0 || len > MAX_SCOPE) {
            Err(InvalidTerms::Scope)
        } else if self.starts_at.zip(self.ends_at).is_some_and(|(from, to)| to <= from) {
            Err(InvalidTerms::Window)
        } else if [self.max_uses, self.max_uses_per_user].contains(&Some(0)) {
            Err(InvalidTerms::Uses)
        } else {
            Ok(())
        }
    }
}

/// A coupon of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coupon {
    /// The coupon's id: who deletes one and makes another of the same code starts counting anew.
    pub id: CouponId,
    /// What buyers type in, unique within the tenant.
    pub code: CouponCode,
    /// What was decided about it.
    pub terms: Terms,
    /// How many checkouts use it: those that are paid or still hold their stock.
    pub used: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its terms last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change of its terms.
    pub version: u64,
}

/// Why a coupon takes nothing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefusal {
    /// There is none of this code, or it is switched off, or its time is not now. Which of them is nobody's business.
    #[error("is not a valid coupon")]
    Unknown,
    /// It was used as often as it may be.
    #[error("was used as often as it may be")]
    UsedUp,
    /// None of the lines is one that it is for.
    #[error("is not for anything in the cart")]
    NotForThis,
    /// The lines that it is for cost too little.
    #[error("needs goods for {} or more", crate::amount::text(*.0))]
    BelowMinimum(Money),
}

impl Coupon {
    /// Decides whether the coupon counts now, whatever is in the cart.
    ///
    /// # Errors
    /// With the reason why not.
    pub fn check(&self, now: Timestamp) -> Result<(), CouponRefusal> {
        let Terms { starts_at, ends_at, max_uses, active, .. } = &self.terms;
        if !active || starts_at.is_some_and(|from| now < from) || ends_at.is_some_and(|to| to <= now) {
            return Err(CouponRefusal::Unknown);
        }
        if max_uses.is_some_and(|most| self.used >= most) { Err(CouponRefusal::UsedUp) } else { Ok(()) }
    }

    /// Returns what the coupon takes off lines that it is for and that cost `price` together.
    ///
    /// # Errors
    /// When an amount is in another currency or out of range.
    pub fn discount_on(&self, price: Money) -> Result<Money, MoneyError> {
        let (wished, most) = match self.terms.discount {
            Discount::Percent { basis_points, cap } => (price.ratio(u64::from(basis_points), 10_000)?, cap),
            Discount::Amount { amount } => (amount, None),
        };
        // Also tells other currencies.
        let of_price = price.minus(wished)?;
        let wished = if of_price.is_negative() { price } else { wished };
        match most {
            Some(most) if wished.minus(most)?.amount > 0 => Ok(most),
            _ => Ok(wished),
        }
    }
}

#[cfg(test)]
mod tests;
