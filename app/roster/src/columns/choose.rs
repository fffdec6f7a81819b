//! From headers and a look at the first rows to a mapping.

use super::aliases::{HASH, Meaning, near, recognise};
use super::looks::{is_capitalised, looks_like_address, looks_like_hash, looks_like_username};
use super::normal::names;
use super::recipes::recipe_of;
use super::{ColumnMapping, MappedColumn, Target, letter};
use crate::field::{Field, clean, parse_flag};

/// How many values of a column a screen shows.
const SHOWN: usize = 3;

/// The cells of the first rows.
pub(crate) type Sample = [Vec<String>];

/// Fills in a mapping; what a person chose (`choice`, by column) wins over everything.
pub(crate) fn map_columns(
    headers: Option<&[String]>,
    rows: &Sample,
    custom_fields: &[String],
    choice: Option<&[Target]>,
) -> ColumnMapping {
    let width = headers.map_or_else(|| rows.iter().map(Vec::len).max().unwrap_or(0), <[String]>::len);
    let columns: Vec<Column> = (0..width).map(|at| Column::new(at, headers, rows)).collect();
    let mut mapping = match headers {
        Some(headers) => by_headers(headers, &columns, custom_fields),
        None => by_values(&columns),
    };
    for (column, looked_at) in mapping.columns.iter_mut().zip(&columns) {
        column.samples =
            looked_at.values.iter().take(SHOWN).map(|value| value.chars().take(60).collect()).collect();
    }
    if let Some(choice) = choice {
        for (column, target) in mapping.columns.iter_mut().zip(choice) {
            if column.target != *target {
                column.target = target.clone();
                column.reason = "Chosen by you".to_owned();
                column.suggestion = None;
            }
        }
        mapping.duplicates.clear();
        mapping.statuses.retain(|(at, _)| mapping.columns[*at].target == Target::Ignore);
    }
    for (at, column) in mapping.columns.iter_mut().enumerate() {
        let hidden = column.target == Target::Field(Field::Password)
            || headers.and_then(|headers| headers.get(at)).is_some_and(|header| is_secret(header));
        if hidden {
            column.samples.clear();
        }
    }
    let addresses =
        mapping.column_of(Field::Username).is_some_and(|at| columns[at].share(looks_like_address) >= 0.8);
    mapping.settle(addresses);
    mapping
}

/// One column with its first values.
struct Column {
    name: String,
    /// Cleaned values that are not blank.
    values: Vec<String>,
}

impl Column {
    fn new(at: usize, headers: Option<&[String]>, rows: &Sample) -> Column {
        let name = headers
            .and_then(|headers| headers.get(at))
            .map(|header| clean(header).into_owned())
            .filter(|header| !header.is_empty())
            .unwrap_or_else(|| letter(at));
        let values = rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(|cell| clean(cell).into_owned())
            .filter(|cell| !cell.is_empty())
            .collect();
        Column { name, values }
    }

    /// The share of values that pass a test; 0 where there are none.
    fn share(&self, test: impl Fn(&str) -> bool) -> f64 {
        if self.values.is_empty() {
            return 0.0;
        }
        self.values.iter().filter(|value| test(value)).count() as f64 / self.values.len() as f64
    }

    fn to_mapped(&self, target: Target, reason: impl Into<String>) -> MappedColumn {
        MappedColumn {
            header: self.name.clone(),
            target,
            reason: reason.into(),
            samples: Vec::new(),
            suggestion: None,
        }
    }
}

fn by_headers(headers: &[String], columns: &[Column], custom_fields: &[String]) -> ColumnMapping {
    let recipe = recipe_of(headers);
    let meanings: Vec<Option<(Meaning, usize)>> = headers
        .iter()
        .zip(columns)
        .map(|(header, column)| {
            let particular = recipe.and_then(|recipe| recipe.meaning(header)).map(|meaning| (meaning, 0));
            let found = particular.or_else(|| recognise(header).map(|found| (found.meaning, found.rank)));
            // What other systems give out as a password is often its hash, which nobody could sign in with.
            let hashed = found.is_some_and(|(meaning, _)| meaning == Meaning::Field(Field::Password))
                && column.share(looks_like_hash) >= 0.5;
            let found = if hashed { Some((Meaning::Never(HASH), 0)) } else { found };
            // Elsewhere "UPN" is a pupil's number.
            found.filter(|(meaning, _)| {
                *meaning != Meaning::PrincipalName
                    || column.values.is_empty()
                    || column.share(|value| value.contains('@')) >= 0.5
            })
        })
        .collect();
    let duplicates = repeated(headers, &meanings);
    let mut mapped: Vec<MappedColumn> = columns
        .iter()
        .zip(headers)
        .zip(&meanings)
        .map(|((column, header), meaning)| first_idea(column, header, *meaning, custom_fields, &duplicates))
        .collect();
    let is_free = |at: usize, mapped: &[MappedColumn]| {
        mapped[at].target == Target::Ignore && !duplicates.contains(&names(&headers[at]).0)
    };
    for &field in Field::ALL {
        let mut fitting: Vec<usize> = (0..mapped.len())
            .filter(|&at| {
                meanings[at].map(|(meaning, _)| meaning) == Some(Meaning::Field(field))
                    && is_free(at, &mapped)
            })
            .collect();
        fitting
            .sort_by_key(|&at| (columns[at].values.is_empty(), meanings[at].map_or(0, |(_, rank)| rank), at));
        let Some((&best, others)) = fitting.split_first() else { continue };
        mapped[best].target = Target::Field(field);
        mapped[best].reason = reason_for(field, &columns[best]);
        for &other in others {
            mapped[other].reason = format!("{field} comes from \u{201c}{}\u{201d}", columns[best].name);
            mapped[other].suggestion = None;
        }
    }
    let has = |field: Field, mapped: &[MappedColumn]| {
        mapped.iter().any(|column| column.target == Target::Field(field))
    };
    for at in 0..mapped.len() {
        match meanings[at] {
            Some((Meaning::PrincipalName, _)) if is_free(at, &mapped) => {
                if !has(Field::Username, &mapped) {
                    mapped[at].target = Target::Field(Field::Username);
                    mapped[at].reason = "The name people sign in with at Microsoft".to_owned();
                } else if !has(Field::Email, &mapped) && columns[at].share(looks_like_address) >= 0.8 {
                    mapped[at].target = Target::Field(Field::Email);
                    mapped[at].reason =
                        "Its values are addresses and there is no other column of them".to_owned();
                } else {
                    mapped[at].reason = "Username and Email come from other columns".to_owned();
                }
            }
            Some((Meaning::FullName, _)) if is_free(at, &mapped) => {
                let (first, last) = (has(Field::FirstName, &mapped), has(Field::LastName, &mapped));
                let another = mapped.iter().any(|column| column.target == Target::FullName);
                if first && !last && names(&headers[at]).0 == "name" {
                    mapped[at].target = Target::Field(Field::LastName);
                    mapped[at].reason =
                        "There is a column of first names, so this holds the last names".to_owned();
                } else if !first && !last && !another {
                    mapped[at].target = Target::FullName;
                    mapped[at].reason = "Holds both names; they are split".to_owned();
                } else {
                    mapped[at].reason = "First and last name come from other columns".to_owned();
                }
            }
            _ => {}
        }
    }
    // All of them count: who is activated may be suspended all the same.
    let standings = (0..mapped.len()).filter_map(|at| match meanings[at] {
        Some((Meaning::Standing(standing), _)) if mapped[at].target == Target::Ignore => Some((at, standing)),
        _ => None,
    });
    ColumnMapping {
        statuses: standings.collect(),
        columns: mapped,
        recipe: recipe.map(|recipe| recipe.name.to_owned()),
        duplicates: headers
            .iter()
            .enumerate()
            .filter(|(at, header)| {
                let name = names(header).0;
                duplicates.contains(&name) && headers[..*at].iter().all(|earlier| names(earlier).0 != name)
            })
            .map(|(_, header)| clean(header).into_owned())
            .collect(),
        ..ColumnMapping::default()
    }
}

/// Names that occur twice and would feed a field: nobody can say which column is meant.
fn repeated(headers: &[String], meanings: &[Option<(Meaning, usize)>]) -> Vec<String> {
    let all: Vec<String> = headers.iter().map(|header| names(header).0).collect();
    let same = |one: usize, other: usize| {
        meanings[one].map(|(meaning, _)| meaning) == meanings[other].map(|(meaning, _)| meaning)
    };
    (0..all.len())
        .filter(|&at| {
            !all[at].is_empty()
                && !matches!(meanings[at], None | Some((Meaning::Never(_) | Meaning::Standing(_), _)))
        })
        // Columns of one name and several meanings, such as "E-Mail (privat)" and "E-Mail (geschäftlich)", are told apart.
        .filter(|&at| (0..at).any(|earlier| all[earlier] == all[at] && same(earlier, at)))
        .map(|at| all[at].clone())
        .collect()
}

/// What a column is before columns compete for fields: ignored, for a reason, or a field of the organisation's own.
fn first_idea(
    column: &Column,
    header: &str,
    meaning: Option<(Meaning, usize)>,
    custom_fields: &[String],
    duplicates: &[String],
) -> MappedColumn {
    let name = names(header).0;
    if duplicates.contains(&name) {
        let reason = format!("Two columns are called \u{201c}{}\u{201d}; choose the right one", column.name);
        return column.to_mapped(Target::Ignore, reason);
    }
    match meaning {
        Some((Meaning::Standing(_), _)) => {
            let reason =
                "Says who is active; it is not imported, but people who are not active are not ticked";
            return column.to_mapped(Target::Ignore, reason);
        }
        Some((Meaning::Never(reason), _)) => return column.to_mapped(Target::Ignore, reason),
        Some(_) => return column.to_mapped(Target::Ignore, String::new()),
        None => {}
    }
    if let Some(custom) = custom_fields.iter().find(|field| !name.is_empty() && names(field).0 == name) {
        return column.to_mapped(Target::Custom(custom.clone()), "A profile field of your organisation");
    }
    if header == crate::export::PROBLEM_COLUMN {
        return column.to_mapped(Target::Ignore, "Written by Rollcall beside rows with problems");
    }
    if name.is_empty() {
        return column.to_mapped(Target::Ignore, "The column has no header");
    }
    let mut mapped =
        column.to_mapped(Target::Ignore, "Not a field of Rollcall; it can become a profile field");
    if let Some(field) = near(header) {
        mapped.reason = format!("Perhaps {field}? Choose it if so");
        mapped.suggestion = Some(Target::Field(field));
    }
    mapped
}

fn reason_for(field: Field, column: &Column) -> String {
    let told = match field {
        Field::Email => Some((column.share(looks_like_address), "addresses")),
        Field::ChangePasswordNextTime => Some((column.share(|value| parse_flag(value).is_ok()), "yes or no")),
        _ => None,
    };
    match told {
        Some((share, what)) if !column.values.is_empty() && share < 0.5 => {
            format!("By its header, though few of its values are {what}")
        }
        Some((_, what)) if !column.values.is_empty() => format!("By its header, and its values are {what}"),
        _ => "By its header".to_owned(),
    }
}

/// Without a header only what the values themselves say counts.
fn by_values(columns: &[Column]) -> ColumnMapping {
    let mut mapped: Vec<MappedColumn> = columns
        .iter()
        .map(|column| column.to_mapped(Target::Ignore, "There is no header; choose what it is"))
        .collect();
    let email = (0..columns.len()).find(|&at| columns[at].share(looks_like_address) >= 0.6);
    let mut names_at = Vec::new();
    let mut username = None;
    for (at, column) in columns.iter().enumerate().filter(|(at, _)| Some(*at) != email) {
        if column.share(looks_like_username) >= 0.8
            && username.is_none()
            && column.share(is_capitalised) < 0.5
        {
            username = Some(at);
        } else if column.share(|value| is_capitalised(value) && !value.contains(|c: char| c.is_ascii_digit()))
            >= 0.8
        {
            names_at.push(at);
        }
    }
    let mut give = |at: usize, field: Field| {
        mapped[at].target = Target::Field(field);
        mapped[at].reason = "By its values, as there is no header; please check".to_owned();
    };
    if let Some(at) = email {
        give(at, Field::Email);
        if let Some(at) = username {
            give(at, Field::Username);
        }
        if let [first, last, ..] = names_at[..] {
            give(first, Field::FirstName);
            give(last, Field::LastName);
        }
    }
    ColumnMapping { columns: mapped, ..ColumnMapping::default() }
}

/// Whether a column's values are nobody's business: passwords, and what opens as much as they do.
fn is_secret(header: &str) -> bool {
    let meaning = recognise(header).map(|found| found.meaning);
    matches!(meaning, Some(Meaning::Field(Field::Password) | Meaning::Never(HASH)))
        || names(header).0.contains("password")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Standing;

    fn map(header: &str, rows: &[&str]) -> ColumnMapping {
        let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| split(row)).collect();
        map_columns(Some(&split(header)), &rows, &["Cost centre".to_owned()], None)
    }

    fn targets(mapping: &ColumnMapping) -> Vec<&'static str> {
        mapping
            .columns
            .iter()
            .map(|column| match &column.target {
                Target::Field(field) => field.key(),
                Target::FullName => "full",
                Target::Custom(_) => "custom",
                Target::Ignore => "-",
            })
            .collect()
    }

    #[test]
    fn the_address_serves_as_username() {
        let mapping =
            map("First Name [Required],Last Name [Required],Email Address [Required],Recovery Email", &[]);
        assert_eq!(targets(&mapping), ["first_name", "last_name", "email", "-"]);
        assert!(mapping.username_from_email && mapping.missing.is_empty());
    }

    #[test]
    fn mail_before_principal_name() {
        let row = "a@example.org,b@example.org,Ana,Ruiz";
        let both = map("userPrincipalName,mail,givenName,surname", &[row]);
        assert_eq!(targets(&both), ["username", "email", "first_name", "last_name"]);
        let one = map("userPrincipalName,givenName,surname", &["a@example.org,Ana,Ruiz"]);
        assert_eq!(targets(&one), ["username", "first_name", "last_name"]);
        assert!(one.email_from_username && one.missing.is_empty());
        let blank = map("userPrincipalName,mail,givenName,surname", &["a@example.org,,Ana,Ruiz"]);
        assert_eq!(targets(&blank)[1], "email");
    }

    #[test]
    fn what_stands_in_brackets_tells_addresses_apart() {
        let row = "aruiz,Ana,Ruiz,ana@home.example,ana@example.org";
        for header in [
            "Username,First name,Last name,Email (private),Email (work)",
            "Benutzername,Vorname,Nachname,E-Mail (privat),E-Mail (geschäftlich)",
        ] {
            let mapping = map(header, &[row]);
            assert_eq!(targets(&mapping), ["username", "first_name", "last_name", "-", "email"], "{header}");
            assert!(mapping.duplicates.is_empty(), "{header}");
        }
    }

    #[test]
    fn hashes_are_no_passwords() {
        let header = "user_login,first_name,last_name,user_email,user_pass";
        for (value, target) in [
            ("$P$Bn0tAhAsh0fAnyb0dyAtAll0123", "-"),
            ("{SSHA}bm90IGEgaGFzaCBhdCBhbGw=", "-"),
            ("0123456789abcdef0123456789ABCDEF", "-"),
            ("pbkdf2_sha256$600000$c2FsdA$aGFzaA==", "-"),
            ("Correct horse $9 battery$ staple", "password"),
            ("$ummer-in-the-city-2024", "password"),
            ("{curly} braces and more words", "password"),
        ] {
            let mapping = map(header, &[&format!("aruiz,Ana,Ruiz,ana@example.org,{value}")]);
            assert_eq!(targets(&mapping)[4], target, "{value}");
            assert!(mapping.columns[4].samples.is_empty(), "{value}");
        }
    }

    #[test]
    fn the_passwords_of_a_password_manager_open_no_account() {
        let row = "Example Shop,https://shop.example,ana@example.org,ana,hunter2-hunter2,";
        let mapping = map("name,url,email,username,password,note", &[row]);
        assert_eq!(targets(&mapping), ["-", "-", "email", "username", "-", "-"]);
        assert_eq!(mapping.missing, [Field::FirstName, Field::LastName]);
        assert!(mapping.columns[4].samples.is_empty());
    }

    #[test]
    fn every_column_counts_that_says_who_is_active() {
        let mapping = map("username,firstname,lastname,email,Activated,Suspended", &[]);
        assert_eq!(mapping.statuses, [(4, Standing::Active), (5, Standing::Blocked)]);
    }

    #[test]
    fn a_pupils_number_is_no_sign_in_name() {
        let mapping = map(
            "UPN,Legal Forename,Legal Surname,Primary Email",
            &["H123456789012,Ana,Ruiz,ana@example.org"],
        );
        assert_eq!(targets(&mapping), ["-", "first_name", "last_name", "email"]);
        assert!(mapping.username_from_email);
    }

    #[test]
    fn full_names_only_without_others() {
        assert_eq!(targets(&map("Username,Payroll Name,Email", &[])), ["username", "full", "email"]);
        assert_eq!(
            targets(&map("Benutzername,Name,Vorname,E-Mail", &[])),
            ["username", "last_name", "first_name", "email"]
        );
        assert_eq!(targets(&map("login,Display Name,First Name,Last Name,mail", &[]))[1], "-");
    }

    #[test]
    fn hostile_and_repeated_headers() {
        let mapping = map(
            "Username,First name,Last name,Email,Email,role,is_admin,id,__proto__,password_hash,Cost centre",
            &[],
        );
        assert_eq!(
            targets(&mapping),
            ["username", "first_name", "last_name", "-", "-", "-", "-", "-", "-", "-", "custom"]
        );
        assert_eq!(mapping.duplicates, ["Email"]);
        assert_eq!(mapping.missing, [Field::Email]);
    }

    #[test]
    fn the_city_counts_when_the_office_is_empty() {
        let mapping = map("login,first,last,mail,Office,City", &["a,A,B,a@example.org,,Leeds"]);
        assert_eq!(targets(&mapping)[4..], ["-", "location"]);
    }

    #[test]
    fn without_a_header_the_values_speak() {
        let rows = vec![
            vec!["asmith".to_owned(), "Anna".to_owned(), "Smith".to_owned(), "a@example.org".to_owned()],
            vec!["jdoe".to_owned(), "John".to_owned(), "Doe".to_owned(), "j@example.org".to_owned()],
        ];
        let mapping = map_columns(None, &rows, &[], None);
        assert_eq!(targets(&mapping), ["username", "first_name", "last_name", "email"]);
        assert_eq!(mapping.columns[3].header, "D");
    }

    #[test]
    fn a_slip_is_a_suggestion_only() {
        let mapping = map("Usernmae,First name,Last name,Email", &[]);
        assert_eq!(mapping.columns[0].target, Target::Ignore);
        assert_eq!(mapping.columns[0].suggestion, Some(Target::Field(Field::Username)));
        assert!(mapping.username_from_email);
    }
}
