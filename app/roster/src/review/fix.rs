//! One change for all rows with the same problem: planned row by row, shown, then carried out as one step that undo
//! takes back.

use std::collections::HashMap;

use super::Review;
use super::align::{self, Alignment};
use super::change::State;
use super::index::{Kind, flag};
use super::judge::{Judged, Text};
use super::key::Key;
use super::keyset::KeySet;
use super::mend::{self, USERNAME_PATTERN};
use super::terms::{Fix, FixSample, Span};
use crate::field::{Field, Username};
use crate::problem::Code;

/// How many rows a proposal shows.
const SHOWN: usize = 20;

/// A fix under way: rows are planned one after the other, then all are changed.
#[derive(Clone, Debug)]
pub struct FixPlan {
    code: Code,
    pattern: String,
    /// The usernames of the file; a number is passed over now and then, because the set cannot tell for sure.
    taken: KeySet,
    /// Where the search for a free number goes on, per name: starting anew each time would be quadratic.
    next: HashMap<Key, u32>,
    alignment: Alignment,
    rows: Vec<(u32, State, State)>,
    samples: Vec<FixSample>,
}

impl Review {
    /// Begins to plan a fix for a problem; `pattern` is what usernames are made from, where they are missing. `None`
    /// where there is no such fix.
    pub fn begin_fix(&self, code: Code, pattern: Option<&str>) -> Option<FixPlan> {
        mend::explanation(code)?;
        if align::is_about(code) && !self.plan.has_header {
            return None;
        }
        let mut taken = KeySet::new(self.index.len() as usize);
        if matches!(code, Code::UsernameDuplicateInFile | Code::UsernameMissing | Code::UsernameInvalid) {
            for row in 1..=self.index.len() {
                let key = self.index.key(Kind::Username, row);
                if !key.is_none() {
                    taken.insert(key);
                }
            }
        }
        Some(FixPlan {
            code,
            pattern: pattern.filter(|text| mend::is_pattern(text)).unwrap_or(USERNAME_PATTERN).to_owned(),
            taken,
            next: HashMap::new(),
            alignment: Alignment::default(),
            rows: Vec::new(),
            samples: Vec::new(),
        })
    }

    /// Rows that have to be read for [`Review::teach_fix`] before a fix can be planned; most fixes need none.
    pub fn lessons(&self, plan: &FixPlan) -> Vec<Span> {
        if !align::is_about(plan.code) {
            return Vec::new();
        }
        align::lessons(self.index.len()).filter_map(|row| self.span(row)).collect()
    }

    /// Lets a fix learn from a row what rows of this file look like; `bytes` are the row's own.
    pub fn teach_fix(&self, plan: &mut FixPlan, row: u32, bytes: &[u8]) {
        self.teach(&mut plan.alignment, row, bytes);
    }

    /// Plans what a fix does to a row that has its problem; `bytes` are the row's own. Rows come in the order of the file.
    pub fn plan_fix(&mut self, plan: &mut FixPlan, row: u32, bytes: &[u8]) {
        if align::is_about(plan.code) {
            if self.outcome_has(row, plan.code)
                && let Some(aligned) = self.align(&mut plan.alignment, row, bytes)
                && let Some((was, will)) =
                    self.states(row, &aligned.cells, bytes, self.index.has(row, flag::MADE))
                && !will.has(plan.code)
            {
                plan.rows.push((row, was, will.aligned()));
                if plan.samples.len() < SHOWN {
                    plan.samples.push(FixSample { row, before: aligned.before, after: aligned.after });
                }
            }
            return;
        }
        let Some((cells, before)) = self.mended(plan, row, bytes) else { return };
        let after = cells.first().map(|(_, text)| text.clone()).unwrap_or_default();
        let made = matches!(
            plan.code,
            Code::UsernameDuplicateInFile | Code::UsernameMissing | Code::UsernameInvalid
        );
        if let Some((was, will)) = self.states(row, &cells, bytes, made || self.index.has(row, flag::MADE)) {
            plan.rows.push((row, was, will));
            if plan.samples.len() < SHOWN {
                plan.samples.push(FixSample { row, before, after });
            }
        }
    }

    /// What a plan would do; `None` if it would change nothing.
    pub fn proposal(&self, plan: &FixPlan) -> Option<Fix> {
        let title = plan.code.fix_label()?.trim_end_matches('\u{2026}').to_owned();
        let rows = u32::try_from(plan.rows.len()).unwrap_or(u32::MAX);
        let explanation = match align::is_about(plan.code) && rows == 0 {
            true => align::NO_ROW,
            false => mend::explanation(plan.code).unwrap_or_default(),
        };
        (rows > 0 || plan.code == Code::UsernameMissing || align::is_about(plan.code)).then(|| Fix {
            code: plan.code,
            title,
            explanation: explanation.to_owned(),
            rows,
            samples: plan.samples.clone(),
            pattern: (plan.code == Code::UsernameMissing).then(|| plan.pattern.clone()),
        })
    }

    /// Carries a plan out; the number of rows changed. One [`Review::undo`] takes it back.
    pub fn apply_fix(&mut self, plan: FixPlan) -> u32 {
        let count = u32::try_from(plan.rows.len()).unwrap_or(u32::MAX);
        self.take_step(plan.rows);
        count
    }

    fn outcome_has(&self, row: u32, code: Code) -> bool {
        self.index.contains(row) && self.outcome(row).all & code.bit() != 0
    }

    /// The cells that mend a row's problem, and what the first of them holds.
    fn mended(&self, plan: &mut FixPlan, row: u32, bytes: &[u8]) -> Option<(Vec<(usize, String)>, String)> {
        if !self.outcome_has(row, plan.code) {
            return None;
        }
        let (judged, texts) = self.with_record(bytes, |record| {
            let row = self.row_text(row, record);
            let judged = self.plan.judge(&row, &self.policy);
            let texts: Vec<Option<String>> = row
                .cells
                .iter()
                .map(|cell| match cell {
                    Text::Read(text) => Some(text.clone().into_owned()),
                    Text::Undecodable => None,
                })
                .collect();
            (judged, texts)
        });
        let at = |field| self.plan.column_of(field);
        let text = |column: usize| texts.get(column).cloned().flatten().unwrap_or_default();
        let one = |field, after: Option<String>| {
            let column = at(field)?;
            Some((vec![(column, after?)], text(column)))
        };
        match plan.code {
            Code::EmailSuspiciousDomain => {
                one(Field::Email, mend::domain(&judged.values.email, &self.index.domains))
            }
            Code::EmailInvalid => one(Field::Email, mend::address(&judged.values.email)),
            Code::UsernameDuplicateInFile => {
                // The same address twice is the same person twice: a number would make two accounts of one.
                if self.index.has(row, flag::SAME_EMAIL) {
                    return None;
                }
                let name = judged.values.username.clone();
                one(Field::Username, free(plan, &name, false))
            }
            Code::UsernameMissing => {
                let column = self.plan.column_of(Field::Username)?;
                let name = mend::username(&plan.pattern, &judged)?;
                Some((vec![(column, free(plan, &name, true)?)], String::new()))
            }
            Code::UsernameInvalid => {
                let name = mend::plain_username(&judged.values.username)?;
                one(Field::Username, free(plan, &name, true))
            }
            Code::NameControlCharacter | Code::ProfileControlCharacter | Code::FlagNotBoolean => {
                let cells = columns_of(&judged, plan.code);
                let mend = |column| {
                    if plan.code == Code::FlagNotBoolean {
                        String::new()
                    } else {
                        mend::without_controls(&text(column))
                    }
                };
                let first = text(*cells.first()?);
                Some((cells.into_iter().map(|column| (column, mend(column))).collect(), first))
            }
            _ => {
                let column = self.plan.password?;
                // Never shown, not even to say what it was.
                Some((vec![(column, String::new())], "••••••••".to_owned()))
            }
        }
    }
}

/// The columns that a problem was found in.
fn columns_of(judged: &Judged, code: Code) -> Vec<usize> {
    let found = judged.findings.iter().filter(|finding| finding.problem.code == code);
    let mut columns: Vec<usize> = found.filter_map(|finding| finding.column).collect();
    columns.dedup();
    columns
}

/// A name that nobody in the file has: itself, if it `may_stay`, or with a number behind it.
fn free(plan: &mut FixPlan, name: &str, may_stay: bool) -> Option<String> {
    let key = Key::of(&Username::key_of(name));
    if may_stay && plan.taken.insert(key) {
        return Some(name.to_owned());
    }
    let from = plan.next.entry(key).or_insert(2);
    (*from..*from + 10_000).find_map(|number| {
        *from = number + 1;
        let after = mend::numbered(name, number);
        let key = Key::of(&Username::parse(&after).ok()?.key());
        plan.taken.insert(key).then_some(after)
    })
}
