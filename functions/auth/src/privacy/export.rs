//! `GET /users/me/export`

use axum::extract::State;
use domain::catalog::Seller;
use domain::clock::Timestamp;
use domain::credit::CreditNote;
use domain::id::FileId;
use domain::licence::{self, LineLicences};
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::user::User;
use platform::objects::{LONGEST_DOWNLOAD, Objects};
use platform::people;
use platform::vault::{Place, Vault, VaultError};
use serde::Serialize;
use serde_json::{Value, json};
use store::exports::{Everything, OrderFile};
use utoipa::ToSchema;
use web::{Answer, Caller, Code, Edge, Envelope, Problem, Reply};

use crate::account;

/// The bucket that exports lie in for a day.
#[derive(Clone)]
pub(crate) struct Exports(pub(crate) Objects);

/// A file with everything about the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonalExport)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportView {
    /// Where to get it, once or more often, without a token.
    #[schema(example = "https://files.example/exports/…?X-Amz-Signature=…")]
    download_url: String,
    /// How long the link works, in seconds.
    #[schema(example = 300)]
    expires_in: u64,
    /// How large the file is, in bytes.
    #[schema(example = 18_211)]
    size: u64,
    /// Whether there are more orders than the newest 500, which the file has.
    #[schema(example = false)]
    has_more_orders: bool,
}

/// Take everything about you along
///
/// One JSON file: account, seller's profile, addresses, sessions, identities, orders with their addresses, invoices, parcels, credit notes and licence keys,
/// payments, rights to files and downloads. The link works for five minutes; the file is deleted after a day.
#[utoipa::path(
    get,
    path = "/users/me/export",
    tag = "Profile",
    responses((status = 200, description = "The link to the file", body = Envelope<ExportView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn export_account(
    State(edge): State<Edge>,
    State(Exports(objects)): State<Exports>,
    caller: Caller,
) -> Answer<ExportView> {
    let (operation, user, tenant) = (caller.operation(), caller.account(), caller.tenant());
    let all = edge.store().everything_of(operation.scope, user.id).await?;
    let document = document(edge.vault(), tenant, &operation, user, &all).await?;
    let bytes = serde_json::to_vec_pretty(&document).map_err(Problem::internal)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let key = format!("exports/{}/{}/{}.json", tenant.id, user.id, operation.id::<FileId>());
    edge.store().record_audit(&operation, Action::DataExported, &user.id.to_string()).await?;
    objects.put(&key, bytes, "application/json").await.map_err(unavailable)?;
    let name = format!("{}.json", user.id);
    let download_url = objects.presign_get(&key, &name, LONGEST_DOWNLOAD).await.map_err(unavailable)?;
    let expires_in = LONGEST_DOWNLOAD.as_secs();
    Ok(Reply::ok(ExportView { download_url, expires_in, size, has_more_orders: all.has_more_orders }))
}

fn unavailable(error: platform::objects::ObjectError) -> Problem {
    Problem::new(Code::Unavailable).because(error)
}

async fn document(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    user: &User,
    all: &Everything,
) -> Result<Value, VaultError> {
    let mut addresses = Vec::with_capacity(all.addresses.len());
    for address in &all.addresses {
        let plain = people::open_address(vault, tenant, Some(user), &address.id.to_string(), &address.address).await?;
        addresses.push(json!({"id": address.id, "address": plain, "createdAt": address.created_at}));
    }
    let mut orders = Vec::with_capacity(all.orders.len());
    for OrderFile { order, invoice, parcels, credit_notes, licences } in &all.orders {
        let plain = people::open_address(vault, tenant, Some(user), &order.id.to_string(), &order.address).await?;
        let invoice = invoice.as_ref().map(|invoice| json!({"number": invoice.number, "issuedAt": invoice.issued_at}));
        orders.push(json!({
            "id": order.id, "orderGroupId": order.group, "sellerId": order.seller, "status": order.status,
            "items": order.lines, "totals": order.totals, "taxMode": order.tax_mode, "files": order.model_files,
            "address": plain, "invoice": invoice, "creditNotes": credit_notes.iter().map(credited).collect::<Vec<_>>(),
            "shipments": parcels, "licenceKeys": opened_keys(vault, tenant, user, licences).await?, "timeline": timeline(order), "createdAt": order.created_at,
        }));
    }
    let sessions = all.sessions.iter().map(|session| {
        json!({
            "id": session.id, "deviceName": session.device_name, "ip": session.ip, "userAgent": session.user_agent,
            "createdAt": session.created_at, "lastUsedAt": session.last_used_at, "endedAt": session.revoked_at,
        })
    });
    let payments = all.payments.iter().map(|payment| {
        json!({
            "id": payment.id, "orderGroupId": payment.group, "provider": payment.provider, "amount": payment.amount,
            "status": payment.status, "createdAt": payment.created_at,
        })
    });
    let downloads = all.accesses.iter().map(|access| json!({"file": access.file, "ip": access.ip, "at": access.at}));
    Ok(json!({
        "exportedAt": operation.now,
        "marketplace": tenant.name,
        "account": account::view(vault, tenant, user).await?,
        "papers": people::open_papers(vault, tenant, user).await?,
        "seller": sold_as(vault, tenant, user, all.seller.as_ref()).await?,
        "identityProviders": all.identities,
        "addresses": addresses,
        "sessions": sessions.collect::<Vec<_>>(),
        "orders": orders,
        "hasMoreOrders": all.has_more_orders,
        "payments": payments.collect::<Vec<_>>(),
        "filesBought": all.rights,
        "downloads": downloads.collect::<Vec<_>>(),
    }))
}

/// Shows the profile under which somebody sells, with the account that the money goes to: nowhere else is it shown whole.
async fn sold_as(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    seller: Option<&Seller>,
) -> Result<Option<Value>, VaultError> {
    let Some(seller) = seller else { return Ok(None) };
    Ok(Some(json!({
        "id": seller.id, "name": seller.name, "slug": seller.slug, "bio": seller.bio, "status": seller.status,
        "payoutAccount": people::open_payout_account(vault, tenant, user, seller).await?,
        "legalIdentity": people::open_legal_identity(vault, tenant, user, seller).await?,
        "commissionBp": seller.commission_bp, "createdAt": seller.created_at,
    })))
}

fn credited(note: &CreditNote) -> Value {
    json!({
        "number": note.number, "invoice": note.invoice, "amount": note.credit.amount, "reason": note.reason,
        "issuedAt": note.issued_at,
    })
}

async fn opened_keys(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    licences: &[LineLicences],
) -> Result<Vec<Value>, VaultError> {
    let Some(part) = &user.key_part else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for licences in licences {
        let (item, field) = (licences.order.to_string(), licence::field(licences.line));
        let place = Place::of(part, &item, &field);
        let keys: Vec<String> = vault.open_json(tenant, Purpose::Pii, place, &licences.keys).await?;
        lines.push(json!({"line": licences.line, "keys": keys, "issuedAt": licences.issued_at}));
    }
    Ok(lines)
}

fn timeline(order: &Order) -> Vec<Value> {
    let step = |at: Timestamp, status: &str| json!({"at": at, "status": status});
    order.timeline.iter().map(|entry| step(entry.at, entry.status.as_str())).collect()
}
