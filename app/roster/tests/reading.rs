//! Reading: any split of the bytes gives the same result, every record has one outcome, nothing is invented.

use proptest::prelude::*;
use roster::dialect::{Dialect, DialectChoice};
use roster::encoding::Encoding;
use roster::reader::{MAX_ROW, Part, Reader, Record};
use roster::review::{Pushed, Review};
use roster::summary::review_bytes;
use roster::{Code, PasswordPolicy, fingerprint};

/// A record as plain data.
#[derive(Clone, PartialEq, Debug)]
struct Read {
    part: Part,
    row: u32,
    line: u32,
    start: u64,
    len: u32,
    cells: Vec<Result<String, ()>>,
    shape: String,
}

fn read(dialect: &Dialect, pieces: &[&[u8]]) -> Vec<Read> {
    let mut records = Vec::new();
    let mut sink = |record: &Record<'_>| {
        records.push(Read {
            part: record.part,
            row: record.row,
            line: record.line,
            start: record.start,
            len: record.len,
            cells: (0..record.cells())
                .map(|c| record.text(c).map(|text| text.into_owned()).map_err(|_| ()))
                .collect(),
            shape: format!("{:?}", record.shape),
        });
        true
    };
    let mut reader = Reader::new(dialect);
    for piece in pieces {
        assert!(reader.push(piece, &mut sink));
    }
    assert!(reader.finish(&mut sink));
    records
}

fn plain(delimiter: u8) -> Dialect {
    Dialect { delimiter: delimiter.into(), ..Dialect::default() }
}

fn cells(text: &str) -> Vec<Vec<String>> {
    read(&plain(b','), &[text.as_bytes()])
        .into_iter()
        .map(|record| record.cells.into_iter().map(|cell| cell.expect("text")).collect())
        .collect()
}

#[test]
fn rfc_4180_and_what_people_write() {
    for (text, expected) in [
        ("a,b\r\nc,d\r\n", vec![vec!["a", "b"], vec!["c", "d"]]),
        ("a,b\rc,d\n\n\r\ne,f", vec![vec!["a", "b"], vec!["c", "d"], vec!["e", "f"]]),
        ("\"a,b\",\"c\"\"d\"\n", vec![vec!["a,b", "c\"d"]]),
        ("\"a\r\nb\",c\n", vec![vec!["a\r\nb", "c"]]),
        (" \"a, b\" , c\n", vec![vec!["a, b", " c"]]),
        (",,\n , ,\n", vec![]),
        ("\"\",\n", vec![vec!["", ""]]),
        ("a,\"b\"c,d\n", vec![vec!["a", "\"b\"c", "d"]]),
        ("a,b\"c,d\n", vec![vec!["a", "b\"c", "d"]]),
        ("a,\"open,b\nc,d\n", vec![vec!["a", "\"open", "b"], vec!["c", "d"]]),
        (
            "a,\"open\nb,\"good, one\",\"two\nlines\"\n",
            vec![vec!["a", "\"open"], vec!["b", "good, one", "two\nlines"]],
        ),
        ("a,\"x\",\"open\nb,c\n", vec![vec!["a", "x", "\"open"], vec!["b", "c"]]),
    ] {
        assert_eq!(cells(text), expected, "{text:?}");
    }
}

#[test]
fn limits_cut_rows_not_files() {
    let text = format!("{}\nnext,row\n", "x,".repeat(MAX_ROW));
    let records = read(&plain(b','), &[text.as_bytes()]);
    assert_eq!(records.len(), 2);
    assert!(records[0].shape.contains("too_long: Some"));
    assert_eq!((records[1].row, records[1].line), (2, 2));
    assert_eq!(&text.as_bytes()[records[1].start as usize..][..4], b"next");
    let long_cell = format!("a,{},c\nd,e,f\n", "y".repeat(5000));
    let records = read(&plain(b','), &[long_cell.as_bytes()]);
    assert!(records[0].shape.contains("too_long: Some(1)") && records[0].cells.len() == 3);
    let wide = format!("{}\n", "z,".repeat(300));
    assert!(read(&plain(b','), &[wide.as_bytes()])[0].shape.contains("too_long: Some(256)"));
}

#[test]
fn an_open_quote_over_a_huge_file_costs_one_row() {
    let mut text = String::from("u,f\nopen,\"never closed\n");
    for i in 0..20_000 {
        text.push_str(&format!("user{i},Name\n"));
    }
    let records = read(&plain(b','), &[text.as_bytes()]);
    assert_eq!(records.len(), 20_002);
    assert_eq!(records.iter().filter(|record| record.shape.contains("unclosed_quote: Some")).count(), 1);
}

/// Bytes that trip readers up, and now and then a whole row of them.
fn messy() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![&b"\""[..], b",", b"\n", b"\r", b"\r\n", b";", b" ", b"\t", b"\"\""]).prop_map(<[u8]>::to_vec),
        4 => "[a-zA-Z0-9@.]{1,6}".prop_map(String::into_bytes),
        2 => "\\PC{1,4}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..3),
        1 => Just(b"Username,First name,Last name,Email\n".to_vec()),
        1 => Just(b"asmith,Anna,Smith,anna.smith@example.org\r\n".to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_split_reads_the_same(bytes in messy(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6), utf16 in any::<bool>()) {
        let mut dialect = plain(b',');
        dialect.header_line = 1;
        if utf16 {
            dialect.encoding = Encoding::Utf16Le;
        }
        let whole = read(&dialect, &[&bytes]);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&read(&dialect, &pieces), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(&dialect, &single), &whole);
    }

    #[test]
    fn rows_are_numbered_and_lie_where_they_say(bytes in messy()) {
        let records = read(&plain(b','), &[&bytes]);
        let mut end = 0;
        for (place, record) in records.iter().enumerate() {
            prop_assert_eq!(record.row as usize, place + 1);
            prop_assert!(record.start >= end);
            end = record.start + u64::from(record.len);
            prop_assert!(end as usize <= bytes.len());
            // The slice alone reads as the same record.
            let slice = &bytes[record.start as usize..end as usize];
            let again = read(&plain(b','), &[slice]);
            prop_assert_eq!(again.len(), 1);
            prop_assert_eq!(&again[0].cells, &record.cells);
            prop_assert_eq!(&again[0].shape, &record.shape);
            let breaks = |text: &[u8]| {
                let crlf = text.windows(2).filter(|pair| pair == b"\r\n").count();
                text.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count() - crlf
            };
            prop_assert_eq!(record.line as usize, 1 + breaks(&bytes[..record.start as usize]));
        }
    }

    #[test]
    fn a_review_is_the_same_however_the_file_was_cut(bytes in messy(), cut in any::<prop::sample::Index>()) {
        let whole = review_bytes(&bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new());
        let mut review = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
        let cut = cut.index(bytes.len() + 1);
        let result = loop {
            let pushed = review.push(&bytes[..cut]).and_then(|first| match first {
                Pushed::More => review.push(&bytes[cut..]).and_then(|second| match second {
                    Pushed::More => review.finish(),
                    restart => Ok(restart),
                }),
                restart => Ok(restart),
            });
            match pushed {
                Ok(Pushed::Restart) => {}
                other => break other,
            }
        };
        match (whole, result) {
            (Ok(whole), Ok(_)) => {
                prop_assert_eq!(whole.totals(), review.totals());
                prop_assert_eq!(whole.digest(), review.digest());
                let found: Vec<_> = whole.findings().collect();
                prop_assert_eq!(found, review.findings().collect::<Vec<_>>());
            }
            (Err(one), Err(other)) => prop_assert_eq!(one, other),
            (one, other) => prop_assert!(false, "{:?} {:?}", one.map(|_| ()), other),
        }
    }

    #[test]
    fn outcomes_are_records_and_nothing_is_invented(bytes in messy()) {
        if let Ok(review) = review_bytes(&bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()) {
            let totals = review.totals();
            prop_assert_eq!(totals.rows, totals.add_new + totals.update + totals.unchanged + totals.skip + totals.invalid);
            let had_one = String::from_utf8_lossy(&bytes).contains(char::REPLACEMENT_CHARACTER);
            for row in 1..=totals.rows {
                let span = review.span(row).unwrap();
                let slice = &bytes[span.start as usize..][..span.len as usize];
                let view = review.view(row, slice, None);
                prop_assert_eq!(view.verdict == roster::review::Verdict::Invalid, review.person_row(row, slice).is_none());
                if !had_one {
                    prop_assert!(view.cells.iter().all(|cell| !cell.value.contains(char::REPLACEMENT_CHARACTER)));
                }
                if let Some((person, _)) = review.person_row(row, slice) {
                    prop_assert!(person.values.check(&PasswordPolicy::default()).is_ok());
                    let sent = format!("{:?}", person.values);
                    prop_assert!(!sent.contains(char::REPLACEMENT_CHARACTER));
                }
            }
        }
        prop_assert_eq!(fingerprint(&bytes), fingerprint(&bytes));
    }
}

#[test]
fn utf8_that_was_only_assumed_gives_way() {
    let mut bytes = b"Username,First name,Last name,Email\n".to_vec();
    for i in 0..5_000 {
        bytes.extend_from_slice(format!("user{i},Anna,Smith,user{i}@example.org\n").as_bytes());
    }
    bytes.extend_from_slice(b"mm,M\xE1rta,M\xFCller,marta@example.org\n");
    for chunk in [1_000, 65_536, bytes.len()] {
        let mut review = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
        let mut restarts = 0;
        'file: loop {
            for piece in bytes.chunks(chunk) {
                if review.push(piece).unwrap() == Pushed::Restart {
                    restarts += 1;
                    continue 'file;
                }
            }
            if review.finish().unwrap() == Pushed::More {
                break;
            }
            restarts += 1;
        }
        assert_eq!(restarts, 1);
        assert_eq!(review.dialect().encoding, Encoding::Windows1252);
        assert_eq!(review.totals().invalid, 1, "a username of two letters");
        let span = review.span(5_001).unwrap();
        let view = review.view(5_001, &bytes[span.start as usize..][..span.len as usize], None);
        assert_eq!(view.cells[2].value, "Müller");
    }
}

#[test]
fn damaged_bytes_stay_on_their_row() {
    let mut bytes =
        "Username,First name,Last name,Email\nmmu,Mária,Müller,m@example.org\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"bad,J\xFCrgen,Smith,j@example.org\nasm,Anna,Smith,a@example.org\n");
    let review =
        review_bytes(&bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()).unwrap();
    assert_eq!(review.dialect().encoding, Encoding::Utf8);
    let found: Vec<_> = review.findings().map(|f| (f.row, f.column.clone(), f.problem.code)).collect();
    assert_eq!(found, [(2, Some("First name".to_owned()), Code::FileUndecodable)]);
    let span = review.span(2).unwrap();
    let view = review.view(2, &bytes[span.start as usize..][..span.len as usize], None);
    assert_eq!(view.cells[1].value, "J\\xFCrgen");
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let error = |bytes: &[u8]| {
        review_bytes(bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new())
            .err()
            .map(|e| e.problem.code)
    };
    assert_eq!(error(b""), Some(Code::FileEmpty));
    assert_eq!(error(b"\n\r\n , \n"), Some(Code::FileEmpty));
    assert_eq!(error(b"\xEF\xBB\xBF"), Some(Code::FileEmpty));
    assert_eq!(error(b"Username,First name,Last name,Email\r\n"), Some(Code::FileEmpty));
    assert_eq!(error(b"PK\x03\x04xlsx"), Some(Code::FileNotText));
    let no_header =
        review_bytes(b"1,2\n3,4\n", DialectChoice::default(), PasswordPolicy::default(), Vec::new()).unwrap();
    assert_eq!(no_header.header_problem().unwrap().problem.code, Code::HeaderMissingRequired);
    assert_eq!(no_header.totals().invalid, 2);
}
