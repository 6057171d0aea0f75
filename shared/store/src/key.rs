//! Every key of the table.
//!
//! Architecture invariant: this is the only file that knows how keys look. Each constructor names the
//! access pattern that it serves; `ARCHITECTURE.md` lists them all with their cost. Everything that a tenant
//! owns starts with `T#<tenant>#`, which is also what `dynamodb:LeadingKeys` can be narrowed to.

use domain::clock::Timestamp;
use domain::coupon::CouponCode;
use domain::event::Consumer;
use domain::id::{
    AccessId, AddressId, AuditId, CouponId, EntryId, EventId, FileId, MaterialId, ModelId, OrderGroupId, OrderId,
    PaymentId, PayoutId, ProductId, RefundId, SellerId, SessionId, TenantId, UserId,
};
use domain::ledger::Cause;
use domain::money::Currency;
use domain::pii::{BlindIndex, Purpose};
use domain::tenant::{Subdomain, TenantScope};
use domain::ticket::TicketKind;
use domain::user::IdentityProvider;

use crate::limiter::Bucket;
use crate::lockouts::Counter;

/// The primary key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The sort key of the item that a partition is named after.
const SELF: &str = "A";

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    fn alone(pk: String) -> Self {
        Self::new(pk, SELF)
    }

    /// Reads the key of a stored item.
    pub(crate) fn of(item: &crate::row::Attributes) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self { pk: text("pk")?, sk: text("sk")? })
    }
}

/// A position in one of the two sparse indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    pub(crate) index: Index,
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// `gsi1`: what belongs to a person, and public lists.
    First,
    /// `gsi2`: what belongs to a seller, and work that waits for a time.
    Second,
}

impl Index {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "gsi1",
            Self::Second => "gsi2",
        }
    }

    pub(crate) fn pk(self) -> &'static str {
        match self {
            Self::First => "gsi1pk",
            Self::Second => "gsi2pk",
        }
    }

    pub(crate) fn sk(self) -> &'static str {
        match self {
            Self::First => "gsi1sk",
            Self::Second => "gsi2sk",
        }
    }
}

fn of(scope: TenantScope, rest: &str) -> String {
    format!("T#{}#{rest}", scope.tenant())
}

// ---- platform: not owned by a tenant

/// Reads nothing: asks whether the table answers.
pub(crate) fn probe() -> Key {
    Key::alone("P#PING".to_owned())
}

/// Finds the tenant of a host name.
pub(crate) fn subdomain(subdomain: &Subdomain) -> Key {
    Key::alone(format!("P#SUB#{subdomain}"))
}

/// Holds one token-signing key; all of them are one partition. They are numbered, so that of several processes
/// that want to add the next one, one succeeds.
pub(crate) fn signing_key(number: u32) -> Key {
    Key::new(SIGNING_KEYS.to_owned(), format!("{number:010}"))
}

/// Lists the token-signing keys.
pub(crate) const SIGNING_KEYS: &str = "P#JWT";

/// How many partitions share the holds, so that no minute makes a hot one.
pub(crate) const HOLD_SHARDS: u8 = 4;

/// Lists held stock by the time when the hold ends, over all tenants (the janitor).
pub(crate) fn holds(shard: u8) -> String {
    format!("P#HOLDS#{shard}")
}

/// Orders a held group among the holds of its shard.
pub(crate) fn hold(scope: TenantScope, group: OrderGroupId, until: Timestamp) -> IndexKey {
    let shard = group.to_string().bytes().fold(0u8, u8::wrapping_add) % HOLD_SHARDS;
    IndexKey { index: Index::Second, pk: holds(shard), sk: format!("{until}#{}#{group}", scope.tenant()) }
}

/// Lists rotations of data keys by the time when they go on, over all tenants (the janitor).
pub(crate) const ROTATIONS: &str = "P#ROTATIONS";

/// Orders a rotation among all by the time when it goes on.
pub(crate) fn rotation_due(scope: TenantScope, purpose: Purpose, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{}", scope.tenant(), purpose.as_str());
    IndexKey { index: Index::Second, pk: ROTATIONS.to_owned(), sk }
}

/// Reads how far the rotation of a key has come.
pub(crate) fn rotation(scope: TenantScope, purpose: Purpose) -> Key {
    Key::alone(of(scope, &format!("ROT#{}", purpose.as_str())))
}

/// Lists erased people whose leftovers are to be cleared away, over all tenants (the janitor).
pub(crate) const ERASURES: &str = "P#ERASURES";

/// Orders an erased person among all by the time when the clearing away may begin.
pub(crate) fn erasure_due(scope: TenantScope, user: UserId, due: Timestamp) -> IndexKey {
    IndexKey { index: Index::Second, pk: ERASURES.to_owned(), sk: format!("{due}#{}#{user}", scope.tenant()) }
}

/// Remembers that leftovers of an erased person are to be cleared away.
pub(crate) fn erasure(scope: TenantScope, user: UserId) -> Key {
    Key::alone(of(scope, &format!("ERS#{user}")))
}

/// Lists refunds that wait for their provider by the time when they go on, over all tenants (the janitor).
pub(crate) const REFUNDS_DUE: &str = "P#REFUNDS";

/// Orders a refund among all by the time when it goes on.
pub(crate) fn refund_due(scope: TenantScope, payment: PaymentId, refund: RefundId, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{payment}#{refund}", scope.tenant());
    IndexKey { index: Index::Second, pk: REFUNDS_DUE.to_owned(), sk }
}

/// Lists open payments of all tenants by the time when their provider is asked what became of them (the janitor).
pub(crate) const PAYMENTS_DUE: &str = "P#PAYMENTS";

/// Orders an open payment among all by the time when its provider is asked.
pub(crate) fn payment_due(scope: TenantScope, provider: &str, reference: &str, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{provider}#{reference}", scope.tenant());
    IndexKey { index: Index::Second, pk: PAYMENTS_DUE.to_owned(), sk }
}

/// Lists the marketplaces of the platform, for its superusers.
pub(crate) const TENANTS: &str = "P#TENANTS";

/// Orders a marketplace among all by the time when it was opened.
pub(crate) fn tenants(tenant: TenantId) -> IndexKey {
    IndexKey { index: Index::Second, pk: TENANTS.to_owned(), sk: tenant.to_string() }
}

/// Reads the tenant: settings, wrapped keys, sealed credentials.
pub(crate) fn tenant(tenant: TenantId) -> Key {
    Key::alone(format!("T#{tenant}"))
}

// ---- identity

/// Reads the login record of an e-mail in one read; its existence makes the e-mail unique.
pub(crate) fn login(scope: TenantScope, email: &BlindIndex) -> Key {
    Key::alone(of(scope, &format!("LOGIN#{}", email.as_text())))
}

/// Counts the tries to sign in to an address, by strangers or on one known device.
pub(crate) fn sign_in_tries(scope: TenantScope, counter: &Counter) -> Key {
    let partition = of(scope, &format!("TRY#{}", counter.email.as_text()));
    match counter.device {
        Some(device) => Key::new(partition, device.to_string()),
        None => Key::alone(partition),
    }
}

fn user_partition(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}"))
}

/// Reads a user.
pub(crate) fn user(scope: TenantScope, user: UserId) -> Key {
    Key::alone(user_partition(scope, user))
}

/// Reads one address of a user; [`ADDRESSES`] lists them.
pub(crate) fn address(scope: TenantScope, user: UserId, address: AddressId) -> Key {
    Key::new(user_partition(scope, user), format!("{ADDRESSES}{address}"))
}

/// The common start of a user's addresses within the user's partition.
pub(crate) const ADDRESSES: &str = "ADR#";

/// Reads a user's cart.
pub(crate) fn cart(scope: TenantScope, user: UserId) -> Key {
    Key::new(user_partition(scope, user), "CART")
}

/// Counts how often a user has used a coupon.
pub(crate) fn coupon_use(scope: TenantScope, user: UserId, coupon: CouponId) -> Key {
    Key::new(user_partition(scope, user), format!("CPN#{coupon}"))
}

/// Reads a user's right to download a file.
pub(crate) fn entitlement(scope: TenantScope, user: UserId, file: FileId) -> Key {
    Key::new(user_partition(scope, user), format!("ENT#{file}"))
}

/// Reads the newest one-time token of a user of one kind; issuing another replaces it. [`TICKETS`] lists them.
pub(crate) fn ticket(scope: TenantScope, user: UserId, kind: TicketKind) -> Key {
    Key::new(user_partition(scope, user), format!("{TICKETS}{}", kind.as_str()))
}

/// The common start of a user's one-time tokens within the user's partition.
pub(crate) const TICKETS: &str = "OTK#";

/// Reads the address that a user had before an event, until the notice to it was sent.
pub(crate) fn old_address(scope: TenantScope, user: UserId, event: EventId) -> Key {
    Key::new(user_partition(scope, user), format!("{OLD_ADDRESSES}{event}"))
}

/// The common start of a user's former addresses within the user's partition.
pub(crate) const OLD_ADDRESSES: &str = "OLD#";

fn provider(provider: IdentityProvider) -> &'static str {
    match provider {
        IdentityProvider::Local => "LOCAL",
        IdentityProvider::Google => "GOOGLE",
        IdentityProvider::Microsoft => "MICROSOFT",
    }
}

/// Finds whose account an identity at another provider opens; its existence makes it one person's.
pub(crate) fn identity(scope: TenantScope, by: IdentityProvider, fingerprint: &str) -> Key {
    Key::alone(of(scope, &format!("IDP#{}#{fingerprint}", provider(by))))
}

/// Lists a user's identities at other providers.
pub(crate) fn identities_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#IDP"))
}

/// Orders an identity among its user's.
pub(crate) fn identities_of(scope: TenantScope, user: UserId, fingerprint: &str) -> IndexKey {
    IndexKey { index: Index::First, pk: identities_of_list(scope, user), sk: fingerprint.to_owned() }
}

/// Reads a sign-in that waits for the second factor, beside its user; `hash` is of the token's secret.
pub(crate) fn challenge(scope: TenantScope, user: UserId, hash: &str) -> Key {
    Key::new(user_partition(scope, user), format!("MFA#{hash}"))
}

/// Reads a session: every authenticated request does, beside its user.
pub(crate) fn session(scope: TenantScope, session: SessionId) -> Key {
    Key::alone(of(scope, &format!("S#{session}")))
}

/// Lists a user's sessions by the time when they were opened.
pub(crate) fn sessions_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#S"))
}

/// Orders a session among its user's.
pub(crate) fn sessions_of(scope: TenantScope, user: UserId, created: Timestamp) -> IndexKey {
    IndexKey { index: Index::First, pk: sessions_of_list(scope, user), sk: created.to_string() }
}

/// Lists the people of a tenant, for those who run it.
pub(crate) fn users_list(scope: TenantScope) -> String {
    of(scope, "USERS")
}

/// Orders a user among the tenant's by the time when the account was opened.
pub(crate) fn users(scope: TenantScope, user: UserId) -> IndexKey {
    IndexKey { index: Index::Second, pk: users_list(scope), sk: user.to_string() }
}

/// Finds who has a phone number; several people may share one.
pub(crate) fn phone_list(scope: TenantScope, phone: &BlindIndex) -> String {
    of(scope, &format!("PHONE#{}", phone.as_text()))
}

/// Orders a user among those who have the same phone number.
pub(crate) fn phone(scope: TenantScope, phone: &BlindIndex, user: UserId) -> IndexKey {
    IndexKey { index: Index::First, pk: phone_list(scope, phone), sk: user.to_string() }
}

/// Counts the owners of a tenant, so that the last can't go.
pub(crate) fn owners(scope: TenantScope) -> Key {
    Key::alone(of(scope, "OWNERS"))
}

// ---- catalog

fn product_partition(scope: TenantScope, product: ProductId) -> String {
    of(scope, &format!("PRD#{product}"))
}

/// Reads a product; a query of its partition brings materials and models along.
pub(crate) fn product(scope: TenantScope, product: ProductId) -> Key {
    Key::alone(product_partition(scope, product))
}

/// Reads one material of a product, which carries its stock.
pub(crate) fn material(scope: TenantScope, product: ProductId, material: MaterialId) -> Key {
    Key::new(product_partition(scope, product), format!("MAT#{material}"))
}

/// Reads one model of a product.
pub(crate) fn model(scope: TenantScope, product: ProductId, model: ModelId) -> Key {
    Key::new(product_partition(scope, product), format!("MDL#{model}"))
}

/// Lists the active products of a tenant.
pub(crate) fn active_products_list(scope: TenantScope) -> String {
    of(scope, "PRDS")
}

/// Orders a product among the active ones by time of creation.
pub(crate) fn active_products(scope: TenantScope, product: ProductId) -> IndexKey {
    IndexKey { index: Index::First, pk: active_products_list(scope), sk: product.to_string() }
}

/// Lists a seller's products, whatever their status.
pub(crate) fn products_of_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#PRD"))
}

/// Orders a product among its seller's by time of creation.
pub(crate) fn products_of(scope: TenantScope, seller: SellerId, product: ProductId) -> IndexKey {
    IndexKey { index: Index::Second, pk: products_of_list(scope, seller), sk: product.to_string() }
}

/// Makes a SKU unique within the tenant.
pub(crate) fn sku(scope: TenantScope, sku: &str) -> Key {
    Key::alone(of(scope, &format!("SKU#{sku}")))
}

/// Makes a product's slug unique within the tenant.
pub(crate) fn slug(scope: TenantScope, slug: &str) -> Key {
    Key::alone(of(scope, &format!("SLUG#{slug}")))
}

/// Reads a seller's profile.
pub(crate) fn seller(scope: TenantScope, seller: SellerId) -> Key {
    Key::alone(of(scope, &format!("SEL#{seller}")))
}

/// Reads a coupon by its code; its existence makes the code unique.
pub(crate) fn coupon(scope: TenantScope, code: &CouponCode) -> Key {
    Key::alone(of(scope, &format!("CPN#{code}")))
}

/// Lists the coupons of a tenant, for those who run it.
pub(crate) fn coupons_list(scope: TenantScope) -> String {
    of(scope, "CPNS")
}

/// Orders a coupon among the tenant's by time of creation.
pub(crate) fn coupons(scope: TenantScope, coupon: CouponId) -> IndexKey {
    IndexKey { index: Index::Second, pk: coupons_list(scope), sk: coupon.to_string() }
}

// ---- orders and payments

fn group_partition(scope: TenantScope, group: OrderGroupId) -> String {
    of(scope, &format!("G#{group}"))
}

/// Reads an order group; a query of its partition brings its payments along.
pub(crate) fn order_group(scope: TenantScope, group: OrderGroupId) -> Key {
    Key::alone(group_partition(scope, group))
}

/// Reads one payment of a group.
pub(crate) fn payment(scope: TenantScope, group: OrderGroupId, payment: PaymentId) -> Key {
    Key::new(group_partition(scope, group), format!("PAY#{payment}"))
}

/// Finds a payment by its id alone.
pub(crate) fn payment_by_id(scope: TenantScope, payment: PaymentId) -> IndexKey {
    IndexKey { index: Index::First, pk: of(scope, &format!("PAY#{payment}")), sk: SELF.to_owned() }
}

/// Reads what a provider's order id stands for: all that a webhook needs, in one read.
pub(crate) fn settlement(scope: TenantScope, provider: &str, reference: &str) -> Key {
    Key::alone(of(scope, &format!("PREF#{provider}#{reference}")))
}

/// Reads a received webhook event; its existence makes a redelivery do nothing.
pub(crate) fn webhook_event(scope: TenantScope, provider: &str, event: &str) -> Key {
    Key::alone(of(scope, &format!("WHE#{provider}#{event}")))
}

fn refund_partition(scope: TenantScope, payment: PaymentId) -> String {
    of(scope, &format!("RFB#{payment}"))
}

/// Reads what was given back of a payment, and is about to be.
pub(crate) fn refund_book(scope: TenantScope, payment: PaymentId) -> Key {
    Key::alone(refund_partition(scope, payment))
}

/// Reads one refund of a payment; [`REFUNDS`] lists them.
pub(crate) fn refund(scope: TenantScope, payment: PaymentId, refund: RefundId) -> Key {
    Key::new(refund_partition(scope, payment), format!("{REFUNDS}{refund}"))
}

/// The common start of a payment's refunds within the partition of its book.
pub(crate) const REFUNDS: &str = "RFD#";

/// Reads the entry of one cause in the books; its existence makes a cause booked once.
pub(crate) fn entry(scope: TenantScope, cause: &Cause) -> Key {
    Key::alone(of(scope, &format!("LED#{}", cause.key())))
}

/// Lists all entries of a tenant.
pub(crate) fn entries_list(scope: TenantScope) -> String {
    of(scope, "LEDGER")
}

/// Orders an entry among its tenant's by time.
pub(crate) fn entries(scope: TenantScope, entry: EntryId) -> IndexKey {
    IndexKey { index: Index::Second, pk: entries_list(scope), sk: entry.to_string() }
}

/// Lists the entries in a seller's books.
pub(crate) fn entries_of_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#LED"))
}

/// Orders an entry among its seller's by time.
pub(crate) fn entries_of(scope: TenantScope, seller: SellerId, entry: EntryId) -> IndexKey {
    IndexKey { index: Index::First, pk: entries_of_list(scope, seller), sk: entry.to_string() }
}

/// Reads what a seller is owed in one currency; a query of the partition brings all currencies.
pub(crate) fn balance(scope: TenantScope, seller: SellerId, currency: Currency) -> Key {
    Key::new(balances(scope, seller), currency.code())
}

/// Lists what a seller is owed, by currency.
pub(crate) fn balances(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("BAL#{seller}"))
}

/// Reads a payout.
pub(crate) fn payout(scope: TenantScope, payout: PayoutId) -> Key {
    Key::alone(of(scope, &format!("PYT#{payout}")))
}

/// Lists all payouts of a tenant.
pub(crate) fn payouts_list(scope: TenantScope) -> String {
    of(scope, "PAYOUTS")
}

/// Orders a payout among its tenant's by time.
pub(crate) fn payouts(scope: TenantScope, payout: PayoutId) -> IndexKey {
    IndexKey { index: Index::Second, pk: payouts_list(scope), sk: payout.to_string() }
}

fn order_partition(scope: TenantScope, order: OrderId) -> String {
    of(scope, &format!("ORD#{order}"))
}

/// Reads an order; a query of its partition brings its invoice along.
pub(crate) fn order(scope: TenantScope, order: OrderId) -> Key {
    Key::alone(order_partition(scope, order))
}

/// Reads the invoice of an order.
pub(crate) fn invoice(scope: TenantScope, order: OrderId) -> Key {
    Key::new(order_partition(scope, order), "INV")
}

/// Lists a buyer's orders.
pub(crate) fn orders_of_list(scope: TenantScope, user: UserId) -> String {
    of(scope, &format!("U#{user}#ORD"))
}

/// Orders an order among its buyer's by time.
pub(crate) fn orders_of(scope: TenantScope, user: UserId, order: OrderId) -> IndexKey {
    IndexKey { index: Index::First, pk: orders_of_list(scope, user), sk: order.to_string() }
}

/// Lists a seller's orders by time.
pub(crate) fn orders_for(scope: TenantScope, seller: SellerId, order: OrderId) -> IndexKey {
    IndexKey { index: Index::Second, pk: of(scope, &format!("SEL#{seller}#ORD")), sk: order.to_string() }
}

/// Counts the documents of a series, such as `HAAT-2026`.
pub(crate) fn series(scope: TenantScope, series: &str) -> Key {
    Key::alone(of(scope, &format!("SER#{series}")))
}

// ---- files

fn file_partition(scope: TenantScope, file: FileId) -> String {
    of(scope, &format!("FIL#{file}"))
}

/// Reads a file's record.
pub(crate) fn file(scope: TenantScope, file: FileId) -> Key {
    Key::alone(file_partition(scope, file))
}

/// Logs one access to a file beside the file.
pub(crate) fn file_access(scope: TenantScope, file: FileId, access: AccessId) -> Key {
    Key::new(file_partition(scope, file), format!("{FILE_ACCESSES}{access}"))
}

/// The common start of the accesses within a file's partition.
pub(crate) const FILE_ACCESSES: &str = "ACC#";

// ---- plumbing

/// Counts what somebody asks in a minute.
pub(crate) fn bucket(scope: TenantScope, bucket: &Bucket) -> Key {
    Key::alone(of(scope, &format!("RL#{}#{}", bucket.kind, bucket.subject)))
}

/// Counts what a tenant asks in a calendar month.
pub(crate) fn month(scope: TenantScope, month: &str) -> Key {
    Key::alone(of(scope, &format!("MONTH#{month}")))
}

/// Holds an event until the stream has carried it on.
pub(crate) fn event(scope: TenantScope, event: EventId) -> Key {
    Key::alone(of(scope, &format!("EVT#{event}")))
}

/// Remembers that a consumer has handled an event.
pub(crate) fn once(scope: TenantScope, consumer: Consumer, event: EventId) -> Key {
    Key::alone(of(scope, &format!("ONCE#{}#{event}", consumer.as_str())))
}

/// Remembers the answer to an idempotency key; `hash` covers user, route and key.
pub(crate) fn idempotency(scope: TenantScope, hash: &str) -> Key {
    Key::alone(of(scope, &format!("IDEM#{hash}")))
}

/// Appends to the audit trail of a day.
pub(crate) fn audit(scope: TenantScope, at: Timestamp, id: AuditId) -> Key {
    let day: String = at.to_string().chars().take(10).collect();
    Key::new(of(scope, &format!("AUD#{day}")), id.to_string())
}
