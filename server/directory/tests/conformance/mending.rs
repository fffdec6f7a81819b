//! Failed rows that come again, mended, into the same import.

use crate::world::{World, people, person};
use directory::id::ImportId;
use directory::imports::{Import, ImportState, MendError, Mended, Outcome};
use directory::people::Actor;
use roster::PersonRow;
use roster::review::{Action, Existing, Options};
use std::time::Duration;

on_both!(
    mended_rows_get_another_outcome_in_the_same_import,
    rows_that_did_not_fail_are_left,
    the_same_rows_sent_again_are_taken_once,
    rows_without_a_seat_are_not_tried_twice,
    what_was_decided_in_the_second_review_holds,
    an_ended_import_takes_none,
    a_crash_between_loses_nothing,
);

/// Ten rows of which the third and the seventh fail.
async fn with_two_failed(world: &World) -> Import {
    let mut rows = people("u", 10);
    rows[2].0.values.email = "no address".to_owned();
    rows[6].0.values.email = "neither".to_owned();
    let import = world.run(&Options::default(), &rows).await;
    assert_eq!((import.created, import.failed), (8, 2));
    world.clock.advance(Duration::from_secs(60));
    import
}

fn mended(row: u32) -> (PersonRow, Action) {
    person(row, &format!("u{row:04}"))
}

impl World {
    async fn mend(&self, import: ImportId, rows: &[(PersonRow, Action)]) -> Result<Mended, MendError> {
        self.mend_with(&Options::default(), import, rows).await
    }

    async fn mend_with(
        &self,
        options: &Options,
        import: ImportId,
        rows: &[(PersonRow, Action)],
    ) -> Result<Mended, MendError> {
        let now = self.directory.time();
        self.directory.mend_rows(&Actor::system(), import, Some(now), options, rows.to_vec()).await
    }

    async fn current(&self, import: ImportId) -> Import {
        self.directory.import(import).await.unwrap().unwrap()
    }
}

async fn mended_rows_get_another_outcome_in_the_same_import(world: World) {
    let import = with_two_failed(&world).await;
    let mut still_bad = mended(7);
    still_bad.0.values.email = "still none".to_owned();
    let answer = world.mend(import.id, &[mended(3), still_bad]).await.unwrap();
    assert_eq!(answer, Mended { taken: 2, left: 0 });
    let going_on = world.current(import.id).await;
    assert_eq!(
        (going_on.state, going_on.done),
        (ImportState::Running, 10),
        "failed until they had their turn"
    );
    world.drain().await;
    let after = world.current(import.id).await;
    assert_eq!((after.state, after.created, after.failed, after.done), (ImportState::Completed, 9, 1, 10));
    assert_eq!(world.directory.imports(1).await.unwrap().total, 1, "no import of their own");
    let failed = world.directory.import_rows(import.id, Some(Outcome::Failed), 1).await.unwrap().items;
    assert_eq!(failed.iter().map(|row| row.row).collect::<Vec<_>>(), [7]);
    assert_eq!(
        world.directory.failed_rows(import.id).await.unwrap().unwrap().rows[0].values["email"],
        "still none"
    );
    let created = world.directory.import_rows(import.id, Some(Outcome::Created), 1).await.unwrap().items;
    assert_eq!(created[2].username, "u0003");
    world.check_invariants().await;
    // And once more, with the rest.
    assert_eq!(world.mend(import.id, &[mended(7)]).await.unwrap().taken, 1);
    world.drain().await;
    assert_eq!(world.current(import.id).await.created, 10);
    world.check_invariants().await;
    // Whoever takes the import back takes these rows back, too.
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    assert_eq!(world.current(import.id).await.removed, 10);
    world.check_invariants().await;
}

async fn rows_that_did_not_fail_are_left(world: World) {
    let import = with_two_failed(&world).await;
    let mut other = mended(1);
    other.0.values.username = "somebody".to_owned();
    other.0.values.email = "somebody@example.org".to_owned();
    let answer = world.mend(import.id, &[other, mended(3), mended(99)]).await.unwrap();
    assert_eq!(answer, Mended { taken: 1, left: 2 });
    world.drain().await;
    assert_eq!(world.current(import.id).await.created, 9);
    assert!(world.directory.account_by_username("somebody").await.unwrap().is_none());
    let refused = world.mend(import.id, &[mended(7), mended(3)]).await;
    assert!(matches!(refused, Err(MendError::Malformed(_))), "{refused:?}");
    assert!(matches!(world.mend(import.id, &[]).await, Err(MendError::Malformed(_))));
    world.check_invariants().await;
}

async fn the_same_rows_sent_again_are_taken_once(world: World) {
    let import = with_two_failed(&world).await;
    let rows = [mended(3), mended(7)];
    assert_eq!(world.mend(import.id, &rows).await.unwrap(), Mended { taken: 2, left: 0 });
    // The answer was lost.
    assert_eq!(world.mend(import.id, &rows).await.unwrap(), Mended { taken: 0, left: 2 });
    world.drain().await;
    assert_eq!(world.mend(import.id, &rows).await.unwrap(), Mended { taken: 0, left: 2 });
    world.drain().await;
    let after = world.current(import.id).await;
    assert_eq!((after.created, after.failed), (10, 0));
    world.check_invariants().await;
}

async fn rows_without_a_seat_are_not_tried_twice(world: World) {
    let directory = &world.directory;
    directory.set_seat_limit(&Actor::system(), Some(2)).await.unwrap();
    let import = world.run(&Options::default(), &people("u", 4)).await;
    assert_eq!((import.created, import.without_seat), (2, 2));
    directory.set_seat_limit(&Actor::system(), Some(10)).await.unwrap();
    // Both ways at once.
    assert_eq!(directory.continue_import(&Actor::system(), import.id).await.unwrap(), 2);
    assert_eq!(world.mend(import.id, &[mended(3)]).await.unwrap(), Mended { taken: 0, left: 1 });
    world.drain().await;
    let after = world.current(import.id).await;
    assert_eq!((after.created, after.failed), (4, 0));
    world.check_invariants().await;
}

async fn what_was_decided_in_the_second_review_holds(world: World) {
    world.run(&Options::default(), &people("v", 1)).await;
    let import = with_two_failed(&world).await;
    let overwrite = Options { existing: Existing::Overwrite, ..Options::default() };
    // The row was meant for somebody who is there already.
    let mut about_another = person(3, "v0001");
    about_another.0.values.first_name = "Renamed".to_owned();
    about_another.1 = Action::Update;
    assert_eq!(world.mend_with(&overwrite, import.id, &[about_another]).await.unwrap().taken, 1);
    let refused = world.mend(import.id, &[mended(7)]).await;
    assert!(matches!(refused, Err(MendError::OtherOptions)), "what waits is not changed: {refused:?}");
    world.drain().await;
    let after = world.current(import.id).await;
    assert_eq!((after.created, after.updated, after.failed), (8, 1, 1));
    let changed = world.directory.account_by_username("v0001").await.unwrap().unwrap();
    assert_eq!(changed.first_name, "Renamed");
    assert_eq!(world.mend(import.id, &[mended(7)]).await.unwrap().taken, 1);
    world.drain().await;
    assert_eq!(world.current(import.id).await.created, 9);
    world.check_invariants().await;
}

async fn an_ended_import_takes_none(world: World) {
    let import = with_two_failed(&world).await;
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    let refused = world.mend(import.id, &[mended(3)]).await;
    assert!(matches!(refused, Err(MendError::Ended)), "{refused:?}");
    world.drain_undo().await;
    let (open, _) = world
        .directory
        .open_import(&Actor::system(), crate::world::new_import(&Options::default(), 5))
        .await
        .unwrap();
    let refused = world.mend(open, &[mended(3)]).await;
    assert!(matches!(refused, Err(MendError::GoesOn)), "{refused:?}");
    world.directory.cancel_import(&Actor::system(), open).await.unwrap();
    let refused = world.mend(open, &[mended(3)]).await;
    assert!(matches!(refused, Err(MendError::Ended)), "{refused:?}");
    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    assert!(matches!(world.mend(unknown, &[mended(3)]).await, Err(MendError::NotFound)));
    world.check_invariants().await;
}

async fn a_crash_between_loses_nothing(world: World) {
    let import = with_two_failed(&world).await;
    world.mend(import.id, &[mended(3), mended(7)]).await.unwrap();
    let mut polls = 0;
    while world.current(import.id).await.state != ImportState::Completed {
        polls += 1;
        crate::faults::crash_after(polls, world.directory.run_next_batch("mortal")).await;
        world.clock.advance(crate::world::LEASE_OVER);
    }
    let after = world.current(import.id).await;
    assert_eq!((after.created, after.failed), (10, 0));
    world.check_invariants().await;
}
