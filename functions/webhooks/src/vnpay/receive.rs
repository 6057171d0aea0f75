//! `GET /webhooks/vnpay/{tenant}/ipn`: VNPay tells what became of a payment.

use axum::extract::{RawQuery, State};
use domain::id::TenantId;
use domain::payment::Misfit;
use payments::Provider;
use payments::vnpay::{Credentials, UnverifiedIpn, VerifiedIpn};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Code, Edge, Path, Problem, RequestInfo, TenantOf, refusals};

use crate::books::{Books, Reason, Taken};

const PROVIDER: Provider = Provider::Vnpay;

/// The answer as VNPay documents it: `00` and `02` end its retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct IpnAnswer {
    /// `00` recorded, `01` unknown order, `02` already confirmed, `04` wrong amount, `97` wrong signature, `99` anything else.
    #[schema(example = "00")]
    rsp_code: &'static str,
    /// The same in words.
    #[schema(example = "Confirm Success")]
    message: &'static str,
}

impl IpnAnswer {
    const RECORDED: Self = Self { rsp_code: "00", message: "Confirm Success" };
    const UNKNOWN: Self = Self { rsp_code: "01", message: "Order not found" };
    const CONFIRMED: Self = Self { rsp_code: "02", message: "Order already confirmed" };
    const AMOUNT: Self = Self { rsp_code: "04", message: "Invalid amount" };
    const CHECKSUM: Self = Self { rsp_code: "97", message: "Invalid Checksum" };
    const OTHER: Self = Self { rsp_code: "99", message: "Unknown error" };
}

/// Receives a notification of VNPay
///
/// The signature is verified first, over the query's pairs exactly as received. A query without a result, such as an address
/// to pay at, changes nothing. Always answered with 200 and VNPay's own codes.
#[utoipa::path(
    get,
    path = "/webhooks/vnpay/{tenant}/ipn",
    tag = "Webhooks",
    operation_id = "receive_vnpay",
    params(
        ("tenant" = String, Path, description = "The tenant whose terminal it is", example = "ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("vnp_*" = Option<String>, Query, description = "VNPay's parameters, with `vnp_SecureHash`: HMAC-SHA512 of all others in lower-case hex"),
    ),
    responses(
        (status = 200, description = "Received", body = IpnAnswer),
        refusals::Of<(refusals::TenantNotFound,)>,
    ),
    extensions(("x-access" = json!("anyone"))),
)]
pub async fn receive(
    State(edge): State<Edge>,
    info: RequestInfo,
    Path(tenant): Path<TenantId>,
    RawQuery(query): RawQuery,
) -> Result<axum::Json<IpnAnswer>, Problem> {
    let tenant = TenantOf::named(&edge, &info, tenant).await?;
    let credentials: Credentials =
        edge.vault().open_credentials(&tenant, PROVIDER.as_str()).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let Ok(ipn) = UnverifiedIpn::new(query.as_deref().unwrap_or_default()).verify(&credentials) else {
        return Ok(axum::Json(IpnAnswer::CHECKSUM));
    };
    let operation = Books::operation(&edge, &info, tenant.scope(), PROVIDER);
    let books = Books::of(&edge, &operation, PROVIDER, credentials.tmn_code());
    Ok(axum::Json(answer(&books, &ipn).await))
}

async fn answer(books: &Books<'_>, ipn: &VerifiedIpn) -> IpnAnswer {
    // Not set aside: whoever has an address to pay at could fill the table with it.
    let Ok(notification) = ipn.notification() else { return IpnAnswer::OTHER };
    let taken = books.take(notification.event_id.clone(), Ok(notification)).await;
    match taken {
        Ok(Taken::Applied | Taken::NeedsRefund) => IpnAnswer::RECORDED,
        Ok(Taken::Duplicate | Taken::Ignored | Taken::Quarantined(Reason::Misfit(Misfit::SecondCharge))) => {
            IpnAnswer::CONFIRMED
        }
        Ok(Taken::Quarantined(Reason::Misfit(Misfit::Amount))) => IpnAnswer::AMOUNT,
        Ok(Taken::Quarantined(Reason::Account | Reason::Order | Reason::Notes)) => IpnAnswer::UNKNOWN,
        // Its notifications never tell of refunds or disputes.
        Ok(Taken::Quarantined(
            Reason::Unusable(_) | Reason::Refund | Reason::Contradiction(_) | Reason::Dispute(_),
        )) => IpnAnswer::OTHER,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a notification could not be booked");
            IpnAnswer::OTHER
        }
    }
}

#[cfg(test)]
mod tests;
