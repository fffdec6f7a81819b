//! What the cells of each column look like, learnt from rows that have as many cells as they should. Tells how well a
//! row would fit that was cut in another way.

use std::collections::BTreeMap;

use crate::dialect::Kind;

/// Fewer rows than this teach nothing.
const FEWEST_ROWS: usize = 5;
/// Of wider tables nothing is learnt: they cost too much.
const WIDEST: usize = 128;
/// How much worse a row may fit than the worst of those that taught.
const SLACK: f64 = 10.0;
/// How much of a cell is looked at as it stands; what is longer is text.
const LOOKED_AT: usize = 48;

/// The looks of a table's columns.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    columns: Vec<Column>,
    /// A row that fits worse than this is none of the table.
    least: f64,
}

/// How often the cells of a column had each look. Looks overlap (a date has always ten characters, two of them strokes):
/// what matters is which of several readings fits better, not how likely it is.
#[derive(Clone, Debug, Default)]
struct Column {
    looks: [Counts; LOOKS],
}

const LOOKS: usize = 7;

#[derive(Clone, Debug, Default)]
struct Counts {
    seen: BTreeMap<String, u32>,
    all: u32,
}

impl Profile {
    /// Learns from the rows of this width; `None` where there are too few.
    pub(crate) fn of<'a>(rows: impl Iterator<Item = &'a [String]>, width: usize) -> Option<Profile> {
        if !(2..=WIDEST).contains(&width) {
            return None;
        }
        let (mut all, mut alike) = (0, Vec::new());
        for cells in rows {
            all += 1;
            if cells.len() == width {
                alike.push(cells);
            }
        }
        // Where many rows differ there is no telling which are right.
        if alike.len() < FEWEST_ROWS || alike.len() * 10 < all * 7 {
            return None;
        }
        let mut columns = vec![Column::default(); width];
        for cells in &alike {
            for (column, cell) in columns.iter_mut().zip(*cells) {
                for (counts, look) in column.looks.iter_mut().zip(looks(cell)) {
                    *counts.seen.entry(look).or_default() += 1;
                    counts.all += 1;
                }
            }
        }
        let mut profile = Profile { columns, least: f64::NEG_INFINITY };
        let worst = alike
            .iter()
            .map(|cells| cells.iter().enumerate().map(|(column, cell)| profile.fit(column, cell)).sum())
            .fold(f64::INFINITY, f64::min);
        profile.least = worst - SLACK;
        Some(profile)
    }

    /// How well a cell fits its column: the more negative the worse.
    pub(super) fn fit(&self, column: usize, cell: &str) -> f64 {
        let Some(column) = self.columns.get(column) else { return f64::NEG_INFINITY };
        column.looks.iter().zip(looks(cell)).map(|(counts, look)| counts.fit(&look)).sum()
    }

    /// Whether a row that fits this well may be one of the table; an unusual one, if nothing else comes near its reading.
    pub(super) fn admits(&self, fit: f64, decisive: bool) -> bool {
        fit >= self.least - if decisive { SLACK } else { 0.0 }
    }
}

impl Counts {
    /// The logarithm of what speaks for a look. What was never seen is likely where new looks were common (after Witten
    /// and Bell).
    fn fit(&self, look: &str) -> f64 {
        let distinct = self.seen.len() as f64;
        let all = f64::from(self.all) + distinct;
        match self.seen.get(look) {
            Some(&count) => (f64::from(count).max(distinct) / all).ln(),
            None => (0.5 * distinct / all).ln(),
        }
    }
}

fn looks(cell: &str) -> [String; LOOKS] {
    let kind = format!("{:?}", Kind::of(cell));
    let (mut shape, mut outline) = (String::new(), String::new());
    let mut length = 0;
    for (at, c) in cell.chars().enumerate() {
        length = at + 1;
        if at < LOOKED_AT {
            let class = class_of(c);
            if !outline.ends_with(class) {
                outline.push(class);
            }
            shape.push(class);
        }
    }
    let edge = |c: Option<char>| c.map_or(String::new(), |c| class_of(c).to_string());
    let (first, last) = (edge(cell.chars().next()), edge(cell.chars().next_back()));
    let value = if length <= LOOKED_AT { cell.to_owned() } else { "…".to_owned() };
    if length > LOOKED_AT {
        // Texts share no outline, but that they are texts.
        "…".clone_into(&mut shape);
        "…".clone_into(&mut outline);
    }
    // Lengths by powers of two, so that texts of about the same length are alike.
    [
        kind,
        shape,
        outline,
        first,
        last,
        length.checked_ilog2().map_or(0, |power| power + 1).to_string(),
        value,
    ]
}

/// Letters and digits stand for their kind, all else for itself.
pub(super) fn class_of(c: char) -> char {
    match c {
        '0'..='9' => '9',
        _ if c.is_uppercase() => 'A',
        _ if c.is_alphabetic() => 'a',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        (0..30)
            .map(|at| {
                vec![format!("{:02}/01/2018", at % 28 + 1), format!("K-{}", 1000 + at), "red".to_owned()]
            })
            .collect()
    }

    #[test]
    fn what_was_seen_fits_best() {
        let rows = rows();
        let profile = Profile::of(rows.iter().map(Vec::as_slice), 3).unwrap();
        assert!(profile.fit(0, "29/02/2018") > profile.fit(0, "K-1001") + 10.0);
        assert!(profile.fit(1, "K-9999") > profile.fit(1, "29/02/2018") + 10.0);
        assert!(profile.fit(2, "red") > profile.fit(2, "") + 10.0);
        let fit = |cells: [&str; 3]| (0..3).map(|column| profile.fit(column, cells[column])).sum();
        assert!(profile.admits(fit(["01/02/2018", "K-5555", "red"]), false));
        assert!(!profile.admits(fit(["red", "01/02/2018", "K-5555"]), true));
        assert!(!profile.admits(fit(["01/02/2018", "K-5555", "blue, pale"]), false));
        assert!(profile.admits(fit(["01/02/2018", "K-5555", "blue, pale"]), true));
    }

    #[test]
    fn few_or_uneven_rows_teach_nothing() {
        let rows = rows();
        assert!(Profile::of(rows.iter().take(4).map(Vec::as_slice), 3).is_none());
        assert!(Profile::of(rows.iter().map(Vec::as_slice), 4).is_none());
    }
}
