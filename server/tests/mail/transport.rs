//! Handing over: to a mail server that behaves, to one that does not, and to files.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;
use server::config::SmtpServer;
use server::mail::files::FileTransport;
use server::mail::message::{Addressing, Ready, build, test_mail};
use server::mail::outcome::{Cause, Fault, Phase, Verdict};
use server::mail::smtp::{SmtpClient, Timeouts};
use server::mail::wire::tls_config;

use crate::support::certificates::identity;
use crate::support::smtp_sink::{Act, Plan, Sink};

const SHORT: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    command: Duration::from_millis(300),
    message: Duration::from_millis(300),
    idle: Duration::from_secs(60),
};

const PATIENT: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    command: Duration::from_secs(10),
    message: Duration::from_secs(10),
    idle: Duration::from_secs(60),
};

fn mail_to(to: &str) -> Ready {
    let from: Mailbox = "People team <people@example.com>".parse().expect("an address");
    let wording = test_mail("Acme", "zsmith", "https://people.example.com/sign-in");
    let addressing = Addressing {
        from: &from,
        to_name: "Zoë Smith",
        to,
        message_id: "<0193@example.com>",
        date: SystemTime::UNIX_EPOCH,
    };
    build(&wording, &addressing).expect("a mail")
}

fn client_of(url: &str, authority: Option<&str>, timeouts: Timeouts) -> SmtpClient {
    SmtpClient::new(
        SmtpServer::parse(url).expect("an address"),
        tls_config(authority.map(str::as_bytes)).expect("an authority"),
        ClientId::Domain("people.example.com".to_owned()),
        timeouts,
    )
}

fn plain(sink: &Sink) -> SmtpClient {
    client_of(&format!("smtp://{}?tls=none", sink.address), None, PATIENT)
}

async fn fault_of(plan: Plan) -> Fault {
    let sink = plan.start().await;
    client_of(&format!("smtp://{}?tls=none", sink.address), None, SHORT)
        .send(&mail_to("zoe@example.com"))
        .await
        .expect_err("a fault")
}

#[tokio::test]
async fn mails_go_over_one_connection_and_bring_back_the_servers_words() {
    let sink = Plan::new().start().await;
    let mut client = plain(&sink);
    for _ in 0..3 {
        let words = client.send(&mail_to("zoe@example.com")).await.expect("sent");
        assert_eq!(words, "250 2.0.0 queued as 12345");
    }
    client.close().await;
    assert_eq!((sink.count("CONNECT"), sink.count("EHLO"), sink.count("DOT")), (1, 1, 3));
    let taken = sink.taken();
    assert_eq!(taken[0].from, "people@example.com");
    assert_eq!(taken[0].to, ["zoe@example.com"]);
    assert!(taken[0].data == mail_to("zoe@example.com").bytes.as_slice(), "the mail arrived byte for byte");
}

/// T68: no STARTTLS, so neither the password nor a mail may be sent.
#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let sink = Plan::new().extensions(&["AUTH PLAIN"]).start().await;
    let mut client = client_of(&format!("smtp://user:canary@{}", sink.address), None, PATIENT);
    let fault = client.send(&mail_to("zoe@example.com")).await.expect_err("refused");
    assert_eq!((fault.phase, fault.verdict()), (Phase::Encryption, Verdict::Mend));
    assert!(fault.words.contains("STARTTLS"), "{fault}");
    assert_eq!((sink.count("AUTH"), sink.count("MAIL")), (0, 0));
    assert!(sink.taken().is_empty());
}

#[tokio::test]
async fn opportunistic_encryption_keeps_the_password_to_itself() {
    let sink = Plan::new().extensions(&["AUTH PLAIN"]).start().await;
    let url = format!("smtp://user:canary@{}?tls=opportunistic", sink.address);
    let fault = client_of(&url, None, PATIENT).send(&mail_to("zoe@example.com")).await.expect_err("refused");
    assert_eq!((fault.phase, fault.verdict()), (Phase::Authentication, Verdict::Mend));
    assert_eq!(sink.count("AUTH"), 0);
    let url = format!("smtp://{}?tls=opportunistic", sink.address);
    client_of(&url, None, PATIENT).send(&mail_to("zoe@example.com")).await.expect("sent without encryption");
    assert!(!sink.taken()[0].encrypted);
}

#[tokio::test]
async fn starttls_and_authentication() {
    let identity = identity("localhost");
    let sink = Plan::new().starttls(identity.acceptor).extensions(&["AUTH PLAIN LOGIN"]).start().await;
    let url = format!("smtp://us%40er:can%3Aary@localhost:{}", sink.address.port());
    let mut client = client_of(&url, Some(&identity.authority), PATIENT);
    client.send(&mail_to("zoe@example.com")).await.expect("sent");
    client.send(&mail_to("zoe@example.com")).await.expect("sent");
    assert_eq!(sink.heard()[..6], ["CONNECT", "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL"]);
    assert_eq!((sink.count("STARTTLS"), sink.count("AUTH")), (1, 1));
    assert!(sink.taken().iter().all(|mail| mail.encrypted));
    let probe = client_of(&url, Some(&identity.authority), PATIENT).probe().await.expect("reachable");
    assert!(probe.encrypted && probe.name == "sink.example.com");
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let identity = identity("localhost");
    let sink = Plan::new().implicit_tls(identity.acceptor).start().await;
    let url = format!("smtps://localhost:{}", sink.address.port());
    let mut client = client_of(&url, Some(&identity.authority), PATIENT);
    client.send(&mail_to("zoe@example.com")).await.expect("sent");
    assert!(sink.taken()[0].encrypted);
}

/// F37: a certificate of an unknown authority, or for another name.
#[tokio::test]
async fn a_certificate_that_does_not_fit_stops_the_queue() {
    for (name, trusted) in [("localhost", false), ("mail.example.com", true)] {
        let identity = identity(name);
        let sink = Plan::new().starttls(identity.acceptor).start().await;
        let url = format!("smtp://localhost:{}", sink.address.port());
        let authority = trusted.then_some(identity.authority.as_str());
        let fault =
            client_of(&url, authority, PATIENT).send(&mail_to("zoe@example.com")).await.expect_err("refused");
        assert_eq!((fault.phase, fault.verdict()), (Phase::Encryption, Verdict::Mend), "{fault}");
        assert!(fault.words.contains("certificate"), "{fault}");
        assert_eq!(sink.count("MAIL"), 0);
    }
}

/// Bytes after the answer to STARTTLS would otherwise be read as answers from inside the encryption.
#[tokio::test]
async fn words_smuggled_before_the_encryption_are_refused() {
    let identity = identity("localhost");
    let sink = Plan::new()
        .starttls(identity.acceptor)
        .script(|moment| {
            (moment.verb == "STARTTLS").then_some(Act::Say("220 go ahead\r\n250-evil\r\n250 AUTH PLAIN"))
        })
        .start()
        .await;
    let url = format!("smtp://user:canary@localhost:{}", sink.address.port());
    let fault = client_of(&url, Some(&identity.authority), PATIENT)
        .send(&mail_to("zoe@example.com"))
        .await
        .expect_err("refused");
    assert_eq!((fault.phase, fault.cause), (Phase::Encryption, Cause::Own), "{fault}");
}

/// F29 to F31, F35: each verb refuses once, for now and for good.
#[tokio::test]
async fn a_refusal_is_understood_by_its_verb() {
    for (verb, words, phase, verdict) in [
        ("CONNECT", "554 5.7.1 not you", Phase::Greeting, Verdict::Mend),
        ("CONNECT", "421 4.3.2 busy", Phase::Greeting, Verdict::Wait),
        ("EHLO", "421 busy", Phase::Greeting, Verdict::Wait),
        ("MAIL", "451 4.3.0 later", Phase::Sender, Verdict::TryLater),
        ("MAIL", "550 5.7.1 sender not allowed", Phase::Sender, Verdict::Mend),
        ("RCPT", "450 4.2.0 greylisted", Phase::Recipient, Verdict::TryLater),
        ("RCPT", "550 5.1.1 no such user", Phase::Recipient, Verdict::Refuse),
        ("DATA", "451 4.3.0 later", Phase::Data, Verdict::TryLater),
        ("DOT", "452 4.3.1 disk full", Phase::Message, Verdict::TryLater),
        ("DOT", "554 5.7.1 looks like spam", Phase::Message, Verdict::Refuse),
        ("DOT", "432 4.3.2 slow down", Phase::Message, Verdict::Wait),
        ("MAIL", "421 4.7.0 too many", Phase::Sender, Verdict::Wait),
    ] {
        let fault =
            fault_of(Plan::new().script(move |moment| (moment.verb == verb).then_some(Act::Say(words))))
                .await;
        assert_eq!((fault.phase, fault.verdict()), (phase, verdict), "{verb} {words}");
        assert_eq!(fault.words, words);
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_fault_of_the_configuration() {
    let sink = Plan::new()
        .extensions(&["AUTH PLAIN"])
        .script(|moment| (moment.verb == "AUTH").then_some(Act::Say("535 5.7.8 wrong password")))
        .start()
        .await;
    let url = format!("smtp://user:canary@{}?tls=none", sink.address);
    let fault = client_of(&url, None, PATIENT).send(&mail_to("zoe@example.com")).await.expect_err("refused");
    assert_eq!((fault.phase, fault.verdict()), (Phase::Authentication, Verdict::Mend));
    assert!(!format!("{fault} {fault:?}").contains("canary"));
    assert_eq!(sink.count("MAIL"), 0);
}

#[tokio::test]
async fn credentials_for_a_server_that_wants_none_are_a_fault_of_the_configuration() {
    let sink = Plan::new().start().await;
    let url = format!("smtp://user:canary@{}?tls=none", sink.address);
    let fault = client_of(&url, None, PATIENT).send(&mail_to("zoe@example.com")).await.expect_err("refused");
    assert_eq!((fault.phase, fault.verdict()), (Phase::Authentication, Verdict::Mend), "{fault}");
}

/// F30: one refused recipient does not cost the next one anything, not even the connection.
#[tokio::test]
async fn after_a_refused_recipient_the_connection_goes_on() {
    let sink = Plan::new()
        .script(|moment| moment.line.contains("nobody@").then_some(Act::Say("550 5.1.1 no such user")))
        .start()
        .await;
    let mut client = plain(&sink);
    client.send(&mail_to("nobody@example.com")).await.expect_err("refused");
    client.send(&mail_to("zoe@example.com")).await.expect("sent");
    assert_eq!((sink.count("CONNECT"), sink.count("RSET")), (1, 1));
    assert_eq!(sink.taken().len(), 1);
}

/// F32, F33: the connection breaks in the middle, or instead of the answer to the final dot.
#[tokio::test]
async fn a_broken_connection_leaves_the_outcome_open() {
    for verb in ["RCPT", "DATA", "DOT"] {
        let fault =
            fault_of(Plan::new().script(move |moment| (moment.verb == verb).then_some(Act::Close))).await;
        assert_eq!((fault.cause, fault.verdict()), (Cause::Broken, Verdict::TryLater), "{verb}: {fault}");
    }
}

/// F36: every phase has its end.
#[tokio::test]
async fn a_server_that_hangs_is_left() {
    for (verb, verdict) in [
        ("CONNECT", Verdict::Wait),
        ("EHLO", Verdict::Wait),
        ("MAIL", Verdict::TryLater),
        ("RCPT", Verdict::TryLater),
        ("DOT", Verdict::TryLater),
    ] {
        let fault =
            fault_of(Plan::new().script(move |moment| (moment.verb == verb).then_some(Act::Hang))).await;
        assert_eq!((fault.cause, fault.verdict()), (Cause::Broken, verdict), "{verb}: {fault}");
        assert!(fault.words.contains("in time"), "{verb}: {fault}");
    }
}

/// F36: a server that answers a byte at a time has the same limit.
#[tokio::test]
async fn a_tarpit_is_left() {
    for verb in ["CONNECT", "MAIL", "RCPT", "DOT"] {
        let drip = Act::Drip(Duration::from_millis(20));
        let fault = fault_of(Plan::new().script(move |moment| (moment.verb == verb).then_some(drip))).await;
        assert_eq!(fault.cause, Cause::Broken, "{verb}: {fault}");
        assert!(fault.words.contains("in time"), "{verb}: {fault}");
    }
}

/// F34: the answer to the final dot may take longer than any other; who gives up earlier makes duplicates.
#[tokio::test]
async fn the_answer_to_the_mail_is_waited_for() {
    let slow = Act::SayAfter(2 * SHORT.command, "250 2.0.0 queued at last");
    let sink = Plan::new().script(move |moment| (moment.verb == "DOT").then_some(slow)).start().await;
    let timeouts = Timeouts { message: Duration::from_secs(60), ..SHORT };
    let mut client = client_of(&format!("smtp://{}?tls=none", sink.address), None, timeouts);
    let words = client.send(&mail_to("zoe@example.com")).await.expect("sent");
    assert_eq!((words.as_str(), sink.taken().len()), ("250 2.0.0 queued at last", 1));
    // RFC 5321, 4.5.3.2: five minutes for commands, ten for the final dot.
    let usual = Timeouts::default();
    assert_eq!((usual.command, usual.message), (Duration::from_secs(300), Duration::from_secs(600)));
}

#[tokio::test]
async fn nobody_listening_means_waiting() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let fault = client_of(&format!("smtp://{address}?tls=none"), None, PATIENT)
        .send(&mail_to("zoe@example.com"))
        .await
        .expect_err("refused");
    assert_eq!((fault.phase, fault.verdict()), (Phase::Connect, Verdict::Wait));
}

/// A server may close a connection that nobody used; the next mail must not notice.
#[tokio::test]
async fn a_connection_that_the_server_closed_is_made_again() {
    for act in [Act::Close, Act::SayAndClose("421 4.4.2 idle too long")] {
        let sink = Plan::new()
            .script(move |moment| (moment.verb == "MAIL" && moment.earlier == 1).then_some(act))
            .start()
            .await;
        let mut client = plain(&sink);
        client.send(&mail_to("zoe@example.com")).await.expect("sent");
        client.send(&mail_to("zoe@example.com")).await.expect("sent over a new connection");
        assert_eq!((sink.count("CONNECT"), sink.taken().len()), (2, 2), "{act:?}");
    }
}

#[tokio::test]
async fn addresses_beyond_ascii_need_a_server_that_knows_them() {
    let knows = Plan::new().start().await;
    plain(&knows).send(&mail_to("jürgen@example.com")).await.expect("sent");
    assert_eq!(knows.taken()[0].to, ["jürgen@example.com"]);
    let does_not = Plan::new().extensions(&["8BITMIME"]).start().await;
    let fault = plain(&does_not).send(&mail_to("jürgen@example.com")).await.expect_err("refused");
    assert_eq!(fault.verdict(), Verdict::Refuse);
    assert!(fault.words.contains("SMTPUTF8"), "{fault}");
}

#[tokio::test]
async fn the_file_transport_writes_one_private_file_per_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = FileTransport::new(folder.path().join("mail"));
    let mail = mail_to("zoe@example.com");
    let id = "0193b1f2-0000-7000-8000-000000000001";
    let words = files.send(id, 1_795_433_760_000, &mail).await.expect("written");
    assert_eq!(words, format!("written as 20261123T113600Z-{id}.eml"));
    files.send(id, 1_795_433_760_000, &mail).await.expect("written again");
    let entries: Vec<_> =
        std::fs::read_dir(files.folder()).expect("a folder").filter_map(Result::ok).collect();
    assert_eq!(entries.len(), 1, "a repeated attempt replaces its file");
    let path = entries[0].path();
    assert!(std::fs::read(&path).expect("bytes") == mail.bytes.as_slice(), "the file is the mail");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(files.folder())), (0o600, 0o700));
    }
    let text = files.read(id).await.expect("readable");
    assert!(
        text.starts_with("From: People team <people@example.com>\nTo: Zoë Smith <zoe@example.com>\n"),
        "{text}"
    );
    assert!(text.contains("\n\nThis is the test mail"), "{text}");
    assert_eq!(files.read("../../etc/passwd").await, None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_makes_the_queue_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mail");
    std::fs::write(&file, "in the way").expect("write");
    let fault =
        FileTransport::new(file).send("1", 0, &mail_to("zoe@example.com")).await.expect_err("refused");
    assert_eq!(fault.verdict(), Verdict::Wait);
}
