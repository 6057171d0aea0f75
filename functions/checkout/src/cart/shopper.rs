//! Whose cart a request is about: that of who is signed in, or the anonymous one whose token is shown.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderName;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::access::Permission;
use domain::ambient::Ambient;
use domain::cart::{Cart, Holder};
use domain::id::UserId;
use domain::tenant::{Tenant, TenantScope};
use platform::tokens::CartToken;
use web::{Bearer, Code, Edge, IdempotencyKey, Problem, TenantOf};

/// The header with the token of an anonymous cart.
const X_CART_TOKEN: HeaderName = HeaderName::from_static("x-cart-token");

/// Somebody who shops, as the headers tell.
pub(crate) enum Shopper {
    /// Has a session, which was not checked yet.
    User(Bearer),
    /// Shows the token of an anonymous cart; none where what is shown can't be one.
    Guest(TenantOf, Option<CartToken>),
    /// Shows neither.
    Newcomer(TenantOf),
}

/// Somebody who shops, whose session was checked if they have one.
pub(crate) struct Visitor {
    pub(super) scope: TenantScope,
    pub(super) tenant: Arc<Tenant>,
    pub(super) holder: Holder,
}

impl<S> FromRequestParts<S> for Shopper
where
    S: Send + Sync,
    Edge: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.headers.contains_key(AUTHORIZATION) {
            return <Bearer as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Self::User);
        }
        let tenant = TenantOf::from_request_parts(parts, state).await?;
        let mut shown = parts.headers.get_all(X_CART_TOKEN).iter();
        let Some(first) = shown.next() else { return Ok(Self::Newcomer(tenant)) };
        let token = first.to_str().ok().and_then(|text| text.parse().ok()).filter(|_| shown.next().is_none());
        Ok(Self::Guest(tenant, token))
    }
}

/// Returns whose cart a token opens.
pub(super) fn guest(token: &CartToken) -> Holder {
    Holder::Guest { cart: token.of, secret: token.hash() }
}

impl Shopper {
    /// Makes a new token for who has none, and returns it along.
    pub(super) fn or_new(self, ambient: &Ambient) -> (Self, Option<CartToken>) {
        match self {
            Self::Newcomer(tenant) => {
                let token = CartToken::generate(ambient.id(), ambient);
                (Self::Guest(tenant, Some(token.clone())), Some(token))
            }
            known => (known, None),
        }
    }

    /// Runs `read` beside the check of the session, where there is one. It must not change anything.
    ///
    /// # Errors
    /// With 401 for who shows nothing or whose session has ended, 403 for who may not shop, 404 for what is no token, else
    /// with what `read` failed with.
    pub(super) async fn with<T, F>(self, read: F) -> Result<(Visitor, T), Problem>
    where
        F: AsyncFnOnce(TenantScope, &Holder) -> Result<T, store::Error>,
    {
        match self {
            Self::User(bearer) => {
                let holder = Holder::User(bearer.user());
                let (caller, found) = bearer.with(|scope| read(scope, &holder)).await?;
                caller.require(Permission::Shop)?;
                let (scope, tenant) = (caller.scope, Arc::clone(caller.tenant()));
                Ok((Visitor { scope, tenant, holder }, found))
            }
            Self::Guest(tenant, token) => {
                let holder = guest(&token.ok_or_else(Problem::not_found)?);
                let scope = tenant.scope();
                let found = read(scope, &holder).await?;
                Ok((Visitor { scope, tenant: tenant.0, holder }, found))
            }
            Self::Newcomer(_) => Err(Problem::new(Code::Unauthenticated)),
        }
    }

    /// Reads the cart.
    ///
    /// # Errors
    /// As [`Self::with`], and with 404 when an anonymous cart has lapsed or was merged.
    pub(super) async fn cart(self, edge: &Edge) -> Result<(Visitor, Cart), Problem> {
        let now = edge.ambient().now();
        let read = async |scope, holder: &Holder| edge.store().cart(scope, holder, now).await;
        let (visitor, cart) = self.with(read).await?;
        Ok((visitor, cart.ok_or_else(Problem::not_found)?))
    }
}

impl Visitor {
    /// Returns who is signed in.
    pub(super) fn user(&self) -> Option<UserId> {
        match self.holder {
            Holder::User(user) => Some(user),
            Holder::Guest { .. } => None,
        }
    }

    /// Makes the idempotency key of a guest one of the guest's cart alone: two guests may choose the same key.
    pub(super) fn own(&self, key: IdempotencyKey) -> IdempotencyKey {
        match &self.holder {
            Holder::User(_) => key,
            Holder::Guest { cart, .. } => key.within(&cart.to_string()),
        }
    }
}
