//! The directory itself: searching, closing and opening accounts, administrators.

use crate::world::{ADMIN_PASSWORD, World, administrator, mailed, people, secret};
use directory::account::{CredentialKind, Status};
use directory::outbox::MessageState;
use directory::people::{CreateError, DeactivateError, NewAdministrator, PeopleQuery, PeopleSort, Role};
use directory::settings::{Settings, SettingsError};
use roster::review::{Options, key_fingerprint};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    searches_filter_sort_and_page,
    known_people_are_found_by_either_key,
    all_keys_come_with_what_they_look_like,
    a_closed_account_is_shut_out_at_once,
    one_administrator_always_stays,
    administrators_must_be_acceptable,
    settings_are_kept,
);

async fn searches_filter_sort_and_page(world: World) {
    let petra = world.administrator("petra").await;
    world.run(&mailed(), &people("u", 30)).await;
    world.run(&Options::default(), &people("v", 5)).await;
    let closed = world.account_id("v0001").await;
    world.directory.deactivate(&petra, &[closed]).await.unwrap();
    let total = |query: PeopleQuery| {
        let directory = world.directory.clone();
        async move { directory.search_people(&query).await.unwrap().total }
    };
    let all = PeopleQuery::default;
    assert_eq!(total(all()).await, 36);
    assert_eq!(total(PeopleQuery { text: "u000".into(), ..all() }).await, 9);
    assert_eq!(total(PeopleQuery { text: "anna SMITH".into(), ..all() }).await, 35);
    assert_eq!(total(PeopleQuery { text: "v0002@example".into(), ..all() }).await, 1);
    assert_eq!(total(PeopleQuery { status: Some(Status::Deactivated), ..all() }).await, 1);
    assert_eq!(total(PeopleQuery { role: Some(Role::Administrator), ..all() }).await, 1);
    assert_eq!(total(PeopleQuery { department: Some("Support".into()), ..all() }).await, 35);
    assert_eq!(total(PeopleQuery { credential: Some(CredentialKind::Issued), ..all() }).await, 30);
    assert_eq!(total(PeopleQuery { credential: Some(CredentialKind::None), ..all() }).await, 5);
    assert_eq!(total(PeopleQuery { credential: Some(CredentialKind::Set), ..all() }).await, 1);
    world.clock.advance(Duration::from_secs(73 * 3600));
    assert_eq!(total(PeopleQuery { credential: Some(CredentialKind::Expired), ..all() }).await, 30);

    let mut seen = Vec::new();
    for page in 1..=4 {
        let query = PeopleQuery { page, page_size: 10, sort: PeopleSort::Username, ..all() };
        let found = world.directory.search_people(&query).await.unwrap();
        assert_eq!((found.total, found.page, found.page_size), (36, page, 10));
        seen.extend(found.items.into_iter().map(|account| account.username));
    }
    assert!(seen.is_sorted() && seen.len() == 36, "{seen:?}");
    for sort in PeopleSort::ALL {
        let query = PeopleQuery { sort: *sort, page_size: 10_000, ..all() };
        assert_eq!(world.directory.search_people(&query).await.unwrap().items.len(), 36);
    }
    let account = world.directory.account_by_username("u0001").await.unwrap().unwrap();
    assert_eq!(account.login_details, Some(MessageState::Queued));
}

async fn all_keys_come_with_what_they_look_like(world: World) {
    world.administrator("petra").await;
    world.run(&Options::default(), &people("rn", 3)).await;
    let known = world.directory.known_keys(4).await.unwrap().expect("few enough");
    assert_eq!(known.keys.len(), 4);
    assert!(known.keys.contains(&["rn0002", "rn0002@example.org"].map(key_fingerprint)));
    let looks = |name: &str| known.looks.contains(&key_fingerprint(name));
    assert!(known.looks.len() == 3 && looks("m0001") && looks("m0003") && !looks("petra"));
    assert_eq!(world.directory.known_keys(3).await.unwrap(), None);
}

async fn known_people_are_found_by_either_key(world: World) {
    world.administrator("petra").await;
    world.run(&Options::default(), &people("u", 3)).await;
    let usernames = ["u0001".to_owned(), "petra".to_owned(), "nobody".to_owned()];
    let emails = ["u0001@example.org".to_owned(), "u0003@example.org".to_owned()];
    let mut known = world.directory.known_people(&usernames, &emails).await.unwrap();
    known.sort_by(|a, b| a.username.cmp(&b.username));
    let names: Vec<&str> = known.iter().map(|person| person.username.as_str()).collect();
    assert_eq!(names, ["petra", "u0001", "u0003"]);
    assert!(known[0].protected && !known[1].protected && known[1].active);
    assert_eq!(known[1].values["department"], "Support");
    assert_eq!(known[1].values["email"], "u0001@example.org");
    assert_eq!(known[1].values["first_name"], "Anna");
}

async fn a_closed_account_is_shut_out_at_once(world: World) {
    let petra = world.administrator("petra").await;
    let anna = world.administrator("anna").await;
    let session = world.directory.sign_in("anna", secret(ADMIN_PASSWORD), "").await.unwrap().token;
    assert!(world.directory.session(&session).await.unwrap().is_some());
    world.directory.deactivate(&petra, &[anna.account]).await.unwrap();
    assert!(world.directory.session(&session).await.unwrap().is_none());
    assert!(world.directory.sign_in("anna", secret(ADMIN_PASSWORD), "").await.is_err());
    world.directory.reactivate(&petra, &[anna.account]).await.unwrap();
    assert!(world.directory.session(&session).await.unwrap().is_none(), "an ended session stays ended");
    world.clock.advance(Duration::from_secs(1));
    world.directory.sign_in("anna", secret(ADMIN_PASSWORD), "").await.unwrap();
}

async fn one_administrator_always_stays(world: World) {
    let petra = world.administrator("petra").await;
    let alone = world.directory.deactivate(&petra, &[petra.account]).await;
    assert!(matches!(alone, Err(DeactivateError::LastAdministrator)));
    let anna = world.administrator("anna").await;
    let both = world.directory.deactivate(&petra, &[petra.account, anna.account]).await;
    assert!(matches!(both, Err(DeactivateError::LastAdministrator)), "nothing was changed");
    for _ in 0..5 {
        let mut closing = JoinSet::new();
        for (actor, other) in [(&petra, &anna), (&anna, &petra)] {
            let (directory, actor, other) = (world.another().await, actor.clone(), other.account);
            closing.spawn(async move { directory.deactivate(&actor, &[other]).await.is_ok() });
        }
        let closed = closing.join_all().await.into_iter().filter(|closed| *closed).count();
        assert_eq!(closed, 1);
        let left = "SELECT COUNT(*) FROM account WHERE role = 'administrator' AND status = 'active'";
        assert_eq!(world.number(left).await, 1);
        world.directory.reactivate(&petra, &[petra.account, anna.account]).await.unwrap();
    }
}

async fn administrators_must_be_acceptable(world: World) {
    world.administrator("petra").await;
    let create = |change: fn(&mut NewAdministrator)| {
        let mut new = administrator("anna");
        change(&mut new);
        let directory = world.directory.clone();
        async move { directory.create_administrator(new).await }
    };
    assert!(matches!(create(|new| new.username = "PETRA".into()).await, Err(CreateError::UsernameTaken)));
    let email = create(|new| new.email = "petra@admins.example.org".into()).await;
    assert!(matches!(email, Err(CreateError::EmailTaken)));
    assert!(matches!(create(|new| new.password = secret("short")).await, Err(CreateError::Problems(_))));
    assert!(matches!(create(|new| new.first_name = String::new()).await, Err(CreateError::Problems(_))));
    create(|_| ()).await.unwrap();
    world.check_invariants().await;
}

async fn settings_are_kept(world: World) {
    let petra = world.administrator("petra").await;
    let mut settings = world.directory.settings().await.unwrap();
    settings.organisation = "Žluťoučký s.r.o.".to_owned();
    settings.temporary_password_hours = 24;
    settings.custom_fields = vec!["Cost centre".to_owned()];
    world.directory.save_settings(&petra, &settings).await.unwrap();
    assert_eq!(world.another().await.settings().await.unwrap(), settings);
    let bad = Settings { temporary_password_hours: 1000, ..settings.clone() };
    assert!(matches!(world.directory.save_settings(&petra, &bad).await, Err(SettingsError::OutOfRange(_))));
    assert_eq!(world.directory.settings().await.unwrap(), settings);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'sys_settings_changed'").await, 1);
    let trail = world.directory.audit(&Default::default(), 1).await.unwrap();
    assert_eq!(
        (trail.items[0].actor.as_str(), trail.items[0].event.as_str()),
        ("petra", "sys_settings_changed")
    );
}
