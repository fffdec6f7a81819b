//! CSV out: rows with their problems, to be mended and imported again.
//!
//! RFC 4180 with CRLF. A spreadsheet runs a cell that begins like a formula, so a `'` is put before it (T50); a file
//! whose last column is [`PROBLEM_COLUMN`] is known as our own when it comes back, and loses it again.

use std::borrow::Cow;

/// The column that says what was wrong with a row.
pub const PROBLEM_COLUMN: &str = "Problem";

/// What [`PROBLEM_COLUMN`] says of a row that failed in an import: the sentence, and by what the row is known again when it
/// comes back mended.
pub fn tagged(problem: &str, import: &str, row: u32) -> String {
    format!("{problem} [import {import}, row {row}]")
}

/// The import and the number that [`tagged`] wrote.
///
/// ```
/// use roster::export::{tag_of, tagged};
/// assert_eq!(tag_of(&tagged("The address has no @.", "0190", 12)), Some(("0190", 12)));
/// assert_eq!(tag_of("The address has no @."), None);
/// ```
pub fn tag_of(problem: &str) -> Option<(&str, u32)> {
    let (_, tag) = problem.trim_end().strip_suffix(']')?.rsplit_once("[import ")?;
    let (import, row) = tag.split_once(", row ")?;
    Some((import, row.parse().ok()?))
}

/// What spreadsheets take for the start of a formula, full-width forms too.
fn is_formula_lead(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠')
}

/// A value with a `'` before it if a spreadsheet would run it.
///
/// ```
/// assert_eq!(roster::export::defuse("=1+1"), "'=1+1");
/// assert_eq!(roster::export::defuse("1+1"), "1+1");
/// ```
pub fn defuse(text: &str) -> Cow<'_, str> {
    // A `'` that is there already and stands before a formula gets another one, so that taking one away is exact.
    let mut chars = text.chars();
    let first = chars.next();
    let hides = first == Some('\'') && undo_defuse(text).is_some();
    if first.is_some_and(is_formula_lead) || hides {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The value behind a `'` that [`defuse`] put there; `None` if it put none.
pub(crate) fn undo_defuse(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('\'')?;
    rest.trim_start_matches('\'').starts_with(is_formula_lead).then_some(rest)
}

/// Appends a record with CRLF, quoted where RFC 4180 asks for it. Values are written as they are.
pub fn write_record<'a>(out: &mut String, delimiter: char, cells: impl Iterator<Item = Cow<'a, str>>) {
    let mut count = 0;
    let start = out.len();
    for cell in cells {
        if count > 0 {
            out.push(delimiter);
        }
        count += 1;
        let edge_blank = cell.starts_with([' ', '\t']) || cell.ends_with([' ', '\t']);
        if edge_blank || cell.contains([delimiter, '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    // One empty cell alone would read as a blank line.
    if count == 1 && out.len() == start {
        out.push_str("\"\"");
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leads_are_defused() {
        for lead in ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"] {
            assert_eq!(defuse(&format!("{lead}x")), format!("'{lead}x"));
        }
        for plain in ["", "x=1", "O'Brien", "'quoted'"] {
            assert_eq!(defuse(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn defusing_can_be_undone(text in "['=+@a-]{0,6}") {
            let defused = defuse(&text);
            let back = undo_defuse(&defused).unwrap_or(&defused);
            prop_assert_eq!(back, text.as_str());
        }
    }

    #[test]
    fn records_are_quoted() {
        let mut out = String::new();
        write_record(&mut out, ',', ["a", "b,c", "d\"e", "f\ng", " h", ""].into_iter().map(Cow::Borrowed));
        assert_eq!(out, "a,\"b,c\",\"d\"\"e\",\"f\ng\",\" h\",\r\n");
    }
}
