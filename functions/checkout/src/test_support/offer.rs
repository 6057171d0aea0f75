//! Things to buy.

use std::collections::BTreeMap;

use domain::catalog::{Material, Product, ProductStatus, StockPolicy, TaxClass};
use domain::id::{FileId, SellerId};
use domain::money::Money;
use store::products::StockChange;
use store::table::Consistency;

use super::Shop;

/// A product in one material.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) product: Product,
    pub(crate) material: Material,
}

impl Shop {
    /// Puts something for 1.00 with a surcharge of 0.25 on sale, by a seller of its own, with one model file.
    pub(crate) async fn offer(&self, stock: u32) -> Offer {
        let seller = self.tenant.stack.ambient().id();
        self.offer_by(seller, stock, |_| ()).await
    }

    pub(crate) async fn offer_by(&self, seller: SellerId, stock: u32, change: impl FnOnce(&mut Product)) -> Offer {
        let stack = &self.tenant.stack;
        let (ambient, now) = (stack.ambient(), stack.now());
        let currency = self.tenant.tenant.settings.currency;
        let id: domain::id::ProductId = ambient.id();
        let suffix: String = id.to_string().chars().skip(14).collect();
        let mut product = Product {
            id,
            seller,
            name: "Planetary gear set".parse().unwrap(),
            slug: format!("gear-{}", suffix.to_lowercase()).parse().unwrap(),
            sku: format!("GEAR-{suffix}").parse().unwrap(),
            description: String::new(),
            base_price: Money::new(100, currency),
            tax_class: TaxClass::Standard,
            weight_grams: 10,
            size: None,
            stock_policy: StockPolicy::Finite,
            images: Vec::new(),
            categories: Vec::new(),
            attributes: BTreeMap::new(),
            status: ProductStatus::Active,
            material_count: 0,
            shared_materials: Vec::new(),
            model_files: vec![ambient.id::<FileId>()],
            licence_keys: false,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        change(&mut product);
        let material = Material {
            id: ambient.id(),
            product: product.id,
            name: "PLA, white".to_owned(),
            surcharge: Money::new(25, currency),
            stock: Some(stock),
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: now,
        };
        let operation = self.tenant.operation();
        stack.store().create_product(&operation, &product).await.unwrap().unwrap();
        stack.store().add_material(&operation, &material).await.unwrap().unwrap();
        Offer { product, material }
    }

    /// Reads how many pieces are left.
    pub(crate) async fn stock(&self, offer: &Offer) -> u32 {
        let (scope, store) = (self.tenant.scope(), self.tenant.stack.store());
        let found = store.sellable(scope, &[(offer.product.id, Some(offer.material.id))]).await.unwrap();
        found[0].material.as_ref().unwrap().stock.unwrap()
    }

    /// Changes a stored product.
    pub(crate) async fn change(&self, offer: &Offer, change: impl FnOnce(&mut Product)) {
        let store = self.tenant.stack.store();
        let found = store.product(self.tenant.scope(), offer.product.id, Consistency::Strong).await.unwrap().unwrap();
        let mut after = found.product.clone();
        change(&mut after);
        store.update_product(&self.tenant.operation(), &found.product, &after).await.unwrap().unwrap();
    }

    /// Stops counting a material's pieces.
    pub(crate) async fn stop_counting(&self, offer: &Offer) {
        let store = self.tenant.stack.store();
        let before = Material { stock: Some(self.stock(offer).await), ..offer.material.clone() };
        let change = store.update_material(&self.tenant.operation(), &before, &before, StockChange::To(None)).await;
        change.unwrap().unwrap();
    }
}
