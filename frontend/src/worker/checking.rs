//! Reviews a file for nobody to see: no reports, no directory, nothing kept.

use super::reading::{Again, DOUBTFUL, Reading, again, unreadable};
use super::{slice, transcoding};
use roster::problem::RowProblem;
use roster::review::Review;
use roster::{PasswordPolicy, dialect::DialectChoice};
use web_sys::File;

/// The review of a file that is read as the workbench reads it.
///
/// # Errors
/// The file cannot be used.
pub async fn check(file: File) -> Result<Review, RowProblem> {
    let (mut file, mut review) = (file, new());
    while let Some(again) = read_through(&file, &mut review).await? {
        if let Again::As(encoding) = again {
            file = transcoding::transcoded(&file, encoding).await.ok_or_else(unreadable)?;
            review.read_as(encoding);
        }
    }
    loop {
        let spans = review.doubtful(DOUBTFUL);
        if spans.is_empty() {
            return Ok(review);
        }
        for span in spans {
            let bytes = slice(Some(&file), span.start, u64::from(span.len)).await;
            review.confirm(span.row, &bytes.ok_or_else(unreadable)?);
        }
    }
}

fn new() -> Review {
    Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new())
}

/// Reads from the first byte to the last; why from its start again.
async fn read_through(file: &File, review: &mut Review) -> Result<Option<Again>, RowProblem> {
    let mut reading = Reading::of(file);
    while let Some(part) = reading.next().await {
        let pushed = reading.review(&part.map_err(|_| unreadable())?, review);
        if let Some(again) = again(review, pushed)? {
            return Ok(Some(again));
        }
    }
    let finished = review.finish();
    again(review, finished)
}
