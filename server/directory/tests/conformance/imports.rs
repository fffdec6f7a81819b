//! Carrying imports out: outcomes, options, duplicates, and the rules that hold for rows sent directly.

use crate::world::{World, mailed, new_import, people, person, secret};
use directory::account::CredentialState;
use directory::imports::{Import, ImportState, Outcome};
use directory::people::{Actor, PeopleQuery, Role};
use roster::Code;
use roster::review::{Action, ChangePassword, EmptyCell, Existing, Options};

on_both!(
    rows_become_accounts,
    the_same_file_twice_creates_nothing,
    the_server_refuses_what_the_browser_would,
    duplicates_within_an_import_are_found_across_chunks,
    an_administrator_is_untouched,
    updates_do_what_the_options_say,
    roster_passwords_are_lasting_and_never_kept,
    accounts_appear_while_rows_arrive,
    failed_rows_can_be_downloaded,
    imports_take_turns,
    an_import_stops_when_its_importer_may_not_import,
    names_keep_their_accents,
    hashed_passwords_count_while_they_are_hashed,
);

fn counts(import: &Import) -> [u32; 5] {
    [import.created, import.updated, import.unchanged, import.skipped, import.failed]
}

async fn codes(world: &World, import: &Import) -> Vec<(u32, Option<Code>)> {
    let rows = world.directory.import_rows(import.id, None, 1).await.unwrap().items;
    rows.into_iter().map(|row| (row.row, row.code)).collect()
}

async fn rows_become_accounts(world: World) {
    let import = world.run(&Options::default(), &people("u", 250)).await;
    assert_eq!(import.state, ImportState::Completed);
    assert_eq!(counts(&import), [250, 0, 0, 0, 0]);
    assert_eq!((import.rows, import.rows_received, import.done, import.mails_owed), (250, 250, 250, 0));
    let account = world.directory.account_by_username("U0001").await.unwrap().unwrap();
    assert_eq!((account.username.as_str(), account.role), ("u0001", Role::Member));
    assert_eq!(account.profile["department"], "Support");
    assert_eq!(account.credential, CredentialState::None, "silent: nothing was handed out");
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
    let created = PeopleQuery { import: Some(import.id), page_size: 100, ..PeopleQuery::default() };
    let page = world.directory.search_people(&created).await.unwrap();
    assert_eq!((page.total, page.items.len()), (250, 100));
    let rows = world.directory.import_rows(import.id, Some(Outcome::Created), 5).await.unwrap();
    assert_eq!((rows.total, rows.items.len(), rows.items[0].row), (250, 50, 201));
    assert_eq!(rows.items[0].account, Some(world.account_id("u0201").await));
    let seats = world.directory.seats().await.unwrap();
    assert_eq!((seats.used, seats.limit), (250, None));
    world.check_invariants().await;
}

async fn the_same_file_twice_creates_nothing(world: World) {
    let rows = people("u", 120);
    world.run(&mailed(), &rows).await;
    let again = world.run(&mailed(), &rows).await;
    assert_eq!(counts(&again), [0, 0, 120, 0, 0]);
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 120);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 120);
    let listed = world.directory.import_rows(again.id, Some(Outcome::Unchanged), 1).await.unwrap();
    assert_eq!(listed.total, 120, "and says so for each row");
    world.check_invariants().await;
}

async fn the_server_refuses_what_the_browser_would(world: World) {
    let mut rows = people("u", 9);
    rows[0].0.values.username = "a".to_owned();
    rows[1].0.values.email = "not an address".to_owned();
    rows[2].0.values.first_name = String::new();
    rows[3].0.values.password = Some("short".to_owned());
    rows[4].0.values.profile.push(("role".to_owned(), "administrator".to_owned()));
    rows[5].0.values.last_name = "Nul\u{0}l".to_owned();
    rows[6].0.values.username = "\u{430}dmin".to_owned();
    rows[7].0.values.profile.push(("password_hash".to_owned(), "x".to_owned()));
    let import = world.run(&Options::default(), &rows).await;
    assert_eq!(counts(&import), [1, 0, 0, 0, 8]);
    let codes = codes(&world, &import).await;
    assert_eq!(codes[0].1, Some(Code::UsernameInvalid));
    assert_eq!(codes[1].1, Some(Code::EmailInvalid));
    assert_eq!(codes[2].1, Some(Code::FirstNameMissing));
    assert_eq!(codes[3].1, Some(Code::PasswordTooShort));
    assert_eq!(codes[4].1, Some(Code::ProfileUnknownField));
    assert_eq!(codes[5].1, Some(Code::NameControlCharacter));
    assert_eq!(codes[6].1, Some(Code::UsernameConfusable));
    assert_eq!(codes[7].1, Some(Code::ProfileUnknownField));
    assert_eq!(codes[8].1, None);
    assert_eq!(world.number("SELECT COUNT(*) FROM account WHERE role <> 'member'").await, 0);
    world.check_invariants().await;
}

async fn duplicates_within_an_import_are_found_across_chunks(world: World) {
    let mut rows = people("u", 6);
    rows[2].0.values.username = "U0001".to_owned();
    rows[3].0.values.email = "U0002@EXAMPLE.org".to_owned();
    rows[4].0.values.username = "u0002".to_owned();
    rows[5].0.values.email = "u0001@example.org".to_owned();
    let id = world.send(&Options::default(), &rows, 4).await;
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!(counts(&import), [2, 0, 0, 0, 4]);
    assert_eq!(
        codes(&world, &import).await,
        [
            (1, None),
            (2, None),
            (3, Some(Code::UsernameDuplicateInFile)),
            (4, Some(Code::EmailDuplicateInFile)),
            (5, Some(Code::UsernameDuplicateInFile)),
            (6, Some(Code::EmailDuplicateInFile)),
        ]
    );
    world.check_invariants().await;
}

async fn an_administrator_is_untouched(world: World) {
    world.administrator("petra").await;
    let before = world.directory.account_by_username("petra").await.unwrap();
    let options = Options { existing: Existing::Overwrite, empty_cell: EmptyCell::Clear, ..mailed() };
    // Every spelling of the name that means the same account, and her address on a row of somebody else.
    let names = ["petra", "PETRA", "Petra", "pEtRa", "\u{ff50}etra", " petra", "petra\u{a0}", "petr\u{61}"];
    for action in [Action::Add, Action::Update] {
        for name in names {
            let (mut row, _) = person(1, "someone");
            row.values.username = name.to_owned();
            row.values.password = Some("seven paper lanterns drift".to_owned());
            let import = world.run(&options, &[(row, action)]).await;
            assert_eq!(counts(&import), [0, 0, 0, 0, 1], "{name}");
        }
        for email in ["petra@admins.example.org", "PETRA@ADMINS.EXAMPLE.ORG", "Petra@Admins.example.org"] {
            let (mut row, _) = person(1, "someone");
            row.values.email = email.to_owned();
            let import = world.run(&options, &[(row, action)]).await;
            assert_eq!(counts(&import), [0, 0, 0, 0, 1], "{email}");
        }
    }
    assert_eq!(world.directory.account_by_username("petra").await.unwrap(), before);
    assert_eq!(world.number("SELECT COUNT(*) FROM account").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
    world.directory.sign_in("petra", secret(crate::world::ADMIN_PASSWORD), "").await.unwrap();
    world.check_invariants().await;
}

async fn updates_do_what_the_options_say(world: World) {
    let options = |existing| Options { existing, ..mailed() };
    world.run(&Options::default(), &people("u", 4)).await;
    let change = |row: u32, name: &str| {
        let (mut row, _) = person(row, name);
        row.values.last_name = "Jones".to_owned();
        row.values.email = format!("{name}@new.example.org");
        row.values.profile = vec![("location".to_owned(), "Brno".to_owned())];
        (row, Action::Update)
    };
    let import = world.run(&options(Existing::Skip), &[change(1, "u0001")]).await;
    assert_eq!(counts(&import), [0, 0, 0, 1, 0]);

    let import = world.run(&options(Existing::FillBlanks), &[change(1, "u0001")]).await;
    assert_eq!(counts(&import), [0, 1, 0, 0, 0]);
    let account = world.directory.account_by_username("u0001").await.unwrap().unwrap();
    assert_eq!(account.last_name, "Smith-U");
    assert_eq!(
        (account.profile["location"].as_str(), account.profile["department"].as_str()),
        ("Brno", "Support")
    );

    let import = world.run(&options(Existing::Overwrite), &[change(1, "u0001"), change(2, "u0002")]).await;
    assert_eq!(counts(&import), [0, 2, 0, 0, 0]);
    let account = world.directory.account_by_username("u0002").await.unwrap().unwrap();
    assert_eq!((account.last_name.as_str(), account.email.as_str()), ("Jones", "u0002@new.example.org"));
    assert_eq!(account.profile["department"], "Support", "an absent column means leave");
    let found = PeopleQuery { text: "brno jones".to_owned(), ..PeopleQuery::default() };
    assert_eq!(world.directory.search_people(&found).await.unwrap().total, 0, "searched as one text");
    let found = PeopleQuery { text: "BRNO".to_owned(), ..PeopleQuery::default() };
    assert_eq!(
        world.directory.search_people(&found).await.unwrap().total,
        2,
        "the search follows the update"
    );

    // The address of somebody else, an account that is gone, an addition that exists by now.
    let mut taken = change(1, "u0003");
    taken.0.values.email = "u0001@new.example.org".to_owned();
    let mut added = change(3, "u0004");
    added.1 = Action::Add;
    let import = world.run(&options(Existing::Overwrite), &[taken, change(2, "nobody"), added]).await;
    assert_eq!(counts(&import), [0, 0, 0, 1, 2]);
    assert_eq!(
        codes(&world, &import).await,
        [
            (1, Some(Code::EmailTaken)),
            (2, Some(Code::ConflictChangedSinceReview)),
            (3, Some(Code::ConflictChangedSinceReview)),
        ]
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0, "updates mail nobody");
    world.check_invariants().await;
}

async fn roster_passwords_are_lasting_and_never_kept(world: World) {
    let mut rows = people("u", 3);
    rows[0].0.values.password = Some("copper orchard under snow 9".to_owned());
    rows[1].0.values.password = Some("copper orchard under snow 9".to_owned());
    rows[1].0.values.change_password = Some(false);
    rows[2].0.values.password = Some("too short".to_owned());
    let options = Options { change_password: ChangePassword::FromFile, ..mailed() };
    let import = world.run(&options, &rows).await;
    assert_eq!(counts(&import), [2, 0, 0, 0, 1]);
    let must = |name: &'static str| {
        let directory = world.directory.clone();
        async move {
            directory.sign_in(name, secret("copper orchard under snow 9"), "").await.unwrap().must_change
        }
    };
    assert!(must("u0001").await);
    assert!(!must("u0002").await);
    let messages =
        world.directory.claim_messages("mail", 10, std::time::Duration::from_secs(900)).await.unwrap();
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.secret.is_none()), "a brought password is not mailed");
    let failed = world.directory.failed_rows(import.id).await.unwrap().unwrap();
    assert!(!format!("{failed:?}").contains("too short"));
    world.check_invariants().await;
}

async fn accounts_appear_while_rows_arrive(world: World) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let rows = people("u", 20);
    let (id, _) = directory.open_import(&actor, new_import(&Options::default(), 20)).await.unwrap();
    directory.receive_chunk(&actor, id, 0, rows[..10].to_vec()).await.unwrap();
    world.drain().await;
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created), (ImportState::Receiving, 10));
    directory.receive_chunk(&actor, id, 1, rows[10..].to_vec()).await.unwrap();
    world.drain().await;
    assert_eq!(directory.import(id).await.unwrap().unwrap().state, ImportState::Receiving);
    directory.seal_import(&actor, id).await.unwrap();
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.done), (ImportState::Completed, 20), "sealed when all was done");
    assert!(import.finished_at.is_some());
    world.check_invariants().await;
}

async fn failed_rows_can_be_downloaded(world: World) {
    let mut rows = people("u", 3);
    rows[1].0.values.email = "bad".to_owned();
    rows[1].0.values.change_password = Some(true);
    let import = world.run(&Options::default(), &rows).await;
    let failed = world.directory.failed_rows(import.id).await.unwrap().unwrap();
    assert_eq!(failed.columns[1], ("Mail".to_owned(), "email".to_owned()));
    assert_eq!(failed.rows.len(), 1);
    let row = &failed.rows[0];
    assert_eq!(row.row, 2);
    assert_eq!(row.values["username"], "u0002");
    assert_eq!(row.values["email"], "bad");
    assert_eq!(row.values["department"], "Support");
    assert_eq!(row.values["change_password_next_time"], "1");
    assert!(!row.problem.is_empty());
    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    assert!(world.directory.failed_rows(unknown).await.unwrap().is_none());
    assert_eq!(world.directory.imports(1).await.unwrap().items, [import]);
}

async fn imports_take_turns(world: World) {
    let long = world.send(&Options::default(), &people("a", 90), 5).await;
    let short = world.send(&Options::default(), &people("b", 5), 5).await;
    for _ in 0..3 {
        world.clock.advance(std::time::Duration::from_millis(1));
        world.directory.run_next_batch("test").await.unwrap();
    }
    let state = |id| {
        let directory = world.directory.clone();
        async move { directory.import(id).await.unwrap().unwrap().state }
    };
    assert_eq!(state(short).await, ImportState::Completed, "ten rows do not wait for a long import");
    assert_eq!(state(long).await, ImportState::Running);
    world.drain().await;
    assert_eq!(state(long).await, ImportState::Completed);
}

async fn an_import_stops_when_its_importer_may_not_import(world: World) {
    let directory = &world.directory;
    let (petra, anna) = (world.administrator("petra").await, world.administrator("anna").await);
    let id = world.send_as(&petra, &Options::default(), &people("u", 100), 10).await;
    directory.run_next_batch("test").await.unwrap();
    let batch = directory.import(id).await.unwrap().unwrap().created;
    assert!(0 < batch && batch < 100, "{batch} rows in one batch");
    directory.deactivate(&anna, &[petra.account]).await.unwrap();
    world.drain().await;
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created), (ImportState::Paused, batch));
    directory.continue_import(&anna, id).await.unwrap();
    world.drain().await;
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created, import.by.as_str()), (ImportState::Completed, 100, "anna"));
    world.check_invariants().await;
}

async fn names_keep_their_accents(world: World) {
    let names = ["Müller", "Žižková", "Łukasz", "O\u{2019}Brien", "山田", "Ngọc Ánh"];
    let mut rows = people("u", 6);
    for (name, (row, _)) in names.iter().zip(&mut rows) {
        row.values.last_name = (*name).to_owned();
    }
    let import = world.run(&Options::default(), &rows).await;
    assert_eq!(import.created, 6);
    for (row, name) in (1..).zip(names) {
        let account = world.directory.account_by_username(&format!("u{row:04}")).await.unwrap().unwrap();
        assert_eq!(account.last_name, name);
    }
    for (text, found) in [("muller", 1), ("ŽIŽKOVA", 1), ("山", 1), ("ngoc anh", 1), ("%", 0), ("_", 0)] {
        let query = PeopleQuery { text: text.to_owned(), ..PeopleQuery::default() };
        assert_eq!(world.directory.search_people(&query).await.unwrap().total, found, "{text}");
    }
}

async fn hashed_passwords_count_while_they_are_hashed(world: World) {
    let mut rows = people("u", 80);
    for (row, _) in &mut rows {
        row.values.password = Some(format!("violet kettle {} marches north", row.row));
    }
    let id = world.send(&Options::default(), &rows, 40).await;
    let current = async || world.directory.import(id).await.unwrap().unwrap();
    // Dropped later and later, until some passwords were hashed and no row has an outcome.
    let mut polls = 0;
    while current().await.hashed == 0 {
        polls += 1;
        crate::faults::crash_after(polls, world.directory.run_next_batch("mortal")).await;
        world.clock.advance(crate::world::LEASE_OVER);
        assert!(current().await.done == 0 && polls < 1_000, "no word before the end of the batch");
    }
    assert!(current().await.hashed <= 40, "passwords of one chunk at a time");
    // A crash costs the work of one chunk, not of all.
    while current().await.done == 0 {
        world.directory.run_next_batch("test").await.unwrap();
    }
    let half = current().await;
    assert_eq!((half.done, half.hashed), (40, 0));
    world.drain().await;
    let all = current().await;
    assert_eq!((all.state, all.created, all.hashed), (ImportState::Completed, 80, 0));
    assert_eq!(world.number("SELECT COUNT(*) FROM credential WHERE password_hash IS NOT NULL").await, 80);
    world.check_invariants().await;
}
