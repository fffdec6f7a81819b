//! A single connection for everything: requests, imports, waves and mail.

use super::Figures;
use super::world::{Engine, World};
use anyhow::{Context, bail, ensure};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests at the same time.
const VISITORS: usize = 12;
/// Longest that an answer may take: a wait for a connection and a statement on it, which have limits of their own.
const BOUND: Duration = Duration::from_secs(25);
/// Longest that the answer may take of whoever finds no connection.
const TURNED_AWAY: Duration = Duration::from_secs(12);

/// Everybody shares one connection: each request is answered in time, with what was asked for or with the advice to come
/// again, and the work beside them is done. While the database stands still, nobody waits for it without end.
pub async fn of_one(world: &mut World) -> anyhow::Result<Figures> {
    world.settings.push(("ROLLCALL_DATABASE_CONNECTIONS", "1".to_owned()));
    world.settings.push(("ROLLCALL_MAIL_CONNECTIONS", "4".to_owned()));
    let server = world.server()?;
    for path in ["/readyz", "/sign-in", "/password/forgot", "/setup"] {
        let answer = ask(&server.address, path).await?;
        ensure!(answer.status == 200, "{path} alone was answered with {}", answer.status);
    }
    let id = world.send_rows(3_000, true).await?;
    let (mut answered, mut turned_away, mut slowest) = (0, 0, Duration::ZERO);
    while world.done(id).await?.is_some() {
        for answer in ask_at_once(&server.address).await? {
            slowest = slowest.max(answer.took);
            match answer.status {
                200 => answered += 1,
                503 if answer.later => turned_away += 1,
                status => bail!("an answer of {status} without advice: {}", world.log()),
            }
        }
    }
    ensure!(answered > 0, "nobody was answered");
    ensure!(slowest < BOUND, "an answer took {slowest:?}");
    world.wait(id).await?;

    let mut still = String::new();
    if world.engine == Engine::Postgres {
        let cluster = world.cluster.as_ref().context("PostgreSQL")?;
        cluster.signal("-STOP")?;
        let answers = ask_at_once(&server.address).await;
        cluster.signal("-CONT")?;
        let mut answers = answers?;
        answers.sort_by_key(|answer| answer.took);
        for answer in &answers {
            ensure!(answer.status == 503 && answer.later, "{} without advice", answer.status);
        }
        // One of them had the connection, or a worker did.
        let (most, last) = (answers[VISITORS - 2].took, answers[VISITORS - 1].took);
        ensure!(
            most < TURNED_AWAY && last < BOUND,
            "turned away after {most:?}, the last one after {last:?}"
        );
        let begun = Instant::now();
        while ask(&server.address, "/readyz").await?.status != 200 {
            ensure!(begun.elapsed() < BOUND, "it does not find its database again: {}", world.log());
        }
        still = format!("; turned away after {:.1} s while it stood still", most.as_secs_f32());
    }
    server.terminate()?;
    Ok(format!(
        "{answered} answers, {turned_away} turned away, the slowest after {} ms{still}",
        slowest.as_millis()
    ))
}

struct Answer {
    status: u16,
    /// Whether it says when to come again.
    later: bool,
    took: Duration,
}

async fn ask_at_once(address: &str) -> anyhow::Result<Vec<Answer>> {
    let mut asking = JoinSet::new();
    for _ in 0..VISITORS {
        let address = address.to_owned();
        asking.spawn(async move { ask(&address, "/readyz").await });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asking.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

async fn ask(address: &str, path: &str) -> anyhow::Result<Answer> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let status = head.split_whitespace().nth(1).context("a status")?.parse()?;
    Ok(Answer { status, later: head.contains("\r\nretry-after: "), took: begun.elapsed() })
}
