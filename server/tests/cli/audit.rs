//! `audit`: whether the record of what happened is as it was written, and what it says.

use crate::program::Program;
use sqlx::{Connection, SqliteConnection};

/// Does to the database what only its owner can.
fn tamper(program: &Program, statements: &[&'static str]) {
    let url = format!("sqlite://{}", program.folder().join("data/rollcall.db").display());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&url).await.expect("opened");
        for statement in statements {
            sqlx::query(*statement).execute(&mut connection).await.expect("done");
        }
        connection.close().await.expect("closed");
    });
}

fn administrator(program: &Program, name: &str) {
    let address = format!("{name}@example.org");
    let arguments = ["admin", "create", "--username", name, "--email", &address];
    let run = program.run_with(&arguments, b"unlikely-Canary-7319-phrase\n");
    assert_eq!(run.code, Some(0), "{}", run.err);
}

#[test]
fn a_changed_record_is_found_and_named() {
    let program = Program::new();
    administrator(&program, "early");
    let run = program.run(&["audit", "verify"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("1 records in 1 transactions are as they were written"), "{}", run.out);
    let seal =
        run.out.lines().find_map(|line| line.strip_prefix("Newest seal: ")).expect("a seal").to_owned();

    administrator(&program, "late");
    let run = program.run(&["audit", "verify", "--contains", &seal]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    let run = program.run(&["audit", "verify", "--contains", &seal.replace(|_| true, "0")]);
    assert!(run.code == Some(1) && run.out.contains("not among them"), "{}", run.out);
    let run = program.run(&["audit", "verify", "--contains", "no seal"]);
    assert!(run.code == Some(2) && run.err.contains("64 hexadecimal digits"), "{}", run.err);

    tamper(
        &program,
        &["DROP TRIGGER audit_is_never_changed", "UPDATE audit SET target = 'nobody' WHERE target = 'early'"],
    );
    let run = program.run(&["audit", "verify"]);
    assert!(run.code == Some(1) && run.out.contains("the audit records 1 to 1 are not those"), "{}", run.out);
}

#[test]
fn the_trail_is_exported_as_csv_that_no_spreadsheet_takes_for_formulas() {
    let program = Program::new();
    administrator(&program, "early");
    tamper(
        &program,
        &["INSERT INTO audit (at, actor_id, actor_name, event, target, detail) \
           VALUES (1795651200000, zeroblob(16), '=cmd()', 'session_ended', 'a \"b\"', '')"],
    );
    let run = program.run(&["audit", "export"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let lines: Vec<&str> = run.out.split("\r\n").collect();
    assert_eq!(lines[0], "\u{feff}Number,Time (UTC),Actor,Event,Target,Detail");
    assert!(lines[1].starts_with("1,2") && lines[1].contains(",system,user_created,early,"), "{}", lines[1]);
    assert_eq!(lines[2], "2,2026-11-26T00:00:00Z,'=cmd(),session_ended,\"a \"\"b\"\"\",");
    assert_eq!(lines.len(), 4, "and a last line end");

    let run = program.run(&["audit", "export", "--event", "user_created", "--until", "2020-01-01"]);
    assert_eq!(run.out.lines().count(), 1, "titles alone");
    let run = program.run(&["audit", "export", "--from", "yesterday"]);
    assert!(run.code == Some(2) && run.err.contains("\"yesterday\" is not a day"), "{}", run.err);
}
