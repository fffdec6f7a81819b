//! The review as its drivers use it: verdicts against a directory, options, edits, fixes, ticks.

#[path = "engine/aligning.rs"]
mod aligning;
#[path = "engine/alike.rs"]
mod alike;
#[path = "engine/directory.rs"]
mod directory;
#[path = "engine/fixing.rs"]
mod fixing;

use std::collections::BTreeMap;

use roster::export::write_record;
use roster::review::{
    EmptyCell, Existing, Filter, Fix, KeyQuery, KnownPerson, MatchBy, Options, Review, Verdict,
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
