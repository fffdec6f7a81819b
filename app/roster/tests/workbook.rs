//! An Excel workbook is read as the CSV of a sheet would be.

use std::io::{Cursor, Write};

use roster::Code;
use roster::workbook::{Workbook, is_archive};
use zip::write::{SimpleFileOptions, ZipWriter};

/// A workbook of sheets: name, state (such as `hidden`) and the XML of its rows.
fn workbook(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut names = String::new();
    let mut relations = String::new();
    let mut parts = Vec::new();
    for (at, (name, state, rows)) in sheets.iter().enumerate() {
        let at = at + 1;
        names
            .push_str(&format!("<sheet name=\"{name}\" sheetId=\"{at}\" state=\"{state}\" r:id=\"r{at}\"/>"));
        relations.push_str(&format!(
            "<Relationship Id=\"r{at}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>"
        ));
        parts.push((
            format!("xl/worksheets/sheet{at}.xml"),
            format!("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    parts.push((
        "xl/workbook.xml".to_owned(),
        format!("<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>"),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}</Relationships>"),
    ));
    parts.push((
        "xl/sharedStrings.xml".to_owned(),
        "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>Username</t></si><si><t>M\u{fc}ller, Ann</t></si></sst>".to_owned(),
    ));
    parts.push((
        "xl/styles.xml".to_owned(),
        "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>".to_owned(),
    ));
    parts.push((
        "_rels/.rels".to_owned(),
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".to_owned(),
    ));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(name, SimpleFileOptions::default()).expect("memory takes everything");
        writer.write_all(text.as_bytes()).expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything").into_inner()
}

#[test]
fn values_as_people_would_type_them() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>Name</t></is></c><c r=\"C1\" t=\"inlineStr\"><is><t>Since</t></is></c></row>\
        <row r=\"3\"><c r=\"A3\"><v>1001</v></c><c r=\"B3\" t=\"s\"><v>1</v></c><c r=\"C3\" s=\"1\"><v>44197</v></c></row>\
        <row r=\"4\"><c r=\"A4\"><v>1.5</v></c><c r=\"C4\" t=\"b\"><v>1</v></c></row>";
    let bytes = workbook(&[("Staff", "visible", rows)]);
    assert!(is_archive(&bytes));
    let mut book = Workbook::open(&bytes).unwrap();
    assert_eq!(
        book.csv(0).unwrap(),
        "Username,Name,Since\r\n\r\n1001,\"M\u{fc}ller, Ann\",2021-01-01\r\n1.5,,TRUE\r\n"
    );
}

#[test]
fn hidden_sheets_are_no_choice() {
    let row =
        |text: &str| format!("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>");
    let (one, two, three) = (row("secret"), row("first"), row("second"));
    let bytes =
        workbook(&[("Lists", "hidden", &one), ("Staff", "visible", &two), ("Guests", "visible", &three)]);
    let mut book = Workbook::open(&bytes).unwrap();
    assert_eq!(book.sheets(), ["Staff", "Guests"]);
    assert_eq!(book.csv(0).unwrap(), "first\r\n");
    assert_eq!(book.csv(1).unwrap(), "second\r\n");
}

#[test]
fn a_cell_far_out_costs_little() {
    let bytes = workbook(&[(
        "Staff",
        "visible",
        "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>",
    )]);
    let csv = Workbook::open(&bytes).unwrap().csv(0).unwrap();
    assert!(csv.len() < 40_000, "{}", csv.len());
    assert!(csv.starts_with("1,") && csv.ends_with(",2\r\n"));
}

#[test]
fn an_empty_sheet_says_so() {
    let bytes = workbook(&[("Staff", "visible", "")]);
    let found = Workbook::open(&bytes).unwrap().csv(0).unwrap_err();
    assert_eq!(found.problem.code, Code::FileEmpty);
    assert!(found.problem.message.contains("Staff"));
}

#[test]
fn people_are_looked_for_behind_a_cover() {
    let rows = |lines: &[&[&str]]| -> String {
        let line = |(at, cells): (usize, &&[&str])| {
            let cell = |(column, text): (usize, &&str)| {
                let letter = char::from(b'A' + column as u8);
                format!("<c r=\"{letter}{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", at + 1)
            };
            format!("<row r=\"{}\">{}</row>", at + 1, cells.iter().enumerate().map(cell).collect::<String>())
        };
        lines.iter().enumerate().map(line).collect()
    };
    let cover = rows(&[&["Staff of 2026"], &["Ask hr@example.org"]]);
    let legend = rows(&[&["Column", "Meaning"], &["Dept", "Department"]]);
    let people = rows(&[&["Name", "Email"], &["Anna", "anna@example.org"]]);
    let likeliest = |sheets: &[&str]| {
        let named: Vec<_> = sheets.iter().map(|rows| ("Sheet", "visible", *rows)).collect();
        let names: Vec<String> = (0..named.len()).map(|at| format!("Sheet {at}")).collect();
        let named: Vec<_> =
            named.iter().zip(&names).map(|((_, state, rows), name)| (name.as_str(), *state, *rows)).collect();
        Workbook::open(&workbook(&named)).unwrap().likeliest()
    };
    assert_eq!(likeliest(&[&cover, &legend, &people, &people]), 2);
    assert_eq!(likeliest(&["", &cover, &legend]), 2);
    assert_eq!(likeliest(&["", &cover]), 1);
    assert_eq!(likeliest(&["", ""]), 0);
}

#[test]
fn a_password_is_told_from_an_old_file_under_a_new_name() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.resize(4_096, 0);
    let message =
        |bytes: &[u8]| Workbook::open(bytes).err().map(|found| found.problem.message).unwrap_or_default();
    assert!(message(&bytes).contains("old kind"));
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(message(&bytes).contains("protected by a password"));
}
