//! What lists and tables of orders can be asked for.

use domain::clock::Timestamp;
use domain::order::OrderStatus;
use garde::Validate;
use serde::Deserialize;
use store::order_lists::OrderFilter;
use utoipa::IntoParams;
use web::{Limit, Problem, Span};

/// How many days one table covers at most.
const MOST_DAYS: u32 = 31;

/// Which orders to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Only those in this status, such as `PAID`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "PAID")]
    pub(crate) status: Option<OrderStatus>,
    /// Only those placed at this instant or later.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub(crate) from: Option<Timestamp>,
    /// Only those placed before this instant.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    pub(crate) to: Option<Timestamp>,
    /// How many objects a page holds.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    pub(crate) limit: Limit,
    /// Where to read on: `nextCursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 2048))]
    pub(crate) cursor: Option<String>,
}

impl OrdersQuery {
    /// Returns the filter.
    ///
    /// # Errors
    /// With 400 when the time ends before it begins.
    pub(crate) fn filter(&self) -> Result<OrderFilter, Problem> {
        filter(self.status, self.from, self.to)
    }
}

/// Which orders to write into a table.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Only those in this status, such as `PAID`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "PAID")]
    pub(crate) status: Option<OrderStatus>,
    /// Only those placed at this instant or later; 31 days before `to` when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub(crate) from: Option<Timestamp>,
    /// Only those placed before this instant; now when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    pub(crate) to: Option<Timestamp>,
}

impl ExportQuery {
    /// Returns the filter.
    ///
    /// # Errors
    /// With 400 when the time ends before it begins, or is longer than 31 days.
    pub(crate) fn filter(&self, now: Timestamp) -> Result<OrderFilter, Problem> {
        span(self.status, self.from, self.to, now)
    }
}

/// Makes the filter of a table, whose time has a beginning and an end.
///
/// # Errors
/// With 400 when the time ends before it begins, or is longer than 31 days.
pub(crate) fn span(
    status: Option<OrderStatus>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<OrderFilter, Problem> {
    let Span { from, to } = Span::asked(from, to, now, MOST_DAYS)?;
    Ok(OrderFilter { status, seller: None, from: Some(from), to: Some(to) })
}

/// Makes the filter of a list.
///
/// # Errors
/// With 400 when the time ends before it begins.
pub(crate) fn filter(
    status: Option<OrderStatus>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<OrderFilter, Problem> {
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        return Err(Problem::invalid("to", "must be later than `from`"));
    }
    Ok(OrderFilter { status, seller: None, from, to })
}
