//! The fast path: records found by bit masks, for as long as the file keeps to RFC 4180.
//!
//! Whatever it hands over, the careful [`Scanner`](super::scan::Scanner) would have handed over just so; a property
//! test holds the two together. Where it cannot be sure (a quotation mark that does not stand at the edge of a cell,
//! a row or cell beyond the limits) it stops in front of that record and leaves it to the scanner.

use super::blocks::{BLOCK, Masks, masks, prefix_xor};
use super::scan::{Cut, RawField, Shape, line_breaks};
use super::{Cells, MAX_COLUMNS, MAX_FIELD, MAX_ROW, Reader, Record};

/// What stands where no cell was found yet.
const NO_FIELD: RawField = RawField { start: 0, end: 0, doubled: false };

/// Why the fast path ended.
pub(super) enum Pace {
    /// All text was used up, but for a record that is not complete.
    Exhausted,
    /// The record that comes next needs the careful scanner.
    Careful,
    /// The sink wants no more.
    Stopped,
}

/// What is known of the block at hand and of the byte before it.
struct Quotes {
    /// All ones where the block begins inside quotation marks.
    inside: u64,
    /// 1 where the byte before the block is a separator.
    after_separator: u64,
    /// 1 where the byte before the block is a closing mark.
    after_close: u64,
}

impl Quotes {
    /// The separators that count, and whether all of the block could be understood: where not, only those in front of
    /// the place that could not.
    #[inline]
    fn separators(&mut self, found: &Masks, length: usize) -> (u64, bool) {
        let mut separators = found.delimiter | found.line_end;
        let mut sure = true;
        if found.quote | self.inside | self.after_close != 0 {
            let valid = u64::MAX >> (BLOCK - length);
            let within = prefix_xor(found.quote) ^ self.inside;
            let (open, close) = (found.quote & within, found.quote & !within);
            separators &= !within;
            let after_close = close << 1 | self.after_close;
            // A mark opens after a separator (or doubles the one before it); after a closing one comes a separator.
            let stray = (open & !(separators << 1 | self.after_separator | after_close)
                | after_close & !(separators | open))
                & valid;
            if stray != 0 {
                separators &= (1 << stray.trailing_zeros()) - 1;
                sure = false;
            }
            self.inside = if within >> (length - 1) & 1 == 1 { u64::MAX } else { 0 };
            self.after_close = close >> 63;
        }
        self.after_separator = separators >> 63;
        (separators, sure)
    }
}

impl Reader {
    /// Hands over records from the start of the unread text on.
    pub(super) fn swift(
        &mut self,
        text: &[u8],
        delimiter: u8,
        end: bool,
        sink: &mut dyn FnMut(&Record<'_>) -> bool,
    ) -> Pace {
        let length = text.len();
        let mut base = self.at;
        // Where the record and the cell at hand begin.
        let (mut start, mut cell) = (self.at, self.at);
        let mut quotes = Quotes { inside: 0, after_separator: 1, after_close: 0 };
        // Of the blocks that the record at hand lies in: whether any has a quotation mark, or anything odd.
        let (mut quoted, mut odd) = (false, false);
        self.quick_fields.resize(MAX_COLUMNS + 1, NO_FIELD);
        // How many cells the record at hand has so far.
        let mut cells = 0;
        while base < length {
            if base - start > MAX_ROW {
                return Pace::Careful;
            }
            let here = BLOCK.min(length - base);
            let found = match text[base..].first_chunk::<BLOCK>() {
                Some(block) => masks(block, delimiter),
                None => {
                    let mut last = [0; BLOCK];
                    last[..here].copy_from_slice(&text[base..]);
                    masks(&last, delimiter)
                }
            };
            let block_quoted = found.quote | quotes.inside != 0;
            let block_odd = found.odd;
            quoted |= block_quoted;
            odd |= block_odd;
            let (mut separators, sure) = quotes.separators(&found, here);
            while separators != 0 {
                let bit = separators.trailing_zeros();
                separators &= separators - 1;
                let place = base + bit as usize;
                if found.line_end >> bit & 1 == 0 {
                    self.keep_cell(text, &mut cells, start, cell, place, quoted);
                    cell = place + 1;
                    continue;
                }
                if self.after_cr {
                    self.after_cr = false;
                    if place == start && text[place] == b'\n' {
                        self.consume(text, 1);
                        (start, cell) = (place + 1, place + 1);
                        continue;
                    }
                }
                self.keep_cell(text, &mut cells, start, cell, place, quoted);
                match self.end_record(text, cells, start, place, delimiter, quoted, !odd, sink) {
                    Some(true) => {}
                    Some(false) => return Pace::Stopped,
                    None => return Pace::Careful,
                }
                (start, cell, cells) = (place + 1, place + 1, 0);
                (quoted, odd) = (block_quoted, block_odd);
            }
            if !sure {
                return Pace::Careful;
            }
            base += BLOCK;
        }
        if start == length {
            return Pace::Exhausted;
        }
        if !end {
            return if length - start >= MAX_ROW { Pace::Careful } else { Pace::Exhausted };
        }
        if quotes.inside != 0 {
            return Pace::Careful;
        }
        self.after_cr = false;
        self.keep_cell(text, &mut cells, start, cell, length, quoted);
        match self.end_record(text, cells, start, length, delimiter, quoted, !odd, sink) {
            Some(true) => Pace::Exhausted,
            Some(false) => Pace::Stopped,
            None => Pace::Careful,
        }
    }

    /// Notes the cell from `cell` to `place`, without the quotation marks around it. Of a row with too many cells the last
    /// ones are not kept.
    #[inline]
    fn keep_cell(
        &mut self,
        text: &[u8],
        cells: &mut usize,
        start: usize,
        cell: usize,
        place: usize,
        quoted: bool,
    ) {
        let field = match quoted {
            true => quoted_cell(text, start, cell, place),
            false => RawField { start: (cell - start) as u32, end: (place - start) as u32, doubled: false },
        };
        if let Some(slot) = self.quick_fields.get_mut(*cells) {
            *slot = field;
            *cells += 1;
        }
    }

    /// Hands over the record from `start` to `place`, whose cells were noted; `None` where the scanner has to judge.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all of it is at hand in the loop that calls this")]
    fn end_record(
        &mut self,
        text: &[u8],
        cells: usize,
        start: usize,
        place: usize,
        delimiter: u8,
        quoted: bool,
        plain: bool,
        sink: &mut dyn FnMut(&Record<'_>) -> bool,
    ) -> Option<bool> {
        let content = place - start;
        // A byte to spare on either side, so that the scanner would see the line end, too.
        if content > MAX_FIELD
            && (content > MAX_ROW - 2
                || self.quick_fields[..cells].iter().any(|field| field.end - field.start > MAX_FIELD as u32))
            || cells > MAX_COLUMNS
        {
            return None;
        }
        let raw = &text[start..place];
        let cut = Cut {
            content,
            breaks_inside: if quoted { line_breaks(raw) } else { 0 },
            blank: raw.iter().all(|&byte| byte == b' ' || byte == b'\t' || byte == delimiter),
            too_long: false,
            shape: Shape::default(),
        };
        Some(self.hand_over(text, &cut, Cells::Quick(cells), plain && cut.breaks_inside == 0, sink))
    }
}

/// The cell from `cell` to `place` of a record that has quotation marks somewhere, without those around it. Apart, so that
/// the other kind stays short.
#[inline(never)]
fn quoted_cell(text: &[u8], start: usize, cell: usize, place: usize) -> RawField {
    let mut field = RawField { start: (cell - start) as u32, end: (place - start) as u32, doubled: false };
    // Two marks at least: a cell that began with one was seen to be closed.
    if place - cell >= 2 && text[cell] == b'"' {
        field.doubled = memchr::memchr(b'"', &text[cell + 1..place - 1]).is_some();
        field.start += 1;
        field.end -= 1;
    }
    field
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::Dialect;

    type Found = (u32, u64, u32, String, Vec<String>);

    fn read(bytes: &[u8], piece: usize, swift: bool) -> Vec<Found> {
        let mut found = Vec::new();
        let mut sink = |record: &Record<'_>| {
            let is_plain = |byte: &u8| *byte == b',' || (0x20..0x7F).contains(byte);
            assert!(!record.plain || record.raw().iter().all(is_plain));
            let cells = (0..record.cells()).map(|column| record.shown(column)).collect();
            found.push((record.line, record.start, record.len, format!("{:?}", record.shape), cells));
            true
        };
        let mut reader = Reader::new(&Dialect { delimiter: b','.into(), ..Dialect::default() });
        if !swift {
            reader.simple = None;
        }
        for piece in bytes.chunks(piece) {
            reader.push(piece, &mut sink);
        }
        reader.finish(&mut sink);
        found
    }

    /// Text in which quotation marks mostly stand where they belong, with some that do not.
    fn almost_csv() -> impl Strategy<Value = Vec<u8>> {
        let cell = prop_oneof![
            8 => "[a-z0-9]{0,9}",
            3 => "\"[a-z ,]{0,70}\"",
            2 => "\"([a-z,\n\r]|\"\"){0,9}\"",
            1 => "[ \t]?\"[a-z]{0,3}\"[ \t]?",
            1 => "[a-zé\"\n\r ]{0,5}",
        ];
        let row =
            (prop::collection::vec(cell, 1..6), prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", ""]));
        prop::collection::vec(row, 0..30).prop_map(|rows| {
            rows.into_iter().flat_map(|(cells, end)| (cells.join(",") + end).into_bytes()).collect()
        })
    }

    proptest! {
        #[test]
        fn the_fast_path_reads_what_the_scanner_reads(bytes in almost_csv(), piece in 1usize..200) {
            prop_assert_eq!(read(&bytes, piece, true), read(&bytes, usize::MAX, false));
        }
    }

    #[test]
    fn limits_are_left_to_the_scanner() {
        for text in [
            format!("a,b\n{}\nc,d\n", "x".repeat(MAX_FIELD + 1)),
            format!("a,b\n\"{}\"\nc,d\n", "x".repeat(MAX_ROW)),
            format!("a,b\n{}\nc,d\n", "x,".repeat(MAX_ROW)),
            format!("a,b\n{}\nc,d\n", ",".repeat(MAX_COLUMNS)),
            format!("{}\n{}\r\n", "y,".repeat(MAX_COLUMNS), "z".repeat(MAX_FIELD)),
        ] {
            assert_eq!(read(text.as_bytes(), 1000, true), read(text.as_bytes(), usize::MAX, false));
        }
    }
}
