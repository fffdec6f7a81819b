//! Sessions end when they should and never come back.

use crate::world::{ADMIN_PASSWORD, World, mailed, people, secret};
use directory::credentials::ProofError;
use directory::sessions::{Access, SessionToken, Whence, Which};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    sessions_have_two_limits,
    a_session_that_must_change_is_short,
    an_ended_session_is_not_brought_back,
    tokens_are_stored_as_digests,
    sessions_are_listed_and_ended_by_their_holder,
    an_administrator_ends_sessions_and_lifts_a_lock,
    a_password_is_fresh_for_five_minutes,
    giving_the_password_once_more_is_limited_as_signing_in,
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

fn whence(agent: &str) -> Whence<'_> {
    Whence { address: "192.0.2.1", agent }
}

async fn sessions_are_listed_and_ended_by_their_holder(world: World) {
    let directory = &world.directory;
    let first = administrators_session(&world).await;
    let actor = directory.session(&first).await.unwrap().unwrap().actor();
    let mut tokens = Vec::new();
    for agent in ["Firefox on Linux", "Safari on iPhone", "Chrome on Windows"] {
        world.clock.advance(2 * MINUTE);
        let signed_in = directory.sign_in_from("petra", secret(ADMIN_PASSWORD), whence(agent)).await.unwrap();
        tokens.push(signed_in.token);
    }
    // Somebody else's are neither listed nor ended.
    world.administrator("otto").await;
    let other = directory.sign_in("otto", secret(ADMIN_PASSWORD), "").await.unwrap().token;

    let listed = directory.open_sessions(actor.account, &tokens[1]).await.unwrap();
    let agents: Vec<&str> = listed.iter().map(|session| session.agent.as_str()).collect();
    assert_eq!(agents, ["Chrome on Windows", "Safari on iPhone", "Firefox on Linux", ""]);
    let current: Vec<bool> = listed.iter().map(|session| session.current).collect();
    assert_eq!(current, [false, true, false, false]);
    assert!(
        listed
            .iter()
            .all(|session| session.address == "192.0.2.1" && session.created_at == session.last_seen_at)
    );
    let dump = String::from_utf8_lossy(&world.dump().await).into_owned();
    assert!(listed.iter().all(|session| !dump.contains(&session.id)), "an id tells nothing of the database");

    let strangers = directory.open_sessions(world.account_id("otto").await, &other).await.unwrap();
    assert_eq!(directory.end_sessions(&actor, actor.account, Which::One(&strangers[0].id)).await.unwrap(), 0);
    assert_eq!(directory.end_sessions(&actor, actor.account, Which::One("nothing")).await.unwrap(), 0);
    assert_eq!(directory.end_sessions(&actor, actor.account, Which::One(&listed[0].id)).await.unwrap(), 1);
    assert!(directory.session(&tokens[2]).await.unwrap().is_none());
    assert_eq!(directory.end_sessions(&actor, actor.account, Which::AllBut(&tokens[1])).await.unwrap(), 2);
    assert!(
        directory.session(&first).await.unwrap().is_none()
            && directory.session(&tokens[0]).await.unwrap().is_none()
    );
    assert!(directory.session(&tokens[1]).await.unwrap().is_some());
    assert!(directory.session(&other).await.unwrap().is_some());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'session_revoked'").await, 2);
    // What ran out is not listed.
    world.clock.advance(20 * MINUTE);
    assert!(directory.open_sessions(actor.account, &tokens[1]).await.unwrap().is_empty());
}

async fn an_administrator_ends_sessions_and_lifts_a_lock(world: World) {
    let directory = &world.directory;
    let petra = administrators_session(&world).await;
    let actor = directory.session(&petra).await.unwrap().unwrap().actor();
    world.administrator("otto").await;
    let otto = world.account_id("otto").await;
    let sessions = [
        directory.sign_in("otto", secret(ADMIN_PASSWORD), "").await.unwrap().token,
        directory.sign_in("otto", secret(ADMIN_PASSWORD), "").await.unwrap().token,
    ];
    assert_eq!(
        directory.access(otto).await.unwrap(),
        Access { sessions: 2, waiting_until: None, second_factor: false }
    );
    assert_eq!(directory.end_sessions(&actor, otto, Which::All).await.unwrap(), 2);
    for token in &sessions {
        assert!(directory.session(token).await.unwrap().is_none());
    }
    assert!(directory.session(&petra).await.unwrap().is_some());

    assert!(!directory.lift_lock(&actor, otto).await.unwrap(), "nothing to lift");
    assert!(directory.sign_in("otto", secret("wrong"), "").await.is_err());
    world.execute("UPDATE credential SET failures = 99, next_attempt_at = 0").await.unwrap();
    assert!(directory.sign_in("otto", secret("wrong"), "").await.is_err());
    assert!(directory.sign_in("otto", secret(ADMIN_PASSWORD), "").await.is_err(), "locked until midnight");
    assert!(directory.access(otto).await.unwrap().waiting_until.is_some());
    assert!(directory.lift_lock(&actor, otto).await.unwrap());
    assert_eq!(directory.access(otto).await.unwrap().waiting_until, None);
    directory.sign_in("otto", secret(ADMIN_PASSWORD), "").await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_login_unlock'").await, 1);
}

async fn a_password_is_fresh_for_five_minutes(world: World) {
    let directory = &world.directory;
    let token = administrators_session(&world).await;
    let proven = async |token: &SessionToken| directory.session(token).await.unwrap().unwrap().proven;
    assert!(proven(&token).await, "signing in is a proof");
    world.clock.advance(5 * MINUTE);
    assert!(!proven(&token).await);
    assert!(matches!(directory.prove(&token, secret("wrong")).await, Err(ProofError::Wrong)));
    assert!(!proven(&token).await);
    world.clock.advance(MINUTE);
    let fresh = directory.prove(&token, secret(ADMIN_PASSWORD)).await.unwrap();
    assert!(proven(&fresh).await);
    assert!(directory.session(&token).await.unwrap().is_none(), "under a new token alone");
    let elsewhere = directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    world.clock.advance(5 * MINUTE);
    directory.prove(&elsewhere, secret(ADMIN_PASSWORD)).await.unwrap();
    assert!(!proven(&fresh).await, "a proof is for one session");
    directory.end_session(&fresh).await.unwrap();
    assert!(matches!(directory.prove(&fresh, secret(ADMIN_PASSWORD)).await, Err(ProofError::SessionEnded)));
    assert_eq!(world.number("SELECT COUNT(*) FROM session").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_reauthentication'").await, 2);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_reauthentication_fail'").await,
        1
    );
}

async fn giving_the_password_once_more_is_limited_as_signing_in(world: World) {
    let directory = &world.directory;
    let token = administrators_session(&world).await;
    let hashed = directory.hash_load().done;
    assert!(matches!(directory.prove(&token, secret("wrong")).await, Err(ProofError::Wrong)));
    assert!(
        matches!(directory.prove(&token, secret(ADMIN_PASSWORD)).await, Err(ProofError::Wrong)),
        "waiting"
    );
    assert!(directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.is_err(), "one count for both");
    assert_eq!(world.number("SELECT failures FROM credential").await, 1);
    assert_eq!(directory.hash_load().done - hashed, 3, "each refusal has cost a hash");
    let long = "x".repeat(2000);
    assert!(matches!(directory.prove(&token, secret(&long)).await, Err(ProofError::Wrong)));
    assert_eq!(directory.hash_load().done - hashed, 3, "a huge one is not hashed");
    // The network has failed twice and may fail eight times more.
    for _ in 0..8 {
        assert!(matches!(directory.prove(&token, secret("wrong")).await, Err(ProofError::Wrong)));
    }
    assert!(matches!(directory.prove(&token, secret("wrong")).await, Err(ProofError::TooMany(_))));
    assert!(directory.session(&token).await.unwrap().is_some(), "the session goes on");
}
