//! A mail server to measure against: `mail_sink` prints its address, and answers each line on standard input with how
//! many mails and bytes it has taken so far.

mod sink;

use std::io::Write;
use std::sync::atomic::Ordering;

fn main() -> std::io::Result<()> {
    let (address, taken) = sink::start()?;
    let mut out = std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    for line in std::io::stdin().lines() {
        line?;
        writeln!(out, "{} {}", taken.mails.load(Ordering::Relaxed), taken.bytes.load(Ordering::Relaxed))?;
        out.flush()?;
    }
    Ok(())
}
