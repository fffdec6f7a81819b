//! One row held to every rule: cells in, cleaned values and findings out.

use std::borrow::Cow;

use crate::columns::{ColumnMapping, Standing, Target, split_full_name};
use crate::export::PROBLEM_COLUMN;
use crate::field::{CUSTOM_PREFIX, Field, Values, clean, clean_address, hold_profile, parse_flag};
use crate::policy::PasswordPolicy;
use crate::problem::{Code, Problem};
use crate::reader::{MAX_COLUMNS, MAX_FIELD, MAX_ROW, Shape};

/// A finding and the column it is about.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) column: Option<usize>,
    pub(super) problem: Problem,
}

/// A cell as the reader or an edit gives it.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Read(Cow<'a, str>),
    /// Bytes that mean nothing in the file's encoding.
    Undecodable,
}

/// A row's cells and form.
#[derive(Clone, Debug)]
pub(super) struct RowText<'a> {
    pub(super) cells: Vec<Text<'a>>,
    pub(super) shape: Shape,
}

/// The mapping, made ready for reading rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// How many cells a row should have: those of the header; without one, up to the last that feeds something.
    pub(super) width: usize,
    pub(super) has_header: bool,
    pub(super) username: Option<usize>,
    pub(super) first_name: Option<usize>,
    pub(super) last_name: Option<usize>,
    pub(super) email: Option<usize>,
    pub(super) password: Option<usize>,
    pub(super) change_password: Option<usize>,
    pub(super) full_name: Option<usize>,
    /// The columns that say who is active.
    pub(super) statuses: Vec<(usize, Standing)>,
    /// Column, key and field of each profile text.
    pub(super) profile: Vec<(usize, String, Option<Field>)>,
    pub(super) username_from_email: bool,
    pub(super) email_from_username: bool,
    pub(super) missing: Vec<Field>,
    /// The file is a list of problem rows that Rollcall wrote: what it put before formulas is taken away again.
    pub(super) defused: bool,
}

/// What a row says, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub(super) values: Values,
    pub(super) findings: Vec<Finding>,
}

impl Judged {
    /// The set of codes found.
    pub(super) fn codes(&self) -> u64 {
        self.findings.iter().fold(0, |set, finding| set | finding.problem.code.bit())
    }
}

impl Plan {
    pub(super) fn new(mapping: &ColumnMapping, has_header: bool) -> Plan {
        let mut profile = Vec::new();
        for (at, column) in mapping.columns.iter().enumerate() {
            match &column.target {
                Target::Field(field) if field.is_profile() => {
                    profile.push((at, field.key().to_owned(), Some(*field)))
                }
                Target::Custom(name) => profile.push((at, format!("{CUSTOM_PREFIX}{name}"), None)),
                _ => {}
            }
        }
        // Two columns chosen for one field by hand: the first one counts.
        profile.dedup_by(|later, earlier| later.1 == earlier.1);
        Plan {
            width: if has_header {
                mapping.columns.len()
            } else {
                mapping
                    .columns
                    .iter()
                    .rposition(|column| column.target != Target::Ignore)
                    .map_or(0, |last| last + 1)
            },
            has_header,
            username: mapping.column_of(Field::Username),
            first_name: mapping.column_of(Field::FirstName),
            last_name: mapping.column_of(Field::LastName),
            email: mapping.column_of(Field::Email),
            password: mapping.column_of(Field::Password),
            change_password: mapping.column_of(Field::ChangePasswordNextTime),
            full_name: mapping.full_name_column(),
            statuses: mapping.statuses.clone(),
            profile,
            username_from_email: mapping.username_from_email,
            email_from_username: mapping.email_from_username,
            missing: mapping.missing.clone(),
            defused: has_header
                && mapping.columns.last().is_some_and(|column| column.header == PROBLEM_COLUMN),
        }
    }

    /// The column that a field comes from.
    pub(super) fn column_of(&self, field: Field) -> Option<usize> {
        match field {
            Field::Username => self.username.or(self.email.filter(|_| self.username_from_email)),
            Field::FirstName => self.first_name.or(self.full_name),
            Field::LastName => self.last_name.or(self.full_name),
            Field::Email => self.email.or(self.username.filter(|_| self.email_from_username)),
            Field::Password => self.password,
            Field::ChangePasswordNextTime => self.change_password,
            profile => {
                self.profile.iter().find(|(_, _, field)| *field == Some(profile)).map(|(at, _, _)| *at)
            }
        }
    }

    /// Holds a row to every rule that needs no other row.
    pub(super) fn judge(&self, row: &RowText<'_>, policy: &PasswordPolicy) -> Judged {
        let mut judged = Judged { values: self.values(row), findings: Vec::new() };
        self.shape(row, &mut judged.findings);
        if let Some((at, Err(problem))) = self.flag(row) {
            judged.findings.push(Finding { column: Some(at), problem });
        }
        let inactive = self.statuses.iter().find_map(|&(at, standing)| match row.cells.get(at) {
            Some(Text::Read(text)) if standing.is_inactive(text) => Some((at, text)),
            _ => None,
        });
        if let Some((at, text)) = inactive {
            let shown: String = clean(text).chars().take(40).filter(|c| !c.is_control()).collect();
            let message = format!(
                "\u{201c}{shown}\u{201d} says that this person is not active. The row is not ticked; tick it to import the person."
            );
            judged
                .findings
                .push(Finding { column: Some(at), problem: Problem::whole(Code::StatusInactive, message) });
        }
        for problem in judged.values.problems(policy) {
            let column = match problem.field {
                Some(field) => self.column_of(field),
                None => self.custom_at_fault(&judged.values, &problem),
            };
            if self.counts(&problem, column, row, &judged.findings) {
                judged.findings.push(Finding { column, problem });
            }
        }
        judged
    }

    /// Whether a problem says anything that was not said yet.
    fn counts(&self, problem: &Problem, column: Option<usize>, row: &RowText<'_>, said: &[Finding]) -> bool {
        let Some(column) = column else {
            // The header as a whole lacks the field: said once, for the file.
            return !problem.field.is_some_and(|field| self.missing.contains(&field));
        };
        let absent = column >= row.cells.len();
        let unreadable = matches!(row.cells.get(column), Some(Text::Undecodable));
        // The address serves as the username, or the other way round: one finding is enough.
        let derived = match problem.field {
            Some(Field::Username) => self.username_from_email,
            Some(Field::Email) => self.email_from_username,
            _ => false,
        };
        let said_already = derived
            && (problem.code == Code::UsernameMissing
                || said.iter().any(|finding| finding.column == Some(column)));
        !(absent || unreadable || said_already)
    }

    fn custom_at_fault(&self, values: &Values, problem: &Problem) -> Option<usize> {
        self.profile
            .iter()
            .filter(|(_, _, field)| field.is_none())
            .find(|(_, key, _)| {
                values
                    .profile(key)
                    .is_some_and(|text| hold_profile(key, text).err().as_ref() == Some(problem))
            })
            .map(|(at, _, _)| *at)
    }

    /// What the form of a row says.
    fn shape(&self, row: &RowText<'_>, findings: &mut Vec<Finding>) {
        let mut add = |code, column: Option<usize>, message: String| {
            findings.push(Finding { column, problem: Problem::whole(code, message) });
        };
        if let Some(at) = row.shape.unclosed_quote {
            let message = "A quotation mark opens this cell and nothing closes it. Remove it, or close it where the cell ends.";
            add(Code::RowUnclosedQuote, Some(at.into()), message.to_owned());
        }
        if let Some(at) = row.shape.stray_quote {
            let message = "There is a quotation mark where none belongs; it was kept as part of the text. Check the value.";
            add(Code::RowStrayQuote, Some(at.into()), message.to_owned());
        }
        if let Some(at) = row.shape.too_long {
            let message = if usize::from(at) >= MAX_COLUMNS {
                format!("The row has more than {MAX_COLUMNS} cells. Remove what does not belong to it.")
            } else {
                format!("A cell may have {MAX_FIELD} bytes and a row {MAX_ROW}. Shorten this cell.")
            };
            add(Code::RowTooLong, Some(at.into()), message);
        } else {
            let width = self.width;
            let cells = row.cells.len();
            let extra = self.has_header
                && row.cells.iter().skip(width).any(|cell| match cell {
                    Text::Read(text) => !clean(text).is_empty(),
                    Text::Undecodable => true,
                });
            if cells < width {
                let message =
                    format!("The row has {cells} of {width} cells. Fill in the cells that are missing.");
                add(Code::RowTooFewFields, None, message);
            } else if extra {
                let message = format!(
                    "The row has {cells} cells, the header {width}. Put a cell that holds the delimiter in quotation marks."
                );
                add(Code::RowTooManyFields, Some(width), message);
            }
        }
        for (at, _) in row.cells.iter().enumerate().filter(|(_, cell)| matches!(cell, Text::Undecodable)) {
            let message = "The cell holds bytes that mean nothing in the file's encoding. Choose another encoding, or type the value anew.";
            add(Code::FileUndecodable, Some(at), message.to_owned());
        }
    }

    /// What a row says of [`Field::ChangePasswordNextTime`], and the column that says it.
    fn flag(&self, row: &RowText<'_>) -> Option<(usize, Result<Option<bool>, Problem>)> {
        let at = self.change_password?;
        match row.cells.get(at) {
            Some(Text::Read(text)) => Some((at, parse_flag(text))),
            _ => None,
        }
    }

    /// The cleaned texts of a row.
    pub(super) fn values(&self, row: &RowText<'_>) -> Values {
        let raw = |column: Option<usize>| match column.and_then(|at| row.cells.get(at)) {
            Some(Text::Read(text)) => text.as_ref(),
            _ => "",
        };
        let text = |column: Option<usize>| clean(raw(column)).into_owned();
        let mut values = Values {
            username: text(self.username),
            first_name: text(self.first_name),
            last_name: text(self.last_name),
            email: text(self.email),
            password: Some(text(self.password)).filter(|password| !means_no_password(password)),
            change_password: self.flag(row).and_then(|(_, flag)| flag.ok().flatten()),
            profile: Vec::with_capacity(self.profile.len()),
        };
        if let Some(column) = self.full_name.filter(|_| self.first_name.is_none() || self.last_name.is_none())
        {
            let (first, last) = split_full_name(&text(Some(column)));
            if self.first_name.is_none() {
                values.first_name = first;
            }
            if self.last_name.is_none() {
                values.last_name = last;
            }
        }
        if self.username_from_email {
            values.username.clone_from(&values.email);
        }
        if self.email_from_username {
            values.email.clone_from(&values.username);
        }
        for (at, key, field) in &self.profile {
            // A cell that is not there is an absent column, not an empty value.
            if *at < row.cells.len() {
                let text = raw(Some(*at));
                let text = if *field == Some(Field::Address) { clean_address(text) } else { clean(text) };
                values.profile.push((key.clone(), text.into_owned()));
            }
        }
        values
    }
}

/// Empty, or the asterisks an export writes to say "leave it".
fn means_no_password(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::map_columns;

    fn judge(header: &str, row: &str) -> Judged {
        let headers: Vec<String> = header.split(',').map(str::to_owned).collect();
        let cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        let mapping =
            map_columns(Some(&headers), std::slice::from_ref(&cells), &["Cost centre".to_owned()], None);
        let text = RowText {
            cells: cells.iter().map(|cell| Text::Read(cell.into())).collect(),
            shape: Shape::default(),
        };
        Plan::new(&mapping, true).judge(&text, &PasswordPolicy::default())
    }

    fn codes(judged: &Judged) -> Vec<Code> {
        judged.findings.iter().map(|finding| finding.problem.code).collect()
    }

    #[test]
    fn one_finding_where_the_address_is_the_username() {
        let judged = judge("First name,Last name,Email", "Anna,Smith,bad.mail@");
        assert_eq!(codes(&judged), [Code::EmailInvalid]);
        let judged = judge("First name,Last name,Email", "Anna,Smith,");
        assert_eq!(codes(&judged), [Code::EmailMissing]);
    }

    #[test]
    fn short_rows_are_not_blamed_for_what_they_lack() {
        assert_eq!(
            codes(&judge("Username,First name,Last name,Email", "few,Too,Few")),
            [Code::RowTooFewFields]
        );
        assert_eq!(codes(&judge("Username,First name,Last name,Email", "abc,Too,Many,m@example.org,,")), []);
        assert_eq!(
            codes(&judge("Username,First name,Last name,Email", "abc,Too,Many,m@example.org,x")),
            [Code::RowTooManyFields]
        );
    }

    #[test]
    fn asterisks_mean_leave() {
        let header = "Username,First name,Last name,Email,Password";
        assert_eq!(judge(header, "abc,A,B,m@example.org,****").values.password, None);
        assert_eq!(judge(header, "abc,A,B,m@example.org,").values.password, None);
        assert_eq!(codes(&judge(header, "abc,A,B,m@example.org,short")), [Code::PasswordTooShort]);
    }

    #[test]
    fn findings_know_their_column() {
        let long = "x".repeat(300);
        let judged =
            judge("Username,First name,Last name,Email,Cost centre", &format!("abc,A,,m@example.org,{long}"));
        let places: Vec<_> =
            judged.findings.iter().map(|finding| (finding.problem.code, finding.column)).collect();
        assert_eq!(places, [(Code::LastNameMissing, Some(2)), (Code::ProfileTooLong, Some(4))]);
    }
}
