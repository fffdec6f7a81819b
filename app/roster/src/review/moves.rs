//! Addresses that change hands within the file: A takes the address of B, who is given another one by a row of their own.
//!
//! The import on the server lets that happen, in whatever order the rows come; so the review must not call it a mistake.
//! Whose address becomes free is found by assuming it of everybody who is to get another one, and taking it back from
//! those who do not, until the assumption holds.

use super::Review;
use super::index::flag;
use super::key::{Map, Set};
use super::terms::{Existing, Verdict};

impl Review {
    /// Finds out again which of the addresses that others have become free. To be called after whatever may change what
    /// a row does.
    pub(super) fn settle_moves(&mut self) {
        self.contested.retain(|row, _| self.index.has(*row, flag::OTHER_TAKEN));
        if self.contested.is_empty() {
            return;
        }
        // Only then is anybody given another address than the one they have.
        let overwrite = self.rules.options.existing == Existing::Overwrite;
        let names: Set<_> = self.contested.values().copied().filter(|_| overwrite).collect();
        let holders = if overwrite { self.index.rows_of(&names) } else { Default::default() };
        let hopeful: Vec<(u32, u32)> = self
            .contested
            .iter()
            .filter_map(|(row, holder)| Some((*row, *holders.get(holder)?)))
            .filter(|(_, holder)| self.index.has(*holder, flag::MOVES))
            .collect();
        let mut behind: Map<u32, Vec<u32>> = Map::default();
        for &(row, holder) in &hopeful {
            behind.entry(holder).or_default().push(row);
        }
        let rows: Vec<u32> = self.contested.keys().copied().collect();
        for row in rows {
            self.index.set_flag(row, flag::FREED, false);
        }
        for &(row, _) in &hopeful {
            self.index.set_flag(row, flag::FREED, true);
        }
        // First as if every row were ticked, which is how a row that is not ticked is shown; then only what is ticked counts.
        for ticks in [false, true] {
            let mut stuck: Vec<u32> = hopeful
                .iter()
                .filter(|(row, holder)| self.hopes(*row, ticks) && self.keeps_address(*holder, ticks))
                .map(|(row, _)| *row)
                .collect();
            while let Some(row) = stuck.pop() {
                self.index.set_flag(row, flag::FREED, false);
                if self.keeps_address(row, ticks) {
                    let next = behind.get(&row).into_iter().flatten();
                    stuck.extend(next.copied().filter(|row| self.hopes(*row, ticks)));
                }
            }
        }
    }

    /// Whether a row still counts on the address that it asks for.
    fn hopes(&self, row: u32, ticks: bool) -> bool {
        let outcome = self.outcome(row);
        self.index.has(row, flag::FREED) && (!ticks || outcome.base == outcome.verdict)
    }

    /// Whether a row, which would give its person another address, does not.
    fn keeps_address(&self, row: u32, ticks: bool) -> bool {
        let outcome = self.outcome(row);
        (if ticks { outcome.verdict } else { outcome.base }) != Verdict::Update
    }
}
