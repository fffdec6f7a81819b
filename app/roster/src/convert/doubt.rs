//! Rows that were cut anew because they have another number of cells than the rest. Single rows may be mended; several
//! of a kind, one below the other, are another table and stay as they are.

use crate::problem::RowProblem;

/// More rows than this, one below the other, are another table.
const SINGLE: usize = 2;

/// What became of rows that were held back.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) text: String,
    pub(super) problems: Vec<RowProblem>,
}

/// Rows that are held back until it is known whether they are single.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// How many cells each has as it stands.
    cells: usize,
    as_is: String,
    aligned: String,
    problems: Vec<RowProblem>,
    rows: usize,
    /// The number of cells of the other table that is being read.
    other_table: Option<usize>,
}

impl Doubt {
    /// Whether a row of so many cells is one of another table.
    pub(super) fn is_other_table(&self, cells: usize) -> bool {
        self.other_table == Some(cells)
    }

    /// Whether it is like the rows that are held back.
    pub(super) fn is_of(&self, cells: usize) -> bool {
        self.rows > 0 && self.cells == cells
    }

    /// Holds a row back, in both forms; whether enough was seen to settle the matter.
    pub(super) fn hold(&mut self, cells: usize, as_is: &str, aligned: &str, problem: RowProblem) -> bool {
        self.cells = cells;
        self.rows += 1;
        self.as_is.push_str(as_is);
        self.aligned.push_str(aligned);
        self.problems.push(problem);
        self.rows > SINGLE
    }

    /// What is to be written of the rows held back; `cells`: a row of so many follows that is taken as it is.
    pub(super) fn settle(&mut self, cells: Option<usize>) -> Settled {
        let other_table = self.rows > SINGLE || self.rows > 0 && cells == Some(self.cells);
        if other_table {
            self.other_table = Some(self.cells);
        } else if cells != self.other_table {
            self.other_table = None;
        }
        self.rows = 0;
        let (as_is, aligned) = (std::mem::take(&mut self.as_is), std::mem::take(&mut self.aligned));
        let problems = std::mem::take(&mut self.problems);
        match other_table {
            true => Settled { text: as_is, problems: Vec::new() },
            false => Settled { text: aligned, problems },
        }
    }
}
