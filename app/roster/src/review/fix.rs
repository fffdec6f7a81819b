//! One change for all rows with the same problem: shown first, then carried out as one step that undo takes back.

use std::collections::{HashMap, HashSet};

use super::index::{Kind, SAME_EMAIL, SAME_USERNAME};
use super::key::Key;
use super::terms::{Fix, FixSample};
use super::{Facts, Review};
use crate::field::{EmailAddress, Username};
use crate::problem::Code;

/// How many rows a proposal shows.
const SHOWN: usize = 20;

/// A cell that a fix would change.
struct Planned {
    row: u32,
    before: String,
    after: String,
}

impl Review {
    /// What could be done to all rows with a problem; `None` if there is no such fix, or nothing to change.
    pub fn propose_fix(&self, code: Code) -> Option<Fix> {
        let title = code.fix_label()?.trim_end_matches('\u{2026}').to_owned();
        let planned = self.plan_fix(code);
        let rows = u32::try_from(planned.len()).unwrap_or(u32::MAX);
        let explanation = match code {
            Code::EmailSuspiciousDomain => {
                "The part behind the @ becomes the domain that was probably meant."
            }
            _ => {
                "The later rows with a username get a number behind it, the first that is free in the file. \
                  A number that somebody in the directory has already is shown as taken."
            }
        };
        let samples = planned
            .into_iter()
            .take(SHOWN)
            .map(|planned| FixSample { row: planned.row, before: planned.before, after: planned.after })
            .collect::<Vec<_>>();
        (rows > 0).then(|| Fix { code, title, explanation: explanation.to_owned(), rows, samples })
    }

    /// Carries out what [`Review::propose_fix`] shows; the number of rows changed. One [`Review::undo`] takes it back.
    pub fn apply_fix(&mut self, code: Code) -> u32 {
        let planned = self.plan_fix(code);
        let column = match code {
            Code::EmailSuspiciousDomain => self.plan.column_of(crate::field::Field::Email),
            _ => self.plan.column_of(crate::field::Field::Username),
        };
        let Some(column) = column else { return 0 };
        let mut changes = Vec::with_capacity(planned.len());
        for planned in planned {
            let Some(before) = self.kept_facts(planned.row) else { continue };
            let mut after = before.clone();
            if code == Code::EmailSuspiciousDomain || self.plan.email_from_username {
                after.own &= !Code::EmailSuspiciousDomain.bit();
                after.email_key = EmailAddress::key_of(&planned.after).into_owned();
                after.email = Key::of(&after.email_key);
                after.email_text.clone_from(&planned.after);
            }
            if code == Code::UsernameDuplicateInFile || self.plan.username_from_email {
                after.username_key = Username::key_of(&planned.after).into_owned();
                after.username = Key::of(&after.username_key);
                after.username_text.clone_from(&planned.after);
            }
            changes.push((planned.row, column, planned.after, before, after));
        }
        let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        self.change_all(changes, code == Code::UsernameDuplicateInFile);
        count
    }

    fn plan_fix(&self, code: Code) -> Vec<Planned> {
        match code {
            Code::EmailSuspiciousDomain => self.plan_domains(),
            Code::UsernameDuplicateInFile => self.plan_numbers(),
            _ => Vec::new(),
        }
    }

    fn plan_domains(&self) -> Vec<Planned> {
        self.rows_with_texts(Code::EmailSuspiciousDomain)
            .filter_map(|(row, _)| {
                let meant = self.index.domains.meant(self.index.entry(row).domain)?;
                let (_, before) = self.index.texts.get(&row)?;
                let (local, _) = before.rsplit_once('@')?;
                Some(Planned { row, before: before.to_string(), after: format!("{local}@{meant}") })
            })
            .collect()
    }

    fn plan_numbers(&self) -> Vec<Planned> {
        let mut given: HashSet<Key> = HashSet::new();
        // Where the search for a free number goes on, per name: starting anew each time would be quadratic.
        let mut next: HashMap<Key, u32> = HashMap::new();
        self.rows_with_texts(Code::UsernameDuplicateInFile)
            .filter_map(|(row, entry)| {
                // The same address twice is the same person twice: a number would make two accounts of one.
                if entry & SAME_EMAIL != 0 || entry & SAME_USERNAME == 0 {
                    return None;
                }
                let (before, _) = self.index.texts.get(&row)?;
                let (stem, domain) = match before.split_once('@') {
                    Some((stem, domain)) => (stem, format!("@{domain}")),
                    None => (before.as_ref(), String::new()),
                };
                let from = next.entry(self.index.entry(row).username).or_insert(2);
                (*from..*from + 10_000).find_map(|number| {
                    *from = number + 1;
                    let after = format!("{stem}{number}{domain}");
                    let key = Key::of(&Username::parse(&after).ok()?.key());
                    let free = self.index.first_with(Kind::Username, key).is_none() && given.insert(key);
                    free.then(|| Planned { row, before: before.to_string(), after })
                })
            })
            .collect()
    }

    fn rows_with_texts(&self, code: Code) -> impl Iterator<Item = (u32, u8)> {
        self.index
            .entries()
            .filter(move |(_, entry)| entry.all & code.bit() != 0)
            .map(|(row, entry)| (row, entry.flags))
    }

    /// A row's facts as the index has them.
    fn kept_facts(&self, row: u32) -> Option<Facts> {
        let entry = self.index.entry(row);
        let (username, email) = self.index.texts.get(&row)?;
        let key =
            |none: bool, key: std::borrow::Cow<'_, str>| if none { String::new() } else { key.into_owned() };
        Some(Facts {
            own: entry.own,
            username: entry.username,
            email: entry.email,
            slots: self.index.slots(row).to_vec(),
            username_text: username.to_string(),
            email_text: email.to_string(),
            username_key: key(entry.username.is_none(), Username::key_of(username)),
            email_key: key(entry.email.is_none(), EmailAddress::key_of(email)),
        })
    }
}
