//! Taking an import back.

use crate::world::{World, mailed, people, person, secret};
use directory::imports::{ImportError, Outcome, UndoState};
use directory::people::Actor;
use roster::review::{Action, Existing, Options};
use std::time::Duration;

on_both!(
    exactly_the_unused_accounts_go,
    replaced_fields_come_back,
    what_was_changed_again_is_kept,
    only_what_has_ended_is_undone,
    an_undo_that_stops_goes_on,
    a_person_can_be_imported_again,
);

fn overwrite() -> Options {
    Options { existing: Existing::Overwrite, ..Options::default() }
}

async fn exactly_the_unused_accounts_go(world: World) {
    let directory = &world.directory;
    directory.set_seat_limit(&Actor::system(), Some(50)).await.unwrap();
    let import = world.run(&mailed(), &people("u", 40)).await;
    // Every other person signs in.
    let messages = directory.claim_messages("mail", 100, Duration::from_secs(900)).await.unwrap();
    assert_eq!(messages.len(), 40);
    let mut used = Vec::new();
    for message in messages.iter().filter(|message| message.username.ends_with(['1', '3', '5', '7', '9'])) {
        let password = message.secret.as_ref().unwrap().expose();
        directory.sign_in(&message.username, secret(&password), "192.0.2.1").await.unwrap();
        used.push(message.username.clone());
    }
    assert_eq!(used.len(), 20);

    directory.undo_import(&Actor::system(), import.id).await.unwrap();
    directory.undo_import(&Actor::system(), import.id).await.expect("saying it twice is no mistake");
    world.drain_undo().await;
    let import = directory.import(import.id).await.unwrap().unwrap();
    assert_eq!(import.undo_state, Some(UndoState::Done));
    assert_eq!((import.removed, import.restored, import.kept), (20, 0, 20));
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 20);
    assert_eq!(directory.seats().await.unwrap().used, 20);
    for row in directory.import_rows(import.id, Some(Outcome::Created), 1).await.unwrap().items {
        let kept = used.contains(&row.username);
        assert_eq!(row.undo.as_deref(), Some(if kept { "kept" } else { "removed" }), "{}", row.username);
        assert_eq!(row.undo_reason.is_some(), kept);
        assert_eq!(directory.account_by_username(&row.username).await.unwrap().is_some(), kept);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'user_deleted'").await, 20);
    world.check_invariants().await;
}

async fn replaced_fields_come_back(world: World) {
    let mut rows = people("u", 10);
    world.run(&Options::default(), &rows).await;
    world.clock.advance(Duration::from_secs(1));
    // New names for all, and the first two swap their addresses.
    for (row, action) in &mut rows {
        *action = Action::Update;
        row.values.last_name = "Jones".to_owned();
    }
    let first = rows[0].0.values.email.clone();
    rows[0].0.values.email = std::mem::replace(&mut rows[1].0.values.email, first);
    let import = world.run(&overwrite(), &rows).await;
    assert_eq!(import.updated, 10);
    world.check_invariants().await;

    world.clock.advance(Duration::from_secs(1));
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    let import = world.directory.import(import.id).await.unwrap().unwrap();
    assert_eq!((import.removed, import.restored, import.kept), (0, 10, 0));
    for (row, _) in people("u", 10) {
        let account = world.directory.account_by_username(&row.values.username).await.unwrap().unwrap();
        assert_eq!(account.email, row.values.email);
        assert_eq!(account.last_name, row.values.last_name);
    }
    world.check_invariants().await;
}

async fn what_was_changed_again_is_kept(world: World) {
    let run = async |last_name: &str, names: &[&str]| {
        world.clock.advance(Duration::from_secs(1));
        let rows: Vec<_> = (1..)
            .zip(names)
            .map(|(number, name)| {
                let (mut row, _) = person(number, name);
                row.values.last_name = last_name.to_owned();
                (row, Action::Update)
            })
            .collect();
        world.run(&overwrite(), &rows).await
    };
    let created = world.run(&Options::default(), &[person(1, "anna"), person(2, "ben")]).await;
    let first = run("Jones", &["anna", "ben"]).await;
    run("Miller", &["ben"]).await;

    world.directory.undo_import(&Actor::system(), first.id).await.unwrap();
    world.drain_undo().await;
    let first = world.directory.import(first.id).await.unwrap().unwrap();
    assert_eq!((first.restored, first.kept), (1, 1));
    let last_name =
        async |name: &str| world.directory.account_by_username(name).await.unwrap().unwrap().last_name;
    assert_eq!(
        (last_name("anna").await, last_name("ben").await),
        ("Smith-ANNA".to_owned(), "Miller".to_owned())
    );

    // The import that created both: ben was changed by one that stands.
    world.directory.undo_import(&Actor::system(), created.id).await.unwrap();
    world.drain_undo().await;
    let created = world.directory.import(created.id).await.unwrap().unwrap();
    assert_eq!((created.removed, created.kept), (1, 1));
    assert!(world.directory.account_by_username("ben").await.unwrap().is_some());
    world.check_invariants().await;
}

async fn only_what_has_ended_is_undone(world: World) {
    let id = world.send(&Options::default(), &people("u", 5), 5).await;
    let refused = world.directory.undo_import(&Actor::system(), id).await;
    assert!(matches!(refused, Err(ImportError::GoesOn)), "{refused:?}");
    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    let refused = world.directory.undo_import(&Actor::system(), unknown).await;
    assert!(matches!(refused, Err(ImportError::NotFound)), "{refused:?}");
    world.drain().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 5);
}

async fn an_undo_that_stops_goes_on(world: World) {
    let import = world.run(&Options::default(), &people("u", 30)).await;
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    // Dropped at every point in turn.
    let mut polls = 0;
    while world.number("SELECT COUNT(*) FROM import WHERE undo_state = 'done'").await == 0 {
        polls += 1;
        crate::faults::crash_after(polls, world.directory.run_next_batch("mortal")).await;
        world.clock.advance(crate::world::LEASE_OVER);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 0);
    let import = world.directory.import(import.id).await.unwrap().unwrap();
    assert_eq!((import.removed, import.kept), (30, 0));
    world.check_invariants().await;
}

async fn a_person_can_be_imported_again(world: World) {
    let import = world.run(&Options::default(), &people("u", 3)).await;
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    let again = world.run(&Options::default(), &people("u", 3)).await;
    assert_eq!(again.created, 3);
    world.check_invariants().await;
}
