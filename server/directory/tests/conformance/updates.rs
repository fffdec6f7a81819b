//! Updates: addresses that change hands, people who changed since the review.

use crate::world::{World, new_import, people, person};
use directory::imports::Outcome;
use directory::people::{Actor, PeopleQuery};
use roster::review::{Action, Existing, MatchBy, Options};
use roster::{Code, PersonRow};
use std::time::Duration;

on_both!(
    addresses_change_hands_in_one_file,
    a_new_person_gets_an_address_that_becomes_free,
    an_address_that_stays_taken_is_refused,
    somebody_changed_since_the_review_is_left_alone,
    people_known_by_their_address_get_another_username,
    a_username_that_is_taken_stays_with_whoever_has_it,
    a_username_comes_back_with_an_undo,
);

fn by_email(existing: Existing) -> Options {
    Options { existing, match_by: MatchBy::Email, ..Options::default() }
}

/// A row for the person with the address of `name` that says another username.
fn renamed(row: u32, name: &str, username: &str) -> (PersonRow, Action) {
    let (mut row, _) = person(row, name);
    row.values.username = username.to_owned();
    (row, Action::Update)
}

async fn people_known_by_their_address_get_another_username(world: World) {
    world.run(&Options::default(), &[person(1, "anna"), person(2, "ben")]).await;
    world.clock.advance(Duration::from_secs(1));
    let username = async |email: &str| {
        let query = PeopleQuery { text: email.to_owned(), ..PeopleQuery::default() };
        world.directory.search_people(&query).await.unwrap().items[0].username.clone()
    };
    // Where blanks are filled the username stays.
    let mut row = renamed(1, "anna", "anna.smith");
    row.0.values.profile.push(("location".to_owned(), "Brno".to_owned()));
    let filled = world.run(&by_email(Existing::FillBlanks), std::slice::from_ref(&row)).await;
    assert_eq!((filled.updated, username("anna@example.org").await.as_str()), (1, "anna"));
    world.clock.advance(Duration::from_secs(1));
    // Where the file's values win it changes; an address in another spelling is the same; whoever is new is added.
    row.0.values.email = "ANNA@example.org".to_owned();
    let rows = [row, person(2, "carla")];
    let import = world.run(&by_email(Existing::Overwrite), &rows).await;
    assert_eq!((import.updated, import.created, import.failed), (1, 1, 0));
    assert_eq!(username("anna@example.org").await, "anna.smith");
    assert!(world.directory.account_by_username("anna").await.unwrap().is_none());
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 3);
    let told =
        "SELECT COUNT(*) FROM audit WHERE event = 'user_updated' AND detail LIKE '%is now anna.smith%'";
    assert_eq!(world.number(told).await, 1);
    // The same once more is nothing to do.
    world.clock.advance(Duration::from_secs(1));
    let again = world.run(&by_email(Existing::Overwrite), &[rows[0].clone()]).await;
    assert_eq!(again.unchanged, 1);
}

async fn a_username_that_is_taken_stays_with_whoever_has_it(world: World) {
    world.run(&Options::default(), &people("u", 3)).await;
    let petra = world.administrator("petra").await;
    world.clock.advance(Duration::from_secs(1));
    let mut new = person(4, "new");
    new.0.values.username = "u0003".to_owned();
    let mut twice = person(5, "other");
    twice.0.values.email = "U0001@example.org".to_owned();
    let mut boss = renamed(6, "petra", "boss");
    boss.0.values.email = "petra@admins.example.org".to_owned();
    let rows = [
        // Two who would swap, one who wants somebody's, a new one who wants somebody's, an address that comes twice.
        renamed(1, "u0001", "u0002"),
        renamed(2, "u0002", "u0001"),
        renamed(3, "u0003", "petra"),
        new,
        twice,
        boss,
    ];
    let import = world.run_as(&petra, &by_email(Existing::Overwrite), &rows).await;
    assert_eq!((import.updated, import.created, import.failed), (0, 0, 6));
    let rows = world.directory.import_rows(import.id, Some(Outcome::Failed), 1).await.unwrap().items;
    let codes: Vec<_> = rows.into_iter().map(|row| row.code.unwrap()).collect();
    let taken = Code::UsernameTaken;
    assert_eq!(codes, [taken, taken, taken, taken, Code::EmailDuplicateInFile, taken]);
    world.check_invariants().await;
}

async fn a_username_comes_back_with_an_undo(world: World) {
    world.run(&Options::default(), &[person(1, "anna"), person(2, "ben")]).await;
    world.clock.advance(Duration::from_secs(1));
    let rows = [renamed(1, "anna", "anna.smith"), renamed(2, "ben", "ben.miller")];
    let import = world.run(&by_email(Existing::Overwrite), &rows).await;
    assert_eq!(import.updated, 2);
    // Somebody else has got one of the former usernames.
    world.clock.advance(Duration::from_secs(1));
    let mut other = person(1, "other");
    other.0.values.username = "ben".to_owned();
    assert_eq!(world.run(&Options::default(), &[other]).await.created, 1);
    world.directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    let import = world.directory.import(import.id).await.unwrap().unwrap();
    assert_eq!((import.restored, import.kept), (1, 1));
    let anna = world.directory.account_by_username("anna").await.unwrap().unwrap();
    assert_eq!(anna.email, "anna@example.org");
    let ben = world.directory.account_by_username("ben.miller").await.unwrap().unwrap();
    assert_eq!(ben.email, "ben@example.org");
}

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
