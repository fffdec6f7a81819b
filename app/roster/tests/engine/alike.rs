//! What rows have in common: the same name, usernames that can be taken for each other, the same key many times.

use roster::review::{Alike, Filter, Pushed, Review, Verdict, alike};
use roster::summary::row_of;
use roster::{Code, PasswordPolicy};

use super::{Bench, HEADER};

/// A file of people with these usernames.
fn named(names: impl IntoIterator<Item = &'static str>) -> Bench {
    let line = |(at, name)| format!("{name},A,B,a{at}@example.org,\n");
    Bench::new(&format!("{HEADER}{}", names.into_iter().enumerate().map(line).collect::<String>()))
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
    let bench = named(names);
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
    let mut bench = named(names);
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
    let bench = named((0..50_000_u32).map(|at| if at.is_multiple_of(1_000) { "pau1" } else { "paul" }));
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
