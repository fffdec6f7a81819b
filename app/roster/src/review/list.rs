//! Which rows there are, by filter, and where they lie in the file.

use super::Review;
use super::index::{Class, Outcome};
use super::terms::{Filter, Span, Verdict};

impl Filter {
    fn fits(&self, outcome: Outcome) -> bool {
        self.verdict.is_none_or(|verdict| outcome.verdict == verdict)
            && self.code.is_none_or(|code| outcome.all & code.bit() != 0)
            && (!self.only_problems || outcome.all != 0)
    }
}

impl Review {
    /// Where a row lies in the file.
    pub fn span(&self, row: u32) -> Option<Span> {
        self.index.contains(row).then(|| {
            let (start, len) = self.index.places.span(row - 1);
            // Blank lines up to the next row are left out; a row has an end of its own.
            Span { row, start, len: len.min(crate::reader::MAX_ROW_BYTES) }
        })
    }

    /// What a row comes to.
    pub(super) fn outcome(&self, row: u32) -> Outcome {
        self.index.outcome(self.index.class(row), &self.rules)
    }

    /// Rows from `from_row` on that a test of their outcome lets through, in the order of the file. The test is put once
    /// for each run of rows of one class.
    pub(super) fn rows_where(
        &self,
        from_row: u32,
        test: impl Fn(Outcome) -> bool,
    ) -> impl Iterator<Item = u32> {
        let mut last: Option<(Class, bool)> = None;
        self.index.classes_from(from_row.max(1)).filter_map(move |(row, class)| {
            let fits = match last {
                Some((other, fits)) if other == class => fits,
                _ => test(self.index.outcome(class, &self.rules)),
            };
            last = Some((class, fits));
            fits.then_some(row)
        })
    }

    /// The rows that a filter lets through, in the order of the file.
    pub fn rows_matching(&self, filter: &Filter) -> Vec<u32> {
        self.rows_where(1, |outcome| filter.fits(outcome)).collect()
    }

    /// The same, sorted by what they do: what needs a look first, then in the order of the file.
    pub fn rows_by_verdict(&self, filter: &Filter) -> Vec<u32> {
        let order = [Verdict::Invalid, Verdict::Update, Verdict::AddNew, Verdict::Skip, Verdict::Unchanged];
        let of =
            |verdict| self.rows_where(1, move |outcome| outcome.verdict == verdict && filter.fits(outcome));
        order.into_iter().flat_map(of).collect()
    }

    /// A window of the rows that a filter lets through: `count` of them from the place `first` on, counted from 0.
    pub fn locate(&self, filter: &Filter, first: u32, count: u32) -> Vec<Span> {
        if *filter == Filter::default() {
            let from = first.saturating_add(1);
            let until = first.saturating_add(count).min(self.index.len());
            return (from..=until).filter_map(|row| self.span(row)).collect();
        }
        let rows = self.rows_where(1, |outcome| filter.fits(outcome));
        rows.skip(first as usize).take(count as usize).filter_map(|row| self.span(row)).collect()
    }

    /// How many rows a filter lets through.
    pub fn count(&self, filter: &Filter) -> u32 {
        let fits = |class| filter.fits(self.index.outcome(class, &self.rules));
        self.index.counts().filter(|(class, _)| fits(*class)).map(|(_, count)| count).sum()
    }

    /// Up to `max` rows from `from_row` on that would be sent: ticked, to add or to change somebody.
    pub fn chosen_rows(&self, from_row: u32, max: u32) -> Vec<u32> {
        let chosen = |outcome: Outcome| matches!(outcome.verdict, Verdict::AddNew | Verdict::Update);
        self.rows_where(from_row, chosen).take(max as usize).collect()
    }

    /// How many rows would be sent.
    pub fn chosen_count(&self) -> u32 {
        let totals = self.totals();
        totals.add_new + totals.update
    }
}
