//! Crashes, pauses and races: whatever stops, another run goes on, and nothing happens twice or is lost.

use crate::world::{LEASE_OVER, World, mailed, people};
use directory::imports::{ImportState, RunnerStep};
use directory::people::Actor;
use roster::review::Options;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_crash_at_any_point_loses_nothing,
    a_lease_is_respected_and_runs_out,
    a_paused_worker_is_fenced,
    the_same_people_in_parallel_imports,
    two_administrators_with_overlapping_files,
    a_cancel_stops_after_the_batch,
    an_idle_look_waits_for_no_writer,
);

/// Polls `work` at most `polls` times, then drops it where it stands: a crash at that point.
pub async fn crash_after<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

async fn a_crash_at_any_point_loses_nothing(world: World) {
    let id = world.send(&mailed(), &people("u", 160), 2).await;
    let (mut polls, mut crashes) = (0, 0);
    while world.number("SELECT COUNT(*) FROM import WHERE state = 'completed'").await == 0 {
        polls += 1;
        match crash_after(polls, world.directory.run_next_batch("mortal")).await {
            None => crashes += 1,
            Some(step) => {
                step.unwrap();
                // It came through: begin again with an early crash.
                polls = polls.min(12);
            }
        }
        world.clock.advance(LEASE_OVER);
    }
    // How many there are depends on how much of an answer is there when it is looked for.
    assert!(crashes > 5, "{crashes} crashes");
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created, import.mails_owed), (ImportState::Completed, 160, 160));
    world.check_invariants().await;
}

async fn a_lease_is_respected_and_runs_out(world: World) {
    let id = world.send(&Options::default(), &people("u", 10), 10).await;
    let fence = || world.number("SELECT fence FROM import");
    let mut polls = 0;
    while fence().await == 0 {
        polls += 1;
        let done = crash_after(polls, world.directory.run_next_batch("mortal")).await;
        assert!(done.is_none(), "the claim is made before the batch is carried out");
    }
    let other = world.another().await;
    assert_eq!(other.run_next_batch("other").await.unwrap(), RunnerStep::Idle, "somebody holds it");
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 0);
    world.clock.advance(LEASE_OVER);
    assert_eq!(other.run_next_batch("other").await.unwrap(), RunnerStep::Worked);
    assert_eq!(world.directory.import(id).await.unwrap().unwrap().created, 10);
    world.check_invariants().await;
}

async fn a_paused_worker_is_fenced(world: World) {
    world.send(&Options::default(), &people("u", 10), 10).await;
    // A worker claims the import and stands still; another takes over when the lease has run out.
    let mut paused = Box::pin(world.directory.run_next_batch("paused"));
    while world.number("SELECT fence FROM import").await == 0 {
        let poll = poll_fn(|context| Poll::Ready(paused.as_mut().poll(context))).await;
        assert!(poll.is_pending());
    }
    world.clock.advance(LEASE_OVER);
    let other = world.another().await;
    while other.run_next_batch("other").await.unwrap() == RunnerStep::Worked {}
    let before = world.number("SELECT COUNT(*) FROM audit").await;
    assert_eq!(paused.await.unwrap(), RunnerStep::Worked);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit").await, before, "the woken worker did nothing");
    assert_eq!(world.number("SELECT created FROM import").await, 10);
    world.check_invariants().await;
}

async fn the_same_people_in_parallel_imports(world: World) {
    for _ in 0..4 {
        world.send(&Options::default(), &people("u", 40), 10).await;
    }
    let mut working = JoinSet::new();
    for worker in ["one", "two", "three", "four"] {
        let directory = world.another().await;
        working.spawn(async move {
            loop {
                match directory.run_next_batch(worker).await {
                    Ok(RunnerStep::Idle) => break,
                    Ok(RunnerStep::Worked) => {}
                    Err(error) => assert!(error.is_unavailable(), "{error}"),
                }
            }
        });
    }
    working.join_all().await;
    world.clock.advance(LEASE_OVER);
    world.drain().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 40);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_row").await, 160);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_row WHERE outcome = 'unchanged'").await, 120);
    world.check_invariants().await;
}

async fn two_administrators_with_overlapping_files(world: World) {
    let (petra, anna) = (world.administrator("petra").await, world.administrator("anna").await);
    for round in 0..20 {
        let all = people(&format!("r{round}p"), 90);
        let sides = [(&petra, &all[..60]), (&anna, &all[30..])];
        let ids = [
            world.send_as(sides[0].0, &Options::default(), sides[0].1, 10).await,
            world.send_as(sides[1].0, &Options::default(), sides[1].1, 10).await,
        ];
        let mut working = JoinSet::new();
        for worker in ["one", "two"] {
            let directory = world.directory.clone();
            working.spawn(async move {
                while directory.run_next_batch(worker).await.unwrap() == RunnerStep::Worked {}
            });
        }
        working.join_all().await;
        world.drain().await;
        let (mut created, mut unchanged) = (0, 0);
        for id in ids {
            let import = world.directory.import(id).await.unwrap().unwrap();
            assert_eq!((import.state, import.done, import.failed), (ImportState::Completed, 60, 0));
            created += import.created;
            unchanged += import.unchanged;
        }
        assert_eq!((created, unchanged), (90, 30), "every row says what happened to it");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM account WHERE role = 'member'").await, 20 * 90);
    world.check_invariants().await;
}

async fn a_cancel_stops_after_the_batch(world: World) {
    let id = world.send(&Options::default(), &people("u", 100), 10).await;
    world.directory.run_next_batch("test").await.unwrap();
    let batch = world.directory.import(id).await.unwrap().unwrap().done;
    assert!(0 < batch && batch < 100, "{batch} rows in one batch");
    world.directory.cancel_import(&Actor::system(), id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created, import.done), (ImportState::Cancelled, batch, batch));
    world.check_invariants().await;
}

async fn an_idle_look_waits_for_no_writer(world: World) {
    world.run(&Options::default(), &people("u", 3)).await;
    let idle = async || {
        let look = tokio::time::timeout(Duration::from_secs(3), world.directory.run_next_batch("idle"));
        look.await.expect("it waits for somebody who writes").unwrap()
    };
    if world.url.starts_with("sqlite") {
        let mut writer = SqliteConnection::connect(&world.url).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
        assert_eq!(idle().await, RunnerStep::Idle);
        writer.close().await.unwrap();
    } else {
        let mut writer = PgConnection::connect(&world.url).await.unwrap();
        let held = "BEGIN; LOCK TABLE import, import_chunk, import_absent IN EXCLUSIVE MODE";
        sqlx::raw_sql(held).execute(&mut writer).await.unwrap();
        assert_eq!(idle().await, RunnerStep::Idle);
        writer.close().await.unwrap();
    }
}

/// Only a database that is a server can end what another process holds.
#[tokio::test(flavor = "multi_thread")]
async fn who_stops_in_the_middle_of_sending_rows_is_ended() {
    let world = World::postgres().await;
    let options: PgConnectOptions = world.url.parse().unwrap();
    let mut ours = options.clone().application_name("rollcall").connect().await.unwrap();
    let mut foreign = options.application_name("psql").connect().await.unwrap();
    let rows = "COPY import FROM STDIN";
    let frozen = ours.copy_in_raw(rows).await.unwrap();
    let patient = foreign.copy_in_raw(rows).await.unwrap();

    let directory = &world.directory;
    assert_eq!(directory.end_stalled(Duration::from_secs(3600)).await.unwrap(), 0, "there is time left");
    let mut ended = 0;
    for _ in 0..200 {
        ended += directory.end_stalled(Duration::ZERO).await.unwrap();
        if ended > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ended, 1);
    // What is sent in the same instant may still be taken, but nothing after it.
    let finished = frozen.finish().await;
    let asked = sqlx::raw_sql("SELECT 1").execute(&mut ours).await;
    assert!(asked.is_err(), "its connection goes on after {finished:?}");
    patient.finish().await.expect("connections of other programs are none of ours");
}
