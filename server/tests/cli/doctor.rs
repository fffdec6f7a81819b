//! `doctor`: what it finds, what it advises.

use crate::program::Program;

fn site(program: &Program) -> String {
    let folder = program.folder().join("site");
    std::fs::create_dir_all(folder.join("pkg")).expect("a folder");
    std::fs::write(folder.join("pkg/rollcall.js"), "").expect("written");
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_fresh_installation_is_fine_and_left_alone() {
    let program = Program::new();
    let run = program.run(&["doctor", "--site-dir", &site(&program)]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    for subject in
        ["configuration", "public_url", "data folder", "server key", "database", "mail", "clock", "site"]
    {
        assert!(run.out.contains(&format!("ok    {subject}")), "{subject}: {}", run.out);
    }
    assert!(!program.folder().join("data").exists(), "the doctor changes nothing");
}

#[test]
fn what_is_broken_is_named_with_the_way_out() {
    let program = Program::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let run = program.run(&[
        "doctor",
        "--smtp-url",
        &format!("smtp://user:canary@{nobody}?tls=none"),
        "--database-url",
        "postgres://user:canary@127.0.0.1:1/none",
        "--site-dir",
        "nowhere",
    ]);
    assert_eq!(run.code, Some(2), "{}", run.out);
    for words in [
        "FAIL  mail",
        "smtp_url",
        "FAIL  database",
        "database_url",
        "FAIL  site",
        "make build",
        "warn  mail_from",
    ] {
        assert!(run.out.contains(words), "{words}: {}", run.out);
    }
    assert!(!format!("{}{}", run.out, run.err).contains("canary"));
}

#[test]
fn a_bad_configuration_is_a_finding_too() {
    let run = Program::new().run(&["doctor", "--seats", "many"]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.contains("FAIL  configuration") && run.out.contains("`seats`"), "{}", run.out);
}
