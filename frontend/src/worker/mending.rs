//! Rows that failed in an import and come back mended: known by what the file says of them, and sent into that import.

use super::{Shared, listing, sending, server, tell};
use app::wire::{ApiError, CHUNK_ROWS, MendRows};
use app::workbench::protocol::Report;
use roster::field::PersonRow;
use roster::review::{Action, Options, Span};

/// Tells which import the file's rows failed in, if it is a download of failed rows.
pub async fn look(engine: &Shared) {
    let span = engine.borrow().review.as_ref().and_then(|review| review.span(1));
    let Some(span) = span else { return };
    let mut import = None;
    listing::each(engine, &[span], |state, span, bytes| {
        let tag = state.review.as_ref().and_then(|review| review.failed_row(span.row, bytes));
        import = tag.map(|(import, _)| import);
    })
    .await;
    tell(&Report::Mends { import });
}

/// Sends the chosen rows into the import in which they failed.
pub async fn send(engine: Shared, import: String) {
    let (rows, as_of, options) = {
        let mut state = engine.borrow_mut();
        if state.sending {
            return;
        }
        let as_of = state.people.as_of;
        let Some(review) = state.review.as_mut() else { return };
        let rows = review.chosen_rows(1, u32::MAX);
        let options = review.options().clone();
        state.sending = true;
        (rows, as_of, options)
    };
    let sent = send_all(&engine, &import, &rows, (as_of, options)).await;
    engine.borrow_mut().sending = false;
    match sent {
        Ok(()) => {
            tell(&Report::Opened { import });
            tell(&Report::Submitted);
        }
        Err(error) => tell(&Report::SubmitFailed(error.to_string())),
    }
}

async fn send_all(
    engine: &Shared,
    import: &str,
    rows: &[u32],
    (as_of, options): (Option<i64>, Options),
) -> Result<(), ApiError> {
    let mut mended: Vec<(PersonRow, Action)> = Vec::with_capacity(rows.len());
    let mut stray = None;
    for some in rows.chunks(CHUNK_ROWS as usize) {
        let spans: Vec<Span> = {
            let state = engine.borrow();
            let review = state.review.as_ref();
            some.iter().filter_map(|row| review.and_then(|review| review.span(*row))).collect()
        };
        listing::each(engine, &spans, |state, span, bytes| {
            let Some(review) = &state.review else { return };
            match (review.failed_row(span.row, bytes), review.person_row(span.row, bytes)) {
                (Some((of, number)), Some((mut row, action))) if of == import => {
                    row.row = number;
                    mended.push((row, action));
                }
                _ => stray = stray.or(Some(span.row)),
            }
        })
        .await;
    }
    if let Some(row) = stray {
        return Err(ApiError::Refused(format!(
            "Row {row} does not say which failed row it is. Leave the column Problem as it was downloaded, or remove the \
             whole column to import these rows anew."
        )));
    }
    mended.sort_by_key(|(row, _)| row.row);
    if let Some([(row, _), _]) = mended.array_windows().find(|[one, other]| one.0.row == other.0.row) {
        return Err(ApiError::Refused(format!(
            "Row {} of the import comes twice. Keep one of them.",
            row.row
        )));
    }
    // Well below what a request may hold, whatever the rows hold.
    for (number, some) in mended.chunks(CHUNK_ROWS as usize / 8).enumerate() {
        let arguments = (import.to_owned(), as_of, options.clone(), some.to_vec());
        sending::persist(async || server::call::<MendRows>(&arguments).await).await?;
        let sent = (number * (CHUNK_ROWS as usize / 8) + some.len()) as u32;
        tell(&Report::Sent { rows: sent });
    }
    Ok(())
}
