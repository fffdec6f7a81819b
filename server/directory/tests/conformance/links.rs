//! Links for newcomers: one sets the first password, once, in time, and nothing of it is in the database.

use crate::world::{World, mailed, people, secret};
use directory::handover::HandOver;
use directory::links::LinkError;
use directory::outbox::{MessageKind, OutgoingMessage};
use directory::people::Actor;
use roster::review::Options;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_link_sets_the_first_password_once,
    looking_at_a_link_uses_nothing_up,
    a_link_ends_with_its_issue,
    a_repeated_mail_carries_the_same_link,
    of_several_who_use_a_link_one_becomes_a_member,
);

const NEW: &str = "seven paper lanterns drift";
const OTHER: &str = "a slow tram past the mill";
const LEASE: Duration = Duration::from_secs(15 * 60);
const LIFE: Duration = Duration::from_secs(72 * 3600);

fn by_link() -> Options {
    Options { hand_over: HandOver::Link, ..mailed() }
}

/// The messages that are due; they count as sent.
async fn mail(world: &World) -> Vec<OutgoingMessage> {
    let messages = world.directory.claim_messages("mail", 10, LEASE).await.unwrap();
    for message in &messages {
        world.directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    }
    messages
}

fn token(message: &OutgoingMessage) -> String {
    assert_eq!(message.kind, MessageKind::SetPasswordLink);
    assert!(message.secret.is_none(), "no password travels beside the link");
    message.link_token.as_ref().unwrap().expose().to_owned()
}

async fn set(world: &World, token: &str, new: &str) -> Result<(), LinkError> {
    world.directory.set_first_password(token, secret(new), "192.0.2.1").await.map(|_| ())
}

/// A newcomer and the token of the link that was mailed.
async fn newcomer(world: &World) -> String {
    world.run(&by_link(), &people("u", 1)).await;
    token(&mail(world).await[0])
}

async fn a_link_sets_the_first_password_once(world: World) {
    let token = newcomer(&world).await;
    assert!(!String::from_utf8_lossy(&world.dump().await).contains(&token), "nothing of it is kept");
    let account = world.account_id("u0001").await;
    let temporary = world.directory.temporary_secret(account, 1).expose();
    let session = world.directory.sign_in("u0001", secret(&temporary), "").await.unwrap().token;
    // Too many wrong passwords: whoever has the link gets in all the same.
    world.execute("UPDATE credential SET failures = 100, next_attempt_at = 9000000000000").await.unwrap();

    let mut other = token.clone().into_bytes();
    other[60] = if other[60] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    for wrong in ["", "guess", &token[..63], other.as_str(), &"A".repeat(64), &"A".repeat(5000)] {
        assert!(matches!(set(&world, wrong, NEW).await, Err(LinkError::InvalidLink)), "{wrong}");
    }
    assert!(matches!(set(&world, &token, "short").await, Err(LinkError::Policy(_))));
    let typed = temporary.to_lowercase().replace('-', " ");
    assert!(matches!(set(&world, &token, &typed).await, Err(LinkError::SameAsTemporary)));
    assert!(world.directory.session(&session).await.unwrap().is_some());

    let signed_in = world.directory.set_first_password(&token, secret(NEW), "192.0.2.1").await.unwrap();
    assert_eq!((signed_in.account.username.as_str(), signed_in.must_change), ("u0001", false));
    let fresh = world.directory.session(&signed_in.token).await.unwrap().unwrap();
    assert!(!fresh.must_change);
    assert!(world.directory.session(&session).await.unwrap().is_none(), "the other sessions end");
    assert!(matches!(set(&world, &token, OTHER).await, Err(LinkError::InvalidLink)), "used up");
    assert!(
        world.directory.sign_in("u0001", secret(&temporary), "").await.is_err(),
        "and the password with it"
    );
    world.clock.advance(Duration::from_secs(60));
    assert!(!world.directory.sign_in("u0001", secret(NEW), "").await.unwrap().must_change);
    let account = world.directory.account(account).await.unwrap().unwrap();
    assert!(account.last_sign_in_at.is_some());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_password_change'").await, 1);
}

async fn looking_at_a_link_uses_nothing_up(world: World) {
    let token = newcomer(&world).await;
    for _ in 0..3 {
        let owner = world.directory.link_owner(&token).await.unwrap().unwrap();
        assert_eq!((owner.username.as_str(), owner.first_name.as_str()), ("u0001", "Anna"));
    }
    assert!(world.directory.link_owner("guess").await.unwrap().is_none());
    set(&world, &token, NEW).await.unwrap();
    assert!(world.directory.link_owner(&token).await.unwrap().is_none());
}

async fn a_link_ends_with_its_issue(world: World) {
    let petra = world.administrator("petra").await;
    let first = newcomer(&world).await;
    let account = world.account_id("u0001").await;
    world.clock.advance(LIFE - Duration::from_secs(1));
    assert!(world.directory.link_owner(&first).await.unwrap().is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(set(&world, &first, NEW).await, Err(LinkError::InvalidLink)), "run out");

    // Sent again, as a password this time: the older link is over.
    world.directory.send_login_details(&petra, &[account]).await.unwrap();
    let message = mail(&world).await.remove(0);
    assert!(matches!(set(&world, &first, NEW).await, Err(LinkError::InvalidLink)), "replaced");
    assert!(message.link_token.is_none());

    // Closed: not even a link that is good.
    let sheet = world.directory.make_sheet(&petra, &[account]).await.unwrap();
    let link = sheet.slips[0].link.expose();
    assert!(world.directory.link_owner(link).await.unwrap().is_some());
    world.directory.deactivate(&petra, &[account]).await.unwrap();
    assert!(matches!(set(&world, link, NEW).await, Err(LinkError::InvalidLink)), "closed");
    world.directory.reactivate(&petra, &[account]).await.unwrap();
    let temporary = sheet.slips[0].secret.expose();
    let session = world.directory.sign_in("u0001", secret(&temporary), "").await.unwrap().token;
    world.directory.change_password(&session, secret(&temporary), secret(OTHER)).await.unwrap();
    assert!(matches!(set(&world, link, NEW).await, Err(LinkError::InvalidLink)), "an own password is set");
}

async fn a_repeated_mail_carries_the_same_link(world: World) {
    world.run(&by_link(), &people("u", 1)).await;
    let first = world.directory.claim_messages("mail", 10, LEASE).await.unwrap().remove(0);
    let (one, expires_at) = (token(&first), first.secret_expires_at.unwrap());
    world.directory.record_retry(first.id, first.fence, "451 later", Duration::from_secs(60)).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    let second = world.directory.claim_messages("mail", 10, LEASE).await.unwrap().remove(0);
    assert_eq!((token(&second), second.secret_expires_at), (one.clone(), Some(expires_at)));
    // The mail server was away until it had run out: what arrives then works.
    world.directory.record_retry(second.id, second.fence, "451 later", LIFE).await.unwrap();
    world.clock.advance(LIFE);
    let third = world.directory.claim_messages("mail", 10, LEASE).await.unwrap().remove(0);
    assert_ne!(token(&third), one);
    assert!(matches!(set(&world, &one, NEW).await, Err(LinkError::InvalidLink)));
    set(&world, &token(&third), NEW).await.unwrap();
    assert_eq!(world.directory.send_login_details(&Actor::system(), &[third.account]).await.unwrap(), 0);
}

async fn of_several_who_use_a_link_one_becomes_a_member(world: World) {
    let token = newcomer(&world).await;
    let mut racing = JoinSet::new();
    for number in 0..6 {
        let (directory, token) = (world.another().await, token.clone());
        racing.spawn(async move {
            let new = secret(&format!("seven paper lanterns drift {number}"));
            directory.set_first_password(&token, new, "").await.is_ok()
        });
    }
    let set = racing.join_all().await.into_iter().filter(|set| *set).count();
    assert_eq!(set, 1);
}
