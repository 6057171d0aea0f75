//! The people of the demo: its owner, a seller, somebody who carries parcels, a customer. Their passwords are published, on purpose.

use domain::access::Role;
use domain::catalog::{Seller, SellerStatus};
use domain::id::{CarrierId, UserId};
use domain::tenant::Tenant;
use domain::user::{Email, PersonName, field};
use platform::config::Env;
use platform::passwords::{Password, Passwords};
use platform::people::{self, Profile};
use store::table::Consistency;

use super::Seeding;
use crate::Failure;

/// Somebody with a published password.
pub struct Login {
    /// What the person is called in the text that is printed.
    pub who: &'static str,
    /// The e-mail address.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
    role: Role,
    names: [&'static str; 2],
}

/// The owner of the tenant.
pub const OWNER: Login = Login {
    who: "owner",
    email: "owner@demo.haat.example",
    password: "monsoon-owner-27",
    role: Role::Owner,
    names: ["Asha", "Rao"],
};
/// The seller of everything.
pub const SELLER: Login = Login {
    who: "seller",
    email: "seller@demo.haat.example",
    password: "monsoon-seller-27",
    role: Role::Seller,
    names: ["Minh", "Nguyễn"],
};
/// Somebody who works for the carrier.
pub const CARRIER: Login = Login {
    who: "carrier",
    email: "carrier@demo.haat.example",
    password: "monsoon-carrier-27",
    role: Role::Carrier,
    names: ["Farida", "Shaikh"],
};
/// Somebody who buys.
pub const CUSTOMER: Login = Login {
    who: "customer",
    email: "customer@demo.haat.example",
    password: "monsoon-customer-27",
    role: Role::Customer,
    names: ["Ravi", "Kumar"],
};

/// Who was found or made.
pub struct People {
    /// The person who sells.
    pub seller_user: UserId,
}

/// Finds the people or makes them.
pub async fn open(seeding: &Seeding<'_>, tenant: &Tenant, carrier: CarrierId) -> Result<People, Failure> {
    let passwords = Passwords::from_env(&Env::process(), seeding.ambient.clone())?;
    person(seeding, tenant, &passwords, &OWNER, None).await?;
    let seller_user = person(seeding, tenant, &passwords, &SELLER, None).await?;
    person(seeding, tenant, &passwords, &CARRIER, Some(carrier)).await?;
    person(seeding, tenant, &passwords, &CUSTOMER, None).await?;
    open_profile(seeding, tenant, seller_user).await?;
    Ok(People { seller_user })
}

async fn person(
    seeding: &Seeding<'_>,
    tenant: &Tenant,
    passwords: &Passwords,
    login: &Login,
    carrier: Option<CarrierId>,
) -> Result<UserId, Failure> {
    let email = Email::new(login.email)?;
    let places = seeding.vault.index_places(tenant, field::EMAIL_INDEX, email.as_str()).await?;
    let operation = seeding.operation(tenant);
    if let Some((_, known)) = seeding.store.login_at(operation.scope, places.read()).await? {
        return Ok(known.user);
    }
    let [first, last] = login.names;
    let profile =
        Profile { email, phone: None, first_name: PersonName::new(first)?, last_name: PersonName::new(last)? };
    let mut user = people::open_account(&seeding.vault, tenant, &operation, &profile, vec![login.role]).await?;
    user.seller = (login.role == Role::Seller).then(|| Seller::id_of(user.id));
    user.carrier = carrier;
    user.email_verified_at = Some(operation.now);
    let hash = passwords.hash(Password::new(login.password)?).await?;
    seeding.store.register(&operation, &user, Some(hash)).await?;
    Ok(user.id)
}

async fn open_profile(seeding: &Seeding<'_>, tenant: &Tenant, user: UserId) -> Result<(), Failure> {
    let operation = seeding.operation(tenant);
    let id = Seller::id_of(user);
    if seeding.store.seller(operation.scope, id, Consistency::Strong).await?.is_some() {
        return Ok(());
    }
    let seller = Seller {
        id,
        user,
        name: "Layer by Layer Studio".to_owned().try_into()?,
        slug: "layer-by-layer".parse()?,
        bio: "A small workshop in Bengaluru that prints for kitchens, workshops and chess boards.".to_owned(),
        payout_account: None,
        legal_identity: None,
        status: SellerStatus::Active,
        commission_bp: None,
        invoice_prefix: None,
        version: 1,
        created_at: operation.now,
        updated_at: operation.now,
    };
    let person = seeding.store.user(operation.scope, user, Consistency::Strong).await?.ok_or("the seller is gone")?;
    Ok(seeding.store.open_seller(&operation, &seller, &person).await??)
}
