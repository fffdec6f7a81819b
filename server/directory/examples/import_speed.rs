//! How fast an import is carried out, without a browser: `import_speed ROWS [DATABASE_URL]`. Prints rows per second.

use directory::clock::SystemClock;
use directory::imports::{NewImport, RunnerStep};
use directory::people::Actor;
use directory::{Directory, ServerKey};
use roster::review::{Action, Options};
use roster::{PersonRow, Values};
use std::sync::Arc;
use std::time::Instant;

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement for the people who build this")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows: u32 = arguments.next().map_or(100_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let url = arguments
        .next()
        .unwrap_or_else(|| format!("sqlite://{}", folder.path().join("rollcall.db").display()));
    let directory = Directory::open(&url, ServerKey::new([7; 32]), Arc::new(SystemClock)).await.unwrap();
    let people: Vec<(PersonRow, Action)> = (1..=rows).map(person).collect();
    let actor = Actor::system();
    let new = NewImport {
        file_name: "people.csv".to_owned(),
        file_digest: String::new(),
        options: Options::default(),
        columns: Vec::new(),
        rows,
        reviewed_at: None,
        digest: Vec::new(),
    };

    let began = Instant::now();
    let (id, _) = directory.open_import(&actor, new).await.unwrap();
    for (chunk, number) in people.chunks(2_000).zip(0..) {
        directory.receive_chunk(&actor, id, number, chunk.to_vec()).await.unwrap();
    }
    directory.seal_import(&actor, id).await.unwrap();
    let received = began.elapsed();
    while directory.run_next_batch("import_speed").await.unwrap() == RunnerStep::Worked {}
    let all = began.elapsed();
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!(import.created, rows);
    println!("received in {received:.2?}, carried out in {:.2?}", all - received);
    println!("{:.0} rows/s", f64::from(rows) / all.as_secs_f64());
    directory.close().await;
}

fn person(row: u32) -> (PersonRow, Action) {
    // Names in an order of their own, as in a real roster.
    let shuffled = row.wrapping_mul(2_654_435_761);
    let username = format!("{}.{}{row}", ["anna", "ben", "cleo", "dan"][row as usize % 4], shuffled % 9_973);
    let values = Values {
        email: format!("{username}@example.org"),
        username,
        first_name: ["Anna", "Ben", "Cleo", "Dan"][row as usize % 4].to_owned(),
        last_name: format!("Smith{}", shuffled % 997),
        profile: vec![
            ("department".to_owned(), "Research and Development".to_owned()),
            ("phone".to_owned(), format!("+49 30 {}", 100_000 + row % 900_000)),
        ],
        ..Values::default()
    };
    (PersonRow { row, line: row + 1, values }, Action::Add)
}
