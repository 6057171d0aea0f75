//! Materials that all products of a tenant may come in: items of their own, each with its one stock.

use domain::catalog::{Material, Product, SharedMaterial};
use domain::id::MaterialId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;

use super::Part;
use super::materials::{self, MaterialRefused, StockChange};
use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit};

impl Store {
    /// Stores a new shared material.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn create_shared_material(&self, operation: &Operation, material: &SharedMaterial) -> Result<()> {
        let scope = operation.scope;
        let row = Row::new(key::shared_material(scope, material.id), "SharedMaterial", material)?;
        let writes = vec![
            Write::create(row.indexed(key::shared_materials(scope, material.id))),
            audit::record(operation, Action::MaterialChanged, &material.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Reads a shared material.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shared_material(
        &self,
        scope: TenantScope,
        material: MaterialId,
        consistency: Consistency,
    ) -> Result<Option<SharedMaterial>> {
        self.table.get(key::shared_material(scope, material), consistency).await
    }

    /// Lists the shared materials of a tenant, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shared_materials(
        &self,
        scope: TenantScope,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<SharedMaterial>> {
        let query = self.table.query(key::shared_materials_list(scope)).index(Index::Second).newest_first();
        query.limit(limit).from(from).page().await
    }

    /// Reads the shared materials that a product comes in, in the order in which it names them.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shared_of(
        &self,
        scope: TenantScope,
        product: &Product,
        consistency: Consistency,
    ) -> Result<Vec<Material>> {
        let keys = product.shared_materials.iter().map(|material| key::shared_material(scope, *material));
        let found = self.table.get_many(keys, consistency).await?;
        let read = |material: &MaterialId| found.read::<SharedMaterial>(&key::shared_material(scope, *material));
        let shared = product.shared_materials.iter().filter_map(|material| read(material).transpose());
        shared.map(|shared| Ok(shared?.of_product(product.id))).collect()
    }

    /// Changes a shared material from `before`, as it was read, to `after`. Its stock only moves by `stock`, because sales of
    /// any product move it at the same time; the answer shows it as it was read, moved.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_shared_material(
        &self,
        operation: &Operation,
        before: &SharedMaterial,
        after: &SharedMaterial,
        stock: StockChange,
    ) -> Result<std::result::Result<SharedMaterial, MaterialRefused>> {
        let update = Write::update(key::shared_material(operation.scope, before.id))
            .set("name", &after.name)?
            .set("surcharge", after.surcharge)?
            .set("leadTimeDays", after.lead_time_days)?
            .set("active", after.active)?
            .add("version", 1)?
            .when("version", "=", before.version)?;
        let update = materials::with_stock(update, stock, before.stock)?;
        let writes = vec![update, audit::record(operation, Action::MaterialChanged, &before.id.to_string())?];
        let Err(refused) = self.table.transact(writes).await? else {
            let (stock, version) = (stock.of(before.stock), before.version.saturating_add(1));
            return Ok(Ok(SharedMaterial { stock, version, ..after.clone() }));
        };
        let now: Option<SharedMaterial> = refused.found.map(row::value).transpose()?;
        Ok(Err(stock.refusal(now.is_some_and(|now| now.version == before.version))))
    }
}

/// Demands that the shared materials that a product newly names are there to be chosen.
pub(super) fn chosen(scope: TenantScope, before: &[MaterialId], after: &Product) -> Result<Vec<(Part, Write)>> {
    let new = after.shared_materials.iter().filter(|material| !before.contains(material));
    new.map(|material| {
        let check = Write::check(key::shared_material(scope, *material)).when("active", "=", true)?;
        Ok((Part::Material(*material), check))
    })
    .collect()
}
