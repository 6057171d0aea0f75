//! A tenant with checkouts to be paid and the function in process, for providers whose messages the tests write themselves.

use std::sync::Arc;

use domain::access::Role;
use domain::event::{Envelope, Event};
use domain::money::{Currency, Money};
use domain::order::OrderGroup;
use domain::payment::{Payment, PaymentStatus};
use domain::pricing::ShippingSettings;
use harness::client::TestClient;
use harness::stack::{Stack, TestTenant};
use payments::Credentials;

pub(crate) struct Till {
    pub(crate) tenant: TestTenant,
    pub(crate) client: TestClient,
    provider: &'static str,
}

impl Till {
    /// Opens a tenant that trades in `currency` and has set up one provider.
    pub(crate) async fn open(currency: Currency, credentials: &Credentials) -> Self {
        Self::open_on(&Stack::connect().await, currency, credentials).await
    }

    /// Opens it on a stack that several tills share.
    pub(crate) async fn open_on(stack: &Stack, currency: Currency, credentials: &Credentials) -> Self {
        let mut tenant = stack
            .tenant_with(|tenant| {
                tenant.settings.currency = currency;
                tenant.settings.shipping = ShippingSettings::flat(Money::new(9_900, currency));
            })
            .await;
        let provider = credentials.provider().as_str();
        let sealed = stack.vault().seal_credentials(&tenant.tenant, provider, credentials).await.unwrap();
        let mut record = (*tenant.tenant).clone();
        record.providers.insert(provider.to_owned(), sealed);
        stack.store().update_tenant(&record).await.unwrap();
        tenant.tenant = Arc::new(record);
        let client = tenant.client(crate::router(crate::State::new(stack.edge())));
        Self { tenant, client, provider }
    }

    /// Returns the provider's name.
    pub(crate) fn provider(&self) -> &'static str {
        self.provider
    }

    /// Places a checkout and opens a payment for it, which the provider knows as `reference`.
    pub(crate) async fn sell(&self, reference: impl FnOnce(&Payment) -> String) -> Payment {
        let buyer = self.tenant.member(&[Role::Customer]).await;
        let placed = self.tenant.sale(buyer.user.id, &["Vase"]).await;
        let operation = self.tenant.operation();
        let mut payment = Payment {
            id: operation.id(),
            group: placed.group.id,
            user: buyer.user.id,
            provider: self.provider.to_owned(),
            reference: String::new(),
            charge: None,
            amount: placed.group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        payment.reference = reference(&payment);
        self.tenant.stack.store().open_payment(&operation, &placed.group, &payment).await.unwrap();
        payment
    }

    /// Reads the checkout and the payment as they are now.
    pub(crate) async fn books(&self, payment: &Payment) -> (OrderGroup, Payment) {
        let read =
            self.tenant.stack.store().order_group_with_payments(self.tenant.scope(), payment.group).await.unwrap();
        let (group, payments) = read.unwrap();
        (group, payments.into_iter().find(|found| found.id == payment.id).unwrap())
    }

    /// Counts what was told to others about paid checkouts.
    pub(crate) async fn told_paid(&self) -> usize {
        let stored = self.tenant.stored("EVT#").await.into_iter();
        let events = stored.map(|item| serde_json::from_value::<Envelope>(item).unwrap().event);
        events.filter(|event| matches!(event, Event::OrderGroupPaid { .. })).count()
    }

    /// Counts the messages that are remembered.
    pub(crate) async fn remembered(&self) -> usize {
        self.tenant.stored("WHE#").await.len()
    }
}
