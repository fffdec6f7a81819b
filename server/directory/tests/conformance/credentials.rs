//! Secrets: temporary and lasting ones, the limit on guesses, equal answers.

use crate::world::{ADMIN_PASSWORD, World, mailed, people, secret};
use directory::account::CredentialState;
use directory::credentials::{ChangeError, FormerKeyUses, SignInError, SignedIn};
use directory::hashing::{Cost, Hashing};
use directory::id::AccountId;
use directory::imports::RunnerStep;
use directory::outbox::OutgoingMessage;
use directory::people::Actor;
use roster::review::{ChangePassword, Options};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_temporary_password_gets_a_person_in_once,
    a_temporary_password_expires,
    a_temporary_password_may_become_lasting,
    guesses_are_limited,
    parallel_guesses_are_limited_too,
    changing_a_password_is_limited_as_well,
    refusals_are_all_alike,
    a_new_password_must_be_good,
    login_details_are_sent_later,
    login_details_are_sent_again_only_so_often,
    login_details_that_are_sent_anew_lift_a_lock,
    sending_twice_owes_one_message,
    people_sign_in_by_name_or_address,
    a_network_fails_only_so_often,
    parallel_failures_of_a_network_are_limited_too,
    who_succeeds_does_not_use_up_the_network,
    a_weak_hash_is_replaced_at_the_next_sign_in,
    every_refusal_costs_the_same_work,
    a_new_key_leaves_what_the_former_one_made,
);

const OWN: &str = "seven paper lanterns drift";
const LEASE: Duration = Duration::from_secs(15 * 60);

async fn sign_in(world: &World, login: &str, password: &str) -> Result<SignedIn, SignInError> {
    world.directory.sign_in(login, secret(password), "192.0.2.1").await
}

/// One person with a temporary password, as it stands in the mail.
async fn issued(world: &World, options: &Options) -> String {
    world.run(options, &people("u", 1)).await;
    shown(&world.directory.claim_messages("mail", 10, LEASE).await.unwrap()[0])
}

fn shown(message: &OutgoingMessage) -> String {
    message.secret.as_ref().unwrap().expose()
}

async fn a_temporary_password_gets_a_person_in_once(world: World) {
    let directory = &world.directory;
    let temporary = issued(&world, &mailed()).await;
    assert_eq!(temporary.len(), 31, "26 symbols in groups of five");
    let account = directory.account_by_username("u0001").await.unwrap().unwrap();
    assert!(matches!(account.credential, CredentialState::Issued { .. }));

    // Typed without groups, in lower case, with the letters that look like digits.
    let typed = temporary.replace('-', "").to_lowercase().replace('0', "o").replace('1', "l");
    let elsewhere = sign_in(&world, "u0001", &typed).await.unwrap();
    let first = sign_in(&world, "u0001", &temporary).await.unwrap();
    assert!(first.must_change);
    let session = directory.session(&first.token).await.unwrap().unwrap();
    assert!(session.must_change);

    let fresh = directory.change_password(&first.token, secret(&temporary), secret(OWN)).await.unwrap();
    assert!(directory.session(&first.token).await.unwrap().is_none(), "a new session for a new right");
    assert!(directory.session(&elsewhere.token).await.unwrap().is_none(), "all other sessions end");
    assert!(!directory.session(&fresh).await.unwrap().unwrap().must_change);
    assert!(matches!(sign_in(&world, "u0001", &temporary).await, Err(SignInError::Refused)));
    world.clock.advance(Duration::from_secs(2));
    let again = sign_in(&world, "u0001", OWN).await.unwrap();
    assert!(!again.must_change);
    assert_eq!(again.account.credential, CredentialState::Set);
    assert!(again.account.last_sign_in_at.is_some());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_password_change'").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_login_success'").await, 3);
}

async fn a_temporary_password_expires(world: World) {
    let temporary = issued(&world, &mailed()).await;
    world.clock.advance(Duration::from_secs(72 * 3600 - 1));
    sign_in(&world, "u0001", &temporary).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(sign_in(&world, "u0001", &temporary).await, Err(SignInError::Refused)));
    let account = world.directory.account_by_username("u0001").await.unwrap().unwrap();
    assert_eq!(account.credential, CredentialState::Expired);
}

async fn a_temporary_password_may_become_lasting(world: World) {
    let options = Options { change_password: ChangePassword::NoOne, ..mailed() };
    let temporary = issued(&world, &options).await;
    let signed_in = sign_in(&world, "u0001", &temporary).await.unwrap();
    assert!(!signed_in.must_change);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM credential WHERE password_hash LIKE '$argon2id$%'").await,
        1
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM credential WHERE verifier IS NOT NULL").await, 0);
    world.clock.advance(Duration::from_secs(365 * 24 * 3600));
    for typed in [temporary.clone(), temporary.to_lowercase(), temporary.replace('-', " ")] {
        sign_in(&world, "u0001", &typed).await.unwrap();
    }
}

async fn guesses_are_limited(world: World) {
    world.administrator("petra").await;
    // Slips cost a second each.
    for _ in 0..3 {
        assert!(sign_in(&world, "petra", "wrong").await.is_err());
        assert!(sign_in(&world, "petra", ADMIN_PASSWORD).await.is_err(), "the right one too, while waiting");
        world.clock.advance(Duration::from_secs(3));
    }
    sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap();
    assert_eq!(world.number("SELECT failures FROM credential").await, 0, "a success forgets them");

    // The count is in the database: most of the hundred need not be hashed here.
    assert!(sign_in(&world, "petra", "wrong").await.is_err());
    world.execute("UPDATE credential SET failures = 98").await.unwrap();
    for seconds in [10, 10] {
        world.clock.advance(Duration::from_secs(seconds));
        assert!(sign_in(&world, "petra", "wrong").await.is_err());
    }
    assert_eq!(world.number("SELECT failures FROM credential").await, 100);
    world.clock.advance(Duration::from_secs(3600));
    let later = world.another().await;
    let locked = later.sign_in("petra", secret(ADMIN_PASSWORD), "").await;
    assert!(matches!(locked, Err(SignInError::Refused)), "also after a restart");
    assert_eq!(world.number("SELECT failures FROM credential").await, 100, "no more are counted");
    // It is noon: the lock ends at midnight.
    world.clock.advance(Duration::from_secs(11 * 3600));
    sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap();
}

async fn parallel_guesses_are_limited_too(world: World) {
    world.administrator("petra").await;
    let mut guessing = JoinSet::new();
    for number in 0..30 {
        let directory = world.directory.clone();
        guessing
            .spawn(async move { directory.sign_in("petra", secret(&format!("guess {number}")), "").await });
    }
    for answer in guessing.join_all().await {
        assert!(matches!(answer, Err(SignInError::Refused)));
    }
    assert_eq!(world.number("SELECT failures FROM credential").await, 1, "one guess was compared");
}

async fn changing_a_password_is_limited_as_well(world: World) {
    world.administrator("petra").await;
    let session = sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap().token;
    let change =
        |current: &'static str| world.directory.change_password(&session, secret(current), secret(OWN));
    assert!(matches!(change("wrong").await, Err(ChangeError::WrongCurrent)));
    assert!(matches!(change(ADMIN_PASSWORD).await, Err(ChangeError::WrongCurrent)), "waiting");
    assert_eq!(world.number("SELECT failures FROM credential").await, 1);
    world.execute("UPDATE credential SET failures = 99").await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    assert!(matches!(change("wrong").await, Err(ChangeError::WrongCurrent)));
    world.clock.advance(Duration::from_secs(600));
    assert!(matches!(change(ADMIN_PASSWORD).await, Err(ChangeError::WrongCurrent)), "locked");
    assert!(world.directory.session(&session).await.unwrap().is_some(), "the session goes on");
}

async fn refusals_are_all_alike(world: World) {
    let petra = world.administrator("petra").await;
    let temporary = issued(&world, &mailed()).await;
    world.run(&mailed(), &people("w", 2)).await;
    let closed = world.account_id("w0001").await;
    let closed_secret = world.directory.temporary_secret(closed, 1).expose();
    world.directory.deactivate(&petra, &[closed]).await.unwrap();
    world.clock.advance(Duration::from_secs(73 * 3600));
    let mut answers = Vec::new();
    for (login, password) in [
        ("nobody", "wrong"),
        ("petra", "wrong"),
        ("petra", ADMIN_PASSWORD),
        ("u0001", temporary.as_str()),
        ("w0001", closed_secret.as_str()),
        ("w0002", ""),
        ("", ""),
        ("petra\u{0}", "x"),
    ] {
        let refused = sign_in(&world, login, password).await.err().unwrap();
        assert!(matches!(refused, SignInError::Refused), "{login}");
        answers.push(refused.to_string());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let long = "x".repeat(1025);
    assert!(matches!(sign_in(&world, "w0002", &long).await, Err(SignInError::Refused)));
    assert_eq!(
        world
            .number(
                "SELECT failures FROM credential c JOIN account a ON a.id = c.account_id \
        WHERE a.username = 'w0002'"
            )
            .await,
        1,
        "too long a password is not even counted"
    );
}

async fn a_new_password_must_be_good(world: World) {
    let temporary = issued(&world, &mailed()).await;
    let session = sign_in(&world, "u0001", &temporary).await.unwrap().token;
    let change = |new: String| world.directory.change_password(&session, secret(&temporary), secret(&new));
    assert!(matches!(change(temporary.clone()).await, Err(ChangeError::SameAsTemporary)));
    let bare = temporary.replace('-', "").to_lowercase();
    assert!(matches!(change(bare).await, Err(ChangeError::SameAsTemporary)));
    assert!(matches!(change("short".to_owned()).await, Err(ChangeError::Policy(_))));
    assert!(matches!(change("passwordpassword".to_owned()).await, Err(ChangeError::Policy(_))));
    assert!(matches!(change("blue kettle u0001 north".to_owned()).await, Err(ChangeError::Policy(_))));
    assert_eq!(world.number("SELECT failures FROM credential").await, 0, "slips are not guesses");
    let session = change(OWN.to_owned()).await.unwrap();
    let same = world.directory.change_password(&session, secret(OWN), secret(OWN)).await;
    assert!(matches!(same, Err(ChangeError::SameAsOld)));
    let old = world
        .directory
        .change_password(&session, secret(&temporary), secret("a slow tram past the mill"))
        .await;
    assert!(matches!(old, Err(ChangeError::WrongCurrent)));
}

async fn login_details_are_sent_later(world: World) {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 6)).await;
    assert!(directory.claim_messages("mail", 10, LEASE).await.unwrap().is_empty(), "nobody is mailed");
    let mut chosen = Vec::new();
    for name in ["u0002", "u0004", "u0005"] {
        chosen.push(world.account_id(name).await);
    }
    directory.deactivate(&petra, &[chosen[2]]).await.unwrap();
    chosen.push(petra.account);
    assert_eq!(directory.send_login_details(&petra, &chosen).await.unwrap(), 2);
    let messages = directory.claim_messages("mail", 10, LEASE).await.unwrap();
    let mut names: Vec<&str> = messages.iter().map(|message| message.username.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["u0002", "u0004"], "exactly those, one each");
    for message in &messages {
        sign_in(&world, &message.username, &shown(message)).await.unwrap();
        directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    }
    // Sent again: a new secret, the old one is dead.
    let old = shown(messages.iter().find(|message| message.username == "u0002").unwrap());
    assert_eq!(directory.send_login_details(&petra, &chosen[..1]).await.unwrap(), 1);
    let message = &directory.claim_messages("mail", 10, LEASE).await.unwrap()[0];
    assert_ne!(shown(message), old);
    assert!(sign_in(&world, "u0002", &old).await.is_err());
    world.clock.advance(Duration::from_secs(1));
    let session = sign_in(&world, "u0002", &shown(message)).await.unwrap().token;
    // Whoever has an own password keeps it.
    directory.change_password(&session, secret(&shown(message)), secret(OWN)).await.unwrap();
    directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    assert_eq!(directory.send_login_details(&petra, &chosen[..1]).await.unwrap(), 0);
    sign_in(&world, "u0002", OWN).await.unwrap();
}

/// T07: whoever was locked out by others gets in with what is sent next.
async fn login_details_that_are_sent_anew_lift_a_lock(world: World) {
    let petra = world.administrator("petra").await;
    let locked = issued(&world, &mailed()).await;
    world.execute("UPDATE message SET state = 'sent'").await.unwrap();
    world.execute("UPDATE credential SET failures = 100, next_attempt_at = 9000000000000").await.unwrap();
    assert!(matches!(sign_in(&world, "u0001", &locked).await, Err(SignInError::Refused)), "locked");
    let anna = world.account_id("u0001").await;
    assert_eq!(world.directory.send_login_details(&petra, &[anna]).await.unwrap(), 1);
    let anew = shown(&world.directory.claim_messages("mail", 10, LEASE).await.unwrap()[0]);
    assert!(sign_in(&world, "u0001", &anew).await.unwrap().must_change);
}

/// T67: pressing the button again and again does not fill somebody's mailbox.
async fn login_details_are_sent_again_only_so_often(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 2)).await;
    let (ann, bob) = (world.account_id("u0001").await, world.account_id("u0002").await);
    let send = async |accounts: &[AccountId]| {
        // Another process counts on.
        let directory = world.another().await;
        let queued = directory.send_login_details(&petra, accounts).await.unwrap();
        // While it is under way, asking again costs nothing.
        assert_eq!(directory.send_login_details(&petra, accounts).await.unwrap(), 0);
        for message in directory.claim_messages("mail", 10, LEASE).await.unwrap() {
            directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
        }
        queued
    };
    for _ in 0..3 {
        assert_eq!(send(&[ann]).await, 1);
    }
    let secret_before = world.number("SELECT MAX(issue_number) FROM credential").await;
    assert_eq!(send(&[ann]).await, 0, "three at once");
    assert_eq!(
        world.number("SELECT MAX(issue_number) FROM credential").await,
        secret_before,
        "what is in the last mail still works"
    );
    assert_eq!(send(&[ann, bob]).await, 1, "others are sent theirs");
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(send(&[ann]).await, 1, "one an hour later");
    assert_eq!(send(&[ann]).await, 0);
}

async fn sending_twice_owes_one_message(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 20)).await;
    let everyone =
        world.directory.matching_accounts(&directory::people::PeopleQuery::default()).await.unwrap();
    assert_eq!(everyone.len(), 21);
    let mut sending = JoinSet::new();
    for directory in [world.directory.clone(), world.another().await, world.directory.clone()] {
        let (petra, everyone) = (petra.clone(), everyone.clone());
        sending.spawn(async move { directory.send_login_details(&petra, &everyone).await });
    }
    let owed: u32 = sending.join_all().await.into_iter().map(|answer| answer.unwrap_or(0)).sum();
    assert_eq!(owed, 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 20);
    let messages = world.directory.claim_messages("mail", 100, LEASE).await.unwrap();
    for message in messages.iter().take(2) {
        sign_in(&world, &message.username, &shown(message)).await.unwrap();
    }
}

async fn people_sign_in_by_name_or_address(world: World) {
    world.administrator("petra").await;
    for login in ["petra", "PETRA", " petra ", "petra@admins.example.org", "Petra@Admins.Example.ORG"] {
        let signed_in = sign_in(&world, login, ADMIN_PASSWORD).await.unwrap();
        assert_eq!(signed_in.account.username, "petra", "{login}");
    }
}

async fn a_network_fails_only_so_often(world: World) {
    let fail = async |directory: &directory::Directory, number: u32, address: &str| {
        directory.sign_in(&format!("nobody{number}"), secret("wrong"), address).await.err().unwrap()
    };
    // A person's machines share the first 64 bits of their addresses.
    for number in 0..10 {
        let refused = fail(&world.directory, number, &format!("2001:db8:1:2::{number}")).await;
        assert!(matches!(refused, SignInError::Refused), "{number}");
    }
    let limited = fail(&world.directory, 10, "2001:db8:1:2:ffff::1").await;
    assert!(matches!(limited, SignInError::TooMany(wait) if wait == Duration::from_secs(10)), "{limited}");
    let elsewhere = world.another().await;
    assert!(
        matches!(fail(&elsewhere, 11, "2001:db8:1:2::1").await, SignInError::TooMany(_)),
        "after a restart"
    );
    assert!(matches!(fail(&elsewhere, 12, "2001:db8:1:3::1").await, SignInError::Refused), "another network");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_login_fail'").await, 11);
    // One more is earned every ten seconds, never more than ten.
    world.clock.advance(Duration::from_secs(10));
    assert!(matches!(fail(&world.directory, 13, "2001:db8:1:2::1").await, SignInError::Refused));
    assert!(matches!(fail(&world.directory, 14, "2001:db8:1:2::1").await, SignInError::TooMany(_)));
    world.clock.advance(Duration::from_secs(3600));
    for number in 20..30 {
        assert!(matches!(fail(&world.directory, number, "2001:db8:1:2::1").await, SignInError::Refused));
    }
    assert!(matches!(fail(&world.directory, 30, "2001:db8:1:2::1").await, SignInError::TooMany(_)));
    // What has been earned back is forgotten when somebody signs in.
    world.administrator("petra").await;
    world.clock.advance(Duration::from_secs(3600));
    sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM rate WHERE scope = 'sign_in'").await, 0);
}

async fn parallel_failures_of_a_network_are_limited_too(world: World) {
    let mut guessing = JoinSet::new();
    for number in 0..40 {
        let directory = if number % 2 == 0 { world.directory.clone() } else { world.another().await };
        guessing.spawn(async move {
            directory.sign_in(&format!("nobody{number}"), secret("wrong"), "192.0.2.9").await.err().unwrap()
        });
    }
    let answers = guessing.join_all().await;
    let admitted = answers.iter().filter(|answer| !matches!(answer, SignInError::TooMany(_))).count();
    assert_eq!(admitted, 10);
}

async fn who_succeeds_does_not_use_up_the_network(world: World) {
    world.administrator("petra").await;
    for _ in 0..25 {
        sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap();
    }
    // A success gives back its own attempt and no failure of others.
    for number in 0..10 {
        let refused = sign_in(&world, &format!("nobody{number}"), "wrong").await.err().unwrap();
        assert!(matches!(refused, SignInError::Refused), "{number}");
        if number == 8 {
            sign_in(&world, "petra", ADMIN_PASSWORD).await.unwrap();
        }
    }
    assert!(matches!(sign_in(&world, "petra", ADMIN_PASSWORD).await, Err(SignInError::TooMany(_))));
}

/// How a running server hashes that found room for more than the minimum.
const HARDER: Hashing = Hashing { cost: Cost { memory_kib: 24_000, passes: 2 }, at_once: 2 };

async fn a_weak_hash_is_replaced_at_the_next_sign_in(world: World) {
    world.administrator("petra").await;
    let options = Options { change_password: ChangePassword::NoOne, ..mailed() };
    let temporary = issued(&world, &options).await;
    sign_in(&world, "u0001", &temporary).await.unwrap();
    let stored = "SELECT COUNT(*) FROM credential WHERE password_hash LIKE '%m=24000,t=2%'";
    assert_eq!(world.number(stored).await, 0);

    let harder = world.another().await;
    harder.set_hashing(HARDER);
    let wrong = harder.sign_in("petra", secret("wrong"), "").await;
    assert!(wrong.is_err() && world.number(stored).await == 0, "only the right password tells what to hash");
    world.clock.advance(Duration::from_secs(2));
    harder.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();
    assert_eq!(world.number(stored).await, 1);
    // A machine's password that became the lasting one, typed in groups.
    harder.sign_in("u0001", secret(&temporary), "").await.unwrap();
    assert_eq!(world.number(stored).await, 2);
    let before = harder.hash_load().done;
    for (login, password) in [("petra", ADMIN_PASSWORD), ("u0001", temporary.to_lowercase().as_str())] {
        harder.sign_in(login, secret(password), "").await.unwrap();
        // A server with less room compares it all the same, and leaves it alone.
        world.directory.sign_in(login, secret(password), "").await.unwrap();
    }
    assert_eq!(harder.hash_load().done - before, 2, "nothing is hashed twice");
    assert_eq!(world.number(stored).await, 2);
}

async fn every_refusal_costs_the_same_work(world: World) {
    world.administrator("petra").await;
    world.run(&mailed(), &people("u", 3)).await;
    let expired = world.directory.temporary_secret(world.account_id("u0001").await, 1).expose();
    let closed = world.account_id("u0002").await;
    let of_closed = world.directory.temporary_secret(closed, 1).expose();
    world.directory.deactivate(&Actor::system(), &[closed]).await.unwrap();
    let harder = world.another().await;
    harder.set_hashing(HARDER);
    for (hours, login, password) in [
        // What would let the person in, were the account not closed.
        (0, "u0002", of_closed.as_str()),
        (73, "nobody", "wrong"),
        // A hash of the minimum on file, then the wait after it.
        (0, "petra", "wrong"),
        (0, "petra", ADMIN_PASSWORD),
        (0, "u0001", &expired),
        (0, "u0002", "wrong"),
        (0, "u0003", "wrong"),
    ] {
        world.clock.advance(Duration::from_secs(hours * 3600));
        let before = harder.hash_load().work;
        let refused = harder.sign_in(login, secret(password), "").await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{login}");
        let work = harder.hash_load().work - before;
        assert!(work.abs_diff(2 * 24_000) <= 2, "{login}: {work}");
    }
}

async fn a_new_key_leaves_what_the_former_one_made(world: World) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    let hex = data_encoding::HEXLOWER.encode(&[7; 32]);
    std::fs::write(&path, hex).unwrap();
    // Handed over, waiting in the outbox, waiting sealed for its turn.
    let mailed_before = issued(&world, &mailed()).await;
    world.run(&mailed(), &people("w", 1)).await;
    world.send(&mailed(), &people("x", 2), 10).await;

    let rotated = directory::key::rotate(&path, "today").unwrap();
    let later = world.another_with(rotated).await;
    later.sign_in("u0001", secret(&mailed_before), "").await.unwrap();
    let message = later.claim_messages("mail", 10, LEASE).await.unwrap().remove(0);
    assert_eq!(message.username, "w0001");
    later.sign_in("w0001", secret(&shown(&message)), "").await.unwrap();
    later.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    let uses = later.former_key_uses().await.unwrap();
    assert!(uses.temporary_passwords == 2 && uses.sealed > 0, "{uses:?}");
    // What is carried out and issued from now on is of the new key alone.
    while later.run_next_batch("test").await.unwrap() == RunnerStep::Worked || world.something_waits().await {
    }
    let fresh = later.claim_messages("mail", 10, LEASE).await.unwrap();
    assert_eq!(fresh.len(), 2);
    for message in &fresh {
        later.sign_in(&message.username, secret(&shown(message)), "").await.unwrap();
        let old = world.directory.temporary_secret(message.account, 1).expose();
        assert_ne!(old, shown(message));
    }
    assert_eq!(later.former_key_uses().await.unwrap().temporary_passwords, 2);

    // Without the former key, what it made is over; a mail that still waits gets a new password.
    world
        .execute(
            "UPDATE message SET state = 'queued', due_at = 0 WHERE id IN (SELECT m.id FROM message m \
        JOIN account a ON a.id = m.account_id WHERE a.username = 'w0001')",
        )
        .await
        .unwrap();
    later.check_audit(None, None).await.expect("sealed with two keys");
    directory::key::forget(&path).unwrap();
    let last = world.another_with(directory::ServerKey::load_or_create(&path).unwrap()).await;
    assert!(last.sign_in("u0001", secret(&mailed_before), "").await.is_err());
    let message = last.claim_messages("mail", 10, LEASE).await.unwrap().remove(0);
    last.sign_in("w0001", secret(&shown(&message)), "").await.unwrap();
    world.clock.advance(Duration::from_secs(200 * 3600));
    assert_eq!(last.former_key_uses().await.unwrap(), FormerKeyUses::default());
    last.check_audit(None, None).await.expect("what the former key sealed is still known");
    let stranger = world.another_with(directory::ServerKey::new([9; 32])).await;
    assert!(stranger.check_audit(None, None).await.is_err());
}
