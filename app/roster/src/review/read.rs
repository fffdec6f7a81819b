//! The file's way into the review: its beginning is understood, then every record becomes an entry of the index.

use super::domains::{DomainId, NO_DOMAIN};
use super::index::{Keys, Outcome, flag};
use super::judge::{Judged, Plan, RowText, Text};
use super::key::Key;
use super::quick::{Quick, is_domain};
use super::terms::Pushed;
use super::{DOUBT_SAMPLE, Facts, KEPT_FINDINGS, Review, SAMPLE, Stage};
use crate::columns::map_columns;
use crate::dialect;
use crate::encoding::{self, Encoding, Hindrance};
use crate::export;
use crate::field::{EmailAddress, Field, Username};
use crate::problem::{Code, Problem, RowProblem};
use crate::reader::{Limits, Part, Reader, Record};

impl Review {
    /// Reads the next bytes of the file.
    ///
    /// # Errors
    /// `file.not_text`: what the first bytes are instead; `file.encoding`: see [`Review::to_transcode`]. Reading has ended
    /// then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Pushed, RowProblem> {
        self.content.push(bytes);
        self.read(bytes, false)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `file.not_text`, or `file.empty`: there are no rows.
    pub fn finish(&mut self) -> Result<Pushed, RowProblem> {
        if matches!(self.stage, Stage::Done) {
            return Ok(Pushed::More);
        }
        if self.read(&[], true)? == Pushed::Restart {
            return Ok(Pushed::Restart);
        }
        self.stage = Stage::Done;
        self.settle_mapping();
        if self.index.len() == 0 {
            return Err(self.emptiness());
        }
        self.suspect_domains();
        self.suspect_twins();
        Ok(Pushed::More)
    }

    fn read(&mut self, bytes: &[u8], end: bool) -> Result<Pushed, RowProblem> {
        match &mut self.stage {
            Stage::Done => Ok(Pushed::More),
            Stage::Sampling(sample) => {
                // Only the first bytes count, however the file was cut: the same file is always understood the same.
                let missing = SAMPLE.saturating_sub(sample.len()).min(bytes.len());
                sample.extend_from_slice(&bytes[..missing]);
                if sample.len() < SAMPLE && !end {
                    return Ok(Pushed::More);
                }
                let sample = std::mem::take(sample);
                let whole = end || sample.len() < SAMPLE;
                self.understand(&sample, whole)?;
                if self.read_rows(&sample, false) == Pushed::Restart {
                    return Ok(Pushed::Restart);
                }
                self.read(&bytes[missing..], end)
            }
            Stage::Reading(_) => {
                let pushed = self.read_rows(bytes, end);
                if end && matches!(self.stage, Stage::Doubt(_)) {
                    return self.read(&[], true);
                }
                Ok(pushed)
            }
            Stage::Doubt(sample) => {
                let missing = DOUBT_SAMPLE.saturating_sub(sample.len()).min(bytes.len());
                sample.extend_from_slice(&bytes[..missing]);
                if sample.len() < DOUBT_SAMPLE && !end {
                    return Ok(Pushed::More);
                }
                let sample = &sample[..sample.len().min(DOUBT_SAMPLE)];
                if let Some(foreign) = encoding::to_transcode(sample) {
                    return Err(self.hindered(Hindrance::Transcode(foreign)));
                }
                let better = encoding::guess_single_byte(sample);
                self.start_again(Some(better));
                Ok(Pushed::Restart)
            }
        }
    }

    /// Guesses the dialect and the mapping.
    fn understand(&mut self, sample: &[u8], whole: bool) -> Result<(), RowProblem> {
        let known = self.choice.encoding.is_some() || self.better.is_some();
        if let Some(hindrance) = encoding::hindrance(sample, known) {
            return Err(self.hindered(hindrance));
        }
        let better = self.better.map(|encoding| encoding::EncodingGuess {
            encoding,
            bom: false,
            certain: true,
            evidence: "Further down there are letters that are not UTF-8; in this encoding they make plausible names."
                .to_owned(),
        });
        let (dialect, beginning) =
            dialect::guess(sample, whole, &self.choice, better, &[], Limits::default());
        self.stage = Stage::Reading(Box::new(Reader::new(&dialect)));
        let (header, rows) = beginning.parts(dialect.header_line, dialect.header_rows, dialect.skip_lines);
        self.dialect = dialect;
        // Where the header lies beyond the sample, it is mapped when it comes.
        if header.as_ref().is_none_or(|header| !header.is_empty()) {
            self.map(header.as_deref(), &rows);
        }
        Ok(())
    }

    fn hindered(&mut self, hindrance: Hindrance) -> RowProblem {
        let code = match hindrance {
            Hindrance::NoText(_) => Code::FileNotText,
            Hindrance::Unreadable(_) => Code::FileEncoding,
            Hindrance::Transcode(encoding) => {
                self.foreign = Some(encoding);
                Code::FileEncoding
            }
        };
        self.of_file(code, hindrance.message())
    }

    fn map(&mut self, header: Option<&[String]>, rows: &[Vec<String>]) {
        self.mapped = true;
        self.mapping = map_columns(header, rows, &self.custom_fields, self.mapping_choice.as_deref());
        self.plan = Plan::new(&self.mapping, header.is_some());
        // The short way takes bytes for what they say, which holds in plain dialects only.
        self.quick = match self.dialect.is_simple() {
            Some(_) => Quick::new(&self.plan, self.dialect.encoding),
            None => Quick::default(),
        };
        self.rules.username_from_email = self.plan.username_from_email;
        self.rules.email_from_username = self.plan.email_from_username;
        for name in self.mapping.duplicates.clone() {
            let message = format!(
                "Two columns are called \u{201c}{name}\u{201d}. Choose in the mapping which one is meant."
            );
            let problem = self.of_file(Code::HeaderDuplicate, message);
            self.file_problems.push(problem);
        }
        if !self.mapping.missing.is_empty() {
            let fields: Vec<&str> = self.mapping.missing.iter().map(|field| field.label()).collect();
            let header = if header.is_some() { "" } else { "The file has no header line. " };
            let message = format!(
                "{header}No column feeds {}. Choose in the mapping which columns they are, or add them to the file.",
                fields.join(", ")
            );
            let problem = self.of_file(Code::HeaderMissingRequired, message);
            self.file_problems.push(problem);
        }
    }

    /// Maps what the header says when it lay beyond the sample.
    fn settle_mapping(&mut self) {
        if !self.mapped && !self.dialect.delimiter.is_none() {
            let header = dialect::join_rows(self.header.iter().map(Vec::as_slice));
            self.map(Some(&header), &[]);
        }
    }

    fn of_file(&self, code: Code, message: String) -> RowProblem {
        let line = if self.dialect.header_line == 0 { 1 } else { self.dialect.header_line };
        RowProblem { row: 0, line, column: None, problem: Problem::whole(code, message) }
    }

    fn emptiness(&self) -> RowProblem {
        let message = if self.content.len() == 0 {
            "The file is empty. Choose the file with the people in it."
        } else if self.mapping.columns.is_empty() {
            "There is nothing in the file but blanks. Choose the file with the people in it."
        } else {
            "The file has a header but no rows below it. Add the people, one per line."
        };
        self.of_file(Code::FileEmpty, message.to_owned())
    }

    fn read_rows(&mut self, bytes: &[u8], end: bool) -> Pushed {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        let Stage::Reading(mut reader) = stage else {
            self.stage = stage;
            return Pushed::More;
        };
        let mut sink = |record: &Record<'_>| self.take(record);
        let mut going = reader.push(bytes, &mut sink);
        if going && end {
            going = reader.finish(&mut sink);
        }
        // A record that cannot be UTF-8 stopped the reader: it and what follows tell the encoding.
        self.stage = if going { Stage::Reading(reader) } else { Stage::Doubt(reader.rest().to_vec()) };
        Pushed::More
    }

    /// Goes back to the start of a file that was turned from this encoding into UTF-8.
    pub fn read_as(&mut self, transcoded: Encoding) {
        self.choice.encoding = Some(transcoded);
        self.start_again(None);
    }

    /// Goes back to the start, perhaps with another encoding; what a person chose stays.
    fn start_again(&mut self, better: Option<Encoding>) {
        let fresh = Review::new(
            self.choice.clone(),
            self.mapping_choice.take(),
            std::mem::take(&mut self.policy),
            std::mem::take(&mut self.custom_fields),
        );
        let options = std::mem::take(&mut self.rules.options);
        *self = fresh;
        self.rules.options = options;
        self.better = better;
    }

    /// Takes a record from the reader; false if it shows that the encoding is another.
    fn take(&mut self, record: &Record<'_>) -> bool {
        if !self.dialect.certain && !record.plain && !record.raw().is_ascii() {
            if self.dialect.encoding.decode(record.raw()).is_err() {
                return false;
            }
            self.dialect.certain = true;
            "Letters beyond A to Z further down are valid UTF-8."
                .clone_into(&mut self.dialect.encoding_evidence);
        }
        match record.part {
            Part::Title => {}
            Part::Header => {
                if !self.mapped {
                    self.header.push((0..record.cells()).map(|column| record.shown(column)).collect());
                }
            }
            Part::Row => {
                if !self.mapped {
                    self.settle_mapping();
                }
                self.add(record);
            }
        }
        true
    }

    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let place = (record.start, record.len, record.line);
        let Some(passed) = self.quick.look(record) else { return self.add_judged(record, place) };
        let Some(domain) = self.index.domains.add_if(passed.domain, record.row, is_domain) else {
            return self.add_judged(record, place);
        };
        let own = if self.index.domains.meant(domain).is_some() {
            self.keep_finding(record.row, record.line, self.suspicion(domain));
            Code::EmailSuspiciousDomain.bit()
        } else {
            0
        };
        self.index.push(place, passed.keys, own, 0);
    }

    #[inline(never)]
    fn add_judged(&mut self, record: &Record<'_>, place: (u64, u32, u32)) {
        let text = row_text(record, self.plan.defused);
        let judged = self.plan.judge(&text, &self.policy);
        let mut facts = self.facts(&judged);
        let domain = self.add_domain(record.row, &mut facts);
        let left = facts.own & Code::StatusInactive.bit() != 0;
        let flags = if left { flag::UNTICKED } else { 0 };
        self.index.push(place, facts.keys, facts.own, flags);
        if self.findings.len() < KEPT_FINDINGS {
            for finding in judged.findings {
                self.keep_finding(record.row, record.line, Some((finding.column, finding.problem)));
            }
            self.keep_finding(record.row, record.line, self.suspicion(domain));
        }
    }

    /// Counts the domain of a row's address; it may look mistyped.
    pub(super) fn add_domain(&mut self, row: u32, facts: &mut Facts) -> DomainId {
        let id = facts.domain().map_or(NO_DOMAIN, |domain| self.index.domains.add(domain.as_bytes(), row));
        if self.index.domains.meant(id).is_some() {
            facts.own |= Code::EmailSuspiciousDomain.bit();
        }
        id
    }

    /// What the index needs to know of a row.
    pub(super) fn facts(&self, judged: &Judged) -> Facts {
        let mut own = judged.codes();
        if !self.plan.missing.is_empty() {
            own |= Code::HeaderMissingRequired.bit();
        }
        let blamed = |codes: &[Code]| codes.iter().any(|code| own & code.bit() != 0);
        let values = &judged.values;
        let bad_name = blamed(&[
            Code::UsernameMissing,
            Code::UsernameInvalid,
            Code::UsernameTooLong,
            Code::UsernameConfusable,
        ]);
        let bad_email = blamed(&[Code::EmailMissing, Code::EmailInvalid]);
        let username_key =
            if bad_name || values.username.is_empty() || self.plan.username_from_email && bad_email {
                String::new()
            } else {
                Username::key_of(&values.username).into_owned()
            };
        let email_key = if bad_email || values.email.is_empty() {
            String::new()
        } else {
            EmailAddress::key_of(&values.email).into_owned()
        };
        let username = Key::of(&username_key);
        let like = if username.is_none() {
            username
        } else if values.username.is_ascii() {
            Key::of_username(values.username.as_bytes()).1
        } else {
            let like = Key::of(&Username::look_of(&values.username));
            if like == username { Key::default() } else { like }
        };
        let keys = Keys { username, like, email: Key::of(&email_key) };
        Facts { own, keys, username_key, email_key }
    }

    fn keep_finding(&mut self, row: u32, line: u32, found: Option<(Option<usize>, Problem)>) {
        if let Some((column, problem)) = found.filter(|_| self.findings.len() < KEPT_FINDINGS) {
            let column = column.map(|at| self.mapping.name_of(at));
            self.findings.push(RowProblem { row, line, column, problem });
        }
    }

    /// What is said about an address with a domain that looks mistyped.
    pub(super) fn suspicion(&self, domain: DomainId) -> Option<(Option<usize>, Problem)> {
        let meant = self.index.domains.meant(domain)?;
        let message = format!("Did you mean {meant}? Correct the address if so.");
        let problem = Problem::of(Code::EmailSuspiciousDomain, Field::Email, message);
        Some((self.plan.column_of(Field::Email), problem))
    }

    /// Once the file was read, its own mail domain is known, and so are slips of it.
    fn suspect_domains(&mut self) {
        for row in self.index.domains.settle() {
            self.index.set_own(row, self.index.own(row) | Code::EmailSuspiciousDomain.bit());
        }
        // The sentence needs the domain, which only the file has: kept findings are made from what was counted.
        for (row, domain) in self.index.domains.suspicious_rows().into_iter().take(KEPT_FINDINGS) {
            let line = self.index.line(row);
            let said = |finding: &RowProblem| {
                finding.row == row && finding.problem.code == Code::EmailSuspiciousDomain
            };
            if let Some((column, problem)) = self.suspicion(domain)
                && !self.findings.iter().any(said)
            {
                let column = column.map(|at| self.mapping.name_of(at));
                self.findings.push(RowProblem { row, line, column, problem });
            }
        }
        self.findings.sort_by_key(|finding| finding.row);
        self.findings.truncate(KEPT_FINDINGS);
    }

    /// Once the file was read, rows that share a key are looked for, and usernames that look alike.
    fn suspect_twins(&mut self) {
        self.index.find_twins();
        self.doubt_twins();
        self.index.find_alike();
        let last = self.findings.get(KEPT_FINDINGS - 1).map_or(u32::MAX, |finding| finding.row);
        let found = [Code::UsernameDuplicateInFile, Code::EmailDuplicateInFile, Code::UsernameLookAlike];
        let found = found.iter().fold(0, |all, code| all | code.bit());
        let is_found = |outcome: Outcome| outcome.all & found != 0;
        let mut rows = Vec::new();
        // Most files have none: their rows need not be looked through.
        if self.index.counts().any(|(class, _)| is_found(self.index.outcome(class, &self.rules))) {
            let same = self.rows_where(1, is_found).take_while(|row| *row <= last);
            rows.extend(same.take(KEPT_FINDINGS));
        }
        for row in rows {
            let line = self.index.line(row);
            for (column, problem) in self.found_beside(row) {
                let column = column.map(|at| self.mapping.name_of(at));
                self.findings.push(RowProblem { row, line, column, problem });
            }
        }
        self.findings.sort_by_key(|finding| finding.row);
        self.findings.truncate(KEPT_FINDINGS);
    }
}

/// A record's cells. `defused`: the file is one that Rollcall wrote, with a `'` before what a spreadsheet would run.
pub(super) fn row_text<'a>(record: &Record<'a>, defused: bool) -> RowText<'a> {
    let mut cells: Vec<Text<'a>> =
        (0..record.cells()).map(|column| record.text(column).map_or(Text::Undecodable, Text::Read)).collect();
    if defused {
        for cell in &mut cells {
            if let Text::Read(text) = cell
                && let Some(plain) = export::undo_defuse(text)
            {
                *text = plain.to_owned().into();
            }
        }
    }
    RowText { cells, shape: record.shape }
}
