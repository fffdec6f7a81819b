//! What goes wrong, and when.

use super::Figures;
use super::proxy::{Mood, Proxy};
use super::server::Server;
use super::trace::{self, Injection};
use super::world::{PEOPLE, World, roster};
use anyhow::{Context, ensure};
use directory::imports::UndoState;
use directory::people::Actor;
use sqlx::{Connection, SqliteConnection};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Kill -9 at random instants; the next start goes on.
pub async fn killed(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send().await?;
    let (mut kills, mut last) = (0, 0);
    while kills < 12 {
        let server = world.server()?;
        sleep(world.chance.pause(5, 150)).await;
        server.kill()?;
        kills += 1;
        let Some(done) = world.done(id).await? else { break };
        ensure!(done >= last, "progress went back from {last} to {done}");
        last = done;
    }
    let server = world.server()?;
    world.wait(id).await?;
    server.terminate()?;
    Ok(format!("{kills} kills"))
}

/// Kill -9 at the first, the second, ... moment at which something was made durable, until a run comes through.
pub async fn killed_at_each_sync(world: &mut World) -> anyhow::Result<Figures> {
    if !trace::possible() {
        return Ok("not run: strace is not installed".to_owned());
    }
    let file = world.folder.path().join("people.csv");
    let mut points = 0;
    loop {
        points += 1;
        std::fs::write(&file, roster(points))?;
        let mut traced = world.traced(&Injection {
            calls: "fdatasync,fsync",
            what: "signal=KILL",
            when: points.to_string(),
        });
        traced.stdout(Stdio::null()).stderr(Stdio::null());
        let survived =
            traced.arg("import").arg(&file).args(["--yes", "--update", "fill"]).status()?.success();
        // The same command once more goes on where it was cut off, or has nothing to do.
        let output = world.command().arg("import").arg(&file).args(["--yes", "--update", "fill"]).output()?;
        ensure!(output.status.success(), "after {points}: {}", String::from_utf8_lossy(&output.stderr));
        let prefix: i64 = world.number("SELECT COUNT(*) FROM account").await?;
        ensure!(prefix == PEOPLE * points, "after {points}: {prefix} accounts");
        // What an interrupted command left open is carried out by the next server.
        if survived {
            break;
        }
        ensure!(points < 200, "it never comes through");
    }
    world.settle().await?;
    Ok(format!("{points} durability points"))
}

/// SIGTERM in the middle: it ends by itself, with 0, and the next one goes on.
pub async fn terminated(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send().await?;
    for _ in 0..4 {
        let server = world.server()?;
        sleep(world.chance.pause(50, 400)).await;
        server.terminate()?;
    }
    let server = world.server()?;
    world.wait(id).await?;
    server.terminate()?;
    Ok("4 stops".to_owned())
}

/// Three processes on one database; one after the other is killed and started again.
pub async fn three_processes(world: &mut World) -> anyhow::Result<Figures> {
    let mut servers: Vec<Server> = (0..3).map(|_| world.server()).collect::<Result<_, _>>()?;
    let first = world.send().await?;
    let mut kills = 0;
    for _ in 0..8 {
        sleep(world.chance.pause(30, 300)).await;
        let victim = world.chance.below(3) as usize;
        servers.swap_remove(victim).kill()?;
        kills += 1;
        servers.push(world.server()?);
    }
    world.wait(first).await?;
    for server in servers {
        server.terminate()?;
    }
    Ok(format!("{kills} kills"))
}

/// Two processes by mistake on one SQLite file: slower, never wrong.
pub async fn two_processes(world: &mut World) -> anyhow::Result<Figures> {
    let servers = [world.server()?, world.server()?];
    let id = world.send().await?;
    world.wait(id).await?;
    for server in servers {
        server.terminate()?;
    }
    Ok("both worked".to_owned())
}

/// A process stands still for longer than its lease; another takes over; the first wakes up and does nothing twice.
pub async fn frozen_process(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send().await?;
    let sleeper = world.server()?;
    while world.done(id).await? == Some(0) {
        sleep(Duration::from_millis(5)).await;
    }
    sleeper.freeze()?;
    let at = world.done(id).await?;
    let other = world.server()?;
    let begun = Instant::now();
    while world.done(id).await?.is_some() {
        ensure!(begun.elapsed() < Duration::from_secs(60), "nobody took over: {}", world.log());
        sleep(Duration::from_millis(50)).await;
    }
    let taken = begun.elapsed();
    sleeper.thaw()?;
    // Mails that the sleeper held are sent by it or, when their longer lease is over, by the other.
    world.wait(id).await?;
    sleeper.terminate()?;
    other.terminate()?;
    Ok(format!(
        "frozen at row {}, taken over and completed {:.1} s later",
        at.unwrap_or(0),
        taken.as_secs_f32()
    ))
}

async fn with_proxy(world: &World) -> anyhow::Result<(Proxy, Server)> {
    let cluster = world.cluster.as_ref().context("PostgreSQL")?;
    let target = cluster.target()?;
    let proxy = Proxy::before(target.clone()).await?;
    let url = world.url.replace(&target, &proxy.address.to_string());
    let server = Server::start(world, &url)?;
    Ok((proxy, server))
}

/// The network between server and database cuts all connections, again and again.
pub async fn connections_cut(world: &mut World) -> anyhow::Result<Figures> {
    let (proxy, server) = with_proxy(world).await?;
    let id = world.send().await?;
    let mut cuts = 0;
    while cuts < 10 && world.done(id).await?.is_some() {
        sleep(world.chance.pause(30, 250)).await;
        proxy.cut().await?;
        cuts += 1;
    }
    world.wait(id).await?;
    server.terminate()?;
    Ok(format!("{cuts} cuts"))
}

/// Connections stay open and nothing passes, longer than any statement may take.
pub async fn database_silent(world: &mut World) -> anyhow::Result<Figures> {
    let (proxy, server) = with_proxy(world).await?;
    let id = world.send().await?;
    while world.done(id).await? == Some(0) {
        sleep(Duration::from_millis(5)).await;
    }
    proxy.set(Mood::Silent)?;
    sleep(Duration::from_secs(18)).await;
    proxy.set(Mood::Away)?;
    sleep(Duration::from_millis(200)).await;
    proxy.set(Mood::Helpful)?;
    world.wait(id).await?;
    server.terminate()?;
    Ok("18 s of silence".to_owned())
}

/// Every process of the database server stands still for a while.
pub async fn database_frozen(world: &mut World) -> anyhow::Result<Figures> {
    let server = world.server()?;
    let id = world.send().await?;
    let cluster = world.cluster.as_ref().context("PostgreSQL")?;
    cluster.signal("-STOP")?;
    sleep(Duration::from_secs(17)).await;
    cluster.signal("-CONT")?;
    world.wait(id).await?;
    server.terminate()?;
    Ok("frozen for 17 s".to_owned())
}

/// The database is restarted in the middle, politely and by a crash.
pub async fn database_restarted(world: &mut World) -> anyhow::Result<Figures> {
    let server = world.server()?;
    let id = world.send().await?;
    for mode in ["fast", "immediate", "fast", "immediate"] {
        sleep(world.chance.pause(50, 400)).await;
        world.cluster.as_ref().context("PostgreSQL")?.restart(mode)?;
    }
    world.wait(id).await?;
    server.terminate()?;
    Ok("4 restarts".to_owned())
}

/// Somebody else holds the database file for longer than SQLite waits for it.
pub async fn file_locked(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send().await?;
    let server = world.server()?;
    let mut other = SqliteConnection::connect(&world.url).await?;
    sqlx::raw_sql("PRAGMA busy_timeout = 30000; BEGIN EXCLUSIVE").execute(&mut other).await?;
    sleep(Duration::from_secs(8)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await?;
    other.close().await?;
    world.wait(id).await?;
    server.terminate()?;
    Ok("locked for 8 s".to_owned())
}

/// The disk is full in the middle, then there is room again.
pub async fn disk_full(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send_rows(20_000, false).await?;
    let folder = world.folder.path().join("data");
    // The file system gives no more than is taken now and a little: everything moves onto a small one.
    let mount = |options: &str| {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&folder).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let aside = world.folder.path().join("aside");
    world.directory.close().await;
    std::fs::rename(&folder, &aside)?;
    std::fs::create_dir(&folder)?;
    let mounted = mount("size=16m,mode=0700");
    for entry in std::fs::read_dir(&aside)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    world.open_again().await?;
    if !mounted {
        let server = world.server()?;
        world.wait(id).await?;
        server.terminate()?;
        return Ok("not run: file systems can be mounted by root only".to_owned());
    }
    let result = async {
        let server = world.server()?;
        let begun = Instant::now();
        while !world.log().contains("trying again") {
            ensure!(world.done(id).await?.is_some(), "the disk was never full");
            ensure!(begun.elapsed() < Duration::from_secs(60), "it said nothing: {}", world.log());
            sleep(Duration::from_millis(50)).await;
        }
        let at = world.done(id).await?.unwrap_or(0);
        ensure!(mount("remount,size=200m"), "the file system can be made larger");
        world.wait(id).await?;
        server.terminate()?;
        Ok(format!("full at row {at}"))
    }
    .await;
    // What the checker looks at moves back to the lasting folder.
    world.directory.close().await;
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &aside.join(entry.file_name()))?;
        } else {
            std::fs::copy(entry.path(), aside.join(entry.file_name()))?;
        }
    }
    Command::new("umount").arg("-l").arg(&folder).status()?;
    std::fs::remove_dir(&folder)?;
    std::fs::rename(&aside, &folder)?;
    world.open_again().await?;
    result
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The import is taken back, while the server is killed again and again.
pub async fn undone(world: &mut World) -> anyhow::Result<Figures> {
    let id = world.send_rows(6_000, true).await?;
    let server = world.server()?;
    while world.done(id).await?.is_some() {
        sleep(Duration::from_millis(50)).await;
    }
    server.kill()?;
    world.directory.undo_import(&Actor::system(), id).await?;
    let mut kills = 0;
    let begun = Instant::now();
    loop {
        let server = world.server()?;
        sleep(world.chance.pause(30, 300)).await;
        server.kill()?;
        kills += 1;
        let import = world.directory.import(id).await?.context("the import is there")?;
        if import.undo_state == Some(UndoState::Done) {
            ensure!(import.removed == 6_000, "{} of 6,000 removed", import.removed);
            return Ok(format!("{kills} kills, {} accounts removed", import.removed));
        }
        ensure!(begun.elapsed() < Duration::from_secs(120), "it is never done: {}", world.log());
    }
}
