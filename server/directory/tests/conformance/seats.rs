//! Seats are never exceeded, whoever takes them, and come back when accounts are closed.

use crate::world::{World, people, secret};
use directory::imports::{ImportState, Outcome, RunnerStep};
use directory::people::{Actor, Reactivation};
use roster::Code;
use roster::review::Options;
use tokio::task::JoinSet;

on_both!(
    two_imports_share_a_hundred_seats,
    many_workers_never_exceed_the_limit,
    closing_frees_and_opening_takes,
    administrators_take_no_seat,
    a_password_survives_the_wait_for_a_seat,
);

async fn two_imports_share_a_hundred_seats(world: World) {
    let actor = Actor::system();
    world.directory.set_seat_limit(&actor, Some(100)).await.unwrap();
    let first = world.send(&Options::default(), &people("a", 80), 20).await;
    let second = world.send(&Options::default(), &people("b", 80), 20).await;
    let other = world.another().await;
    let mut working = JoinSet::new();
    for (worker, directory) in [("one", world.directory.clone()), ("two", other)] {
        working.spawn(async move {
            while directory.run_next_batch(worker).await.unwrap() == RunnerStep::Worked {}
        });
    }
    working.join_all().await;
    world.drain().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 100);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_row WHERE code = 'seats.exhausted'").await, 60);
    assert_eq!(world.directory.seats().await.unwrap().free(), Some(0));
    let mut without = 0;
    for id in [first, second] {
        let import = world.directory.import(id).await.unwrap().unwrap();
        assert_eq!((import.state, import.done), (ImportState::Completed, 80));
        assert_eq!(import.failed, import.without_seat);
        without += import.without_seat;
        let failed = world.directory.import_rows(id, Some(Outcome::Failed), 1).await.unwrap();
        assert!(failed.items.iter().all(|row| row.code == Some(Code::SeatsExhausted)));
    }
    assert_eq!(without, 60);
    world.check_invariants().await;

    // Half of the missing seats come: half of the rows are done, the others keep waiting.
    world.directory.set_seat_limit(&actor, Some(130)).await.unwrap();
    let mut again = 0;
    for id in [first, second] {
        again += world.directory.continue_import(&actor, id).await.unwrap();
        let import = world.directory.import(id).await.unwrap().unwrap();
        assert_eq!(import.done, 80, "progress never goes backwards");
    }
    assert_eq!(again, 60);
    world.drain().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 130);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_row WHERE code = 'seats.exhausted'").await, 30);
    world.check_invariants().await;

    world.directory.set_seat_limit(&actor, None).await.unwrap();
    for id in [first, second] {
        world.directory.continue_import(&actor, id).await.unwrap();
    }
    world.drain().await;
    for id in [first, second] {
        let import = world.directory.import(id).await.unwrap().unwrap();
        assert_eq!((import.created, import.failed, import.without_seat), (80, 0, 0));
        assert_eq!(world.directory.continue_import(&actor, id).await.unwrap(), 0, "nothing is left to try");
    }
    world.check_invariants().await;
}

async fn many_workers_never_exceed_the_limit(world: World) {
    world.directory.set_seat_limit(&Actor::system(), Some(55)).await.unwrap();
    for prefix in ["a", "b", "c", "d", "e", "f"] {
        world.send(&Options::default(), &people(prefix, 20), 5).await;
    }
    let mut working = JoinSet::new();
    for worker in ["one", "two", "three", "four"] {
        let directory = world.another().await;
        working.spawn(async move {
            while directory.run_next_batch(worker).await.unwrap() == RunnerStep::Worked {}
        });
    }
    working.join_all().await;
    world.drain().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 55);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_row").await, 120);
    assert_eq!(world.number("SELECT COUNT(*) FROM import WHERE state = 'completed'").await, 6);
    world.check_invariants().await;
}

async fn closing_frees_and_opening_takes(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    directory.set_seat_limit(&petra, Some(3)).await.unwrap();
    world.run(&Options::default(), &people("u", 3)).await;
    let (one, two) = (world.account_id("u0001").await, world.account_id("u0002").await);
    assert_eq!(directory.deactivate(&petra, &[one, two, two]).await.unwrap(), 2);
    assert_eq!(directory.deactivate(&petra, &[one]).await.unwrap(), 0, "it is closed already");
    assert_eq!(directory.seats().await.unwrap().used, 1);
    world.run(&Options::default(), &people("v", 1)).await;
    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    let opened = directory.reactivate(&petra, &[one, two, petra.account, unknown]).await.unwrap();
    assert_eq!((opened.reactivated, opened.without_seat), (1, 1));
    assert_eq!(
        opened.outcomes,
        [
            (one, Reactivation::Reactivated),
            (two, Reactivation::NoSeat),
            (petra.account, Reactivation::AlreadyActive),
            (unknown, Reactivation::Unknown),
        ]
    );
    assert_eq!(directory.seats().await.unwrap().free(), Some(0));
    world.check_invariants().await;
}

async fn administrators_take_no_seat(world: World) {
    world.directory.set_seat_limit(&Actor::system(), Some(0)).await.unwrap();
    let petra = world.administrator("petra").await;
    let anna = world.administrator("anna").await;
    world.directory.deactivate(&petra, &[anna.account]).await.unwrap();
    let opened = world.directory.reactivate(&petra, &[anna.account]).await.unwrap();
    assert_eq!(opened.reactivated, 1);
    assert_eq!(world.directory.seats().await.unwrap().used, 0);
    world.check_invariants().await;
}

async fn a_password_survives_the_wait_for_a_seat(world: World) {
    let actor = Actor::system();
    world.directory.set_seat_limit(&actor, Some(0)).await.unwrap();
    let mut rows = people("u", 1);
    rows[0].0.values.password = Some("copper orchard under snow 9".to_owned());
    let import = world.run(&Options::default(), &rows).await;
    assert_eq!((import.failed, import.without_seat), (1, 1));
    let dump = String::from_utf8_lossy(&world.dump().await).into_owned();
    assert!(!dump.contains("copper orchard"), "it waits sealed");
    world.directory.set_seat_limit(&actor, Some(1)).await.unwrap();
    assert_eq!(world.directory.continue_import(&actor, import.id).await.unwrap(), 1);
    world.drain().await;
    world.directory.sign_in("u0001", secret("copper orchard under snow 9"), "").await.unwrap();
    world.check_invariants().await;
}
