//! `GET /cart`

use axum::extract::State;
use domain::cart::CartLine;
use domain::catalog::{Offer, Sellable, Unsellable};
use domain::money::{Currency, Money, MoneyError};
use serde::Serialize;
use utoipa::ToSchema;
use web::openapi::CartTokenHeader;
use web::{Answer, Edge, Envelope, Reply, schema};

use super::CartItem;
use super::shopper::Shopper;

/// A cart with today's prices.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartView {
    /// The lines, oldest first.
    items: Vec<PricedItem>,
    /// The sum of the lines that can be bought, before shipping and, where prices exclude it, tax; absent when it is more than
    /// can be charged at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    subtotal: Option<Money>,
    /// The coupon that is to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<AppliedCoupon>,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

/// What a coupon does for the cart today.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppliedCoupon {
    /// The code.
    #[schema(example = "SPRING-10")]
    code: String,
    /// What it takes off the lines that can be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    discount: Option<Money>,
    /// Why the cart can't be ordered with it; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "is not for anything in the cart")]
    problem: Option<String>,
}

/// One line of a cart with today's price.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PricedItem {
    #[serde(flatten)]
    item: CartItem,
    /// The product's name; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Planetary gear set")]
    name: Option<String>,
    /// The material's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PETG, black")]
    material_name: Option<String>,
    /// What one piece costs today; absent when it can't be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    item_price: Option<Money>,
    /// What one piece cost when the line was last added to, where it costs something else today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    previous_price: Option<Money>,
    /// What all pieces cost today; absent when they can't be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Money>)]
    line_total: Option<Money>,
    /// Why the line can't be ordered as it is; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "only 1 left")]
    problem: Option<String>,
}

/// Read the cart with today's prices
#[utoipa::path(
    get,
    path = "/cart",
    tag = "Cart",
    params(CartTokenHeader),
    responses((status = 200, description = "The cart; an empty one for who has none", body = Envelope<CartView>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn show_cart(State(edge): State<Edge>, shopper: Shopper) -> Answer<CartView> {
    let now = edge.ambient().now();
    let (visitor, cart) = shopper.cart(&edge).await?;
    let wanted: Vec<_> = cart.lines.iter().map(|line| (line.product, line.material)).collect();
    let (sellables, coupon) = tokio::try_join!(
        edge.store().sellable(visitor.scope, &wanted),
        super::coupon_of(&edge, visitor.scope, cart.coupon.as_ref())
    )?;
    let coupon = cart.coupon.as_ref().map(|code| {
        let judged = super::usable(coupon, now)
            .and_then(|coupon| super::discount(&visitor.tenant.settings, &cart, &sellables, &coupon));
        AppliedCoupon {
            code: code.to_string(),
            discount: judged.ok().flatten(),
            problem: judged.err().map(|refusal| refusal.to_string()),
        }
    });
    let currency = visitor.tenant.settings.currency;
    let priced = |(line, found): (&CartLine, Sellable)| PricedItem::new(line, found, currency);
    let items: Vec<_> = cart.lines.iter().zip(sellables).map(priced).collect();
    let subtotal = Money::sum(currency, items.iter().filter_map(|item| item.line_total)).ok();
    Ok(Reply::ok(CartView { items, subtotal, coupon, version: cart.version }).etag(cart.version))
}

impl PricedItem {
    fn new(line: &CartLine, found: Sellable, currency: Currency) -> Self {
        let quantity = line.quantity.get();
        let judged = found.offer(line.material, quantity);
        // What is short of stock still has a price.
        let priced = match &judged {
            Err(Unsellable::OutOfStock { .. }) => found.offer(line.material, 0).ok(),
            other => other.as_ref().ok().copied(),
        };
        let price = priced.map(|offer: Offer| offer.item_price);
        let total = judged.and_then(|offer| match offer.item_price.currency == currency {
            true => Ok(offer.item_price.times(quantity)?),
            false => Err(MoneyError::CurrencyMismatch.into()),
        });
        Self {
            item: CartItem::from(line),
            name: found.product.map(|product| product.name.to_string()),
            material_name: found.material.map(|material| material.name),
            item_price: price,
            previous_price: line.seen.filter(|seen| price.is_some_and(|price| price != *seen)),
            line_total: total.as_ref().ok().copied(),
            problem: total.err().map(|error| error.to_string()),
        }
    }
}
