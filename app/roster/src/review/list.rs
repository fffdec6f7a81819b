//! Which rows there are, by filter, and where they lie in the file.

use super::Review;
use super::index::Entry;
use super::terms::{Filter, Span, Verdict};

impl Filter {
    fn fits(&self, entry: &Entry) -> bool {
        self.verdict.is_none_or(|verdict| entry.verdict == verdict)
            && self.code.is_none_or(|code| entry.all & code.bit() != 0)
            && (!self.only_problems || entry.all != 0)
    }
}

impl Review {
    /// Where a row lies in the file.
    pub fn span(&self, row: u32) -> Option<Span> {
        self.index.contains(row).then(|| {
            let entry = self.index.entry(row);
            Span { row, start: entry.start, len: entry.len }
        })
    }

    /// The rows that a filter lets through, in the order of the file.
    pub fn rows_matching(&self, filter: &Filter) -> Vec<u32> {
        self.index.entries().filter(|(_, entry)| filter.fits(entry)).map(|(row, _)| row).collect()
    }

    /// A window of the rows that a filter lets through: `count` of them from the place `first` on, counted from 0.
    pub fn locate(&self, filter: &Filter, first: u32, count: u32) -> Vec<Span> {
        if *filter == Filter::default() {
            let from = first.saturating_add(1);
            let until = first.saturating_add(count).min(self.index.len());
            return (from..=until).filter_map(|row| self.span(row)).collect();
        }
        self.index
            .entries()
            .filter(|(_, entry)| filter.fits(entry))
            .skip(first as usize)
            .take(count as usize)
            .map(|(row, entry)| Span { row, start: entry.start, len: entry.len })
            .collect()
    }

    /// How many rows a filter lets through. Taken from the counters where the filter asks for one thing.
    pub fn count(&self, filter: &Filter) -> u32 {
        match (filter.verdict, filter.code, filter.only_problems) {
            (None, None, false) => self.index.len(),
            (Some(verdict), None, false) => self.index.verdicts[verdict as usize],
            (None, Some(code), _) => self.index.code_count(code),
            (None, None, true) => self.index.with_problems,
            _ => {
                let count = self.index.entries().filter(|(_, entry)| filter.fits(entry)).count();
                u32::try_from(count).unwrap_or(u32::MAX)
            }
        }
    }

    /// Up to `max` rows from `from_row` on that would be sent: ticked, to add or to change somebody.
    pub fn chosen_rows(&self, from_row: u32, max: u32) -> Vec<u32> {
        self.index
            .entries()
            .skip(from_row.max(1) as usize - 1)
            .filter(|(_, entry)| matches!(entry.verdict, Verdict::AddNew | Verdict::Update))
            .map(|(row, _)| row)
            .take(max as usize)
            .collect()
    }

    /// How many rows would be sent.
    pub fn chosen_count(&self) -> u32 {
        self.index.verdicts[Verdict::AddNew as usize] + self.index.verdicts[Verdict::Update as usize]
    }

    /// Grows with every change of any row: who keeps a list knows by it when to make it anew.
    pub fn generation(&self) -> u64 {
        self.index.generation
    }
}
