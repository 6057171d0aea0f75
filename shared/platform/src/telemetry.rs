//! Logs.

/// Starts JSON logs on stdout, filtered by `HAAT_LOG`.
pub fn init() {
    todo!()
}
