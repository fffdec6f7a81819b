//! Rows for people and for the server: read again from their own bytes.

use std::borrow::Cow;

use super::Review;
use super::index::{EMAIL_TAKEN, Kind, SAME_EMAIL, SAME_USERNAME};
use super::judge::{Finding, Text};
use super::key::{Key, value_hash};
use super::known::{EMAIL_SLOT, KnownRow};
use super::terms::{Action, Cell, Existing, RowView, Verdict};
use crate::export::{PROBLEM_COLUMN, defuse, write_record};
use crate::field::{Field, PersonRow, Username, clean, clean_address};
use crate::problem::{Code, Problem};
use crate::reader::{Record, reread};

/// What stands for a password.
const HIDDEN: &str = "••••••••";

impl Review {
    fn with_record<T>(&self, bytes: &[u8], with: impl FnOnce(&Record<'_>) -> T) -> T {
        reread(self.dialect.encoding, self.dialect.delimiter, bytes, with)
    }

    /// A row as it is shown. `bytes` are the row's own, from where [`Review::span`] says; a row that does not exist
    /// is shown empty.
    pub fn view(&self, row: u32, bytes: &[u8]) -> RowView {
        if !self.index.contains(row) {
            return RowView {
                row,
                line: 0,
                verdict: Verdict::Invalid,
                reason: None,
                chosen: false,
                can_choose: false,
                exists: false,
                cells: Vec::new(),
                problems: Vec::new(),
            };
        }
        let entry = self.index.entry(row);
        let known = self.known.get(&row);
        let (cells, problems) = self.with_record(bytes, |record| {
            let text = self.row_text(row, record);
            let mut findings = self.plan.judge(&text, &self.policy).findings;
            findings.extend(
                self.found_beside(row).into_iter().map(|(column, problem)| Finding { column, problem }),
            );
            let width = self.mapping.columns.len().max(text.cells.len());
            let mut cells: Vec<Cell> =
                (0..width).map(|at| self.cell(row, at, record, text.cells.get(at))).collect();
            if let Some(known) = known {
                self.add_old_values(row, known, &mut cells);
            }
            let mut whole = Vec::new();
            for Finding { column, problem } in findings {
                if column.is_none() || problem.field.is_none() {
                    whole.push(problem.clone());
                }
                if let Some(cell) = column.and_then(|at| cells.get_mut(at)) {
                    cell.problems.push(problem);
                }
            }
            (cells, whole)
        });
        RowView {
            row,
            line: entry.line,
            verdict: entry.verdict,
            reason: self.reason(row, known),
            chosen: matches!(entry.verdict, Verdict::AddNew | Verdict::Update),
            can_choose: matches!(entry.base, Verdict::AddNew | Verdict::Update),
            exists: known.is_some(),
            cells,
            problems,
        }
    }

    fn cell(&self, row: u32, at: usize, record: &Record<'_>, text: Option<&Text<'_>>) -> Cell {
        let edited = self.edits.get(&row).is_some_and(|edits| edits.contains_key(&at));
        let secret = self.plan.password == Some(at);
        let from_file = || record.shown(at);
        let text: Cow<'_, str> = match text {
            Some(Text::Read(text)) => Cow::Borrowed(text),
            Some(Text::Undecodable) => Cow::Owned(from_file()),
            None => Cow::Borrowed(""),
        };
        if secret {
            let dots = !text.trim().is_empty() && text.trim().bytes().any(|byte| byte != b'*');
            let value = if dots { HIDDEN.to_owned() } else { clean(&text).into_owned() };
            return Cell { value, edited, secret, ..Cell::default() };
        }
        let is_address = self.plan.column_of(Field::Address) == Some(at);
        let value = if is_address { clean_address(&text) } else { clean(&text) }.into_owned();
        let original = Some(from_file()).filter(|original| *original != value);
        Cell { value, original, edited, ..Cell::default() }
    }

    /// What the directory has where the row would change it.
    fn add_old_values(&self, row: u32, known: &KnownRow, cells: &mut [Cell]) {
        if self.index.entry(row).base != Verdict::Update {
            return;
        }
        let columns = [self.plan.column_of(Field::FirstName), self.plan.column_of(Field::LastName)]
            .into_iter()
            .chain(self.plan.profile.iter().map(|(at, _, _)| Some(*at)));
        for ((slot, column), &new) in (0u8..).zip(columns).zip(self.index.slots(row)) {
            let Some(cell) =
                column.filter(|_| known.changes(slot, new, &self.options)).and_then(|at| cells.get_mut(at))
            else {
                continue;
            };
            // A value that was the same when the directory was asked is what the file says.
            let old = known.text(slot).map(str::to_owned);
            cell.old = old.or_else(|| cell.original.as_deref().map(|original| clean(original).into_owned()));
            cell.old = cell.old.take().filter(|old| value_hash(old) != new);
        }
        let email = known
            .text(EMAIL_SLOT)
            .filter(|_| self.options.existing != Existing::FillBlanks || known.is_blank(EMAIL_SLOT));
        if let Some(cell) = self.plan.column_of(Field::Email).and_then(|at| cells.get_mut(at)) {
            cell.old = email.map(str::to_owned).filter(|old| *old != cell.value);
        }
    }

    /// Why a row does what it does, where that is not plain.
    fn reason(&self, row: u32, known: Option<&KnownRow>) -> Option<String> {
        let entry = self.index.entry(row);
        let reason = match (entry.verdict, known) {
            (Verdict::Skip, _) if entry.base != Verdict::Skip => "Not ticked",
            (Verdict::Skip, _) => "This person exists already, and people who exist are skipped",
            (Verdict::Unchanged, _) if self.options.existing == Existing::FillBlanks => {
                "This person exists already, and nothing is blank that the file could fill"
            }
            (Verdict::Unchanged, _) => "The directory has these values already",
            (Verdict::Update, Some(known)) if !known.active => "The account is deactivated and stays so",
            _ => return None,
        };
        Some(reason.to_owned())
    }

    /// Findings that come from other rows or from the directory, with their column.
    pub(super) fn found_beside(&self, row: u32) -> Vec<(Option<usize>, Problem)> {
        let entry = self.index.entry(row);
        let mut found = Vec::new();
        let mut add = |code: Code, field: Field, message: String| {
            found.push((self.plan.column_of(field), Problem::of(code, field, message)));
        };
        let first = |kind, key: Key| {
            let first = self.index.first_with(kind, key).unwrap_or(row);
            let line = self.index.entry(first).line;
            format!("row {first} (line {line})")
        };
        let has = |code: Code| entry.all & code.bit() != 0;
        let beside = |flag: u8| entry.has(flag);
        if beside(SAME_USERNAME) && (has(Code::UsernameDuplicateInFile) || !beside(SAME_EMAIL)) {
            let place = first(Kind::Username, entry.username);
            let message =
                format!("The same username as {place}. Give this person another one, or remove the row.");
            add(Code::UsernameDuplicateInFile, Field::Username, message);
        }
        if beside(SAME_EMAIL) && !self.plan.email_from_username {
            let place = first(Kind::Email, entry.email);
            let message = format!(
                "The same address as {place}. Everybody needs an own one; correct it or remove the row."
            );
            add(Code::EmailDuplicateInFile, Field::Email, message);
        }
        if let Some(meant) = self.index.domains.meant(entry.domain) {
            let message = format!("Did you mean {meant}? Correct the address if so.");
            add(Code::EmailSuspiciousDomain, Field::Email, message);
        }
        if has(Code::UsernameTaken) {
            let message = if entry.has(super::index::NUMBERED) {
                "Somebody in the directory has this username already. Choose another number."
            } else {
                "This is an administrator's account, which an import cannot change. Remove the row, or change the person there."
            };
            add(Code::UsernameTaken, Field::Username, message.to_owned());
        }
        if has(Code::EmailTaken) && entry.has(EMAIL_TAKEN) {
            let message =
                "Another account has this address. Correct it, or give this row that account's username.";
            add(Code::EmailTaken, Field::Email, message.to_owned());
        }
        found
    }

    /// A row as it is sent, and what it was promised to do; `None` if it does nothing, or if the bytes are not those
    /// that were reviewed.
    pub fn person_row(&self, row: u32, bytes: &[u8]) -> Option<(PersonRow, Action)> {
        let entry = self.index.contains(row).then(|| self.index.entry(row))?;
        let action = match entry.verdict {
            Verdict::AddNew => Action::Add,
            Verdict::Update => Action::Update,
            _ => return None,
        };
        let values = self
            .with_record(bytes, |record| self.plan.judge(&self.row_text(row, record), &self.policy).values);
        let same = Key::of(&Username::key_of(&values.username)) == entry.username;
        same.then_some((PersonRow { row, line: entry.line, values }, action))
    }

    /// Whether any cell of a row, as edited, holds a text; `needle` is in lower case. Passwords are not searched.
    pub fn matches(&self, row: u32, bytes: &[u8], needle: &str) -> bool {
        self.with_record(bytes, |record| {
            let text = self.row_text(row, record);
            text.cells.iter().enumerate().any(|(at, cell)| match cell {
                Text::Read(text) if self.plan.password != Some(at) => {
                    clean(text).to_lowercase().contains(needle)
                }
                _ => false,
            })
        })
    }

    /// The first line of a file of rows with problems: the file's own columns and [`PROBLEM_COLUMN`].
    pub fn export_header(&self) -> String {
        let mut out = String::new();
        let own = self.mapping.columns.iter().filter(|column| column.header != PROBLEM_COLUMN);
        let headers = own.map(|column| defuse(&column.header)).chain([Cow::Borrowed(PROBLEM_COLUMN)]);
        write_record(&mut out, ',', headers);
        out
    }

    /// A row of such a file: its cells as edited, and what is wrong with it.
    pub fn export_row(&self, row: u32, bytes: &[u8]) -> String {
        let view = self.view(row, bytes);
        let mut sentences: Vec<String> = Vec::new();
        let of_cells = view.cells.iter().flat_map(|cell| &cell.problems);
        for problem in view.problems.iter().chain(of_cells) {
            let sentence = format!("{}: {}", problem.code, problem.message);
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        self.with_record(bytes, |record| {
            let text = self.row_text(row, record);
            let width = self.mapping.columns.len().max(text.cells.len());
            let own = (0..width)
                .filter(|&at| {
                    self.mapping.columns.get(at).is_none_or(|column| column.header != PROBLEM_COLUMN)
                })
                .map(|at| match text.cells.get(at) {
                    Some(Text::Read(text)) => Cow::Owned(defuse(text).into_owned()),
                    Some(Text::Undecodable) => Cow::Owned(defuse(&record.shown(at)).into_owned()),
                    None => Cow::Borrowed(""),
                });
            let mut out = String::new();
            write_record(&mut out, ',', own.chain([Cow::Owned(defuse(&sentences.join(" ")).into_owned())]));
            out
        })
    }
}
