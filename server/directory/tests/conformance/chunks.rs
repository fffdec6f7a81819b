//! Receiving rows: order, repetition, gaps, and what a state allows.

use crate::world::{World, new_import, people, person};
use directory::imports::{ChunkError, ImportError, ImportState, NewImport, OpenImportError};
use directory::people::Actor;
use roster::review::Options;
use std::sync::Arc;
use tokio::task::JoinSet;

on_both!(
    a_chunk_sent_again_gets_the_stored_answer,
    gaps_and_other_rows_are_refused,
    identical_chunks_in_parallel_count_once,
    rows_out_of_order_are_refused,
    an_upload_goes_on_where_it_stopped,
    what_is_left_of_a_file_ends_its_first_upload,
    illegal_steps_are_refused,
    limits_are_kept,
    an_upload_can_be_finished_by_somebody_else,
    an_upload_goes_on_another_day,
);

async fn a_chunk_sent_again_gets_the_stored_answer(world: World) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let rows = people("u", 30);
    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 30)).await.unwrap();
    let first = directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap();
    assert_eq!((first.received_rows, first.next_chunk), (10, 1));
    directory.receive_chunk(&actor, id, 1, rows[10..20].to_vec()).await.unwrap();
    world.drain().await;
    // Also after it was carried out, and after the import has ended.
    assert_eq!(directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap(), first);
    directory.receive_chunk(&actor, id, 2, rows[20..].to_vec()).await.unwrap();
    directory.seal_import(&actor, id).await.unwrap();
    world.drain().await;
    assert_eq!(directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap(), first);
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.created, import.done, import.state), (30, 30, ImportState::Completed));
    world.check_invariants().await;
}

async fn gaps_and_other_rows_are_refused(world: World) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let rows = people("u", 30);
    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 30)).await.unwrap();
    directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap();
    let gap = directory.receive_chunk(&actor, id, 2, rows[20..].to_vec()).await;
    assert!(matches!(gap, Err(ChunkError::Gap { expected: 1 })), "{gap:?}");
    let mut other = rows[..10].to_vec();
    other[3].0.values.last_name = "Somebody".to_owned();
    let different = directory.receive_chunk(&actor, id, 0, other).await;
    assert!(matches!(different, Err(ChunkError::Different)), "{different:?}");
    assert_eq!(world.number("SELECT rows_received FROM import").await, 10);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_chunk").await, 1);
}

async fn identical_chunks_in_parallel_count_once(world: World) {
    let actor = Actor::system();
    let rows = people("u", 20);
    let (id, _) = world.directory.open_import(&actor, new_import(&Options::default(), 20)).await.unwrap();
    let others = [world.directory.clone(), world.another().await];
    let mut sending = JoinSet::new();
    for number in 0..50 {
        let (directory, actor, rows) = (others[number % 2].clone(), actor.clone(), rows.clone());
        sending.spawn(async move { directory.receive_chunk(&actor, id, 0, rows).await });
    }
    for answer in sending.join_all().await {
        let answer = answer.unwrap();
        assert_eq!((answer.received_rows, answer.next_chunk), (20, 1));
    }
    world.directory.seal_import(&actor, id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.created, import.failed, import.state), (20, 0, ImportState::Completed));
    world.check_invariants().await;
}

async fn rows_out_of_order_are_refused(world: World) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 3)).await.unwrap();
    for rows in [
        vec![],
        vec![person(2, "b"), person(1, "a")],
        vec![person(1, "a"), person(1, "a")],
        vec![person(0, "a")],
        people("u", 4),
    ] {
        let refused = directory.receive_chunk(&actor, id, 0, rows).await;
        assert!(matches!(refused, Err(ChunkError::Malformed(_))), "{refused:?}");
    }
    directory.receive_chunk(&actor, id, 0, vec![person(5, "u5")]).await.unwrap();
    let back = directory.receive_chunk(&actor, id, 1, vec![person(5, "u5")]).await;
    assert!(matches!(back, Err(ChunkError::Malformed(_))), "a row has one outcome: {back:?}");
}

async fn an_upload_goes_on_where_it_stopped(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    let import = NewImport { digest: vec![1, 2, 3], ..new_import(&Options::default(), 30) };
    let (id, next) = directory.open_import(&petra, import.clone()).await.unwrap();
    assert_eq!(next, 0);
    directory.receive_chunk(&petra, id, 0, people("u", 10)).await.unwrap();
    assert_eq!(directory.open_import(&petra, import.clone()).await.unwrap(), (id, 1), "the same plan again");
    let other = NewImport { digest: vec![9], ..import.clone() };
    assert_ne!(directory.open_import(&petra, other).await.unwrap().0, id, "another plan");
    assert_ne!(directory.open_import(&Actor::system(), import.clone()).await.unwrap().0, id, "somebody else");
    directory.cancel_import(&petra, id).await.unwrap();
    assert_ne!(directory.open_import(&petra, import).await.unwrap().0, id, "it has ended");
}

async fn what_is_left_of_a_file_ends_its_first_upload(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    let rows = people("u", 30);
    let of_file = |count: usize, digest: u8| NewImport {
        file_digest: "the file".to_owned(),
        digest: vec![digest],
        ..new_import(&Options::default(), count)
    };
    let (first, _) = directory.open_import(&petra, of_file(30, 1)).await.unwrap();
    directory.receive_chunk(&petra, first, 0, rows[..10].to_vec()).await.unwrap();
    world.drain().await;
    // The tab was closed. A new review finds ten people already there, and twenty to add.
    let (second, next) = directory.open_import(&petra, of_file(20, 2)).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(next, 0);
    directory.receive_chunk(&petra, second, 0, rows[10..].to_vec()).await.unwrap();
    directory.seal_import(&petra, second).await.unwrap();
    world.drain().await;
    for (id, created) in [(first, 10), (second, 20)] {
        let import = directory.import(id).await.unwrap().unwrap();
        assert_eq!((import.state, import.rows, import.created), (ImportState::Completed, created, created));
    }
    world.check_invariants().await;
}

async fn illegal_steps_are_refused(world: World) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let rows = people("u", 20);
    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 20)).await.unwrap();
    directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap();
    let early = directory.seal_import(&actor, id).await;
    assert!(matches!(early, Err(ImportError::RowsMissing { received: 10, announced: 20 })), "{early:?}");
    let early = directory.continue_import(&actor, id).await;
    assert!(matches!(early, Err(ImportError::RowsMissing { .. })), "{early:?}");
    directory.receive_chunk(&actor, id, 1, rows[10..].to_vec()).await.unwrap();
    directory.seal_import(&actor, id).await.unwrap();
    directory.seal_import(&actor, id).await.unwrap();
    let late = directory.receive_chunk(&actor, id, 2, people("v", 1)).await;
    assert!(matches!(late, Err(ChunkError::Closed)), "{late:?}");
    world.drain().await;
    directory.seal_import(&actor, id).await.unwrap();
    let ended = directory.cancel_import(&actor, id).await;
    assert!(matches!(ended, Err(ImportError::Ended)), "{ended:?}");

    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 20)).await.unwrap();
    directory.receive_chunk(&actor, id, 0, people("w", 10)).await.unwrap();
    directory.cancel_import(&actor, id).await.unwrap();
    assert!(matches!(directory.cancel_import(&actor, id).await, Err(ImportError::Ended)));
    assert!(matches!(directory.seal_import(&actor, id).await, Err(ImportError::Ended)));
    assert!(matches!(directory.continue_import(&actor, id).await, Err(ImportError::Ended)));
    world.drain().await;
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.done), (ImportState::Cancelled, 0), "nothing is done after a cancel");

    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    assert!(matches!(directory.seal_import(&actor, unknown).await, Err(ImportError::NotFound)));
    let unknown = directory.receive_chunk(&actor, unknown, 0, people("x", 1)).await;
    assert!(matches!(unknown, Err(ChunkError::NotFound)));
    world.check_invariants().await;
}

async fn limits_are_kept(world: World) {
    let actor = Actor::system();
    let too_many = world.directory.open_import(&actor, new_import(&Options::default(), 1_000_001)).await;
    assert!(matches!(too_many, Err(OpenImportError::TooManyRows)));
    let none = world.directory.open_import(&actor, new_import(&Options::default(), 0)).await;
    assert!(matches!(none, Err(OpenImportError::Empty)));
    let (id, _) = world.directory.open_import(&actor, new_import(&Options::default(), 5000)).await.unwrap();
    let rows = Arc::new(people("u", 2001));
    let long = world.directory.receive_chunk(&actor, id, 0, rows.to_vec()).await;
    assert!(matches!(long, Err(ChunkError::TooLarge)));
    let mut wide = people("u", 20);
    for (row, _) in &mut wide {
        row.values.last_name = "x".repeat(60_000);
    }
    let wide = world.directory.receive_chunk(&actor, id, 0, wide).await;
    assert!(matches!(wide, Err(ChunkError::TooLarge)));
}

async fn an_upload_can_be_finished_by_somebody_else(world: World) {
    let directory = &world.directory;
    let (petra, paul) = (world.administrator("petra").await, world.administrator("paul").await);
    let (id, _) = directory.open_import(&petra, new_import(&Options::default(), 30)).await.unwrap();
    directory.receive_chunk(&petra, id, 0, people("u", 10)).await.unwrap();
    // What is there can be seen.
    let seen = directory.import(id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.rows, seen.rows_received), (ImportState::Receiving, 30, 10));
    directory.finish_upload(&paul, id).await.unwrap();
    directory.finish_upload(&paul, id).await.expect("saying it twice is no mistake");
    // The tab that was cut off comes back.
    let refused = directory.receive_chunk(&petra, id, 1, people("v", 20)).await;
    assert!(matches!(refused, Err(ChunkError::Closed)), "{refused:?}");
    world.drain().await;
    let ended = directory.import(id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.rows, ended.created), (ImportState::Completed, 10, 10));
    assert_eq!(ended.by, "paul");
    directory.finish_upload(&paul, id).await.expect("it has ended");
    let (other, _) = directory.open_import(&petra, new_import(&Options::default(), 5)).await.unwrap();
    directory.cancel_import(&petra, other).await.unwrap();
    assert!(matches!(directory.finish_upload(&paul, other).await, Err(ImportError::Ended)));
    world.check_invariants().await;
}

async fn an_upload_goes_on_another_day(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    let rows = people("u", 30);
    let plan = || NewImport { digest: vec![4; 16], ..new_import(&Options::default(), 30) };
    let (id, _) = directory.open_import(&petra, plan()).await.unwrap();
    directory.receive_chunk(&petra, id, 0, rows[..10].to_vec()).await.unwrap();
    world.drain().await;
    assert_eq!(directory.import(id).await.unwrap().unwrap().created, 10);
    world.clock.advance(std::time::Duration::from_secs(26 * 3_600));
    // The same plan, from another process: it goes on where it stopped.
    let elsewhere = world.another().await;
    assert_eq!(elsewhere.open_import(&petra, plan()).await.unwrap(), (id, 1));
    elsewhere.receive_chunk(&petra, id, 0, rows[..10].to_vec()).await.expect("answered as before");
    elsewhere.receive_chunk(&petra, id, 1, rows[10..].to_vec()).await.unwrap();
    elsewhere.seal_import(&petra, id).await.unwrap();
    world.drain().await;
    let ended = directory.import(id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.created, ended.failed), (ImportState::Completed, 30, 0));
    world.check_invariants().await;
}
