//! Every sample file imports as a sensible administrator would expect.

use roster::review::{Action, Review, Verdict};
use roster::summary::{Summary, review_bytes};
use roster::{Code, PasswordPolicy, PersonRow};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR")))
        .expect("the fixture is there")
}

fn review(bytes: &[u8]) -> Review {
    review_bytes(bytes, Default::default(), PasswordPolicy::default(), Vec::new())
        .expect("the file can be read")
}

fn row_bytes<'a>(review: &Review, bytes: &'a [u8], row: u32) -> &'a [u8] {
    let span = review.span(row).expect("the row exists");
    &bytes[span.start as usize..][..span.len as usize]
}

fn person(review: &Review, bytes: &[u8], row: u32) -> PersonRow {
    let (person, action) = review.person_row(row, row_bytes(review, bytes, row)).expect("the row is good");
    assert_eq!(action, Action::Add);
    person
}

#[test]
fn all_samples_are_understood() {
    // file, rows, encoding, delimiter, header line, recipe
    for (name, rows, encoding, delimiter, header_line, recipe) in [
        ("basic.csv", 6, "UTF-8", ",", 1, None),
        ("canvas.csv", 6, "UTF-8", ",", 1, Some("Canvas")),
        ("entra-bulk-create.csv", 6, "UTF-8", ",", 2, Some("Microsoft Entra ID")),
        ("excel-unicode-text-utf16.txt", 3, "UTF-16LE", "tab", 1, None),
        ("german-excel-windows-1252.csv", 3, "Windows-1252", ";", 1, None),
        ("google-upload.csv", 6, "UTF-8", ",", 1, Some("Google Workspace")),
        ("mahara.csv", 6, "UTF-8", ",", 1, Some("Mahara")),
        ("moodle.csv", 6, "UTF-8", ",", 1, Some("Moodle")),
        ("redmine.csv", 6, "UTF-8", ";", 1, Some("Redmine")),
        ("sep-line.csv", 6, "UTF-8", ";", 2, None),
        ("with-metadata.csv", 6, "UTF-8", ",", 1, None),
        ("zammad.csv", 6, "UTF-8", ",", 1, Some("Zammad")),
    ] {
        let bytes = fixture(name);
        let review = review(&bytes);
        let dialect = review.dialect();
        assert_eq!(dialect.encoding.label(), encoding, "{name}");
        assert_eq!(dialect.delimiter_label(), delimiter, "{name}");
        assert_eq!(dialect.header_line, header_line, "{name}");
        assert_eq!(review.mapping().recipe.as_deref(), recipe, "{name}");
        let totals = review.totals();
        assert_eq!(
            (totals.rows, totals.add_new, totals.with_problems),
            (rows, rows, 0),
            "{name}: {:?}",
            Summary::of(&review)
        );
        assert_eq!(review.header_problem(), None, "{name}");
    }
}

fn mapping_of(name: &str) -> Vec<String> {
    let bytes = fixture(name);
    review(&bytes).mapped_columns().into_iter().map(|(header, key)| format!("{header}={key}")).collect()
}

#[test]
fn columns_feed_what_they_mean() {
    assert_eq!(
        mapping_of("entra-bulk-create.csv"),
        [
            "User name [userPrincipalName] Required=username",
            "Initial password [passwordProfile] Required=password",
            "First name [givenName]=first_name",
            "Last name [surname]=last_name",
            "Job title [jobTitle]=job_title",
            "Department [department]=department",
            "Street address [streetAddress]=address",
            "City [city]=location",
            "Office phone [telephoneNumber]=phone",
            "Mobile phone [mobile]=mobile",
        ]
    );
    assert_eq!(
        mapping_of("google-upload.csv"),
        [
            "First Name [Required]=first_name",
            "Last Name [Required]=last_name",
            "Email Address [Required]=email",
            "Password [Required]=password",
            "Work Phone=phone",
            "Employee ID=employee_id",
            "Department=department",
            "Change Password at Next Sign-In=change_password_next_time",
        ]
    );
    assert_eq!(
        mapping_of("redmine.csv"),
        [
            "login=username",
            "firstname=first_name",
            "lastname=last_name",
            "mail=email",
            "password=password",
            "must_change_passwd=change_password_next_time",
            "phone_number=phone",
        ]
    );
    assert_eq!(
        mapping_of("canvas.csv"),
        [
            "user_id=employee_id",
            "login_id=username",
            "password=password",
            "first_name=first_name",
            "last_name=last_name",
            "email=email",
        ]
    );
    assert_eq!(
        mapping_of("german-excel-windows-1252.csv"),
        ["Benutzername=username", "Vorname=first_name", "Nachname=last_name", "E-Mail=email", "Ort=location"]
    );
}

#[test]
fn people_arrive_as_they_are_called() {
    let bytes = fixture("german-excel-windows-1252.csv");
    let second = person(&review(&bytes), &bytes, 2);
    assert_eq!((second.row, second.line), (2, 3));
    assert_eq!(second.values.first_name, "Änne");
    assert_eq!(second.values.profile("location"), Some("Düsseldorf; Altstadt"));

    let bytes = fixture("excel-unicode-text-utf16.txt");
    let third = person(&review(&bytes), &bytes, 3);
    assert_eq!((third.values.last_name.as_str(), third.values.profile("location")), ("Weiß", Some("Gießen")));

    let bytes = fixture("entra-bulk-create.csv");
    let fourth = person(&review(&bytes), &bytes, 4);
    assert_eq!(fourth.line, 6);
    assert_eq!(fourth.values.username, "s.kowalski@example.org");
    assert_eq!(fourth.values.email, "s.kowalski@example.org");
    assert_eq!(fourth.values.first_name, "Stanisław");
    assert_eq!(fourth.values.profile("department"), Some("IT \"Ops\""));
    assert_eq!(fourth.values.profile("location"), Some("Łódź"));
    assert_eq!(fourth.values.password, None);

    let bytes = fixture("google-upload.csv");
    let first = person(&review(&bytes), &bytes, 1);
    assert_eq!(first.values.username, "marta.mueller@example.org");
    assert_eq!(first.values.password, None, "**** means leave");
    assert_eq!(first.values.change_password, Some(true));
    assert_eq!(first.values.profile("employee_id"), Some("000"), "leading zeros stay");

    let bytes = fixture("mahara.csv");
    let first = person(&review(&bytes), &bytes, 1);
    assert_eq!(first.values.password.as_deref(), Some("violet kettle marches north 41"));
    assert_eq!(first.values.profile("employee_id"), Some("0017"));

    let bytes = fixture("with-metadata.csv");
    let review_ = review(&bytes);
    let flags: Vec<Option<bool>> =
        (1..=6).map(|row| person(&review_, &bytes, row).values.change_password).collect();
    assert_eq!(flags, [Some(true), Some(false), Some(true), Some(true), None, Some(true)]);
}

#[test]
fn problems_are_found_where_they_are() {
    let bytes = fixture("problems.csv");
    let review = review(&bytes);
    let expected: [(u32, u32, Option<&str>, Option<Code>); 18] = [
        (1, 2, None, None),
        (2, 3, Some("Username"), Some(Code::UsernameDuplicateInFile)),
        (3, 4, Some("Email"), Some(Code::EmailDuplicateInFile)),
        (4, 5, Some("Username"), Some(Code::UsernameMissing)),
        (5, 6, Some("First name"), Some(Code::FirstNameMissing)),
        (6, 7, Some("Last name"), Some(Code::LastNameMissing)),
        (7, 8, Some("Email"), Some(Code::EmailMissing)),
        (8, 9, Some("Email"), Some(Code::EmailInvalid)),
        (9, 10, Some("Change password next time"), Some(Code::FlagNotBoolean)),
        (10, 11, None, Some(Code::RowTooFewFields)),
        (11, 12, None, Some(Code::RowTooManyFields)),
        (12, 13, None, None),
        (13, 14, Some("First name"), Some(Code::NameControlCharacter)),
        (14, 15, None, None),
        (15, 16, Some("First name"), Some(Code::NameControlCharacter)),
        (16, 18, None, None),
        (17, 19, Some("First name"), Some(Code::RowUnclosedQuote)),
        (18, 20, None, None),
    ];
    assert_eq!(review.totals().rows, 18);
    for (row, line, column, code) in expected {
        let view = review.view(row, row_bytes(&review, &bytes, row), None);
        assert_eq!(view.line, line, "row {row}");
        let found: Vec<_> = review.findings().filter(|found| found.row == row).collect();
        assert_eq!(
            found.iter().map(|found| found.problem.code).collect::<Vec<_>>(),
            Vec::from_iter(code),
            "row {row}"
        );
        assert_eq!(
            view.verdict,
            if code.is_some() { Verdict::Invalid } else { Verdict::AddNew },
            "row {row}"
        );
        if let (Some(found), Some(column)) = (found.first(), column) {
            assert_eq!(found.column.as_deref(), Some(column), "row {row}");
        }
        if code.is_some() {
            assert!(
                !view.problems.is_empty() || view.cells.iter().any(|cell| !cell.problems.is_empty()),
                "row {row}"
            );
        }
    }
    let second = review.findings().find(|found| found.row == 2).unwrap();
    assert!(second.problem.message.contains("row 1"), "{}", second.problem.message);
    let trimmed = person(&review, &bytes, 12).values;
    assert_eq!(
        (trimmed.username.as_str(), trimmed.first_name.as_str(), trimmed.last_name.as_str()),
        ("trimmed", "Spa ces", "Nbsp")
    );
    let formula = person(&review, &bytes, 14).values;
    assert_eq!((formula.first_name.as_str(), formula.last_name.as_str()), ("=1+1", "+Formula"));
    let open = review.view(17, row_bytes(&review, &bytes, 17), None);
    assert_eq!(open.cells[1].value, "\"Open quote");
    assert_eq!(open.cells.len(), 5);
    let totals = review.totals();
    assert_eq!((totals.add_new, totals.invalid), (5, 13));
}

#[test]
fn the_summary_is_the_promised_object() {
    let bytes = fixture("problems.csv");
    let json = serde_json::to_value(Summary::of(&review(&bytes))).unwrap();
    assert_eq!(json["rows"], 18);
    assert_eq!(json["valid"], 5);
    assert_eq!(json["invalid"], 13);
    assert_eq!(json["encoding"], "UTF-8");
    assert_eq!(json["delimiter"], ",");
    assert_eq!(json["header_line"], 1);
    assert_eq!(json["mapping"]["First name"], "first_name");
    assert_eq!(json["problem_counts"]["email.invalid"], 1);
    assert_eq!(json["problems"][0]["row"], 2);
    assert_eq!(json["problems"][0]["severity"], "error");
    assert_eq!(json["problems"][0]["column"], "Username");
}
