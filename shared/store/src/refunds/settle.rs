//! What a provider made of a refund: everything that it changes is read at once and written at once.

use domain::operation::Operation;
use domain::order::Order;
use domain::payment::Payment;
use domain::refund::{Refund, RefundBook, RefundPath, RefundStatus};
use domain::tenant::TenantScope;

use super::{RefundOutcome, TRIES, effect};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::settlements::Message;
use crate::table::{Consistency, Found};
use crate::{Store, chance, key};

/// A refund with all that it changes, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundCase {
    pub(super) refund: Refund,
    pub(super) book: RefundBook,
    pub(super) payment: Payment,
    pub(super) order: Option<Order>,
}

impl RefundCase {
    /// Returns the refund.
    pub fn refund(&self) -> &Refund {
        &self.refund
    }
}

/// What was found about a message that tells of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUpRefund {
    /// Whether this very message was received before: answer 2xx and do nothing.
    pub seen: bool,
    /// The refund; none when it is none of ours.
    pub case: Option<RefundCase>,
}

/// What a provider's word did to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSettled {
    /// The refund became that, and all that follows from it was written.
    Applied,
    /// Nothing: it is as far, or the message was received before.
    Duplicate,
    /// Nothing: it ended otherwise before, as this.
    Contradicted(RefundStatus),
}

/// The keys of all that a refund changes.
struct CaseKeys {
    refund: Key,
    book: Key,
    payment: Key,
    order: Option<Key>,
}

impl CaseKeys {
    fn of(scope: TenantScope, path: &RefundPath) -> Self {
        Self {
            refund: key::refund(scope, path.payment, path.refund),
            book: key::refund_book(scope, path.payment),
            payment: key::payment(scope, path.group, path.payment),
            order: path.order.map(|order| key::order(scope, order)),
        }
    }

    fn all(&self) -> impl Iterator<Item = Key> {
        [&self.refund, &self.book, &self.payment].into_iter().chain(&self.order).cloned()
    }

    /// Puts together what was read; none when a part of it is missing, or the path leads to parts of different refunds.
    fn case(&self, path: &RefundPath, found: &mut Found) -> Result<Option<RefundCase>> {
        let refund: Option<Refund> = found.take(&self.refund)?;
        let (book, payment) = (found.take(&self.book)?, found.take(&self.payment)?);
        let order: Option<Order> = self.order.as_ref().map(|key| found.take(key)).transpose()?.flatten();
        let (Some(refund), Some(book), Some(payment)) = (refund, book, payment) else { return Ok(None) };
        let whole = refund.path() == *path && order.is_some() == path.order.is_some();
        Ok(whole.then_some(RefundCase { refund, book, payment, order }))
    }
}

impl Store {
    /// Reads whether a message about a refund was received before, and all that the refund changes, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn look_up_refund(
        &self,
        scope: TenantScope,
        message: &Message,
        path: &RefundPath,
    ) -> Result<LookedUpRefund> {
        let (seen, keys) = (message.key(scope), CaseKeys::of(scope, path));
        let mut found = self.table.get_many(keys.all().chain([seen.clone()]), Consistency::Strong).await?;
        Ok(LookedUpRefund { seen: found.has(&seen), case: keys.case(path, &mut found)? })
    }

    /// Books what a message says that a provider made of a refund, together with the message, once: payment, order, stock,
    /// rights to files, and what is told of it. The caller has checked the message against the refund.
    ///
    /// # Errors
    /// When the table can't be written: the provider must send the message again.
    pub async fn settle_told_refund(
        &self,
        operation: &Operation,
        message: &Message,
        case: RefundCase,
        outcome: &RefundOutcome,
    ) -> Result<RefundSettled> {
        let path = case.refund.path();
        self.settle_case(operation, &path, Some((message, case)), outcome).await
    }

    /// Books what a provider made of a refund, once, as [`Self::settle_told_refund`]. Answers false when it was settled
    /// before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such refund; otherwise when the table can't be written.
    pub async fn settle_refund(&self, operation: &Operation, refund: &Refund, outcome: &RefundOutcome) -> Result<bool> {
        let settled = self.settle_case(operation, &refund.path(), None, outcome).await?;
        Ok(settled == RefundSettled::Applied)
    }

    async fn settle_case(
        &self,
        operation: &Operation,
        path: &RefundPath,
        told: Option<(&Message, RefundCase)>,
        outcome: &RefundOutcome,
    ) -> Result<RefundSettled> {
        let (message, mut known) = told.map_or((None, None), |(message, case)| (Some(message), Some(case)));
        let keys = CaseKeys::of(operation.scope, path);
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let case = match known.take() {
                Some(case) => case,
                None => {
                    let mut found = self.table.get_many(keys.all(), Consistency::Strong).await?;
                    keys.case(path, &mut found)?.ok_or(Error::NotFound)?
                }
            };
            if case.refund.status.advance(outcome.status()).is_err() {
                return self.settled_before(operation, message, case.refund.status, outcome).await;
            }
            let received = message.map(|message| message.received(operation)).transpose()?;
            let mut effect = effect::of(operation, &case, outcome)?;
            loop {
                let writes = received.iter().cloned().chain(effect.writes(operation.scope)?).collect();
                let Err(refused) = self.table.transact(writes).await? else {
                    return Ok(RefundSettled::Applied);
                };
                match refused.index.checked_sub(received.iter().count()) {
                    None => return Ok(RefundSettled::Duplicate),
                    Some(index) if effect.without(index) => {}
                    // Somebody changed what was read: read again.
                    Some(_) => break,
                }
            }
        }
        Err(Error::Busy("too many changes of one refund at once".into()))
    }

    /// Remembers a message that tells what is known. One that says otherwise than the books is for the caller to set aside.
    async fn settled_before(
        &self,
        operation: &Operation,
        message: Option<&Message>,
        status: RefundStatus,
        outcome: &RefundOutcome,
    ) -> Result<RefundSettled> {
        // A provider that works on a refund which ended has only not caught up.
        if status != outcome.status() && outcome.status() != RefundStatus::Processing {
            return Ok(RefundSettled::Contradicted(status));
        }
        if let Some(message) = message {
            self.remember_duplicate(operation, message).await?;
        }
        Ok(RefundSettled::Duplicate)
    }
}
