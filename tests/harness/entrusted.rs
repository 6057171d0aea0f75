//! Providers beside Razorpay, set up as a tenant's owner does: with the provider first, then through the API.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use axum::http::{Method, StatusCode};
use domain::access::Role;
use platform::config::Env;
use serde_json::{Value, json};

use crate::shop::{PASSWORD, Shop, Shopper};
use crate::{stripe, vnpay};

/// A shop whose owner has set up VNPay, Stripe and transfers.
pub struct Entrusted {
    /// The owner.
    pub owner: Shopper,
    /// VNPay's stand-in.
    pub vnpay: vnpay::Remote,
    /// Stripe's stand-in.
    pub stripe: stripe::Remote,
}

impl Shop {
    /// Lets the owner set up VNPay, whose refunds are done at once, Stripe, whose refunds take their time, and transfers.
    pub async fn entrust(&self) -> Entrusted {
        let url = Env::process().text("HAAT_TEST_STANDIN_URL").expect("the address of the stand-ins: run `make test`");
        let tenant = self.tenant.id().to_string();
        let member = self.tenant.member_with_password(&[Role::Owner], PASSWORD).await;
        let owner = Shopper::log_in(&self.api, &member).await;
        let (vnpay, stripe) = (vnpay::Remote::at(&url), stripe::Remote::at(&url));

        let tmn_code: String = tenant.chars().rev().take(8).collect();
        let hash_secret = format!("hash-secret-{tenant}");
        let body = json!({"publicKey": tmn_code, "webhookSecret": hash_secret});
        let (of_tenant, refunds) = (Some(tenant.clone()), Some("00".to_owned()));
        let terminal = vnpay::Terminal { tmn_code, hash_secret, ipn_url: None, tenant: of_tenant.clone(), refunds };
        vnpay.register(&terminal).await.expect("the stand-in takes the terminal");
        self.set_up(&owner, "vnpay", body).await;

        let (secret_key, webhook_secret) = (format!("sk_test_{tenant}"), format!("whsec_{tenant}"));
        let body = json!({
            "publicKey": format!("pk_test_{tenant}"), "secretKey": secret_key, "accountId": format!("acct_{tenant}"),
            "webhookSecret": webhook_secret,
        });
        let refunds = Some("pending".to_owned());
        let account = stripe::Account { secret_key, webhook_secret, webhook_url: None, tenant: of_tenant, refunds };
        stripe.register(&account).await.expect("the stand-in takes the account");
        self.set_up(&owner, "stripe", body).await;
        self.set_up(&owner, "manual", json!({"instructions": "State Bank, account 0012345678"})).await;
        Entrusted { owner, vnpay, stripe }
    }

    async fn set_up(&self, owner: &Shopper, provider: &str, body: Value) {
        let request = self.api.request(Method::PUT, &format!("/admin/payment-providers/{provider}"));
        request.bearer(&owner.token).json(body).send().await.data(StatusCode::OK);
    }
}
