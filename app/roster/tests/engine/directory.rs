//! Rows beside the people of a directory: who is meant, what becomes of them, who is not in the file.

use super::{Bench, HEADER, known};
use roster::Code;
use roster::review::{
    Absent, Action, EmptyCell, Existing, Filter, KnownPerson, MatchBy, Options, Verdict, key_fingerprint,
    look_fingerprint,
};

#[test]
fn verdicts_against_a_directory() {
    let mut bench = Bench::new(&format!(
        "{HEADER}same,Anna,Smith,same@example.org,123\nother,Ben,Moss,other@example.org,456\nblank,Cleo,Fox,blank@example.org,789\n\
         new,Dan,Ray,new@example.org,\nboss,Eve,Lind,boss@example.org,1\nthief,Fay,Orr,owned@example.org,1\nempty,Gus,Hay,empty@example.org,\n"
    ));
    let mut boss =
        known("boss", "boss@example.org", &[("first_name", "Eva"), ("last_name", "Lind"), ("phone", "1")]);
    boss.protected = true;
    bench.compare(&[
        known(
            "same",
            "same@example.org",
            &[("first_name", "Anna"), ("last_name", "Smith"), ("phone", "123")],
        ),
        known(
            "other",
            "other@example.org",
            &[("first_name", "Benjamin"), ("last_name", "Moss"), ("phone", "456")],
        ),
        known("blank", "blank@example.org", &[("first_name", "Cleo"), ("last_name", "Fox")]),
        boss,
        known("owner", "owned@example.org", &[]),
        known("empty", "empty@example.org", &[("first_name", "Gus"), ("last_name", "Hay"), ("phone", "42")]),
    ]);
    use Verdict::{AddNew, Invalid, Skip, Unchanged, Update};
    bench.check();
    assert_eq!(bench.verdicts(), [Unchanged, Skip, Skip, AddNew, Skip, Invalid, Unchanged]);
    bench.options(Existing::FillBlanks, EmptyCell::Leave);
    assert_eq!(bench.verdicts(), [Unchanged, Unchanged, Update, AddNew, Unchanged, Invalid, Unchanged]);
    assert_eq!(bench.view(3).cells[4].old.as_deref(), Some(""));
    bench.options(Existing::Overwrite, EmptyCell::Leave);
    assert_eq!(bench.verdicts(), [Unchanged, Update, Update, AddNew, Invalid, Invalid, Unchanged]);
    assert_eq!(bench.view(2).cells[1].old.as_deref(), Some("Benjamin"));
    assert!(bench.view(2).exists && bench.view(2).can_choose);
    assert_eq!(bench.view(5).cells[0].problems[0].code, Code::UsernameTaken);
    assert_eq!(bench.view(6).cells[3].problems[0].code, Code::EmailTaken);
    bench.options(Existing::Overwrite, EmptyCell::Clear);
    assert_eq!(bench.verdicts()[6], Update);
    assert_eq!(bench.view(7).cells[4].old.as_deref(), Some("42"));
    let (person, action) = bench.review.person_row(7, &bench.slice(7)).unwrap();
    assert_eq!((action, person.values.profile("phone")), (Action::Update, Some("")));
    // An edited cell that was the same before still shows what the directory has.
    bench.edit(1, 1, "Annabel");
    let people = bench.people.clone();
    bench.compare(&people);
    assert_eq!(bench.view(1).verdict, Update);
    assert_eq!(bench.view(1).cells[1].old.as_deref(), Some("Anna"));
    bench.check();
}

#[test]
fn nobody_is_asked_about_strangers() {
    let mut bench = Bench::new(&format!(
        "{HEADER}aaa,A,A,a@example.org,\nbbb,B,B,b@example.org,\nccc,C,C,c@example.org,\n"
    ));
    let keys = [["bbb", "x@example.org"], ["yyy", "c@example.org"]].map(|keys| keys.map(key_fingerprint));
    bench.review.set_directory_keys(&keys, &[]);
    let asked: Vec<u32> = bench.questions(10).iter().map(|query| query.row).collect();
    assert_eq!(asked, [2, 3]);
    assert!(!bench.review.has_rows_to_ask());
    bench.edit(1, 0, "yyy");
    assert_eq!(bench.questions(10)[0].username_key, "yyy");
}

#[test]
fn rows_beyond_those_in_view_can_be_asked_about_later() {
    let rows: String = (1..=4).map(|row| format!("user{row},A,A,user{row}@example.org,\n")).collect();
    let mut bench = Bench::new(&format!("{HEADER}{rows}"));
    let mut ask =
        |last| -> Vec<u32> { bench.review.rows_to_ask_until(10, last).iter().map(|span| span.row).collect() };
    assert_eq!(ask(2), [1, 2]);
    assert_eq!(ask(2), [0; 0]);
    assert_eq!(ask(u32::MAX), [3, 4]);
    assert!(!bench.review.has_rows_to_ask());
}

#[test]
fn usernames_may_look_like_those_of_people_who_exist() {
    let mut bench = Bench::new(&format!(
        "{HEADER}pau1,A,A,a@example.org,\nannal,B,B,b@example.org,\nbob,C,C,c@example.org,\ndan1,D,D,d@example.org,\n"
    ));
    let people = [
        ["paul", "x@example.org"],
        ["anna1", "y@example.org"],
        ["dan1", "d@example.org"],
        ["danl", "z@example.org"],
    ];
    let looks: Vec<u64> = people.iter().filter_map(|[username, _]| look_fingerprint(username)).collect();
    assert_eq!(looks.len(), 2);
    bench.review.set_directory_keys(&people.map(|keys| keys.map(key_fingerprint)), &looks);
    let alike = Filter { code: Some(Code::UsernameLookAlike), ..Filter::default() };
    bench.compare(&[known("dan1", "d@example.org", &[("first_name", "D"), ("last_name", "D")])]);
    // Row 4 is about somebody who exists.
    assert_eq!(bench.review.rows_matching(&alike), [1, 2]);
    assert!(bench.view(1).cells[0].problems[0].message.contains("somebody in the directory"));
    bench.edit(1, 0, "paul2");
    bench.compare(&[]);
    assert_eq!(bench.review.rows_matching(&alike), [2]);
    bench.edit(3, 0, "DanI");
    bench.compare(&[]);
    assert_eq!(
        bench.review.rows_matching(&alike),
        [2, 3, 4],
        "a capital I looks like a small l, and like a 1"
    );
}

#[test]
fn people_who_left_are_not_ticked() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Employment Status\n\
         anna,Anna,Smith,anna@example.org,Active\n\
         bert,Bert,Jones,bert@example.org,Terminated\n\
         cleo,Cleo,Brown,cleo@example.org,On Leave\n\
         dora,Dora,Green,dora@example.org,t\n",
    );
    assert_eq!(bench.verdicts(), [Verdict::AddNew, Verdict::Skip, Verdict::AddNew, Verdict::Skip]);
    let view = bench.view(2);
    assert_eq!(view.cells[4].problems[0].code, Code::StatusInactive);
    assert!(view.reason.unwrap().contains("not active"));
    assert_eq!(bench.review.count(&Filter { code: Some(Code::StatusInactive), ..Filter::default() }), 2);
    bench.review.set_chosen(2, true);
    assert_eq!(bench.view(2).verdict, Verdict::AddNew, "a warning keeps nobody out");
}

/// Who is activated may be suspended: no column speaks for the others.
#[test]
fn one_column_that_says_no_is_enough() {
    let bench = Bench::new(
        "Username,First name,Last name,Email,Activated,Suspended,Status\n\
         anna,Anna,Smith,anna@example.org,TRUE,FALSE,ACTIVATED\n\
         bert,Bert,Jones,bert@example.org,TRUE,TRUE,ACTIVATED\n\
         cleo,Cleo,Brown,cleo@example.org,FALSE,FALSE,STAGED\n\
         dora,Dora,Green,dora@example.org,TRUE,FALSE,DEPROVISIONED\n\
         emil,Emil,White,emil@example.org,,,\n",
    );
    let verdicts = [Verdict::AddNew, Verdict::Skip, Verdict::Skip, Verdict::Skip, Verdict::AddNew];
    assert_eq!(bench.verdicts(), verdicts);
    assert_eq!(bench.view(2).cells[5].problems[0].code, Code::StatusInactive);
}

#[test]
fn who_turns_out_to_be_active_is_ticked() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Employment Status\n\
         anna,Anna,Smith,anna@example.org,Active\n\
         bert,Bert,Jones,bert@example.org,Terminated\n",
    );
    bench.edit(2, 4, "Active");
    bench.edit(1, 4, "Terminated");
    assert_eq!(bench.verdicts(), [Verdict::Skip, Verdict::AddNew]);
    bench.review.undo();
    bench.review.undo();
    assert_eq!(bench.verdicts(), [Verdict::AddNew, Verdict::Skip]);
    bench.review.redo();
    assert_eq!(bench.verdicts(), [Verdict::AddNew, Verdict::AddNew]);
    // A tick that was set by hand comes back, and other cells leave ticks alone.
    bench.review.undo();
    bench.review.set_chosen(2, true);
    bench.edit(2, 4, "Active");
    bench.review.undo();
    assert_eq!(bench.view(2).verdict, Verdict::AddNew);
    bench.review.set_chosen(2, false);
    bench.edit(2, 1, "Berta");
    assert_eq!(bench.view(2).verdict, Verdict::Skip);
    bench.check();
}

#[test]
fn an_address_is_free_when_its_holder_gets_another_one_in_the_same_file() {
    use Verdict::{AddNew, Invalid, Skip, Update};
    let person =
        |name: &str| known(name, &format!("{name}@example.org"), &[("first_name", "A"), ("last_name", "B")]);
    let people: Vec<KnownPerson> = ["aaa", "bbb", "ccc", "ddd", "eee"].map(person).to_vec();
    // Two swap; one takes the place of another, who moves on; a new person gets what becomes free; one takes an address
    // whose holder is not in the file, and that one's own is not free either.
    let text = format!(
        "{HEADER}aaa,A,B,bbb@example.org,\nbbb,A,B,aaa@example.org,\nccc,A,B,fresh@example.org,\n\
         new,A,B,ccc@example.org,\nddd,A,B,eee@example.org,\nother,A,B,ddd@example.org,\n"
    );
    let mut bench = Bench::new(&text);
    bench.compare(&people);
    bench.options(Existing::Overwrite, EmptyCell::Leave);
    assert_eq!(bench.verdicts(), [Update, Update, Update, AddNew, Invalid, Invalid]);
    assert_eq!(bench.view(6).cells[3].problems[0].code, Code::EmailTaken);
    // Who is not ticked keeps the address, and so does everybody in turn.
    bench.review.set_chosen(2, false);
    assert_eq!(bench.verdicts()[..2], [Invalid, Skip]);
    bench.check();
    bench.review.set_chosen(2, true);
    assert_eq!(bench.verdicts()[..2], [Update, Update]);
    bench.review.set_all_chosen(Verdict::Update, false);
    assert_eq!(bench.verdicts()[3], Invalid);
    bench.review.set_all_chosen(Verdict::Update, true);
    bench.check();
    // An edit of the holder's row counts at once; so does taking it back.
    bench.edit(3, 3, "ccc@example.org");
    bench.compare(&people);
    assert_eq!(bench.verdicts()[3], Invalid);
    bench.review.undo();
    bench.compare(&people);
    assert_eq!(bench.verdicts()[2..4], [Update, AddNew]);
    // Nobody moves where people who exist keep what they have.
    bench.options(Existing::FillBlanks, EmptyCell::Leave);
    assert_eq!(bench.verdicts()[3], Invalid);
}

#[test]
fn whoever_a_row_names_is_not_absent() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email\n\
         anna,Anna,Smith,anna@example.org\n\
         renamed,Ben,Miller,ben@example.org\n\
         carla,Carla,,carla@example.org\n\
         dora,Dora,Novak,dora@example.org\n\
         new,Nina,New,nina@example.org\n",
    );
    bench.review.set_chosen(4, false);
    let member = |name: &str| (key_fingerprint(name), key_fingerprint(&format!("{name}@example.org")));
    // One is named by the address alone, one by a row that cannot be used, one by a row that is not ticked.
    let members = ["anna", "ben", "carla", "dora", "emil"].map(member);
    let found = bench.review.absent(&members);
    assert_eq!((found.members, found.unclear_rows), (vec![4], 0));
    // Another name for a person is another person.
    bench.edit(1, 0, "hanna");
    bench.edit(1, 3, "hanna@example.org");
    assert_eq!(bench.review.absent(&members).members, [0, 4]);
}

#[test]
fn a_row_that_could_be_anybody_is_told() {
    let bench = Bench::new(
        "Username,First name,Last name,Email\n\
         anna,Anna,Smith,anna@example.org\n\
         b/en,Ben,Miller,ben@example.org\n\
         ,Carla,Jones,carla.jones@example.net\n\
         Novak,Dora\n\
         new,Nina,New,nina\n",
    );
    let members = ["anna", "ben", "carla", "dora"]
        .map(|name| (key_fingerprint(name), key_fingerprint(&format!("{name}@example.org"))));
    let found = bench.review.absent(&members);
    // The second is known by the address; a new person with a bad address is nobody of the directory.
    assert_eq!((found.unclear, found.unclear_rows), (vec![3, 4], 2));
    assert_eq!(found.members, [2, 3]);
}

#[test]
fn the_brake_is_a_part_of_all_members() {
    let tenth = Absent::Deactivate { at_most: Absent::AT_MOST };
    assert!(tenth.allows(10, 100) && !tenth.allows(11, 100) && !tenth.allows(1, 9));
    assert!(tenth.allows(0, 0) && Absent::Leave.allows(0, 5) && !Absent::Leave.allows(1, 5));
    assert!(Absent::Deactivate { at_most: 100 }.allows(7, 7));
}

#[test]
fn the_digest_tells_who_is_absent() {
    let bench = Bench::new("Username,First name,Last name,Email\nanna,Anna,Smith,anna@example.org\n");
    let of = |absent: &[&[u8]]| bench.review.digest_with(absent.iter().copied());
    assert_eq!(of(&[]), bench.review.digest());
    assert_eq!(of(&[b"one", b"two"]), of(&[b"one", b"two"]));
    assert_ne!(of(&[b"one", b"two"]), of(&[b"two", b"one"]));
    assert_ne!(of(&[b"one"]), of(&[b"two"]));
    assert_eq!(of(&[b"one"]).len(), 16);
}

#[test]
fn people_can_be_known_by_their_address() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Department\n\
         anna,Anna,Smith,anna@example.org,Sales\n\
         ben.new,Ben,Miller,ben@example.org,Sales\n\
         carla,Carla,Jones,carla.new@example.org,Sales\n\
         dora,Dora,Novak,other@example.org,Sales\n\
         boss,Bo,Ss,boss@example.org,Sales\n\
         nina,Nina,New,nina@example.org,Sales\n",
    );
    let someone = |username: &str, email: &str, first: &str, last: &str| {
        known(username, email, &[("first_name", first), ("last_name", last), ("department", "Sales")])
    };
    let mut boss = someone("boss.old", "boss@example.org", "Bo", "Ss");
    boss.protected = true;
    let people = [
        someone("anna", "anna@example.org", "Anna", "Smith"),
        someone("ben.old", "ben@example.org", "Ben", "Miller"),
        someone("carla", "carla@example.org", "Carla", "Jones"),
        someone("dora", "dora@example.org", "Dora", "Novak"),
        someone("emil", "other@example.org", "Dora", "Novak"),
        boss,
    ];
    use Verdict::{AddNew, Invalid, Skip, Unchanged, Update};
    let options = |existing, match_by| Options { existing, match_by, ..Options::default() };
    bench.review.set_options(options(Existing::Overwrite, MatchBy::Username));
    bench.compare(&people);
    // By the username the second and the fifth are new people who want somebody else's address.
    assert_eq!(bench.verdicts(), [Unchanged, Invalid, Update, Invalid, Invalid, AddNew]);
    // The directory is asked again: every row may be about somebody else.
    bench.review.set_options(options(Existing::Overwrite, MatchBy::Email));
    assert!(bench.review.has_rows_to_ask());
    bench.compare(&people);
    // The second gets another username; the third and fourth want one that somebody has; the fifth is an administrator.
    assert_eq!(bench.verdicts(), [Unchanged, Update, Invalid, Invalid, Invalid, AddNew]);
    let codes = |bench: &Bench, row: u32| -> Vec<Code> {
        bench.view(row).cells.iter().flat_map(|cell| &cell.problems).map(|problem| problem.code).collect()
    };
    assert_eq!(codes(&bench, 3), [Code::UsernameTaken]);
    assert_eq!(codes(&bench, 4), [Code::UsernameTaken]);
    assert_eq!(codes(&bench, 5), [Code::EmailTaken]);
    assert_eq!(bench.view(2).cells[0].old.as_deref(), Some("ben.old"));
    // Where blanks are filled the username stays, so that it is in nobody's way.
    bench.review.set_options(options(Existing::FillBlanks, MatchBy::Email));
    assert!(!bench.review.has_rows_to_ask());
    assert_eq!(bench.verdicts(), [Unchanged, Unchanged, Invalid, Unchanged, Unchanged, AddNew]);
    bench.review.set_options(options(Existing::Skip, MatchBy::Email));
    assert_eq!(bench.verdicts(), [Unchanged, Skip, Invalid, Skip, Skip, AddNew]);
    // And back again.
    bench.review.set_options(options(Existing::Overwrite, MatchBy::Username));
    bench.compare(&people);
    assert_eq!(bench.verdicts(), [Unchanged, Invalid, Update, Invalid, Invalid, AddNew]);
    bench.check();
}
