//! Everything about one person, read together for them to take along.

use domain::address::Address;
use domain::file::Entitlement;
use domain::id::UserId;
use domain::invoice::Invoice;
use domain::order::Order;
use domain::payment::Payment;
use domain::session::Session;
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
/// How many orders are read at once, and then their payments.
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
    /// Orders, newest first, with their invoices.
    pub orders: Vec<(Order, Option<Invoice>)>,
    /// The attempts to pay those orders.
    pub payments: Vec<Payment>,
    /// Rights to files.
    pub rights: Vec<Entitlement>,
    /// The downloads of those files by the person.
    pub accesses: Vec<FileAccess>,
    /// Whether there are more orders than [`MOST_ORDERS`].
    pub has_more_orders: bool,
}

impl Store {
    /// Reads everything about a person: one query of their own partition, one each of their sessions and identities, and for
    /// every 50 orders one query, one batch, and one query for each checkout among them, side by side.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn everything_of(&self, scope: TenantScope, user: UserId) -> Result<Everything> {
        let (mut all, sessions, identities) = tokio::try_join!(
            self.own_partition(scope, user),
            self.sessions_of(scope, user, MOST_SESSIONS, None),
            self.table.query(key::identities_of_list(scope, user)).index(Index::First).page::<Identity>(),
        )?;
        all.sessions = sessions.items;
        all.identities = identities.items.into_iter().map(|identity| identity.provider).collect();
        let mut from = None;
        loop {
            let page = self.find_orders(scope, Whose::Buyer(user), &OrderFilter::default(), STEP, from).await?;
            let keys: Vec<_> = page.items.iter().map(|order| key::invoice(scope, order.id)).collect();
            let mut groups: Vec<_> = page.items.iter().map(|order| order.group).collect();
            groups.dedup();
            let payments = try_join_all(groups.into_iter().map(|group| self.order_group_with_payments(scope, group)));
            let (mut invoices, payments) =
                tokio::try_join!(self.table.get_many(keys, Consistency::Eventual), payments)?;
            all.payments.extend(payments.into_iter().flatten().flat_map(|(_, payments)| payments));
            for order in page.items {
                let invoice = invoices.take(&key::invoice(scope, order.id))?;
                all.orders.push((order, invoice));
            }
            from = page.next;
            if from.is_none() || all.orders.len() >= MOST_ORDERS {
                break;
            }
        }
        all.has_more_orders = from.is_some();
        all.payments.sort_by_key(|payment| payment.id);
        all.payments.dedup_by_key(|payment| payment.id);
        let logs = all.rights.iter().map(|right| self.file_accesses(scope, right.file));
        let accesses = try_join_all(logs).await?.into_iter().flatten();
        all.accesses = accesses.filter(|access| access.user == user).collect();
        Ok(all)
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
