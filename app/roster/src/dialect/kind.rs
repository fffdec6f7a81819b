//! What a cell looks like: a number, a date, a word. Cut with the right delimiter, most cells look like something.

/// The look of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Empty,
    Number,
    Date,
    Time,
    Email,
    Url,
    /// Letters and digits without a blank between them.
    Word,
    Text,
    /// Text with what separates or quotes cells in it.
    Odd,
}

/// Texts longer than this have a semicolon now and then; cells that were not cut have more.
const SEPARATED: usize = 60;

impl Kind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = 9;

    /// The look of a cell.
    pub(crate) fn of(cell: &str) -> Kind {
        let cell = cell.trim();
        if cell.is_empty() {
            return Kind::Empty;
        }
        if cell.len() <= 40 && cell.bytes().any(|byte| byte.is_ascii_digit()) {
            if is_number(cell) {
                return Kind::Number;
            }
            if is_time(cell) {
                return Kind::Time;
            }
            if is_date(cell) {
                return Kind::Date;
            }
        }
        if is_wrapped(cell) {
            return Kind::Odd;
        }
        let blanks = cell.contains(char::is_whitespace);
        if !blanks {
            if is_address(cell) {
                return Kind::Email;
            }
            if ["http://", "https://", "ftp://", "www."].iter().any(|lead| cell.starts_with(lead)) {
                // Cells stuck together hold an address, too.
                return if cell.contains([',', ';', '|']) { Kind::Odd } else { Kind::Url };
            }
        }
        let marks = separators(cell);
        if marks > 0 && marks * SEPARATED >= cell.len() {
            return Kind::Odd;
        }
        let is_word = |c: char| {
            c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '\'' | '/' | '#' | '+' | '&' | '(' | ')')
        };
        if !blanks && cell.chars().all(is_word) { Kind::Word } else { Kind::Text }
    }

    /// How much it speaks for the cut, up to 1.
    pub(crate) fn weight(self) -> f64 {
        match self {
            Kind::Number | Kind::Date | Kind::Time | Kind::Email | Kind::Url => 1.0,
            Kind::Word => 0.9,
            Kind::Text => 0.8,
            Kind::Empty => 0.7,
            Kind::Odd => 0.2,
        }
    }

    /// Whether values look like this and headers do not.
    pub(crate) fn is_value(self) -> bool {
        matches!(self, Kind::Number | Kind::Date | Kind::Time | Kind::Email | Kind::Url)
    }
}

fn is_wrapped(cell: &str) -> bool {
    cell.starts_with('"')
        || cell.ends_with('"')
        || cell.len() > 1 && cell.starts_with('\'') && cell.ends_with('\'')
}

/// How many signs stand in a cell that would stand between cells; commas without a blank behind them, too.
fn separators(cell: &str) -> usize {
    let bytes = cell.as_bytes();
    let tight = |at: &usize| bytes.get(at + 1).is_some_and(|next| !next.is_ascii_whitespace());
    let others =
        bytes.iter().filter(|byte| matches!(byte, b'|' | b';' | b'^' | b'\t' | b'\x1f' | b'\x1e' | b'\x01'));
    memchr::memchr_iter(b',', bytes).filter(tight).count() + others.count()
}

fn is_address(cell: &str) -> bool {
    cell.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !cell.contains([',', ';', '|', '"', ':'])
    })
}

/// Digits, with a sign, a currency, a percent sign; groups of three and one fraction.
fn is_number(cell: &str) -> bool {
    let body = cell
        .trim_start_matches(['+', '-', '$', '€', '£', '¥', ' '])
        .trim_end_matches(['%', '€', '$', '£', ' ']);
    let mut marks = Vec::new();
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' | b',' | b'\'' => marks.push((at, byte)),
            b'e' | b'E' if at > 0 && body.len() - at <= 5 && marks.len() <= 1 => {
                return body[at + 1..]
                    .trim_start_matches(['-', '+'])
                    .bytes()
                    .all(|byte| byte.is_ascii_digit());
            }
            _ => return false,
        }
    }
    let Some(((last, _), groups)) = marks.split_last() else { return !body.is_empty() };
    // All but the last mark stand before three digits.
    let next_of = |place: usize| marks.get(place + 1).map_or(*last, |(at, _)| *at);
    body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && groups.iter().enumerate().all(|(place, (at, _))| next_of(place) - at == 4)
}

fn is_time(cell: &str) -> bool {
    let cell = cell.trim_end_matches(['m', 'M', 'a', 'A', 'p', 'P', 'Z', ' ']);
    let mut parts = 0;
    for part in cell.split(':') {
        parts += 1;
        let whole = part.split_once('.').map_or(part, |(whole, _)| whole);
        if !(1..=2).contains(&whole.len()) || !part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            return false;
        }
    }
    parts == 2 || parts == 3
}

fn is_date(cell: &str) -> bool {
    let (day, rest) = match cell.split_once(['T', ' ']) {
        Some((day, rest)) if rest.contains(':') => (day, rest),
        _ => (cell, ""),
    };
    let time = rest.split(['+', '-']).next().unwrap_or_default().trim();
    if !time.is_empty() && !is_time(time) {
        return false;
    }
    let mut parts = 0;
    let mut numbers = 0;
    for part in day.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()) {
        parts += 1;
        let part = part.trim_end_matches(',');
        if part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers += 1;
        } else if !(3..=9).contains(&part.chars().count()) || !part.chars().all(char::is_alphabetic) {
            return false;
        }
    }
    parts == 3 && numbers >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        for (cell, kind) in [
            ("", Kind::Empty),
            ("12", Kind::Number),
            ("-1,234.50", Kind::Number),
            ("$7", Kind::Number),
            ("1,5", Kind::Number),
            ("1,2,3", Kind::Odd),
            ("28/01/2018", Kind::Date),
            ("2018-01-28T10:00:00Z", Kind::Date),
            ("3 Mar 2020", Kind::Date),
            ("00:15", Kind::Time),
            ("9:05 pm", Kind::Time),
            ("a@example.org", Kind::Email),
            ("https://example.org/x?y=1", Kind::Url),
            ("ACRE-2", Kind::Word),
            ("Anna Smith", Kind::Text),
            ("Smith, Anna", Kind::Text),
            ("a;b", Kind::Odd),
            ("'a b'", Kind::Odd),
            ("half\"", Kind::Odd),
            ("one;two;three;four five six seven eight nine ten eleven twelve", Kind::Odd),
            ("A sentence that is long enough; it goes on, and on, though nothing was to be cut", Kind::Text),
        ] {
            assert_eq!(Kind::of(cell), kind, "{cell}");
        }
    }
}
