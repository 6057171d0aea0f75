//! The profiles of those who sell.

use domain::catalog::Seller;
use domain::id::SellerId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Opens a seller's profile.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one of that id.
    pub async fn create_seller(&self, operation: &Operation, seller: &Seller) -> Result<()> {
        let row = Row::new(key::seller(operation.scope, seller.id), "Seller", seller)?;
        let audit = audit::record(operation, Action::SellerOpened, &seller.id.to_string())?;
        self.table.transact(vec![Write::create(row), audit]).await?.map_err(|_| Error::Conflict)
    }

    /// Reads a seller's profile.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn seller(
        &self,
        scope: TenantScope,
        seller: SellerId,
        consistency: Consistency,
    ) -> Result<Option<Seller>> {
        self.table.get(key::seller(scope, seller), consistency).await
    }
}
