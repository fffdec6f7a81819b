//! Mail that is held back after a copy of the database was restored.

use crate::world::{World, key, mailed, people};
use directory::Directory;
use directory::backup::back_up;
use directory::handover::HandOver;
use directory::outbox::{MessageState, OutgoingMessage};
use directory::waves::{NewWave, WaveState, WaveStep};
use std::sync::Arc;
use std::time::Duration;

on_both!(what_is_held_back_waits_for_a_word, a_worker_that_held_a_mail_records_nothing_of_it);

const LEASE: Duration = Duration::from_secs(15 * 60);

async fn claim(directory: &Directory) -> Vec<OutgoingMessage> {
    directory.claim_messages("mail", 100, LEASE).await.unwrap()
}

async fn what_is_held_back_waits_for_a_word(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    world.run_as(&petra, &mailed(), &people("u", 5)).await;
    let since = directory.time();
    world.run_as(&petra, &Default::default(), &people("w", 2)).await;
    let planned = NewWave {
        name: "Autumn".to_owned(),
        chosen: "new people".to_owned(),
        hand_over: HandOver::Link,
        begins_at: Some(directory.time().after(Duration::from_secs(60))),
        per_hour: None,
    };
    let invited = [world.account_id("w0001").await, world.account_id("w0002").await];
    let wave = directory.plan_wave(&petra, planned, &invited).await.unwrap();
    assert_eq!(directory.held_mail().await.unwrap().mails, 0);

    let done = directory.hold_mail(&petra).await.unwrap();
    assert_eq!((done.mails, done.waves), (5, 1));
    let held = directory.held_mail().await.unwrap();
    assert_eq!(held.mails, 5);
    assert!(held.since <= Some(since) && held.until >= held.since, "{held:?}");
    world.clock.advance(LEASE * 2);
    assert_eq!(claim(directory).await.len(), 0);
    assert_eq!(directory.release_next_wave().await.unwrap(), WaveStep::Idle);
    let (wave, _) = directory.wave(wave).await.unwrap().unwrap();
    assert!(wave.state == WaveState::Cancelled && wave.note.unwrap().contains("restored"));

    // Whatever is owed from now on goes out; a person to whom something is under way gets no second mail.
    world.run_as(&petra, &mailed(), &people("v", 1)).await;
    let twice = world.account_id("u0001").await;
    directory.send_login_details(&petra, &[twice]).await.unwrap();
    assert_eq!(directory.release_held_mail(&petra).await.unwrap(), 4);
    let mut sent: Vec<String> = claim(directory).await.into_iter().map(|message| message.username).collect();
    sent.sort();
    assert_eq!(sent, ["u0001", "u0002", "u0003", "u0004", "u0005", "v0001"]);
    world.check_invariants().await;
}

async fn a_worker_that_held_a_mail_records_nothing_of_it(world: World) {
    let petra = world.administrator("petra").await;
    world.run_as(&petra, &mailed(), &people("u", 1)).await;
    let message = claim(&world.directory).await.remove(0);
    world.directory.hold_mail(&petra).await.unwrap();
    world.directory.record_sent(message.id, message.fence, "250 ok").await.unwrap_err();
    let item = world.directory.message(message.id).await.unwrap().unwrap();
    assert_eq!(item.state, MessageState::Failed);
    assert!(item.reply.unwrap().starts_with("held back: "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_holds_back_what_waited() {
    let world = World::sqlite().await;
    world.run(&mailed(), &people("u", 3)).await;
    let path = world.folder.path().join("copy.db");
    assert_eq!(back_up(&world.url, &path, world.directory.time()).await.unwrap(), 3);
    let url = format!("sqlite://{}", path.display());
    let copy = Directory::open(&url, key(), Arc::clone(&world.clock) as _).await.unwrap();
    assert_eq!((copy.held_mail().await.unwrap().mails, claim(&copy).await.len()), (3, 0));
    assert_eq!(claim(&world.directory).await.len(), 3, "the database itself goes on");
    copy.check_audit(None, None).await.unwrap();
}
