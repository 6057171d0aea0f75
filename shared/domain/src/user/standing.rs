//! What those who run a tenant decide about a person: what they are, whether they may come in, whether their papers are good.

use super::{KycStatus, User, UserStatus};
use crate::access::Role;
use crate::catalog::Seller;
use crate::clock::Timestamp;
use crate::id::{CarrierId, UserId};
use crate::transition::InvalidTransition;

impl User {
    /// Gives the person these roles instead of those they have. Who becomes a seller gets the id of a profile, and keeps
    /// it when they stop: their products go on naming it. Who stops carrying works for no carrier any more.
    #[must_use]
    pub fn with_roles(self, roles: Vec<Role>) -> Self {
        let seller = self.seller.or_else(|| roles.contains(&Role::Seller).then(|| Seller::id_of(self.id)));
        let carrier = self.carrier.filter(|_| roles.contains(&Role::Carrier));
        Self { roles, seller, carrier, ..self }
    }

    /// Lets the person work for a carrier, or for none. Only somebody who has the role of carriers can.
    #[must_use]
    pub fn with_carrier(self, carrier: Option<CarrierId>) -> Option<Self> {
        let may = carrier.is_none() || self.roles.contains(&Role::Carrier);
        may.then_some(Self { carrier, ..self })
    }

    /// Closes the account for the time being, and ends every session for good.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn suspended(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        let next = self.moved(&[UserStatus::Pending, UserStatus::Active], UserStatus::Suspended)?;
        Ok(Self { sessions_from: Some(now), session_kept: None, ..next })
    }

    /// Opens a closed account again.
    ///
    /// # Errors
    /// When it is not closed, or closed for good.
    pub fn restored(self) -> Result<Self, InvalidTransition> {
        self.moved(&[UserStatus::Suspended], UserStatus::Active)
    }

    /// Says who changed the person, and when; the store counts the version up.
    #[must_use]
    pub fn changed_by(self, by: Option<UserId>, now: Timestamp) -> Self {
        Self { updated_by: by.unwrap_or(self.updated_by), updated_at: now, ..self }
    }

    fn moved(self, from: &[UserStatus], to: UserStatus) -> Result<Self, InvalidTransition> {
        if from.contains(&self.status) {
            Ok(Self { status: to, ..self })
        } else {
            Err(InvalidTransition { from: self.status.as_str(), to: to.as_str() })
        }
    }
}

impl KycStatus {
    /// Returns the name as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Pending => "PENDING",
            Self::Verified => "VERIFIED",
            Self::Rejected => "REJECTED",
        }
    }

    /// Moves on when documents are handed in: as often as needed, until they were found good.
    ///
    /// # Errors
    /// When they were.
    pub fn submitted(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::None | Self::Pending | Self::Rejected => Ok(Self::Pending),
            Self::Verified => Err(InvalidTransition { from: self.as_str(), to: Self::Pending.as_str() }),
        }
    }

    /// Moves on when somebody has looked at the documents.
    ///
    /// # Errors
    /// When none wait.
    pub fn reviewed(self, good: bool) -> Result<Self, InvalidTransition> {
        let next = if good { Self::Verified } else { Self::Rejected };
        match self {
            Self::Pending => Ok(next),
            Self::None | Self::Verified | Self::Rejected => {
                Err(InvalidTransition { from: self.as_str(), to: next.as_str() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [KycStatus; 4] = [KycStatus::None, KycStatus::Pending, KycStatus::Verified, KycStatus::Rejected];

    #[test]
    fn papers_are_reviewed_once_each_time_they_are_handed_in() {
        for status in ALL {
            assert_eq!(status.submitted().is_ok(), status != KycStatus::Verified, "{status:?}");
            for good in [true, false] {
                assert_eq!(status.reviewed(good).is_ok(), status == KycStatus::Pending, "{status:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn nobody_is_verified_without_a_review_that_found_the_papers_good(steps in proptest::collection::vec(0u8..3, 0..30)) {
            let (mut status, mut found_good) = (KycStatus::None, false);
            for step in steps {
                let next = match step {
                    0 => status.submitted(),
                    1 => status.reviewed(true),
                    _ => status.reviewed(false),
                };
                found_good |= step == 1 && next.is_ok();
                status = next.unwrap_or(status);
                prop_assert_eq!(status == KycStatus::Verified, found_good);
            }
        }
    }
}
