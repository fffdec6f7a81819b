//! Counts the values of one column, by reading the file once more. Only when somebody asks: nothing is kept per row.

use super::{Shared, listing, now, pause, tell};
use app::workbench::protocol::{ColumnValues, Report};
use std::collections::BTreeMap;

/// Rows read at once.
const ROWS: u32 = 5_000;
/// More different values than this nobody looks through.
const MOST: usize = 200;
/// Milliseconds between two reports.
const REPORT_EVERY: f64 = 200.0;

/// Counts the values of a column, and reports them as they become more. Ends when another count is asked for.
pub async fn count(engine: Shared, column: Option<u32>) {
    let mine = {
        let mut state = engine.borrow_mut();
        state.counts += 1;
        (state.counts, state.generation)
    };
    let Some(column) = column else { return };
    let mut counted = ColumnValues { column, ..ColumnValues::default() };
    let mut values: BTreeMap<String, u32> = BTreeMap::new();
    let mut reported = now();
    while !counted.done && !counted.too_many {
        let spans: Vec<_> = {
            let state = engine.borrow();
            let Some(review) = state.review.as_ref().filter(|_| (state.counts, state.generation) == mine)
            else {
                return;
            };
            let first = counted.rows + 1;
            let last = counted.rows.saturating_add(ROWS).min(review.totals().rows);
            counted.rows = last;
            counted.done = last == review.totals().rows && review.is_finished();
            (first..=last).filter_map(|row| review.span(row)).collect()
        };
        if spans.is_empty() && !counted.done {
            // The file is still being read.
            pause(50).await;
        }
        listing::each(&engine, &spans, |state, span, bytes| {
            let Some(review) = &state.review else { return };
            let Some(value) = review.value(span.row, column as usize, bytes) else { return };
            let full = values.len() == MOST;
            match values.get_mut(&value) {
                Some(number) => *number += 1,
                None if !full => {
                    values.insert(value, 1);
                }
                None => counted.too_many = true,
            }
        })
        .await;
        let time = now();
        if counted.done || counted.too_many || time - reported > REPORT_EVERY {
            reported = time;
            counted.values = values.iter().map(|(value, number)| (value.clone(), *number)).collect();
            counted.values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let state = engine.borrow();
            if (state.counts, state.generation) != mine {
                return;
            }
            tell(&Report::Values(counted.clone()));
        }
    }
}
