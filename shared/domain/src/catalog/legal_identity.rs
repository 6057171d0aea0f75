//! Who a seller is before the law, as it stands on what the seller issues.

use serde::{Deserialize, Serialize};

/// The name, the address and the tax number of somebody who issues invoices. Of a person who trades under their own name these
/// are personal data, so wherever it is stored it is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegalIdentity {
    /// The name in the register of companies, or the person's own.
    pub legal_name: String,
    /// The tax registration number (GSTIN, MST, VAT id).
    pub tax_id: Option<String>,
    /// The address, one line per entry.
    pub address: Vec<String>,
}

impl LegalIdentity {
    /// The name of the field under which it is sealed in a seller's profile.
    pub const FIELD: &'static str = "legalIdentity";
}

impl std::fmt::Debug for LegalIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LegalIdentity")
    }
}
