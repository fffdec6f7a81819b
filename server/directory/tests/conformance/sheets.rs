//! Sheets for people without mail.

use crate::world::{World, mailed, people, secret};
use directory::sheets::{MOST, SheetError};
use roster::review::Options;
use std::time::Duration;

on_both!(
    a_sheet_holds_what_works_and_ends_what_was_before,
    a_sheet_leaves_out_who_needs_none,
    a_mail_that_waits_carries_what_is_on_the_sheet,
);

const OWN: &str = "seven paper lanterns drift";

async fn a_sheet_holds_what_works_and_ends_what_was_before(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 3)).await;
    let accounts = [world.account_id("u0001").await, world.account_id("u0002").await];
    let first = world.directory.make_sheet(&petra, &accounts).await.unwrap();
    // The same person asked for twice is on it once.
    let twice = [accounts[0], accounts[1], accounts[0]];
    let second = world.directory.make_sheet(&petra, &twice).await.unwrap();
    let names: Vec<&str> = second.slips.iter().map(|slip| slip.username.as_str()).collect();
    assert_eq!(names, ["u0001", "u0002"]);
    assert_eq!(second.expires_at, world.directory.time().after(Duration::from_secs(72 * 3600)));
    for slip in &first.slips {
        assert!(world.directory.sign_in(&slip.username, secret(&slip.secret.expose()), "").await.is_err());
        assert!(world.directory.link_owner(slip.link.expose()).await.unwrap().is_none());
    }
    world.clock.advance(Duration::from_secs(60));
    let dump = String::from_utf8_lossy(&world.dump().await).into_owned();
    for slip in &second.slips {
        assert!(!dump.contains(&slip.secret.expose()) && !dump.contains(slip.link.expose()));
        let owner = world.directory.link_owner(slip.link.expose()).await.unwrap().unwrap();
        assert_eq!(owner.username, slip.username);
        let password = secret(&slip.secret.expose());
        assert!(world.directory.sign_in(&slip.username, password, "").await.unwrap().must_change);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0, "nobody is mailed");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'sheet_made'").await, 2);
    let issued = "SELECT COUNT(*) FROM audit WHERE event = 'authn_token_created' AND detail LIKE '%on a sheet' \
         AND actor_name = 'petra' AND target IN ('u0001', 'u0002')";
    assert_eq!(world.number(issued).await, 4, "and for whom");
}

async fn a_sheet_leaves_out_who_needs_none(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 3)).await;
    let mut accounts = vec![petra.account];
    for username in ["u0001", "u0002", "u0003"] {
        accounts.push(world.account_id(username).await);
    }
    world.directory.deactivate(&petra, &accounts[1..2]).await.unwrap();
    let sheet = world.directory.make_sheet(&petra, &accounts[2..3]).await.unwrap();
    world.directory.set_first_password(sheet.slips[0].link.expose(), secret(OWN), "").await.unwrap();

    let recipients = world.directory.recipients(&accounts).await.unwrap();
    assert_eq!((recipients.able, recipients.left_out), (1, 3));
    let sheet = world.directory.make_sheet(&petra, &accounts).await.unwrap();
    assert_eq!((sheet.slips[0].username.as_str(), sheet.slips.len(), sheet.left_out), ("u0003", 1, 3));
    assert!(world.directory.sign_in("u0002", secret(OWN), "").await.is_ok(), "own passwords stay");
    let nobody = world.directory.make_sheet(&petra, &accounts[..3]).await;
    assert!(matches!(nobody, Err(SheetError::Nobody)));
    let many: Vec<_> =
        (0..=MOST).map(|number| directory::id::AccountId(uuid::Uuid::from_u128(number as u128))).collect();
    assert!(matches!(world.directory.make_sheet(&petra, &many).await, Err(SheetError::TooMany)));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'sheet_made'").await, 2);
}

async fn a_mail_that_waits_carries_what_is_on_the_sheet(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&mailed(), &people("u", 1)).await;
    let account = world.account_id("u0001").await;
    let sheet = world.directory.make_sheet(&petra, &[account]).await.unwrap();
    let message =
        world.directory.claim_messages("mail", 1, Duration::from_secs(900)).await.unwrap().remove(0);
    assert_eq!(message.secret.unwrap().expose(), sheet.slips[0].secret.expose());
}
