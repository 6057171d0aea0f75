//! Parcels, one by one and in lists.

use domain::carrier::TrackingNumber;
use domain::id::{CarrierId, SellerId, ShipmentId};
use domain::shipment::{Shipment, ShipmentStatus};
use domain::tenant::TenantScope;

use super::Tracking;
use crate::error::Result;
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::table::Consistency;
use crate::{Store, row};

impl Store {
    /// Reads a shipment.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shipment(&self, scope: TenantScope, shipment: ShipmentId) -> Result<Option<Shipment>> {
        self.table.get(key::shipment(scope, shipment), Consistency::Strong).await
    }

    /// Finds a shipment by what its carrier calls it.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn tracked_shipment(&self, scope: TenantScope, number: &TrackingNumber) -> Result<Option<Shipment>> {
        let tracking: Option<Tracking> = self.table.get(key::tracking(scope, number), Consistency::Eventual).await?;
        let Some(Tracking { shipment }) = tracking else { return Ok(None) };
        self.table.get(key::shipment(scope, shipment), Consistency::Eventual).await
    }

    /// Lists a carrier's shipments, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shipments_by(
        &self,
        scope: TenantScope,
        carrier: CarrierId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Shipment>> {
        let index = key::shipments_by_list(scope, carrier);
        self.table.query(index).index(Index::First).newest_first().limit(limit).from(from).page().await
    }

    /// Lists a seller's shipments, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shipments_of(
        &self,
        scope: TenantScope,
        seller: SellerId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Shipment>> {
        let index = key::shipments_of_list(scope, seller);
        self.table.query(index).index(Index::Second).newest_first().limit(limit).from(from).page().await
    }

    /// Lists a tenant's shipments, newest first: all, or those that have come so far and no further. The index may miss what
    /// happened in the last moments.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn shipments(
        &self,
        scope: TenantScope,
        status: Option<ShipmentStatus>,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Shipment>> {
        let list = match status {
            Some(status) => self.table.query(key::trackings_in_list(scope, status)).index(Index::Second),
            None => self.table.query(key::trackings_list(scope)).index(Index::First),
        };
        let page = list.newest_first().limit(limit).from(from).rows().await?;
        let found = page.items.into_iter().map(row::value::<Tracking>).collect::<Result<Vec<_>>>()?;
        let keys: Vec<_> = found.iter().map(|tracking| key::shipment(scope, tracking.shipment)).collect();
        let mut shipments = self.table.get_many(keys.clone(), Consistency::Eventual).await?;
        let items = keys.iter().filter_map(|key| shipments.take(key).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(Page { items, next: page.next })
    }
}
