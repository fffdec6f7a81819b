//! A disk that fails: writing and synchronising answer EIO.

use super::Figures;
use super::trace::{self, Injection, STOOD_STILL};
use super::world::{Engine, PEOPLE, World, roster};
use anyhow::{Context, ensure};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What fails, and whether once or from then on.
const FAILURES: [(&str, &str); 4] =
    [("fdatasync,fsync", ""), ("fdatasync,fsync", "+"), ("pwrite64", ""), ("pwrite64", "+")];
/// Longest wait for failures to be met. After one an import may stand until its lease has run out.
const PATIENCE: Duration = Duration::from_secs(240);

/// The first, some, and the last write and synchronisation of an import fail, once or for ever: what was said to be done
/// is there, what was not is done by the next attempt. Then a server meets failures, and nothing is missing.
pub async fn failing(world: &mut World) -> anyhow::Result<Figures> {
    if !trace::possible() {
        return Ok("not run: strace is not installed".to_owned());
    }
    match world.engine {
        Engine::Sqlite => failing_below_commands(world).await,
        Engine::Postgres => failing_below_the_cluster(world).await,
    }
}

async fn failing_below_commands(world: &mut World) -> anyhow::Result<Figures> {
    let file = world.folder.path().join("people.csv");
    let (mut runs, mut failed) = (0, 0);
    for (calls, from_then_on) in FAILURES {
        let mut point = 1;
        loop {
            runs += 1;
            std::fs::write(&file, roster(runs))?;
            let when = format!("{point}{from_then_on}");
            let told = format!("{calls} failing at {when}");
            let arguments = ["--yes", "--update", "fill"];
            let injection = Injection { calls, what: "error=EIO", when };
            let first = world.traced(&injection).arg("import").arg(&file).args(arguments).output()?;
            ensure!(first.status.code() != Some(STOOD_STILL), "{told}: it stands still");
            let (injected, there) = (world.injected(), world.number(ACCOUNTS).await?);
            if first.status.success() {
                ensure!(
                    there == runs * PEOPLE,
                    "{told}: said to be done; {there} accounts of {runs} imports"
                );
            } else {
                ensure!(injected > 0, "{told}: {}", String::from_utf8_lossy(&first.stderr));
                failed += 1;
            }
            let again = world.command().arg("import").arg(&file).args(arguments).output()?;
            ensure!(again.status.success(), "after {told}: {}", String::from_utf8_lossy(&again.stderr));
            let there = world.number(ACCOUNTS).await?;
            ensure!(there == runs * PEOPLE, "after {told}: {there} accounts of {runs} imports");
            if injected == 0 {
                break;
            }
            // Growing steps reach from the first call to the last in a few runs.
            point += 1 + world.chance.below(2 + point);
        }
    }
    ensure!(failed > 0, "nobody noticed a failure");
    world.settle().await?;

    // So many that the server commits many times: after the commits of its start, every fourth to seventh fails, counted
    // anew on each connection that replaces one.
    let id = world.send_rows(20_000, false).await?;
    let when = format!("{}+{}", 5 + world.chance.below(8), 4 + world.chance.below(4));
    let server = world.traced_server(&Injection { calls: "fdatasync,fsync", what: "error=EIO", when })?;
    let begun = Instant::now();
    while world.injected() < 5 {
        ensure!(begun.elapsed() < PATIENCE, "nothing failed: {}", world.log());
        sleep(Duration::from_millis(20)).await;
    }
    let beside = world.injected();
    server.kill()?;
    let server = world.server()?;
    world.wait(id).await?;
    server.terminate()?;
    Ok(format!("{runs} commands, of which {failed} failed; {beside} failures below a server"))
}

/// PostgreSQL crashes itself when its log cannot be synchronised, and recovers.
async fn failing_below_the_cluster(world: &mut World) -> anyhow::Result<Figures> {
    let postmaster = world.cluster.as_ref().context("PostgreSQL")?.postmaster()?;
    let when = (12 + world.chance.below(20)).to_string();
    let injection = Injection { calls: "fdatasync", what: "error=EIO", when };
    let mut tracer = world.trace_process(postmaster, &injection)?;
    sleep(Duration::from_millis(500)).await;
    if tracer.try_wait()?.is_some() {
        return Ok("not run: strace may not trace other processes".to_owned());
    }
    // Only connections from now on are to processes that are traced.
    world.open_again().await?;
    let server = world.server()?;
    let sending = world.send_patiently(3_000);
    let failing = async {
        let begun = Instant::now();
        while world.injected() == 0 {
            ensure!(begun.elapsed() < PATIENCE, "nothing failed: {}", world.log());
            sleep(Duration::from_millis(5)).await;
        }
        // What recovers shall not fail, too.
        Command::new("kill").arg(tracer.id().to_string()).status()?;
        tracer.wait()?;
        Ok(())
    };
    let (sent, failed) = tokio::join!(sending, failing);
    failed?;
    world.wait(sent?).await?;
    // What was cut off while it was sent waits for somebody to send the rest.
    server.terminate()?;
    world.settle().await?;
    let failures = world.injected();
    Ok(format!("{failures} synchronisations failed"))
}

const ACCOUNTS: &str = "SELECT COUNT(*) FROM account";
