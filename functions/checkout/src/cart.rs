//! Carts: what is in them, and what may go in.

pub(crate) mod add;
pub(crate) mod apply_coupon;
pub(crate) mod change;
pub(crate) mod empty;
pub(crate) mod merge;
pub(crate) mod open;
pub(crate) mod remove;
pub(crate) mod remove_coupon;
pub(crate) mod shopper;
pub(crate) mod show;

use std::time::Duration;

use domain::cart::{Cart, CartError, CartLine, Holder, LeftOut};
use domain::catalog::{Sellable, Unsellable};
use domain::clock::Timestamp;
use domain::coupon::{Coupon, CouponCode, CouponRefusal};
use domain::id::{CartLineId, MaterialId, ProductId, UserId};
use domain::money::Money;
use domain::pricing::{Item, Terms, Unpriced, quote};
use domain::tenant::{Tenant, TenantScope, TenantSettings};
use platform::tokens::CartToken;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Caller, Code, Edge, Problem};

use self::shopper::Visitor;

/// How often a change of a cart is repeated when another change of the same cart comes first.
const TRIES: u32 = 16;

/// A cart after a change, without prices: `GET /cart` shows those.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartContents {
    /// The lines, oldest first.
    items: Vec<CartItem>,
    /// The coupon that is to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SPRING-10")]
    coupon: Option<String>,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
    /// What opens an anonymous cart, in the answer that opened it: keep it, it is told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "crt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC.ZmFrZS1zZWNyZXQtb2YtMzItYnl0ZXMtZm9yLWRvY3M")]
    cart_token: Option<String>,
}

impl CartContents {
    /// Tells the token of a cart that was just opened.
    fn with_token(self, token: &CartToken) -> Self {
        Self { cart_token: Some(token.expose().to_string()), ..self }
    }
}

/// One line of a cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartItem {
    /// The line's id.
    #[schema(value_type = String, example = "cli_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: CartLineId,
    /// What is bought.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// What it is made of; absent for products without materials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// How many.
    #[schema(example = 2)]
    quantity: u32,
}

impl From<&Cart> for CartContents {
    fn from(cart: &Cart) -> Self {
        let items = cart.lines.iter().map(CartItem::from).collect();
        Self { items, coupon: cart.coupon.as_ref().map(ToString::to_string), version: cart.version, cart_token: None }
    }
}

impl From<&CartLine> for CartItem {
    fn from(line: &CartLine) -> Self {
        Self { id: line.id, product_id: line.product, material_id: line.material, quantity: line.quantity.get() }
    }
}

/// Returns how long an untouched cart is kept.
fn kept(tenant: &Tenant) -> Duration {
    Duration::from_secs(u64::from(tenant.settings.cart_days).saturating_mul(24 * 60 * 60))
}

/// Changes the cart that was read, and reads it again when somebody else changed it first.
async fn update<F>(edge: &Edge, visitor: &Visitor, mut cart: Cart, change: F) -> Result<Cart, Problem>
where
    F: Fn(Cart) -> Result<Cart, CartError>,
{
    let (scope, holder) = (visitor.scope, &visitor.holder);
    for _ in 0..TRIES {
        let next = change(cart).map_err(refused)?.kept_until(edge.ambient().now().plus(kept(&visitor.tenant)));
        match edge.store().save_cart(scope, holder, &next).await {
            Ok(()) => return Ok(next),
            Err(store::Error::Conflict) => {
                // A guest's cart may have been merged meanwhile.
                let found = edge.store().cart(scope, holder, edge.ambient().now()).await?;
                cart = found.ok_or_else(Problem::not_found)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}

/// Puts lines into the caller's cart as far as there is room, and tells what there was none for. Nothing to put in leaves the
/// cart as it is.
pub(crate) async fn refill(
    edge: &Edge,
    caller: &Caller,
    lines: Vec<CartLine>,
) -> Result<(Cart, Vec<LeftOut>), Problem> {
    let (scope, holder) = (caller.scope, Holder::User(caller.user));
    for _ in 0..TRIES {
        let now = edge.ambient().now();
        let cart = edge.store().cart(scope, &holder, now).await?.ok_or_else(Problem::not_found)?;
        if lines.is_empty() {
            return Ok((cart, Vec::new()));
        }
        let more = Cart { lines: lines.clone(), ..Cart::empty(now) };
        let coupon = cart.coupon.clone();
        let (next, left_out) = cart.merged_with(&more, coupon, now);
        let next = next.kept_until(now.plus(kept(caller.tenant())));
        match edge.store().save_cart(scope, &holder, &next).await {
            Ok(()) => return Ok((next, left_out)),
            Err(store::Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}

/// Reads a coupon, if one is wanted.
pub(crate) async fn coupon_of(
    edge: &Edge,
    scope: TenantScope,
    code: Option<&CouponCode>,
) -> Result<Option<Coupon>, store::Error> {
    match code {
        Some(code) => edge.store().coupon(scope, code).await,
        None => Ok(None),
    }
}

/// Refuses a coupon that does not count now, whatever is in the cart.
pub(crate) fn usable(found: Option<Coupon>, now: Timestamp) -> Result<Coupon, CouponRefusal> {
    let coupon = found.ok_or(CouponRefusal::Unknown)?;
    coupon.check(now)?;
    Ok(coupon)
}

/// Refuses a coupon that the user has used as often as one may.
async fn unused_by(
    edge: &Edge,
    scope: TenantScope,
    user: UserId,
    coupon: &Coupon,
) -> Result<Result<(), CouponRefusal>, store::Error> {
    let Some(most) = coupon.terms.max_uses_per_user else { return Ok(Ok(())) };
    let used = edge.store().coupon_uses(scope, user, coupon.id).await?;
    Ok(if used < most { Ok(()) } else { Err(CouponRefusal::UsedUp) })
}

pub(crate) fn unusable(refusal: CouponRefusal) -> Problem {
    Problem::new(Code::CouponInvalid).field("coupon", refusal.to_string())
}

/// Prices the lines that can be bought now, with the coupon; a coupon that takes nothing off is named.
fn discount(
    settings: &TenantSettings,
    cart: &Cart,
    found: &[Sellable],
    coupon: &Coupon,
) -> Result<Option<Money>, CouponRefusal> {
    let item = |(line, found): (&CartLine, &Sellable)| {
        found.offer(line.material, line.quantity.get()).ok()?;
        Some(Item { product: found.product.clone()?, material: found.material.clone(), quantity: line.quantity })
    };
    let items: Vec<Item> = cart.lines.iter().zip(found).filter_map(item).collect();
    match quote(&items, &Terms { coupon: Some(coupon), ..Terms::of(settings) }) {
        Ok(quote) => Ok(Some(quote.totals.discount)),
        Err(Unpriced::Coupon(refusal)) => Err(refusal),
        // The checkout says what is wrong; the coupon is not.
        Err(Unpriced::Amount(_) | Unpriced::Shipping(_)) => Ok(None),
    }
}

fn refused(error: CartError) -> Problem {
    match error {
        CartError::Quantity => Problem::invalid("quantity", "must be 1 to 999 together with what is in the cart"),
        CartError::Full => Problem::new(Code::CartFull),
        CartError::NoSuchLine => Problem::not_found(),
    }
}

/// Refuses what can't be bought at all. Whether there is enough stock is decided when it is ordered.
fn require_sellable(sellable: &Sellable, material: Option<MaterialId>) -> Result<(), Problem> {
    let inactive = |field: &str, message: &str| Err(Problem::new(Code::ProductInactive).field(field, message));
    match sellable.offer(material, 0) {
        Ok(_) | Err(Unsellable::OutOfStock { .. }) => Ok(()),
        Err(Unsellable::ProductInactive) => inactive("productId", "is not for sale"),
        Err(Unsellable::MaterialRequired) => {
            Err(Problem::invalid("materialId", "is required: the product comes in materials"))
        }
        Err(Unsellable::MaterialForeign | Unsellable::MaterialInactive) => {
            inactive("materialId", "is not for sale with this product")
        }
        Err(Unsellable::Price(error)) => Err(Problem::new(Code::AmountInvalid).because(error)),
    }
}
