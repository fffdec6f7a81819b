//! Log lines on standard error, for people or as JSON. One event is one line, whatever names and mail servers put into
//! it: control characters are escaped, so that nobody can forge a line or paint the terminal (T71).

use std::io::{self, Write};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};
use crate::metrics::{METERS, count};

/// Starts logging; `usual` is the level when none is set.
pub fn start(config: &Config, usual: &str) {
    let level = config.log_level.as_deref().unwrap_or(usual);
    // The configuration was checked; should it not parse all the same, everything from `info` on is logged.
    let filter: Targets = level.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer();
    // A second start in one process (tests) keeps the first subscriber.
    let _ = match config.log_format {
        // Without colours: an escape character is then never ours, and can be shown as what it is.
        LogFormat::Text => {
            let writer = OneLine(Counting(io::stderr));
            registry.with(layer.with_writer(writer).with_ansi(false).log_internal_errors(false)).try_init()
        }
        LogFormat::Json => {
            let writer = Counting(io::stderr);
            registry.with(layer.with_writer(writer).json().log_internal_errors(false)).try_init()
        }
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

/// Makes writers that count what could not be written: a full disk behind the log must not stop the service (F23).
struct Counting<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Counting<M> {
    type Writer = CountingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        CountingWriter(self.0.make_writer())
    }
}

struct CountingWriter<W>(W);

impl<W: Write> Write for CountingWriter<W> {
    /// The subscriber writes each event at once.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        if self.0.write_all(event).is_err() {
            count(&METERS.log_lines_dropped);
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Makes writers that keep every event on its line.
struct OneLine<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = LineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter(self.0.make_writer())
    }
}

struct LineWriter<W>(W);

impl<W: Write> Write for LineWriter<W> {
    /// The subscriber writes each event at once, with one line end at its end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (text.as_ref(), ""),
        };
        let mut clean = String::with_capacity(event.len());
        for c in line.chars() {
            if c.is_control() { clean.extend(c.escape_default()) } else { clean.push(c) }
        }
        clean.push_str(end);
        self.0.write_all(clean.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer =
            tracing_subscriber::fmt::layer().with_writer(OneLine(move || writer.clone())).with_ansi(false);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(name = %"x\r\n2026-01-01 INFO forged\u{1b}[2Jy", "message\nof two lines");
        });
        let text = String::from_utf8(kept.0.lock().expect("lock").clone()).expect("UTF-8");
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        assert!(text.contains("forged"), "{text:?}");
    }
}
