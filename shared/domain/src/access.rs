//! Who may do what: roles, the permissions they carry, and what else decides: whose an object is, who sells it, who
//! stands above whom.

use serde::{Deserialize, Serialize};

use crate::id::{CarrierId, SellerId, SessionId, UserId};
use crate::tenant::{TenantKind, TenantScope};

/// What a person is inside one tenant. A person may be several things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Runs the platform and belongs to no marketplace: an account of the platform's own tenant.
    Superuser,
    /// Owns the tenant.
    Owner,
    /// Runs the tenant.
    Admin,
    /// Works for the tenant.
    Staff,
    /// Assigns work to agents.
    Coordinator,
    /// Represents properties.
    Agent,
    /// Sells products.
    Seller,
    /// Delivers shipments.
    Carrier,
    /// Buys.
    Customer,
    /// Rents property.
    Renter,
}

/// One thing a route may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Keep a cart, check out, pay, read own orders, download what was bought.
    Shop,
    /// Sell products of one's own.
    SellProducts,
    /// Change products and upload their files: sellers their own, the tenant's people every one.
    EditProducts,
    /// Change every seller's products.
    ManageProducts,
    /// Read every order of the tenant.
    ReadAllOrders,
    /// Read the tenant's settings.
    ReadSettings,
    /// Change the tenant's settings.
    ManageSettings,
    /// See the tenant's people.
    ReadUsers,
    /// Open, change, suspend and restore accounts of the tenant's people.
    ManageUsers,
    /// Decide whether somebody's documents prove who they are.
    ReviewKyc,
    /// Open, suspend and configure tenants.
    ManageTenants,
    /// Approve and suspend sellers, set their commission, pay them out.
    ManageSellers,
    /// Change categories, shared materials and coupons.
    ManageCatalog,
    /// Change the state of every order, and ship it.
    ManageOrders,
    /// Give money back, and mark payments as received.
    ManagePayments,
    /// Set up payment providers and their secrets.
    ManageProviders,
    /// See and update the shipments of one's own carrier.
    Carry,
}

impl Role {
    /// All roles, most powerful first.
    pub const ALL: [Self; 10] = [
        Self::Superuser,
        Self::Owner,
        Self::Admin,
        Self::Staff,
        Self::Coordinator,
        Self::Agent,
        Self::Seller,
        Self::Carrier,
        Self::Customer,
        Self::Renter,
    ];

    /// Returns the name as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Superuser => "SUPERUSER",
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Staff => "STAFF",
            Self::Coordinator => "COORDINATOR",
            Self::Agent => "AGENT",
            Self::Seller => "SELLER",
            Self::Carrier => "CARRIER",
            Self::Customer => "CUSTOMER",
            Self::Renter => "RENTER",
        }
    }

    /// Tells whether the role stands above another: [`Role::ALL`] is their order.
    pub fn outranks(self, other: Self) -> bool {
        self < other
    }

    /// Tells whether somebody in a tenant of this kind may be that: the platform has superusers and nobody else, a
    /// marketplace has everybody else and no superuser.
    pub fn belongs_in(self, kind: TenantKind) -> bool {
        (self == Self::Superuser) == (kind == TenantKind::Platform)
    }

    /// Tells whether a tenant must keep somebody who is that.
    pub fn is_head(self) -> bool {
        matches!(self, Self::Superuser | Self::Owner)
    }

    /// Returns what the role may do: the one table of roles and permissions.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{
            Carry, EditProducts, ManageCatalog, ManageOrders, ManagePayments, ManageProducts, ManageProviders,
            ManageSellers, ManageSettings, ManageTenants, ManageUsers, ReadAllOrders, ReadSettings, ReadUsers,
            ReviewKyc, SellProducts, Shop,
        };
        match self {
            Self::Superuser => &[ManageTenants, ReadUsers, ManageUsers, ReadSettings, ManageSettings],
            Self::Owner | Self::Admin => &[
                Shop,
                EditProducts,
                ManageProducts,
                ReadAllOrders,
                ReadSettings,
                ManageSettings,
                ReadUsers,
                ManageUsers,
                ReviewKyc,
                ManageSellers,
                ManageCatalog,
                ManageOrders,
                ManagePayments,
                ManageProviders,
            ],
            Self::Staff => &[
                Shop,
                EditProducts,
                ManageProducts,
                ReadAllOrders,
                ReadSettings,
                ReadUsers,
                ReviewKyc,
                ManageCatalog,
                ManageOrders,
                ManagePayments,
            ],
            Self::Seller => &[Shop, SellProducts, EditProducts],
            Self::Coordinator | Self::Agent | Self::Customer | Self::Renter => &[Shop],
            Self::Carrier => &[Carry],
        }
    }
}

impl Permission {
    /// All permissions, in the order in which the documentation shows them.
    pub const ALL: [Self; 17] = [
        Self::Shop,
        Self::SellProducts,
        Self::EditProducts,
        Self::ManageProducts,
        Self::ReadAllOrders,
        Self::ReadSettings,
        Self::ManageSettings,
        Self::ReadUsers,
        Self::ManageUsers,
        Self::ReviewKyc,
        Self::ManageTenants,
        Self::ManageSellers,
        Self::ManageCatalog,
        Self::ManageOrders,
        Self::ManagePayments,
        Self::ManageProviders,
        Self::Carry,
    ];

    /// Returns what it lets somebody do, for the docs.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Shop => "keep a cart, check out, pay, read one's own orders, download what was bought",
            Self::SellProducts => "sell products of one's own",
            Self::EditProducts => {
                "change products and upload their files: sellers their own, the tenant's people every one"
            }
            Self::ManageProducts => "change every seller's products",
            Self::ReadAllOrders => "read every order",
            Self::ReadSettings => "read the settings",
            Self::ManageSettings => "change the settings",
            Self::ReadUsers => "see the people of the tenant",
            Self::ManageUsers => "open, change, suspend and restore accounts",
            Self::ReviewKyc => "read the papers that people hand in, and decide whether they are good",
            Self::ManageTenants => "open, suspend and configure tenants",
            Self::ManageSellers => "approve and suspend sellers, set their commission, pay them out",
            Self::ManageCatalog => "change categories, shared materials and coupons",
            Self::ManageOrders => "change the state of every order, and ship it",
            Self::ManagePayments => "give money back, mark payments as received",
            Self::ManageProviders => "set up payment providers and their secrets",
            Self::Carry => "see and update the shipments of one's own carrier",
        }
    }
}

/// Why somebody can't be given these roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoles {
    /// There is none.
    #[error("must name at least one role")]
    None,
    /// One of them does not exist in this kind of tenant.
    #[error(
        "must be roles of this tenant: superusers belong to the platform and nowhere else, all others to marketplaces"
    )]
    Misplaced,
}

/// Puts the roles of one person in order: each once, the most powerful first.
///
/// # Errors
/// When there is none, or one that the kind of tenant does not have.
pub fn ordered(kind: TenantKind, mut roles: Vec<Role>) -> Result<Vec<Role>, InvalidRoles> {
    roles.sort_unstable();
    roles.dedup();
    match roles.as_slice() {
        [] => Err(InvalidRoles::None),
        all if all.iter().all(|role| role.belongs_in(kind)) => Ok(roles),
        _ => Err(InvalidRoles::Misplaced),
    }
}

/// Tells whether somebody with the roles `own` may change somebody who has, or is to have, the roles `theirs`: nobody
/// touches anyone above themselves, and nobody raises anyone above themselves.
pub fn may_manage(own: &[Role], theirs: &[Role]) -> bool {
    match (own.iter().min(), theirs.iter().min()) {
        (Some(own), Some(theirs)) => !theirs.outranks(*own),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// The authenticated person behind a request, as the session check found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant that the person belongs to.
    pub scope: TenantScope,
    /// The person.
    pub user: UserId,
    /// The device that the request came from.
    pub session: SessionId,
    /// What the person is, as stored now (not as an old token claims).
    pub roles: Vec<Role>,
    /// The seller profile that the person runs, if any.
    pub seller: Option<SellerId>,
    /// The carrier that the person works for, if any.
    pub carrier: Option<CarrierId>,
}

impl Caller {
    /// Tells whether any of the caller's roles carries `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.permissions().contains(&permission))
    }

    /// Tells whether what belongs to `user` is the caller's own.
    pub fn owns(&self, user: UserId) -> bool {
        self.user == user
    }

    /// Tells whether the caller runs the seller's profile. Somebody without a profile sells for nobody.
    pub fn sells_as(&self, seller: SellerId) -> bool {
        self.seller == Some(seller)
    }

    /// Tells whether the caller works for the carrier. Somebody without one carries for nobody.
    pub fn carries_for(&self, carrier: CarrierId) -> bool {
        self.carrier == Some(carrier)
    }

    /// Tells whether the caller may change somebody who has, or is to have, the roles `theirs`; see [`may_manage`].
    pub fn may_manage(&self, theirs: &[Role]) -> bool {
        may_manage(&self.roles, theirs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;

    fn some_roles() -> impl Strategy<Value = Vec<Role>> {
        subsequence(Role::ALL.to_vec(), 1..=Role::ALL.len())
    }

    #[test]
    fn the_order_of_power_is_that_of_the_list() {
        assert!(Role::ALL.is_sorted());
        assert!(Role::Owner.outranks(Role::Admin) && !Role::Admin.outranks(Role::Admin));
        assert!(!Role::Customer.outranks(Role::Seller));
    }

    #[test]
    fn every_permission_is_listed_once_and_carried_by_somebody() {
        let carried = |permission: &Permission| Role::ALL.iter().any(|role| role.permissions().contains(permission));
        assert!(Permission::ALL.is_sorted() && Permission::ALL.iter().all(carried));
        let all = Role::ALL.iter().flat_map(|role| role.permissions());
        assert!(all.into_iter().all(|permission| Permission::ALL.contains(permission)));
    }

    #[test]
    fn an_admin_manages_admins_and_below_and_nobody_without_a_role_manages_anyone() {
        assert!(may_manage(&[Role::Admin, Role::Customer], &[Role::Admin]));
        assert!(!may_manage(&[Role::Admin], &[Role::Customer, Role::Owner]));
        assert!(!may_manage(&[], &[Role::Renter]));
    }

    #[test]
    fn the_platform_has_superusers_alone_and_a_marketplace_has_none() {
        for kind in [TenantKind::Marketplace, TenantKind::Platform] {
            assert_eq!(ordered(kind, vec![Role::Superuser, Role::Owner]), Err(InvalidRoles::Misplaced));
            assert_eq!(ordered(kind, Vec::new()), Err(InvalidRoles::None));
        }
        assert!(ordered(TenantKind::Platform, vec![Role::Superuser]).is_ok());
        assert_eq!(ordered(TenantKind::Marketplace, vec![Role::Superuser]), Err(InvalidRoles::Misplaced));
        assert_eq!(ordered(TenantKind::Platform, vec![Role::Customer]), Err(InvalidRoles::Misplaced));
    }

    #[test]
    fn only_a_superuser_may_touch_tenants() {
        for role in Role::ALL {
            assert_eq!(role.permissions().contains(&Permission::ManageTenants), role == Role::Superuser, "{role:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_can_make_anyone_more_than_they_are_themselves(own in some_roles(), theirs in some_roles()) {
            let top = |roles: &[Role]| roles.iter().copied().min();
            prop_assert_eq!(may_manage(&own, &theirs), top(&own) <= top(&theirs));
        }

        #[test]
        fn roles_are_in_order_and_each_is_there_once(mut roles in some_roles(), twice in select(Role::ALL.to_vec())) {
            roles.reverse();
            roles.extend([twice, twice]);
            if let Ok(ordered) = ordered(TenantKind::Marketplace, roles.clone()) {
                prop_assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(roles.iter().all(|role| ordered.contains(role)));
            } else {
                prop_assert!(roles.contains(&Role::Superuser));
            }
        }
    }
}
