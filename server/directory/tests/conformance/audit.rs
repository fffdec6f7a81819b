//! The audit trail: its seals, and finding something in it.

use crate::world::{World, people};
use directory::audit::{AuditError, AuditFilter, Event};
use directory::clock::Timestamp;
use directory::people::Actor;
use roster::review::Options;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

on_both!(
    every_transaction_is_sealed_after_the_one_before,
    a_change_anywhere_breaks_the_seals,
    what_is_cut_off_at_the_end_is_missed_by_a_noted_seal,
    transactions_at_the_same_time_are_sealed_one_after_the_other,
    records_are_found_by_event_text_and_day,
    what_is_written_during_a_check_is_no_finding,
    a_record_waits_for_no_network,
);

/// Lets the records be changed as somebody could who owns the database.
async fn unprotect(world: &World) {
    let statements: &[&str] = if world.url.starts_with("sqlite") {
        &[
            "DROP TRIGGER audit_is_never_changed",
            "DROP TRIGGER audit_is_never_deleted",
            "DROP TRIGGER audit_seal_is_never_changed",
            "DROP TRIGGER audit_seal_is_never_deleted",
        ]
    } else {
        &[
            "DROP TRIGGER audit_is_append_only ON audit",
            "DROP TRIGGER audit_seal_is_append_only ON audit_seal",
        ]
    };
    for statement in statements {
        world.execute(statement).await.unwrap();
    }
}

async fn every_transaction_is_sealed_after_the_one_before(world: World) {
    let empty = world.directory.check_audit(None, None).await.unwrap();
    assert_eq!((empty.records, empty.seals), (0, 0));
    world.run(&Options::default(), &people("u", 250)).await;
    let check = world.directory.check_audit(None, None).await.unwrap();
    // Opened, sealed, 250 accounts, completed.
    assert_eq!((check.records, check.unsealed), (253, 0));
    assert!(
        check.seals >= 3 && check.seals < 20,
        "a seal for a transaction, not for a record: {}",
        check.seals
    );
    let newest = world.directory.check_audit(Some(1), None).await.unwrap();
    assert_eq!((newest.seals, &newest.newest), (1, &check.newest));
    assert!(world.execute("UPDATE audit_seal SET records = 1").await.is_err());
    assert!(world.execute("DELETE FROM audit_seal").await.is_err());
}

async fn a_change_anywhere_breaks_the_seals(world: World) {
    world.run(&Options::default(), &people("u", 5)).await;
    unprotect(&world).await;
    let middle = world.number("SELECT MIN(number) + 3 FROM audit").await;
    for (change, back) in [
        (
            "UPDATE audit SET target = 'x' || target WHERE number = (SELECT MIN(number) + 3 FROM audit)",
            "UPDATE audit SET target = substr(target, 2) WHERE number = (SELECT MIN(number) + 3 FROM audit)",
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE event = 'import_opened'",
            "UPDATE audit SET at = at - 1 WHERE event = 'import_opened'",
        ),
        (
            "UPDATE audit SET actor_name = actor_name || ' ', event = event || ' ' WHERE event = 'import_completed'",
            "UPDATE audit SET actor_name = trim(actor_name), event = trim(event) WHERE event = 'import_completed '",
        ),
    ] {
        world.execute(change).await.unwrap();
        let broken = world.directory.check_audit(None, None).await;
        assert!(matches!(broken, Err(AuditError::Changed { .. })), "{change}: {broken:?}");
        world.execute(back).await.unwrap();
        world.directory.check_audit(None, None).await.unwrap();
    }
    world.execute("DELETE FROM audit WHERE number = (SELECT MIN(number) + 3 FROM audit)").await.unwrap();
    match world.directory.check_audit(None, None).await {
        Err(AuditError::Changed { first, last }) => {
            assert!((first..=last).contains(&middle), "{first} to {last}")
        }
        other => panic!("{other:?}"),
    }
}

async fn what_is_cut_off_at_the_end_is_missed_by_a_noted_seal(world: World) {
    let actor = Actor::system();
    world.directory.record_event(&actor, Event::SignOut, "anna", "").await.unwrap();
    let noted = world.directory.check_audit(None, None).await.unwrap().newest;
    world.directory.record_event(&actor, Event::SignOut, "ben", "").await.unwrap();
    assert!(world.directory.check_audit(None, Some(&noted)).await.unwrap().contains);

    unprotect(&world).await;
    world.execute("DELETE FROM audit WHERE target = 'ben'").await.unwrap();
    assert!(matches!(world.directory.check_audit(None, None).await, Err(AuditError::Changed { .. })));
    world
        .execute("DELETE FROM audit_seal WHERE last_number > (SELECT MAX(number) FROM audit)")
        .await
        .unwrap();
    assert!(matches!(world.directory.check_audit(None, None).await, Err(AuditError::End { .. })));

    // Even the head was set back: the seals are whole, and the noted one is not among them.
    world.execute("DELETE FROM audit").await.unwrap();
    world.execute("DELETE FROM audit_seal").await.unwrap();
    let zero =
        if world.url.starts_with("sqlite") { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    let back: &'static str = format!("UPDATE audit_head SET hash = {zero}").leak();
    world.execute(back).await.unwrap();
    assert!(!world.directory.check_audit(None, Some(&noted)).await.unwrap().contains);
}

async fn transactions_at_the_same_time_are_sealed_one_after_the_other(world: World) {
    let other = world.another().await;
    let write = |directory: directory::Directory, name: &'static str| async move {
        for _ in 0..50 {
            directory.record_event(&Actor::system(), Event::SignOut, name, "").await.unwrap();
        }
    };
    tokio::join!(
        write(world.directory.clone(), "a"),
        write(other.clone(), "b"),
        write(other.clone(), "c"),
        write(world.directory.clone(), "d"),
    );
    let check = world.directory.check_audit(None, None).await.unwrap();
    assert_eq!((check.records, check.seals), (200, 200));
}

async fn records_are_found_by_event_text_and_day(world: World) {
    let actor = world.administrator("petra").await;
    world.clock.advance(Duration::from_secs(48 * 3600));
    world.directory.record_event(&actor, Event::SignOut, "100%_Anna", "from 192.0.2.1").await.unwrap();
    let found = |filter: AuditFilter| {
        let directory = world.directory.clone();
        async move {
            let page = directory.audit(&filter, 1).await.unwrap();
            let all = directory.audit_from(&filter, 0).await.unwrap();
            assert_eq!(page.total, all.len() as u64);
            page.items.into_iter().map(|entry| entry.target).collect::<Vec<_>>()
        }
    };
    let event = |name: &str| AuditFilter { event: name.to_owned(), ..AuditFilter::default() };
    let text = |text: &str| AuditFilter { text: text.to_owned(), ..AuditFilter::default() };
    assert_eq!(found(AuditFilter::default()).await, ["100%_Anna", "petra"], "newest first");
    assert_eq!(found(event("session_ended")).await, ["100%_Anna"]);
    assert_eq!(found(event("user_created")).await, ["petra"]);
    assert_eq!(found(text("0%_ANNA")).await, ["100%_Anna"], "wildcards are taken literally");
    assert_eq!(found(text("192.0.2")).await, ["100%_Anna"]);
    assert!(found(text("nobody")).await.is_empty());

    let now: Timestamp = world.directory.time();
    let today = AuditFilter { from: Some(now), ..AuditFilter::default() };
    assert_eq!(found(today).await, ["100%_Anna"]);
    let before = AuditFilter { until: Some(now), ..AuditFilter::default() };
    assert_eq!(found(before).await, ["petra"]);
    let day = AuditFilter::default().between("2026-11-26", "2026-11-26").unwrap();
    assert_eq!(day.until.unwrap().0 - day.from.unwrap().0, 24 * 3600 * 1000, "the whole day");
    assert!(AuditFilter::default().between("26.11.2026", "").is_err());
}

async fn what_is_written_during_a_check_is_no_finding(world: World) {
    let somebody = Actor::system();
    let write = || world.directory.record_event(&somebody, Event::SignOut, "somebody", "");
    let other = world.another().await;
    let (mut written, mut rounds) = (0, 0);
    // On a busy machine answers of the database may be there before anybody waits for them.
    while written < 4 {
        rounds += 1;
        assert!(rounds < 200, "a check never waits for the database");
        for newest in [None, Some(0), Some(1), Some(2)] {
            write().await.unwrap();
            let mut check = Box::pin(other.check_audit(newest, None));
            // A record between any two steps of the check.
            loop {
                match poll_fn(|context| Poll::Ready(check.as_mut().poll(context))).await {
                    Poll::Ready(done) => break done.map(drop).unwrap(),
                    Poll::Pending => write().await.unwrap(),
                }
                written += 1;
            }
        }
    }
}

/// A record is one small statement: sent in two packets, the second would wait some 40 ms for the first to be acknowledged.
async fn a_record_waits_for_no_network(world: World) {
    let mut fastest = Duration::MAX;
    for _ in 0..20 {
        let begun = Instant::now();
        world.directory.record_event(&Actor::system(), Event::SettingsChanged, "settings", "").await.unwrap();
        fastest = fastest.min(begun.elapsed());
    }
    assert!(fastest < Duration::from_millis(35), "{fastest:?}");
}
