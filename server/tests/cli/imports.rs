//! `rollcall import` where something is at stake: interrupted, told to close accounts, watched by a program.

use std::process::Child;

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use crate::program::Program;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A roster of people who bring their passwords, so that carrying it out takes a while.
fn with_passwords(people: u32) -> Vec<u8> {
    let mut csv = "Username,First name,Last name,Email,Password\n".to_owned();
    for number in 1..=people {
        csv.push_str(&format!(
            "p{number:04},Given,Family{number},p{number:04}@example.org,violet kettle {number} marches north\n"
        ));
    }
    csv.into_bytes()
}

fn people(numbers: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut csv = "Username,First name,Last name,Email\n".to_owned();
    for number in numbers {
        csv.push_str(&format!("p{number:04},Given,Family{number},p{number:04}@example.org\n"));
    }
    csv.into_bytes()
}

/// What the program's database answers; nothing while there is none.
fn ask(program: &Program, sql: &'static str) -> Option<i64> {
    let path = program.folder().join("data").join("rollcall.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if !path.exists() {
            return None;
        }
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.ok()?;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.ok()
    })
}

/// Kills the program as soon as its database says so; whether it still ran.
fn kill_when(program: &Program, child: &mut Child, sql: &'static str) -> bool {
    while ask(program, sql).unwrap_or(0) == 0 {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    true
}

#[test]
fn an_import_that_is_killed_goes_on_and_does_nothing_twice() {
    const PEOPLE: u32 = 600;
    let series: [&[&'static str]; 2] = [
        // While rows are sent.
        &["SELECT COUNT(*) FROM import_chunk"],
        // While passwords are hashed, and after the first batch.
        &[
            "SELECT COUNT(*) FROM import WHERE hashed > 0 AND state = 'running'",
            "SELECT COUNT(*) FROM account",
        ],
    ];
    for moments in series {
        let program = Program::new();
        let file = program.file("people.csv", &with_passwords(PEOPLE));
        let arguments = ["import", &file, "--yes", "--json"];
        for moment in moments {
            let mut child = program.command(&arguments).spawn().expect("started");
            assert!(kill_when(&program, &mut child, moment), "it ended before {moment}");
        }
        let last = program.run(&arguments);
        assert_eq!(last.code, Some(0), "{}", last.err);
        let report = json(&last.out);
        assert_eq!(report["failed"], 0, "{report}");
        assert!(!report["resumed"].as_array().expect("a list").is_empty(), "{report}");
        assert_eq!(report["created"], PEOPLE, "{report}");
        let all = Some(i64::from(PEOPLE));
        assert_eq!(ask(&program, "SELECT COUNT(*) FROM account"), all);
        assert_eq!(ask(&program, "SELECT COUNT(*) FROM credential WHERE password_hash IS NOT NULL"), all);
        assert_eq!(ask(&program, "SELECT COUNT(*) FROM audit WHERE event = 'user_created'"), all);
        assert_eq!(ask(&program, "SELECT SUM(created) FROM import"), all);
        assert_eq!(ask(&program, "SELECT SUM(failed + skipped) FROM import"), Some(0));
        let open = "SELECT COUNT(*) FROM import WHERE state NOT IN ('completed', 'cancelled')";
        assert_eq!(ask(&program, open), Some(0));
        // Once more there is nothing to do.
        let again = json(&program.run(&arguments).out);
        assert_eq!((&again["created"], &again["unchanged"]), (&Value::from(0), &Value::from(PEOPLE)));
        assert_eq!(again["resumed"], Value::Array(Vec::new()));
    }
}

#[test]
fn who_is_not_in_a_full_roster_is_deactivated_when_asked() {
    let program = Program::new();
    let all = program.file("all.csv", &people(1..=20));
    assert_eq!(program.run(&["import", &all, "--yes"]).code, Some(0));
    let most = program.file("most.csv", &people(1..=19));
    // Without being asked nobody is.
    let run = program.run(&["import", &most, "--yes"]);
    assert!(run.code == Some(0) && !run.out.contains("deactivate"), "{}", run.out);
    let dry = program.run(&["import", &most, "--deactivate-absent", "--dry-run"]);
    assert!(dry.out.contains("1 people are not in the file"), "{}", dry.out);
    let closed = "SELECT COUNT(*) FROM account WHERE status = 'deactivated'";
    assert_eq!(ask(&program, closed), Some(0));
    let run = program.run(&["import", &most, "--deactivate-absent", "--yes", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let report = json(&run.out);
    assert_eq!((&report["plan"]["deactivate"], &report["deactivated"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(ask(&program, closed), Some(1));
}

#[test]
fn a_roster_that_lacks_too_many_closes_nobody() {
    let program = Program::new();
    let all = program.file("all.csv", &people(1..=20));
    assert_eq!(program.run(&["import", &all, "--yes"]).code, Some(0));
    let half = program.file("half.csv", &people(1..=10));
    let refused = program.run(&["import", &half, "--deactivate-absent", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("10 of 20 active people") && refused.err.contains("10 %"),
        "{}",
        refused.err
    );
    let mut damaged = people(1..=19);
    damaged.extend_from_slice(b",Somebody,Else,who@example.net\n");
    let damaged = program.file("damaged.csv", &damaged);
    let refused = program.run(&["import", &damaged, "--deactivate-absent", "--yes"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("1 rows could mean anybody (the first: 20)"), "{}", refused.err);
    let closed = "SELECT COUNT(*) FROM account WHERE status = 'deactivated'";
    assert_eq!(ask(&program, closed), Some(0));
    let run = program.run(&["import", &half, "--deactivate-absent", "--absent-limit", "50", "--yes"]);
    assert!(run.code == Some(0) && run.out.contains("10 deactivated"), "{}{}", run.out, run.err);
    assert_eq!(ask(&program, closed), Some(10));
    assert_eq!(program.run(&["import", &half, "--absent-limit", "101"]).code, Some(2));
}

#[test]
fn exit_codes_are_as_the_help_says() {
    let program = Program::new();
    let help = program.run(&["import", "--help"]);
    for line in ["  0  every row was done", "  1  done, but some rows were not", "  2  not imported"] {
        assert!(help.out.contains(line), "{}", help.out);
    }
    let clean = program.file("clean.csv", &people(1..=3));
    assert_eq!(program.run(&["import", &clean, "--yes"]).code, Some(0));
    assert_eq!(program.run(&["import", &clean, "--yes"]).code, Some(0), "nothing to do");
    let mut damaged = people(4..=5);
    damaged.extend_from_slice(b"p0006,Given,Family,no address\n");
    let damaged = program.file("damaged.csv", &damaged);
    assert_eq!(program.run(&["import", &damaged, "--yes"]).code, Some(1));
    assert_eq!(ask(&program, "SELECT COUNT(*) FROM account"), Some(5));
    assert_eq!(program.run(&["import", "missing.csv", "--yes"]).code, Some(2));
    let unusable = program.file("unusable.csv", b"one,two\n1,2\n");
    assert_eq!(program.run(&["import", &unusable, "--yes"]).code, Some(2));
}

#[test]
fn people_are_known_by_their_address_when_asked() {
    let program = Program::new();
    let before = program.file("before.csv", &people(1..=2));
    assert_eq!(program.run(&["import", &before, "--yes"]).code, Some(0));
    let renamed = program
        .file("renamed.csv", b"Username,First name,Last name,Email\nq0001,Given,Family1,p0001@example.org\n");
    let by_name = program.run(&["import", &renamed, "--yes", "--update", "overwrite"]);
    assert!(by_name.code == Some(1) && by_name.out.contains("email.taken"), "{}", by_name.out);
    let by_email = ["import", &renamed, "--yes", "--match", "email", "--update", "overwrite"];
    let run = program.run(&by_email);
    assert!(run.code == Some(0) && run.out.contains("0 created, 1 updated"), "{}{}", run.out, run.err);
    assert_eq!(ask(&program, "SELECT COUNT(*) FROM account WHERE username = 'q0001'"), Some(1));
    assert!(program.run(&by_email).out.contains("0 created, 0 updated, 1 unchanged"));
}

#[test]
fn failed_rows_that_come_back_mended_go_on_in_their_import() {
    let program = Program::new();
    // Two rows that the review lets pass and that find no seat when their turn comes.
    let file = program.file("people.csv", &people(1..=5));
    let first = program.run(&["--seats", "3", "import", &file, "--yes", "--json"]);
    let import = json(&first.out)["import"].as_str().expect("an import").to_owned();
    assert_eq!(first.code, Some(1), "{}", first.err);
    let mut mended = "Username,First name,Last name,Email,Problem\n".to_owned();
    for row in [4, 5] {
        let problem = roster::export::tagged("No seat is free.", &import, row);
        mended.push_str(&format!("p{row:04},Given,Family{row},p{row:04}@example.org,\"{problem}\"\n"));
    }
    let mended = program.file("rows-with-problems.csv", mended.as_bytes());
    assert!(ask(&program, "UPDATE seat SET seat_limit = 10 RETURNING 1") == Some(1));
    let run = program.run(&["import", &mended, "--yes", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let report = json(&run.out);
    assert_eq!(report["import"], *import, "{report}");
    assert_eq!((&report["mended"], &report["created"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(ask(&program, "SELECT COUNT(*) FROM import"), Some(1));
    assert_eq!(ask(&program, "SELECT created FROM import"), Some(5));
    assert_eq!(ask(&program, "SELECT failed FROM import"), Some(0));
    // Once more nothing is left to mend.
    let again = program.run(&["import", &mended, "--yes"]);
    assert!(
        again.code == Some(0) && again.out.contains("0 created, 0 updated, 2 unchanged"),
        "{}",
        again.out
    );
    // Rows that do not say which they are cannot go on.
    let stray = "Username,First name,Last name,Email,Problem\n".to_owned()
        + &format!("qq1,Given,Family,qq1@example.org,\"{}\"\n", roster::export::tagged("Why.", &import, 4))
        + "qq2,Given,Family,qq2@example.org,\n";
    let stray = program.file("stray.csv", stray.as_bytes());
    let refused = program.run(&["import", &stray, "--yes"]);
    assert!(refused.code == Some(2) && refused.err.contains("leave the column Problem"), "{}", refused.err);
}
