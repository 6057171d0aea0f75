//! Lists of products.

use std::collections::BTreeSet;

use domain::catalog::Product;
use domain::id::{CategoryId, ProductId, SellerId};
use domain::tenant::TenantScope;
use futures_util::future::try_join_all;
use serde::Deserialize;

use crate::Store;
use crate::error::Result;
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::row;
use crate::table::Consistency;

/// How many of a seller's products one query of a public list looks at.
const LOOKED_AT: u32 = 100;
/// How many queries one page of it may take, one after the other. A page that finds less than it may hold by then ends there,
/// and the next one goes on.
const MOST_QUERIES: usize = 5;

/// What lists a product under a category.
#[derive(Deserialize)]
struct Listed {
    product: ProductId,
}

impl Store {
    /// Lists the products that are for sale, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn active_products(
        &self,
        scope: TenantScope,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Product>> {
        self.table
            .query(key::active_products_list(scope))
            .index(Index::First)
            .newest_first()
            .limit(limit)
            .from(from)
            .page()
            .await
    }

    /// Lists a seller's products, whatever their status, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn products_of(
        &self,
        scope: TenantScope,
        seller: SellerId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Product>> {
        self.table
            .query(key::products_of_list(scope, seller))
            .index(Index::Second)
            .newest_first()
            .limit(limit)
            .from(from)
            .page()
            .await
    }

    /// Lists a seller's products that are for sale, newest first. A page looks at no more than 500 products; it may hold less
    /// than `limit`, or none, and have a next one all the same.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn active_products_of(
        &self,
        scope: TenantScope,
        seller: SellerId,
        limit: u32,
        mut from: Option<Position>,
    ) -> Result<Page<Product>> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for _ in 0..MOST_QUERIES {
            let query = self.table.query(key::products_of_list(scope, seller)).index(Index::Second).newest_first();
            let rows = query.limit(LOOKED_AT).from(from).rows().await?;
            let (count, next) = (rows.items.len(), rows.next);
            for (number, item) in rows.items.into_iter().enumerate() {
                let place = Position::of(&item, Some(Index::Second));
                let product: Product = row::value(item)?;
                if !product.is_active() {
                    continue;
                }
                found.push(product);
                if found.len() >= wanted {
                    let is_last = number.saturating_add(1) >= count;
                    return Ok(Page { items: found, next: if is_last { next } else { Some(place) } });
                }
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
        Ok(Page { items: found, next: from })
    }

    /// Lists the products for sale that stand in any of `categories`, each once, newest first: one query for each category,
    /// side by side, then the products.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn products_in(
        &self,
        scope: TenantScope,
        categories: &[CategoryId],
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Product>> {
        // Links are ordered by product in every category, so the place in one is the place in all.
        let last = from.as_ref().and_then(Position::sort_key);
        let queries = categories.iter().map(|category| {
            let list = key::products_in_list(scope, *category);
            let from = last.map(|last| Position::at(&list, last));
            let query = self.table.query(list).starting_with(key::PRODUCTS_IN).newest_first();
            Box::pin(query.limit(limit).from(from).page::<Listed>())
        });
        let pages = try_join_all(queries).await?;
        let more = pages.iter().any(|page| page.next.is_some());
        let ids: BTreeSet<ProductId> = pages.into_iter().flat_map(|page| page.items).map(|link| link.product).collect();
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = more || ids.len() > wanted;
        let ids: Vec<ProductId> = ids.into_iter().rev().take(wanted).collect();
        let next = ids.last().filter(|_| more).zip(categories.first()).map(|(last, category)| {
            let place = key::product_in(scope, *category, *last);
            Position::at(&place.pk, &place.sk)
        });
        let keys = ids.iter().map(|id| key::product(scope, *id));
        let found = self.table.get_many(keys, Consistency::Eventual).await?;
        let mut items = Vec::new();
        for id in &ids {
            let product: Option<Product> = found.read(&key::product(scope, *id))?;
            items.extend(product.filter(Product::is_active));
        }
        Ok(Page { items, next })
    }
}
