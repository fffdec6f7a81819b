//! A second factor: set up, asked for, used once, taken away.

use crate::world::{ADMIN_PASSWORD, World, key, mailed, people, secret};
use directory::ServerKey;
use directory::credentials::{SignInError, SignedIn};
use directory::links::LinkError;
use directory::outbox::MessageKind;
use directory::people::Actor;
use directory::second_factor::{ConfirmError, PendingToken, TakeFactorError, totp};
use directory::sessions::{SessionToken, Whence, Which};
use directory::settings::{SecondFactorFor, Settings};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    nothing_is_asked_for_before_a_code_has_shown_that_it_works,
    the_password_alone_opens_nothing,
    a_code_is_accepted_once,
    recovery_codes_work_once_each,
    of_several_with_one_code_one_gets_in,
    wrong_codes_are_limited_and_a_right_password_does_not_forget_them,
    a_network_fails_with_codes_as_with_passwords,
    a_waiting_sign_in_ends,
    an_administrator_takes_a_second_factor_away,
    whoever_has_to_have_one_is_told,
    a_newcomers_link_does_not_walk_around_it,
    a_new_key_leaves_second_factors,
    nothing_of_it_is_found_in_the_database,
);

const STEP: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(900);

struct Factor {
    actor: Actor,
    secret: String,
    recovery: Vec<String>,
}

impl Factor {
    fn code(&self, world: &World) -> String {
        totp::shown(&self.secret, world.directory.time()).unwrap()
    }

    /// A code that is not the present one.
    fn wrong(&self, world: &World) -> String {
        self.code(world)
            .chars()
            .map(|digit| if digit == '9' { '0' } else { char::from(digit as u8 + 1) })
            .collect()
    }
}

/// Sets a factor up and lets the code of that moment pass.
async fn set_up(world: &World, actor: Actor) -> Factor {
    let directory = &world.directory;
    directory.begin_second_factor(&actor).await.unwrap();
    let setup = directory.second_factor(&actor).await.unwrap().setup.unwrap();
    let recovery = setup.recovery_codes.iter().map(|code| code.to_string()).collect();
    let factor = Factor { actor, secret: setup.secret.to_string(), recovery };
    directory.confirm_second_factor(&factor.actor, &factor.code(world)).await.unwrap();
    world.clock.advance(STEP);
    factor
}

async fn petra(world: &World) -> Factor {
    let actor = world.administrator("petra").await;
    set_up(world, actor).await
}

async fn password(world: &World, from: &str) -> PendingToken {
    match world.directory.sign_in("petra", secret(ADMIN_PASSWORD), from).await {
        Err(SignInError::CodeWanted(pending)) => pending,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("signed in by the password alone"),
    }
}

async fn complete(world: &World, pending: &PendingToken, code: &str) -> Result<SignedIn, SignInError> {
    world.directory.complete_sign_in(pending, secret(code), Whence::default()).await
}

async fn nothing_is_asked_for_before_a_code_has_shown_that_it_works(world: World) {
    let directory = &world.directory;
    let actor = world.administrator("petra").await;
    assert!(matches!(directory.confirm_second_factor(&actor, "000000").await, Err(ConfirmError::NotBegun)));
    directory.begin_second_factor(&actor).await.unwrap();
    let first = directory.second_factor(&actor).await.unwrap().setup.unwrap();
    assert_eq!((first.secret.len(), first.recovery_codes.len()), (32, 10));
    assert!(first.address.starts_with("otpauth://totp/Rollcall:petra?secret="), "{}", *first.address);
    directory.begin_second_factor(&actor).await.unwrap();
    let setup = directory.second_factor(&actor).await.unwrap().setup.unwrap();
    assert_ne!(*first.secret, *setup.secret, "begun anew");
    directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();

    let at = directory.time();
    let old = totp::shown(&first.secret, at).unwrap();
    assert!(matches!(directory.confirm_second_factor(&actor, &old).await, Err(ConfirmError::Wrong)));
    directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();
    let code = totp::shown(&setup.secret, at).unwrap();
    directory.confirm_second_factor(&actor, &code).await.unwrap();
    let had = directory.second_factor(&actor).await.unwrap();
    assert_eq!((had.since, had.recovery_codes), (Some(at), 10));
    assert!(had.setup.is_none(), "never shown again");
    // Beginning once more changes nothing while one is in use.
    directory.begin_second_factor(&actor).await.unwrap();
    assert!(directory.second_factor(&actor).await.unwrap().setup.is_none());
    password(&world, "").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_factor_added'").await, 1);
    let told = directory.claim_messages("mail", 10, LEASE).await.unwrap();
    assert_eq!((told.len(), told[0].kind), (1, MessageKind::SecondFactorOn));
}

async fn the_password_alone_opens_nothing(world: World) {
    let factor = petra(&world).await;
    let pending = password(&world, "192.0.2.1").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM session").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM account WHERE last_sign_in_at IS NOT NULL").await, 0);
    let as_session = SessionToken::parse(pending.expose()).unwrap();
    assert!(world.directory.session(&as_session).await.unwrap().is_none());
    let hashed = world.directory.hash_load().done;
    assert!(world.directory.sign_in("petra", secret("wrong"), "").await.is_err());
    assert_eq!(world.directory.hash_load().done - hashed, 1, "a wrong password costs what it did");
    let signed_in = complete(&world, &pending, &factor.code(&world)).await.unwrap();
    assert!(!signed_in.must_change && signed_in.account.username == "petra");
    let session = world.directory.session(&signed_in.token).await.unwrap().unwrap();
    assert!(session.proven && !session.second_factor_due);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_login_success'").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'authn_factor_challenge'").await, 1);
    // Removed by the person: the password is enough again.
    assert!(world.directory.remove_second_factor(&factor.actor).await.unwrap());
    assert!(!world.directory.remove_second_factor(&factor.actor).await.unwrap());
    assert!(world.directory.session(&signed_in.token).await.unwrap().is_some(), "goes on");
    world.clock.advance(Duration::from_secs(1));
    world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();
}

async fn a_code_is_accepted_once(world: World) {
    let factor = petra(&world).await;
    let code = factor.code(&world);
    let pending = password(&world, "").await;
    complete(&world, &pending, &format!(" {} {} ", &code[..3], &code[3..])).await.unwrap();
    assert!(complete(&world, &pending, &code).await.is_err(), "the sign-in is used up");
    let pending = password(&world, "").await;
    assert!(
        matches!(complete(&world, &pending, &code).await, Err(SignInError::Refused)),
        "the code is used up"
    );
    world.clock.advance(STEP);
    let skipped = factor.code(&world);
    world.clock.advance(STEP);
    complete(&world, &pending, &factor.code(&world)).await.unwrap();
    // That of the step before was never used, but is late now: a later one was.
    let pending = password(&world, "").await;
    world.clock.advance(Duration::from_secs(1));
    assert!(complete(&world, &pending, &skipped).await.is_err());
}

async fn recovery_codes_work_once_each(world: World) {
    let factor = petra(&world).await;
    let pending = password(&world, "").await;
    complete(&world, &pending, &factor.recovery[3].to_lowercase().replace('-', " ")).await.unwrap();
    let pending = password(&world, "").await;
    assert!(matches!(complete(&world, &pending, &factor.recovery[3]).await, Err(SignInError::Refused)));
    world.clock.advance(Duration::from_secs(1));
    complete(&world, &pending, &factor.recovery[4]).await.unwrap();
    assert_eq!(world.directory.second_factor(&factor.actor).await.unwrap().recovery_codes, 8);
    // They are of one person.
    let otto = world.administrator("otto").await;
    let other = set_up(&world, otto).await;
    let pending = password(&world, "").await;
    assert!(complete(&world, &pending, &other.recovery[0]).await.is_err());
    assert_eq!(world.directory.second_factor(&other.actor).await.unwrap().recovery_codes, 10);
}

async fn of_several_with_one_code_one_gets_in(world: World) {
    let factor = petra(&world).await;
    for code in [factor.code(&world), factor.recovery[0].clone()] {
        let pending = password(&world, "").await;
        let mut tries = JoinSet::new();
        for _ in 0..8 {
            let (directory, pending, code) = (world.directory.clone(), pending.clone(), code.clone());
            tries.spawn(async move {
                directory.complete_sign_in(&pending, secret(&code), Whence::default()).await.is_ok()
            });
        }
        let succeeded = tries.join_all().await.into_iter().filter(|done| *done).count();
        assert_eq!(succeeded, 1);
        world.clock.advance(STEP);
    }
}

async fn wrong_codes_are_limited_and_a_right_password_does_not_forget_them(world: World) {
    let directory = &world.directory;
    let factor = petra(&world).await;
    let pending = password(&world, "").await;
    for code in [factor.wrong(&world), String::new(), "9".repeat(4000)] {
        assert!(matches!(complete(&world, &pending, &code).await, Err(SignInError::Refused)));
        let right = factor.code(&world);
        assert!(matches!(complete(&world, &pending, &right).await, Err(SignInError::Refused)), "waiting");
        world.clock.advance(Duration::from_secs(3));
    }
    // Begun anew with the right password, the count goes on.
    let pending = password(&world, "").await;
    assert_eq!(world.number("SELECT failures FROM second_factor").await, 3);
    // Of many at once, one is compared.
    let mut tries = JoinSet::new();
    for _ in 0..10 {
        let (directory, pending, code) = (directory.clone(), pending.clone(), factor.wrong(&world));
        tries.spawn(async move {
            directory.complete_sign_in(&pending, secret(&code), Whence::default()).await.is_ok()
        });
    }
    assert!(tries.join_all().await.into_iter().all(|done| !done));
    assert_eq!(world.number("SELECT failures FROM second_factor").await, 4);
    world.execute("UPDATE second_factor SET failures = 99, next_attempt_at = 0").await.unwrap();
    assert!(complete(&world, &pending, &factor.wrong(&world)).await.is_err());
    world.clock.advance(Duration::from_secs(60));
    assert!(complete(&world, &pending, &factor.code(&world)).await.is_err(), "locked until midnight");
    let pending = password(&world, "").await;
    assert!(complete(&world, &pending, &factor.recovery[0]).await.is_err(), "for recovery codes as well");
    assert!(directory.access(factor.actor.account).await.unwrap().waiting_until.is_some());
    assert!(directory.lift_lock(&Actor::system(), factor.actor.account).await.unwrap());
    complete(&world, &pending, &factor.code(&world)).await.unwrap();
    assert_eq!(world.number("SELECT failures FROM second_factor").await, 0);
    let refused = "SELECT COUNT(*) FROM audit WHERE event = 'authn_factor_fail'";
    assert!(world.number(refused).await >= 10);
}

async fn a_network_fails_with_codes_as_with_passwords(world: World) {
    let factor = petra(&world).await;
    let pending = password(&world, "192.0.2.1").await;
    let whence = Whence::from("192.0.2.1");
    let wrong = factor.wrong(&world);
    for _ in 0..10 {
        let answer = world.directory.complete_sign_in(&pending, secret(&wrong), whence).await;
        assert!(matches!(answer, Err(SignInError::Refused)));
    }
    let answer = world.directory.complete_sign_in(&pending, secret(&wrong), whence).await;
    assert!(matches!(answer, Err(SignInError::TooMany(_))));
    let answer = world.directory.sign_in("petra", secret(ADMIN_PASSWORD), "192.0.2.1").await;
    assert!(matches!(answer, Err(SignInError::TooMany(_))), "one count for both");
}

async fn a_waiting_sign_in_ends(world: World) {
    let directory = &world.directory;
    let factor = petra(&world).await;
    let pending = password(&world, "").await;
    assert!(directory.waits_for_code(&pending).await.unwrap());
    world.clock.advance(Duration::from_secs(300));
    assert!(!directory.waits_for_code(&pending).await.unwrap());
    assert!(complete(&world, &pending, &factor.code(&world)).await.is_err());
    // With the sessions of the person, with a new password, with the account.
    let pending = password(&world, "").await;
    directory.end_sessions(&Actor::system(), factor.actor.account, Which::All).await.unwrap();
    assert!(!directory.waits_for_code(&pending).await.unwrap());
    let pending = password(&world, "").await;
    let other = password(&world, "").await;
    let token = complete(&world, &other, &factor.code(&world)).await.unwrap().token;
    let new = "seven paper lanterns drift";
    directory.change_password(&token, secret(ADMIN_PASSWORD), secret(new)).await.unwrap();
    assert!(!directory.waits_for_code(&pending).await.unwrap());
    let unknown = PendingToken::parse(&"A".repeat(43)).unwrap();
    assert!(!directory.waits_for_code(&unknown).await.unwrap());
    assert!(complete(&world, &unknown, &factor.code(&world)).await.is_err());
}

async fn an_administrator_takes_a_second_factor_away(world: World) {
    let directory = &world.directory;
    let factor = petra(&world).await;
    let pending = password(&world, "").await;
    let token = complete(&world, &pending, &factor.code(&world)).await.unwrap().token;
    let waiting = password(&world, "").await;
    let otto = world.administrator("otto").await;
    assert!(directory.access(factor.actor.account).await.unwrap().second_factor);
    for nothing in ["", " \t", "\u{a0}"] {
        let refused = directory.take_second_factor(&otto, factor.actor.account, nothing).await;
        assert!(matches!(refused, Err(TakeFactorError::Unidentified)), "{refused:?}");
    }
    assert!(directory.access(factor.actor.account).await.unwrap().second_factor);
    let how = " passport, at the desk ";
    assert!(directory.take_second_factor(&otto, factor.actor.account, how).await.unwrap());
    assert!(!directory.access(factor.actor.account).await.unwrap().second_factor);
    assert!(directory.session(&token).await.unwrap().is_none(), "signed out");
    assert!(!directory.waits_for_code(&waiting).await.unwrap());
    directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();
    let kinds: Vec<MessageKind> = directory
        .claim_messages("mail", 10, LEASE)
        .await
        .unwrap()
        .iter()
        .map(|message| message.kind)
        .collect();
    assert!(kinds.contains(&MessageKind::SecondFactorOn) && kinds.contains(&MessageKind::SecondFactorOff));
    let by_otto = "SELECT COUNT(*) FROM audit WHERE event = 'authn_factor_removed' AND actor_name = 'otto' AND target = 'petra' \
         AND detail = 'authenticator app; identified by: passport, at the desk'";
    assert_eq!(world.number(by_otto).await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM recovery_code").await, 0);
}

async fn whoever_has_to_have_one_is_told(world: World) {
    let directory = &world.directory;
    let actor = world.administrator("petra").await;
    let token = directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    let due = async || directory.session(&token).await.unwrap().unwrap().second_factor_due;
    assert!(!due().await);
    for require_second_factor in [SecondFactorFor::Administrators, SecondFactorFor::Everybody] {
        let settings = Settings { require_second_factor, ..Settings::default() };
        directory.save_settings(&actor, &settings).await.unwrap();
        assert!(due().await);
    }
    let settings = Settings { require_second_factor: SecondFactorFor::Administrators, ..Settings::default() };
    directory.save_settings(&actor, &settings).await.unwrap();
    world.run(&mailed(), &people("u", 1)).await;
    let temporary = directory.temporary_secret(world.account_id("u0001").await, 1).expose();
    let member = directory.sign_in("u0001", secret(&temporary), "").await.unwrap().token;
    assert!(!directory.session(&member).await.unwrap().unwrap().second_factor_due);
    directory.begin_second_factor(&actor).await.unwrap();
    assert!(due().await, "begun is not done");
    let setup = directory.second_factor(&actor).await.unwrap().setup.unwrap();
    let code = totp::shown(&setup.secret, directory.time()).unwrap();
    directory.confirm_second_factor(&actor, &code).await.unwrap();
    assert!(!due().await);
    directory.remove_second_factor(&actor).await.unwrap();
    assert!(due().await);
}

async fn a_newcomers_link_does_not_walk_around_it(world: World) {
    let directory = &world.directory;
    world.run(&mailed(), &people("u", 1)).await;
    let account = world.account_id("u0001").await;
    let actor = Actor { account, username: "u0001".to_owned(), ..Actor::system() };
    let factor = set_up(&world, actor).await;
    let sheet = directory.make_sheet(&Actor::system(), &[account]).await.unwrap();
    let new = "seven paper lanterns drift";
    let answer = directory.set_first_password(sheet.slips[0].link.expose(), secret(new), "").await;
    let Err(LinkError::CodeWanted(pending)) = answer else { panic!("signed in without a code") };
    assert_eq!(world.number("SELECT COUNT(*) FROM session").await, 0);
    complete(&world, &pending, &factor.code(&world)).await.unwrap();
}

async fn a_new_key_leaves_second_factors(world: World) {
    let factor = petra(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    std::fs::write(&path, data_encoding::HEXLOWER.encode(&[7; 32])).unwrap();
    let later = world.another_with(directory::key::rotate(&path, "today").unwrap()).await;
    let pending = password(&world, "").await;
    later.complete_sign_in(&pending, secret(&factor.code(&world)), Whence::default()).await.unwrap();
    assert_eq!(later.former_key_uses().await.unwrap().second_factors, 0, "sealed anew when it was used");
    let otto = world.administrator("otto").await;
    set_up(&world, otto).await;
    assert_eq!(later.former_key_uses().await.unwrap().second_factors, 1);
    assert_eq!(later.reseal_second_factors().await.unwrap(), 1);
    assert_eq!(later.reseal_second_factors().await.unwrap(), 0);
    assert_eq!(later.former_key_uses().await.unwrap().second_factors, 0);
    directory::key::forget(&path).unwrap();
    world.clock.advance(STEP);
    let last = world.another_with(ServerKey::load_or_create(&path).unwrap()).await;
    let Err(SignInError::CodeWanted(pending)) = last.sign_in("petra", secret(ADMIN_PASSWORD), "").await
    else {
        panic!("signed in by the password alone")
    };
    last.complete_sign_in(&pending, secret(&factor.code(&world)), Whence::default()).await.unwrap();
    // With the key lost altogether, recovery codes are left.
    let stranger = world.another_with(ServerKey::new([9; 32])).await;
    let pending = password(&world, "").await;
    world.clock.advance(STEP);
    let code = factor.code(&world);
    assert!(stranger.complete_sign_in(&pending, secret(&code), Whence::default()).await.is_err());
    world.clock.advance(Duration::from_secs(1));
    stranger.complete_sign_in(&pending, secret(&factor.recovery[0]), Whence::default()).await.unwrap();
}

async fn nothing_of_it_is_found_in_the_database(world: World) {
    let factor = petra(&world).await;
    let pending = password(&world, "").await;
    let dump = world.dump().await;
    let bytes = data_encoding::BASE32_NOPAD.decode(factor.secret.as_bytes()).unwrap();
    let mut secrets: Vec<Vec<u8>> = vec![bytes.clone(), data_encoding::HEXLOWER.encode(&bytes).into_bytes()];
    secrets.push(pending.expose().as_bytes().to_vec());
    secrets.push(factor.secret.clone().into_bytes());
    for code in &factor.recovery {
        secrets.push(code.clone().into_bytes());
        secrets.push(code.replace('-', "").into_bytes());
    }
    for secret in &secrets {
        assert!(!dump.windows(secret.len()).any(|window| window == secret), "found");
    }
    // What is on file opens for this account alone, and with this key alone.
    let otto = world.administrator("otto").await;
    set_up(&world, otto.clone()).await;
    let swap = "UPDATE second_factor SET secret = (SELECT f.secret FROM second_factor f JOIN account a ON a.id = f.account_id \
        WHERE a.username = 'otto')";
    world.execute(swap).await.unwrap();
    assert!(complete(&world, &pending, &factor.code(&world)).await.is_err());
    assert!(world.another_with(key()).await.reseal_second_factors().await.unwrap() == 0);
}
