//! Who may see and change which product.

use domain::access::Permission;
use domain::catalog::{Product, ProductStatus};
use web::{Caller, Code, Problem};

/// Tells whether the caller may change the product and see it as a draft.
pub fn is_editor(caller: &Caller, product: &Product) -> bool {
    caller.may(Permission::ManageProducts) || (caller.may(Permission::EditProducts) && caller.sells_as(product.seller))
}

/// Refuses unless the caller may change the product, and the product can still be changed.
///
/// A stranger's draft is not there for the caller (404); a stranger's product on sale is there, but not to be
/// changed (403).
///
/// # Errors
/// With 403, 404, or 409 when the product is archived.
pub fn require_editor(caller: &Caller, product: &Product) -> Result<(), Problem> {
    caller.require(Permission::EditProducts)?;
    if !is_editor(caller, product) {
        let code = if product.is_active() { Code::Forbidden } else { Code::NotFound };
        return Err(Problem::new(code));
    }
    if product.status == ProductStatus::Archived {
        return Err(Problem::new(Code::InvalidTransition).message("An archived product can't be changed"));
    }
    Ok(())
}
