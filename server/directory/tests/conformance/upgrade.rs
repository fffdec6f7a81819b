//! A database that another version has left with work in every queue: this version opens it and finishes everything.
//!
//! `fixtures/` holds one for each version of the schema that was ever released, under each engine: `schema_N.db` for
//! SQLite, `schema_N.sql` for PostgreSQL, and beside each a person and the temporary password that had been mailed. They
//! were made by that version itself:
//!
//!     script/with-postgres cargo test --package directory --test conformance -- --ignored make_a_fixture
//!
//! People, passwords and the server key (that of `world`) are made up for these tests.

use crate::faults::crash_after;
use crate::world::{ADMIN_PASSWORD, LEASE_OVER, World, mailed, people, secret};
use directory::Engine;
use directory::handover::HandOver;
use directory::imports::{ImportState, RunnerStep};
use directory::mail_texts::MailText;
use directory::outbox::MessageKind;
use directory::people::Actor;
use directory::waves::{NewWave, WaveState, WaveStep};
use roster::review::Options;
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// People with and without a seat, people who are to be imported still, and people of a wave.
const SEATED: u32 = 8;
const WAITING: u32 = 2;
const SENT: u32 = 40;
const INVITED: u32 = 3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/fixtures")
}

/// The fixtures with this ending, and the versions of their schemas.
fn fixtures(ending: &str) -> Vec<(PathBuf, i64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == ending) {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            found.push((path.clone(), stem.strip_prefix("schema_").unwrap().parse().unwrap()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_version_left_is_finished() {
    let (files, dumps) = (fixtures("db"), fixtures("sql"));
    assert!(!files.is_empty() && files.len() == dumps.len(), "both engines have the same versions");
    for (path, version) in files {
        assert!(std::fs::metadata(&path).unwrap().len() < 200_000, "{} is small", path.display());
        finished(World::sqlite_of(&path).await, &path, version).await;
    }
    for (path, version) in dumps {
        finished(World::postgres_of(&std::fs::read_to_string(&path).unwrap()).await, &path, version).await;
    }
}

/// The mail with login details had an own text among the settings, when it was the only one that could be edited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_text_of_a_mail_that_could_be_edited_is_kept() {
    let settings = r#"{"organisation": "Žluťoučký s.r.o.", "temporary_password_hours": 24,
        "mail_subject": "Come in, {{ first_name }}", "mail_text": "{{ password }}\n{{ sign_in_url }}\n"}"#;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("edited.db");
    std::fs::copy(folder().join("schema_16.db"), &file).unwrap();
    let mut before = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let insert = sqlx::query("INSERT INTO settings (id, value) VALUES (1, $1)").bind(settings);
    insert.execute(&mut before).await.unwrap();
    before.close().await.unwrap();
    let dump = std::fs::read_to_string(folder().join("schema_16.sql")).unwrap();
    let dump = format!("{dump}INSERT INTO public.settings (id, value) VALUES (1, '{settings}');\n");
    for world in [World::sqlite_of(&file).await, World::postgres_of(&dump).await] {
        let kept = MailText {
            kind: MessageKind::LoginDetails,
            subject: "Come in, {{ first_name }}".to_owned(),
            text: "{{ password }}\n{{ sign_in_url }}\n".to_owned(),
        };
        assert_eq!(world.directory.mail_texts().await.unwrap(), [kept]);
        let settings = world.directory.settings().await.unwrap();
        assert_eq!(settings.organisation, "Žluťoučký s.r.o.");
        assert_eq!(settings.temporary_password_hours, 24);
    }
}

async fn finished(world: World, fixture: &Path, version: i64) {
    let directory = &world.directory;
    assert!(directory.schema_version().await.unwrap() >= version);
    let imported = world.number("SELECT COUNT(*) FROM account WHERE role = 'member'").await;
    assert!(imported < i64::from(SEATED + WAITING + SENT + INVITED), "there is work left");
    let petra = directory.account_by_username("petra").await.unwrap().unwrap();
    let petra = Actor { account: petra.id, username: petra.username, role: petra.role };

    // Whoever was in the middle of something is gone; nobody waits longer than a lease.
    world.clock.advance(LEASE.max(LEASE_OVER));
    directory.set_seat_limit(&petra, None).await.unwrap();
    let imports = directory.imports(1).await.unwrap().items;
    let seats = imports.iter().find(|import| import.without_seat > 0).expect("rows wait for seats");
    assert_eq!(directory.continue_import(&petra, seats.id).await.unwrap(), WAITING);
    world.drain().await;
    for import in directory.imports(1).await.unwrap().items {
        let done = (import.state, import.created, import.failed);
        assert_eq!(done, (ImportState::Completed, import.rows, 0), "{}", fixture.display());
    }

    // The secret that the earlier version mailed works, and so do those that it still owed.
    let sent = std::fs::read_to_string(secret_beside(fixture)).unwrap();
    let (username, password) = sent.trim().split_once(' ').unwrap();
    directory.sign_in(username, secret(password), "").await.unwrap();
    let mut mailed = 0;
    loop {
        let messages = directory.claim_messages("mail", 100, LEASE).await.unwrap();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            assert_eq!(message.kind, MessageKind::LoginDetails);
            if mailed % 16 == 0 {
                let password = message.secret.as_ref().unwrap().expose();
                directory.sign_in(&message.username, secret(&password), "").await.unwrap();
            }
            directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
            mailed += 1;
        }
    }
    assert_eq!(mailed, SEATED + WAITING + SENT - 1, "everybody else gets a mail, once");

    world.clock.advance(DAY);
    let mut released = 0;
    while let WaveStep::Released(number) = directory.release_next_wave().await.unwrap() {
        released += number;
    }
    let invited = directory.claim_messages("mail", 100, LEASE).await.unwrap();
    assert!(invited.iter().all(|message| message.link_token.is_some()));
    assert_eq!((released, invited.len()), (INVITED, INVITED as usize));
    let wave = directory.waves(1).await.unwrap().items.remove(0);
    assert_eq!(wave.state, WaveState::Done);

    directory.sign_in("petra", secret(ADMIN_PASSWORD), "").await.unwrap();
    directory.check_audit(None, None).await.expect("the audit trail goes on from the earlier seals");
    world.check_invariants().await;
}

fn secret_beside(fixture: &Path) -> PathBuf {
    let engine = fixture.extension().unwrap().to_str().unwrap();
    fixture.with_extension(format!("{engine}.secret"))
}

/// Leaves something in every queue; answers to whom which secret was mailed.
async fn leave_work(world: &World) -> String {
    let directory = &world.directory;
    let petra = world.administrator("petra").await;
    world.run_as(&petra, &Options::default(), &people("invited", INVITED)).await;
    let mut invited = Vec::new();
    for number in 1..=INVITED {
        invited.push(world.account_id(&format!("invited{number:04}")).await);
    }
    let wave = NewWave {
        name: "Autumn".to_owned(),
        chosen: "all new people".to_owned(),
        hand_over: HandOver::Link,
        begins_at: Some(directory.time().after(DAY)),
        per_hour: None,
    };
    directory.plan_wave(&petra, wave, &invited).await.unwrap();

    // An import whose worker ended in the middle of it: some chunks are carried out, some wait, sealed.
    let id = world.send_as(&petra, &mailed(), &people("sent", SENT), 2).await;
    assert_eq!(directory.run_next_batch("host:1:gone/imports").await.unwrap(), RunnerStep::Worked);
    let (mut polls, held) = (0, "SELECT COUNT(*) FROM import WHERE lease_until > 0");
    while world.number(held).await == 0 {
        polls += 1;
        crash_after(polls, directory.run_next_batch("host:1:gone/imports")).await;
    }
    let import = directory.import(id).await.unwrap().unwrap();
    assert!(import.done > 0 && import.done < SENT, "{import:?}");
    let first = directory.claim_messages("host:1:gone/mail", 1, LEASE).await.unwrap().remove(0);
    directory.record_sent(first.id, first.fence, "250 ok").await.unwrap();
    let held = directory.claim_messages("host:1:gone/mail", 3, LEASE).await.unwrap();
    assert_eq!(held.len(), 3, "mails are being sent");
    let sent = format!("{} {}\n", first.username, first.secret.as_ref().unwrap().expose());

    // An import whose last rows wait for seats. The other one is held, so that this one is carried out beside it.
    let used = directory.seats().await.unwrap().used;
    directory.set_seat_limit(&petra, Some(used + SEATED)).await.unwrap();
    world.send_as(&petra, &mailed(), &people("seated", SEATED + WAITING), 100).await;
    let waiting = "SELECT COUNT(*) FROM import_outcome WHERE sealed IS NOT NULL";
    while world.number(waiting).await == 0 {
        directory.run_next_batch("host:1:gone/imports").await.unwrap();
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes the fixture of the present version"]
async fn make_a_fixture() {
    std::fs::create_dir_all(folder()).unwrap();
    for world in [World::sqlite().await, World::postgres().await] {
        let sent = leave_work(&world).await;
        let version = world.directory.schema_version().await.unwrap();
        world.directory.close().await;
        let ending = if world.directory.engine() == Engine::Sqlite { "db" } else { "sql" };
        let fixture = folder().join(format!("schema_{version}.{ending}"));
        match world.directory.engine() {
            Engine::Sqlite => copy_small(&world, &fixture).await,
            Engine::Postgres => dump(&world.url, &fixture),
        }
        std::fs::write(secret_beside(&fixture), sent).unwrap();
    }
}

/// With small pages, since most tables hold a few rows.
async fn copy_small(world: &World, fixture: &Path) {
    let mut connection = SqliteConnection::connect(&world.url).await.unwrap();
    let _removed = std::fs::remove_file(fixture);
    sqlx::raw_sql("PRAGMA page_size = 1024").execute(&mut connection).await.unwrap();
    let copy = sqlx::query("VACUUM INTO $1").bind(fixture.to_str().unwrap());
    copy.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// As statements, without what only `psql` or only a new server understands.
fn dump(url: &str, fixture: &Path) {
    let output = Command::new("pg_dump").args(["--inserts", "--no-owner", "--dbname", url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !["--", "\\", "SET "].iter().any(|word| line.starts_with(word)))
        .collect();
    std::fs::write(fixture, lines.join("\n") + "\n").unwrap();
}
