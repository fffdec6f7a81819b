//! Nothing in the database lets anybody in.

use crate::world::{ADMIN_PASSWORD, World, mailed, people, secret};
use directory::people::Actor;
use roster::review::Options;
use std::time::Duration;

on_both!(no_secret_is_found_in_the_whole_database);

const BROUGHT: &str = "copper orchard under snow 9";
const OWN: &str = "seven paper lanterns drift";

async fn no_secret_is_found_in_the_whole_database(world: World) {
    let directory = &world.directory;
    let setup = directory.issue_setup_token().await.unwrap();
    world.administrator("petra").await;
    let mut secrets =
        vec![setup.expose().to_owned(), ADMIN_PASSWORD.to_owned(), BROUGHT.to_owned(), OWN.to_owned()];

    // Waiting in a chunk, brought by a good row, brought by a bad one, waiting for a seat.
    let mut rows = people("u", 40);
    rows[1].0.values.password = Some(BROUGHT.to_owned());
    rows[2].0.values.password = Some(BROUGHT.to_owned());
    rows[2].0.values.email = "bad".to_owned();
    let waiting = world.send(&mailed(), &rows, 100).await;
    assert_clean(&world, &secrets).await;
    directory.set_seat_limit(&Actor::system(), Some(1)).await.unwrap();
    world.drain().await;
    assert_clean(&world, &secrets).await;
    directory.set_seat_limit(&Actor::system(), None).await.unwrap();
    directory.continue_import(&Actor::system(), waiting).await.unwrap();
    assert_clean(&world, &secrets).await;
    world.drain().await;
    world.send(&Options::default(), &people("v", 10), 5).await;

    let messages = directory.claim_messages("mail", 100, Duration::from_secs(900)).await.unwrap();
    assert_eq!(messages.len(), 39);
    for message in &messages {
        if let Some(temporary) = &message.secret {
            secrets.push(temporary.expose());
            secrets.push(temporary.expose().replace('-', ""));
        }
        directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    }
    // The person who brought a password is told as well, without one: any of the others will do.
    let (username, temporary) = messages
        .iter()
        .find_map(|message| Some((&message.username, message.secret.as_ref()?.expose())))
        .expect("a message with a temporary password");
    let first = directory.sign_in(username, secret(&temporary), "192.0.2.1").await.unwrap().token;
    let fresh = directory.change_password(&first, secret(&temporary), secret(OWN)).await.unwrap();
    secrets.push(first.expose().to_owned());
    secrets.push(fresh.expose().to_owned());
    // What a sheet and a link hold.
    let newcomers = [world.account_id("u0039").await, world.account_id("u0040").await];
    for slip in directory.make_sheet(&Actor::system(), &newcomers).await.unwrap().slips {
        secrets.extend([slip.secret.expose(), slip.link.expose().to_owned()]);
    }
    // A password typed into the wrong field.
    assert!(directory.sign_in(BROUGHT, secret("x"), "").await.is_err());
    assert!(secrets.len() > 80);
    assert_clean(&world, &secrets).await;
    world.check_invariants().await;
}

async fn assert_clean(world: &World, secrets: &[String]) {
    let dump = String::from_utf8_lossy(&world.dump().await).into_owned();
    assert!(dump.contains("petra"), "the dump holds what is in the database");
    for (number, secret) in secrets.iter().enumerate() {
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        let base64 = data_encoding::BASE64.encode(secret.as_bytes());
        for form in [secret.as_str(), &secret.to_lowercase(), &hex, base64.trim_end_matches('=')] {
            assert!(!dump.contains(form), "secret {number} is in the database");
        }
    }
}
