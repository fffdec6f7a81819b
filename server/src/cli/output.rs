//! Standard output that copes with a reader who has gone: `rollcall check FILE | head` must not panic.

use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write};

/// Buffered standard output.
pub struct Output {
    inner: BufWriter<Stdout>,
}

impl Output {
    /// The process's standard output.
    pub fn standard() -> Output {
        Output { inner: BufWriter::new(io::stdout()) }
    }

    /// One line; what would steer a terminal is spelled out.
    ///
    /// # Errors
    /// The reader has gone, or the disk is full.
    pub fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.inner, "{}", for_terminals(&text.to_string()))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A text that steers no terminal: names of files and what stands in them are given by strangers (T71). Line breaks and
/// tabs stay.
pub fn for_terminals(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

/// Whether the error means that nobody reads our output any more.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::for_terminals;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(for_terminals("Žluťoučký 😀,\tone\nand two"), "Žluťoučký 😀,\tone\nand two");
        assert_eq!(
            for_terminals("a\u{1b}]0;pwn\u{7}b\r\u{9b}2Jc\u{202e}d\u{7f}"),
            "a\\u{1b}]0;pwn\\u{7}b\\r\\u{9b}2Jc\\u{202e}d\\u{7f}"
        );
    }
}
