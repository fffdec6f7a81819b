//! A row that lost a delimiter, or got one too many, is cut as the others are where their columns leave no doubt.

use proptest::prelude::*;
use roster::Code;
use roster::convert::convert;
use roster::dialect::DialectChoice;
use roster::export::write_record;

use std::borrow::Cow;

type Table = Vec<Vec<String>>;

/// Readings of weather stations: dates, times, codes, amounts, words and texts, some of them quoted.
fn readings() -> Table {
    let header = ["Day", "Hour", "Samples", "Station", "Cost", "Place", "Remark", "Link", "Extra"];
    let places = ["Harbour", "North Gate", "Pier 9, upper deck", "Old Mill's Yard", "Roof 12\" mast"];
    let remarks = [
        "Calm, with some haze in the morning and a clear sky later on",
        "The sensor wasn't cleaned, so that values are too low; see the log of last week",
        "Gusts up to 9\" of water, then rain",
        "Quiet day without anything of note",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for at in 0..60 {
        table.push(vec![
            format!("{:02}/{:02}/2021", at % 28 + 1, at / 28 + 1),
            format!("{:02}:{:02}", at % 24, (at * 15) % 60),
            (at * 7 % 33).to_string(),
            format!("{}{}-{}", ["WX", "QB", "KT"][at % 3], "", 1000 + at * 137 % 9000),
            format!("${}.{:02}", 3 + at * 13 % 90, at * 37 % 100),
            places[at % 5].to_owned(),
            remarks[at % 4].to_owned(),
            format!("https://weather.example.org/days/{}.html", 4000 + at),
            String::new(),
        ]);
    }
    table
}

/// A cell as the file has it: texts are always quoted, others only where they must be.
fn written(cell: &str, column: usize) -> String {
    if column == 6 || column == 7 || cell.contains([',', '"']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn file(table: &Table, other: usize, line: impl Fn(&[String]) -> String) -> String {
    let mut text = String::new();
    for (at, row) in table.iter().enumerate() {
        let cells: Vec<String> = row.iter().enumerate().map(|(column, cell)| written(cell, column)).collect();
        text.push_str(&if at == other { line(&cells) } else { cells.join(",") });
        text.push_str("\r\n");
    }
    text
}

fn clean(table: &Table) -> String {
    let mut text = String::new();
    for cells in table {
        write_record(&mut text, ',', cells.iter().map(|cell| Cow::Borrowed(cell.as_str())));
    }
    text
}

fn converted(text: &str) -> String {
    convert(text.as_bytes(), &DialectChoice::default())
        .map_or_else(|problem| problem.to_string(), |found| found.text)
}

/// Fails if a file that is written in this way, at any of these places, is not read as the table.
#[track_caller]
fn reads(
    table: &Table,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    line: impl Fn(&[String], usize) -> String,
) {
    let expected = clean(table);
    for row in rows.step_by(3) {
        for column in columns.clone() {
            let text = file(table, row, |cells| line(cells, column));
            let found = converted(&text);
            let differ = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert!(found == expected, "row {row}, column {column}: {differ:#?}");
        }
    }
}

#[test]
fn a_delimiter_too_many() {
    let table = readings();
    reads(&table, 0..table.len(), 0..9, |cells, column| {
        format!(
            "{},{}",
            cells[..column].join(","),
            if column == 0 { cells.join(",") } else { format!(",{}", cells[column..].join(",")) }
        )
    });
}

#[test]
fn a_delimiter_too_few() {
    let table = readings();
    reads(&table, 1..table.len(), 1..9, |cells, column| {
        format!("{}{}", cells[..column].join(","), cells[column..].join(","))
    });
}

#[test]
fn a_quotation_mark_too_many() {
    let table = readings();
    for row in (0..table.len()).step_by(3) {
        for column in 0..9 {
            let mut marked = table.clone();
            marked[row][column].insert(0, '"');
            let expected = clean(&marked);
            let text = file(&table, row, |cells| {
                let mut cells = cells.to_vec();
                let at = usize::from(cells[column].starts_with('"'));
                cells[column].insert(at, '"');
                cells.join(",")
            });
            let found = converted(&text);
            if found != expected {
                let differ = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
                panic!("{row} {column} {differ:#?}");
            }
        }
    }
}

#[test]
fn a_row_cut_by_blanks() {
    let table = readings();
    reads(&table, 0..table.len(), 0..1, |cells, _| cells.join(" "));
}

#[test]
fn a_header_that_lost_a_delimiter() {
    let table = readings();
    // Only where quotation marks or known names show the place.
    for column in [6, 7, 8] {
        let text =
            file(&table, 0, |cells| format!("{}{}", cells[..column].join(","), cells[column..].join(",")));
        assert_eq!(converted(&text), clean(&table), "{column}");
    }
    let rows = "asmith,Anna,Smith,anna@example.org\njdoe,John,Doe,john@example.org\n";
    let header = "Username,First name,Last name,Email";
    for column in 1..4 {
        let names: Vec<&str> = header.split(',').collect();
        let text = format!("{}{}\n{rows}", names[..column].join(","), names[column..].join(","));
        assert!(converted(&text).starts_with(&format!("{header}\r\n")), "{text}");
    }
}

/// Two quoted cells that met, where every other place would do as well by the looks of the columns.
#[test]
fn quoted_cells_that_met_are_cut_at_their_marks() {
    let mut table = readings();
    for (at, row) in table.iter_mut().enumerate().skip(1) {
        row[5] = ["Pier 9, Upper Deck", "Gate, North", "Old Mill, Yard Three"][at % 3].to_owned();
        row[6] = ["Calm, Some Haze", "Gusts, Rain Later", "Quiet, Dry, Cold All Day"][at % 3].to_owned();
    }
    reads(&table, 1..table.len(), 6..7, |cells, column| {
        format!("{}{}", cells[..column].join(","), cells[column..].join(","))
    });
}

/// A row that is like no other, but can be read in one way only.
#[test]
fn an_unusual_row_is_cut_where_nothing_else_comes_near() {
    let mut table = readings();
    for row in &mut table {
        row[2] = format!("{}", row[2].len());
    }
    table[30][4] = "$72".to_owned();
    reads(&table, 30..31, 1..9, |cells, column| {
        format!("{},,{}", cells[..column].join(","), cells[column..].join(","))
    });
    reads(&table, 30..31, 2..9, |cells, column| {
        format!("{}{}", cells[..column].join(","), cells[column..].join(","))
    });
    reads(&table, 30..31, 0..1, |cells, _| cells.join(" "));
}

#[test]
fn what_stays_uneven_is_said() {
    let said = |text: &str| -> Vec<(u32, String)> {
        let found = convert(text.as_bytes(), &DialectChoice::default()).unwrap();
        found.problems.into_iter().map(|problem| (problem.line, problem.problem.message)).collect()
    };
    let rows = "u1,Ann,Bo\nu2,Bo,Cyd\nu3,Cyd,Dee\nu4,Dee,Eve\nu5,Eve,Ann\nu6,Ann,Cyd\n";
    assert_eq!(said(&format!("Code,One,Two\n{rows}")), []);
    let header = said(&format!("CodeOne,Two\n{rows}"));
    assert_eq!(header, [(1, "The header has 2 cells where most rows have 3; it stays as it is.".to_owned())]);
    let short = said(&format!("Code,One,Two\n{rows}u7,Bo\n"));
    assert_eq!(short, [(8, "The row has 2 cells where most rows have 3; it stays as it is.".to_owned())]);
    // Another table is said once.
    let table = said(&format!("Code,One,Two\n{rows}\n{}", "x,1,2,3,4,5\n".repeat(4)));
    assert_eq!(table.len(), 1, "{table:?}");
    assert_eq!(table[0].0, 9);
    let open = said(&format!("Code,One,Two\n{rows}u7,\"\" Ann,Bo\n"));
    assert!(open.len() == 1 && open[0].1.starts_with("A quotation mark opens a cell"), "{open:?}");
}

/// A broken row of another table is not made one of the first.
#[test]
fn rows_of_another_table_keep_their_cells() {
    let table = readings();
    let text = file(&table, usize::MAX, |_| String::new());
    let other: Vec<Vec<String>> =
        table[1..20].iter().map(|row| row.iter().cloned().chain(["x".to_owned()]).collect()).collect();
    let line = |row: &[String]| {
        row.iter().enumerate().map(|(column, cell)| written(cell, column)).collect::<Vec<_>>().join(",")
            + "\r\n"
    };
    let mut below: Vec<String> = other.iter().map(|row| line(row)).collect();
    below[12] = "03/01/2021,05:15,3,QB-1,$4.50,\"Pier 9\",\"\" deck,\"Calm, and clear\",https://weather.example.org,x\r\n".to_owned();
    let found = converted(&(text + &below.concat()));
    assert!(found.contains("Pier 9,\"\"\"\"\" deck\",\"Calm, and clear\",https"), "{found}");
}

#[test]
fn what_is_in_doubt_stays() {
    // Which of two names is whose cannot be told from names.
    let mut text = "Login,First,Last,Town\n".to_owned();
    for at in 0..20 {
        let names = ["Ann", "Bo", "Cyd", "Dee", "Eve"];
        text.push_str(&format!("u{at},{},{},{}\n", names[at % 5], names[(at + 1) % 5], names[(at + 2) % 5]));
    }
    for line in ["u20,Ann,Bo", "u20,Ann,Bo,Cyd,Dee"] {
        let found = converted(&format!("{text}{line}\n"));
        assert!(found.ends_with(&format!("\r\n{line}\r\n")), "{found}");
    }
}

#[test]
fn another_table_stays_as_it_is() {
    let table = readings();
    let text = file(&table, usize::MAX, |_| String::new());
    // Rows that would fit if they were cut anew.
    let short: Vec<Vec<String>> = table[1..20].iter().map(|row| row[..8].to_vec()).collect();
    let other: String = short
        .iter()
        .map(|row| {
            row.iter().enumerate().map(|(column, cell)| written(cell, column)).collect::<Vec<_>>().join(",")
                + "\r\n"
        })
        .collect();
    assert_eq!(converted(&(text + &other)), clean(&table) + &clean(&short));
}

#[test]
fn whole_files_in_another_style() {
    let table = readings();
    let expected = clean(&table);
    let with = |delimiter: &str, mark: &str, escaped: &str| -> String {
        let mut text = String::new();
        for row in &table {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let cell_is_quoted = column == 6 || column == 7 || cell.contains([',', '"']);
                match cell_is_quoted {
                    true => format!("{mark}{}{mark}", cell.replace(mark, escaped)),
                    false => cell.clone(),
                }
            });
            text.push_str(&(cells.collect::<Vec<_>>().join(delimiter) + "\r\n"));
        }
        text
    };
    for (delimiter, mark, escaped) in [
        (",", "\"", "\""),
        (",", "\"", "\\\""),
        (",", "'", "''"),
        (",", "'", "'"),
        (", ", "\"", "\"\""),
        (";", "\"", "\"\""),
        ("\t", "\"", "\"\""),
    ] {
        println!("{delimiter:?} {mark} {escaped}");
        assert_eq!(converted(&with(delimiter, mark, escaped)), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_left_out_but_delimiters(
        // Words right below the header may be more of it.
        at in 2_usize..60,
        cells in prop::collection::vec("[a-zA-Z0-9$:/. -]{0,12}", 2..14),
    ) {
        let table = readings();
        let text = file(&table, at, |_| cells.join(","));
        let signs = |text: &str| text.chars().filter(|c| !matches!(c, ',' | '"' | '\r' | '\n')).collect::<String>();
        // Of a row that is cut by blanks, these are the delimiters.
        let without = |text: &str| signs(text).replace(' ', "");
        prop_assert_eq!(without(&converted(&text)), without(&text));
    }
}

#[test]
fn a_heading_between_rows_is_no_footnote_and_is_said() {
    let text = "Login,Room,Floor,Phone\nanna,12,1,555\nbert,14,1,556\n\nSecond floor\n\ncleo,22,2,557\ndora,24,2,558\n";
    let found = convert(text.as_bytes(), &DialectChoice::default()).unwrap();
    assert_eq!(found.text.lines().nth(3), Some("Second floor"));
    let said: Vec<_> = found.problems.iter().map(|said| (said.line, said.problem.code)).collect();
    assert_eq!(said, [(5, Code::RowTooFewFields)]);
}
