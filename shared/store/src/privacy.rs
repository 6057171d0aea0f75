//! Erasing a person: what makes their data unreadable at once, and what is cleared away afterwards.

use domain::clock::Timestamp;
use domain::event::Event;
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::pii::{BlindIndex, Sealed};
use domain::tenant::TenantScope;
use domain::user::{User, UserStatus};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::key::{self, Index, Key};
use crate::mfa::SecondFactor;
use crate::row::{Attributes, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, outbox, owners, sessions};

/// How an erasure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Nothing of the person can be read any more.
    Done,
    /// The person is the last owner: somebody else must become one first.
    LastOwner,
    /// The account changed since it was read, or the code was used meanwhile: read it again.
    Changed,
}

/// How long the clearing away waits, so that the indexes it goes by know everything that was written before.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

/// A person whose leftovers are to be cleared away.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leftovers {
    user: UserId,
    erased_at: Timestamp,
}

impl Store {
    /// Erases a person as read: destroys their part of the key, with which everything sealed for them is lost, takes e-mail
    /// and phone number out of the indexes, closes the account for good and ends all sessions. Orders, invoices and
    /// the audit trail stay, and know the person by an id only.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn erase_user(
        &self,
        operation: &Operation,
        user: &User,
        factor: Option<&SecondFactor>,
    ) -> Result<Erasure> {
        let (scope, now) = (operation.scope, operation.now);
        let after = User { status: UserStatus::Deleted, ..user.clone() };
        let nothing = Sealed::from_text(String::new());
        let mut account = sessions::end_all(Write::update(key::user(scope, user.id)), now)?
            .set("status", UserStatus::Deleted)?
            .set("email", &nothing)?
            .set("emailIndex", BlindIndex::from_text(String::new()))?
            .set("firstName", &nothing)?
            .set("lastName", &nothing)?
            .set("addressBook", domain::address::AddressBook::default())?
            .set("updatedAt", now)?
            .add("version", 1)?
            .unindex(Index::First)
            .when("version", "=", user.version)?
            .when("emailIndex", "=", &user.email_index)?
            .when_present("keyPart");
        for gone in ["keyPart", "phone", "phoneIndex", "username", "kycData", "mfa"] {
            account = account.remove(gone);
        }
        if let Some(factor) = factor {
            account = factor.use_up(account)?;
        }
        let leftovers =
            Row::new(key::erasure(scope, user.id), "Erasure", &Leftovers { user: user.id, erased_at: now })?;
        let mut writes = vec![
            account,
            Write::delete(key::login(scope, &user.email_index)).when("user", "=", user.id)?,
            Write::create(leftovers.indexed(key::erasure_due(scope, user.id, now.plus(PAUSE)))),
            outbox::publish(scope, &operation.envelope(Event::UserDeleted { user: user.id }))?,
            audit::record(operation, Action::UserErased, &user.id.to_string())?,
        ];
        let known = writes.len();
        writes.extend(owners::recount(scope, Some(user), Some(&after))?);
        Ok(match self.table.transact(writes).await? {
            Ok(()) => Erasure::Done,
            Err(refused) if refused.index >= known => Erasure::LastOwner,
            Err(_) => Erasure::Changed,
        })
    }

    /// Clears away what is left of an erased person: addresses, cart, rights, tokens, sessions, identities. It can't be
    /// read any more, except for what sessions know of devices. Doing it twice is doing it once.
    ///
    /// # Errors
    /// When the table can't be read or written; what is left then is cleared by the next run.
    pub async fn clear_leftovers(&self, scope: TenantScope, user: UserId) -> Result<()> {
        let own = key::user(scope, user);
        let mut from = None;
        loop {
            let query = self.table.query(own.pk.clone()).consistency(Consistency::Strong).limit(100).from(from);
            let page = query.rows().await?;
            self.delete_all(page.items, |key| *key != own).await?;
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        for list in [key::sessions_of_list(scope, user), key::identities_of_list(scope, user)] {
            let mut from = None;
            loop {
                let page = self.table.query(list.clone()).index(Index::First).limit(100).from(from).rows().await?;
                self.delete_all(page.items, |_| true).await?;
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn delete_all(&self, items: Vec<Attributes>, goes: impl Fn(&Key) -> bool) -> Result<()> {
        for key in items.iter().filter_map(Key::of).filter(|key| goes(key)) {
            // Without a condition: what it may meanwhile have become belongs to nobody either.
            let _ = self.table.write(Write::delete(key)).await?;
        }
        Ok(())
    }

    /// Notes that nothing is left of an erased person.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn finish_erasure(&self, scope: TenantScope, user: UserId) -> Result<()> {
        self.table.write(Write::delete(key::erasure(scope, user))).await?.or(Ok(()))
    }
}
