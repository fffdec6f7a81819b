//! Mail that is owed: claims, leases, retries, and secrets that work when they arrive.

use crate::world::{World, mailed, people, secret};
use directory::outbox::{Attempt, AttemptEnd, ClaimError, MessageState, OutgoingMessage, retry_after};
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_message_is_claimed_sent_and_done,
    a_failed_attempt_is_repeated_with_the_same_secret,
    a_message_that_waits_for_others_loses_no_attempt,
    a_refused_message_can_be_taken_up_again,
    a_lost_claim_records_nothing,
    workers_share_the_messages,
    a_secret_that_ran_out_is_issued_anew,
    a_closed_account_is_owed_nothing,
    what_a_dead_worker_held_is_sent_again_at_once,
);

const LEASE: Duration = Duration::from_secs(15 * 60);

async fn claim(world: &World) -> Vec<OutgoingMessage> {
    let mut messages = world.directory.claim_messages("mail", 100, LEASE).await.unwrap();
    messages.sort_by(|a, b| a.username.cmp(&b.username));
    messages
}

fn shown(message: &OutgoingMessage) -> String {
    message.secret.as_ref().unwrap().expose()
}

async fn a_message_is_claimed_sent_and_done(world: World) {
    let import = world.run(&mailed(), &people("u", 3)).await;
    assert_eq!(world.directory.outbox_counts().await.unwrap().queued, 3);
    let messages = claim(&world).await;
    assert_eq!(messages.len(), 3);
    assert!(claim(&world).await.is_empty(), "held by a worker");
    let message = &messages[0];
    assert_eq!((message.to.as_str(), message.attempts), ("u0001@example.org", 1));
    assert_eq!(message.message_id("example.org"), format!("<{}@example.org>", message.id));
    for message in &messages {
        world.directory.record_sent(message.id, message.fence, "250 2.0.0 Ok").await.unwrap();
    }
    let counts = world.directory.outbox_counts().await.unwrap();
    assert_eq!((counts.queued, counts.sending, counts.sent, counts.failed), (0, 0, 3, 0));
    let import = world.directory.import(import.id).await.unwrap().unwrap();
    assert_eq!((import.mails_owed, import.mails_sent, import.mails_failed), (3, 3, 0));
    let page = world.directory.outbox(Some(MessageState::Sent), 1).await.unwrap();
    assert_eq!((page.total, page.items[0].reply.as_deref()), (3, Some("250 2.0.0 Ok")));
    assert!(page.items[0].finished_at.is_some());
    world.clock.advance(Duration::from_secs(7 * 24 * 3600));
    assert!(claim(&world).await.is_empty(), "sent is sent");
}

async fn a_failed_attempt_is_repeated_with_the_same_secret(world: World) {
    world.run(&mailed(), &people("u", 1)).await;
    let mut seen = HashSet::new();
    for attempt in 1..=4 {
        let messages = claim(&world).await;
        let message = &messages[0];
        assert_eq!(message.attempts, attempt);
        seen.insert((message.id, shown(message)));
        let wait = retry_after(message.attempts, Duration::from_secs(60));
        world.directory.record_retry(message.id, message.fence, "451 later\0", wait).await.unwrap();
        world.clock.advance(wait - Duration::from_millis(1));
        assert!(claim(&world).await.is_empty());
        world.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(seen.len(), 1, "the same message with the same secret");
    let secret_text = shown(&claim(&world).await[0]);
    world.directory.sign_in("u0001", secret(&secret_text), "").await.unwrap();
}

async fn a_message_that_waits_for_others_loses_no_attempt(world: World) {
    world.run(&mailed(), &people("u", 2)).await;
    let wait = Duration::from_secs(5);
    for _ in 0..3 {
        let ends: Vec<Attempt> = claim(&world)
            .await
            .iter()
            .zip([AttemptEnd::Postponed(wait), AttemptEnd::Later(wait)])
            .map(|(message, end)| Attempt {
                id: message.id,
                fence: message.fence,
                end,
                reply: "421 slow down".to_owned(),
            })
            .collect();
        assert!(world.directory.record_attempts(&ends).await.unwrap().is_empty());
        // The claims have ended with that: telling it again changes nothing, and says so.
        assert_eq!(world.directory.record_attempts(&ends).await.unwrap().len(), 2);
        assert!(claim(&world).await.is_empty());
        world.clock.advance(wait);
    }
    let attempts: Vec<u32> = claim(&world).await.iter().map(|message| message.attempts).collect();
    assert_eq!(attempts, [1, 4]);
}

async fn a_refused_message_can_be_taken_up_again(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&mailed(), &people("u", 1)).await;
    let message = claim(&world).await.remove(0);
    world.directory.record_failed(message.id, message.fence, "550 no such mailbox").await.unwrap();
    let item = world.directory.message(message.id).await.unwrap().unwrap();
    assert_eq!((item.state, item.reply.as_deref()), (MessageState::Failed, Some("550 no such mailbox")));
    world.clock.advance(Duration::from_secs(24 * 3600));
    assert!(claim(&world).await.is_empty());
    assert!(world.directory.retry_message(&petra, message.id).await.unwrap());
    let again = claim(&world).await.remove(0);
    assert_eq!((again.id, again.attempts), (message.id, 2));
    assert!(!world.directory.retry_message(&petra, message.id).await.unwrap(), "it is being sent");

    // A newer message is under way: the old one stays failed.
    world.directory.record_failed(again.id, again.fence, "550 still none").await.unwrap();
    assert_eq!(world.directory.send_login_details(&petra, &[again.account]).await.unwrap(), 1);
    assert!(!world.directory.retry_message(&petra, again.id).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'message_failed'").await, 2);
}

async fn a_lost_claim_records_nothing(world: World) {
    world.run(&mailed(), &people("u", 1)).await;
    let slow = claim(&world).await.remove(0);
    world.clock.advance(LEASE);
    let quick = world.another().await.claim_messages("other", 1, LEASE).await.unwrap().remove(0);
    assert_eq!((quick.id, shown(&quick)), (slow.id, shown(&slow)), "a duplicate carries the same secret");
    for lost in [
        world.directory.record_sent(slow.id, slow.fence, "250").await,
        world.directory.record_retry(slow.id, slow.fence, "451", LEASE).await,
        world.directory.record_failed(slow.id, slow.fence, "550").await,
    ] {
        assert!(matches!(lost, Err(ClaimError::Lost)), "{lost:?}");
    }
    world.directory.record_sent(quick.id, quick.fence, "250").await.unwrap();
    let twice = world.directory.record_sent(quick.id, quick.fence, "250").await;
    assert!(matches!(twice, Err(ClaimError::Lost)));
}

async fn workers_share_the_messages(world: World) {
    world.run(&mailed(), &people("u", 60)).await;
    let mut working = JoinSet::new();
    for worker in ["one", "two", "three"] {
        let directory = world.another().await;
        working.spawn(async move {
            let mut sent = Vec::new();
            loop {
                let messages = directory.claim_messages(worker, 7, LEASE).await.unwrap();
                if messages.is_empty() {
                    return sent;
                }
                for message in messages {
                    directory.record_sent(message.id, message.fence, "250").await.unwrap();
                    sent.push(message.username.clone());
                }
            }
        });
    }
    let mut sent: Vec<String> = working.join_all().await.concat();
    // A worker may leave while another still holds what it passed over.
    sent.extend(claim(&world).await.into_iter().map(|message| message.username.clone()));
    let different: HashSet<&String> = sent.iter().collect();
    assert_eq!((sent.len(), different.len()), (60, 60), "each once");
}

async fn a_secret_that_ran_out_is_issued_anew(world: World) {
    world.run(&mailed(), &people("u", 2)).await;
    // The life of a secret begins when it leaves, not when the account was created.
    world.clock.advance(Duration::from_secs(71 * 3600));
    let first = world.directory.claim_messages("mail", 1, LEASE).await.unwrap().remove(0);
    world.clock.advance(Duration::from_secs(2 * 3600));
    world.directory.sign_in(&first.username, secret(&shown(&first)), "").await.unwrap();
    world.directory.record_sent(first.id, first.fence, "250").await.unwrap();

    // The other one was not claimed for 73 hours.
    let second = claim(&world).await.remove(0);
    let original = world.directory.temporary_secret(second.account, 1).expose();
    assert_ne!(second.username, first.username);
    assert_ne!(shown(&second), original);
    assert!(world.directory.sign_in(&second.username, secret(&original), "").await.is_err());
    world.clock.advance(Duration::from_secs(1));
    world.directory.sign_in(&second.username, secret(&shown(&second)), "").await.unwrap();
    assert_eq!(world.number("SELECT MAX(issue_number) FROM credential").await, 2);
}

async fn a_closed_account_is_owed_nothing(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&mailed(), &people("u", 2)).await;
    let (one, two) = (world.account_id("u0001").await, world.account_id("u0002").await);
    world.directory.deactivate(&petra, &[one]).await.unwrap();
    let held = claim(&world).await;
    assert_eq!(held.len(), 1);
    // Closed while it is being sent: the attempt ends as it ends, a repetition is not made.
    world.directory.deactivate(&petra, &[two]).await.unwrap();
    world.directory.record_retry(held[0].id, held[0].fence, "451", Duration::ZERO).await.unwrap();
    assert!(claim(&world).await.is_empty());
    assert_eq!(world.directory.outbox_counts().await.unwrap().failed, 2);
}

async fn what_a_dead_worker_held_is_sent_again_at_once(world: World) {
    world.run(&mailed(), &people("u", 3)).await;
    let held = claim(&world).await;
    assert_eq!(held.len(), 3);
    assert_eq!(world.directory.release_messages_of(|_| false).await.unwrap(), 0);
    assert!(claim(&world).await.is_empty(), "whoever lives keeps what it holds");
    assert_eq!(world.directory.release_messages_of(|_| true).await.unwrap(), 3);
    let again = claim(&world).await;
    assert_eq!(again.len(), 3);
    // Whoever was taken for dead by mistake records nothing.
    assert!(world.directory.record_sent(held[0].id, held[0].fence, "250").await.is_err());
    world.directory.record_sent(again[0].id, again[0].fence, "250").await.unwrap();
}
