//! Whatever way a table was written, `convert` gives the table back: one pollution at a time.

use std::borrow::Cow;

use proptest::prelude::*;
use roster::convert::convert;
use roster::dialect::{Delimiter, DialectChoice};
use roster::export::write_record;

type Table = Vec<Vec<String>>;

fn table(rows: &[&[&str]]) -> Table {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

/// A table of sales: dates, prices, descriptions with commas, quotation marks and line breaks.
fn sales() -> Table {
    let mut rows = table(&[&[
        "DATE",
        "TIME",
        "Qty",
        "PRODUCTID",
        "Price",
        "ProductType",
        "Description",
        "URL",
        "Comments",
    ]]);
    for day in 1..=28 {
        let description = match day % 7 {
            0 => "Desk, oak, 120\" wide".to_owned(),
            3 => "Lamp\nwith a shade".to_owned(),
            5 => "Rug; grey, soft".to_owned(),
            _ => format!("Chair no. {day}"),
        };
        rows.push(vec![
            format!("{day:02}/01/2018"),
            format!("{:02}:15", day % 24),
            (day % 5).to_string(),
            format!("ACRE-{day}"),
            format!("${}", day * 7),
            ["Chair", "Table", "Lamp"][day % 3].to_owned(),
            description,
            format!("http://shop.example.org/items/{day}?a=b"),
            if day % 4 == 0 { "it's late".to_owned() } else { String::new() },
        ]);
    }
    rows
}

/// A roster.
fn people() -> Table {
    let mut rows = table(&[&["Username", "First name", "Last name", "Email", "Job title", "Phone"]]);
    for at in 0..30 {
        let first = ["Anna", "Zoë", "Jürgen", "Mary Ann", "Łukasz"][at % 5];
        let last = ["O'Brien", "Müller", "Smith, Jr.", "van der Berg"][at % 4];
        let job = ["Engineer", "Head of \"Things\"", "Clerk", ""][(at / 2) % 4];
        rows.push(vec![
            format!("user{at:02}"),
            first.to_owned(),
            last.to_owned(),
            format!("user{at:02}@example.org"),
            job.to_owned(),
            format!("+49 30 {}", 100_000 + at),
        ]);
    }
    rows
}

/// How a table is written.
#[derive(Clone, Copy, Debug)]
struct Style {
    delimiter: &'static str,
    quote: char,
    escape: &'static str,
    line_end: &'static str,
    all: bool,
}

const USUAL: Style = Style { delimiter: ",", quote: '"', escape: "", line_end: "\r\n", all: false };

fn row(cells: &[String], style: Style) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            let special = [style.delimiter, "\n", "\r", "\""];
            if style.all || cell.contains(style.quote) || special.iter().any(|text| cell.contains(text)) {
                let mark = style.quote;
                let inner = if style.escape.is_empty() {
                    cell.replace(mark, &format!("{mark}{mark}"))
                } else {
                    cell.replace(mark, &format!("{}{mark}", style.escape))
                };
                format!("{mark}{inner}{mark}")
            } else {
                cell.clone()
            }
        })
        .collect();
    cells.join(style.delimiter) + style.line_end
}

fn written(table: &Table, style: Style) -> String {
    table.iter().map(|cells| row(cells, style)).collect()
}

fn clean(table: &Table) -> String {
    let mut text = String::new();
    for cells in table {
        write_record(&mut text, ',', cells.iter().map(|cell| Cow::Borrowed(cell.as_str())));
    }
    text
}

fn converted(bytes: &[u8]) -> String {
    convert(bytes, &DialectChoice::default()).map_or_else(|problem| format!("{problem}"), |found| found.text)
}

#[track_caller]
fn gives(text: &str, expected: &Table) {
    let found = converted(text.as_bytes());
    let expected = clean(expected);
    if found != expected {
        let dialect = convert(text.as_bytes(), &DialectChoice::default()).map(|found| found.dialect);
        let differ = found.lines().zip(expected.lines()).find(|(a, b)| a != b);
        panic!(
            "{dialect:?}\nfirst difference: {differ:#?}\n{} for {} lines",
            found.lines().count(),
            expected.lines().count()
        );
    }
}

#[test]
fn delimiters() {
    for table in [sales(), people()] {
        for delimiter in [
            ",", ";", "\t", "|", " ", ", ", "; ", "^", "~", ";;", "::", "||", "\t\t", ":", "\\t", "§",
            "\u{1f}", "\u{1e}", " | ",
        ] {
            for all in [false, true] {
                println!("{delimiter:?} {all}");
                gives(&written(&table, Style { delimiter, all, ..USUAL }), &table);
            }
        }
    }
}

#[test]
fn quotation_marks_and_escapes() {
    for table in [sales(), people()] {
        for delimiter in [",", ";", "\t", "|"] {
            for (quote, escape) in [('\'', ""), ('"', "\\"), ('\'', "\\")] {
                for all in [false, true] {
                    println!("{delimiter:?} {quote} {escape} {all}");
                    gives(&written(&table, Style { delimiter, quote, escape, all, ..USUAL }), &table);
                }
            }
        }
    }
}

#[test]
fn line_ends() {
    for table in [sales(), people()] {
        for line_end in ["\n", "\r", "\r\n"] {
            let text = written(&table, Style { line_end, ..USUAL });
            gives(&text, &table);
            gives(text.trim_end(), &table);
            gives(&format!("{text}{line_end}{line_end}"), &table);
        }
        let mixed: String = table
            .iter()
            .enumerate()
            .map(|(at, cells)| row(cells, Style { line_end: ["\n", "\r\n", "\r"][at % 3], ..USUAL }))
            .collect();
        gives(&mixed, &table);
    }
}

#[test]
fn headers() {
    for table in [sales(), people()] {
        let rows = table[1..].to_vec();
        gives(&written(&rows, USUAL), &rows);
        gives(&written(&table[..1].to_vec(), USUAL), &table[..1].to_vec());
        gives(&written(&table[..2].to_vec(), USUAL), &table[..2].to_vec());
        for times in [2, 3] {
            let mut repeated = vec![table[0].clone(); times - 1];
            repeated.extend(table.clone());
            let mut expected = table.clone();
            for cell in &mut expected[0] {
                *cell = vec![cell.as_str(); times].join(" ");
            }
            gives(&written(&repeated, USUAL), &expected);
        }
        for column in [0, 2] {
            let mut unnamed = table.clone();
            unnamed[0][column] = String::new();
            gives(&written(&unnamed, USUAL), &unnamed);
            unnamed[0][column] = unnamed[0][1].clone();
            gives(&written(&unnamed, USUAL), &unnamed);
        }
    }
}

#[test]
fn titles_and_footnotes() {
    for table in [sales(), people()] {
        let text = written(&table, USUAL);
        let empty = ",".repeat(table[0].len() - 1);
        for line in
            ["PREAMBLE".to_owned(), format!("PREAMBLE{empty}"), "All that was sold, by day".to_owned()]
        {
            for gap in [String::new(), "\r\n".to_owned(), format!("{empty}\r\n")] {
                let title = format!("{line}\r\n").repeat(3);
                gives(&format!("{title}{gap}{text}"), &table);
            }
        }
        for gap in ["\r\n".to_owned(), format!("{empty}\r\n")] {
            gives(&format!("{text}{gap}{}", "NOTE: not audited\r\n".repeat(3)), &table);
        }
    }
    let text = written(&sales(), USUAL);
    gives(&format!("{text}{}", "FOOTNOTE\r\n".repeat(3)), &sales());
    gives(&format!("{text}{}", "FOOTNOTE,,,,,,,,\r\n".repeat(3)), &sales());
}

#[test]
fn rows_are_cut_as_the_others_or_stay() {
    for table in [sales(), people()] {
        let (mut cut, mut stayed) = (0, 0);
        for at in [0, 1, 10, table.len() - 1] {
            for column in 1..table[0].len() {
                let mut more = table.clone();
                more[at].insert(column, String::new());
                gives(&written(&more, USUAL), &table);
                let mut less = table.clone();
                let second = less[at].remove(column);
                less[at][column - 1].push_str(&second);
                let found = converted(written(&less, USUAL).as_bytes());
                cut += usize::from(found == clean(&table));
                stayed += usize::from(found == clean(&less));
            }
        }
        assert_eq!(cut + stayed, 4 * (table[0].len() - 1));
        assert!(cut > stayed, "{cut} {stayed}");
        let mut short = table.clone();
        short[5].truncate(1);
        gives(&written(&short, USUAL), &short);
    }
}

#[test]
fn single_rows_in_another_style() {
    for table in [sales(), people()] {
        for at in [0, 1, 11, table.len() - 1] {
            let polluted = |style: Style| -> String {
                table
                    .iter()
                    .enumerate()
                    .map(|(place, cells)| row(cells, if place == at { style } else { USUAL }))
                    .collect()
            };
            println!("row {at}");
            gives(&polluted(Style { delimiter: ";", all: true, ..USUAL }), &table);
            gives(&polluted(Style { delimiter: "\t", ..USUAL }), &table);
            gives(&polluted(Style { line_end: "\n", ..USUAL }), &table);
            gives(&polluted(Style { quote: '\'', all: true, ..USUAL }), &table);
            let mut marked = table.clone();
            for cell in &mut marked[at] {
                cell.push('"');
            }
            let backslashes = Style { escape: "\\", ..USUAL };
            let text: String = marked
                .iter()
                .enumerate()
                .map(|(place, cells)| row(cells, if place == at { backslashes } else { USUAL }))
                .collect();
            gives(&text, &marked);
        }
    }
}

#[test]
fn quotation_marks_that_are_not_doubled() {
    let text = "DATE,Qty,Price,Type,Description\r\n\
        28/01/2018,2,$7,Table,\"Desk 48\" wide, oak\"\r\n\
        29/01/2018,3,$8,Lamp,\"Lamp, 12\"\"\r\n\
        30/01/2018,4,\"$9,Chair,\"Chair, red\"\r\n\
        31/01/2018,5,$10,\"Rug,plain\r\n\
        01/02/2018,6,$11,Rug,\"Rug, grey\"\r\n";
    let expected = table(&[
        &["DATE", "Qty", "Price", "Type", "Description"],
        &["28/01/2018", "2", "$7", "Table", "Desk 48\" wide, oak"],
        &["29/01/2018", "3", "$8", "Lamp", "Lamp, 12\""],
        &["30/01/2018", "4", "\"$9", "Chair", "Chair, red"],
        &["31/01/2018", "5", "$10", "\"Rug", "plain"],
        &["01/02/2018", "6", "$11", "Rug", "Rug, grey"],
    ]);
    gives(text, &expected);
}

/// Apostrophes in cells that are quoted by apostrophes, with one behind a backslash that means itself.
#[test]
fn marks_that_are_never_doubled() {
    let mut rows = table(&[&["Day", "Item", "Said", "Link"]]);
    for at in 0..24 {
        rows.push(vec![
            format!("{:02}/03/2020", at + 1),
            ["Men's Boots", "Lamp", "Kids' Hat"][at % 3].to_owned(),
            ["It's warm, and it won't leak", "Women's 3-in-1 lamp", "The dog's own, it isn't ours"][at % 3]
                .to_owned(),
            format!("https://shop.example.org/{at}"),
        ]);
    }
    rows[6][2] = "Our 8\\'9 rod, made for her".to_owned();
    let mut text = String::new();
    for cells in &rows {
        text.push_str(&format!("{},{},'{}','{}'\r\n", cells[0], cells[1], cells[2], cells[3]));
    }
    let found = convert(text.as_bytes(), &DialectChoice::default()).unwrap();
    let said = |line: u32| found.problems.iter().any(|problem| problem.line == line);
    for (line, (got, wanted)) in (1..).zip(found.text.lines().zip(clean(&rows).lines())) {
        // What the backslash means may be guessed wrong, but not in silence.
        assert!(got == wanted || line == 7 && said(7), "{line} {got} {wanted}");
    }
}

/// One row below a header that lacks a cell: neither is the other's title.
#[test]
fn a_short_header_above_a_single_row() {
    let found = converted(b"\"Name\";\"Limit\";\"Status\"\n\"box.dat\";\"1440\";\"OPTIMAL\";\"\n\"\n");
    assert_eq!(found, "Name,Limit,Status\r\nbox.dat,1440,OPTIMAL,\"\n\"\r\n");
}

/// Two apostrophes are what somebody wrote, as long as nothing stands between them anywhere.
#[test]
fn apostrophes_around_nothing_are_text() {
    let mut rows = people();
    for row in &mut rows[1..] {
        row[4] = "''".to_owned();
    }
    gives(&written(&rows, USUAL), &rows);
}

/// Cells of many lines, longer than all else: their sentences are no table.
#[test]
fn long_texts_are_cells() {
    let sentence =
        "Apart from counting, the thing can help you; it does, for example, save what you wrote, and more.";
    let mut rows = table(&[&["Description", "status"]]);
    for at in 0..20 {
        let lines: Vec<String> = (0..9).map(|line| format!("{line}. {}", sentence.repeat(5))).collect();
        rows.push(vec![lines.join("\n"), ["open", "shut"][at % 2].to_owned()]);
    }
    gives(&written(&rows, USUAL), &rows);
}

#[test]
fn several_tables_in_one_file() {
    let mut both = sales();
    both.extend(people());
    gives(&(written(&sales(), USUAL) + "\r\n" + &written(&people(), USUAL)), &both);
}

#[test]
fn a_small_table_above_another_stays() {
    gives(
        "Code,Town,Since\nA,Bonn,1999\nB,Bern,2001\nUsername,First name,Last name,Email\nx,A,B,x@example.org\n",
        &table(&[
            &["Code", "Town", "Since"],
            &["A", "Bonn", "1999"],
            &["B", "Bern", "2001"],
            &["Username", "First name", "Last name", "Email"],
            &["x", "A", "B", "x@example.org"],
        ]),
    );
}

#[test]
fn the_end_mark_of_old_systems_is_no_row() {
    gives("Qty,Price\r\n1,2\r\n3,4\r\n\u{1a}", &table(&[&["Qty", "Price"], &["1", "2"], &["3", "4"]]));
}

#[test]
fn encodings() {
    let text = written(&people(), Style { delimiter: ";", ..USUAL });
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(converted(&wide), clean(&people()));
    assert_eq!(converted(&[b"\xFF\xFE", wide.as_slice()].concat()), clean(&people()));
    assert_eq!(converted(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), clean(&people()));
    let western = text.replace('Ł', "L");
    let latin: Vec<u8> = western.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(converted(&latin), clean(&people()).replace('Ł', "L"));
}

#[test]
fn large_files() {
    let mut table = sales();
    let last = table[28].clone();
    table.resize(20_000, last);
    gives(&written(&table, USUAL), &table);
    for cells in &mut table[..3] {
        cells.extend((0..5_000).map(|at| format!("col{at}")));
    }
    table.truncate(3);
    gives(&written(&table, USUAL), &table);
}

#[test]
fn ordinary_files_are_not_mistaken() {
    for (text, delimiter) in [
        ("Full name\nAnna Smith\nJohn Doe\nMary Jones\n", ","),
        ("when\n2018-01-28 00:15\n2018-01-29 00:16\n2018-01-29 00:17\n", ","),
        ("time\n00:15:30\n00:16:30\n00:17:20\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n1,6;2,6;3,6\n", ";"),
        ("name,note\nAnn,\"a; b; c\"\nBob,\"d; e; f\"\n", ","),
        ("name,note\nAnn Lee Ray,likes to sing\nBob Ray Lee,likes to play\n", ","),
        ("path,size\nC:\\a\\,5\nC:\\b\\,6\n", ","),
        ("key,value\n'tis,1\n'twas,2\nit's,3\n", ","),
    ] {
        let found = convert(text.as_bytes(), &DialectChoice::default()).unwrap();
        assert_eq!(found.dialect.delimiter, Delimiter::parse(delimiter).unwrap(), "{text}");
        assert_eq!(found.dialect.quote, Some(b'"'), "{text}");
        assert_eq!(found.text.lines().count(), text.lines().count(), "{text}");
    }
}

#[test]
fn nothing_makes_it_slow() {
    let rows = 60_000;
    for line in [
        "\"open,x\n",
        "a,\"b\"c,d\n",
        "\"\"\"\n",
        "\"a,\"b,\"c,\"d,\"e\n",
        "'x,\\\"y\n",
        "\\\n",
        "\"",
        "\",\n\"x",
    ] {
        let text = format!("a,b,c\n1,2,3\n{}", line.repeat(rows));
        let started = std::time::Instant::now();
        let _ = converted(text.as_bytes());
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{line:?} {took:?}");
    }
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(vec![",", ";", "\t", "|", "^", "\u{1f}"]),
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
    )
        .prop_map(|(delimiter, all, backslash, line_end)| Style {
            delimiter,
            quote: '"',
            escape: if backslash { "\\" } else { "" },
            line_end,
            all,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_table_is_read_as_it_was_written(
        style in style(),
        rows in prop::collection::vec(("[0-9]{1,5}", "[A-Za-z]{2,9}( [A-Z][a-z]{2,6})?", "[a-z]{1,6}(, [a-z]{1,5})?(\"[a-z]{1,4}\")?[a-z]", "[a-z]{3,8}@[a-z]{3,6}\\.org"), 4..30),
    ) {
        let mut table = table(&[&["Number", "Somebody", "Remark", "Email"]]);
        table.extend(rows.into_iter().map(|(a, b, c, d)| vec![a, b, c, d]));
        prop_assert_eq!(converted(written(&table, style).as_bytes()), clean(&table));
    }

    #[test]
    fn anything_can_be_converted(bytes in prop::collection::vec(prop::sample::select(b"ab1,;|\t '\"\\\n\r\0:^~\xFC\xC3\xE4".to_vec()), 0..200)) {
        if let Ok(found) = convert(&bytes, &DialectChoice::default()) {
            let again = DialectChoice { delimiter: Some(Delimiter::of(b',')), header_line: Some(0), ..DialectChoice::default() };
            prop_assert!(convert(found.text.as_bytes(), &again).is_ok());
        }
    }
}
