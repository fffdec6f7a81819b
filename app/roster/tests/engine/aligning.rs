//! Rows with a delimiter too many or too few, cut as the other rows are.

use super::Bench;
use roster::Code;
use roster::review::{Filter, Verdict};

const HEADER: &str = "Username,First name,Last name,Email,Phone,Department\n";

/// Sixty rows; `other` may write some of them in another way.
fn roster(header: &str, other: impl Fn(u32, &[String]) -> Option<String>) -> String {
    let names = ["Anna", "Ben", "Cleo", "Dan", "Eve", "Fay", "Gus"];
    let family = ["Smith", "Jones", "Miller", "Fox", "Ray"];
    let departments = ["Sales", "Support", "Finance"];
    let mut text = header.to_owned();
    for row in 1..=60 {
        let (first, last) = (names[row as usize % 7], family[row as usize % 5]);
        let cells = [
            format!("user{row:03}"),
            first.to_owned(),
            last.to_owned(),
            format!("user{row:03}@example.org"),
            format!("+49 30 {}", 2000 + row),
            departments[row as usize % 3].to_owned(),
        ];
        text.push_str(&other(row, &cells).unwrap_or_else(|| cells.join(",")));
        text.push('\n');
    }
    text
}

fn bent() -> String {
    roster(HEADER, |row, cells| match row {
        // A delimiter was lost between the address and the telephone number.
        7 | 21 => Some(format!("{},{}{},{}", cells[..3].join(","), cells[3], cells[4], cells[5])),
        // One was written twice.
        30 | 44 => Some(format!("{},,{}", cells[..2].join(","), cells[2..].join(","))),
        // Nobody can tell what was meant.
        50 => Some("user050,Anna".to_owned()),
        _ => None,
    })
}

fn values(bench: &Bench, row: u32) -> Vec<String> {
    bench.view(row).cells.iter().map(|cell| cell.value.clone()).collect()
}

#[test]
fn rows_are_aligned_shown_before_and_taken_back() {
    let mut bench = Bench::new(&bent());
    let count = |bench: &Bench, code| bench.review.count(&Filter { code: Some(code), ..Filter::default() });
    assert_eq!((count(&bench, Code::RowTooFewFields), count(&bench, Code::RowTooManyFields)), (3, 2));
    let (fix, changed) = bench.apply_fix(Code::RowTooFewFields, None);
    let fix = fix.expect("a proposal");
    assert_eq!((changed, fix.rows, fix.title.as_str()), (2, 2, "Align rows"));
    assert_eq!(fix.samples[0].row, 7);
    assert_eq!(
        (fix.samples[0].before.as_str(), fix.samples[0].after.as_str()),
        (
            "user007 | Anna | Miller | user007@example.org+49 30 2007 | Support",
            "user007 | Anna | Miller | user007@example.org | +49 30 2007 | Support"
        )
    );
    assert_eq!(
        values(&bench, 21),
        ["user021", "Anna", "Jones", "user021@example.org", "+49 30 2021", "Sales"]
    );
    assert_eq!(bench.apply_fix(Code::RowTooManyFields, None).1, 2);
    assert_eq!(values(&bench, 30)[..4], ["user030", "Cleo", "Smith", "user030@example.org"]);
    assert_eq!(values(&bench, 30)[6], "", "what stood behind the last column has moved");
    let invalid = Filter { verdict: Some(Verdict::Invalid), ..Filter::default() };
    assert_eq!(bench.review.rows_matching(&invalid), [50], "where there is doubt the row stays as it is");
    bench.check();

    assert_eq!(bench.review.undo(), Some(vec![30, 44]));
    assert_eq!(count(&bench, Code::RowTooManyFields), 2);
    assert_eq!(bench.review.redo(), Some(vec![30, 44]));
    assert_eq!(count(&bench, Code::RowTooManyFields), 0);

    // Another time, with the same file.
    let draft = bench.review.draft();
    let mut again = Bench::new(&bent());
    let changes = draft.into_iter().map(|(row, cells)| (row, cells, again.slice(row))).collect();
    again.review.replace_edits(changes);
    assert_eq!(again.review.rows_matching(&invalid), [50]);
    assert_eq!(values(&again, 44), values(&bench, 44));
}

#[test]
fn a_row_that_somebody_edited_is_not_cut_anew() {
    let mut bench = Bench::new(&bent());
    bench.edit(7, 1, "Hanna");
    assert_eq!(bench.apply_fix(Code::RowTooFewFields, None).1, 1);
    assert_eq!(values(&bench, 7)[1], "Hanna");
}

#[test]
fn where_no_row_can_be_aligned_that_is_said() {
    let text = roster(HEADER, |row, _| (row == 9).then(|| "user009,Anna".to_owned()));
    let (fix, changed) = Bench::new(&text).apply_fix(Code::RowTooFewFields, None);
    assert_eq!(changed, 0);
    assert!(fix.expect("an answer").explanation.starts_with("In none of these rows"));
    let none = Bench::new("asmith,Anna,Smith,a@example.org\nbjones,Ben,Jones,b@example.org\nmray,Mia,Ray\n");
    assert!(
        none.review.begin_fix(Code::RowTooFewFields, None).is_none(),
        "without a header no row is too short"
    );
}

#[test]
fn a_row_that_was_cut_anew_is_not_kept_without_its_password() {
    let header = "Username,First name,Last name,Email,Password,Department\n";
    let bent = |row: u32, cells: &[String]| {
        let cells = [&cells[..4], &[format!("correct-Horse-{row}-battery"), cells[5].clone()]].concat();
        match row {
            12 => Some(format!("{},,{}", cells[..2].join(","), cells[2..].join(","))),
            _ => Some(cells.join(",")),
        }
    };
    let mut bench = Bench::new(&roster(header, bent));
    let (fix, changed) = bench.apply_fix(Code::RowTooManyFields, None);
    assert_eq!(changed, 1);
    let sample = &fix.expect("a proposal").samples[0];
    assert!(!sample.before.contains("battery") && !sample.after.contains("battery"), "{sample:?}");
    assert_eq!(bench.view(12).verdict, Verdict::AddNew);
    assert!(bench.review.draft().is_empty());
    bench.edit(3, 4, "another-Horse-3-battery");
    bench.edit(3, 1, "Dora");
    assert_eq!(bench.review.draft(), [(3, vec![(1, "Dora".to_owned())])]);
}
