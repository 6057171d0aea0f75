//! `GET /admin/payouts/export`

use axum::extract::State;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::ledger::{Payout, PayoutStatus};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Bearer, Cell, Code, Download, Edge, Problem, Query, Sheet, Span, refusals};

/// How many days one table covers at most.
const MOST_DAYS: u32 = 366;
/// The most payouts that one table looks at.
const MOST: usize = 10_000;

/// Which payouts to write into the table.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Only those in this status: `OPEN`, `PAID` or `CANCELLED`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "OPEN")]
    status: Option<PayoutStatus>,
    /// Only those made at this instant or later; 366 days before `to` when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<Timestamp>,
    /// Only those made before this instant; now when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    to: Option<Timestamp>,
}

/// Download payouts as a table
///
/// CSV (RFC 4180), one row for each payout, newest first; of 366 days at most, and 10000 payouts. Amounts are exact, in the
/// currency's major unit. Those that are still to be sent are the ones with `status=OPEN`.
#[utoipa::path(
    get,
    path = "/admin/payouts/export",
    tag = "Payouts",
    params(ExportQuery),
    responses(
        (status = 200, description = "The table", content_type = "text/csv", body = String,
            example = json!("payoutId,sellerId,amount\r\npyt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC,sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC,1299.00\r\n")),
        refusals::Of<(refusals::RuleBroken,)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn export_payouts(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ExportQuery>,
) -> Result<Download, Problem> {
    let Span { from, to } = Span::asked(query.from, query.to, edge.ambient().now(), MOST_DAYS)?;
    let caller = bearer.check().await?;
    caller.require(Permission::ManageSellers)?;
    let payouts = edge.store().payouts_within(caller.scope, (from, to), MOST).await?;
    let payouts = payouts.ok_or_else(|| {
        Problem::new(Code::RuleBroken).message("These are too many payouts for one table: ask for a shorter time")
    })?;
    let columns = ["payoutId", "sellerId", "status", "currency", "amount", "reference", "createdAt", "updatedAt"];
    let mut sheet = Sheet::new("payouts.csv", &columns)?;
    let wanted = |payout: &&Payout| query.status.is_none_or(|status| payout.status == status);
    for payout in payouts.iter().filter(wanted) {
        sheet.row([
            Cell::plain(payout.id),
            Cell::plain(payout.seller),
            Cell::plain(payout.status.as_str()),
            Cell::plain(payout.amount.currency),
            Cell::amount(payout.amount),
            Cell::text(payout.reference.as_deref().unwrap_or_default()),
            payout.created_at.into(),
            payout.updated_at.into(),
        ])?;
    }
    sheet.download()
}
