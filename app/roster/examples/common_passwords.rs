//! Makes the table of common passwords, or with `--check` compares it with the committed one; called by
//! `script/common-passwords`, which fetches the lists.
//!
//!   common_passwords RANKED UNRANKED TABLE [--check]
//!
//! `RANKED` has the most frequent passwords first, `UNRANKED` is a larger collection; one password a line. What goes in:
//!
//! - of the ranked list, every password of 15 characters or more, and the first 3,500 of 8 to 14 for organisations that
//!   ask for less (OWASP ASVS 5.0, 6.2.4 wants 3,000 that fit the policy);
//! - of the larger collection, each phrase of 12 letters or more that at least three entries of 15 characters or more are
//!   made of, whatever digits and punctuation they were dressed up with.
//!
//! What the rules refuse by themselves stays out. Afterwards every listed password has to be refused.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::process::ExitCode;

use roster::policy::{Identity, PasswordPolicy, blocklist, is_guessed_by_rule};

/// Shorter ones of the ranked list.
const SHORT: usize = 3_500;
/// Letters of a phrase, at least.
const PHRASE: usize = 12;

fn lines(path: &str) -> Result<Vec<String>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let lines = bytes.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    Ok(lines.map(|line| line.trim_end_matches('\r').to_owned()).collect())
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn run(arguments: &[String]) -> Result<String, String> {
    let [ranked, unranked, table, rest @ ..] = arguments else {
        return Err("see the source for its use".to_owned());
    };
    let (ranked, unranked) = (lines(ranked)?, lines(unranked)?);
    let long: Vec<&String> = ranked.iter().filter(|password| length(password) >= 15).collect();
    let short: Vec<&String> =
        ranked.iter().filter(|password| (8..15).contains(&length(password))).take(SHORT).collect();
    let mut phrases: HashMap<String, u32> = HashMap::new();
    for password in unranked.iter().filter(|password| length(password) >= 15) {
        let letters: String = password.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
        if length(&letters) >= PHRASE {
            *phrases.entry(letters).or_default() += 1;
        }
    }
    phrases.retain(|_, times| *times >= 3);
    let listed = long.iter().chain(&short).map(|password| password.to_lowercase());
    let wanted: BTreeSet<String> =
        listed.chain(phrases.keys().cloned()).filter(|text| !is_guessed_by_rule(text)).collect();
    let made = blocklist::build(wanted.iter().map(String::as_str))?;
    let said = format!(
        "{} entries in {} bytes; from {} long and {} short passwords and {} phrases, of which the rules know {}",
        wanted.len(),
        made.len(),
        long.len(),
        short.len(),
        phrases.len(),
        long.len() + short.len() + phrases.len() - wanted.len(),
    );
    if rest != ["--check"] {
        fs::write(table, made).map_err(|error| format!("{table}: {error}"))?;
        return Ok(said);
    }
    if fs::read(table).ok() != Some(made) {
        return Err(format!("{table} is not what these lists make"));
    }
    let policy = PasswordPolicy { min_length: 8, ..PasswordPolicy::default() };
    let passes = |password: &&&String| policy.check(password, &Identity::default()).is_ok();
    if let Some(password) = long.iter().chain(&short).find(passes) {
        return Err(format!("a listed password of {} characters is not refused", length(password)));
    }
    let all = unranked.iter().filter(|password| length(password) >= 15);
    let refused = all.clone().filter(|password| !passes(&password)).count();
    Ok(format!("{said}; all of them are refused, and {refused} of all {} of 15 and more", all.count()))
}

#[expect(clippy::print_stdout, reason = "a tool that says what it did")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            println!("common_passwords: {said}");
            ExitCode::FAILURE
        }
    }
}
