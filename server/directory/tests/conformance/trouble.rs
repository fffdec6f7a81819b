//! Why no mail leaves, as all processes and the pages are told.

use crate::world::{World, mailed, people};
use directory::outbox::{Attempt, AttemptEnd, MessageState};
use directory::trouble::TroubleKind;
use std::time::Duration;

on_both!(
    a_trouble_is_known_to_all_from_its_beginning,
    what_a_trouble_put_off_goes_out_when_it_is_over,
    a_start_tries_again_what_was_put_off,
);

const MINUTE: Duration = Duration::from_secs(60);
const WORDS: &str = "signing in at the mail server: 535 5.7.8 wrong password";

async fn a_trouble_is_known_to_all_from_its_beginning(world: World) {
    let directory = &world.directory;
    let nothing = directory.mail_holdup().await.unwrap();
    assert_eq!((nothing.trouble, nothing.waiting, nothing.held.mails), (None, 0, 0));

    world.run(&mailed(), &people("u", 3)).await;
    let since = directory.time();
    directory.mail_waits(TroubleKind::Unreachable, "connecting: refused", MINUTE).await.unwrap();
    world.clock.advance(2 * MINUTE);
    directory.mail_waits(TroubleKind::Login, WORDS, 10 * MINUTE).await.unwrap();
    let other = world.another().await;
    let holdup = other.mail_holdup().await.unwrap();
    let trouble = holdup.trouble.unwrap();
    assert_eq!((trouble.kind, trouble.words.as_str(), trouble.since), (TroubleKind::Login, WORDS, since));
    assert_eq!(trouble.next_try_at, directory.time().after(10 * MINUTE));
    assert_eq!(holdup.waiting, 3);

    // Whoever met it does not come back: after a while it is no news any more, and what is met later began later.
    world.clock.advance(24 * MINUTE);
    assert!(other.mail_holdup().await.unwrap().trouble.is_some());
    world.clock.advance(2 * MINUTE);
    assert_eq!(other.mail_holdup().await.unwrap().trouble, None);
    directory.mail_waits(TroubleKind::Login, WORDS, MINUTE).await.unwrap();
    assert_eq!(other.mail_holdup().await.unwrap().trouble.unwrap().since, directory.time());

    other.mail_leaves().await.unwrap();
    assert_eq!(directory.mail_holdup().await.unwrap().trouble, None);
}

/// Claims what is due, and puts off the first for the trouble and the second for itself.
async fn put_off(world: &World) {
    let directory = &world.directory;
    let claimed = directory.claim_messages("mail", 2, 15 * MINUTE).await.unwrap();
    directory.mail_waits(TroubleKind::Login, WORDS, 10 * MINUTE).await.unwrap();
    let ends = [
        (AttemptEnd::Postponed(10 * MINUTE), WORDS),
        (AttemptEnd::Later(10 * MINUTE), "451 4.7.1 greylisted, try later"),
    ];
    let attempts: Vec<Attempt> = claimed
        .iter()
        .zip(ends)
        .map(|(message, (end, reply))| Attempt {
            id: message.id,
            fence: message.fence,
            end,
            reply: reply.to_owned(),
        })
        .collect();
    assert_eq!(directory.record_attempts(&attempts).await.unwrap(), []);
    assert!(directory.claim_messages("mail", 2, 15 * MINUTE).await.unwrap().is_empty());
}

async fn due(world: &World) -> usize {
    world.directory.claim_messages("mail", 10, 15 * MINUTE).await.unwrap().len()
}

async fn what_a_trouble_put_off_goes_out_when_it_is_over(world: World) {
    world.run(&mailed(), &people("u", 2)).await;
    put_off(&world).await;
    world.directory.mail_leaves().await.unwrap();
    assert_eq!(due(&world).await, 1, "not the one that waits for reasons of its own");
    assert_eq!(world.directory.outbox(Some(MessageState::Queued), 1).await.unwrap().total, 1);
}

async fn a_start_tries_again_what_was_put_off(world: World) {
    world.run(&mailed(), &people("u", 2)).await;
    put_off(&world).await;
    world.another().await.try_mail_again().await.unwrap();
    assert_eq!(due(&world).await, 1);
    let trouble = world.directory.mail_holdup().await.unwrap().trouble;
    assert!(trouble.is_some(), "nothing says yet that it is over");
}
