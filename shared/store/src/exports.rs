//! Everything about one person, read together for them to take along.

use domain::address::Address;
use domain::catalog::Seller;
use domain::credit::CreditNote;
use domain::file::Entitlement;
use domain::id::UserId;
use domain::invoice::Invoice;
use domain::licence::LineLicences;
use domain::order::Order;
use domain::payment::Payment;
use domain::session::Session;
use domain::shipment::{Fulfilment, Part};
use domain::tenant::TenantScope;
use domain::user::IdentityProvider;
use futures_util::future::try_join_all;
use serde::Deserialize;

use crate::entitlements::FileAccess;
use crate::error::Result;
use crate::identities::Identity;
use crate::key::{self, Index};
use crate::order_lists::{OrderFilter, Whose};
use crate::table::Consistency;
use crate::{Store, row};

/// How many of the newest orders an export has. Their payments and invoices come along.
pub const MOST_ORDERS: usize = 500;
/// How many of the newest sessions it has.
pub const MOST_SESSIONS: u32 = 100;
/// How many orders are read at once, and then their payments: two items lie beside each, and a batch has at most 100.
const STEP: u32 = 50;

/// What there is about a person besides the account itself.
#[derive(Debug, Default)]
pub struct Everything {
    /// The address book.
    pub addresses: Vec<Address>,
    /// Sessions, newest first, ended ones among them while they are kept.
    pub sessions: Vec<Session>,
    /// Who else vouches for the person.
    pub identities: Vec<IdentityProvider>,
    /// The profile under which the person sells.
    pub seller: Option<Seller>,
    /// Orders, newest first.
    pub orders: Vec<OrderFile>,
    /// The attempts to pay those orders.
    pub payments: Vec<Payment>,
    /// Rights to files.
    pub rights: Vec<Entitlement>,
    /// The downloads of those files by the person.
    pub accesses: Vec<FileAccess>,
    /// Whether there are more orders than [`MOST_ORDERS`].
    pub has_more_orders: bool,
}

/// An order with all that is kept beside it.
#[derive(Debug)]
pub struct OrderFile {
    /// The order.
    pub order: Order,
    /// Its invoice, once it is paid.
    pub invoice: Option<Invoice>,
    /// Its parcels, oldest first.
    pub parcels: Vec<Part>,
    /// The credit notes for what was given back of it, oldest first.
    pub credit_notes: Vec<CreditNote>,
    /// The licence keys that came with it, by line.
    pub licences: Vec<LineLicences>,
}

impl Store {
    /// Reads everything about a person: one query of their own partition, their profile as a seller, one each of their sessions and identities, and for
    /// every 50 orders one query, one batch, and side by side a query for each checkout and each paid order among them, and a
    /// read for each that licence keys came with.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn everything_of(&self, scope: TenantScope, user: UserId) -> Result<Everything> {
        let (mut all, seller, sessions, identities) = tokio::try_join!(
            self.own_partition(scope, user),
            self.seller(scope, Seller::id_of(user), Consistency::Strong),
            self.sessions_of(scope, user, MOST_SESSIONS, None),
            self.table.query(key::identities_of_list(scope, user)).index(Index::First).page::<Identity>(),
        )?;
        all.seller = seller;
        all.sessions = sessions.items;
        all.identities = identities.items.into_iter().map(|identity| identity.provider).collect();
        let mut from = None;
        loop {
            let page = self.find_orders(scope, Whose::Buyer(user), &OrderFilter::default(), STEP, from).await?;
            let beside = |order: &Order| [key::invoice(scope, order.id), key::fulfilment(scope, order.id)];
            let keys: Vec<_> = page.items.iter().flat_map(beside).collect();
            let mut groups: Vec<_> = page.items.iter().map(|order| order.group).collect();
            groups.dedup();
            let payments = try_join_all(groups.into_iter().map(|group| self.order_group_with_payments(scope, group)));
            let (mut found, payments) = tokio::try_join!(self.table.get_many(keys, Consistency::Eventual), payments)?;
            all.payments.extend(payments.into_iter().flatten().flat_map(|(_, payments)| payments));
            let beside = page.items.into_iter().map(|order| self.beside(scope, order));
            for mut file in try_join_all(beside).await? {
                file.invoice = found.take(&key::invoice(scope, file.order.id))?;
                let sent: Option<Fulfilment> = found.take(&key::fulfilment(scope, file.order.id))?;
                file.parcels = sent.map(|sent| sent.parts).unwrap_or_default();
                all.orders.push(file);
            }
            from = page.next;
            if from.is_none() || all.orders.len() >= MOST_ORDERS {
                break;
            }
        }
        all.has_more_orders = from.is_some();
        all.payments.sort_by_key(|payment| payment.id);
        all.payments.dedup_by_key(|payment| payment.id);
        all.rights.retain(Entitlement::is_given);
        let logs = all.rights.iter().map(|right| self.file_accesses(scope, right.file));
        let accesses = try_join_all(logs).await?.into_iter().flatten();
        all.accesses = accesses.filter(|access| access.user == user).collect();
        Ok(all)
    }

    /// Reads what only some orders have.
    async fn beside(&self, scope: TenantScope, order: Order) -> Result<OrderFile> {
        let notes = async { if order.was_paid() { self.credit_notes(scope, order.id).await } else { Ok(Vec::new()) } };
        let (credit_notes, licences) = tokio::try_join!(notes, self.licences(scope, &order))?;
        Ok(OrderFile { order, invoice: None, parcels: Vec::new(), credit_notes, licences })
    }

    async fn own_partition(&self, scope: TenantScope, user: UserId) -> Result<Everything> {
        #[derive(Deserialize)]
        struct Kind {
            #[serde(rename = "type")]
            kind: String,
        }
        let (mut all, mut from) = (Everything::default(), None);
        loop {
            let query = self.table.query(key::user(scope, user).pk).consistency(Consistency::Strong);
            let page = query.from(from).rows().await?;
            for item in page.items {
                match row::value::<Kind>(item.clone())?.kind.as_str() {
                    "Address" => all.addresses.push(row::value(item)?),
                    "Entitlement" => all.rights.push(row::value(item)?),
                    _ => {}
                }
            }
            from = page.next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}
