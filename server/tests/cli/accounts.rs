//! `admin create`, `config example`, and how a bad configuration is refused.

use crate::program::Program;

const PASSWORD: &str = "unlikely-Canary-7319-phrase";

fn create(program: &Program, password: &str) -> crate::program::Run {
    program.run_with(
        &["admin", "create", "--username", "boss", "--email", "boss@example.org"],
        format!("{password}\n").as_bytes(),
    )
}

#[test]
fn an_administrator_is_created_once_and_the_password_stays_secret() {
    let program = Program::new();
    let run = create(&program, PASSWORD);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("http://127.0.0.1:3000/sign-in"), "{}", run.out);
    assert!(!format!("{}{}", run.out, run.err).contains("Canary"));
    for entry in std::fs::read_dir(program.folder().join("data")).expect("a folder").filter_map(Result::ok) {
        let bytes = std::fs::read(entry.path()).expect("readable");
        assert!(!bytes.windows(6).any(|window| window == b"Canary"), "{:?}", entry.path());
    }
    let second = create(&program, PASSWORD);
    assert_eq!(second.code, Some(2));
    assert!(second.err.contains("taken"), "{}", second.err);
}

#[test]
fn a_password_has_to_come_and_to_satisfy_the_policy() {
    let program = Program::new();
    let none = create(&program, "");
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("no password on standard input"), "{}", none.err);
    let short = create(&program, "short");
    assert!(short.code == Some(2) && short.err.contains("15"), "{}", short.err);
    let as_argument =
        program.run(&["admin", "create", "--username", "b", "--email", "b@c", "--password", "x"]);
    assert_eq!(as_argument.code, Some(2));
}

/// The SHA-1 of "old harbour lights at dusk 7", and one before and behind it.
const BREACHED: &str = "0000000000000000000000000000000000000000:3\r\n\
    A60BD44ECCB3C44354EE0D28D65CD4B21C9FBD37:51\r\n\
    FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:2\r\n";

#[test]
fn a_password_that_came_out_in_a_breach_is_refused() {
    let program = Program::new();
    let file = program.file("breached.txt", BREACHED.as_bytes());
    let flags = ["--breached-passwords-file", &file];
    let admin = ["admin", "create", "--username", "boss", "--email", "boss@example.org"];
    let run = program.run_with(&[&flags[..], &admin[..]].concat(), b"old harbour lights at dusk 7\n");
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert!(run.err.contains("came out when another site was broken into"), "{}", run.err);
    let doctor = program.run(&[&flags[..], &["doctor"][..]].concat());
    assert!(doctor.out.contains("ok    passwords"), "{}", doctor.out);
    let run = program.run_with(&[&flags[..], &admin[..]].concat(), b"old harbour lights at dawn 7\n");
    assert_eq!(run.code, Some(0), "{}", run.err);

    let other = program.file("other.txt", b"password\n123456\n");
    let flags = ["--breached-passwords-file", &other];
    let refused = program.run_with(&[&flags[..], &admin[..]].concat(), b"old harbour lights at dawn 7\n");
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("breached_passwords_file: ") && refused.err.contains("ordered by hash"),
        "{}",
        refused.err
    );
    let doctor = program.run(&[&flags[..], &["doctor"][..]].concat());
    assert!(doctor.code == Some(2) && doctor.out.contains("FAIL  passwords"), "{}", doctor.out);
}

#[test]
fn the_example_file_is_accepted_as_it_is() {
    let program = Program::new();
    let example = program.run(&["config", "example"]);
    assert_eq!(example.code, Some(0));
    let file = program.file("rollcall.toml", example.out.as_bytes());
    assert_eq!(program.run(&["--config", &file, "import", "-", "--dry-run"]).code, Some(2), "no roster");
    let doctor = program.run(&["doctor", "--config", &file]);
    assert!(doctor.out.contains(&format!("ok    configuration  {file}")), "{}", doctor.out);
}

#[test]
fn a_bad_value_stops_the_start_with_one_sentence() {
    let program = Program::new();
    let run = program.run(&["serve", "--public-url", "people.example.com"]);
    assert_eq!((run.code, run.err.lines().count()), (Some(2), 1), "{}", run.err);
    assert!(run.err.contains("`public_url` from the flag --public-url"), "{}", run.err);
    assert!(!program.folder().join("data").exists());
}

#[test]
fn every_setting_has_its_flag_in_the_help() {
    let help = Program::new().run(&["--help"]).out;
    for key in server::config::KEYS {
        assert!(help.contains(&format!("--{}", key.flag())), "{}", key.name);
        assert!(help.contains(&key.variable()), "{}", key.name);
    }
    for command in ["serve", "check", "convert", "import", "admin", "backup", "doctor", "config"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
}
