//! Files.

use domain::id::{AccessId, FileId};
use domain::tenant::TenantScope;

use super::{Key, of};

fn file_partition(scope: TenantScope, file: FileId) -> String {
    of(scope, &format!("FIL#{file}"))
}

/// Reads a file's record.
pub(crate) fn file(scope: TenantScope, file: FileId) -> Key {
    Key::alone(file_partition(scope, file))
}

/// Logs one access to a file beside the file.
pub(crate) fn file_access(scope: TenantScope, file: FileId, access: AccessId) -> Key {
    Key::new(file_partition(scope, file), format!("{FILE_ACCESSES}{access}"))
}

/// The common start of the accesses within a file's partition.
pub(crate) const FILE_ACCESSES: &str = "ACC#";
