//! The demo tenant itself.

use std::collections::BTreeMap;

use domain::money::{Currency, Money};
use domain::pii::Purpose;
use domain::pricing::{ShippingSettings, TaxSettings};
use domain::tenant::{RateLimits, Subdomain, TaxMode, Tenant, TenantScope, TenantSettings, TenantStatus};
use store::table::Consistency;

use super::Seeding;
use crate::Failure;

/// The subdomain of the demo.
pub const SUBDOMAIN: &str = "demo";

/// Finds the tenant or opens it.
pub async fn open(seeding: &Seeding<'_>) -> Result<Tenant, Failure> {
    let subdomain: Subdomain = SUBDOMAIN.parse()?;
    if let Some(id) = seeding.store.tenant_of_host(&subdomain).await? {
        let tenant = seeding.store.tenant(TenantScope::assume(id), Consistency::Strong).await?;
        return tenant.ok_or_else(|| "the host name demo names a tenant that is not there".into());
    }
    let id = seeding.ambient.id();
    let tenant = Tenant {
        id,
        name: "Haat Demo Prints".to_owned(),
        subdomain,
        status: TenantStatus::Active,
        kind: domain::tenant::TenantKind::Marketplace,
        legal_name: "Haat Demo Prints Private Limited".to_owned(),
        legal_address: vec![
            "4th Floor, 21 Residency Road".to_owned(),
            "Bengaluru 560025".to_owned(),
            "India".to_owned(),
        ],
        tax_id: Some("29AABCH1234D1Z5".to_owned()),
        invoice_prefix: "HAAT".to_owned(),
        sponsor: None,
        rep: None,
        bcc_audit_email: None,
        settings: TenantSettings {
            cors_origins: vec!["http://localhost:3000".to_owned()],
            tax: TaxSettings::flat(1800, TaxMode::Exclusive),
            shipping: ShippingSettings::flat(Money::new(9_900, Currency::Inr)),
            google_client_ids: vec!["haat-demo".to_owned()],
            microsoft_client_ids: vec!["haat-demo".to_owned()],
            // All who play with the demo, and the benchmark's shoppers, come from one address.
            limits: RateLimits {
                auth_writes: 60_000,
                refreshes: 6_000,
                payment_writes: 6_000,
                anonymous_reads: 60_000,
                anonymous_writes: 60_000,
                user_requests: 6_000,
                ..RateLimits::default()
            },
            ..TenantSettings::initial(Currency::Inr, "Asia/Kolkata", "en")
        },
        keys: seeding.vault.new_keys(id, &Purpose::OF_A_TENANT).await?,
        providers: BTreeMap::new(),
        created_at: seeding.ambient.now(),
        version: 1,
    };
    seeding.store.create_tenant(&tenant).await?;
    Ok(tenant)
}
