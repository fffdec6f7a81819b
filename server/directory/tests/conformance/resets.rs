//! Forgotten passwords: a link that works once, soon, and for the right person alone.

use crate::world::{ADMIN_PASSWORD, World, secret};
use directory::outbox::{MessageKind, MessageState, OutgoingMessage};
use directory::people::{Actor, Role};
use directory::resets::{ResetError, ResetRequestError};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_link_sets_a_new_password_once,
    strangers_get_the_same_answer_and_no_mail,
    links_run_out,
    links_end_with_what_they_were_made_for,
    links_are_asked_for_only_so_often,
    of_several_who_use_a_link_one_succeeds,
);

const NEW: &str = "seven paper lanterns drift";
const OTHER: &str = "a slow tram past the mill";
const LEASE: Duration = Duration::from_secs(15 * 60);

async fn ask(world: &World, login: &str, address: &str) {
    world.directory.request_password_reset(login, address).await.unwrap();
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
    assert_eq!(message.kind, MessageKind::PasswordReset);
    message.reset_token.as_ref().unwrap().expose().to_owned()
}

async fn reset(world: &World, token: &str, new: &str) -> Result<(), ResetError> {
    world.directory.reset_password(token, secret(new), "192.0.2.1").await
}

async fn a_link_sets_a_new_password_once(world: World) {
    world.administrator("petra").await;
    let session = world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    // A lock does not keep the person out.
    world.execute("UPDATE credential SET failures = 100, next_attempt_at = 9000000000000").await.unwrap();
    ask(&world, " Petra@Admins.Example.ORG ", "192.0.2.1").await;
    let messages = mail(&world).await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].secret.is_none());
    assert_eq!(messages[0].to, "petra@admins.example.org");
    let token = token(&messages[0]);
    assert_eq!(token.len(), 43, "256 bits in base 64");
    assert!(!String::from_utf8_lossy(&world.dump().await).contains(&token), "only its digest is kept");

    assert!(matches!(reset(&world, "guess", NEW).await, Err(ResetError::InvalidLink)));
    assert!(matches!(reset(&world, &token, "short").await, Err(ResetError::Policy(_))));
    assert!(world.directory.session(&session).await.unwrap().is_some());
    reset(&world, &token, NEW).await.unwrap();
    assert!(world.directory.session(&session).await.unwrap().is_none(), "all sessions end");
    assert!(matches!(reset(&world, &token, OTHER).await, Err(ResetError::InvalidLink)), "used up");
    assert!(!world.directory.sign_in("petra", secret(NEW), "").await.unwrap().must_change);
    assert!(world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.is_err());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_token_created'").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_password_change'").await, 1);
}

async fn strangers_get_the_same_answer_and_no_mail(world: World) {
    let petra = world.administrator("petra").await;
    let anna = world.administrator("anna").await;
    world.directory.deactivate(&petra, &[anna.account]).await.unwrap();
    for login in ["nobody", "anna", "", "petra\u{0}", &"x".repeat(5000)] {
        ask(&world, login, "").await;
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM rate WHERE subject LIKE '%nobody%'").await, 0);
}

async fn links_run_out(world: World) {
    world.administrator("petra").await;
    ask(&world, "petra", "").await;
    let first = token(&mail(&world).await[0]);
    world.clock.advance(Duration::from_secs(30 * 60 - 1));
    assert!(matches!(reset(&world, &first, "short").await, Err(ResetError::Policy(_))), "it still works");
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(reset(&world, &first, NEW).await, Err(ResetError::InvalidLink)));
    // One that could not be sent in time is not sent at all.
    ask(&world, "petra", "").await;
    world.clock.advance(Duration::from_secs(30 * 60));
    assert!(mail(&world).await.is_empty());
    let outbox = world.directory.outbox(Some(MessageState::Failed), 1).await.unwrap();
    assert_eq!(outbox.items[0].reply.as_deref(), Some("not sent: the link in it has run out"));
}

async fn links_end_with_what_they_were_made_for(world: World) {
    let petra = world.administrator("petra").await;
    ask(&world, "petra", "").await;
    let first = token(&mail(&world).await[0]);
    ask(&world, "petra", "").await;
    let second = token(&mail(&world).await[0]);
    assert_ne!(first, second);
    assert!(matches!(reset(&world, &first, NEW).await, Err(ResetError::InvalidLink)), "replaced");
    let session = world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    world.directory.change_password(&session, secret(ADMIN_PASSWORD), secret(OTHER)).await.unwrap();
    assert!(matches!(reset(&world, &second, NEW).await, Err(ResetError::InvalidLink)), "changed since");

    ask(&world, "petra", "").await;
    let third = token(&mail(&world).await[0]);
    world.execute("UPDATE account SET email_key = 'other@example.org'").await.unwrap();
    assert!(matches!(reset(&world, &third, NEW).await, Err(ResetError::InvalidLink)), "another address");
    world.execute("UPDATE account SET email_key = 'petra@admins.example.org'").await.unwrap();
    world.administrator("anna").await;
    let anna = Actor {
        account: world.account_id("anna").await,
        username: "anna".to_owned(),
        role: Role::Administrator,
    };
    world.directory.deactivate(&anna, &[petra.account]).await.unwrap();
    assert!(matches!(reset(&world, &third, NEW).await, Err(ResetError::InvalidLink)), "closed");
}

async fn links_are_asked_for_only_so_often(world: World) {
    world.administrator("petra").await;
    // Three for one person, wherever they are asked for; the fourth gets the same answer.
    let mut sent = 0;
    for number in 0..5 {
        ask(&world, "petra", &format!("198.51.100.{number}")).await;
        sent += mail(&world).await.len();
    }
    assert_eq!(sent, 3);
    world.clock.advance(Duration::from_secs(3600));
    ask(&world, "petra", "198.51.100.9").await;
    assert_eq!(mail(&world).await.len(), 1, "one more an hour later");
    // Three from one network, whomever they are for.
    for login in ["nobody", "somebody", "anybody"] {
        ask(&world, login, "192.0.2.1").await;
    }
    let refused = world.directory.request_password_reset("petra", "192.0.2.1").await;
    let wait = Duration::from_secs(20 * 60);
    assert!(matches!(refused, Err(ResetRequestError::TooMany(after)) if after == wait));
    // A mail that is under way already is as good as another one.
    world.clock.advance(Duration::from_secs(24 * 3600));
    ask(&world, "petra", "192.0.2.1").await;
    ask(&world, "petra", "192.0.2.1").await;
    assert_eq!(mail(&world).await.len(), 1);
}

async fn of_several_who_use_a_link_one_succeeds(world: World) {
    world.administrator("petra").await;
    ask(&world, "petra", "").await;
    let token = token(&mail(&world).await[0]);
    let mut racing = JoinSet::new();
    for number in 0..6 {
        let (directory, token) = (world.another().await, token.clone());
        racing.spawn(async move {
            let new = secret(&format!("seven paper lanterns drift {number}"));
            directory.reset_password(&token, new, "").await.is_ok()
        });
    }
    let set = racing.join_all().await.into_iter().filter(|set| *set).count();
    assert_eq!(set, 1);
}
