//! The first run.

use crate::world::{World, administrator, secret};
use directory::people::CreateError;
use directory::setup::SetupError;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    the_link_works_once,
    two_at_once_make_one_administrator,
    links_run_out_and_are_replaced,
    a_slip_does_not_use_the_link_up,
);

async fn the_link_works_once(world: World) {
    let directory = &world.directory;
    let token = directory.issue_setup_token().await.unwrap();
    assert!(directory.check_setup_token(token.expose()).await.unwrap());
    assert!(!directory.check_setup_token("guess").await.unwrap());
    let guess = directory.complete_setup("guess", administrator("petra")).await;
    assert!(matches!(guess, Err(SetupError::InvalidToken)));
    directory.complete_setup(token.expose(), administrator("petra")).await.unwrap();
    assert!(!directory.setup_needed().await.unwrap());
    let again = directory.complete_setup(token.expose(), administrator("anna")).await;
    assert!(matches!(again, Err(SetupError::InvalidToken)));
    // A link that is issued all the same is worth nothing.
    let late = directory.issue_setup_token().await.unwrap();
    assert!(!directory.check_setup_token(late.expose()).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 1);
    world.check_invariants().await;
}

async fn two_at_once_make_one_administrator(world: World) {
    let token = world.directory.issue_setup_token().await.unwrap();
    let mut racing = JoinSet::new();
    for name in ["petra", "anna", "eva"] {
        let (directory, token) = (world.another().await, token.clone());
        racing.spawn(
            async move { directory.complete_setup(token.expose(), administrator(name)).await.is_ok() },
        );
    }
    let created = racing.join_all().await.into_iter().filter(|created| *created).count();
    assert_eq!(created, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 1);
}

async fn links_run_out_and_are_replaced(world: World) {
    let old = world.directory.issue_setup_token().await.unwrap();
    let new = world.directory.issue_setup_token().await.unwrap();
    assert!(!world.directory.check_setup_token(old.expose()).await.unwrap());
    world.clock.advance(Duration::from_secs(3599));
    assert!(world.directory.check_setup_token(new.expose()).await.unwrap());
    world.clock.advance(Duration::from_secs(1));
    let late = world.directory.complete_setup(new.expose(), administrator("petra")).await;
    assert!(matches!(late, Err(SetupError::InvalidToken)));
}

async fn a_slip_does_not_use_the_link_up(world: World) {
    let token = world.directory.issue_setup_token().await.unwrap();
    let mut weak = administrator("petra");
    weak.password = secret("short");
    let refused = world.directory.complete_setup(token.expose(), weak).await;
    assert!(matches!(refused, Err(SetupError::Create(CreateError::Problems(_)))));
    world.directory.complete_setup(token.expose(), administrator("petra")).await.unwrap();
}
