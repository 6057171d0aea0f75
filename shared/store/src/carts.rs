//! Carts: one item per user, lines embedded, every change under the version that was read.

use domain::cart::Cart;
use domain::clock::Timestamp;
use domain::id::{MaterialId, ProductId, UserId};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::products::Sellable;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, key};

impl Store {
    /// Reads a user's cart; who has none has an empty one.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn cart(&self, scope: TenantScope, user: UserId, now: Timestamp) -> Result<Cart> {
        let cart: Option<Cart> = self.table.get(key::cart(scope, user), Consistency::Strong).await?;
        Ok(cart.map_or_else(|| Cart::empty(now), |cart| cart.at(now)))
    }

    /// Reads a user's cart and what is to be put into it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn cart_and_sellable(
        &self,
        scope: TenantScope,
        user: UserId,
        product: ProductId,
        material: Option<MaterialId>,
        now: Timestamp,
    ) -> Result<(Cart, Sellable)> {
        let cart = key::cart(scope, user);
        let material = material.map(|material| key::material(scope, product, material));
        let product = key::product(scope, product);
        let keys = [Some(cart.clone()), Some(product.clone()), material.clone()];
        let mut found = self.table.get_many(keys.into_iter().flatten(), Consistency::Strong).await?;
        let sellable = Sellable {
            product: found.take(&product)?,
            material: material.and_then(|key| found.take(&key).transpose()).transpose()?,
        };
        let cart: Option<Cart> = found.take(&cart)?;
        Ok((cart.map_or_else(|| Cart::empty(now), |cart| cart.at(now)), sellable))
    }

    /// Stores the successor of the cart that was read.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed the cart since: read it again and repeat the change.
    pub async fn save_cart(&self, scope: TenantScope, user: UserId, cart: &Cart) -> Result<()> {
        self.table.write(replace(scope, user, cart)?).await?.map_err(|_| Error::Conflict)
    }
}

/// Replaces the cart that `cart` follows.
pub(crate) fn replace(scope: TenantScope, user: UserId, cart: &Cart) -> Result<Write> {
    let row = Row::new(key::cart(scope, user), "Cart", cart)?.until(cart.expires_at);
    match cart.version {
        0 | 1 => Ok(Write::create(row)),
        version => Write::put(row).when("version", "=", version.saturating_sub(1)),
    }
}
