//! Accounts are closed because their people are not in the roster, and opened again, while the server is killed.

use super::Figures;
use super::world::World;
use anyhow::{Context, ensure};
use directory::account::Actor;
use directory::id::{AccountId, ImportId};
use directory::imports::{ABSENT_AT_ONCE, ImportState, NewImport, UndoState};
use roster::review::{Absent, Options};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Members before anybody is closed.
const PEOPLE: u32 = 5_000;
/// Those who are not in the roster: several transactions.
const ABSENT: u32 = 4_500;
/// Longest wait for the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Kill -9 at random instants while accounts are closed, and while the import is taken back.
pub async fn closed(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send_rows(PEOPLE, false).await?;
    let server = world.server()?;
    world.wait(id).await?;
    server.kill()?;
    let mut members: Vec<AccountId> = Vec::new();
    loop {
        let some = world.directory.member_keys(members.last().copied()).await?;
        if some.is_empty() {
            break;
        }
        members.extend(some.iter().map(|member| member.account));
    }
    ensure!(members.len() == PEOPLE as usize, "{} members", members.len());
    let import = name(world, &members[..ABSENT as usize]).await?;
    let mut kills = kill_until(world, async |world| {
        Ok(world.directory.import(import).await?.context("the import")?.state == ImportState::Completed)
    })
    .await?;
    let closed = world.directory.import(import).await?.context("the import")?.deactivated;
    ensure!(closed == ABSENT, "{closed} of {ABSENT} closed");
    let deactivated = "SELECT COUNT(*) FROM account WHERE status = 'deactivated'";
    ensure!(world.number(deactivated).await? == i64::from(ABSENT), "others were closed, too");

    world.directory.undo_import(&Actor::system(), import).await?;
    kills += kill_until(world, async |world| {
        let import = world.directory.import(import).await?.context("the import")?;
        Ok(import.undo_state == Some(UndoState::Done))
    })
    .await?;
    let reopened = world.directory.import(import).await?.context("the import")?.reopened;
    ensure!(reopened == ABSENT, "{reopened} of {ABSENT} opened again");
    Ok(format!("{kills} kills, {closed} accounts closed and opened again"))
}

async fn name(world: &World, absent: &[AccountId]) -> anyhow::Result<ImportId> {
    let actor = Actor::system();
    let new = NewImport {
        file_name: "leavers.csv".to_owned(),
        file_digest: String::new(),
        options: Options { absent: Absent::Deactivate { at_most: 100 }, ..Options::default() },
        columns: Vec::new(),
        rows: 0,
        reviewed_at: Some(world.directory.time()),
        digest: Vec::new(),
    };
    let (id, _) = world.directory.open_import(&actor, new).await?;
    for some in absent.chunks(ABSENT_AT_ONCE) {
        world.directory.name_absent(id, some).await?;
    }
    world.directory.seal_import(&actor, id).await?;
    Ok(id)
}

/// Starts and kills the server until something is reached. Answers how often.
async fn kill_until(
    world: &mut World,
    reached: impl AsyncFn(&World) -> anyhow::Result<bool>,
) -> anyhow::Result<u32> {
    let (mut kills, begun) = (0, Instant::now());
    loop {
        let server = world.server()?;
        sleep(world.chance.pause(20, 200)).await;
        server.kill()?;
        kills += 1;
        if reached(world).await? {
            return Ok(kills);
        }
        ensure!(begun.elapsed() < PATIENCE, "it is never done: {}", world.log());
    }
}
