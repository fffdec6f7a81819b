//! Plans a fix by reading the rows that it is about.

use super::{Shared, listing, tell};
use app::workbench::protocol::Report;
use roster::problem::Code;
use roster::review::Filter;

/// Rows planned before other commands get their turn.
const ROWS: usize = 5_000;

/// Proposes a fix for a problem, and keeps its plan until it is carried out.
pub async fn propose(engine: Shared, code: Code, pattern: Option<String>) {
    let (plan, rows, generation) = {
        let mut state = engine.borrow_mut();
        state.fix = None;
        let generation = state.generation;
        let Some(review) = &state.review else { return };
        let filter = Filter { code: Some(code), ..Filter::default() };
        (review.begin_fix(code, pattern.as_deref()), review.rows_matching(&filter), generation)
    };
    let Some(mut plan) = plan else { return tell(&Report::Fix(None)) };
    let lessons = engine.borrow().review.as_ref().map(|review| review.lessons(&plan)).unwrap_or_default();
    listing::each(&engine, &lessons, |state, span, bytes| {
        if let Some(review) = &state.review {
            review.teach_fix(&mut plan, span.row, bytes);
        }
    })
    .await;
    for part in rows.chunks(ROWS) {
        let spans = {
            let state = engine.borrow();
            let Some(review) = state.review.as_ref().filter(|_| state.generation == generation) else {
                return;
            };
            part.iter().filter_map(|row| review.span(*row)).collect::<Vec<_>>()
        };
        listing::each(&engine, &spans, |state, span, bytes| {
            if let Some(review) = &mut state.review {
                review.plan_fix(&mut plan, span.row, bytes);
            }
        })
        .await;
    }
    let mut state = engine.borrow_mut();
    if state.generation == generation
        && let Some(review) = &state.review
    {
        let proposal = review.proposal(&plan);
        state.fix = Some(plan);
        tell(&Report::Fix(proposal));
    }
}
