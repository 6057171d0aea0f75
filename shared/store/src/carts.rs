//! Carts: one item each with its lines inside, replaced under its version.
//!
//! A user always has a cart, if an empty one. A guest has one that was opened for them, until it is merged into a user's or
//! nobody touched it for too long: then it is as if it had never been, and its item remembers only who has it now.

use std::time::Duration;

use domain::cart::{Cart, Holder};
use domain::catalog::Sellable;
use domain::clock::Timestamp;
use domain::id::{MaterialId, ProductId, UserId};
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::error::Result;
use crate::key::Key;
use crate::products::sellable;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, key};

/// How long it is remembered that an anonymous cart was merged, so that who asks again is told the same.
const MERGED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A cart as it is stored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    #[serde(flatten)]
    cart: Cart,
    /// Whose cart an anonymous one went into.
    merged_into: Option<UserId>,
}

/// An anonymous cart, as somebody who wants to take it over finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It waits to be merged.
    Open(Cart),
    /// It was merged into the cart of the same user before.
    Merged,
    /// There is none, or it has lapsed, or somebody else has it.
    Absent,
}

impl Store {
    /// Reads a cart; none when a guest's is not there any more.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn cart(&self, scope: TenantScope, holder: &Holder, now: Timestamp) -> Result<Option<Cart>> {
        let stored = self.table.get(key_of(scope, holder), Consistency::Strong).await?;
        Ok(held(holder, stored, now))
    }

    /// Reads a cart and what is to be put into it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn cart_and_sellable(
        &self,
        scope: TenantScope,
        holder: &Holder,
        product: ProductId,
        material: Option<MaterialId>,
        now: Timestamp,
    ) -> Result<(Option<Cart>, Sellable)> {
        let cart = key_of(scope, holder);
        let keys = sellable::keys(scope, product, material).chain([cart.clone(), key::standings(scope)]);
        let mut found = self.table.get_many(keys, Consistency::Strong).await?;
        let sellable = sellable::read(scope, &found, &sellable::standings(scope, &found)?, product, material)?;
        Ok((held(holder, found.take(&cart)?, now), sellable))
    }

    /// Stores the successor of the cart that was read.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed the cart since: read it again and repeat the change.
    pub async fn save_cart(&self, scope: TenantScope, holder: &Holder, cart: &Cart) -> Result<()> {
        self.table.write(replace(scope, holder, cart)?).await?.map_err(|_| Error::Conflict)
    }

    /// Reads an anonymous cart and the cart of the user who wants to take it over, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn claim_cart(
        &self,
        scope: TenantScope,
        user: UserId,
        guest: &Holder,
        now: Timestamp,
    ) -> Result<(Claimed, Cart)> {
        let (theirs, own) = (key_of(scope, guest), key::cart(scope, user));
        let mut found = self.table.get_many([theirs.clone(), own.clone()], Consistency::Strong).await?;
        let stored: Option<Stored> = found.take(&theirs)?;
        let merged = stored.as_ref().and_then(|stored| stored.merged_into);
        let claimed = match held(guest, stored, now) {
            Some(cart) => Claimed::Open(cart),
            None if merged == Some(user) => Claimed::Merged,
            None => Claimed::Absent,
        };
        let own: Option<Cart> = found.take(&own)?;
        Ok((claimed, own.map_or_else(|| Cart::empty(now), |cart| cart.at(now))))
    }

    /// Ends the anonymous cart that was read as `theirs`, and stores `merged` as the user's cart, in one transaction.
    ///
    /// # Errors
    /// [`Error::Conflict`] when either was changed since: read both again.
    pub async fn merge_carts(
        &self,
        scope: TenantScope,
        user: UserId,
        guest: &Holder,
        theirs: &Cart,
        merged: &Cart,
        now: Timestamp,
    ) -> Result<()> {
        let ended = Write::update(key_of(scope, guest))
            .set("mergedInto", user)?
            .set("lines", [(); 0])?
            .set("ttl", now.plus(MERGED_KEPT).as_seconds())?
            .add("version", 1)?
            .remove("coupon")
            .when("version", "=", theirs.version)?
            .when_absent("mergedInto");
        let writes = vec![ended, replace(scope, &Holder::User(user), merged)?];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }
}

fn key_of(scope: TenantScope, holder: &Holder) -> Key {
    match holder {
        Holder::User(user) => key::cart(scope, *user),
        Holder::Guest { cart, secret } => key::anonymous_cart(scope, *cart, secret),
    }
}

fn held(holder: &Holder, stored: Option<Stored>, now: Timestamp) -> Option<Cart> {
    match holder {
        Holder::User(_) => Some(stored.map_or_else(|| Cart::empty(now), |stored| stored.cart.at(now))),
        Holder::Guest { .. } => {
            let open = stored.filter(|stored| stored.merged_into.is_none() && stored.cart.expires_at > now);
            open.map(|stored| stored.cart)
        }
    }
}

/// Replaces the cart that `cart` follows.
pub(crate) fn replace(scope: TenantScope, holder: &Holder, cart: &Cart) -> Result<Write> {
    let row = Row::new(key_of(scope, holder), "Cart", cart)?.until(cart.expires_at);
    match cart.version {
        0 | 1 => Ok(Write::create(row)),
        version => Write::put(row).when("version", "=", version.saturating_sub(1)),
    }
}
