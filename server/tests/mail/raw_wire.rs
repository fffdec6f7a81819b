//! T62 to T64: what really goes over the wire, byte by byte, when names, texts and addresses try to speak SMTP or to be
//! headers. Looked at as the strictest and as the most careless mail server would.

use std::time::{Duration, SystemTime};

use directory::outbox::MessageKind;
use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;
use mail_parser::MessageParser;
use server::config::SmtpServer;
use server::mail::kinds::Kind;
use server::mail::message::{Addressing, BuildError, Ready, Texts, Wording, build};
use server::mail::smtp::{SmtpClient, Timeouts};
use server::mail::values::Values;
use server::mail::wire::tls_config;

use crate::support::smtp_sink::{Plan, Sink};

/// Line ends that one or another mail server takes for one.
const LINE_ENDS: [&str; 7] = ["\r\n", "\n", "\r", "\n\r", "\r\r\n", "\u{85}", "\u{2028}"];

/// Everything that could end the data or begin a header, put together from line ends.
fn payloads() -> Vec<String> {
    let mut payloads = Vec::new();
    for before in LINE_ENDS {
        payloads.push(format!("x{before}Bcc: victim@example.net"));
        payloads.push(format!("x{before} folded{before}\tBcc: victim@example.net"));
        for after in LINE_ENDS {
            payloads.push(format!("x{before}.{after}MAIL FROM:<evil@example.net>{after}RCPT TO:<victim@example.net>{after}DATA{after}Subject: smuggled{after}{after}hello{after}.{after}"));
            payloads.push(format!("{before}{after}--=_boundary{before}.{after}"));
        }
    }
    let plain = [
        ".",
        "..",
        ". ",
        "=?utf-8?Q?=0D=0ABcc:_victim@example.net?=",
        "=0D=0A.=0D=0A",
        "=\r\n.\r\n",
        "\u{0}\u{7f}\u{1b}[2J",
    ];
    payloads.extend(plain.map(str::to_owned));
    payloads.push("long ".repeat(20_000));
    payloads.push("ж".repeat(3_000));
    payloads
}

fn sender(name: &str) -> Mailbox {
    Mailbox::new(Some(name.to_owned()), "people@example.com".parse().expect("an address"))
}

fn addressed<'a>(from: &'a Mailbox, to_name: &'a str, message_id: &'a str) -> Addressing<'a> {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_433_760);
    Addressing { from, to_name, to: "zoe@example.com", message_id, date }
}

fn values(payload: &str) -> Values<'_> {
    Values {
        organisation: payload,
        first_name: payload,
        last_name: payload,
        username: payload,
        email: payload,
        password: Some("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"),
        link: None,
        sign_in_url: "https://people.example.com/sign-in",
        expires: Some(payload),
        hours: Some(72),
    }
}

/// The mail with the payload in every place that somebody can fill.
fn hostile(payload: &str) -> Ready {
    // A text as somebody might have saved it: dots at the beginnings of lines and the payload in between.
    let kind = Kind::of(MessageKind::LoginDetails);
    let most: String = payload.chars().take(9_000).collect();
    let text = format!("{}\n.\n..\n.hidden\n{most}\n{{{{ first_name }}}}\n.{{{{ last_name }}}}\n", kind.text);
    let texts = Texts::read(kind, kind.subject, &text).expect("no placeholder is unknown");
    let wording = texts.wording(&values(payload));
    let wording = Wording { subject: format!("{}{payload}", wording.subject), ..wording };
    let id = format!("<0193{payload}@example.com>");
    build(&wording, &addressed(&sender(payload), payload, &id)).expect("a mail")
}

/// Sends everything over one connection; what came out at the other end.
async fn sent(mails: &[Ready]) -> Sink {
    let sink = Plan::new().start().await;
    let mut client = SmtpClient::new(
        SmtpServer::parse(&format!("smtp://{}?tls=none", sink.address)).expect("an address"),
        tls_config(None).expect("authorities"),
        ClientId::Domain("people.example.com".to_owned()),
        Timeouts::default(),
    );
    for mail in mails {
        client.send(mail).await.expect("sent");
    }
    client.close().await;
    sink
}

/// The part of the wire that is mails: between each `DATA` and the dot that ends it, that included.
fn data_on_the_wire(raw: &[u8]) -> Vec<&[u8]> {
    let find = |from: usize, what: &[u8]| {
        raw[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some(begin) = find(from, b"\r\nDATA\r\n") {
        let begin = begin + b"\r\nDATA\r\n".len();
        let end = find(begin, b"\r\n.\r\n").expect("data has an end") + b"\r\n.\r\n".len();
        parts.push(&raw[begin..end]);
        from = end - 2;
    }
    parts
}

fn headers(data: &[u8]) -> Vec<String> {
    let parsed = MessageParser::default().parse(data).expect("a mail");
    parsed.headers().iter().map(|header| header.name().to_owned()).collect()
}

#[tokio::test]
async fn no_payload_speaks_smtp() {
    let payloads = payloads();
    let mails: Vec<Ready> = payloads.iter().map(|payload| hostile(payload)).collect();
    let sink = sent(&mails).await;
    // One conversation, a transaction for each mail, nothing else.
    let verbs = sink.heard();
    let mut expected = vec!["CONNECT", "EHLO"];
    for _ in &mails {
        expected.extend(["MAIL", "RCPT", "DATA", "DOT"]);
    }
    expected.push("QUIT");
    assert_eq!(verbs, expected);
    let taken = sink.taken();
    let harmless = headers(&hostile("Zoë").bytes);
    for ((payload, mail), taken) in payloads.iter().zip(&mails).zip(&taken) {
        assert_eq!(
            (taken.from.as_str(), taken.to.as_slice()),
            ("people@example.com", &["zoe@example.com".to_owned()][..]),
            "{payload:?}"
        );
        // Dots were stuffed on the way and unstuffed at the other end: it is the mail that was meant.
        assert!(taken.data == mail.bytes.as_slice(), "{payload:?}: other bytes arrived");
        assert_eq!(headers(&taken.data), harmless, "{payload:?}");
    }
}

#[tokio::test]
async fn the_most_careless_server_sees_one_end_of_data() {
    let payloads = payloads();
    let mails: Vec<Ready> = payloads.iter().map(|payload| hostile(payload)).collect();
    let sink = sent(&mails).await;
    let raw = sink.raw();
    let parts = data_on_the_wire(&raw);
    assert_eq!(parts.len(), mails.len());
    let mut stuffed = 0;
    for (payload, part) in payloads.iter().zip(parts) {
        let (body, end) = part.split_at(part.len() - 3);
        assert_eq!(end, b".\r\n");
        // Whatever a server takes for a line end: no line of one dot before the last.
        let lines: Vec<&[u8]> = body.split(|byte| matches!(byte, b'\r' | b'\n' | 0x85)).collect();
        assert!(!lines.contains(&&b"."[..]), "{payload:?}: a line with a dot");
        stuffed += lines.iter().filter(|line| line.starts_with(b"..")).count();
        for (index, byte) in body.iter().enumerate() {
            match byte {
                b'\r' => assert_eq!(body.get(index + 1), Some(&b'\n'), "{payload:?}: a bare CR"),
                b'\n' => assert_eq!(body.get(index.wrapping_sub(1)), Some(&b'\r'), "{payload:?}: a bare LF"),
                b'\t' | 0x20..=0x7e => {}
                other => panic!("{payload:?}: byte {other:#x} on the wire"),
            }
        }
        // RFC 5322, 2.1.1: 998 characters, counted after dots were stuffed.
        let longest = lines.iter().map(|line| line.len()).max().unwrap_or(0);
        assert!(longest <= 998, "{payload:?}: a line of {longest}");
    }
    assert!(stuffed >= mails.len(), "lines that begin with a dot are part of what is tried: {stuffed}");
}

#[tokio::test]
async fn bodies_are_encoded() {
    let mails: Vec<Ready> = ["Zoë", "plain", "x\r\n.\r\n"].map(hostile).into();
    let sink = sent(&mails).await;
    for taken in sink.taken() {
        let text = String::from_utf8(taken.data).expect("ASCII");
        let encodings: Vec<&str> =
            text.lines().filter(|line| line.starts_with("Content-Transfer-Encoding:")).collect();
        assert_eq!(encodings, ["Content-Transfer-Encoding: quoted-printable"; 2]);
        // RFC 2045, 6.7: lines of at most 76 characters, and only what is allowed after an equals sign.
        let bodies = text.split("\r\n\r\n").skip(2);
        for line in bodies
            .flat_map(|body| body.split("\r\n"))
            .filter(|line| !line.starts_with("--") && !line.starts_with("Content-"))
        {
            assert!(line.len() <= 76, "{line}");
            for after in line.split('=').skip(1) {
                let hexadecimal = after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
                assert!(after.is_empty() || hexadecimal, "{line}");
            }
        }
    }
}

/// T64: an address that is more than an address makes no mail at all.
#[test]
fn addresses_that_speak_smtp_are_refused() {
    let texts = Texts::built_in(Kind::of(MessageKind::LoginDetails));
    let wording = texts.wording(&values("Zoë"));
    let from = sender("People team");
    for line_end in LINE_ENDS {
        for to in [
            format!("zoe@example.com{line_end}RCPT TO:<victim@example.net>"),
            format!("zoe{line_end}@example.com"),
            format!("zoe@example{line_end}.com"),
            format!("zoe@example.com>{line_end}DATA{line_end}"),
            format!("\"zoe{line_end}RCPT TO:<victim@example.net>\"@example.com"),
        ] {
            let addressing = Addressing { to: &to, ..addressed(&from, "Zoë", "<1@example.com>") };
            let built = build(&wording, &addressing);
            match built {
                Err(BuildError::Recipient(_)) => {}
                // What is no control character may be part of an address beyond ASCII; one address it stays.
                Ok(mail) => {
                    let envelope = mail.envelope.to()[0].to_string();
                    assert!(!envelope.contains(['\r', '\n', '<', '>', ' ']), "{to:?} became {envelope:?}");
                }
                Err(other) => panic!("{to:?}: {other}"),
            }
        }
    }
    for to in [
        "zoe@example.com, victim@example.net",
        "zoe@example.com> <victim@example.net",
        "<zoe@example.com>",
        "zoe example.com",
        "",
    ] {
        let addressing = Addressing { to, ..addressed(&from, "Zoë", "<1@example.com>") };
        assert!(build(&wording, &addressing).is_err(), "{to:?}");
    }
}
