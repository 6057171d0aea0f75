//! Imports and exports of many products.

use domain::id::{ExportId, ImportId, UserId};
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, of};

/// Reads an import: what was asked, and how far it has come.
pub(crate) fn import(scope: TenantScope, import: ImportId) -> Key {
    Key::alone(of(scope, &format!("IMP#{import}")))
}

/// Lists a person's imports.
pub(crate) fn imports_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#IMP"))
}

/// Orders an import among its person's by time.
pub(crate) fn imports(scope: TenantScope, user: UserId, import: ImportId) -> IndexKey {
    IndexKey { index: Index::First, pk: imports_list(scope, user), sk: import.to_string() }
}

/// Lists a person's exports.
pub(crate) fn exports_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#EXP"))
}

/// Orders an export among its person's by time.
pub(crate) fn exports(scope: TenantScope, user: UserId, export: ExportId) -> IndexKey {
    IndexKey { index: Index::First, pk: exports_list(scope, user), sk: export.to_string() }
}

/// Reads an export: what was asked, and how far it has come.
pub(crate) fn export(scope: TenantScope, export: ExportId) -> Key {
    Key::alone(of(scope, &format!("EXP#{export}")))
}
