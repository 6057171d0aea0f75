//! `POST /orders/checkout`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::access::Permission;
use domain::address::PostalAddress;
use domain::cart::{Cart, CartLine};
use domain::catalog::{Sellable, Unsellable};
use domain::coupon::CouponCode;
use domain::id::{AddressId, OrderId, SellerId};
use domain::operation::Operation;
use domain::order::{Placing, PlacingError, ShippingMethod, place};
use domain::pii::Sealed;
use domain::pricing::{Item, Quote, Region, ShippingSettings, Terms, Unpriced, quote};
use domain::tenant::{Tenant, TenantScope};
use domain::user::User;
use garde::Validate;
use payments::Provider;
use platform::people;
use serde::Deserialize;
use store::orders::Placement;
use utoipa::ToSchema;
use web::idempotency::{answer, replay};
use web::openapi::KeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, refusals};

use super::view::GroupView;

/// How to check the cart out.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct Checkout {
    /// Where to deliver: one of your addresses.
    #[schema(value_type = String, example = "adr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    address_id: AddressId,
    /// How parcels travel: `STANDARD`, or one of those that `GET /shipping-methods` lists.
    #[schema(value_type = String, example = "STANDARD")]
    shipping_method: ShippingMethod,
    /// Through whom it will be paid: `razorpay`, `vnpay`, `stripe` or `manual`, where the tenant has set it up. Only a checkout
    /// that costs nothing needs none.
    #[schema(value_type = Option<String>, example = "razorpay")]
    payment_provider: Option<Provider>,
    /// A coupon to use instead of the cart's.
    #[schema(value_type = Option<String>, example = "SPRING-10")]
    coupon: Option<CouponCode>,
}

/// Order what is in the cart
///
/// Prices, discount, tax and shipping are computed anew from what is stored. Either everything happens, one order for each
/// seller, stock held until `holdUntil`, the coupon used, the cart emptied, or nothing. A coupon that can't be used refuses the
/// checkout: nobody pays more than they saw. Pay with `POST /payments/initiate`. What costs nothing is paid at once.
#[utoipa::path(
    post,
    path = "/orders/checkout",
    tag = "Orders",
    params(KeyHeader),
    request_body = Checkout,
    responses(
        (status = 201, description = "The checkout: waiting for its payment, or paid where there is nothing to pay", body = Envelope<GroupView>),
        refusals::Of<(
            refusals::CartEmpty,
            refusals::ProductInactive,
            refusals::OutOfStock,
            refusals::AmountInvalid,
            refusals::CouponInvalid,
            refusals::ShippingUnavailable,
            refusals::ProviderUnavailable,
            refusals::RuleBroken,
            refusals::EmailNotVerified,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn checkout(
    State(edge): State<Edge>,
    bearer: Bearer,
    key: IdempotencyKey,
    Json(request): Json<Checkout>,
) -> Result<Response, Problem> {
    let (user, now) = (bearer.user(), edge.ambient().now());
    let attempt = key.attempt(Some(user));
    let read = async |scope| edge.store().start_checkout(scope, user, request.address_id, &attempt, now).await;
    let (caller, start) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let tenant = caller.tenant();
    if let Some(verdict) = start.verdict
        && let Some(response) = replay(&edge, tenant, &attempt, verdict).await?
    {
        return Ok(response);
    }
    if tenant.settings.require_verified_email && caller.account().email_verified_at.is_none() {
        return Err(Problem::new(Code::EmailNotVerified));
    }
    let cart = start.cart;
    if cart.lines.is_empty() {
        return Err(Problem::new(Code::CartEmpty));
    }
    let wanted: Vec<_> = cart.lines.iter().map(|line| (line.product, line.material)).collect();
    let code = request.coupon.or_else(|| cart.coupon.clone());
    let (found, coupon, rates) = tokio::try_join!(
        edge.store().sellable(caller.scope, &wanted),
        crate::cart::coupon_of(&edge, caller.scope, code.as_ref()),
        rates_of(&edge, caller.scope, &request.shipping_method)
    )?;
    let agreed = agreed(&found);
    let items = sellable_items(&cart, found)?;
    let address = start.address.ok_or_else(|| Problem::invalid("addressId", "is not one of your addresses"))?;
    let (own, buyer) = (address.id.to_string(), caller.account());
    let place_of = people::open_address(edge.vault(), tenant, Some(buyer), &own, &address.address).await?;
    let region = Region::from(&place_of);
    let coupon = match &code {
        Some(_) => Some(crate::cart::usable(coupon, now).map_err(crate::cart::unusable)?),
        None => None,
    };
    let (region, coupon) = (Some(&region), coupon.as_ref());
    let shipping = match &request.shipping_method {
        ShippingMethod::Standard => &tenant.settings.shipping,
        ShippingMethod::Service { .. } => rates.as_ref().ok_or_else(|| {
            Problem::new(Code::ShippingUnavailable).field("shippingMethod", "is not offered any more")
        })?,
    };
    let terms = Terms { region, shipping, coupon, agreed: Some(&agreed), ..Terms::of(&tenant.settings) };
    let quote = quote(&items, &terms).map_err(unpriced)?;
    let provider = payable_by(tenant, &quote, request.payment_provider)?;
    let operation = caller.operation();
    let placed = place(Placing {
        group: operation.id(),
        user,
        actor: operation.actor.clone(),
        orders: addressed(&edge, tenant, buyer, &operation, &place_of, quote.parcels.len()).await?,
        items,
        quote,
        shipping_method: request.shipping_method,
        hold: tenant.settings.hold(provider == Some(Provider::Manual)),
        now: operation.now,
    })
    .map_err(refused)?;
    let location = format!("/order-groups/{}", placed.group.id);
    let reply = Reply::created(GroupView::new(&placed.group, Vec::new()), location).etag(placed.group.version);
    let stored = answer(&edge, tenant, &attempt, &reply).await?;
    match edge.store().place_orders(&operation, &placed, &cart, &attempt, stored).await? {
        Placement::Placed => Ok(reply.into_response()),
        Placement::KeyUsed(verdict) => {
            let response = replay(&edge, tenant, &attempt, verdict).await?;
            response.ok_or_else(|| Problem::internal("a used key says that it is new"))
        }
        Placement::CouponRefused(refusal) => Err(crate::cart::unusable(refusal)),
        Placement::CartChanged => Err(Problem::new(Code::Conflict).message("The cart was changed meanwhile")),
        Placement::Unavailable { material, available } => {
            let error =
                available.map_or(Unsellable::MaterialInactive, |available| Unsellable::OutOfStock { available });
            // Products may share a material: the lines that need it are short of it together.
            let lines = cart.lines.iter().filter(|line| line.material == Some(material));
            let faults: Vec<_> = lines.map(|line| (line, error)).collect();
            Err(if faults.is_empty() { Problem::new(Code::OutOfStock) } else { unsellable(faults) })
        }
    }
}

/// Reads what the chosen service of a carrier asks; none where it is not offered, or the tenant's own way was chosen.
async fn rates_of(
    edge: &Edge,
    scope: TenantScope,
    method: &ShippingMethod,
) -> Result<Option<ShippingSettings>, store::Error> {
    let ShippingMethod::Service { carrier, service } = method else { return Ok(None) };
    let carrier = edge.store().carrier(scope, *carrier).await?.filter(|carrier| carrier.profile.active);
    Ok(carrier.and_then(|carrier| Some(carrier.profile.service(service)?.rates.clone())))
}

/// Decides through whom a checkout is to be paid; nobody where there is nothing to pay.
fn payable_by(tenant: &Tenant, quote: &Quote, wished: Option<Provider>) -> Result<Option<Provider>, Problem> {
    if quote.totals.total.amount == 0 {
        return Ok(None);
    }
    let provider =
        wished.ok_or_else(|| Problem::invalid("paymentProvider", "is required: there is something to pay"))?;
    if !tenant.providers.contains_key(provider.as_str()) {
        return Err(Problem::new(Code::ProviderUnavailable).field("paymentProvider", "is not set up"));
    }
    Ok(Some(provider))
}

/// Joins lines with what the table has for them. All lines that can't be bought are named at once.
fn sellable_items(cart: &Cart, found: Vec<Sellable>) -> Result<Vec<Item>, Problem> {
    let mut items = Vec::new();
    let mut faults = Vec::new();
    for (line, sellable) in cart.lines.iter().zip(found) {
        match (sellable.offer(line.material, line.quantity.get()), sellable.product) {
            (Ok(_), Some(product)) => {
                items.push(Item { product, material: sellable.material, quantity: line.quantity });
            }
            (Ok(_), None) => faults.push((line, Unsellable::ProductInactive)),
            (Err(error), _) => faults.push((line, error)),
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(unsellable(faults)) }
}

/// Collects what is agreed with the sellers of what is bought.
fn agreed(found: &[Sellable]) -> BTreeMap<SellerId, u32> {
    found.iter().filter_map(|one| Some((one.product.as_ref()?.seller, one.seller.commission_bp?))).collect()
}

/// Names the lines that can't be ordered. What is not for sale at all outweighs what is short of stock.
fn unsellable(faults: Vec<(&CartLine, Unsellable)>) -> Problem {
    let is_stock = |error: &Unsellable| matches!(error, Unsellable::OutOfStock { .. });
    let is_price = |error: &Unsellable| matches!(error, Unsellable::Price(_));
    let code = if faults.iter().all(|(_, error)| is_stock(error)) {
        Code::OutOfStock
    } else if faults.iter().all(|(_, error)| is_stock(error) || is_price(error)) {
        Code::AmountInvalid
    } else {
        Code::ProductInactive
    };
    faults.into_iter().fold(Problem::new(code), |problem, (line, error)| {
        problem.field(format!("items[{}]", line.id), error.to_string())
    })
}

fn unpriced(error: Unpriced) -> Problem {
    match error {
        Unpriced::Amount(error) => Problem::new(Code::AmountInvalid).because(error),
        Unpriced::Shipping(error) => Problem::new(Code::ShippingUnavailable).field("shippingMethod", error.to_string()),
        Unpriced::Coupon(refusal) => crate::cart::unusable(refusal),
    }
}

fn refused(error: PlacingError) -> Problem {
    match error {
        PlacingError::Empty => Problem::new(Code::CartEmpty),
        PlacingError::TooLarge => {
            Problem::new(Code::RuleBroken).message("The cart has too many sellers and model files for one checkout")
        }
    }
}

/// Makes the ids of the orders, and seals the address anew for each: a sealed value opens in one place only.
async fn addressed(
    edge: &Edge,
    tenant: &Tenant,
    buyer: &User,
    operation: &Operation,
    address: &PostalAddress,
    count: usize,
) -> Result<Vec<(OrderId, Sealed)>, Problem> {
    let vault = edge.vault();
    let mut orders = Vec::with_capacity(count);
    for _ in 0..count {
        let id: OrderId = operation.id();
        orders.push((id, people::seal_address(vault, tenant, buyer, &id.to_string(), address).await?));
    }
    Ok(orders)
}
