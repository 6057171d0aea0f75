//! Whether something can be bought now, and what one piece costs.

use super::{Material, Product, SellerTerms, StockPolicy};
use crate::id::MaterialId;
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

/// What there is of something that somebody wants to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sellable {
    /// The product; none when there is no such product.
    pub product: Option<Product>,
    /// The material; none when none was asked for, or the product does not come in it.
    pub material: Option<Material>,
    /// The terms of the product's seller.
    pub seller: SellerTerms,
}

impl Sellable {
    /// Decides whether `quantity` pieces can be bought now in the material that was asked for, if any was.
    ///
    /// # Errors
    /// With the first reason why not. That its seller is stopped is not told apart from a product that is not for sale.
    pub fn offer(&self, material: Option<MaterialId>, quantity: u32) -> Result<Offer, Unsellable> {
        let product = self.product.as_ref().filter(|_| self.seller.sells).ok_or(Unsellable::ProductInactive)?;
        if material.is_some() && self.material.is_none() {
            return Err(if product.is_active() { Unsellable::MaterialForeign } else { Unsellable::ProductInactive });
        }
        offer(product, self.material.as_ref(), quantity)
    }
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

/// Tells whether buying a product in a material takes pieces from the material's stock. Of a product's own materials the
/// product decides that, of a shared one the material does.
pub fn takes_stock(product: &Product, material: Option<&Material>) -> bool {
    match material {
        Some(chosen) if product.shares(chosen.id) => chosen.stock.is_some(),
        _ => product.stock_policy == StockPolicy::Finite,
    }
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
    let takes_stock = takes_stock(product, material);
    match material {
        None if product.comes_in_materials() => return Err(Unsellable::MaterialRequired),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{ProductStatus, TaxClass};
    use crate::clock::Timestamp;
    use crate::id::{Id, MaterialId, ProductId, SellerId};
    use crate::money::Currency;

    fn vase(stock_policy: StockPolicy, materials: u32) -> Product {
        let at = Timestamp::from_millis(1_700_000_000_000);
        Product {
            id: ProductId::from_parts(at, 1),
            seller: SellerId::from_parts(at, 1),
            name: "Vase".parse().unwrap(),
            slug: "vase".parse().unwrap(),
            sku: "VASE-1".parse().unwrap(),
            description: String::new(),
            base_price: Money::new(1_000, Currency::Inr),
            tax_class: TaxClass::Standard,
            weight_grams: 0,
            size: None,
            stock_policy,
            images: Vec::new(),
            categories: Vec::new(),
            attributes: BTreeMap::new(),
            status: ProductStatus::Active,
            material_count: materials,
            shared_materials: Vec::new(),
            model_files: Vec::new(),
            licence_keys: false,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn clay(product: &Product, stock: Option<u32>) -> Material {
        Material {
            id: MaterialId::from_parts(product.created_at, 1),
            product: product.id,
            name: "Clay".to_owned(),
            surcharge: Money::new(250, Currency::Inr),
            stock,
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: product.created_at,
        }
    }

    #[test]
    fn every_reason_against_a_sale_is_told_apart() {
        let finite = vase(StockPolicy::Finite, 1);
        let clay = clay(&finite, Some(3));
        let draft = Product { status: ProductStatus::Draft, ..finite.clone() };
        let retired = Material { active: false, ..clay.clone() };
        let foreign = Material { product: ProductId::from_parts(finite.created_at, 2), ..clay.clone() };
        let dollars = Material { surcharge: Money::new(1, Currency::Usd), ..clay.clone() };
        assert_eq!(offer(&draft, Some(&clay), 1), Err(Unsellable::ProductInactive));
        assert_eq!(offer(&finite, None, 1), Err(Unsellable::MaterialRequired));
        assert_eq!(offer(&finite, Some(&foreign), 1), Err(Unsellable::MaterialForeign));
        assert_eq!(offer(&finite, Some(&retired), 1), Err(Unsellable::MaterialInactive));
        assert_eq!(offer(&finite, Some(&clay), 4), Err(Unsellable::OutOfStock { available: 3 }));
        assert_eq!(offer(&finite, Some(&dollars), 1), Err(Unsellable::Price(MoneyError::CurrencyMismatch)));
        assert_eq!(offer(&vase(StockPolicy::Finite, 0), None, 1), Err(Unsellable::OutOfStock { available: 0 }));
        assert!(offer(&vase(StockPolicy::Digital, 0), None, 999).is_ok());
    }

    #[test]
    fn of_a_shared_material_the_material_decides_whether_pieces_can_run_out() {
        let clay_of = |product: &Product, stock| clay(product, stock);
        for policy in [StockPolicy::Finite, StockPolicy::MadeToOrder] {
            let mut product = vase(policy, 0);
            let material = clay_of(&product, Some(3));
            product.shared_materials = vec![material.id];
            assert_eq!(offer(&product, None, 1), Err(Unsellable::MaterialRequired), "{policy:?}");
            assert!(offer(&product, Some(&material), 3).unwrap().takes_stock);
            assert_eq!(offer(&product, Some(&material), 4), Err(Unsellable::OutOfStock { available: 3 }));
            let endless = Material { stock: None, ..material };
            assert!(!offer(&product, Some(&endless), 999).unwrap().takes_stock, "{policy:?}");
        }
    }

    proptest! {
        #[test]
        fn a_finite_offer_never_exceeds_the_stock_and_the_price_is_the_sum(stock: Option<u32>, quantity in 1u32..=999) {
            let product = vase(StockPolicy::Finite, 1);
            let material = clay(&product, stock);
            match offer(&product, Some(&material), quantity) {
                Ok(made) => {
                    prop_assert!(made.takes_stock && stock.unwrap_or(0) >= quantity);
                    prop_assert_eq!(made.base_price.plus(made.material_price), Ok(made.item_price));
                }
                Err(refused) => {
                    let available = stock.unwrap_or(0);
                    prop_assert!(available < quantity);
                    prop_assert_eq!(refused, Unsellable::OutOfStock { available });
                }
            }
        }
    }
}
