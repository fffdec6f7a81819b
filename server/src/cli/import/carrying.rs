//! Sending a plan and carrying it out, with what is told meanwhile.

use std::time::Duration;

use anyhow::{Context, bail};
use directory::Directory;
use directory::account::Actor;
use directory::clock::Timestamp;
use directory::id::{AccountId, ImportId};
use directory::imports::{ABSENT_AT_ONCE, Import, ImportState, MemberKeys, NewImport, RunnerStep};
use roster::PersonRow;
use roster::review::{Absent, Action, Review};

use crate::cli::progress::Rows;
use crate::cli::roster_file::RosterFile;
use crate::workers::process_name;

/// Rows per chunk.
const CHUNK: u32 = 500;
/// Keys asked for at a time.
const KEYS: usize = 1000;
/// Up to so many people in the directory, strangers are told by the fingerprints of all keys.
const MOST_KEYS: u32 = 1_000_000;
/// How long to wait when another process carries out the import.
const POLL: Duration = Duration::from_millis(100);

/// Tells the review who exists already, and answers as of when.
pub async fn compare(
    review: &mut Review,
    file: &RosterFile,
    directory: &Directory,
) -> anyhow::Result<Timestamp> {
    let as_of = directory.time();
    if let Some(known) = directory.known_keys(MOST_KEYS).await? {
        review.set_directory_keys(&known.keys, &known.looks);
    }
    while review.has_rows_to_ask() {
        let spans = review.rows_to_ask(KEYS);
        let asked: Vec<_> =
            spans.iter().filter_map(|span| review.question(span.row, file.row(*span))).collect();
        let usernames: Vec<String> = asked.iter().map(|query| query.username_key.clone()).collect();
        let emails: Vec<String> = asked.iter().map(|query| query.email_key.clone()).collect();
        let known = directory.known_people(&usernames, &emails).await?;
        review.learn(&known, &asked);
    }
    Ok(as_of)
}

/// Who of the directory is not in the file; an error where that is more than may be closed, or cannot be told.
pub async fn absent(review: &Review, directory: &Directory) -> anyhow::Result<Vec<AccountId>> {
    let option = review.options().absent;
    let Absent::Deactivate { at_most } = option else { return Ok(Vec::new()) };
    let mut members: Vec<MemberKeys> = Vec::new();
    loop {
        let some = directory.member_keys(members.last().map(|member| member.account)).await?;
        if some.is_empty() {
            break;
        }
        members.extend(some);
    }
    let keys: Vec<(u64, u64)> = members.iter().map(|member| (member.username, member.email)).collect();
    let found = review.absent(&keys);
    if !found.members.is_empty() && found.unclear_rows > 0 {
        let rows: Vec<String> = found.unclear.iter().map(u32::to_string).collect();
        bail!(
            "nobody can be deactivated: {} rows could mean anybody (the first: {}); mend them, or leave out \
             --deactivate-absent",
            found.unclear_rows,
            rows.join(", ")
        );
    }
    if !option.allows(found.members.len() as u64, members.len() as u64) {
        bail!(
            "{} of {} active people are not in the file, more than the {at_most} % that may be deactivated; check that \
             the file is complete, or raise --absent-limit",
            found.members.len(),
            members.len()
        );
    }
    let account = |place: &u32| members.get(*place as usize).map(|member| member.account);
    Ok(found.members.iter().filter_map(account).collect())
}

/// The fingerprint by which a file is known again.
pub fn file_digest(review: &Review) -> String {
    review.content().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends the chosen rows in numbered chunks, as the browser does. An import of the same plan that was cut off goes on.
pub async fn send(
    review: &Review,
    file: &RosterFile,
    reviewed_at: Timestamp,
    absent: &[AccountId],
    directory: &Directory,
) -> anyhow::Result<ImportId> {
    let actor = Actor::system();
    let totals = review.totals();
    let leaving: Vec<[u8; 16]> = absent.iter().map(|account| account.bytes()).collect();
    let new = NewImport {
        file_name: file.name.clone(),
        file_digest: file_digest(review),
        options: review.options().clone(),
        columns: review.mapped_columns(),
        rows: totals.chosen_add + totals.chosen_update,
        reviewed_at: Some(reviewed_at),
        digest: review.digest_with(leaving.iter().map(|account| &account[..])),
    };
    let rows = new.rows;
    let (id, next) = directory.open_import(&actor, new).await?;
    for some in absent.chunks(ABSENT_AT_ONCE) {
        directory.name_absent(id, some).await?;
    }
    let mut progress = Rows::new("sent");
    let (mut from, mut sent) = (0, 0);
    for number in 0.. {
        let chosen = review.chosen_rows(from, CHUNK);
        let Some(last) = chosen.last() else { break };
        from = last + 1;
        sent += u32::try_from(chosen.len()).unwrap_or(CHUNK);
        if number < next {
            continue;
        }
        let chunk: Vec<(PersonRow, Action)> =
            chosen.iter().filter_map(|row| person(review, file, *row)).collect();
        directory.receive_chunk(&actor, id, number, chunk).await?;
        progress.show(sent, rows);
    }
    drop(progress);
    directory.seal_import(&actor, id).await?;
    Ok(id)
}

/// The import whose failed rows the file brings back, mended: if the file tells, and the import takes them.
pub async fn mends(
    review: &Review,
    file: &RosterFile,
    directory: &Directory,
) -> anyhow::Result<Option<Import>> {
    let tag = review.span(1).and_then(|span| review.failed_row(1, file.row(span)));
    let Some(id) = tag.and_then(|(import, _)| import.parse().ok()) else { return Ok(None) };
    let found = directory.import(id).await?;
    Ok(found.filter(|import| {
        matches!(import.state, ImportState::Completed | ImportState::Running) && import.undone_at.is_none()
    }))
}

/// Sends the chosen rows into the import in which they failed. Answers how many were taken.
pub async fn mend(
    review: &Review,
    file: &RosterFile,
    reviewed_at: Timestamp,
    import: ImportId,
    directory: &Directory,
) -> anyhow::Result<u32> {
    let name = import.to_string();
    let mut rows: Vec<(PersonRow, Action)> = Vec::new();
    for row in review.chosen_rows(1, u32::MAX) {
        let tag = review.span(row).and_then(|span| review.failed_row(row, file.row(span)));
        let (Some((of, number)), Some((mut person, action))) = (tag, person(review, file, row)) else {
            bail!("row {row} does not tell which failed row it is; leave the column Problem as it was");
        };
        if of != name {
            bail!("row {row} failed in import {of}, the first in {name}; import them one after the other");
        }
        person.row = number;
        rows.push((person, action));
    }
    rows.sort_by_key(|(row, _)| row.row);
    if let Some(twice) = rows.windows(2).find(|pair| pair[0].0.row == pair[1].0.row) {
        bail!("row {} of import {name} comes twice", twice[0].0.row);
    }
    let mut taken = 0;
    for some in rows.chunks(CHUNK as usize) {
        let (at, options) = (Some(reviewed_at), review.options());
        taken += directory.mend_rows(&Actor::system(), import, at, options, some.to_vec()).await?.taken;
    }
    Ok(taken)
}

fn person(review: &Review, file: &RosterFile, row: u32) -> Option<(PersonRow, Action)> {
    review.person_row(row, file.row(review.span(row)?))
}

/// Carries an import out to its end, together with any server that runs on the same database.
pub async fn to_its_end(id: ImportId, directory: &Directory) -> anyhow::Result<Import> {
    let worker = process_name();
    let mut progress = Rows::new("done");
    // Hashing the passwords that rows bring takes seconds for a batch: what is told must not wait for its end.
    let told = async {
        let mut every = tokio::time::interval(Duration::from_millis(250));
        loop {
            every.tick().await;
            if let Ok(Some(import)) = directory.import(id).await {
                progress.show((import.done + import.hashed).min(import.rows), import.rows);
            }
        }
    };
    let work = async {
        loop {
            let import = directory.import(id).await?.context("the import is gone")?;
            if !matches!(import.state, ImportState::Receiving | ImportState::Running) {
                return anyhow::Ok(import);
            }
            if directory.run_next_batch(&worker).await? == RunnerStep::Idle {
                // A process that was killed in the middle of it holds it no longer.
                if directory.release_imports_of(crate::workers::has_ended).await? == 0 {
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    };
    let import = tokio::select! {
        import = work => import?,
        () = told => unreachable!("what is told has no end"),
    };
    if import.state != ImportState::Completed {
        bail!("import {id} was {} before it was complete; see /admin/imports/{id}", import.state.as_str());
    }
    Ok(import)
}
