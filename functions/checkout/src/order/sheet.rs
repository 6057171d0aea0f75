//! Orders as a table to download.

use domain::order::Order;
use domain::tenant::TenantScope;
use store::order_lists::{OrderFilter, Whose};
use web::{Cell, Code, Download, Edge, Problem, Sheet};

/// The most orders that one table looks at.
const MOST_ORDERS: usize = 5_000;
/// The most bytes of one table: what Lambda hands on is 6 MB at most.
const MOST_BYTES: usize = 5_000_000;

/// The name under which a table is saved.
const NAME: &str = "orders.csv";
const COLUMNS: [&str; 14] = [
    "orderId",
    "orderGroupId",
    "placedAt",
    "updatedAt",
    "status",
    "sellerId",
    "items",
    "pieces",
    "currency",
    "subtotal",
    "discount",
    "shipping",
    "tax",
    "total",
];
/// What the tenant's people see too.
const BUYER: &str = "userId";

/// Writes the orders of a time into a table, newest first, one row for each. It holds nobody's name or address; with
/// `buyers`, their ids.
///
/// # Errors
/// With 422 when they are too many; when they can't be read.
pub(crate) async fn sheet(
    edge: &Edge,
    scope: TenantScope,
    whose: Whose,
    filter: &OrderFilter,
    buyers: bool,
) -> Result<Download, Problem> {
    let found = edge.store().orders_within(scope, whose, filter, MOST_ORDERS).await?;
    let orders = found.ok_or_else(too_many)?;
    let columns: Vec<&str> = COLUMNS.into_iter().chain(buyers.then_some(BUYER)).collect();
    let mut sheet = Sheet::new(NAME, &columns)?;
    for order in &orders {
        sheet.row(row(order).into_iter().chain(buyers.then(|| Cell::plain(order.user))))?;
    }
    let download = sheet.download()?;
    if download.len() > MOST_BYTES { Err(too_many()) } else { Ok(download) }
}

fn too_many() -> Problem {
    Problem::new(Code::RuleBroken).message("These are too many orders for one table: ask for a shorter time")
}

fn row(order: &Order) -> Vec<Cell> {
    let items = order.lines.iter().map(|line| {
        let material = line.material_name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
        format!("{} x {} {}{material}", line.quantity.get(), line.sku, line.name)
    });
    let items: Vec<String> = items.collect();
    let pieces = order.lines.iter().fold(0u32, |sum, line| sum.saturating_add(line.quantity.get()));
    let totals = &order.totals;
    let mut row = vec![
        Cell::plain(order.id),
        Cell::plain(order.group),
        Cell::plain(order.created_at),
        Cell::plain(order.updated_at),
        Cell::plain(order.status.as_str()),
        Cell::plain(order.seller),
        Cell::text(items.join("; ")),
        Cell::plain(pieces),
        Cell::plain(totals.total.currency),
    ];
    row.extend([totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total].map(Cell::amount));
    row
}
