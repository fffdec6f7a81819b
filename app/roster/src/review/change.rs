//! Changes: edited cells with undo and redo, and ticks.

use std::collections::BTreeMap;

use super::domains::{DomainId, NO_DOMAIN};
use super::index::{Keys, flag};
use super::judge::Judged;
use super::key::hash;
use super::terms::Verdict;
use super::{Facts, Review};
use crate::dialect::Dialect;
use crate::problem::Code;
use crate::reader::MAX_COLUMNS;

/// Cells of one row that were edited, by column.
pub(super) type Edits = BTreeMap<usize, String>;

/// Edited cells of a row, as they travel: column and text of each.
pub type EditedCells = Vec<(u32, String)>;

/// One change, of one or many rows; can be undone and done again without the file.
#[derive(Clone, Debug)]
pub(super) struct Step {
    rows: Vec<(u32, State, State)>,
}

/// What a change makes of a row.
#[derive(Clone, Debug)]
pub(super) struct State {
    edits: Option<Edits>,
    /// A fix made the username.
    made: bool,
    /// A fix cut the row anew.
    aligned: bool,
    /// Which ticks are missing.
    unticked: u16,
    own: u64,
    keys: Keys,
    domain: DomainId,
}

impl State {
    /// The same, as a fix cut it anew.
    pub(super) fn aligned(self) -> State {
        State { aligned: true, ..self }
    }

    /// Whether the row has a problem of its own.
    pub(super) fn has(&self, code: Code) -> bool {
        self.own & code.bit() != 0
    }

    /// The file says that the person is not active.
    fn has_left(&self) -> bool {
        self.has(Code::StatusInactive)
    }
}

impl Review {
    /// Puts another value into a cell. `bytes` are the row's own in the file.
    pub fn edit(&mut self, row: u32, column: usize, value: &str, bytes: &[u8]) {
        let cells = [(column, value.to_owned())];
        let states = self.states(row, &cells, bytes, false);
        self.take_step(states.map(|(before, after)| (row, before, after)).into_iter().collect());
    }

    /// Gives rows other edits in place of those they have, as one step: row, cells, and the row's own bytes.
    pub fn replace_edits(&mut self, changes: Vec<(u32, EditedCells, Vec<u8>)>) {
        let mut rows = Vec::with_capacity(changes.len());
        for (row, cells, bytes) in changes {
            let edits: Edits = cells.into_iter().map(|(column, text)| (column as usize, text)).collect();
            let edits = Some(edits).filter(|edits| !edits.is_empty());
            rows.extend(
                self.states_with(row, edits, &bytes, false).map(|(before, after)| (row, before, after)),
            );
        }
        self.take_step(rows);
    }

    /// Does a step for the first time.
    pub(super) fn take_step(&mut self, rows: Vec<(u32, State, State)>) {
        if !rows.is_empty() {
            self.put(rows.iter().map(|(row, before, after)| (*row, before, after)));
            self.steps.push(Step { rows });
            self.undone.clear();
        }
    }

    /// A row as it is and as it would be with other cells.
    pub(super) fn states(
        &mut self,
        row: u32,
        cells: &[(usize, String)],
        bytes: &[u8],
        made: bool,
    ) -> Option<(State, State)> {
        let mut edits = self.edits.get(&row).cloned().unwrap_or_default();
        edits.extend(cells.iter().filter(|(column, _)| *column < MAX_COLUMNS).cloned());
        self.states_with(row, Some(edits), bytes, made)
    }

    /// A row as it is and as it would be with these edits in place of its own.
    fn states_with(
        &mut self,
        row: u32,
        edits: Option<Edits>,
        bytes: &[u8],
        made: bool,
    ) -> Option<(State, State)> {
        let before = self.state(row, bytes)?;
        let kept = self.set_edits(row, edits);
        let after = self.state(row, bytes);
        self.set_edits(row, kept);
        after.map(|after| {
            // Whoever turns out to be active is ticked, and whoever is not is not.
            let unticked = match (before.has_left(), after.has_left()) {
                (true, false) => 0,
                (false, true) => flag::UNTICKED,
                _ => before.unticked,
            };
            (before, State { made, unticked, ..after })
        })
    }

    /// Lays other edits over a row; those that it had.
    fn set_edits(&mut self, row: u32, edits: Option<Edits>) -> Option<Edits> {
        match edits {
            Some(edits) => self.edits.insert(row, edits),
            None => self.edits.remove(&row),
        }
    }

    fn state(&mut self, row: u32, bytes: &[u8]) -> Option<State> {
        let facts = self.facts_of(row, bytes)?;
        let domain = facts.domain().map_or(NO_DOMAIN, |domain| self.index.domains.number(domain.as_bytes()));
        let suspicious = self.index.domains.meant(domain).map_or(0, |_| Code::EmailSuspiciousDomain.bit());
        Some(State {
            edits: self.edits.get(&row).cloned(),
            made: self.index.has(row, flag::MADE),
            aligned: self.aligned.contains(&row),
            unticked: self.index.class(row).flags & flag::UNTICKED,
            own: facts.own | suspicious,
            keys: facts.keys,
            domain,
        })
    }

    /// Takes the last change of cells back; the rows it touched.
    pub fn undo(&mut self) -> Option<Vec<u32>> {
        let step = self.steps.pop()?;
        self.put(step.rows.iter().map(|(row, before, after)| (*row, after, before)));
        let rows = step.rows.iter().map(|(row, _, _)| *row).collect();
        self.undone.push(step);
        Some(rows)
    }

    /// Does a change again that was taken back; the rows it touched.
    pub fn redo(&mut self) -> Option<Vec<u32>> {
        let step = self.undone.pop()?;
        self.put(step.rows.iter().map(|(row, before, after)| (*row, before, after)));
        let rows = step.rows.iter().map(|(row, _, _)| *row).collect();
        self.steps.push(step);
        Some(rows)
    }

    /// Whether there is a change of cells to take back.
    pub fn can_undo(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether there is a change to do again.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Every edited cell: row, column and text. Kept by whoever wants to go on another time; passwords are left out, and so
    /// is a row that was cut anew, if that gave it another password: without it the cell would hold something else.
    pub fn draft(&self) -> Vec<(u32, EditedCells)> {
        let secret = |column: usize| self.plan.password == Some(column);
        let mut rows = Vec::new();
        for row in self.edited_rows() {
            if self.aligned.contains(&row) && self.edits[&row].keys().any(|column| secret(*column)) {
                continue;
            }
            let cells = self.edits[&row].iter().filter(|(column, _)| !secret(**column));
            let cells: EditedCells = cells.map(|(column, text)| (*column as u32, text.clone())).collect();
            if !cells.is_empty() {
                rows.push((row, cells));
            }
        }
        rows
    }

    /// The rows that were edited, in the order of the file.
    pub fn edited_rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.edits.keys().copied().collect();
        rows.sort_unstable();
        rows
    }

    /// What the rules say of a row with its edits; `None` if there is no such row.
    pub(super) fn judged(&self, row: u32, bytes: &[u8]) -> Option<Judged> {
        self.index.contains(row).then(|| {
            self.with_record(bytes, |record| self.plan.judge(&self.row_text(row, record), &self.policy))
        })
    }

    /// What the index has to know of a row, with its edits.
    pub(super) fn facts_of(&self, row: u32, bytes: &[u8]) -> Option<Facts> {
        Some(self.facts(&self.judged(row, bytes)?))
    }

    /// Takes rows from one state into another.
    fn put<'a>(&mut self, changes: impl Iterator<Item = (u32, &'a State, &'a State)>) {
        let mut keys = Vec::new();
        for (row, from, to) in changes {
            self.set_edits(row, to.edits.clone());
            self.index.set_flag(row, flag::MADE, to.made);
            if to.aligned {
                self.aligned.insert(row);
            } else {
                self.aligned.remove(&row);
            }
            self.index.set_own(row, to.own);
            if from.has_left() != to.has_left() {
                self.index.set_flag(row, flag::UNTICKED, false);
                self.index.set_flag(row, to.unticked, true);
            }
            if from.keys != to.keys {
                self.index.set_flag(row, flag::FROM_DIRECTORY, false);
                keys.push((row, to.keys));
            }
            // The values changed in any case: the directory's answer is another one.
            if row <= self.asked_to {
                self.ask_again.insert(row);
            }
            self.index.domains.remove(from.domain, row);
            self.index.domains.count(to.domain, row);
        }
        self.index.set_keys(&keys);
        self.settle_moves();
    }

    /// Ticks or unticks a row that would add or change somebody.
    pub fn set_chosen(&mut self, row: u32, chosen: bool) {
        self.tick(row, chosen);
        self.settle_moves();
    }

    fn tick(&mut self, row: u32, chosen: bool) {
        if self.index.contains(row) {
            match self.outcome(row).base {
                Verdict::AddNew => self.index.set_flag(row, flag::NOT_ADDED, !chosen),
                Verdict::Update => self.index.set_flag(row, flag::NOT_UPDATED, !chosen),
                _ => {}
            }
        }
    }

    /// Ticks or unticks all rows that would do this; [`Verdict::AddNew`] and [`Verdict::Update`] can be ticked.
    pub fn set_all_chosen(&mut self, verdict: Verdict, chosen: bool) {
        let rows: Vec<u32> = self.rows_where(1, |outcome| outcome.base == verdict).collect();
        for row in rows {
            self.tick(row, chosen);
        }
        self.settle_moves();
    }

    /// A fingerprint of the file's content: the same bytes have the same one.
    pub fn content(&self) -> [u8; 16] {
        self.content.fingerprint()
    }

    /// A digest of the plan: which rows would do what, with which values and options. The same plan has the same
    /// digest, however it came about; not made to withstand somebody who wants two plans to look alike.
    pub fn digest(&self) -> Vec<u8> {
        let mut state = self.content();
        let mut mix = |bytes: &[u8]| {
            let mut all = state.to_vec();
            all.extend_from_slice(bytes);
            let [one, other] = hash(&all);
            state[..8].copy_from_slice(&one.to_le_bytes());
            state[8..].copy_from_slice(&other.to_le_bytes());
        };
        mix(format!("{:?} {:?} {:?}", self.rules.options, self.dialect.header_line, self.mapped_columns())
            .as_bytes());
        let Dialect { encoding, delimiter, quote, escape, .. } = &self.dialect;
        mix(format!("{encoding:?} {delimiter:?} {quote:?} {escape:?}").as_bytes());
        // Runs of rows that do the same: what they hold is in the file's fingerprint.
        for verdict in [Verdict::AddNew, Verdict::Update] {
            let mut run = (0, 0);
            for row in self.rows_where(1, |outcome| outcome.verdict == verdict) {
                if row != run.1 + 1 {
                    mix(&[run.0, run.1, verdict as u32].map(u32::to_le_bytes).concat());
                    run.0 = row;
                }
                run.1 = row;
            }
            mix(&[run.0, run.1, verdict as u32].map(u32::to_le_bytes).concat());
        }
        for row in self.edited_rows() {
            for (column, text) in &self.edits[&row] {
                mix(&[&row.to_le_bytes()[..], &(*column as u64).to_le_bytes(), text.as_bytes()].concat());
            }
        }
        state.to_vec()
    }
}
