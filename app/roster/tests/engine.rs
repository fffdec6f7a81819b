//! The review as its drivers use it: verdicts against a directory, options, edits, fixes, ticks.

#[path = "engine/aligning.rs"]
mod aligning;
#[path = "engine/directory.rs"]
mod directory;

use std::collections::BTreeMap;

use roster::export::write_record;
use roster::review::{
    Alike, EmptyCell, Existing, Filter, Fix, KeyQuery, KnownPerson, MatchBy, Options, Pushed, Review,
    Verdict, alike,
};
use roster::summary::{review_bytes, row_of};
use roster::{Code, PasswordPolicy};

struct Bench {
    bytes: Vec<u8>,
    review: Review,
    people: Vec<KnownPerson>,
}

impl Bench {
    fn new(text: &str) -> Bench {
        let bytes = text.as_bytes().to_vec();
        let review = review_bytes(&bytes, Default::default(), PasswordPolicy::default(), Vec::new())
            .expect("the text is a roster");
        Bench { bytes, review, people: Vec::new() }
    }

    fn slice(&self, row: u32) -> Vec<u8> {
        let span = self.review.span(row).expect("the row exists");
        row_of(&self.bytes, span).to_vec()
    }

    fn edit(&mut self, row: u32, column: usize, value: &str) {
        let bytes = self.slice(row);
        self.review.edit(row, column, value, &bytes);
    }

    fn view(&self, row: u32) -> roster::review::RowView {
        let bytes = self.slice(row);
        let key = self.review.view(row, &bytes, None).person_key;
        let of = |person: &KnownPerson| match self.review.options().match_by {
            MatchBy::Username => person.username_key.clone(),
            MatchBy::Email => person.email_key.clone(),
        };
        let known = self.people.iter().find(|person| Some(of(person)) == key);
        self.review.view(row, &bytes, known)
    }

    /// Asks about every row that is to be asked about.
    fn questions(&mut self, at_a_time: usize) -> Vec<KeyQuery> {
        let spans = self.review.rows_to_ask(at_a_time);
        spans.iter().filter_map(|span| self.review.question(span.row, row_of(&self.bytes, *span))).collect()
    }

    fn apply_fix(&mut self, code: Code, pattern: Option<&str>) -> (Option<Fix>, u32) {
        let mut plan = self.review.begin_fix(code, pattern).expect("there is such a fix");
        for span in self.review.lessons(&plan) {
            self.review.teach_fix(&mut plan, span.row, row_of(&self.bytes, span));
        }
        for row in self.review.rows_matching(&Filter { code: Some(code), ..Filter::default() }) {
            let bytes = self.slice(row);
            self.review.plan_fix(&mut plan, row, &bytes);
        }
        let fix = self.review.proposal(&plan);
        let count = self.review.apply_fix(plan);
        (fix, count)
    }

    /// Answers as a directory with these people would.
    fn compare(&mut self, people: &[KnownPerson]) {
        self.people = people.to_vec();
        while self.review.has_rows_to_ask() {
            let asked = self.questions(2);
            let known: Vec<KnownPerson> = people
                .iter()
                .filter(|p| {
                    asked.iter().any(|q| q.username_key == p.username_key || q.email_key == p.email_key)
                })
                .cloned()
                .collect();
            self.review.learn(&known, &asked);
        }
    }

    fn verdicts(&self) -> Vec<Verdict> {
        (1..=self.review.totals().rows).map(|row| self.view(row).verdict).collect()
    }

    fn options(&mut self, existing: Existing, empty_cell: EmptyCell) {
        self.review.set_options(Options { existing, empty_cell, ..Options::default() });
        self.check();
    }

    /// The counters agree with the rows.
    fn check(&self) {
        let totals = self.review.totals();
        let verdicts = self.verdicts();
        let count = |verdict| verdicts.iter().filter(|v| **v == verdict).count() as u32;
        assert_eq!(totals.add_new, count(Verdict::AddNew));
        assert_eq!(totals.update, count(Verdict::Update));
        assert_eq!(totals.unchanged, count(Verdict::Unchanged));
        assert_eq!(totals.skip, count(Verdict::Skip));
        assert_eq!(totals.invalid, count(Verdict::Invalid));
        assert_eq!(totals.rows as usize, verdicts.len());
        for verdict in Verdict::ALL {
            let filter = Filter { verdict: Some(verdict), ..Filter::default() };
            assert_eq!(self.review.count(&filter) as usize, self.review.rows_matching(&filter).len());
        }
        for &(code, number) in &totals.problem_counts {
            let filter = Filter { code: Some(code), ..Filter::default() };
            if !code.as_str().starts_with("header.") {
                assert_eq!(self.review.rows_matching(&filter).len() as u32, number, "{code}");
            }
        }
        // What a row shows is what the index counted.
        for row in 1..=totals.rows {
            let view = self.view(row);
            let mut shown: Vec<Code> = view
                .problems
                .iter()
                .chain(view.cells.iter().flat_map(|c| &c.problems))
                .map(|p| p.code)
                .collect();
            shown.sort_unstable();
            shown.dedup();
            let mut counted: Vec<Code> = totals
                .problem_counts
                .iter()
                .map(|(code, _)| *code)
                .filter(|&code| {
                    self.review
                        .rows_matching(&Filter { code: Some(code), ..Filter::default() })
                        .contains(&row)
                })
                .filter(|code| *code != Code::HeaderMissingRequired)
                .collect();
            counted.sort_unstable();
            assert_eq!(shown, counted, "row {row}");
        }
    }
}

fn known(username: &str, email: &str, values: &[(&str, &str)]) -> KnownPerson {
    let mut all: BTreeMap<String, String> =
        values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.insert("email".to_owned(), email.to_owned());
    KnownPerson {
        username_key: username.to_owned(),
        email_key: email.to_owned(),
        username: username.to_owned(),
        protected: false,
        active: true,
        values: all,
    }
}

const HEADER: &str = "Username,First name,Last name,Email,Phone\n";

#[test]
fn ticks() {
    let mut bench = Bench::new(&format!(
        "{HEADER}aaa,A,A,a@example.org,\nbbb,B,B,b@example.org,\nccc,,C,c@example.org,\n"
    ));
    assert_eq!(bench.review.chosen_rows(1, 10), [1, 2]);
    bench.review.set_chosen(1, false);
    bench.review.set_chosen(3, true);
    assert_eq!(bench.verdicts(), [Verdict::Skip, Verdict::AddNew, Verdict::Invalid]);
    assert_eq!((bench.review.totals().unchosen_add, bench.review.chosen_count()), (1, 1));
    assert_eq!(bench.view(1).reason.as_deref(), Some("Not ticked"));
    assert!(bench.view(1).can_choose && !bench.view(1).chosen && !bench.view(3).can_choose);
    let digest = bench.review.digest();
    bench.review.set_all_chosen(Verdict::AddNew, true);
    assert_eq!(bench.review.chosen_rows(2, 10), [2]);
    assert_eq!(bench.review.chosen_rows(0, 10), [1, 2]);
    assert_ne!(bench.review.digest(), digest);
    bench.review.set_all_chosen(Verdict::AddNew, false);
    assert_eq!(bench.review.chosen_count(), 0);
    bench.check();
}

#[test]
fn edits_heal_groups_and_can_be_undone() {
    let mut bench = Bench::new(&format!(
        "{HEADER}anna,A,A,a@example.org,\nAnna,B,B,b@example.org,\nanna,C,C,c@example.org,\nben,D,,a@example.org,\n"
    ));
    bench.check();
    use Verdict::{AddNew, Invalid};
    assert_eq!(bench.verdicts(), [AddNew, Invalid, Invalid, Invalid]);
    let before = bench.review.digest();
    bench.edit(1, 0, "first");
    bench.check();
    assert_eq!(bench.verdicts(), [AddNew, AddNew, Invalid, Invalid], "the second is the first now");
    bench.edit(4, 2, "Doe");
    bench.edit(4, 3, "d@example.org");
    bench.check();
    assert_eq!(bench.verdicts()[3], AddNew);
    assert_eq!(bench.view(4).cells[2].original.as_deref(), Some(""));
    assert!(bench.view(4).cells[2].edited);
    assert_eq!(bench.review.person_row(4, &bench.slice(4)).unwrap().0.values.last_name, "Doe");
    // Keys that were edited are asked about again.
    let asked = bench.questions(100);
    assert!(asked.iter().any(|query| query.username_key == "first"));
    assert!(!asked.iter().any(|query| query.row == 4 && query.email_key == "a@example.org"));
    for _ in 0..3 {
        assert!(bench.review.undo().is_some());
        bench.check();
    }
    assert!(!bench.review.can_undo() && bench.review.undo().is_none());
    assert_eq!(bench.verdicts(), [AddNew, Invalid, Invalid, Invalid]);
    assert_eq!(bench.review.digest(), before);
    for _ in 0..3 {
        assert!(bench.review.redo().is_some());
        bench.check();
    }
    assert!(!bench.review.can_redo() && bench.review.redo().is_none());
    assert_eq!(bench.verdicts(), [AddNew, AddNew, Invalid, AddNew]);
    bench.review.undo();
    bench.edit(2, 1, "Bea");
    assert!(!bench.review.can_redo(), "another change ends what could be done again");
}

#[test]
fn a_short_row_is_mended_cell_by_cell() {
    let mut bench = Bench::new(&format!("{HEADER}few,Too,Few\n"));
    bench.edit(1, 3, "few@example.org");
    assert_eq!(bench.verdicts(), [Verdict::Invalid]);
    bench.edit(1, 4, "");
    assert_eq!(bench.verdicts(), [Verdict::AddNew]);
    bench.check();
}

#[test]
fn domains_are_repaired_together() {
    let mut text = HEADER.to_owned();
    for i in 0..95 {
        text.push_str(&format!("user{i},A,B,user{i}@example.org,\n"));
    }
    text.push_str("slip1,A,B,slip1@exmaple.org,\nslip2,A,B,user3@exmaple.org,\nslip3,A,B,me@gmial.com,\n");
    let mut bench = Bench::new(&text);
    bench.check();
    let totals = bench.review.totals();
    assert_eq!((totals.warnings, totals.invalid), (3, 0));
    let messages: Vec<String> =
        bench.review.findings().map(|f| format!("{} {}", f.row, f.problem.message)).collect();
    assert_eq!(messages[0], "96 Did you mean example.org? Correct the address if so.");
    let (fix, changed) = bench.apply_fix(Code::EmailSuspiciousDomain, None);
    let fix = fix.unwrap();
    assert_eq!((fix.rows, changed), (3, 3));
    assert_eq!(
        (fix.samples[2].before.as_str(), fix.samples[2].after.as_str()),
        ("me@gmial.com", "me@gmail.com")
    );
    bench.check();
    assert_eq!(bench.view(96).cells[3].value, "slip1@example.org");
    assert_eq!(bench.view(97).verdict, Verdict::Invalid, "now the address is there twice");
    let asked = bench.questions(1_000);
    assert!(asked.iter().any(|q| q.email_key == "slip1@example.org" && q.username_key == "slip1"));
    bench.review.undo().unwrap();
    bench.check();
    assert_eq!(bench.review.totals().warnings, 3);
}

#[test]
fn later_namesakes_are_numbered() {
    let mut bench = Bench::new(&format!(
        "{HEADER}anna,A,A,a@example.org,\nanna,B,B,b@example.org,\nANNA,C,C,c@example.org,\nanna2,D,D,d@example.org,\nanna,E,E,a@example.org,\n"
    ));
    let (fix, changed) = bench.apply_fix(Code::UsernameDuplicateInFile, None);
    let samples: Vec<_> =
        fix.unwrap().samples.iter().map(|s| format!("{} {}>{}", s.row, s.before, s.after)).collect();
    assert_eq!(samples, ["2 anna>anna3", "3 ANNA>ANNA4"], "anna2 is in use, and row 5 is the same person");
    assert_eq!(changed, 2);
    bench.check();
    use Verdict::{AddNew, Invalid};
    assert_eq!(bench.verdicts(), [AddNew, AddNew, AddNew, AddNew, Invalid]);
    // A number that somebody has already must not change that person.
    bench.compare(&[known("anna3", "somebody@example.org", &[])]);
    bench.options(Existing::Overwrite, EmptyCell::Leave);
    assert_eq!(bench.verdicts()[1], Invalid);
    assert_eq!(bench.view(2).cells[0].problems[0].code, Code::UsernameTaken);
    bench.review.undo().unwrap();
    bench.check();
    assert_eq!(bench.verdicts(), [AddNew, Invalid, Invalid, AddNew, Invalid]);
}

#[test]
fn fixes_mend_what_they_say() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Change password next time,Password\n\
         ,Jürgen,Müßig,j@example.org,1,\n,Jürgen,Müssig,k@example.org,0,\n,,Nobody,n@example.org,1,\n\
         Zoë Żak!,Zoë,Żak,z@example.org,1,\nfour,Ann\u{7}a,Four,four@example.org,1,\n\
         five,Eve,Five,Eve Five <five@example.org>,1,\nsix,Six,Six,sixth,1,\nseven,Sue,Seven,s@example.org,perhaps,\n\
         eight,Ed,Eight,e@example.org,1,eight\n",
    );
    bench.check();
    for (code, rows, sample) in [
        (Code::UsernameMissing, 2, " > juergen.muessig"),
        (Code::UsernameInvalid, 1, "Zoë Żak! > zoe.zak"),
        (Code::NameControlCharacter, 1, "Ann\u{7}a > Anna"),
        (Code::EmailInvalid, 1, "Eve Five <five@example.org> > five@example.org"),
        (Code::FlagNotBoolean, 1, "perhaps > "),
        (Code::PasswordTooShort, 1, "•••••••• > "),
    ] {
        let before = bench.review.digest();
        let (fix, changed) = bench.apply_fix(code, None);
        let fix = fix.unwrap();
        assert_eq!((fix.rows, changed), (rows, rows), "{code}");
        assert_eq!(format!("{} > {}", fix.samples[0].before, fix.samples[0].after), sample);
        bench.check();
        bench.review.undo();
        assert_eq!(bench.review.digest(), before);
        bench.review.redo();
        bench.check();
    }
    assert_eq!(bench.view(2).cells[0].value, "juergen.muessig2");
    use Verdict::{AddNew, Invalid};
    let expected = [AddNew, AddNew, Invalid, AddNew, AddNew, AddNew, Invalid, AddNew, AddNew];
    assert_eq!(bench.verdicts(), expected);
    for _ in 0..6 {
        bench.review.undo();
    }
    let (fix, _) = bench.apply_fix(Code::UsernameMissing, Some("{l}{first}"));
    let fix = fix.unwrap();
    assert_eq!((fix.samples[1].after.as_str(), fix.pattern.as_deref()), ("mjuergen2", Some("{l}{first}")));
}

#[test]
fn windows_of_rows() {
    let mut text = HEADER.to_owned();
    for i in 0..1_000 {
        let email = if i % 10 == 0 { "broken" } else { "@example.org" };
        text.push_str(&format!("user{i},A,B,user{i}{email},\n"));
    }
    let bench = Bench::new(&text);
    let all = bench.review.locate(&Filter::default(), 990, 50);
    assert_eq!(all.iter().map(|span| span.row).collect::<Vec<_>>(), (991..=1_000).collect::<Vec<_>>());
    let broken = Filter { code: Some(Code::EmailInvalid), ..Filter::default() };
    assert_eq!(bench.review.count(&broken), 100);
    let some = bench.review.locate(&broken, 98, 10);
    assert_eq!(some.iter().map(|span| span.row).collect::<Vec<_>>(), [981, 991]);
    assert!(bench.review.matches(1, &bench.slice(1), "user0broken"));
    assert!(!bench.review.matches(2, &bench.slice(2), "user0broken"));
}

#[test]
fn rows_sorted_by_what_they_do() {
    let mut bench = Bench::new(&format!(
        "{HEADER}add,A,B,a@example.org,\nbad,A,B,broken,\nsame,A,B,s@example.org,\nalso,C,D,c@example.org,\n"
    ));
    bench.review.set_chosen(3, false);
    assert_eq!(bench.review.rows_by_verdict(&Filter::default()), [2, 1, 4, 3]);
    let added = Filter { verdict: Some(Verdict::AddNew), ..Filter::default() };
    assert_eq!(bench.review.rows_by_verdict(&added), [1, 4]);
}

#[test]
fn people_who_may_be_in_the_file_twice() {
    let bench = Bench::new(&format!(
        "{HEADER}one,Anna,O'Brien,a@example.org,\ntwo,Bob,Doe,b@example.org,\nthree,Cy,Roe,c@example.org,\n\
         four,ANNA, O’Brien,d@example.org,\nfive,Bob,Doe,e@example.org,\nsix,,Doe,f@example.org,\nseven,,Doe,g@example.org,\n"
    ));
    assert_eq!(alike_rows(&bench, Alike::Names), [1, 4, 2, 5]);
}

fn alike_rows(bench: &Bench, by: Alike) -> Vec<u32> {
    let rows = 1..=bench.review.totals().rows;
    alike(rows.filter_map(|row| bench.review.alike_key(by, row, &bench.slice(row))).collect())
}

#[test]
fn usernames_that_look_alike() {
    let names = [
        "mburnes",
        "paul",
        "bob",
        "rnburnes",
        "pau1",
        "user10",
        "user1O",
        "Bob",
        "user11",
        "copy",
        "\u{441}\u{43e}\u{440}\u{443}",
    ];
    let lines: String =
        names.iter().enumerate().map(|(at, name)| format!("{name},A,B,a{at}@example.org,\n")).collect();
    let bench = Bench::new(&format!("{HEADER}{lines}"));
    // "bob" and "Bob" are one username, which is another finding.
    assert_eq!(alike_rows(&bench, Alike::Usernames), [1, 4, 2, 5, 6, 7, 10, 11]);
}

const LOOK_ALIKE: Filter =
    Filter { verdict: None, code: Some(Code::UsernameLookAlike), only_problems: false };

#[test]
fn usernames_that_look_alike_are_told_without_being_asked_for() {
    let names = [
        "mburnes",
        "paul",
        "bob",
        "rnburnes",
        "pau1",
        "Bob",
        "user11",
        "copy",
        "\u{441}\u{43e}\u{440}\u{443}",
        "PAU1",
    ];
    let lines: String =
        names.iter().enumerate().map(|(at, name)| format!("{name},A,B,a{at}@example.org,\n")).collect();
    let mut bench = Bench::new(&format!("{HEADER}{lines}"));
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2, 4, 5, 8, 9]);
    let found: Vec<u32> = bench
        .review
        .findings()
        .filter(|found| found.problem.code == Code::UsernameLookAlike)
        .map(|found| found.row)
        .collect();
    assert_eq!(found, [1, 2, 4, 5, 8, 9]);
    let view = bench.view(5);
    assert_eq!(view.verdict, Verdict::AddNew, "a warning keeps nobody out");
    assert!(view.cells[0].problems[0].message.contains("that of row 2 (line 3)"), "{view:?}");
    assert_eq!(bench.review.totals().warnings, 6);
    // Who is given another name looks like nobody any more; the row with the same name as theirs does now.
    bench.edit(5, 0, "paula");
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2, 4, 8, 9, 10]);
    bench.edit(3, 0, "b0b");
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2, 3, 4, 6, 8, 9, 10]);
    assert!(bench.review.undo().is_some() && bench.review.undo().is_some());
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2, 4, 5, 8, 9]);
}

#[test]
fn an_address_that_serves_as_the_username_may_look_like_another_one() {
    let header = "First name,Last name,Email\n";
    let bench =
        Bench::new(&format!("{header}A,B,anna1@example.org\nC,D,annal@example.org\nE,F,anna@example.org\n"));
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2]);
}

#[test]
fn whoever_looks_alike_among_rows_with_one_username_is_found_in_linear_time() {
    let names = |at: u32| if at.is_multiple_of(1_000) { "pau1".to_owned() } else { "paul".to_owned() };
    let lines: String = (0..50_000).map(|at| format!("{},A,B,a{at}@example.org,\n", names(at))).collect();
    let bench = Bench::new(&format!("{HEADER}{lines}"));
    // The first of each of the two; the others have the same username as an earlier row.
    assert_eq!(bench.review.rows_matching(&LOOK_ALIKE), [1, 2]);
}

#[test]
fn keys_that_repeat_cost_one_more_look_at_each_row() {
    const ROWS: u32 = 20_000;
    let names: [fn(u32) -> u32; 3] = [|_| 1, |row| row % (ROWS / 2), |row| row / 2];
    for (name, invalid) in names.into_iter().zip([ROWS - 1, ROWS / 2, ROWS / 2]) {
        let lines: String =
            (0..ROWS).map(|row| format!("user{0},A,B,user{0}@example.org,\n", name(row))).collect();
        let text = format!("{HEADER}{lines}");
        let mut review = Review::new(Default::default(), None, PasswordPolicy::default(), Vec::new());
        assert_eq!(review.push(text.as_bytes()).unwrap(), Pushed::More);
        assert_eq!(review.finish().unwrap(), Pushed::More);
        let mut looks = 0;
        loop {
            let spans = review.doubtful(999);
            if spans.is_empty() {
                break;
            }
            looks += spans.len() as u32;
            for span in spans {
                review.confirm(span.row, row_of(text.as_bytes(), span));
            }
        }
        assert_eq!(looks, ROWS, "each row once, though two of its keys repeat");
        let totals = review.totals();
        assert_eq!((totals.rows, totals.invalid), (ROWS, invalid));
    }
}

#[test]
fn the_value_of_a_cell() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Password,Department\nasmith,Anna,Smith,a@example.org,secret, Sales \nbob,B,C,b@example.org\n",
    );
    let value = |bench: &Bench, row, column| bench.review.value(row, column, &bench.slice(row));
    assert_eq!(value(&bench, 1, 5).as_deref(), Some("Sales"));
    assert_eq!(value(&bench, 2, 5).as_deref(), Some(""), "a cell that is not there is empty");
    assert_eq!(value(&bench, 1, 4), None, "passwords are not counted");
    bench.edit(1, 5, "Support");
    assert_eq!(value(&bench, 1, 5).as_deref(), Some("Support"));
}

#[test]
fn a_column_that_says_who_is_blocked_is_understood_the_other_way_round() {
    for (header, active, inactive) in [
        ("Block sign in (Yes/No) [accountEnabled] Required", "No", "Yes"),
        ("Suspended", "false", "TRUE"),
        ("AccountDisabled", "0", "1"),
        ("accountEnabled", "true", "False"),
        ("Active", "T", "F"),
        ("userAccountControl", "512", "514"),
        ("Status", "", "Left"),
        ("Aktiv", "ja", "nein"),
    ] {
        let bench = Bench::new(&format!(
            "Username,First name,Last name,Email,{header}\nanna,A,B,a@example.org,{active}\nbert,B,C,b@example.org,{inactive}\n"
        ));
        assert_eq!(bench.verdicts(), [Verdict::AddNew, Verdict::Skip], "{header}");
    }
}

#[test]
fn problem_rows_can_be_mended_and_imported_again() {
    let bytes = std::fs::read(format!("{}/tests/fixtures/problems.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let review = review_bytes(&bytes, Default::default(), PasswordPolicy::default(), Vec::new()).unwrap();
    let mut out = format!("\u{feff}{}", review.export_header());
    assert_eq!(out, "\u{feff}Username,First name,Last name,Email,Change password next time,Problem\r\n");
    let rows = review.rows_matching(&Filter { only_problems: true, ..Filter::default() });
    assert_eq!(rows.len(), 13);
    for row in rows {
        let span = review.span(row).unwrap();
        out.push_str(&review.export_row(row, row_of(&bytes, span)));
    }
    let again =
        review_bytes(out.as_bytes(), Default::default(), PasswordPolicy::default(), Vec::new()).unwrap();
    assert_eq!(again.totals().rows, 13);
    let span = again.span(7).unwrap();
    let view = again.view(7, row_of(out.as_bytes(), span), None);
    assert_eq!(view.cells[3].value, "bad.mail@");
    assert!(view.cells[5].value.starts_with("email.invalid: "));
}

#[test]
fn what_was_put_before_formulas_is_taken_away_again() {
    let mut text = String::new();
    write_record(
        &mut text,
        ',',
        ["Username", "First name", "Last name", "Email", "Phone", "Problem"].into_iter().map(Into::into),
    );
    write_record(
        &mut text,
        ',',
        ["asmith", "'=Anna", "'Smith", "a@example.org", "'+49 30", "x"].into_iter().map(Into::into),
    );
    let bench = Bench::new(&text);
    let values = bench.review.person_row(1, &bench.slice(1)).unwrap().0.values;
    assert_eq!(
        (values.first_name.as_str(), values.last_name.as_str(), values.profile("phone")),
        ("=Anna", "'Smith", Some("+49 30"))
    );
}

#[test]
fn passwords_are_masked_and_never_searched() {
    let bench = Bench::new(
        "Username,First name,Last name,Email,Password\nasmith,Anna,Smith,a@example.org,violet kettle marches north\n",
    );
    let view = bench.view(1);
    assert!(view.cells[4].secret && !format!("{view:?}").contains("violet"));
    assert!(!bench.review.matches(1, &bench.slice(1), "violet"));
    assert!(bench.review.mapping().columns[4].samples.is_empty());
    assert!(!format!("{:?}", bench.review).contains("violet"), "nothing of it stays in the index");
}

#[test]
fn hostile_headers_change_nothing() {
    let bench = Bench::new(
        "Username,First name,Last name,Email,role,is_admin,id,__proto__,password_hash,status,must_change,email_verified,ROLE,Is_Admin\n\
         asmith,Anna,Smith,a@example.org,administrator,1,1,x,y,active,0,1,administrator,1\n",
    );
    let values = bench.review.person_row(1, &bench.slice(1)).unwrap().0.values;
    assert_eq!((values.password, values.change_password, values.profile), (None, None, vec![]));
    for column in &bench.review.mapping().columns[4..] {
        assert_eq!(column.target, roster::columns::Target::Ignore, "{}", column.header);
        assert!(!column.reason.is_empty());
    }
}

#[test]
fn a_row_that_failed_in_an_import_is_known_again() {
    let problem = roster::export::tagged("=The address, it seems, has no @.", "0190-7a", 12);
    let bench = Bench::new(&format!(
        "Username,First name,Last name,Email,Problem\nanna,Anna,Smith,anna@example.org,\"'{problem}\"\n\
         ben,Ben,Miller,ben@example.org,email.invalid: something\n"
    ));
    assert_eq!(bench.review.failed_row(1, &bench.slice(1)), Some(("0190-7a".to_owned(), 12)));
    assert_eq!(bench.review.failed_row(2, &bench.slice(2)), None);
    let other = Bench::new("Username,First name,Last name,Email\nanna,Anna,Smith,anna@example.org\n");
    assert_eq!(other.review.failed_row(1, &other.slice(1)), None);
}
