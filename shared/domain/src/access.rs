//! Who may do what: roles, and the permissions they carry.

use serde::{Deserialize, Serialize};

use crate::id::{SellerId, SessionId, UserId};
use crate::tenant::TenantScope;

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

    /// Returns what the role may do: the one table of roles and permissions.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{
            EditProducts, ManageProducts, ManageSettings, ManageTenants, ManageUsers, ReadAllOrders, ReadSettings,
            ReadUsers, ReviewKyc, SellProducts, Shop,
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
            ],
            Self::Staff => &[Shop, EditProducts, ManageProducts, ReadAllOrders, ReadSettings, ReadUsers, ReviewKyc],
            Self::Seller => &[Shop, SellProducts, EditProducts],
            Self::Coordinator | Self::Agent | Self::Customer | Self::Renter => &[Shop],
            Self::Carrier => &[],
        }
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
}

impl Caller {
    /// Tells whether any of the caller's roles carries `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.permissions().contains(&permission))
    }
}
