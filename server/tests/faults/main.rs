//! The bad days of an import, one after the other, against the built program and real databases. After each, one
//! checker asks whether every invariant holds.
//!
//! Part of `make test` in a short form; `make soak` (ROLLCALL_SOAK_MINUTES) repeats everything with other seeds. The seed
//! is printed; ROLLCALL_FAULTS_SEED repeats a run, ROLLCALL_FAULTS_ONLY runs the scenarios whose names contain a word.

#![allow(clippy::print_stdout, reason = "a program that tells what it did")]

#[path = "../support/smtp_sink.rs"]
#[allow(dead_code, reason = "each test program uses its part")]
mod smtp_sink;

mod absence;
mod bad_mail_server;
mod chance;
mod check;
mod cluster;
mod disk;
mod pool;
mod proxy;
mod reader;
mod restored;
mod scenarios;
mod server;
mod trace;
mod world;

use chance::Chance;
use std::pin::Pin;
use std::time::{Duration, Instant};
use world::{Engine, World};

/// What a scenario tells at its end.
type Figures = String;

/// Breaks something while an import runs; answers what it did.
type Scenario = for<'a> fn(&'a mut World) -> Pin<Box<dyn Future<Output = anyhow::Result<Figures>> + 'a>>;

const SCENARIOS: &[(&str, &[Engine], Scenario)] = &[
    ("killed at random instants", &[Engine::Sqlite, Engine::Postgres], |world| {
        Box::pin(scenarios::killed(world))
    }),
    ("killed at every durability point", &[Engine::Sqlite], |world| {
        Box::pin(scenarios::killed_at_each_sync(world))
    }),
    ("stopped politely", &[Engine::Sqlite, Engine::Postgres], |world| Box::pin(scenarios::terminated(world))),
    ("three processes, any killed", &[Engine::Postgres], |world| Box::pin(scenarios::three_processes(world))),
    ("two processes on one file", &[Engine::Sqlite], |world| Box::pin(scenarios::two_processes(world))),
    ("frozen beyond its lease", &[Engine::Postgres], |world| Box::pin(scenarios::frozen_process(world))),
    ("connections cut", &[Engine::Postgres], |world| Box::pin(scenarios::connections_cut(world))),
    ("database silent", &[Engine::Postgres], |world| Box::pin(scenarios::database_silent(world))),
    ("database frozen", &[Engine::Postgres], |world| Box::pin(scenarios::database_frozen(world))),
    ("database restarted", &[Engine::Postgres], |world| Box::pin(scenarios::database_restarted(world))),
    ("database file locked", &[Engine::Sqlite], |world| Box::pin(scenarios::file_locked(world))),
    ("disk full", &[Engine::Sqlite], |world| Box::pin(scenarios::disk_full(world))),
    ("disk failing", &[Engine::Sqlite, Engine::Postgres], |world| Box::pin(disk::failing(world))),
    ("no free connection", &[Engine::Sqlite, Engine::Postgres], |world| Box::pin(pool::of_one(world))),
    ("a long reader beside an import", &[Engine::Sqlite], |world| Box::pin(reader::long(world))),
    ("an older copy restored", &[Engine::Sqlite, Engine::Postgres], |world| Box::pin(restored::older(world))),
    ("a bad mail server, and killed", &[Engine::Sqlite, Engine::Postgres], |world| {
        Box::pin(bad_mail_server::mailed(world))
    }),
    ("taken back while killed", &[Engine::Sqlite, Engine::Postgres], |world| {
        Box::pin(scenarios::undone(world))
    }),
    ("absent people closed while killed", &[Engine::Sqlite, Engine::Postgres], |world| {
        Box::pin(absence::closed(world))
    }),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The test runner asks every program for its list of tests; this one has a single one.
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let only = std::env::var("ROLLCALL_FAULTS_ONLY").unwrap_or_default();
    let minutes: u64 =
        std::env::var("ROLLCALL_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut seed = match std::env::var("ROLLCALL_FAULTS_SEED") {
        Ok(text) => text.parse()?,
        Err(_) => Chance::fresh_seed(),
    };
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let (mut runs, mut rows) = (0, 0);
    loop {
        println!("faults: seed {seed}");
        for (name, engines, scenario) in SCENARIOS.iter().filter(|(name, ..)| name.contains(&only)) {
            for engine in *engines {
                let began = Instant::now();
                let mut world = World::new(*engine, seed).await?;
                let told = scenario(&mut world).await;
                let told =
                    told.map_err(|error| error.context(format!("{name}, {}, seed {seed}", engine.name())))?;
                let checked = world.check().await?;
                world.end().await;
                runs += 1;
                rows += checked.rows;
                println!(
                    "  {name} · {}: {told}; {checked} [{:.1} s]",
                    engine.name(),
                    began.elapsed().as_secs_f32()
                );
            }
        }
        seed = seed.wrapping_add(1);
        if Instant::now() >= end {
            println!("faults: {runs} scenarios, {rows} rows, every invariant holds");
            return Ok(());
        }
    }
}
