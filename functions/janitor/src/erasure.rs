//! Clears away what erased people left behind. Nobody can read it any more; it should not lie around either.

use domain::ambient::Ambient;
use domain::catalog::{Product, ProductStatus, Seller, SellerStatus};
use domain::id::UserId;
use domain::operation::{Actor, Operation};
use store::Store;
use store::table::Consistency;
use worker::JobError;

/// How many of a seller's products are read at once.
const PRODUCTS: u32 = 50;

/// Clears away after those who were erased a minute ago or earlier. Each is done again until it was done whole.
///
/// # Errors
/// When something is out of reach; the others are cleared all the same.
pub async fn clear_away(store: &Store, ambient: &Ambient, request_id: &str) -> Result<(), JobError> {
    let mut failure = None;
    for due in store.due_erasures(ambient.now()).await? {
        let actor = Actor::System { name: "janitor".to_owned() };
        let operation = Operation::begin(due.scope, actor, request_id.to_owned(), None, ambient);
        if let Err(error) = clear(store, &operation, due.user).await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(tenant.id = %due.scope.tenant(), user.id = %due.user, error = cause, "leftovers stay");
            failure = Some(error);
        }
    }
    failure.map_or(Ok(()), Err)
}

async fn clear(store: &Store, operation: &Operation, user: UserId) -> Result<(), JobError> {
    archive_products(store, operation, user).await?;
    close_profile(store, operation, user).await?;
    store.clear_leftovers(operation.scope, user).await?;
    Ok(store.finish_erasure(operation.scope, user).await?)
}

/// Takes the person's products out of the shop.
async fn archive_products(store: &Store, operation: &Operation, user: UserId) -> Result<(), JobError> {
    let mut from = None;
    loop {
        let page = store.products_of(operation.scope, Seller::id_of(user), PRODUCTS, from).await?;
        for product in page.items.into_iter().filter(|product| product.status != ProductStatus::Archived) {
            let after = Product { status: ProductStatus::Archived, ..product.clone() };
            // Somebody else changed it: the next run sees it as it is then.
            let archived = store.update_product(operation, &product, &after).await?;
            archived.map_err(|_| JobError::retry("a product was changed meanwhile"))?;
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

/// Blanks the profile under which the person sold.
async fn close_profile(store: &Store, operation: &Operation, user: UserId) -> Result<(), JobError> {
    let found = store.seller(operation.scope, Seller::id_of(user), Consistency::Strong).await?;
    let Some(seller) = found.filter(|seller| seller.status != SellerStatus::Closed) else { return Ok(()) };
    let closed = store.close_seller(operation, &seller).await?;
    closed.map_err(|_| JobError::retry("the profile was changed meanwhile"))
}
