//! `rollcall convert`: writes what was read as clean UTF-8 CSV after RFC 4180: every column in order, title lines left
//! out, several header rows joined by a space, no header invented.

use std::io::{self, Read, Write};

use anyhow::Context;
use clap::Args;
use roster::RowProblem;
use roster::convert::{self, Converter};
use roster::dialect::Dialect;
use roster::encoding::Encoding;
use roster::summary::SummaryProblem;

use super::output::for_terminals;
use super::progress::Progress;
use super::roster_file::{RosterArguments, SLICE};
use super::{Outcome, Output, findings};

/// What to convert.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    roster: RosterArguments,
}

/// Runs the command. Damage to rows is told on standard error, so that standard output is the CSV alone.
///
/// # Errors
/// The file cannot be read or is no roster, or standard output cannot be written.
pub fn run(arguments: &Arguments, output: &mut Output) -> anyhow::Result<Outcome> {
    let name = arguments.roster.name();
    let cannot = || format!("{name} cannot be read");
    let mut samples = Vec::new();
    let (mut input, length): (Box<dyn Read>, u64) = match arguments.roster.open()? {
        Some(mut file) => {
            let length = file.length;
            for (place, length) in convert::places(length) {
                samples.push(file.at(place, length).with_context(cannot)?);
            }
            (Box::new(file), length)
        }
        None => arguments.roster.stream()?,
    };
    let mut progress = Progress::new(length);
    let mut slice = vec![0; SLICE];
    let mut beginning = Vec::new();
    let mut whole = false;
    while !whole && convert::wants_more(&beginning) {
        let length = read(&mut input, &mut slice).with_context(cannot)?;
        whole = length == 0;
        beginning.extend_from_slice(&slice[..length]);
    }
    let unusable = |problem: RowProblem| anyhow::anyhow!("{name}: {}", problem.problem.message);
    let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
    let mut converter =
        Converter::new(&beginning, whole, &arguments.roster.choice(), &samples).map_err(unusable)?;
    converter.push(&beginning, output)?;
    progress.add(beginning.len());
    drop(beginning);
    while !whole {
        let length = read(&mut input, &mut slice).with_context(cannot)?;
        whole = length == 0;
        converter.push(&slice[..length], output)?;
        progress.add(length);
    }
    converter.finish(output)?;
    output.flush()?;
    drop(progress);
    let (titles, footnotes) = converter.left_out();
    for (lines, place) in [(titles, "above the header"), (footnotes, "below the rows")] {
        if lines > 0 {
            eprintln!("rollcall: {lines} {} {place} left out", if lines == 1 { "line" } else { "lines" });
        }
    }
    let (dialect, problems) = converter.found().map_err(unusable)?;
    if dialect.header_line > 0 && dialect.header_rows > 1 {
        eprintln!("rollcall: the header is made of {} rows, which were joined", dialect.header_rows);
    }
    if arguments.roster.choice().encoding.is_none()
        && let Some(words) = guessed_letters(&dialect)
    {
        let encoding = dialect.encoding.label();
        eprintln!(
            "rollcall: {}",
            for_terminals(&format!(
                "read as {encoding}, by its letters ({words}); --encoding chooses another"
            ))
        );
    }
    for problem in problems.iter().take(findings::MOST) {
        eprintln!("rollcall: {}", for_terminals(&findings::sentence(&SummaryProblem::from(problem))));
    }
    Ok(if problems.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// Words beyond ASCII where only they told the encoding; a person sees whether they are right.
fn guessed_letters(dialect: &Dialect) -> Option<&str> {
    let known = matches!(dialect.encoding, Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be);
    let words = dialect.samples.iter().find(|(encoding, _)| *encoding == dialect.encoding);
    (!known).then(|| words.map_or("further down", |(_, words)| words.as_str()))
}

/// Reads what there is; a signal is no reason to stop.
fn read(input: &mut dyn Read, slice: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(slice) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
