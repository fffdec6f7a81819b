//! The text of mails, as it arrives, and that nothing in it can break out of its place.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use mail_parser::{MessageParser, MimeHeaders};
use server::mail::message::{
    Addressing, Ready, Texts, Wording, build, in_words, login_details, password_reset, preview,
    set_password_link, test_mail,
};
use server::mail::template::{DEFAULT_SUBJECT, DEFAULT_TEXT, Values};

const VALUES: Values<'_> = Values {
    organisation: "Müller & Söhne",
    first_name: "Zoë",
    last_name: "O'Neill",
    username: "zoneill",
    email: "zoe@example.com",
    password: Some("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"),
    sign_in_url: "https://people.example.com/sign-in",
    expires: Some("Thursday, 26 November 2026 at 11:36 UTC"),
    hours: Some(72),
};

fn texts() -> Texts {
    Texts::parse(DEFAULT_SUBJECT, DEFAULT_TEXT).expect("valid")
}

fn ready(wording: &Wording, to_name: &str) -> Ready {
    let from: Mailbox = "People team <people@example.com>".parse().expect("an address");
    build(
        wording,
        &Addressing {
            from: &from,
            to_name,
            to: "zoe@example.com",
            message_id: "<0193@example.com>",
            date: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_433_760_789),
        },
    )
    .expect("a mail")
}

fn text(mail: &Ready) -> String {
    String::from_utf8(mail.bytes.to_vec()).expect("ASCII").replace("\r\n", "\n")
}

#[test]
fn login_details_with_a_temporary_password() {
    let wording = login_details(&texts(), &VALUES);
    insta::assert_snapshot!("with_password_text", wording.text);
    insta::assert_snapshot!("with_password_html", wording.html);
    insta::assert_snapshot!("with_password_mail", text(&ready(&wording, "Zoë O'Neill")));
}

#[test]
fn login_details_when_the_roster_brought_the_password() {
    let wording = login_details(&texts(), &Values { password: None, expires: None, hours: None, ..VALUES });
    insta::assert_snapshot!("without_password_text", wording.text);
    assert!(!wording.html.contains("assword"), "{}", wording.html);
}

#[test]
fn the_link_of_a_forgotten_password() {
    let wording = password_reset(&VALUES, "https://people.example.com/password/reset#TOKEN");
    insta::assert_snapshot!("password_reset_text", format!("{}\n\n{}", wording.subject, wording.text));
    insta::assert_snapshot!("password_reset_html", wording.html);
}

#[test]
fn a_text_of_ones_own() {
    let text = "Dear {{ first_name }} {{ last_name }},\n\nyour name for {{ organisation }} is {{ username }} ({{ email }}).\n\nThis opens the door for {{ hours }} hours: {{ password }}\n\nGo to {{ sign_in_url }} and come in.\n";
    let texts = Texts::parse("{{ first_name }}, welcome", text).expect("valid");
    let wording = login_details(&texts, &VALUES);
    insta::assert_snapshot!("own_text", format!("{}\n\n{}", wording.subject, wording.text));
    insta::assert_snapshot!("own_html", wording.html);
}

#[test]
fn the_test_mail() {
    insta::assert_snapshot!("test_mail_text", test_mail(&VALUES).text);
}

#[test]
fn the_preview_shows_made_up_values() {
    let (wording, blocks) =
        preview(DEFAULT_SUBJECT, DEFAULT_TEXT, "Acme", "https://h/sign-in").expect("valid");
    assert!(wording.text.starts_with("Hello Anna,") && wording.subject == "Your account at Acme");
    insta::assert_snapshot!("preview_text", wording.text);
    insta::assert_debug_snapshot!("preview_blocks", blocks);
    assert!(preview(DEFAULT_SUBJECT, "{{ nobody }}", "Acme", "https://h").is_err());
}

#[test]
fn an_expiry_is_said_in_words() {
    assert_eq!(in_words(1_795_433_760_000), "Monday, 23 November 2026 at 11:36 UTC");
}

#[test]
fn a_repeated_mail_is_the_same_mail() {
    let wording = login_details(&texts(), &VALUES);
    assert!(ready(&wording, "Zoë").bytes == ready(&wording, "Zoë").bytes);
}

#[test]
fn a_mail_parser_reads_what_was_meant() {
    let mail = ready(&login_details(&texts(), &VALUES), "Zoë O'Neill");
    let parsed = MessageParser::default().parse(mail.bytes.as_slice()).expect("a mail");
    assert_eq!(parsed.subject(), Some("Your account at Müller & Söhne"));
    assert_eq!(parsed.to().and_then(|to| to.first()).and_then(|one| one.name()), Some("Zoë O'Neill"));
    assert_eq!(parsed.message_id(), Some("0193@example.com"));
    assert_eq!(parsed.header("Auto-Submitted").and_then(|value| value.as_text()), Some("auto-generated"));
    assert!(parsed.body_text(0).expect("text").contains("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"));
    assert!(parsed.body_html(0).expect("HTML").contains("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"));
    assert_eq!(parsed.parts[0].content_type().and_then(|kind| kind.subtype()), Some("alternative"));
}

/// T62, T63, T65: names that try to be headers, envelopes, markup or the end of the mail.
#[test]
fn hostile_names_stay_names() {
    let headers = |mail: &Ready| -> Vec<String> {
        let parsed = MessageParser::default().parse(mail.bytes.as_slice()).expect("a mail");
        parsed.headers().iter().map(|header| header.name().to_owned()).collect()
    };
    let expected = headers(&ready(&login_details(&texts(), &VALUES), "Zoë"));
    for payload in [
        "x\r\nBcc: victim@example.com",
        "x\nSubject: other",
        "x\r.\r\nMAIL FROM:<a@b>",
        "\r\n.\r\n",
        "\n.\n",
        "\r.\r",
        ".",
        "\u{0}\u{7f}\u{85}\u{2028}",
        "\"><script>alert(1)</script>",
        "=?utf-8?Q?=0D=0ABcc:_x?=",
        "a@b.example, c@d.example",
        "<a@b.example>",
        "{{ password }}",
        "https://evil.example/",
    ] {
        let values = Values { first_name: payload, last_name: payload, organisation: payload, ..VALUES };
        let link = "https://people.example.com/password/set#token";
        for wording in [login_details(&texts(), &values), set_password_link(&values, link)] {
            let mail = ready(&wording, payload);
            assert_eq!(headers(&mail), expected, "{payload:?}");
            let raw = mail.bytes.as_slice();
            for (index, byte) in raw.iter().enumerate() {
                match byte {
                    b'\r' => assert_eq!(raw.get(index + 1), Some(&b'\n'), "{payload:?}: bare CR"),
                    b'\n' => assert_eq!(raw.get(index.wrapping_sub(1)), Some(&b'\r'), "{payload:?}: bare LF"),
                    _ => {}
                }
            }
            assert!(!raw.windows(5).any(|window| window == b"\r\n.\r\n"), "{payload:?}: end of data");
            assert!(!wording.html.contains("<script"), "{payload:?}");
            assert!(!wording.html.contains("href=\"https://evil"), "{payload:?}: linked");
            let parsed = MessageParser::default().parse(raw).expect("a mail");
            assert_eq!(parsed.to().map(|to| to.iter().count()), Some(1), "{payload:?}: recipients");
            assert_eq!(mail.envelope.to().len(), 1);
        }
    }
}

#[test]
fn domains_beyond_ascii_are_sent_in_their_ascii_form() {
    let from: Mailbox = "people@example.com".parse().expect("an address");
    let addressing = Addressing {
        from: &from,
        to_name: "",
        to: "jürgen@müller.example",
        message_id: "<1@example.com>",
        date: SystemTime::UNIX_EPOCH,
    };
    let mail = build(&test_mail(&VALUES), &addressing).expect("a mail");
    assert_eq!(mail.envelope.to()[0].to_string(), "jürgen@xn--mller-kva.example");
    let broken = Addressing { to: "nobody", ..addressing };
    assert!(build(&test_mail(&VALUES), &broken).is_err());
}
