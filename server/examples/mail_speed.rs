//! How fast the outbox is emptied into a mail server on this machine, without a browser:
//! `mail_speed MAILS [CONNECTIONS [DATABASE_URL [SINK]]]`. Prints mails per second with everything recorded. SINK is the
//! address of another mail server than the own one, such as postfix's `smtp-sink`.

#[path = "mail_sink/sink.rs"]
mod sink;

use directory::account::Actor;
use directory::clock::SystemClock;
use directory::imports::{NewImport, RunnerStep};
use directory::{Directory, ServerKey};
use roster::review::{Action, Options};
use roster::{PersonRow, Values};
use server::config::{Config, Layers};
use server::mail::Post;
use server::shutdown::Shutdown;
use server::workers::{self, gate::Gate};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::main]
#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for the people who build this")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mails: u32 = arguments.next().map_or(10_000, |text| text.parse().unwrap());
    let connections = arguments.next().unwrap_or_else(|| "4".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let url = arguments
        .next()
        .unwrap_or_else(|| format!("sqlite://{}", folder.path().join("rollcall.db").display()));
    let sink = arguments.next().unwrap_or_else(|| sink::start().unwrap().0.to_string());
    let directory = Directory::open(&url, ServerKey::new([7; 32]), Arc::new(SystemClock)).await.unwrap();
    queue(&directory, mails).await;

    let flags = BTreeMap::from([
        ("data_dir", folder.path().to_string_lossy().into_owned()),
        ("smtp_url", format!("smtp://{sink}?tls=none")),
        ("mail_from", "people@example.com".to_owned()),
        ("public_url", "https://people.example.com".to_owned()),
        ("mail_connections", connections),
    ]);
    let config = Arc::new(Config::from_layers(Layers::new(flags, Vec::new())).unwrap());
    let post = Post::new(config.clone()).unwrap();
    let (gate, shutdown) = (Arc::new(Gate::default()), Shutdown::new());
    let began = Instant::now();
    let workers = workers::start(&directory, &config, &post, &gate, &shutdown);
    while directory.outbox_counts().await.unwrap().sent < mails {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed();
    println!("{mails} mails in {took:.2?}: {:.0} mails/s", f64::from(mails) / took.as_secs_f64());
    shutdown.request();
    assert!(workers.ended(Duration::from_secs(5)).await);
    directory.close().await;
}

/// People who are owed their login details.
#[allow(clippy::unwrap_used, reason = "a measurement for the people who build this")]
async fn queue(directory: &Directory, mails: u32) {
    let actor = Actor::system();
    let new = NewImport {
        file_name: "people.csv".to_owned(),
        file_digest: String::new(),
        options: Options { email_login_details: true, ..Options::default() },
        columns: Vec::new(),
        rows: mails,
        reviewed_at: None,
        digest: Vec::new(),
    };
    let (id, _) = directory.open_import(&actor, new).await.unwrap();
    let people: Vec<(PersonRow, Action)> = (1..=mails).map(|row| (person(row), Action::Add)).collect();
    for (chunk, number) in people.chunks(2_000).zip(0..) {
        directory.receive_chunk(&actor, id, number, chunk.to_vec()).await.unwrap();
    }
    directory.seal_import(&actor, id).await.unwrap();
    while directory.run_next_batch("mail_speed").await.unwrap() == RunnerStep::Worked {}
}

fn person(row: u32) -> PersonRow {
    let username = format!("person{row:06}");
    let values = Values {
        email: format!("{username}@example.org"),
        username,
        first_name: "Anna".to_owned(),
        last_name: "Žižková".to_owned(),
        ..Values::default()
    };
    PersonRow { row, line: row + 1, values }
}
