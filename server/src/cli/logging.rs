//! Log lines on standard error, for people or as JSON. One event is one line, whatever names and mail servers put into
//! it: control characters are escaped, so that nobody can forge a line or paint the terminal (T71).

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// Starts logging; `usual` is the level when none is set.
pub fn start(config: &Config, usual: &str) {
    let level = config.log_level.as_deref().unwrap_or(usual);
    // The configuration was checked; should it not parse all the same, everything from `info` on is logged.
    let filter: Targets = level.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer();
    // A second start in one process (tests) keeps the first subscriber.
    let _ = match config.log_format {
        LogFormat::Text => {
            let colours = colourful();
            let writer = OneLine { inner: io::stderr, colours };
            registry.with(layer.with_writer(writer).with_ansi(colours)).try_init()
        }
        LogFormat::Json => registry.with(layer.with_writer(io::stderr).json()).try_init(),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
}

/// Colours for people at a terminal who have not asked for none (no-color.org).
fn colourful() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Makes writers that keep every event on its line.
struct OneLine<M> {
    inner: M,
    /// Whether escape characters are the subscriber's own colours. It escapes those in values itself then.
    colours: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = LineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        LineWriter { inner: self.inner.make_writer(), colours: self.colours }
    }
}

struct LineWriter<W> {
    inner: W,
    colours: bool,
}

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
            match c {
                '\u{1b}' if self.colours => clean.push(c),
                c if c.is_control() => clean.extend(c.escape_default()),
                c => clean.push(c),
            }
        }
        clean.push_str(end);
        self.inner.write_all(clean.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
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
        for colours in [false, true] {
            let kept = Kept::default();
            let writer = kept.clone();
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(OneLine { inner: move || writer.clone(), colours })
                .with_ansi(colours);
            let subscriber = tracing_subscriber::registry().with(layer);
            tracing::subscriber::with_default(subscriber, || {
                tracing::info!(name = %"x\r\n2026-01-01 INFO forged\u{1b}[2Jy", "message\nof two lines");
            });
            let text = String::from_utf8(kept.0.lock().expect("lock").clone()).expect("UTF-8");
            assert_eq!(text.matches('\n').count(), 1, "{text:?}");
            assert!(!text.contains('\r') && !text.contains("\u{1b}[2J"), "{text:?}");
        }
    }
}
