//! How many people a tenant has of whom it must keep one: its owners, on the platform its superusers.
//!
//! The number is an item of its own, changed in the transaction that makes or unmakes one of them. So of two who step
//! down at the same moment one stays: the transactions meet at the item, and the second finds the number at one.

use domain::tenant::TenantScope;
use domain::user::User;

use crate::error::Result;
use crate::key;
use crate::write::Write;

/// Counts one more.
fn join(scope: TenantScope) -> Result<Write> {
    Write::upsert(key::owners(scope)).add("count", 1)
}

/// Counts one less; fails when that would leave none.
fn leave(scope: TenantScope) -> Result<Write> {
    Write::update(key::owners(scope)).add("count", -1)?.when("count", ">", 1)
}

/// Counts somebody who becomes or stops being an owner by a change; nothing when the change leaves that as it is.
///
/// Put it into the transaction of the change. Its condition fails when the last owner would go.
pub(crate) fn recount(scope: TenantScope, before: Option<&User>, after: Option<&User>) -> Result<Option<Write>> {
    let is_head = |user: Option<&User>| user.is_some_and(User::is_head);
    match (is_head(before), is_head(after)) {
        (false, true) => join(scope).map(Some),
        (true, false) => leave(scope).map(Some),
        _ => Ok(None),
    }
}
