//! Rows for people and for the server: read again from their own bytes.

use std::borrow::Cow;

use super::Review;
use super::index::{Kind, flag};
use super::judge::{Finding, Text};
use super::key::Key;
use super::terms::{Action, Cell, EmptyCell, Existing, KnownPerson, MatchBy, RowView, Verdict};
use crate::export::{PROBLEM_COLUMN, defuse, tag_of, write_record};
use crate::field::{EmailAddress, Field, PersonRow, Username, clean, clean_address};
use crate::problem::{Code, Problem};
use crate::reader::{Record, reread};

/// What stands for a password.
pub(super) const HIDDEN: &str = "••••••••";

const ADMINISTRATOR: &str = "This is an administrator's account, which an import cannot change. Remove the row, or change \
     the person there.";

impl Review {
    pub(super) fn with_record<T>(&self, bytes: &[u8], with: impl FnOnce(&Record<'_>) -> T) -> T {
        reread(&self.dialect, bytes, with)
    }

    /// A row as it is shown. `bytes` are the row's own, from where [`Review::span`] says; a row that does not exist
    /// is shown empty. `known` is the person with its username, where that is at hand: values that the row would change
    /// are shown beside the new ones.
    pub fn view(&self, row: u32, bytes: &[u8], known: Option<&KnownPerson>) -> RowView {
        if !self.index.contains(row) {
            return RowView {
                row,
                line: 0,
                verdict: Verdict::Invalid,
                reason: None,
                chosen: false,
                can_choose: false,
                exists: false,
                person_key: None,
                cells: Vec::new(),
                problems: Vec::new(),
            };
        }
        let outcome = self.outcome(row);
        let exists = self.index.has(row, flag::EXISTS);
        let mut person_key = None;
        let (cells, problems) = self.with_record(bytes, |record| {
            let text = self.row_text(row, record);
            let judged = self.plan.judge(&text, &self.policy);
            let facts = self.facts(&judged);
            let suspicion = (outcome.all & Code::EmailSuspiciousDomain.bit() != 0)
                .then(|| self.suspicion(self.index.domains.find(facts.domain()?)))
                .flatten();
            let key = match self.rules.options.match_by {
                MatchBy::Username => facts.username_key,
                MatchBy::Email => facts.email_key,
            };
            person_key = (!key.is_empty()).then_some(key);
            let mut findings = judged.findings;
            let beside = self.found_beside(row).into_iter().chain(suspicion);
            findings.extend(beside.map(|(column, problem)| Finding { column, problem }));
            let width = self.mapping.columns.len().max(text.cells.len());
            let mut cells: Vec<Cell> =
                (0..width).map(|at| self.cell(row, at, record, text.cells.get(at))).collect();
            if let Some(known) = known.filter(|_| exists && outcome.base == Verdict::Update) {
                self.add_old_values(known, &mut cells);
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
            line: self.index.line(row),
            verdict: outcome.verdict,
            reason: self.reason(row),
            chosen: matches!(outcome.verdict, Verdict::AddNew | Verdict::Update),
            can_choose: matches!(outcome.base, Verdict::AddNew | Verdict::Update),
            exists,
            person_key,
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
    fn add_old_values(&self, known: &KnownPerson, cells: &mut [Cell]) {
        let names = [Field::FirstName, Field::LastName];
        let names = names.into_iter().map(|field| (self.plan.column_of(field), field.key()));
        let profile = self.plan.profile.iter().map(|(at, key, _)| (Some(*at), key.as_str()));
        let options = &self.rules.options;
        for (column, key) in names.chain(profile) {
            let Some(cell) = column.and_then(|at| cells.get_mut(at)) else { continue };
            let old = known.values.get(key).map_or("", String::as_str);
            let changes = match (old, cell.value.as_str()) {
                (old, new) if old == new => false,
                ("", _) => true,
                (_, "") => options.empty_cell == EmptyCell::Clear && options.existing != Existing::FillBlanks,
                _ => options.existing != Existing::FillBlanks,
            };
            // A cell with both names is split: what it changes cannot be said in one text.
            if changes && column != self.plan.full_name {
                cell.old = Some(old.to_owned());
            }
        }
        if options.existing == Existing::FillBlanks && !known.email_key.is_empty() {
            return;
        }
        if options.match_by == MatchBy::Email {
            if let Some(cell) = self.plan.column_of(Field::Username).and_then(|at| cells.get_mut(at))
                && !cell.value.is_empty()
                && Username::key_of(&cell.value) != known.username_key
            {
                cell.old = Some(known.username.clone());
            }
            return;
        }
        if let Some(cell) = self.plan.column_of(Field::Email).and_then(|at| cells.get_mut(at))
            && !cell.value.is_empty()
            && EmailAddress::key_of(&cell.value) != known.email_key
        {
            let shown = known.values.get(Field::Email.key()).unwrap_or(&known.email_key);
            cell.old = Some(shown.clone());
        }
    }

    /// Why a row does what it does, where that is not plain.
    fn reason(&self, row: u32) -> Option<String> {
        let outcome = self.outcome(row);
        let reason = match outcome.verdict {
            Verdict::Skip
                if outcome.base != Verdict::Skip && outcome.all & Code::StatusInactive.bit() != 0 =>
            {
                "Not ticked: the file says that this person is not active"
            }
            Verdict::Skip if outcome.base != Verdict::Skip => "Not ticked",
            Verdict::Skip => "This person exists already, and people who exist are skipped",
            Verdict::Unchanged if self.rules.options.existing == Existing::FillBlanks => {
                "This person exists already, and nothing is blank that the file could fill"
            }
            Verdict::Unchanged => "The directory has these values already",
            Verdict::Update if self.index.has(row, flag::INACTIVE) => {
                "The account is deactivated and stays so"
            }
            _ => return None,
        };
        Some(reason.to_owned())
    }

    /// Findings that come from other rows or from the directory, with their column.
    pub(super) fn found_beside(&self, row: u32) -> Vec<(Option<usize>, Problem)> {
        let all = self.outcome(row).all;
        let mut found = Vec::new();
        let mut add = |code: Code, field: Field, message: String| {
            found.push((self.plan.column_of(field), Problem::of(code, field, message)));
        };
        let first = |kind| {
            let first = self.index.twins(kind).first(self.index.key(kind, row)).unwrap_or(row);
            format!("row {first} (line {})", self.index.line(first))
        };
        let has = |code: Code| all & code.bit() != 0;
        let by_email = self.rules.options.match_by == MatchBy::Email;
        if has(Code::UsernameDuplicateInFile) {
            let place = first(Kind::Username);
            let message =
                format!("The same username as {place}. Give this person another one, or remove the row.");
            add(Code::UsernameDuplicateInFile, Field::Username, message);
        }
        if has(Code::EmailDuplicateInFile) {
            let place = first(Kind::Email);
            let message = format!(
                "The same address as {place}. Everybody needs an own one; correct it or remove the row."
            );
            add(Code::EmailDuplicateInFile, Field::Email, message);
        }
        if self.index.has(row, flag::LOOKS_ALIKE) {
            let other = self.index.looks_like(row);
            let place = other.map_or_else(
                || "another row".to_owned(),
                |other| format!("row {other} (line {})", self.index.line(other)),
            );
            let message = format!(
                "The username can be taken for that of {place}. Make sure that these are two people, or give one another username."
            );
            add(Code::UsernameLookAlike, Field::Username, message);
        }
        if self.index.has(row, flag::LOOKS_KNOWN) && !self.index.has(row, flag::EXISTS) {
            let message = "The username can be taken for that of somebody in the directory. Make sure that this is another person, or correct it.";
            add(Code::UsernameLookAlike, Field::Username, message.to_owned());
        }
        if has(Code::UsernameTaken) {
            let message = if by_email {
                "Another account has this username. Correct it, or give this row that account's address."
            } else if self.index.has(row, flag::MADE) {
                "Somebody in the directory has this username already. Choose another number."
            } else {
                ADMINISTRATOR
            };
            add(Code::UsernameTaken, Field::Username, message.to_owned());
        }
        if has(Code::EmailTaken) {
            let message = if by_email {
                ADMINISTRATOR
            } else {
                "Another account has this address. Correct it, or give this row that account's username."
            };
            add(Code::EmailTaken, Field::Email, message.to_owned());
        }
        found
    }

    /// A row as it is sent, and what it was promised to do; `None` if it does nothing, or if the bytes are not those
    /// that were reviewed.
    pub fn person_row(&self, row: u32, bytes: &[u8]) -> Option<(PersonRow, Action)> {
        let action = match self.index.contains(row).then(|| self.outcome(row).verdict)? {
            Verdict::AddNew => Action::Add,
            Verdict::Update => Action::Update,
            _ => return None,
        };
        // The verdict says that nothing is wrong with it: it need not be held to the rules again.
        let values = self.with_record(bytes, |record| self.plan.values(&self.row_text(row, record)));
        let same = Key::of(&Username::key_of(&values.username)) == self.index.key(Kind::Username, row);
        same.then(|| (PersonRow { row, line: self.index.line(row), values }, action))
    }

    /// The import in which a row failed and the number it had there, if the file tells: it is a download of failed rows.
    pub fn failed_row(&self, row: u32, bytes: &[u8]) -> Option<(String, u32)> {
        let column = self.mapping.columns.iter().rposition(|column| column.header == PROBLEM_COLUMN)?;
        let problem = self.value(row, column, bytes)?;
        tag_of(&problem).map(|(import, row)| (import.to_owned(), row))
    }

    /// The cleaned value of a cell, as edited; `None` for passwords and for what cannot be read.
    pub fn value(&self, row: u32, column: usize, bytes: &[u8]) -> Option<String> {
        if self.plan.password == Some(column) {
            return None;
        }
        self.with_record(bytes, |record| match self.row_text(row, record).cells.get(column) {
            Some(Text::Read(text)) => Some(clean(text).into_owned()),
            Some(Text::Undecodable) => None,
            None => Some(String::new()),
        })
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
        let view = self.view(row, bytes, None);
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
