//! `doctor`: what it finds, what it advises.

use crate::program::Program;
use crate::support::certificates::identity;
use crate::support::smtp_sink::{Act, Plan};

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
fn one_fault_is_one_finding() {
    let program = Program::new();
    let site = site(&program);
    // With a database that is there, which is opened and asked.
    let arguments = ["admin", "create", "--username", "petra", "--email", "petra@example.org"];
    let made = program.run_with(&arguments, b"unlikely-Canary-7319-phrase\n");
    assert_eq!(made.code, Some(0), "{}", made.err);
    let list = program.file("breached.txt", b"no list\n");
    let run = program.run(&["doctor", "--site-dir", &site, "--breached-passwords-file", &list]);
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert!(run.out.contains("FAIL  passwords") && run.out.contains("ok    database"), "{}", run.out);
    assert_eq!(run.out.matches("FAIL").count(), 1, "{}", run.out);
}

#[test]
fn plain_http_for_others_is_warned_of() {
    let program = Program::new();
    let site = site(&program);
    let said = |url: &str| program.run(&["doctor", "--site-dir", &site, "--public-url", url]);
    let warned = said("http://people.example.org");
    assert_eq!(warned.code, Some(1), "{}", warned.out);
    assert!(
        warned.out.contains("warn  public_url") && warned.out.contains("proxy with TLS"),
        "{}",
        warned.out
    );
    for fine in ["https://people.example.org", "http://127.0.0.1:3000", "http://localhost"] {
        assert!(said(fine).out.contains("ok    public_url"), "{fine}");
    }
}

#[test]
fn a_bad_configuration_is_a_finding_too() {
    let run = Program::new().run(&["doctor", "--seats", "many"]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.contains("FAIL  configuration") && run.out.contains("`seats`"), "{}", run.out);
}

/// What the doctor says about a mail server that is reached as `localhost`.
async fn about_mail(plan: Plan, user: &str, authority: Option<&str>) -> String {
    let sink = plan.start().await;
    let url = format!("smtp://{user}localhost:{}", sink.address.port());
    let authority = authority.map(str::to_owned);
    let run = tokio::task::spawn_blocking(move || {
        let program = Program::new();
        let mut command = program.command(&["doctor", "--site-dir", &site(&program)]);
        command.env("ROLLCALL_SMTP_URL", url).env("ROLLCALL_MAIL_FROM", "people@example.com");
        if let Some(authority) = authority {
            let file = program.folder().join("ca.pem");
            std::fs::write(&file, authority).expect("written");
            command.env("ROLLCALL_SMTP_CA_FILE", file);
        }
        let output = command.output().expect("run");
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    let said = run.await.expect("ended");
    assert!(!said.contains("canary"), "{said}");
    said.lines().filter(|line| line.contains(" mail ")).map(|line| [line, "\n"].concat()).collect()
}

#[tokio::test]
async fn the_mail_server_is_tried_with_its_encryption_and_its_password() {
    let known = identity("localhost");
    let good = Plan::new().extensions(&["AUTH PLAIN"]).starttls(known.acceptor);
    let said = about_mail(good, "user:canary@", Some(&known.authority)).await;
    assert!(said.contains("ok    mail") && said.contains(", encrypted, signed in"), "{said}");

    // A certificate that nobody vouches for.
    let said = about_mail(Plan::new().starttls(identity("localhost").acceptor), "", None).await;
    assert!(said.contains("FAIL  mail") && said.contains("smtp_ca_file"), "{said}");
    // One for another name.
    let other = identity("elsewhere.example");
    let said = about_mail(Plan::new().starttls(other.acceptor), "", Some(&other.authority)).await;
    assert!(said.contains("FAIL  mail") && said.contains("the server's name"), "{said}");
    // No encryption where it is required.
    let said = about_mail(Plan::new(), "", None).await;
    assert!(said.contains("FAIL  mail") && said.contains("offers no STARTTLS"), "{said}");
    // A wrong password.
    let known = identity("localhost");
    let refusing = Plan::new()
        .extensions(&["AUTH PLAIN"])
        .script(|moment| (moment.verb == "AUTH").then_some(Act::Say("535 5.7.8 not you")))
        .starttls(known.acceptor);
    let said = about_mail(refusing, "user:canary@", Some(&known.authority)).await;
    assert!(said.contains("535 5.7.8 not you") && said.contains("check user and password"), "{said}");
}
