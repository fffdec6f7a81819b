//! How far a large file was read, on standard error, where a person looks at it.

use std::io::{self, IsTerminal, Write};

/// Smaller files are read before anybody wonders.
const LARGE: u64 = 64 * 1024 * 1024;

/// A line that says how much was read; it goes away at the end.
pub struct Progress {
    length: u64,
    read: u64,
    shown: Option<u64>,
    wanted: bool,
}

impl Progress {
    /// For a file of this length; 0: not known, nothing is shown.
    pub fn new(length: u64) -> Progress {
        Progress { length, read: 0, shown: None, wanted: length >= LARGE && io::stderr().is_terminal() }
    }

    /// So many bytes more were read.
    pub fn add(&mut self, bytes: usize) {
        self.read += bytes as u64;
        let percent = self.read.min(self.length) * 100 / self.length.max(1);
        if self.wanted && self.shown != Some(percent) {
            self.shown = Some(percent);
            let done = usize::try_from(percent / 4).unwrap_or(25).min(25);
            // Whoever cannot be told does not have to know.
            let _ = write!(io::stderr(), "\r[{}{}] {percent:3}%", "=".repeat(done), " ".repeat(25 - done));
        }
    }

    /// Reading begins again.
    pub fn restart(&mut self) {
        self.read = 0;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r{}\r", " ".repeat(34));
        }
    }
}
