//! Footnotes: what stands below a table without being a row of it. Only what is plainly none is left out.

use crate::dialect::Kind;
use crate::problem::RowProblem;
use crate::reader::Record;

/// More lines than this are no footnote.
const MOST: usize = 20;

/// What may be the footnotes of a table: lines that are held back until it is known whether rows follow.
#[derive(Debug, Default)]
pub(super) struct Footer {
    held: String,
    /// What is wrong with the first of them, should they turn out to be rows.
    problem: Option<RowProblem>,
    lines: usize,
    /// How often the first column looked like what.
    kinds: [u64; Kind::COUNT],
    rows: u64,
    /// The last line of the last record.
    last_line: u32,
}

impl Footer {
    /// Looks at the next record; whether it may be a footnote. `mended`: it is known to be a row.
    pub(super) fn look(&mut self, record: &Record<'_>, width: usize, mended: bool) -> bool {
        let apart = record.line > self.last_line.saturating_add(1) && self.last_line > 0 || self.lines > 0;
        let breaks = if record.plain { 0 } else { memchr::memchr2_iter(b'\n', b'\r', record.raw()).count() };
        self.last_line = record.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        let narrow = record.cells() == 1;
        let sparse = record.cells() == width && self.rows > 0 && self.is_sparse(record);
        if !mended && width >= 3 && self.rows > 0 && (narrow || sparse) && self.lines < MOST {
            let kind = Kind::of(&record.shown(0));
            let usual = self.usual();
            let unlike = usual.is_some_and(|usual| usual != kind);
            let valued = usual.is_some_and(Kind::is_value);
            if narrow && (unlike || apart && !kind.is_value()) || sparse && unlike && (valued || apart) {
                return true;
            }
        }
        self.rows += 1;
        let first = record.fields().first();
        let first = first.map(|field| &record.raw()[field.start as usize..field.end as usize]);
        // A thousand rows tell.
        if self.rows <= 1000 {
            let kind = first.map_or(Kind::Empty, |raw| Kind::of(&String::from_utf8_lossy(raw)));
            self.kinds[kind as usize] += 1;
        }
        false
    }

    /// Whether only the first cell holds something.
    fn is_sparse(&self, record: &Record<'_>) -> bool {
        let fields = record.fields();
        let is_filled = |at: usize| {
            let field = &fields[at];
            !record.raw()[field.start as usize..field.end as usize].trim_ascii().is_empty()
        };
        (1..fields.len()).all(|at| !is_filled(at)) && is_filled(0)
    }

    /// What nearly all cells of the first column look like.
    fn usual(&self) -> Option<Kind> {
        const KINDS: [Kind; Kind::COUNT] = [
            Kind::Empty,
            Kind::Number,
            Kind::Date,
            Kind::Time,
            Kind::Email,
            Kind::Url,
            Kind::Word,
            Kind::Text,
            Kind::Odd,
        ];
        let all: u64 = self.kinds.iter().sum();
        KINDS.into_iter().find(|&kind| self.kinds[kind as usize] * 10 >= all * 9)
    }

    /// Keeps the text of a record back, and what would be wrong with it as a row.
    pub(super) fn hold(&mut self, text: String, problem: Option<RowProblem>) {
        self.held.push_str(&text);
        self.problem = self.problem.take().or(problem);
        self.lines += 1;
    }

    /// How many records are held back.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// A row followed: what was held back are rows, too. Their text, and what is wrong with them.
    pub(super) fn release(&mut self) -> (String, Option<RowProblem>) {
        self.lines = 0;
        (std::mem::take(&mut self.held), self.problem.take())
    }
}
