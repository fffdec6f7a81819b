//! Excel workbooks (`.xlsx`, `.xlsm`) as CSV: one sheet's values, in its own rows and columns, which then go the way of any
//! other file.
//!
//! A workbook is an archive, and a small one can unpack to more than any memory holds. What it unpacks to is counted
//! before anything is read, and a sheet is read cell by cell, so that a single cell far out costs nothing.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use zip::ZipArchive;

use crate::export::write_record;
use crate::problem::{Code, Problem, RowProblem};

/// What all parts of a workbook may unpack to together, and the CSV of a sheet may have, in bytes.
pub const MOST_UNPACKED: u64 = 512 * 1024 * 1024;
/// What unpacks to more than this many times its size is made to be a burden; sheets take a tenth of theirs.
const HIGHEST_RATIO: u64 = 200;
/// Below this nothing is a burden.
const HARMLESS: u64 = 16 * 1024 * 1024;
/// The most parts of an archive.
const MOST_PARTS: usize = 10_000;
/// The last row that is looked at to tell what a sheet holds, from 0.
const LOOKED_AT: u32 = 100;
/// Empty rows between two others, up to this many, stay, so that lines are counted as Excel counts rows.
const MOST_EMPTY: u32 = 1000;

/// An open workbook.
pub struct Workbook<'a> {
    book: Xlsx<Cursor<&'a [u8]>>,
    sheets: Vec<String>,
}

/// How Office's older container begins, which a workbook with a password is put into.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Whether a container holds an encrypted workbook (MS-OFFCRYPTO 2.3.4.4: the stream `EncryptedPackage`).
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &name).is_some()
}

/// Whether a file begins as a workbook does, and all other archives of its kind.
pub fn is_archive(beginning: &[u8]) -> bool {
    beginning.starts_with(b"PK\x03\x04")
}

impl<'a> Workbook<'a> {
    /// Opens the bytes of a workbook.
    ///
    /// # Errors
    /// `file.not_text`: it is none, or a burden; `file.empty`: it has no sheet that can be seen.
    pub fn open(bytes: &'a [u8]) -> Result<Workbook<'a>, RowProblem> {
        if bytes.starts_with(COMPOUND) {
            return Err(problem(Code::FileNotText, if is_encrypted(bytes) { ENCRYPTED } else { OLD }));
        }
        weigh(bytes, MOST_UNPACKED)?;
        let book = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
        let seen = book.sheets_metadata().iter();
        let sheets: Vec<String> = seen
            .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect();
        if sheets.is_empty() {
            return Err(problem(Code::FileEmpty, "The workbook has no sheet that can be seen."));
        }
        Ok(Workbook { book, sheets })
    }

    /// The names of the sheets that can be seen, in their order.
    pub fn sheets(&self) -> &[String] {
        &self.sheets
    }

    /// Which sheet people are on, most likely, counted from 0: the first one whose beginning holds several columns and an
    /// address; failing that, several columns; failing that, anything.
    pub fn likeliest(&mut self) -> usize {
        let names = self.sheets.clone();
        let looks = |(at, name): (usize, &String)| (self.looks(name), std::cmp::Reverse(at));
        names.iter().enumerate().map(looks).max().map_or(0, |(_, at)| at.0)
    }

    /// How much the beginning of a sheet looks like people.
    fn looks(&mut self, name: &str) -> u8 {
        let Ok(mut reader) = self.book.worksheet_cells_reader(name) else { return 0 };
        let (mut columns, mut address) = (0, false);
        while let Ok(Some(cell)) = reader.next_cell() {
            let (row, column) = cell.get_position();
            if row > LOOKED_AT {
                break;
            }
            let text = text(cell.get_value());
            if !text.is_empty() {
                columns = columns.max(column + 1);
                address |= text.contains('@');
            }
        }
        match (columns, address) {
            (0, _) => 0,
            (1, _) => 1,
            (_, false) => 2,
            (_, true) => 3,
        }
    }

    /// A sheet as CSV; counted from 0, the first one if there are not so many.
    ///
    /// # Errors
    /// `file.not_text`: it cannot be read; `file.empty`: there is nothing in it.
    pub fn csv(&mut self, sheet: usize) -> Result<String, RowProblem> {
        let name = self.sheets.get(sheet).or(self.sheets.first()).cloned().ok_or_else(unreadable)?;
        // The dimensions that a sheet states may be anything.
        let mut width = 0;
        self.each_cell(&name, |_, column, _| width = width.max(column as usize + 1))?;
        if width == 0 {
            let message =
                format!("There is nothing in the sheet \u{201c}{name}\u{201d}. Choose another one.");
            return Err(problem(Code::FileEmpty, message));
        }
        let mut csv = String::new();
        let mut line = vec![String::new(); width];
        let mut at: Option<u32> = None;
        let mut too_large = false;
        self.each_cell(&name, |row, column, text| {
            if at != Some(row) {
                let before = at.map_or(0, |at| at + 1);
                if at.is_some() {
                    write_line(&mut csv, &mut line);
                }
                for _ in 0..row.saturating_sub(before).min(MOST_EMPTY) {
                    csv.push_str("\r\n");
                }
                at = Some(row);
            }
            too_large |= csv.len() as u64 > MOST_UNPACKED;
            if let (Some(cell), false) = (line.get_mut(column as usize), too_large) {
                *cell = text;
            }
            if too_large {
                csv.clear();
            }
        })?;
        if too_large {
            return Err(problem(Code::FileNotText, TOO_LARGE));
        }
        write_line(&mut csv, &mut line);
        Ok(csv)
    }

    /// Calls `visit` with row, column and text of each cell that holds something, row by row.
    fn each_cell(&mut self, name: &str, mut visit: impl FnMut(u32, u32, String)) -> Result<(), RowProblem> {
        let mut reader = self.book.worksheet_cells_reader(name).map_err(|_| unreadable())?;
        while let Some(cell) = reader.next_cell().map_err(|_| unreadable())? {
            let text = text(cell.get_value());
            if !text.is_empty() {
                let (row, column) = cell.get_position();
                visit(row, column, text);
            }
        }
        Ok(())
    }
}

fn write_line(csv: &mut String, line: &mut [String]) {
    write_record(csv, ',', line.iter().map(|cell| Cow::Borrowed(cell.as_str())));
    line.iter_mut().for_each(String::clear);
}

/// Refuses what unpacks to too much. Stated sizes may lie: everything is unpacked once, and counted.
fn weigh(bytes: &[u8], most: u64) -> Result<(), RowProblem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if archive.len() > MOST_PARTS {
        return Err(problem(Code::FileNotText, TOO_LARGE));
    }
    let mut left = most.min((bytes.len() as u64 * HIGHEST_RATIO).max(HARMLESS));
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| unreadable())?;
        if part.size() > left {
            return Err(problem(Code::FileNotText, TOO_LARGE));
        }
        let counted = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(counted).ok_or_else(|| problem(Code::FileNotText, TOO_LARGE))?;
    }
    Ok(())
}

const ENCRYPTED: &str = "This workbook is protected by a password. Open it, save the sheet with the people as CSV (UTF-8), and choose that \
                         file.";
const OLD: &str = "This is an Excel file of the old kind under a new name. Open it in Excel, save it as a workbook (.xlsx) or as CSV \
                   (UTF-8), then choose that file.";

const TOO_LARGE: &str = "The workbook unpacks to more than can be read. Save the sheet with the people as CSV and choose that file.";

fn unreadable() -> RowProblem {
    let message = "This is an archive, but no Excel workbook that can be read. Open it in the program it comes from and save it \
                   as CSV (UTF-8), then choose that file.";
    problem(Code::FileNotText, message)
}

fn problem(code: Code, message: impl Into<String>) -> RowProblem {
    RowProblem { row: 0, line: 1, column: None, problem: Problem::whole(code, message) }
}

/// A value as people would type it: numbers in full, dates in the ISO form.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // Identifiers are numbers to Excel; none of them has a fraction.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(moment) => date_or_time(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn date_or_time(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if moment.is_duration() {
        let seconds = (moment.as_f64() * 86_400.0).round() as i64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    let date = format!("{year:04}-{month:02}-{day:02}");
    match moment.as_f64() {
        value if value < 1.0 => time,
        value if value.fract() == 0.0 => date,
        _ => format!("{date} {time}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn archive(length: usize) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
        writer.write_all(&vec![b'a'; length]).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let small = archive(100_000);
        assert_eq!(weigh(&small, MOST_UNPACKED), Ok(()));
        let refused = weigh(&small, 99_999).unwrap_err();
        assert_eq!((refused.problem.code, refused.problem.message.as_str()), (Code::FileNotText, TOO_LARGE));
        // Twenty megabytes of one letter take twenty kilobytes.
        assert!(weigh(&archive(20 * 1024 * 1024), MOST_UNPACKED).is_err());
    }

    #[test]
    fn a_stated_size_is_not_believed() {
        let mut lying = archive(100_000);
        // The size that is stated at the start and in the directory.
        let stated = 100_000_u32.to_le_bytes();
        let places: Vec<usize> = memchr::memmem::find_iter(&lying, &stated).collect();
        assert!(!places.is_empty());
        for place in places {
            lying[place..place + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        assert!(weigh(&lying, 50_000).is_err());
    }

    #[test]
    fn other_archives_and_damage_are_told() {
        assert!(Workbook::open(&archive(10)).is_err_and(|found| found.problem.code == Code::FileNotText));
        assert!(
            Workbook::open(b"PK\x03\x04rest").is_err_and(|found| found.problem.code == Code::FileNotText)
        );
    }
}
