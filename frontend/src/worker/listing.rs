//! Which rows the page shows: by filter, by text, a window of them at a time; and the file of those with problems.

use super::{Engine, Shared, server, slice, tell};
use app::wire::KnownPeople;
use app::workbench::protocol::{ColumnValue, Phase, Report};
use roster::review::{Alike, Filter, MatchBy, RowView, Span, alike};

/// Rows read at once while the whole file is searched.
const SEARCH_ROWS: usize = 5_000;
/// Neighbouring rows are read as one slice as long as it stays below this. What is read while somebody moves through the
/// list stands in the way of the rows that they want to see.
const MOST_BYTES: u64 = 1024 * 1024;

/// What the page wants to see.
pub struct Question {
    pub ticket: u32,
    pub filter: Filter,
    pub search: String,
    pub value: Option<ColumnValue>,
    pub alike: Option<Alike>,
    pub by_verdict: bool,
    pub first: u32,
    pub count: u32,
    pub keep: bool,
}

/// The list that the page is looking at. It stays as it is while cells are mended and rows ticked, so that nothing
/// moves under the person's hand; another filter, or reading on, makes it anew.
#[derive(Default)]
pub struct Listing {
    filter: Filter,
    search: String,
    value: Option<ColumnValue>,
    alike: Option<Alike>,
    by_verdict: bool,
    /// Row numbers; `None` stands for every row.
    rows: Option<Vec<u32>>,
    made: bool,
    /// Grows with every question, so that a search that was overtaken ends.
    searches: u32,
}

/// Answers with the rows of the page's window.
pub async fn answer(engine: Shared, question: Question) {
    if make(&engine, &question).await.is_none() {
        return;
    }
    let (spans, total, first) = {
        let state = engine.borrow();
        let Some(review) = &state.review else { return };
        let rows: Vec<u32> = match &state.listing.rows {
            None => {
                let end = question.first.saturating_add(question.count).min(review.totals().rows);
                (question.first + 1..=end).collect()
            }
            Some(rows) => {
                rows.iter().skip(question.first as usize).take(question.count as usize).copied().collect()
            }
        };
        let total = state.listing.rows.as_ref().map_or(review.totals().rows, |rows| rows.len() as u32);
        (rows.into_iter().filter_map(|row| review.span(row)).collect::<Vec<_>>(), total, question.first)
    };
    let match_by =
        engine.borrow().review.as_ref().map_or_else(MatchBy::default, |review| review.options().match_by);
    let (rows, strangers) = views(&engine, &spans).await;
    tell(&Report::Rows { ticket: question.ticket, total, first, rows });
    if strangers.is_empty() {
        return;
    }
    let keys = match match_by {
        MatchBy::Username => (strangers, Vec::new()),
        MatchBy::Email => (Vec::new(), strangers),
    };
    // What the directory has of these people is not at hand; the rows are shown again when it is.
    if let Ok(known) = server::call::<KnownPeople>(&keys).await {
        engine.borrow_mut().people.keep(&known);
        let (rows, _) = views(&engine, &spans).await;
        tell(&Report::Rows { ticket: question.ticket, total, first, rows });
    }
}

/// Rows as they are shown, and the keys of those whose person is in the directory but not at hand.
async fn views(engine: &Shared, spans: &[Span]) -> (Vec<RowView>, Vec<String>) {
    let (mut rows, mut strangers) = (Vec::with_capacity(spans.len()), Vec::new());
    each(engine, spans, |state, span, bytes| {
        let Some(review) = &state.review else { return };
        let mut view = review.view(span.row, bytes, None);
        if let Some(key) = view.person_key.as_ref().filter(|_| view.exists) {
            match state.people.get(key, review.options().match_by) {
                Some(person) => view = review.view(span.row, bytes, Some(person)),
                None => strangers.push(key.clone()),
            }
        }
        rows.push(view);
    })
    .await;
    (rows, strangers)
}

/// Makes the list that a question asks for, unless it is at hand.
async fn make(engine: &Shared, question: &Question) -> Option<()> {
    let search = question.search.trim().to_lowercase();
    let (candidates, mine) = {
        let mut state = engine.borrow_mut();
        let settled = state.phase == Phase::Ready || state.phase.is_cut_off();
        let listing = &state.listing;
        let same = listing.made
            && listing.filter == question.filter
            && listing.search == search
            && listing.value == question.value
            && listing.alike == question.alike
            && listing.by_verdict == question.by_verdict;
        if same && question.keep && settled {
            return Some(());
        }
        let reads = !search.is_empty() || question.value.is_some() || question.alike.is_some();
        let everything = question.filter == Filter::default() && !question.by_verdict;
        let review = state.review.as_ref()?;
        let rows = match question.by_verdict {
            true => Some(review.rows_by_verdict(&question.filter)),
            false => (!everything || reads).then(|| review.rows_matching(&question.filter)),
        };
        state.listing.searches += 1;
        if !reads {
            state.listing.set(question, search, rows);
            return Some(());
        }
        (rows.unwrap_or_default(), state.listing.searches)
    };
    let mut found = Vec::new();
    let mut keys = Vec::new();
    for part in candidates.chunks(SEARCH_ROWS) {
        let spans: Vec<Span> = {
            let state = engine.borrow();
            if state.listing.searches != mine {
                return None;
            }
            let review = state.review.as_ref()?;
            part.iter().filter_map(|row| review.span(*row)).collect()
        };
        each(engine, &spans, |state, span, bytes| {
            let Some(review) = state.review.as_ref() else { return };
            let has_value = question.value.as_ref().is_none_or(|wanted| {
                review.value(span.row, wanted.column as usize, bytes).as_ref() == Some(&wanted.value)
            });
            if has_value && (search.is_empty() || review.matches(span.row, bytes, &search)) {
                found.push(span.row);
                if let Some(by) = question.alike {
                    keys.extend(review.alike_key(by, span.row, bytes));
                }
            }
        })
        .await;
    }
    let mut state = engine.borrow_mut();
    if state.listing.searches != mine {
        return None;
    }
    if question.alike.is_some() {
        found = alike(keys);
    }
    state.listing.set(question, search, Some(found));
    Some(())
}

impl Listing {
    /// Takes the rows that a question's answer was found to be.
    fn set(&mut self, question: &Question, search: String, rows: Option<Vec<u32>>) {
        self.filter = question.filter.clone();
        self.search = search;
        self.value.clone_from(&question.value);
        self.alike = question.alike;
        self.by_verdict = question.by_verdict;
        self.rows = rows;
        self.made = true;
    }
}

/// A part of the file, read in one go for several calls of [`each_ahead`]: each reading costs more than its bytes do.
#[derive(Default)]
pub struct Ahead {
    /// The reading of the file it belongs to.
    generation: u32,
    start: u64,
    bytes: Vec<u8>,
}

/// Bytes read for [`Ahead`], if no more are asked for.
const AHEAD: u64 = 1024 * 1024;

/// Calls `visit` with each row's bytes, reading neighbours together.
pub async fn each(engine: &Shared, spans: &[Span], visit: impl FnMut(&mut Engine, Span, &[u8])) {
    read(engine, spans, 0, &mut Ahead::default(), visit).await;
}

/// The same for rows of which many calls ask, in the order of the file.
pub async fn each_ahead(
    engine: &Shared,
    spans: &[Span],
    ahead: &mut Ahead,
    visit: impl FnMut(&mut Engine, Span, &[u8]),
) {
    read(engine, spans, AHEAD, ahead, visit).await;
}

async fn read(
    engine: &Shared,
    spans: &[Span],
    least: u64,
    at_hand: &mut Ahead,
    mut visit: impl FnMut(&mut Engine, Span, &[u8]),
) {
    let (file, generation) = engine.borrow().source();
    let mut rest = spans;
    while let Some(first) = rest.first() {
        let together = rest
            .iter()
            .take_while(|span| {
                span.start >= first.start && span.start + u64::from(span.len) - first.start <= MOST_BYTES
            })
            .count()
            .max(1);
        let (now, later) = rest.split_at(together);
        rest = later;
        // Rows that were sorted do not lie in the order of the file.
        let end = now.iter().map(|span| span.start + u64::from(span.len)).max().unwrap_or(first.start);
        if !at_hand.holds(generation, first.start, end) {
            let length = (end - first.start).max(least);
            let Some(bytes) = slice(file.as_ref(), first.start, length).await else {
                return engine.borrow_mut().lose_file(generation);
            };
            *at_hand = Ahead { generation, start: first.start, bytes };
        }
        let mut state = engine.borrow_mut();
        if state.generation != generation {
            return;
        }
        for span in now {
            let from = (span.start - at_hand.start) as usize;
            if let Some(bytes) = at_hand.bytes.get(from..from + span.len as usize) {
                visit(&mut state, *span, bytes);
            }
        }
    }
}

impl Ahead {
    fn holds(&self, generation: u32, start: u64, end: u64) -> bool {
        self.generation == generation && self.start <= start && end <= self.start + self.bytes.len() as u64
    }
}

/// Makes a file of the rows that have a problem, in the file's own columns plus `Problem`.
pub async fn export(engine: Shared) {
    let (spans, mut text) = {
        let mut state = engine.borrow_mut();
        let Some(review) = state.review.as_mut() else { return };
        let rows = review.rows_matching(&Filter { only_problems: true, ..Filter::default() });
        let spans: Vec<Span> = rows.into_iter().filter_map(|row| review.span(row)).collect();
        (spans, format!("\u{feff}{}", review.export_header()))
    };
    each(&engine, &spans, |state, span, bytes| {
        if let Some(review) = &state.review {
            text.push_str(&review.export_row(span.row, bytes));
        }
    })
    .await;
    tell(&Report::Export(text.into_bytes()));
}
