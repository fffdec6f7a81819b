//! Changes: edited cells with undo, and ticks.

use std::collections::BTreeMap;

use super::domains::NO_DOMAIN;
use super::index::{ASKED, EMAIL_TAKEN, Kind, NOT_ADDED, NOT_UPDATED, NUMBERED, SAME_USERNAME};
use super::key::{Key, hash};
use super::terms::Verdict;
use super::{Facts, KEPT_ADDRESSES, Review};
use crate::problem::Code;
use crate::reader::reread;

/// Rows as they were before a change.
#[derive(Clone, Debug)]
pub(super) struct Step {
    rows: Vec<Before>,
}

/// One row as it was before a change, so that undoing needs no bytes.
#[derive(Clone, Debug)]
struct Before {
    row: u32,
    edits: Option<BTreeMap<usize, String>>,
    numbered: bool,
    facts: Facts,
}

impl Review {
    /// Puts another value into a cell. `bytes` are the row's own in the file.
    pub fn edit(&mut self, row: u32, column: usize, value: &str, bytes: &[u8]) {
        if !self.index.contains(row) || column >= crate::reader::MAX_COLUMNS {
            return;
        }
        let before = self.facts_of(row, bytes);
        let edits = self.edits.get(&row).cloned();
        let numbered = self.index.entry(row).has(NUMBERED);
        self.edits.entry(row).or_default().insert(column, value.to_owned());
        self.index.entry_mut(row).set(NUMBERED, false);
        let after = self.facts_of(row, bytes);
        self.put(row, &after);
        self.steps.push(Step { rows: vec![Before { row, edits, numbered, facts: before }] });
    }

    /// Takes the last change of cells back; the rows it touched. Needs no bytes.
    pub fn undo(&mut self) -> Option<Vec<u32>> {
        let step = self.steps.pop()?;
        let mut rows = Vec::with_capacity(step.rows.len());
        for before in step.rows.into_iter().rev() {
            match before.edits {
                Some(edits) => self.edits.insert(before.row, edits),
                None => self.edits.remove(&before.row),
            };
            self.index.entry_mut(before.row).set(NUMBERED, before.numbered);
            self.put(before.row, &before.facts);
            rows.push(before.row);
        }
        Some(rows)
    }

    /// Whether there is a change of cells to take back.
    pub fn can_undo(&self) -> bool {
        !self.steps.is_empty()
    }

    /// What the index has to know of a row, with its edits.
    fn facts_of(&mut self, row: u32, bytes: &[u8]) -> Facts {
        let judged = reread(self.dialect.encoding, self.dialect.delimiter, bytes, |record| {
            self.plan.judge(&self.row_text(row, record), &self.policy)
        });
        self.facts(&judged)
    }

    /// Changes cells of many rows at once, as one step: the row, its column, the new text, and the facts before and
    /// after.
    pub(super) fn change_all(&mut self, changes: Vec<(u32, usize, String, Facts, Facts)>, numbered: bool) {
        let mut rows = Vec::with_capacity(changes.len());
        for (row, column, text, before, after) in changes {
            let was_numbered = self.index.entry(row).has(NUMBERED);
            rows.push(Before {
                row,
                edits: self.edits.get(&row).cloned(),
                numbered: was_numbered,
                facts: before,
            });
            self.edits.entry(row).or_default().insert(column, text);
            self.index.entry_mut(row).set(NUMBERED, was_numbered || numbered);
            self.put(row, &after);
        }
        if !rows.is_empty() {
            self.steps.push(Step { rows });
        }
    }

    /// Puts a row's new facts in place of the old ones.
    fn put(&mut self, row: u32, facts: &Facts) {
        let entry = self.index.entry(row);
        let (username, email) = (entry.username, entry.email);
        let keys_changed = username != facts.username || email != facts.email;
        let mut touched = self.index.leave(Kind::Username, username, row);
        touched.extend(self.index.leave(Kind::Email, email, row));
        let domain = self.index.entry(row).domain;
        self.index.domains.remove(domain);
        let entry = self.index.entry_mut(row);
        entry.own = facts.own;
        entry.username = facts.username;
        entry.email = facts.email;
        if keys_changed {
            entry.set(ASKED, false);
            entry.set(EMAIL_TAKEN, false);
            self.known.remove(&row);
        }
        self.index.set_row_slots(row, &facts.slots);
        self.index.texts.remove(&row);
        touched.extend(self.enter(row, facts));
        if keys_changed && !facts.username.is_none() {
            self.waiting.add(row, &facts.username_key, &facts.email_key);
        }
        self.refresh(row);
        for other in touched {
            self.refresh(other);
        }
    }

    /// Enters a row's keys and domain; gives other rows whose findings may have changed.
    pub(super) fn enter(&mut self, row: u32, facts: &Facts) -> Vec<u32> {
        let mut touched = self.index.join(Kind::Username, facts.username, row);
        touched.extend(self.index.join(Kind::Email, facts.email, row));
        let domain = facts.domain().map_or(NO_DOMAIN, |domain| self.index.domains.add(domain));
        let suspicious = self.index.domains.meant(domain).is_some();
        let entry = self.index.entry_mut(row);
        entry.domain = domain;
        if suspicious {
            entry.own |= Code::EmailSuspiciousDomain.bit();
        }
        // Whatever a fix may have to change is kept as text: it works without the file.
        let rare = domain != NO_DOMAIN && self.index.domains.count(domain) <= KEPT_ADDRESSES;
        if suspicious || rare || self.index.entry(row).has(SAME_USERNAME) {
            let texts = (facts.username_text.as_str().into(), facts.email_text.as_str().into());
            self.index.texts.insert(row, texts);
        }
        touched
    }

    /// Ticks or unticks a row that would add or change somebody.
    pub fn set_chosen(&mut self, row: u32, chosen: bool) {
        if !self.index.contains(row) {
            return;
        }
        let entry = self.index.entry_mut(row);
        match entry.base {
            Verdict::AddNew => entry.set(NOT_ADDED, !chosen),
            Verdict::Update => entry.set(NOT_UPDATED, !chosen),
            _ => return,
        }
        self.refresh(row);
    }

    /// Ticks or unticks all rows that would do this; [`Verdict::AddNew`] and [`Verdict::Update`] can be ticked.
    pub fn set_all_chosen(&mut self, verdict: Verdict, chosen: bool) {
        for row in 1..=self.index.len() {
            if self.index.entry(row).base == verdict {
                self.set_chosen(row, chosen);
            }
        }
    }

    /// A digest of the plan: which rows would do what, with which values and options. The same plan has the same
    /// digest, however it came about; not made to withstand somebody who wants two plans to look alike.
    pub fn digest(&self) -> Vec<u8> {
        let mut state = [0u8; 16];
        let mut mix = |bytes: &[u8]| {
            let mut all = state.to_vec();
            all.extend_from_slice(bytes);
            let [one, other] = hash(&all);
            state[..8].copy_from_slice(&one.to_le_bytes());
            state[8..].copy_from_slice(&other.to_le_bytes());
        };
        mix(format!("{:?}", self.options).as_bytes());
        let mut record = Vec::new();
        for (row, entry) in self.index.entries() {
            if !matches!(entry.verdict, Verdict::AddNew | Verdict::Update) {
                continue;
            }
            record.clear();
            record.extend_from_slice(&row.to_le_bytes());
            record.push(entry.verdict as u8);
            record.extend_from_slice(&entry.username.bytes());
            record.extend_from_slice(&entry.email.bytes());
            for slot in self.index.slots(row) {
                record.extend_from_slice(&slot.to_le_bytes());
            }
            // Passwords and flags have no slot: the place in the file stands for what was not edited.
            record.extend_from_slice(&entry.start.to_le_bytes());
            for (column, value) in self.edits.get(&row).into_iter().flatten() {
                record.extend_from_slice(&column.to_le_bytes());
                record.extend_from_slice(&Key::of(value).bytes());
            }
            mix(&record);
        }
        state.to_vec()
    }
}
