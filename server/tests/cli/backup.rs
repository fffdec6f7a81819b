//! `backup`, and what comes back of it.

use crate::program::{Program, Run};

fn administrator(program: &Program, name: &str) -> Run {
    let address = format!("{name}@example.org");
    program.run_with(
        &["admin", "create", "--username", name, "--email", &address],
        b"unlikely-Canary-7319-phrase\n",
    )
}

#[test]
fn a_restored_backup_holds_what_was_there_and_nothing_later() {
    let program = Program::new();
    assert_eq!(administrator(&program, "early").code, Some(0));
    let run = program.run(&["backup", "copy.db"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("Keep a copy of the server key"), "{}", run.out);
    assert_eq!(administrator(&program, "late").code, Some(0));

    let restored = Program::new();
    let data = restored.folder().join("data");
    std::fs::create_dir(&data).expect("a folder");
    std::fs::copy(program.folder().join("copy.db"), data.join("rollcall.db")).expect("copied");
    let taken = administrator(&restored, "early");
    assert!(taken.code == Some(2) && taken.err.contains("taken"), "{}", taken.err);
    assert_eq!(administrator(&restored, "late").code, Some(0), "not in the backup");
}

#[test]
fn a_backup_replaces_no_file_and_creates_no_database() {
    let program = Program::new();
    let none = program.run(&["backup", "copy.db"]);
    assert!(none.code == Some(2) && none.err.contains("cannot be opened"), "{}", none.err);
    assert!(
        !program.folder().join("copy.db").exists() && !program.folder().join("data/rollcall.db").exists()
    );

    assert_eq!(administrator(&program, "boss").code, Some(0));
    let older = program.file("older.db", b"an older backup");
    let refused = program.run(&["backup", "older.db"]);
    assert!(refused.code == Some(2) && refused.err.contains("exists already"), "{}", refused.err);
    assert_eq!(std::fs::read(older).expect("readable"), b"an older backup");
}

#[test]
fn for_postgresql_it_names_the_command_without_the_password() {
    let run = Program::new().run(&[
        "backup",
        "copy.dump",
        "--database-url",
        "postgres://rollcall:Canary7319@db.example.org/rollcall",
    ]);
    assert_eq!(run.code, Some(2));
    let command =
        "pg_dump --format=custom --file='copy.dump' --dbname='postgres://rollcall@db.example.org/rollcall'";
    assert!(run.err.contains(command), "{}", run.err);
    assert!(!run.err.contains("Canary"), "{}", run.err);
}
