//! `POST /cart/merge`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::cart::{Cart, LeftOut};
use domain::coupon::{CouponCode, CouponRefusal};
use domain::id::{MaterialId, ProductId};
use garde::Validate;
use platform::tokens::CartToken;
use serde::{Deserialize, Serialize};
use store::carts::Claimed;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::shopper::guest;
use super::{CartContents, TRIES};

/// Which anonymous cart to take over.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MergeCart {
    /// The cart's token.
    #[garde(length(max = 200))]
    #[schema(example = "crt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC.ZmFrZS1zZWNyZXQtb2YtMzItYnl0ZXMtZm9yLWRvY3M")]
    cart_token: String,
}

/// The cart after an anonymous one was merged into it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergedCart {
    #[serde(flatten)]
    cart: CartContents,
    /// What there was no room for: a line holds 999 pieces, a cart 40 lines.
    left_out: Vec<LeftOutItem>,
    /// Why the anonymous cart's coupon was left behind; absent when it was taken over or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "was used as often as it may be")]
    coupon_problem: Option<String>,
}

/// Pieces that there was no room for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftOutItem {
    /// What would have been bought.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// What it would have been made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// How many pieces.
    #[schema(example = 12)]
    quantity: u32,
}

impl From<LeftOut> for LeftOutItem {
    fn from(left_out: LeftOut) -> Self {
        let LeftOut { product, material, quantity } = left_out;
        Self { product_id: product, material_id: material, quantity }
    }
}

impl MergedCart {
    fn of(cart: &Cart, left_out: Vec<LeftOut>, problem: Option<CouponRefusal>) -> Reply<Self> {
        let view = Self {
            cart: CartContents::from(cart),
            left_out: left_out.into_iter().map(Into::into).collect(),
            coupon_problem: problem.map(|refusal| refusal.to_string()),
        };
        Reply::ok(view).etag(cart.version)
    }
}

/// Take over an anonymous cart
///
/// Its quantities are added to yours, as far as there is room; its coupon is taken over when you use none and may use it.
/// Afterwards its token opens nothing. Merging it again changes nothing.
#[utoipa::path(
    post,
    path = "/cart/merge",
    tag = "Cart",
    params(OptionalKeyHeader),
    request_body = MergeCart,
    responses(
        (status = 200, description = "The cart as it is now, and what there was no room for", body = Envelope<MergedCart>),
        refusals::Of<(refusals::NotFound, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn merge_cart(
    State(edge): State<Edge>,
    bearer: Bearer,
    key: Option<IdempotencyKey>,
    Json(request): Json<MergeCart>,
) -> Result<Response, Problem> {
    let (user, now) = (bearer.user(), edge.ambient().now());
    let theirs = request.cart_token.parse::<CartToken>().ok().map(|token| guest(&token));
    let read = async |scope| match &theirs {
        Some(theirs) => edge.store().claim_cart(scope, user, theirs, now).await.map(Some),
        None => Ok::<_, store::Error>(None),
    };
    let (caller, found) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let (Some(theirs), Some(mut found)) = (theirs, found) else { return Err(Problem::not_found()) };
    idempotent(&edge, caller.tenant(), Some(user), key, async {
        for _ in 0..TRIES {
            let (claimed, own) = found;
            let anonymous = match claimed {
                Claimed::Open(cart) => cart,
                Claimed::Merged => return Ok(MergedCart::of(&own, Vec::new(), None)),
                Claimed::Absent => return Err(Problem::not_found()),
            };
            let (coupon, problem) = coupon_after(&edge, &caller, &own, &anonymous).await?;
            let (merged, left_out) = own.merged_with(&anonymous, coupon, now);
            let merged = merged.kept_until(now.plus(super::kept(caller.tenant())));
            match edge.store().merge_carts(caller.scope, user, &theirs, &anonymous, &merged, now).await {
                Ok(()) => return Ok(MergedCart::of(&merged, left_out, problem)),
                Err(store::Error::Conflict) => {
                    found = edge.store().claim_cart(caller.scope, user, &theirs, edge.ambient().now()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Code::Conflict))
    })
    .await
}

/// Decides which coupon is used from now on, and why it is not the anonymous cart's. One's own comes first.
async fn coupon_after(
    edge: &Edge,
    caller: &Caller,
    own: &Cart,
    anonymous: &Cart,
) -> Result<(Option<CouponCode>, Option<CouponRefusal>), Problem> {
    let Some(code) = anonymous.coupon.as_ref().filter(|_| own.coupon.is_none()) else {
        return Ok((own.coupon.clone(), None));
    };
    let found = edge.store().coupon(caller.scope, code).await?;
    let allowed = match super::usable(found, edge.ambient().now()) {
        Ok(coupon) => super::unused_by(edge, caller.scope, caller.user, &coupon).await?,
        Err(refusal) => Err(refusal),
    };
    Ok(match allowed {
        Ok(()) => (Some(code.clone()), None),
        Err(refusal) => (None, Some(refusal)),
    })
}
