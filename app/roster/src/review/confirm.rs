//! A second look at rows that seem to share a key, so that nobody relies on a fingerprint alone.

use super::Review;
use super::index::Kind;
use super::key::value_hash;
use super::terms::Span;

/// The second look, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Confirming {
    /// Rows that share a key with another one, or seem to.
    rows: Vec<u32>,
    next: usize,
}

impl Review {
    /// Prepares the second look at all rows that seem to share a key.
    pub(super) fn doubt_twins(&mut self) {
        let twins = || Kind::BOTH.into_iter().flat_map(|kind| self.index.twins(kind).iter());
        let mut rows = Vec::with_capacity(twins().count());
        rows.extend(twins());
        rows.sort_unstable();
        rows.dedup();
        self.confirming = Confirming { rows, ..Confirming::default() };
    }

    /// Up to `max` rows that have to be read again for [`Review::confirm`]; none when all were.
    pub fn doubtful(&mut self, max: usize) -> Vec<Span> {
        let Confirming { rows, next, .. } = &mut self.confirming;
        let until = rows.len().min(next.saturating_add(max));
        let taken = rows[*next..until].to_vec();
        *next = until;
        if taken.is_empty() {
            self.confirming = Confirming::default();
            Kind::BOTH.into_iter().for_each(|kind| self.index.twins_mut(kind).checked());
        }
        taken.into_iter().filter_map(|row| self.span(row)).collect()
    }

    /// Compares a row that [`Review::doubtful`] gave with the first one that has its keys. `bytes` are its own.
    pub fn confirm(&mut self, row: u32, bytes: &[u8]) {
        let Some(facts) = self.facts_of(row, bytes) else { return };
        let keys = [
            (Kind::Username, facts.keys.username, facts.username_key),
            (Kind::Email, facts.keys.email, facts.email_key),
        ];
        for (kind, key, text) in keys {
            // A row that was edited meanwhile has been looked for with all others.
            if key.is_none() || self.index.key(kind, row) != key {
                continue;
            }
            if !self.index.twins_mut(kind).check(key, value_hash(&text)) {
                self.index.part_twins(kind, row);
            }
        }
    }
}
