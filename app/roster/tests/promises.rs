//! What the product promises of rosters, promise by promise; and each problem code under its own name.

use proptest::prelude::*;
use roster::convert::convert;
use roster::dialect::{Dialect, DialectChoice};
use roster::encoding::Encoding;
use roster::reader::{Reader, Record};
use roster::review::{Existing, KnownPerson, Options, Review, Verdict};
use roster::summary::{review_bytes, row_of};
use roster::{Code, PasswordPolicy};

const HEADER: &str = "Username,First name,Last name,Email,Password,Change password next time,Phone\n";

fn review(bytes: &[u8]) -> Review {
    review_bytes(bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()).expect("a roster")
}

fn refused(bytes: &[u8]) -> Code {
    match review_bytes(bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()) {
        Ok(review) => panic!("read as {:?}", review.totals()),
        Err(found) => found.problem.code,
    }
}

fn value(review: &Review, bytes: &[u8], row: u32, column: usize) -> String {
    let span = review.span(row).expect("a row");
    review.view(row, row_of(bytes, span), None).cells[column].value.clone()
}

/// Row, line and code of every finding.
fn found(text: &str) -> Vec<(u32, u32, Code)> {
    review(text.as_bytes()).findings().map(|found| (found.row, found.line, found.problem.code)).collect()
}

mod promises {
    use super::*;

    #[test]
    fn change_password_next_time_takes_one_zero_yes_no_true_false_and_empty() {
        for (cell, expected) in [
            ("1", Some(true)),
            ("0", Some(false)),
            ("Yes", Some(true)),
            ("no", Some(false)),
            ("TRUE", Some(true)),
            ("false", Some(false)),
            ("", None),
        ] {
            let text = format!("{HEADER}asmith,Anna,Smith,a@example.org,,{cell},\n");
            let review = review(text.as_bytes());
            let span = review.span(1).unwrap();
            let (row, _) = review.person_row(1, row_of(text.as_bytes(), span)).expect("a good row");
            assert_eq!(row.values.change_password, expected, "{cell}");
        }
    }

    #[test]
    fn encodings_are_told_and_shown_with_names_from_the_file() {
        let text = "Username,First name,Last name,Email\nmmu,Jürgen,Müßig,m@example.org\nana,Änne,Schäfer,a@example.org\n";
        let utf16 = |big: bool| -> Vec<u8> {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), Encoding::Utf8),
            (utf16(false), Encoding::Utf16Le),
            (utf16(true), Encoding::Utf16Be),
            (latin, Encoding::Windows1252),
        ] {
            let review = review(&bytes);
            assert_eq!(review.dialect().encoding, encoding);
            assert_eq!(value(&review, &bytes, 1, 2), "Müßig");
            assert!(review.dialect().samples.iter().any(|(_, words)| words.contains("Müßig")), "{encoding}");
        }
    }

    #[test]
    fn never_a_silent_replacement_character() {
        let bytes = [
            HEADER.as_bytes(),
            "mmu,Mária,Müller,m@example.org,,,\n".as_bytes(),
            b"bad,J\xFCrgen,Smith,j@example.org,,,\n",
        ]
        .concat();
        let review = review(&bytes);
        assert_eq!(review.totals().invalid, 1);
        assert!(!value(&review, &bytes, 2, 1).contains('\u{FFFD}'));
        let lost = format!("{HEADER}asmith,An\u{FFFD}na,Smith,a@example.org,,,\n");
        assert_eq!(found(&lost), [(1, 2, Code::FileUndecodable)]);
    }

    #[test]
    fn delimiters_and_the_sep_line() {
        for delimiter in [",", ";", "\t", "|"] {
            let text = "Username,First name,Last name,Email\nasmith,Anna,Smith,a@example.org\n"
                .replace(',', delimiter);
            assert_eq!(review(text.as_bytes()).totals().add_new, 1, "{delimiter}");
        }
        let announced = "sep=;\nUsername;First name;Last name;Email\nasmith;Anna;Smith;a@example.org\n";
        assert_eq!(review(announced.as_bytes()).totals().add_new, 1);
    }

    #[test]
    fn line_ends_of_every_kind() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "Username,First name,Last name,Email",
                "asmith,Anna,Smith,a@example.org",
                "jdoe,John,Doe,j@example.org",
            ]
            .join(end);
            assert_eq!(review(text.as_bytes()).totals().add_new, 2, "{end:?}");
        }
        let mixed = "Username,First name,Last name,Email\r\nasmith,Anna,Smith,a@example.org\njdoe,John,Doe,j@example.org\rmray,Mia,Ray,m@example.org";
        assert_eq!(review(mixed.as_bytes()).totals().add_new, 3);
    }

    #[test]
    fn quotes_doubled_quotes_and_newlines_inside_them() {
        let text = format!(
            "{HEADER}asmith,\"Anna \"\"Annie\"\"\",\"Smith, Jr\",a@example.org,,,\"1\n2\"\njdoe,John,Doe,j@example.org,,,\n"
        );
        let review = review(text.as_bytes());
        assert_eq!(value(&review, text.as_bytes(), 1, 1), "Anna \"Annie\"");
        assert_eq!(value(&review, text.as_bytes(), 1, 2), "Smith, Jr");
        let span = review.span(2).unwrap();
        assert_eq!(review.view(2, row_of(text.as_bytes(), span), None).line, 4);
    }

    #[test]
    fn title_lines_and_blank_lines_are_no_rows() {
        let text = format!(
            "version:v1.0\n\nStaff of the year\n{HEADER}\nasmith,Anna,Smith,a@example.org,,,\n\n\njdoe,John,Doe,j@example.org,,,\n\n"
        );
        let review = review(text.as_bytes());
        assert_eq!((review.dialect().header_line, review.totals().rows, review.totals().add_new), (4, 2, 2));
    }

    #[test]
    fn a_bad_row_never_stops_a_good_one() {
        let text = format!(
            "{HEADER},,,,,,\nasmith,Anna,Smith,a@example.org,,,\n\"broken,x\nfew\njdoe,John,Doe,j@example.org,,,\n"
        );
        let review = review(text.as_bytes());
        assert_eq!(review.totals().add_new, 2);
    }

    #[test]
    fn a_stray_quote_names_its_line_and_swallows_nothing() {
        let mut text = format!("{HEADER}asmith,\"Anna,Smith,a@example.org,,,\n");
        for row in 0..2_000 {
            text.push_str(&format!("user{row},Given,Family,user{row}@example.org,,,\n"));
        }
        let review = review(text.as_bytes());
        assert_eq!((review.totals().rows, review.totals().add_new), (2_001, 2_000));
        assert!(review.findings().all(|found| (found.row, found.line) == (1, 2)));
    }

    /// Marks that nothing closes are damage, also where every row has one.
    #[test]
    fn a_quote_left_open_in_every_row_is_said_of_every_row() {
        for rows in [3, 300] {
            let mut text = "Username,First name,Last name,Email\n".to_owned();
            for at in 0..rows {
                text.push_str(&format!("user{at},\"Anna,Smith,a{at}@example.org\n"));
            }
            let codes: Vec<_> = found(&text).into_iter().map(|(row, _, code)| (row, code)).collect();
            let expected: Vec<_> = (1..=rows).map(|row| (row, Code::RowUnclosedQuote)).collect();
            assert_eq!(codes, expected);
            let problems = convert(text.as_bytes(), &DialectChoice::default()).unwrap().problems;
            assert_eq!(problems.len(), rows as usize);
        }
    }

    #[test]
    fn values_are_trimmed_and_composed_and_what_was_changed_is_shown() {
        let text = format!("{HEADER}asmith,\u{a0} Zoe\u{308} ,Smith,a@example.org,,,\n");
        let review = review(text.as_bytes());
        let span = review.span(1).unwrap();
        let cell = &review.view(1, row_of(text.as_bytes(), span), None).cells[1];
        assert_eq!((cell.value.as_str(), cell.original.as_deref()), ("Zoë", Some("\u{a0} Zoe\u{308} ")));
    }

    #[test]
    fn keys_are_unique_without_regard_to_case_inside_the_file() {
        let text = format!(
            "{HEADER}asmith,Anna,Smith,a@example.org,,,\nASmith,Ben,Moss,b@example.org,,,\nÄnne,Änne,Fox,x@example.org,,,\nänne,Eve,Fox,y@example.org,,,\ncray,Cleo,Ray,A@Example.org,,,\n"
        );
        assert_eq!(
            found(&text),
            [
                (2, 3, Code::UsernameDuplicateInFile),
                (4, 5, Code::UsernameDuplicateInFile),
                (5, 6, Code::EmailDuplicateInFile),
            ]
        );
    }

    #[test]
    fn keys_are_unique_against_the_directory() {
        let text = format!("{HEADER}asmith,Anna,Smith,taken@example.org,,,\n");
        let mut review = review(text.as_bytes());
        let span = review.rows_to_ask(10)[0];
        let asked = [review.question(1, row_of(text.as_bytes(), span)).unwrap()];
        let owner = KnownPerson {
            username_key: "other".into(),
            email_key: "taken@example.org".into(),
            username: "other".into(),
            protected: false,
            active: true,
            values: Default::default(),
        };
        review.learn(&[owner], &asked);
        let view = review.view(1, row_of(text.as_bytes(), span), None);
        assert_eq!((view.verdict, view.cells[3].problems[0].code), (Verdict::Invalid, Code::EmailTaken));
    }

    #[test]
    fn what_is_no_text_is_refused_before_it_is_read() {
        for magic in [
            &b"PK\x03\x04 xlsx or zip"[..],
            b"%PDF-1.7",
            b"\x89PNG\r\n\x1a\n",
            b"\xFF\xD8\xFF\xE0",
            b"GIF89a",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        ] {
            assert_eq!(refused(magic), Code::FileNotText);
        }
        assert_eq!(refused(b""), Code::FileEmpty);
        assert_eq!(refused(b" \n\n"), Code::FileEmpty);
        assert_eq!(refused(HEADER.as_bytes()), Code::FileEmpty);
    }
}

/// One test for each code that a file alone can show, by its name.
macro_rules! codes {
    ($($name:ident: $rows:expr => $expected:expr;)*) => {
        mod problems {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let text = format!("{HEADER}good,Good,Row,good@example.org,,,\n{}\n", $rows);
                    let codes: Vec<(u32, Code)> = found(&text).into_iter().map(|(row, _, code)| (row, code)).collect();
                    assert_eq!(codes, $expected);
                }
            )*
        }
    };
}

codes! {
    row_too_few_fields: "few,Too,Few" => [(2, Code::RowTooFewFields)];
    row_too_many_fields: "many,Too,Many,m@example.org,,,,extra" => [(2, Code::RowTooManyFields)];
    row_unclosed_quote: "open,\"Anna,Smith,o@example.org,,," => [(2, Code::RowUnclosedQuote)];
    row_stray_quote: "stray,An\"na,Smith,s@example.org,,," => [(2, Code::RowStrayQuote)];
    row_too_long: format!("long,{},Smith,l@example.org,,,", "x".repeat(5_000)) => [(2, Code::RowTooLong), (2, Code::NameTooLong)];
    username_missing: ",Anna,Smith,a@example.org,,," => [(2, Code::UsernameMissing)];
    username_invalid: "an na,Anna,Smith,a@example.org,,," => [(2, Code::UsernameInvalid)];
    username_too_long: format!("{},Anna,Smith,a@example.org,,,", "a".repeat(65)) => [(2, Code::UsernameTooLong)];
    username_duplicate_in_file: "GOOD,Anna,Smith,a@example.org,,," => [(2, Code::UsernameDuplicateInFile)];
    username_confusable: "\u{430}dmin,Anna,Smith,a@example.org,,," => [(2, Code::UsernameConfusable)];
    username_look_alike: "G0OD,Anna,Smith,a@example.org,,," => [(1, Code::UsernameLookAlike), (2, Code::UsernameLookAlike)];
    first_name_missing: "asmith,,Smith,a@example.org,,," => [(2, Code::FirstNameMissing)];
    last_name_missing: "asmith,Anna, ,a@example.org,,," => [(2, Code::LastNameMissing)];
    name_too_long: format!("asmith,{},Smith,a@example.org,,,", "é".repeat(101)) => [(2, Code::NameTooLong)];
    name_control_character: "asmith,An\u{7}na,Smith,a@example.org,,," => [(2, Code::NameControlCharacter)];
    email_missing: "asmith,Anna,Smith,,,," => [(2, Code::EmailMissing)];
    email_invalid: "asmith,Anna,Smith,a@example,,," => [(2, Code::EmailInvalid)];
    email_duplicate_in_file: "asmith,Anna,Smith,GOOD@example.org,,," => [(2, Code::EmailDuplicateInFile)];
    email_suspicious_domain: "asmith,Anna,Smith,a@gmial.com,,," => [(2, Code::EmailSuspiciousDomain)];
    password_too_short: "asmith,Anna,Smith,a@example.org,short,," => [(2, Code::PasswordTooShort)];
    password_common: "asmith,Anna,Smith,a@example.org,passwordpassword,," => [(2, Code::PasswordCommon)];
    password_too_long: format!("asmith,Anna,Smith,a@example.org,{},,", "correct horse ".repeat(80)) => [(2, Code::PasswordTooLong)];
    file_undecodable: "asmith,An\u{FFFD}na,Smith,a@example.org,,," => [(2, Code::FileUndecodable)];
    password_contains_identity: "asmith,Anna,Smith,a@example.org,my name is asmith forever,," => [(2, Code::PasswordContainsIdentity)];
    flag_not_boolean: "asmith,Anna,Smith,a@example.org,,perhaps," => [(2, Code::FlagNotBoolean)];
    profile_control_character: "asmith,Anna,Smith,a@example.org,,,+49\u{1}30" => [(2, Code::ProfileControlCharacter)];
    profile_too_long: format!("asmith,Anna,Smith,a@example.org,,,{}", "1".repeat(256)) => [(2, Code::ProfileTooLong)];
}

#[test]
fn file_empty() {
    assert_eq!(refused(b"\n \n"), Code::FileEmpty);
}

#[test]
fn file_not_text() {
    assert_eq!(refused(b"PK\x03\x04 a workbook of another kind"), Code::FileNotText);
}

/// The problems of the one row, against a directory in which this person is.
fn against_the_directory(row: &str, person: KnownPerson) -> Vec<Code> {
    let text = format!("{HEADER}{row}\n");
    let mut review = review(text.as_bytes());
    review.set_options(Options { existing: Existing::Overwrite, ..Options::default() });
    let span = review.rows_to_ask(1)[0];
    let asked = review.question(1, row_of(text.as_bytes(), span)).expect("the row has keys");
    review.learn(&[person], &[asked]);
    let view = review.view(1, row_of(text.as_bytes(), span), None);
    view.cells.iter().flat_map(|cell| &cell.problems).map(|problem| problem.code).collect()
}

fn person(username: &str, email: &str, protected: bool) -> KnownPerson {
    KnownPerson {
        username_key: username.into(),
        email_key: email.into(),
        username: username.into(),
        protected,
        active: true,
        values: Default::default(),
    }
}

#[test]
fn username_taken() {
    let administrator = person("asmith", "a@example.org", true);
    assert_eq!(
        against_the_directory("asmith,Anna,Smith,a@example.org,,,", administrator),
        [Code::UsernameTaken]
    );
}

#[test]
fn email_taken() {
    let other = person("other", "a@example.org", false);
    assert_eq!(against_the_directory("asmith,Anna,Smith,a@example.org,,,", other), [Code::EmailTaken]);
}

#[test]
fn header_missing_required_and_header_duplicate() {
    let missing = found("Username,First name,Last name\nasmith,Anna,Smith\n");
    assert_eq!(missing[0].2, Code::HeaderMissingRequired);
    let twice =
        found("Username,First name,Last name,Email,Email\nasmith,Anna,Smith,a@example.org,b@example.org\n");
    assert!(twice.iter().any(|(row, _, code)| (*row, *code) == (0, Code::HeaderDuplicate)));
}

/// What a well-known reader makes of a file.
fn csv_core(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.records().map(|record| record.expect("UTF-8").iter().map(str::to_owned).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn rfc_4180_is_read_as_csv_core_reads_it(
        rows in prop::collection::vec(prop::collection::vec("[a-zäß ,\"\r\n;]{0,12}", 1..6), 1..12),
        crlf in any::<bool>(),
        last in any::<bool>(),
        piece in 1usize..100,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let mut bytes = writer.into_inner().unwrap();
        if !last {
            while bytes.ends_with(b"\n") || bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        let mut ours = Vec::new();
        let mut sink = |record: &Record<'_>| {
            ours.push((0..record.cells()).map(|column| record.text(column).unwrap().into_owned()).collect::<Vec<_>>());
            true
        };
        let mut reader = Reader::new(&Dialect { delimiter: b','.into(), ..Dialect::default() });
        for piece in bytes.chunks(piece) {
            reader.push(piece, &mut sink);
        }
        reader.finish(&mut sink);
        // Lines without any text are no rows here; the other reader keeps some of them.
        let blank = |row: &Vec<String>| row.iter().all(|cell| cell.chars().all(|c| c == ' '));
        let theirs: Vec<_> = csv_core(&bytes).into_iter().filter(|row| !blank(row)).collect();
        let ours: Vec<_> = ours.into_iter().filter(|row| !blank(row)).collect();
        prop_assert_eq!(ours, theirs);
    }
}
