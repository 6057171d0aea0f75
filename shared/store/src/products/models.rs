//! The 3D models of a product.

use domain::catalog::{Model, Product};
use domain::id::FileId;
use domain::operation::Operation;

use super::{ProductRefused, changed};
use crate::error::Result;
use crate::row::Row;
use crate::write::Write;
use crate::{Store, key};

impl Store {
    /// Adds a model to `product`, as it was read.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the product was changed meanwhile.
    pub async fn add_model(
        &self,
        operation: &Operation,
        product: &Product,
        model: &Model,
    ) -> Result<std::result::Result<(), ProductRefused>> {
        let mut files = product.model_files.clone();
        files.push(model.file);
        let key = key::model(operation.scope, product.id, model.id);
        let create = Write::create(Row::new(key, "Model", model)?);
        self.change_models(operation, product, &files, create).await
    }

    /// Takes a model off `product`, as it was read. Those who bought it keep their right to the file.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the product was changed meanwhile.
    pub async fn remove_model(
        &self,
        operation: &Operation,
        product: &Product,
        model: &Model,
    ) -> Result<std::result::Result<(), ProductRefused>> {
        let files: Vec<_> = product.model_files.iter().copied().filter(|file| *file != model.file).collect();
        let delete = Write::delete(key::model(operation.scope, product.id, model.id)).when_present("pk");
        self.change_models(operation, product, &files, delete).await
    }

    async fn change_models(
        &self,
        operation: &Operation,
        product: &Product,
        files: &[FileId],
        model: Write,
    ) -> Result<std::result::Result<(), ProductRefused>> {
        let update = Write::update(key::product(operation.scope, product.id))
            .set("modelFiles", files)?
            .set("updatedAt", operation.now)?
            .add("version", 1)?
            .when("version", "=", product.version)?;
        let writes = vec![update, model, changed(operation, product.id)?];
        Ok(self.table.transact(writes).await?.map_err(|_| ProductRefused::Changed))
    }
}
