//! Files that are made for one person to keep.

use super::Site;
use app::api::ApiError;
use app::api::audit::AuditQuery;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use directory::audit::AuditEntry;

/// The rows of an import that failed, under the file's own column titles plus `Problem`: to mend and import again.
pub async fn failed_rows(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return StatusCode::NOT_FOUND.into_response() };
    let failed = match site.services.directory.failed_rows(id).await {
        Ok(Some(failed)) => failed,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            let error = ApiError::from(error);
            return (error.status(), error.to_string()).into_response();
        }
    };
    let import = id.to_string();
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let titles = failed.columns.iter().map(|(title, _)| title.as_str()).chain(["Problem"]);
    let mut written = csv.write_record(titles.map(cell));
    for row in &failed.rows {
        let cells = failed.columns.iter().map(|(_, field)| row.values.get(field).map_or("", String::as_str));
        let problem = roster::export::tagged(&row.problem, &import, row.row);
        written = written.and_then(|()| csv.write_record(cells.chain([problem.as_str()]).map(cell)));
    }
    match (written, csv.into_inner()) {
        (Ok(()), Ok(bytes)) => (
            [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"rows-with-problems.csv\""),
            ],
            bytes,
        )
            .into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What of the audit trail is written next.
enum Next {
    /// The first records, which have been read.
    Have(Vec<AuditEntry>),
    /// Those behind a number.
    After(i64),
    /// Nothing more.
    Nothing,
}

/// The audit trail, oldest first, as far as a filter keeps it; sent while it is read.
pub async fn audit_trail(
    State(site): State<Site>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "This filter could not be understood.").into_response();
    };
    let filter = match query.filter() {
        Ok(filter) => filter,
        Err(error) => return (error.status(), error.to_string()).into_response(),
    };
    let directory = site.services.directory.clone();
    // Before anything is promised: a trail that cannot be read is no file that breaks off.
    let beginning = match directory.audit_from(&filter, 0).await {
        Ok(entries) => entries,
        Err(error) => {
            let error = ApiError::from(error);
            return (error.status(), error.to_string()).into_response();
        }
    };
    let records = futures::stream::try_unfold(Next::Have(beginning), move |next| {
        let (directory, filter) = (directory.clone(), filter.clone());
        async move {
            let (entries, titled) = match next {
                Next::Have(entries) => (entries, true),
                Next::After(number) => (directory.audit_from(&filter, number).await?, false),
                Next::Nothing => return Ok(None),
            };
            let next = entries.last().map_or(Next::Nothing, |entry| Next::After(entry.number));
            anyhow::Ok(Some((audit_lines(&entries, titled)?, next)))
        }
    });
    (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        ],
        Body::from_stream(records),
    )
        .into_response()
}

/// Records as lines of CSV, under titles at the beginning; safe to open with a spreadsheet.
///
/// # Errors
/// None in practice: the lines are written to memory.
pub fn audit_lines(entries: &[AuditEntry], titled: bool) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if titled {
        csv.write_record(["\u{feff}Number", "Time (UTC)", "Actor", "Event", "Target", "Detail"])?;
    }
    for entry in entries {
        let number = entry.number.to_string();
        let at = jiff::Timestamp::from_millisecond(entry.at.0)?.to_string();
        let texts = [entry.actor.as_str(), &entry.event, &entry.target, &entry.detail];
        csv.write_record([number, at].into_iter().chain(texts.map(cell)))?;
    }
    Ok(csv.into_inner()?)
}

/// A cell that no spreadsheet takes for a formula.
pub fn cell(text: &str) -> String {
    roster::export::defuse(text).into_owned()
}
