//! Standard output that copes with a reader who has gone: `rollcall check FILE | head` must not panic.

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

    /// One line.
    ///
    /// # Errors
    /// The reader has gone, or the disk is full.
    pub fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.inner, "{text}")
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

/// Whether the error means that nobody reads our output any more.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
