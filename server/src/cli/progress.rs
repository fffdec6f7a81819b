//! How far the work is, on standard error, where a person looks at it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

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

/// Rows are told so often.
const EVERY: Duration = Duration::from_millis(100);
/// Nothing is said of the time left before so much of it was measured.
const MEASURED: Duration = Duration::from_secs(1);

/// A line that says how many rows are done, how fast, and how long the others take at that rate; it goes away at the end.
pub struct Rows {
    verb: &'static str,
    wanted: bool,
    /// When the first count was told, and what it was.
    began: Option<(Instant, u32)>,
    shown: Option<Instant>,
    width: usize,
}

impl Rows {
    /// `verb` says what becomes of rows, such as `sent`.
    pub fn new(verb: &'static str) -> Rows {
        Rows { verb, wanted: io::stderr().is_terminal(), began: None, shown: None, width: 0 }
    }

    /// So many of so many rows.
    pub fn show(&mut self, done: u32, of: u32) {
        let now = Instant::now();
        let (began, first) = *self.began.get_or_insert((now, done));
        if !self.wanted || self.shown.is_some_and(|shown| now - shown < EVERY) {
            return;
        }
        self.shown = Some(now);
        let line = line(self.verb, done, of, done.saturating_sub(first), now - began);
        self.width = self.width.max(line.chars().count());
        // Whoever cannot be told does not have to know.
        let _ = write!(io::stderr(), "\r{line:width$}", width = self.width);
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r{:width$}\r", "", width = self.width);
        }
    }
}

/// The line, where `grown` rows were added in the time `passed`.
fn line(verb: &str, done: u32, of: u32, grown: u32, passed: Duration) -> String {
    let percent = u64::from(done) * 100 / u64::from(of.max(1));
    let bars = usize::try_from(percent / 4).unwrap_or(25).min(25);
    let mut line =
        format!("[{}{}] {percent:3}%  {done} of {of} rows {verb}", "=".repeat(bars), " ".repeat(25 - bars));
    if passed >= MEASURED && grown > 0 && done < of {
        let rate = f64::from(grown) / passed.as_secs_f64();
        let left = f64::from(of - done) / rate;
        line.push_str(&format!(", {rate:.0} per second, {} left", time(left)));
    }
    line
}

fn time(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        short @ 0..100 => format!("{short} s"),
        minutes @ 100..6_000 => format!("{} min", minutes.div_ceil(60)),
        long => format!("{} h {} min", long / 3_600, long % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_measured() {
        let at = |done, grown, seconds| line("done", done, 1_000, grown, Duration::from_secs(seconds));
        assert!(at(250, 250, 10).ends_with("25%  250 of 1000 rows done, 25 per second, 30 s left"));
        // An import that goes on: what was done before it was looked at says nothing of the rate.
        assert!(at(500, 50, 50).ends_with("1 per second, 9 min left"), "{}", at(500, 50, 50));
        assert!(at(10, 0, 5).ends_with("rows done"));
        assert!(at(10, 10, 0).ends_with("rows done"));
        assert!(at(1_000, 1_000, 4).starts_with(&format!("[{}] 100%", "=".repeat(25))));
        assert_eq!((time(0.2), time(6_100.0)), ("1 s".to_owned(), "1 h 41 min".to_owned()));
    }
}
