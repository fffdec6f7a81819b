//! Rows with a delimiter too many or too few, cut as the other rows are: what the conversion of a file does, for rows under
//! review.

use super::Review;
use super::judge::Text;
use super::show::HIDDEN;
use crate::convert::{Aligner, Profile, mend};
use crate::export::undo_defuse;
use crate::field::clean;
use crate::problem::Code;

/// Rows that are learnt from lie at so many places of the file,
const PLACES: u32 = 8;
/// so many at each.
const ROWS: u32 = 50;

/// What is said where no row can be aligned.
pub(super) const NO_ROW: &str = "In none of these rows do the other rows leave no doubt what was meant. Edit the cells, or mend the file.";

/// Whether a problem is one that this mends.
pub(super) fn is_about(code: Code) -> bool {
    matches!(code, Code::RowTooFewFields | Code::RowTooManyFields)
}

/// Rows to learn from, among so many.
pub(super) fn lessons(rows: u32) -> impl Iterator<Item = u32> {
    let start = move |place: u32| (u64::from(rows) * u64::from(place) / u64::from(PLACES)) as u32;
    (0..PLACES).flat_map(move |place| start(place) + 1..=start(place + 1).min(start(place) + ROWS))
}

/// What was learnt, and then how rows are cut.
#[derive(Clone, Debug)]
pub(super) enum Alignment {
    Learning(Vec<Vec<String>>),
    Learnt(Box<Aligner>),
}

impl Default for Alignment {
    fn default() -> Self {
        Alignment::Learning(Vec::new())
    }
}

/// A row that was cut anew.
pub(super) struct Aligned {
    /// The cells that have to be changed.
    pub(super) cells: Vec<(usize, String)>,
    /// The row as it is, and as it would be; without a password.
    pub(super) before: String,
    pub(super) after: String,
}

impl Review {
    /// Takes a row as one to learn from.
    pub(super) fn teach(&self, alignment: &mut Alignment, row: u32, bytes: &[u8]) {
        let Alignment::Learning(rows) = alignment else { return };
        let cells = self.with_record(bytes, |record| {
            let cells = self.row_text(row, record).cells;
            let text = |cell| match cell {
                Text::Read(text) => Some(text.into_owned()),
                Text::Undecodable => None,
            };
            cells.into_iter().map(text).collect::<Option<Vec<_>>>()
        });
        let Some(mut cells) = cells else { return };
        // Blank cells behind the last column are no fault.
        if cells.iter().skip(self.plan.width).all(|cell| clean(cell).is_empty()) {
            cells.truncate(self.plan.width);
        }
        rows.push(cells);
    }

    /// Cuts a row anew, if there is no doubt how. One in which somebody edited cells stays as it is: they would mean others.
    pub(super) fn align(&self, alignment: &mut Alignment, row: u32, bytes: &[u8]) -> Option<Aligned> {
        if self.edits.contains_key(&row) {
            return None;
        }
        let width = self.plan.width;
        if let Alignment::Learning(rows) = alignment {
            let profile = Profile::of(rows.iter().map(Vec::as_slice), width);
            *alignment = Alignment::Learnt(Box::new(Aligner::new(profile, &self.dialect, width)));
        }
        let Alignment::Learnt(aligner) = alignment else { return None };
        self.with_record(bytes, |record| {
            let mut cells = mend(record, &self.dialect, width).or_else(|| aligner.row(record))?.cells;
            if self.plan.defused {
                for cell in &mut cells {
                    if let Some(plain) = undo_defuse(cell).map(str::to_owned) {
                        *cell = plain;
                    }
                }
            }
            let odd = [record.shape.unclosed_quote, record.shape.stray_quote];
            let secret =
                self.plan.password.and_then(|at| cells.get(at)).filter(|text| !text.trim().is_empty());
            let shown: Vec<String> = (0..record.cells()).map(|column| record.shown(column)).collect();
            let hide = |text: String| match secret {
                Some(secret) => text.replace(secret.as_str(), HIDDEN),
                None => text,
            };
            let (before, after) = (hide(shown.join(" | ")), hide(cells.join(" | ")));
            let all = cells.into_iter().chain(std::iter::repeat(String::new()));
            let changed = all.take(width.max(shown.len())).enumerate().filter(|(column, text)| {
                let is_odd = odd.iter().flatten().any(|at| usize::from(*at) == *column);
                is_odd || shown.get(*column) != Some(text)
            });
            Some(Aligned { cells: changed.collect(), before, after })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_to_learn_from_lie_all_over_the_file() {
        assert_eq!(lessons(0).count(), 0);
        for rows in [1, 7, 8, 399, 400] {
            assert!(lessons(rows).eq(1..=rows), "{rows}");
        }
        let many: Vec<u32> = lessons(u32::MAX).collect();
        assert_eq!((many.len(), many[0], many[49], many[50]), (400, 1, 50, 1 << 29));
        assert!(many.is_sorted());
    }
}
