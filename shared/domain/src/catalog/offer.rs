//! Whether something can be bought now, and what one piece costs.

use super::{Material, Product, StockPolicy};
use crate::money::{Money, MoneyError};

/// What one piece costs at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The product's own price.
    pub base_price: Money,
    /// What the material adds.
    pub material_price: Money,
    /// The sum of both.
    pub item_price: Money,
    /// Whether buying takes pieces from the material's stock.
    pub takes_stock: bool,
}

/// Why something can't be bought as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsellable {
    /// The product is a draft or archived.
    #[error("the product is not for sale")]
    ProductInactive,
    /// The product comes in materials and none was chosen.
    #[error("choose a material")]
    MaterialRequired,
    /// The material belongs to another product, or the product has none.
    #[error("the product does not come in this material")]
    MaterialForeign,
    /// The material can't be chosen any more.
    #[error("the material is not available")]
    MaterialInactive,
    /// Fewer pieces are left than asked for.
    #[error("only {available} left")]
    OutOfStock {
        /// How many are left.
        available: u32,
    },
    /// The price can't be computed.
    #[error(transparent)]
    Price(#[from] MoneyError),
}

/// Returns the price of one piece: the product's base price and the material's surcharge.
///
/// # Errors
/// When the currencies differ or the sum is out of range.
pub fn item_price(product: &Product, material: Option<&Material>) -> Result<Money, MoneyError> {
    material.map_or(Ok(product.base_price), |material| product.base_price.plus(material.surcharge))
}

/// Decides whether `quantity` pieces of a product, in the chosen material, can be bought now.
///
/// The stock that it sees may be gone a moment later: the order's transaction has the last word.
///
/// # Errors
/// With the first reason why not.
pub fn offer(product: &Product, material: Option<&Material>, quantity: u32) -> Result<Offer, Unsellable> {
    if !product.is_active() {
        return Err(Unsellable::ProductInactive);
    }
    let takes_stock = product.stock_policy == StockPolicy::Finite;
    match material {
        None if product.material_count > 0 => return Err(Unsellable::MaterialRequired),
        // Stock is kept per material, so a finite product without materials has none.
        None if takes_stock => return Err(Unsellable::OutOfStock { available: 0 }),
        Some(chosen) if chosen.product != product.id => return Err(Unsellable::MaterialForeign),
        Some(chosen) if !chosen.active => return Err(Unsellable::MaterialInactive),
        Some(chosen) if takes_stock && chosen.stock.unwrap_or(0) < quantity => {
            return Err(Unsellable::OutOfStock { available: chosen.stock.unwrap_or(0) });
        }
        None | Some(_) => {}
    }
    let material_price = material.map_or(Money::zero(product.base_price.currency), |chosen| chosen.surcharge);
    Ok(Offer {
        base_price: product.base_price,
        material_price,
        item_price: item_price(product, material)?,
        takes_stock,
    })
}
