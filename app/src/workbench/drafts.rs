//! Mended cells as a browser keeps them, where more than one tab may have the same file open.

use roster::review::EditedCells;
use std::collections::BTreeMap;

/// Edited cells: row, and column and text of each.
pub type Draft = Vec<(u32, EditedCells)>;

/// What is to be kept: `mine`, and of `theirs`, which is kept now, the rows that somebody else has changed since this tab
/// last kept or found `before`, unless this tab has changed them, too.
#[must_use]
pub fn merge(before: &Draft, theirs: Draft, mine: &Draft) -> Draft {
    let by_row = |draft: &Draft| -> BTreeMap<u32, EditedCells> { draft.iter().cloned().collect() };
    let (before, theirs, mine) = (by_row(before), by_row(&theirs), by_row(mine));
    let rows: std::collections::BTreeSet<u32> = theirs.keys().chain(mine.keys()).copied().collect();
    let kept = |row: u32| {
        let (was, other, own) = (before.get(&row), theirs.get(&row), mine.get(&row));
        let cells = if own == was && other != was { other } else { own };
        cells.map(|cells| (row, cells.clone()))
    };
    rows.into_iter().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::{Draft, merge};

    fn draft(rows: &[(u32, &str)]) -> Draft {
        rows.iter().map(|(row, text)| (*row, vec![(1, (*text).to_owned())])).collect()
    }

    #[test]
    fn two_tabs_keep_the_rows_of_both() {
        let none = Draft::new();
        // The other tab has mended row 2 since.
        assert_eq!(merge(&none, draft(&[(2, "b")]), &draft(&[(1, "a")])), draft(&[(1, "a"), (2, "b")]));
        // And it stays when this one goes on.
        let before = draft(&[(1, "a")]);
        let both = draft(&[(1, "a"), (2, "b")]);
        assert_eq!(merge(&before, both.clone(), &draft(&[(1, "c")])), draft(&[(1, "c"), (2, "b")]));
        // What this tab takes back is gone, what the other one has is not.
        assert_eq!(merge(&before, both.clone(), &none), draft(&[(2, "b")]));
        // The last one to change a row wins.
        assert_eq!(merge(&before, draft(&[(1, "x")]), &draft(&[(1, "c")])), draft(&[(1, "c")]));
        // What the other tab took back stays taken back.
        assert_eq!(merge(&both, before.clone(), &both), before);
    }
}
