//! What somebody is about to buy. A cart holds no prices to go by: they are read when they are shown or charged.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::coupon::CouponCode;
use crate::id::{AnonymousCartId, CartLineId, MaterialId, ProductId, UserId};
use crate::money::Money;

/// The largest quantity of one line.
pub const MAX_QUANTITY: u32 = 999;
/// How many lines a cart holds: what a checkout can reserve in one transaction.
pub const MAX_LINES: usize = 40;
/// How long an untouched cart is kept unless the tenant says otherwise.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many pieces of one product: 1 to [`MAX_QUANTITY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// A number of pieces that can't be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 999")]
pub struct InvalidQuantity;

impl Quantity {
    /// Returns the number of pieces.
    pub fn get(self) -> u32 {
        self.0
    }

    fn plus(self, more: Self) -> Result<Self, InvalidQuantity> {
        Self::try_from(self.0.saturating_add(more.0))
    }

    /// Adds as much of `more` as a line holds, and returns what is over.
    fn plus_some(self, more: Self) -> (Self, u32) {
        let sum = self.0.saturating_add(more.0);
        (Self(sum.min(MAX_QUANTITY)), sum.saturating_sub(MAX_QUANTITY))
    }
}

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(number: u32) -> Result<Self, InvalidQuantity> {
        if (1..=MAX_QUANTITY).contains(&number) { Ok(Self(number)) } else { Err(InvalidQuantity) }
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// One product in one material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartLine {
    /// The line's id.
    pub id: CartLineId,
    /// What is bought.
    pub product: ProductId,
    /// What it is made of; none for products without materials.
    pub material: Option<MaterialId>,
    /// How many.
    pub quantity: Quantity,
    /// What one piece cost when it was last put in, only to tell when that has changed.
    #[serde(default)]
    pub seen: Option<Money>,
}

/// Whose cart it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Somebody with an account.
    User(UserId),
    /// Whoever shows the token of an anonymous cart.
    Guest {
        /// The cart.
        cart: AnonymousCartId,
        /// The hash of the token's secret.
        secret: String,
    },
}

/// Pieces of an anonymous cart for which there was no room in the cart of the user whom it was merged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// What would have been bought.
    pub product: ProductId,
    /// What it would have been made of.
    pub material: Option<MaterialId>,
    /// How many pieces there was no room for.
    pub quantity: u32,
}

/// The cart of one user, or of somebody who is not signed in. It is never deleted, only emptied, so that its version never starts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// At most [`MAX_LINES`], each (product, material) once.
    pub lines: Vec<CartLine>,
    /// The coupon that is to be used.
    #[serde(default)]
    pub coupon: Option<CouponCode>,
    /// Counts up with every change; 0 when nothing is stored yet.
    pub version: u64,
    /// When the cart is forgotten unless it is touched.
    pub expires_at: Timestamp,
}

/// Why a cart was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// The quantities of a line add up to more than [`MAX_QUANTITY`].
    #[error("the quantity of a line must be 1 to 999")]
    Quantity,
    /// There are [`MAX_LINES`] lines already.
    #[error("a cart holds at most 40 lines")]
    Full,
    /// There is no such line.
    #[error("there is no such line")]
    NoSuchLine,
}

impl Cart {
    /// Makes the cart of somebody who has none.
    pub fn empty(now: Timestamp) -> Self {
        Self { lines: Vec::new(), coupon: None, version: 0, expires_at: now.plus(KEPT) }
    }

    /// Keeps the cart, untouched, until `at`.
    #[must_use]
    pub fn kept_until(self, at: Timestamp) -> Self {
        Self { expires_at: at, ..self }
    }

    /// Forgets the lines of a cart that nobody touched for too long.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        if self.expires_at > now { self } else { Self { lines: Vec::new(), coupon: None, ..self } }
    }

    fn touched(self, lines: Vec<CartLine>, now: Timestamp) -> Self {
        Self { lines, coupon: self.coupon, version: self.version.saturating_add(1), expires_at: now.plus(KEPT) }
    }

    /// Adds pieces: to the line of the same product and material if there is one, else as a new line `id`. `seen` is what
    /// one piece costs now.
    ///
    /// # Errors
    /// When the line would get too large or the cart too long.
    pub fn add(
        self,
        id: CartLineId,
        product: ProductId,
        material: Option<MaterialId>,
        quantity: Quantity,
        seen: Option<Money>,
        now: Timestamp,
    ) -> Result<Self, CartError> {
        let mut lines = self.lines.clone();
        let same = lines.iter_mut().find(|line| line.product == product && line.material == material);
        if let Some(line) = same {
            line.quantity = line.quantity.plus(quantity).map_err(|_| CartError::Quantity)?;
            line.seen = seen;
        } else {
            if lines.len() >= MAX_LINES {
                return Err(CartError::Full);
            }
            lines.push(CartLine { id, product, material, quantity, seen });
        }
        Ok(self.touched(lines, now))
    }

    /// Sets the quantity of a line.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn set_quantity(self, id: CartLineId, quantity: Quantity, now: Timestamp) -> Result<Self, CartError> {
        let mut lines = self.lines.clone();
        lines.iter_mut().find(|line| line.id == id).ok_or(CartError::NoSuchLine)?.quantity = quantity;
        Ok(self.touched(lines, now))
    }

    /// Takes a line out.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn remove(self, id: CartLineId, now: Timestamp) -> Result<Self, CartError> {
        if !self.lines.iter().any(|line| line.id == id) {
            return Err(CartError::NoSuchLine);
        }
        let lines = self.lines.iter().filter(|line| line.id != id).cloned().collect();
        Ok(self.touched(lines, now))
    }

    /// Takes everything out, the coupon too.
    #[must_use]
    pub fn emptied(self, now: Timestamp) -> Self {
        Self { coupon: None, ..self }.touched(Vec::new(), now)
    }

    /// Takes over what is in another cart, up to what a cart holds, and tells what there was no room for. `coupon` is to be
    /// used from now on.
    #[must_use]
    pub fn merged_with(self, other: &Self, coupon: Option<CouponCode>, now: Timestamp) -> (Self, Vec<LeftOut>) {
        let mut lines = self.lines.clone();
        let mut left_out = Vec::new();
        for line in &other.lines {
            let room = lines.len() < MAX_LINES;
            let same = lines.iter_mut().find(|own| (own.product, own.material) == (line.product, line.material));
            let over = if let Some(own) = same {
                let (sum, over) = own.quantity.plus_some(line.quantity);
                own.quantity = sum;
                // The other cart was filled last, by who is signed in now.
                own.seen = line.seen.or(own.seen);
                over
            } else if room {
                lines.push(line.clone());
                0
            } else {
                line.quantity.get()
            };
            if over > 0 {
                left_out.push(LeftOut { product: line.product, material: line.material, quantity: over });
            }
        }
        (Self { coupon, ..self }.touched(lines, now), left_out)
    }

    /// Takes a coupon along, or leaves it.
    #[must_use]
    pub fn with_coupon(self, coupon: Option<CouponCode>, now: Timestamp) -> Self {
        let lines = self.lines.clone();
        Self { coupon, ..self }.touched(lines, now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;

    const NOW: i64 = 1_800_000_000_000;

    fn now() -> Timestamp {
        Timestamp::from_millis(NOW)
    }

    fn id<I: Id>(n: u128) -> I {
        I::from_parts(now(), n)
    }

    #[test]
    fn quantities_outside_1_to_999_are_refused() {
        for bad in [0, 1000, u32::MAX] {
            assert_eq!(Quantity::try_from(bad), Err(InvalidQuantity));
        }
        assert!(serde_json::from_str::<Quantity>("-1").is_err());
        assert!(serde_json::from_str::<Quantity>("9223372036854775808").is_err());
        assert!(serde_json::from_str::<Quantity>("1.5").is_err());
    }

    #[test]
    fn a_cart_untouched_for_thirty_days_is_empty_but_keeps_its_version() {
        let quantity = Quantity::try_from(1).unwrap();
        let cart = Cart::empty(now()).add(id(1), id(1), None, quantity, None, now()).unwrap();
        let later = cart.clone().at(now().plus(KEPT));
        assert!(later.lines.is_empty());
        assert_eq!(later.version, cart.version);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Add(u8, bool, u32),
        Set(usize, u32),
        Remove(usize),
        Empty,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0u8..60, any::<bool>(), 1u32..600).prop_map(|(p, m, q)| Step::Add(p, m, q)),
            2 => (0usize..45, 1u32..=999).prop_map(|(i, q)| Step::Set(i, q)),
            1 => (0usize..45).prop_map(Step::Remove),
            1 => Just(Step::Empty),
        ]
    }

    /// A cart of some of sixty products.
    fn cart(lines: Vec<(u8, u32)>, from: u128) -> Cart {
        let add = |cart: Cart, (n, (product, quantity)): (usize, (u8, u32))| {
            let (line, quantity) = (id(from + n as u128), Quantity::try_from(quantity).unwrap());
            cart.clone().add(line, id(u128::from(product)), None, quantity, None, now()).unwrap_or(cart)
        };
        lines.into_iter().enumerate().fold(Cart::empty(now()), add)
    }

    proptest! {
        #[test]
        fn of_two_carts_every_piece_is_in_the_merged_one_or_told_to_be_left_out(
            own in prop::collection::vec((0u8..60, 1u32..=999), 0..60),
            other in prop::collection::vec((0u8..60, 1u32..=999), 0..60),
        ) {
            let (own, other) = (cart(own, 0), cart(other, 1000));
            let (merged, left_out) = own.clone().merged_with(&other, None, now());
            prop_assert_eq!(merged.version, own.version + 1);
            prop_assert!(merged.lines.len() <= MAX_LINES);
            let lines: BTreeSet<_> = merged.lines.iter().map(|line| line.id).collect();
            prop_assert_eq!(lines.len(), merged.lines.len());
            for product in (0..60).map(id::<ProductId>) {
                let pieces = |cart: &Cart| {
                    let of_product = cart.lines.iter().filter(|line| line.product == product);
                    of_product.map(|line| line.quantity.get()).sum::<u32>()
                };
                let over: u32 = left_out.iter().filter(|over| over.product == product).map(|over| over.quantity).sum();
                prop_assert_eq!(pieces(&merged) + over, pieces(&own) + pieces(&other));
                prop_assert!(pieces(&merged) <= MAX_QUANTITY && pieces(&merged) >= pieces(&own));
                // Nothing is left out while there is room for it.
                prop_assert!(over == 0 || pieces(&merged) == MAX_QUANTITY || merged.lines.len() == MAX_LINES);
            }
        }

        #[test]
        fn whatever_is_done_lines_stay_few_distinct_and_in_range(steps in prop::collection::vec(step(), 1..200)) {
            let mut cart = Cart::empty(now());
            for (n, step) in steps.into_iter().enumerate() {
                let before = cart.version;
                let line = |cart: &Cart, index: usize| cart.lines.get(index).map_or_else(|| id(9999), |line| line.id);
                let outcome = match step {
                    Step::Add(product, with_material, quantity) => cart
                        .clone()
                        .add(
                            id(n as u128),
                            id(u128::from(product)),
                            with_material.then(|| id(1)),
                            Quantity::try_from(quantity).unwrap(),
                            None,
                            now(),
                        ),
                    Step::Set(index, quantity) => {
                        let id = line(&cart, index);
                        cart.clone().set_quantity(id, Quantity::try_from(quantity).unwrap(), now())
                    }
                    Step::Remove(index) => {
                        let id = line(&cart, index);
                        cart.clone().remove(id, now())
                    }
                    Step::Empty => Ok(cart.clone().emptied(now())),
                };
                if let Ok(next) = outcome {
                    prop_assert_eq!(next.version, before + 1);
                    cart = next;
                }
                let keys: BTreeSet<_> = cart.lines.iter().map(|line| (line.product, line.material)).collect();
                prop_assert_eq!(keys.len(), cart.lines.len());
                prop_assert!(cart.lines.len() <= MAX_LINES);
                prop_assert!(cart.lines.iter().all(|line| (1..=MAX_QUANTITY).contains(&line.quantity.get())));
            }
        }
    }
}
