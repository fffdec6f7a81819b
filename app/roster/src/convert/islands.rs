//! Rows in which a delimiter beside a quoted cell is missing: the quotation marks still show where the cell begins and ends.

use crate::dialect::Delimiter;

/// A cell in the raw text of a row, without its quotation marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

/// The row with one delimiter put in beside a quotation mark, where there is just one place for it.
pub(super) fn reading(raw: &[u8], delimiter: Delimiter, mark: u8) -> Option<Vec<Piece>> {
    let step = delimiter.bytes().len();
    if step == 0 {
        return None;
    }
    let mut pieces = Vec::new();
    let mut seams = 0;
    let mut at = 0;
    loop {
        if raw.get(at) == Some(&mark) {
            let close = closing(raw, at, mark)?;
            pieces.push(Piece { start: at + 1, end: close, quoted: true });
            at = close + 1;
            if at == raw.len() {
                break;
            }
            if delimiter.begins(&raw[at..]) {
                at += step;
            } else {
                seams += 1;
                continue;
            }
        } else {
            let start = at;
            let mut seam = false;
            while at < raw.len() && !delimiter.begins(&raw[at..]) {
                if raw[at] == mark && at > start && is_cell(raw, at, mark, delimiter) {
                    seam = true;
                    break;
                }
                at += 1;
            }
            pieces.push(Piece { start, end: at, quoted: false });
            if seam {
                seams += 1;
                continue;
            }
            if at == raw.len() {
                break;
            }
            at += step;
        }
        if at == raw.len() {
            pieces.push(Piece { start: at, end: at, quoted: false });
            break;
        }
        if seams > 1 {
            return None;
        }
    }
    (seams == 1).then_some(pieces)
}

/// The row cut by blanks; `None` if a quoted part does not end at one.
pub(super) fn words(raw: &[u8], mark: Option<u8>) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    loop {
        if mark.is_some_and(|mark| raw.get(at) == Some(&mark)) {
            let close = closing(raw, at, raw[at])?;
            pieces.push(Piece { start: at + 1, end: close, quoted: true });
            at = close + 1;
            if at < raw.len() && raw[at] != b' ' {
                return None;
            }
        } else {
            let start = at;
            at += memchr::memchr(b' ', &raw[at..]).unwrap_or(raw.len() - at);
            pieces.push(Piece { start, end: at, quoted: false });
        }
        if at == raw.len() {
            return Some(pieces);
        }
        at += 1;
    }
}

/// Where the cell that a mark opens is closed; doubled marks are text.
fn closing(raw: &[u8], open: usize, mark: u8) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let close = at + memchr::memchr(mark, raw.get(at..)?)?;
        if raw.get(close + 1) != Some(&mark) {
            return Some(close);
        }
        at = close + 2;
    }
}

/// Whether the mark at this place opens a cell that is properly closed.
fn is_cell(raw: &[u8], open: usize, mark: u8, delimiter: Delimiter) -> bool {
    closing(raw, open, mark)
        .is_some_and(|close| close + 1 == raw.len() || delimiter.begins(&raw[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Option<Vec<&str>> {
        let pieces = reading(raw.as_bytes(), Delimiter::of(b','), b'"')?;
        Some(pieces.iter().map(|piece| &raw[piece.start..piece.end]).collect())
    }

    #[test]
    fn a_delimiter_is_put_in_beside_a_quotation_mark() {
        assert_eq!(read("a,b\"c, d\",e").unwrap(), ["a", "b", "c, d", "e"]);
        assert_eq!(read("a,\"b, c\"d,").unwrap(), ["a", "b, c", "d", ""]);
        assert_eq!(read("a,\"b, c\",d"), None);
        assert_eq!(read("\"a\"b\"c\"d\"e\""), None);
        assert_eq!(read("a,\"b"), None);
    }

    #[test]
    fn words_end_at_blanks() {
        let raw = b"a \"b c\"  d ";
        let found = words(raw, Some(b'"')).unwrap();
        let texts: Vec<_> = found.iter().map(|piece| &raw[piece.start..piece.end]).collect();
        assert_eq!(texts, [&b"a"[..], b"b c", b"", b"d", b""]);
        assert!(words(b"a \"b\"c d", Some(b'"')).is_none());
    }
}
