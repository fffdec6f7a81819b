//! Files that are made for one person to keep.

use super::Site;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The rows of an import that failed, under the file's own column titles plus `Problem`: to mend and import again.
pub async fn failed_rows(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return StatusCode::NOT_FOUND.into_response() };
    let failed = match site.services.directory.failed_rows(id).await {
        Ok(Some(failed)) => failed,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return app::api::ApiError::from(error).status().into_response(),
    };
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let titles = failed.columns.iter().map(|(title, _)| title.as_str()).chain(["Problem"]);
    let mut written = csv.write_record(titles.map(cell));
    for row in &failed.rows {
        let cells = failed.columns.iter().map(|(_, field)| row.values.get(field).map_or("", String::as_str));
        written = written.and_then(|()| csv.write_record(cells.chain([row.problem.as_str()]).map(cell)));
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

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    roster::export::defuse(text).into_owned()
}
