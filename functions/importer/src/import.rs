//! An import, slice by slice.

use domain::bulk::{BulkFormat, Failure, FaultCode, Import, JobStatus};
use domain::formula;
use domain::id::ImportId;
use domain::operation::Operation;
use platform::objects::ObjectError;
use store::bulk::Then;
use store::table::Consistency;
use worker::JobError;

use crate::State;
use crate::apply::{self, Numbered};
use crate::column::{self, Column};
use crate::fields::{self, Fault};
use crate::report::Report;
use crate::row::{self, Market};
use crate::source::Source;
use crate::split::{LONGEST_ROW, Raw, Splitter};

/// How many rows are stored side by side.
const WINDOW: usize = 25;
/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a slice has ended.
enum End {
    /// The file is done.
    Done,
    /// There is more in the file than fits into a slice.
    More,
    /// Another worker is at it.
    Overtaken,
}

/// Does a slice of an import; calls the worker again where there is more.
///
/// # Errors
/// When a part that it needs is out of reach: then the slice is done again from the last step on.
pub async fn run(state: &State, operation: &Operation, import: ImportId) -> Result<(), JobError> {
    let scope = operation.scope;
    let (import, tenant, categories) = tokio::try_join!(
        state.store.import(scope, import),
        state.store.tenant(scope, Consistency::Eventual),
        state.store.categories(scope, Consistency::Eventual),
    )?;
    let mut import = import.ok_or_else(|| JobError::fail("the import is gone"))?;
    let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
    let market = Market { currency: tenant.settings.currency, tax: tenant.settings.tax.clone(), categories };
    if import.status.is_final() {
        return Ok(());
    }
    let acting = match state.acting(operation, import.user, import.seller).await? {
        Ok(acting) => acting,
        Err(failure) => return fail(state, operation, import, failure).await,
    };
    let mut report = Report::open(&state.files, &import).await?;
    match slice(state, &acting, &market, &mut import, &mut report).await? {
        Ok(End::Overtaken) => {
            tracing::info!(import.id = %import.id, "another worker is at this import");
            Ok(())
        }
        Ok(end) => {
            report.store(&state.files, operation, &mut import).await?;
            import.status = if matches!(end, End::Done) { JobStatus::Done } else { JobStatus::Running };
            step(state, &acting, &mut import, Then::Later).await?;
            Ok(())
        }
        Err(failure) => fail(state, &acting, import, failure).await,
    }
}

async fn fail(state: &State, operation: &Operation, mut import: Import, failure: Failure) -> Result<(), JobError> {
    tracing::info!(import.id = %import.id, code = failure.code.as_str(), "an import can't be done");
    import.status = JobStatus::Failed;
    import.failure = Some(failure);
    step(state, operation, &mut import, Then::Here).await.map(drop)
}

/// Notes how far the import has come. Tells whether this worker is still the one who is at it.
async fn step(state: &State, operation: &Operation, import: &mut Import, then: Then) -> Result<bool, JobError> {
    let operation = Operation { now: state.ambient.now(), ..operation.clone() };
    match state.store.step_import(&operation, import, then).await? {
        Ok(after) => {
            *import = after;
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

/// Imports rows until the file or the slice ends.
async fn slice(
    state: &State,
    operation: &Operation,
    market: &Market,
    import: &mut Import,
    report: &mut Report,
) -> Result<Result<End, Failure>, JobError> {
    let started = state.ambient.now();
    let (key, format) = (import.object_key.clone(), import.format);
    let mut source = Source::new(&state.files, &key, import.offset);
    let mut splitter = Splitter::new(format);
    let columns = match begin(import, &mut source, &mut splitter).await? {
        Ok(columns) => columns,
        Err(failure) => return Ok(Err(failure)),
    };
    let (mut done, mut since_step) = (0_u64, 0_u64);
    loop {
        let mut rows = Vec::with_capacity(WINDOW);
        let mut ended = false;
        while rows.len() < WINDOW && !ended {
            match next(&mut source, &mut splitter).await? {
                Some(raw) => {
                    let number = import
                        .progress
                        .read
                        .saturating_add(rows.len().try_into().unwrap_or(u64::MAX))
                        .saturating_add(1);
                    rows.push(read(number, &columns, raw, market));
                }
                None => ended = true,
            }
        }
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if ended && count == 0 && format == BulkFormat::Jsonl && import.progress.read == 0 {
            return Ok(Err(empty()));
        }
        let operation = Operation { now: state.ambient.now(), ..operation.clone() };
        for row in apply::window(state, import, &operation, rows).await? {
            report.add(shown(format, row.number), &row.sku, &row.faults)?;
            import.progress.count(row.outcome);
        }
        import.offset = source.offset();
        if ended {
            return Ok(Ok(End::Done));
        }
        (done, since_step) = (done.saturating_add(count), since_step.saturating_add(count));
        if state.slice.is_over(&state.ambient, started, done) {
            return Ok(Ok(End::More));
        }
        if since_step >= state.slice.step {
            since_step = 0;
            report.store(&state.files, &operation, import).await?;
            import.status = JobStatus::Running;
            if !step(state, &operation, import, Then::Here).await? {
                return Ok(Ok(End::Overtaken));
            }
        }
    }
}

/// Passes over what stands before the first row that is not done: the byte order mark, and the header of a CSV file.
async fn begin(
    import: &mut Import,
    source: &mut Source<'_>,
    splitter: &mut Splitter,
) -> Result<Result<Vec<Column>, Failure>, JobError> {
    let begins = source.offset() == 0;
    match source.bytes().await {
        Ok([]) if begins => return Ok(Err(empty())),
        Ok(bytes) if begins && bytes.starts_with(BYTE_ORDER_MARK) => source.pass(BYTE_ORDER_MARK.len()),
        Ok(_) => {}
        // Also in the middle: an import that stood still until an operator called it again may come too late.
        Err(ObjectError::NotFound) => {
            return Ok(Err(Failure { code: FaultCode::FileGone, reason: "The file is gone".to_owned() }));
        }
        Err(error) => return Err(error.into()),
    }
    if import.format == BulkFormat::Csv && import.columns.is_empty() {
        let names = match next(source, splitter).await? {
            Some(Raw::Cells(cells)) => cells.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>(),
            Some(Raw::TooLong | Raw::Line(_)) => {
                let reason = format!("The header is longer than {LONGEST_ROW} bytes");
                return Ok(Err(Failure { code: FaultCode::RowTooLong, reason }));
            }
            None => return Ok(Err(empty())),
        };
        let Ok(names) = names else {
            return Ok(Err(Failure { code: FaultCode::NotUtf8, reason: "The header is not UTF-8".to_owned() }));
        };
        import.columns = names.iter().map(|name| name.trim().to_owned()).collect();
    }
    Ok(match import.format {
        BulkFormat::Csv => column::header(&import.columns),
        BulkFormat::Jsonl => Ok(Vec::new()),
    })
}

fn empty() -> Failure {
    Failure { code: FaultCode::EmptyFile, reason: "The file is empty".to_owned() }
}

/// Reads the next row as it stands in the file.
async fn next(source: &mut Source<'_>, splitter: &mut Splitter) -> Result<Option<Raw>, JobError> {
    loop {
        let bytes = source.bytes().await?;
        let is_end = bytes.is_empty();
        let (taken, raw) = splitter.step(bytes);
        source.pass(taken);
        if raw.is_some() || is_end {
            return Ok(raw);
        }
    }
}

fn read(number: u64, columns: &[Column], raw: Raw, market: &Market) -> Numbered {
    let fields = match &raw {
        Raw::Cells(cells) => fields::of_cells(columns, cells),
        Raw::Line(line) => fields::of_line(line),
        Raw::TooLong => {
            let reason = format!("is longer than {LONGEST_ROW} bytes, or has a quote that is not closed");
            Err(vec![Fault::row(FaultCode::RowTooLong, reason)])
        }
    };
    let sku = match (&fields, &raw) {
        (Ok(fields), _) => fields.get(&Column::Sku).cloned().unwrap_or_default(),
        (Err(_), Raw::Cells(cells)) => {
            let place = columns.iter().position(|column| *column == Column::Sku);
            let cell = place.and_then(|place| cells.get(place)).map(|cell| String::from_utf8_lossy(cell).into_owned());
            formula::unguard(cell.unwrap_or_default().trim()).to_owned()
        }
        (Err(_), Raw::Line(_) | Raw::TooLong) => String::new(),
    };
    let sku = sku.chars().take(50).collect();
    Numbered { number, sku, row: fields.and_then(|fields| row::read(&fields, market)) }
}

/// Numbers a row as a spreadsheet does, where the header of a CSV file is the first.
fn shown(format: BulkFormat, number: u64) -> u64 {
    match format {
        BulkFormat::Csv => number.saturating_add(1),
        BulkFormat::Jsonl => number,
    }
}
