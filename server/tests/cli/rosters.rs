//! `check`, `convert` and `import`.

use serde_json::Value;

use crate::program::{Program, fixture};

const CLEAN: &[u8] =
    b"Username,First name,Last name,Email\nann,Ann,Lee,ann@example.org\nbob,Bob,Ray,bob@example.org\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON object")
}

#[test]
fn check_says_by_its_exit_code_what_it_found() {
    let program = Program::new();
    for (name, code) in [("basic.csv", 0), ("entra-bulk-create.csv", 0), ("problems.csv", 1)] {
        let run = program.run(&["check", &fixture(name)]);
        assert_eq!(run.code, Some(code), "{name}: {}{}", run.out, run.err);
    }
    let empty = program.file("empty.csv", b"");
    let picture = program.file("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    for file in [empty.as_str(), picture.as_str(), "no-such-file.csv"] {
        assert_eq!(program.run(&["check", file]).code, Some(2), "{file}");
    }
}

/// T71: whoever sends a file chooses its name and its columns, and the operator's terminal must not obey them.
#[cfg(unix)]
#[test]
fn names_of_files_and_columns_steer_no_terminal() {
    let program = Program::new();
    let text = "Username,First name,Last name,Email,\u{1b}[2JDepartment\nann,Ann,Lee,ann@example.org,\u{1b}]0;x\u{7}\n\
                \u{1b}[31mbob,\u{9b}2J,\u{1b}c,bob\u{1b}[0m,\n";
    let file = program.file("intake\u{1b}[31m.csv", text.as_bytes());
    let missing = file.replace("intake", "none");
    for arguments in
        [&["check", &file][..], &["check", &missing], &["convert", &missing], &["import", "--dry-run", &file]]
    {
        let run = program.run(arguments);
        let steering: Vec<char> =
            [run.out, run.err].concat().chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(steering.is_empty(), "{arguments:?}: {steering:?}");
    }
}

#[test]
fn check_prints_one_json_object() {
    let program = Program::new();
    let run = program.run(&["check", &fixture("problems.csv"), "--json"]);
    let report = json(&run.out);
    for key in [
        "rows",
        "valid",
        "invalid",
        "encoding",
        "delimiter",
        "header_line",
        "mapping",
        "problems",
        "problem_counts",
    ] {
        assert!(report.get(key).is_some(), "{key} is missing: {report}");
    }
    assert_eq!(report["rows"], 18);
    assert_eq!(
        report["rows"].as_u64(),
        Some(report["valid"].as_u64().unwrap_or(0) + report["invalid"].as_u64().unwrap_or(0))
    );
    let first = &report["problems"][0];
    for key in ["row", "line", "column", "code", "severity", "message"] {
        assert!(first.get(key).is_some(), "{key} is missing: {first}");
    }
    let unusable = program.run_with(&["check", "-", "--json"], b"PK\x03\x04 spreadsheet");
    assert_eq!(
        (unusable.code, &json(&unusable.out)["problems"][0]["code"]),
        (Some(2), &Value::from("file.not_text"))
    );
}

#[test]
fn check_needs_no_configuration_and_reads_standard_input() {
    let program = Program::new();
    let run = program.run_with(&["--listen", "nonsense", "check", "-"], CLEAN);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.starts_with("standard input: 2 rows, 2 valid, 0 invalid"), "{}", run.out);
    assert!(!program.folder().join("data").exists());
}

#[test]
fn a_wrong_guess_can_be_corrected() {
    let program = Program::new();
    let latin =
        program.file("latin.csv", b"Username;First name;Last name;Email\nm;M\xFCller;X;m@example.org\n");
    let run = program.run(&["check", &latin, "--json", "--encoding", "Windows-1251", "--delimiter", ";"]);
    assert_eq!(json(&run.out)["encoding"], "Windows-1251");
    let refused = program.run(&["check", &latin, "--encoding", "latin-99"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("Windows-1252"), "{}", refused.err);
}

#[test]
fn east_asian_files_are_read() {
    let program = Program::new();
    let text = "Username,First name,Last name,Email\nyamada,太郎,山田,yamada@example.jp\nsuzuki,花子,鈴木,suzuki@example.jp\n";
    for encoding in ["Shift_JIS", "EUC-JP", "ISO-2022-JP"] {
        let (bytes, _, _) = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap().encode(text);
        let file = program.file("japan.csv", &bytes);
        for run in
            [program.run(&["check", &file, "--json"]), program.run_with(&["check", "-", "--json"], &bytes)]
        {
            let report = json(&run.out);
            assert_eq!((&report["encoding"], &report["valid"]), (&encoding.into(), &2.into()), "{report}");
        }
        for run in [program.run(&["convert", &file]), program.run_with(&["convert", "-"], &bytes)] {
            assert_eq!(run.out, text.replace('\n', "\r\n"), "{}", run.err);
            assert!(run.err.contains(&format!("read as {encoding}")), "{}", run.err);
        }
    }
    // Only far down, and with a byte that means nothing.
    let mut bytes = b"Username,First name,Last name,Email\n".to_vec();
    for row in 0..9000 {
        bytes.extend_from_slice(format!("user{row},Ann,Lee,user{row}@example.jp\n").as_bytes());
    }
    let (names, _, _) =
        encoding_rs::SHIFT_JIS.encode("yamada,太郎,山田,yamada@example.jp\nsato,健太,佐藤,sato@example.jp\n");
    bytes.extend_from_slice(&names);
    bytes.extend_from_slice(b"last,A\xFFn,Lee,last@example.jp\n");
    let far = program.file("far.csv", &bytes);
    let report = json(&program.run(&["check", &far, "--json"]).out);
    assert_eq!(
        (&report["encoding"], &report["valid"]),
        (&"Shift_JIS".into(), &9002.into()),
        "{}",
        report["problems"]
    );
    assert_eq!(report["problem_counts"]["file.undecodable"], 1);
    let refused = program.run(&["convert", &far]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--encoding Shift_JIS"), "{}", refused.err);
    let chosen = program.run(&["convert", &far, "--encoding", "cp932"]);
    assert!(chosen.out.contains("sato,健太,佐藤"), "{}", chosen.err);
}

/// `rollcall check FILE | head`: the reader goes away, and nothing panics.
#[test]
fn a_reader_who_goes_away_is_no_accident() {
    let program = Program::new();
    let mut rows = b"Username,First name,Last name,Email\n".to_vec();
    for _ in 0..5000 {
        rows.extend_from_slice(b"x,,,nothing\n");
    }
    let file = program.file("bad.csv", &rows);
    let mut child = program.command(&["check", &file]).spawn().expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("panic"), "{err}");
    assert!(output.status.code().is_some_and(|code| code < 2), "{:?} {err}", output.status);
}

#[test]
fn convert_writes_clean_csv() {
    let program = Program::new();
    let run = program.run(&["convert", &fixture("german-excel-windows-1252.csv")]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.starts_with("Benutzername,Vorname,Nachname,E-Mail,Ort\r\n"), "{}", run.out);
    assert!(run.out.contains("Jürgen,Müßig"), "{}", run.out);
    assert!(run.err.contains("read as Windows-1252") && run.err.contains("Müßig"), "{}", run.err);
    let again = program.run_with(&["convert", "-"], run.out.as_bytes());
    assert_eq!((again.out, again.err.as_str()), (run.out, ""));
    assert_eq!(program.run_with(&["convert", "-"], b"").code, Some(2));
    let titled = program.file("titled.csv", b"Staff\nTown,Size,Code\nBonn,2,x\nBern,3,y\n\nNOTE: old\n");
    let run = program.run(&["convert", &titled]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "Town,Size,Code\r\nBonn,2,x\r\nBern,3,y\r\n"));
    assert!(run.err.contains("1 line above the header left out\n"), "{}", run.err);
    assert!(run.err.contains("1 line below the rows left out\n"), "{}", run.err);
    let uneven = program.file("uneven.csv", b"Town,Size\nBonn,2\nBern,3\nBasel\n");
    let run = program.run(&["convert", &uneven]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), "Town,Size\r\nBonn,2\r\nBern,3\r\nBasel\r\n"));
    assert!(run.err.contains("row 3 (line 4): The row has 1 cell where most rows have 2"), "{}", run.err);
}

#[test]
fn a_workbook_is_read_as_a_csv() {
    let program = Program::new();
    let file = fixture("workbook.xlsx");
    let run = program.run(&["convert", &file]);
    let rows = "asmith,Anna,Smith,anna.smith@example.org,1001,Sales\r\n";
    assert!(run.out.contains(rows) && run.out.contains("\"Müller, Dr.\""), "{} {}", run.out, run.err);
    let run = program.run(&["check", &file]);
    assert!(run.out.starts_with("workbook.xlsx: 3 rows, 3 valid, 0 invalid"), "{} {}", run.out, run.err);
    for sheet in ["Guests", "2"] {
        let run = program.run(&["convert", &file, "--sheet", sheet]);
        assert!(run.out.ends_with("guest1,Gil,Guest,gil@example.org\r\n"), "{} {}", run.out, run.err);
    }
    let refused = program.run(&["check", &file, "--sheet", "Lists"]);
    assert!(refused.code != Some(0) && refused.err.contains("Staff, Guests"), "{}", refused.err);
}

#[test]
fn convert_reads_what_it_is_told() {
    let program = Program::new();
    let file = program.file("odd.csv", b"a::b::c\n1::'x::y'::3\n");
    let run = program.run(&["convert", &file, "--delimiter", "::", "--quote", "'"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "a,b,c\r\n1,x::y,3\r\n"), "{}", run.err);
    let run = program.run(&["convert", &file, "--delimiter", "::", "--quote", "none"]);
    assert!(run.out.contains("1,'x,y',3"), "{}", run.out);
    let refused = program.run(&["convert", &file, "--delimiter", "longer"]);
    assert_eq!(refused.code, Some(2));
}

/// The file is read in slices: letters that tell the encoding may come late, from a file as from a pipe.
#[test]
fn convert_reads_large_files_in_slices() {
    let program = Program::new();
    let mut bytes = b"Username;Last name\n".to_vec();
    for row in 0..50_000 {
        bytes.extend_from_slice(format!("user{row};Lee\n").as_bytes());
    }
    bytes.extend_from_slice(b"mm;M\xFCller\n");
    let file = program.file("large.csv", &bytes);
    let run = program.run(&["convert", &file]);
    assert_eq!((run.code, run.out.lines().count()), (Some(0), 50_002), "{}", run.err);
    assert!(run.out.ends_with("mm,Müller\r\n"));
    assert_eq!(program.run_with(&["convert", "-"], &bytes).out, run.out);
    let check = program.run(&["check", &file, "--json"]);
    assert_eq!(json(&check.out)["encoding"], "Windows-1252");
}

#[test]
fn a_dry_run_changes_nothing() {
    let program = Program::new();
    let file = program.file("people.csv", CLEAN);
    for _ in 0..2 {
        let run = program.run(&["import", &file, "--dry-run"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        assert!(run.out.contains("2 rows = 2 add new + 0 update"), "{}", run.out);
    }
}

#[test]
fn an_import_wants_to_be_confirmed() {
    let program = Program::new();
    let file = program.file("people.csv", CLEAN);
    let run = program.run(&["import", &file]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("--yes") && run.err.contains("--dry-run"), "{}", run.err);
    let after = program.run(&["import", &file, "--dry-run", "--json"]);
    assert_eq!(json(&after.out)["plan"]["add_new"], 2);
}

#[test]
fn the_second_import_of_a_file_creates_nothing() {
    let program = Program::new();
    let file = program.file("people.csv", CLEAN);
    let first = program.run(&["import", &file, "--yes", "--email", "--json"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    let report = json(&first.out);
    assert_eq!((&report["created"], &report["mails_queued"]), (&Value::from(2), &Value::from(2)));
    assert!(report["import"].is_string());
    let second = program.run(&["import", &file, "--yes"]);
    assert_eq!(second.code, Some(0), "{}", second.err);
    assert!(second.out.contains("0 created, 0 updated, 2 unchanged, 0 skipped, 0 failed"), "{}", second.out);
}

#[test]
fn people_who_exist_are_changed_only_when_asked() {
    let program = Program::new();
    let file = program.file("people.csv", CLEAN);
    assert_eq!(program.run(&["import", &file, "--yes"]).code, Some(0));
    let changed = program.file(
        "changed.csv",
        b"Username,First name,Last name,Email,Department\nann,Anna,Lee,ann@example.org,Sales\n",
    );
    for (mode, words) in [
        ("skip", "0 created, 0 updated, 0 unchanged, 1 skipped"),
        ("fill", "0 created, 1 updated, 0 unchanged, 0 skipped"),
        ("overwrite", "0 created, 1 updated, 0 unchanged, 0 skipped"),
    ] {
        let run = program.run(&["import", &changed, "--yes", "--update", mode]);
        assert!(run.out.contains(words), "{mode}: {}{}", run.out, run.err);
    }
    let settled = program.run(&["import", &changed, "--yes", "--update", "overwrite"]);
    assert!(settled.out.contains("1 unchanged"), "{}", settled.out);
}

#[test]
fn rows_that_cannot_be_imported_are_named_and_the_others_are_imported() {
    let program = Program::new();
    let run = program.run(&["import", &fixture("problems.csv"), "--yes"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.out.contains("5 created, 0 updated, 0 unchanged, 0 skipped, 13 failed"), "{}", run.out);
    assert!(run.out.contains("row 4 (line 5), Username: "), "{}", run.out);
}

#[test]
fn seats_hold_for_the_command_line_too() {
    let program = Program::new();
    let file = program.file("people.csv", CLEAN);
    // The first start of a server would set the seats; an administrator may do the same.
    let run = program.run(&["--seats", "1", "import", &file, "--yes", "--json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let report = json(&run.out);
    assert_eq!((&report["created"], &report["failed"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(report["problems"][0]["code"], "seats.exhausted");
}
