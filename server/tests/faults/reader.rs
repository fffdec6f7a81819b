//! Another program reads the database in one transaction, for as long as an import takes.

use super::Figures;
use super::world::World;
use anyhow::ensure;
use directory::Storage;
use directory::audit::Event;
use directory::people::Actor;
use sqlx::{Connection, SqliteConnection};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(120);

/// Without such a reader the write-ahead log stays short. With one it cannot, which is told; as soon as the reader ends,
/// the log is cut.
pub async fn long(world: &mut World) -> anyhow::Result<Figures> {
    let soak = std::env::var_os("ROLLCALL_SOAK_MINUTES").is_some();
    let (rows, mib) = if soak { (20_000, 4) } else { (5_000, 1) };
    let limit = mib << 20;
    world.settings.push(("ROLLCALL_DATABASE_LOG_MIB", mib.to_string()));
    world.open_again_with(Storage { log_bytes: limit, ..Storage::default() }).await?;
    let server = world.server()?;
    let id = world.send_people("before", rows, false).await?;
    let mut usual = 0;
    while world.done(id).await?.is_some() {
        usual = usual.max(length(world));
        sleep(Duration::from_millis(10)).await;
    }
    ensure!(usual <= 4 * limit, "without a long reader the log grew to {usual} bytes");
    ensure!(!world.log().contains(GROWS), "it complains of a log of {usual} bytes");

    let mut reader = SqliteConnection::connect(&world.url).await?;
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM account").execute(&mut reader).await?;
    let id = world.send_people("beside", rows, false).await?;
    world.wait(id).await?;
    let grown = length(world);
    ensure!(grown > 4 * limit, "the reader kept nothing: {grown} bytes; it needs more rows");
    until(world, "it does not say that the log grows", || world.log().contains(GROWS)).await?;
    ensure!(!world.log().contains(CUT), "it says that the log was cut while somebody reads");

    sqlx::raw_sql("COMMIT").execute(&mut reader).await?;
    reader.close().await?;
    let begun = Instant::now();
    while length(world) > 2 * limit {
        ensure!(begun.elapsed() < PATIENCE, "the log is still of {} bytes", length(world));
        // It is begun anew by whoever writes next, when all of it has been copied.
        world.directory.record_event(&Actor::system(), Event::SignOut, "nobody", "").await?;
        sleep(Duration::from_millis(50)).await;
    }
    until(world, "it does not say that the log was cut", || world.log().contains(CUT)).await?;
    server.terminate()?;
    Ok(format!(
        "the log: {} KiB at most, {} KiB beside a reader, {} KiB afterwards; cut back to {mib} MiB",
        usual >> 10,
        grown >> 10,
        length(world) >> 10
    ))
}

const GROWS: &str = "the write-ahead log beside the database grows";
const CUT: &str = "the write-ahead log beside the database was cut";

fn length(world: &World) -> u64 {
    let log = world.folder.path().join("data/rollcall.db-wal");
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}

async fn until(world: &World, else_say: &str, holds: impl Fn() -> bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !holds() {
        ensure!(begun.elapsed() < PATIENCE, "{else_say}: {}", world.log());
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
