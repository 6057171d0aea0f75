//! Providers beside Razorpay, each at the shop's stand-in.

use std::sync::Arc;

use domain::money::{Currency, Money};
use domain::pricing::ShippingSettings;
use harness::stripe::Account;
use harness::vnpay::Terminal;
use payments::{Credentials, Secret, manual, stripe, vnpay};
use serde_json::{Value, json};
use store::table::Consistency;

use super::{Buyer, Shop};
use harness::client::TestAnswer;

/// What the shop's terminal at VNPay signs with.
pub(crate) const HASH_SECRET: &str = "hash-secret";

impl Shop {
    /// Opens a shop that trades in `currency`, and is paid through VNPay, through Stripe and by transfer too.
    pub(crate) async fn with_all_providers(currency: Currency) -> Self {
        let mut shop = Self::open_with(|tenant| {
            tenant.settings.currency = currency;
            tenant.settings.shipping = ShippingSettings::flat(Money::new(9_900, currency));
        })
        .await;
        let id = shop.tenant.id();
        let code: String = id.to_string().chars().rev().take(8).collect();
        let (tmn_code, hash_secret) = (code, HASH_SECRET.to_owned());
        let terminal = Terminal { tmn_code, hash_secret, ipn_url: None, tenant: None, refunds: None };
        shop.stand_in.vnpay().register(&terminal).await.unwrap();
        let own = vnpay::Credentials::new(terminal.tmn_code, vec![Secret::new(HASH_SECRET)]).unwrap();
        shop.entrust(&Credentials::Vnpay(own)).await;

        let (secret_key, webhook_secret) = (format!("sk_test_{id}"), "whsec_1".to_owned());
        let account = Account { secret_key, webhook_secret, webhook_url: None, tenant: None, refunds: None };
        shop.stand_in.stripe().register(&account).await.unwrap();
        let (key, secrets) = (Secret::new(account.secret_key), vec![Secret::new("whsec_1")]);
        let own = stripe::Credentials::new("pk_test_1", key, "acct_1", secrets).unwrap();
        shop.entrust(&Credentials::Stripe(own)).await;

        let own = manual::Credentials::new("State Bank, account 0012345678").unwrap();
        shop.entrust(&Credentials::Manual(own)).await;
        shop
    }

    async fn entrust(&mut self, credentials: &Credentials) {
        let (stack, name) = (&self.tenant.stack, credentials.provider().as_str());
        let mut record = stack.store().tenant(self.tenant.scope(), Consistency::Strong).await.unwrap().unwrap();
        let sealed = stack.vault().seal_credentials(&record, name, credentials).await.unwrap();
        record.providers.insert(name.to_owned(), sealed);
        stack.store().update_tenant(&record).await.unwrap();
        self.tenant.tenant = Arc::new(record);
    }
}

impl Buyer {
    /// Asks to pay a checkout through a provider.
    pub(crate) async fn pay_through(&self, provider: &str, group: &Value, key: &str) -> TestAnswer {
        let body = json!({"orderGroupId": group["id"], "provider": provider});
        self.post("/payments/initiate", Some(key), body).await
    }
}
