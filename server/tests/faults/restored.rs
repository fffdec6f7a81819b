//! A copy is made while mails wait, they are sent, and the copy takes the place of the database.

use super::Figures;
use super::world::{Engine, World, database_name};
use anyhow::{Context, ensure};
use directory::imports::RunnerStep;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// People whose mail waits when the copy is made.
const PEOPLE: u32 = 200;
/// People who are imported after the restoration.
const LATER: u32 = 10;

/// What waited in the copy does not go out again by itself, which is told; mail that is owed afterwards does; and a word of
/// the operator sends the rest.
pub async fn older(world: &mut World) -> anyhow::Result<Figures> {
    if world.engine == Engine::Postgres && !tools_are_there() {
        return Ok("not run: pg_dump is not installed".to_owned());
    }
    let id = world.send_rows(PEOPLE, true).await?;
    while world.directory.run_next_batch("by hand").await? == RunnerStep::Worked
        || world.done(id).await?.is_some()
    {}
    let copy = copied(world)?;
    let server = world.server()?;
    world.wait(id).await?;
    server.terminate()?;
    ensure!(world.mails()?.len() == PEOPLE as usize, "all were sent before");

    restore(world, &copy).await?;
    let mails = world.folder.path().join("data/mail");
    std::fs::rename(&mails, world.folder.path().join("mail before"))?;
    let server = world.server()?;
    let told = format!("{PEOPLE} mails, owed from ");
    ensure!(world.log().contains(&told), "the start does not tell what is held back: {}", world.log());
    let doctor = world.command().arg("doctor").output()?;
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(doctor.contains(&told), "the doctor does not tell what is held back: {doctor}");
    let id = world.send_people("later", LATER, true).await?;
    world.wait(id).await?;
    let sent = world.mails()?;
    let again = sent.keys().filter(|address| address.starts_with("person")).count();
    ensure!(again == 0, "{again} mails were sent again by themselves");
    ensure!(sent.len() == LATER as usize, "{} of {LATER} later mails", sent.len());

    let released = world.command().args(["mail", "release"]).output()?;
    ensure!(released.status.success(), "{}", String::from_utf8_lossy(&released.stderr));
    world.wait(id).await?;
    let sent = world.mails()?.len();
    ensure!(sent == (PEOPLE + LATER) as usize, "{sent} mails after they were let go");
    let nothing = world.command().args(["mail", "held"]).output()?;
    ensure!(nothing.status.success(), "something is held back still");
    server.terminate()?;
    Ok(format!("{PEOPLE} mails held back and let go, {LATER} sent meanwhile"))
}

fn tools_are_there() -> bool {
    let there = |tool: &str| {
        let asked = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    there("pg_dump") && there("pg_restore")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn copied(world: &World) -> anyhow::Result<PathBuf> {
    let copy = world.folder.path().join("copy");
    match world.engine {
        Engine::Sqlite => run(world.command().arg("backup").arg(&copy))?,
        Engine::Postgres => run(Command::new("pg_dump")
            .args(["--format=custom", "--dbname", &world.url, "--file"])
            .arg(&copy))?,
    }
    Ok(copy)
}

async fn restore(world: &mut World, copy: &PathBuf) -> anyhow::Result<()> {
    world.directory.close().await;
    match world.engine {
        Engine::Sqlite => {
            let data = world.folder.path().join("data");
            for end in ["-wal", "-shm"] {
                // Both are gone when the last connection was closed in order.
                let _removed = std::fs::remove_file(data.join(format!("rollcall.db{end}")));
            }
            std::fs::copy(copy, data.join("rollcall.db"))?;
        }
        Engine::Postgres => {
            let cluster = world.cluster.as_ref().context("PostgreSQL")?;
            cluster.database(&database_name()).await?;
            run(Command::new("pg_restore").args(["--no-owner", "--dbname", &world.url]).arg(copy))?;
            run(world.command().args(["mail", "hold"]))?;
        }
    }
    world.open_again().await
}
