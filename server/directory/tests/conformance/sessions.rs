//! Sessions end when they should and never come back.

use crate::world::{ADMIN_PASSWORD, World, mailed, people, secret};
use directory::sessions::SessionToken;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    sessions_have_two_limits,
    a_session_that_must_change_is_short,
    an_ended_session_is_not_brought_back,
    tokens_are_stored_as_digests,
);

const MINUTE: Duration = Duration::from_secs(60);

async fn administrators_session(world: &World) -> SessionToken {
    world.administrator("petra").await;
    world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "192.0.2.1").await.unwrap().token
}

async fn sessions_have_two_limits(world: World) {
    let token = administrators_session(&world).await;
    // Used every 19 minutes it lasts for eight hours, not longer.
    for _ in 0..25 {
        world.clock.advance(19 * MINUTE);
        assert!(world.directory.session(&token).await.unwrap().is_some());
    }
    world.clock.advance(5 * MINUTE);
    assert!(world.directory.session(&token).await.unwrap().is_none());

    let token = world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    world.clock.advance(20 * MINUTE);
    assert!(world.directory.session(&token).await.unwrap().is_none(), "unused it ends after twenty minutes");
}

async fn a_session_that_must_change_is_short(world: World) {
    world.run(&mailed(), &people("u", 1)).await;
    let temporary = world.directory.temporary_secret(world.account_id("u0001").await, 1).expose();
    let token = world.directory.sign_in("u0001", secret(&temporary), "").await.unwrap().token;
    for _ in 0..7 {
        world.clock.advance(2 * MINUTE);
        assert!(world.directory.session(&token).await.unwrap().unwrap().must_change);
    }
    world.clock.advance(MINUTE);
    assert!(world.directory.session(&token).await.unwrap().is_none());
}

async fn an_ended_session_is_not_brought_back(world: World) {
    let token = administrators_session(&world).await;
    world.clock.advance(5 * MINUTE);
    let mut busy = JoinSet::new();
    for number in 0..20 {
        let (directory, token) = (world.directory.clone(), token.clone());
        busy.spawn(async move {
            if number == 10 {
                directory.end_session(&token).await.unwrap();
            } else {
                directory.session(&token).await.unwrap();
            }
        });
    }
    busy.join_all().await;
    assert!(world.directory.session(&token).await.unwrap().is_none());
    assert_eq!(world.number("SELECT COUNT(*) FROM session").await, 0);
    world.directory.end_session(&token).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'session_ended'").await, 1);
}

async fn tokens_are_stored_as_digests(world: World) {
    let token = administrators_session(&world).await;
    let dump = String::from_utf8_lossy(&world.dump().await).into_owned();
    assert!(!dump.contains(token.expose()));
    let parsed = SessionToken::parse(token.expose()).unwrap();
    assert!(world.directory.session(&parsed).await.unwrap().is_some());
    for no_token in ["", "short", &"x".repeat(44), &format!("{}'", "x".repeat(42))] {
        assert!(SessionToken::parse(no_token).is_none());
    }
    let unknown = SessionToken::parse(&"A".repeat(43)).unwrap();
    assert!(world.directory.session(&unknown).await.unwrap().is_none());
}
