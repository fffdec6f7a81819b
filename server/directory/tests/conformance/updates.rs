//! Updates: addresses that change hands, people who changed since the review.

use crate::world::{World, new_import, people, person};
use directory::imports::Outcome;
use directory::people::Actor;
use roster::Code;
use roster::review::{Action, Existing, Options};
use std::time::Duration;

on_both!(
    addresses_change_hands_in_one_file,
    a_new_person_gets_an_address_that_becomes_free,
    an_address_that_stays_taken_is_refused,
    somebody_changed_since_the_review_is_left_alone,
);

fn overwrite() -> Options {
    Options { existing: Existing::Overwrite, ..Options::default() }
}

async fn addresses_change_hands_in_one_file(world: World) {
    let mut rows = people("u", 60);
    world.run(&Options::default(), &rows).await;
    world.clock.advance(Duration::from_secs(1));
    // Everybody gets the address of the next, the last the first: no order of single updates can do that. The chunks
    // are small, so that the circle goes through several transactions.
    let addresses: Vec<String> = rows.iter().map(|(row, _)| row.values.email.clone()).collect();
    for (place, (row, action)) in rows.iter_mut().enumerate() {
        *action = Action::Update;
        row.values.email.clone_from(&addresses[(place + 1) % addresses.len()]);
    }
    let id = world.send(&overwrite(), &rows, 5).await;
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.updated, import.failed), (60, 0));
    for (row, _) in &rows {
        let account = world.directory.account_by_username(&row.values.username).await.unwrap().unwrap();
        assert_eq!(account.email, row.values.email);
    }
    world.check_invariants().await;
}

async fn a_new_person_gets_an_address_that_becomes_free(world: World) {
    world.run(&Options::default(), &[person(1, "anna")]).await;
    world.clock.advance(Duration::from_secs(1));
    let (mut new, add) = person(1, "ben");
    new.values.email = "anna@example.org".to_owned();
    let (mut old, _) = person(2, "anna");
    old.values.email = "anna.jones@example.org".to_owned();
    let import = world.run(&overwrite(), &[(new, add), (old, Action::Update)]).await;
    assert_eq!((import.created, import.updated), (1, 1));
    let ben = world.directory.account_by_username("ben").await.unwrap().unwrap();
    assert_eq!(ben.email, "anna@example.org");
    world.check_invariants().await;
}

async fn an_address_that_stays_taken_is_refused(world: World) {
    world.run(&Options::default(), &[person(1, "anna"), person(2, "ben")]).await;
    world.clock.advance(Duration::from_secs(1));
    let (mut row, _) = person(1, "anna");
    row.values.email = "ben@example.org".to_owned();
    let import = world.run(&overwrite(), &[(row, Action::Update)]).await;
    assert_eq!((import.updated, import.failed, import.without_seat), (0, 1, 0));
    let rows = world.directory.import_rows(import.id, Some(Outcome::Failed), 1).await.unwrap().items;
    assert_eq!(rows[0].code, Some(Code::EmailTaken));
    world.check_invariants().await;
}

async fn somebody_changed_since_the_review_is_left_alone(world: World) {
    let directory = &world.directory;
    world.run(&Options::default(), &people("u", 4)).await;
    world.clock.advance(Duration::from_secs(1));
    let reviewed_at = directory.time();
    world.clock.advance(Duration::from_secs(1));
    // Somebody else corrects two of them after the review.
    let renamed = |last_name: &str, count: usize| {
        let mut rows: Vec<_> = people("u", 4).into_iter().take(count).collect();
        for (row, action) in &mut rows {
            row.values.last_name = last_name.to_owned();
            *action = Action::Update;
        }
        rows
    };
    world.run(&overwrite(), &renamed("Jones", 2)).await;

    let actor = Actor::system();
    let mut import = new_import(&overwrite(), 4);
    import.reviewed_at = Some(reviewed_at);
    let (id, _) = directory.open_import(&actor, import).await.unwrap();
    directory.receive_chunk(&actor, id, 0, renamed("Miller", 4)).await.unwrap();
    directory.seal_import(&actor, id).await.unwrap();
    world.drain().await;
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.updated, import.skipped), (2, 2));
    for row in directory.import_rows(id, Some(Outcome::Skipped), 1).await.unwrap().items {
        assert_eq!(row.code, Some(Code::ConflictChangedSinceReview));
        assert_eq!(directory.account_by_username(&row.username).await.unwrap().unwrap().last_name, "Jones");
    }
    world.check_invariants().await;
}
