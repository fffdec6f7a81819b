//! The text of mails, as it arrives, and that nothing in it can break out of its place.

use std::time::{Duration, SystemTime};

use directory::outbox::MessageKind;
use lettre::message::Mailbox;
use mail_parser::{MessageParser, MimeHeaders};
use server::mail::kinds::Kind;
use server::mail::message::{Addressing, Ready, Texts, Wording, build, in_words, invented, test_mail};
use server::mail::values::Values;

const VALUES: Values<'_> = Values {
    organisation: "Müller & Söhne",
    first_name: "Zoë",
    last_name: "O'Neill",
    username: "zoneill",
    email: "zoe@example.com",
    password: Some("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"),
    link: None,
    sign_in_url: "https://people.example.com/sign-in",
    expires: Some("Thursday, 26 November 2026 at 11:36 UTC"),
    hours: Some(72),
};

/// The values of a mail that brings a link instead of a password.
const WITH_LINK: Values<'_> =
    Values { password: None, link: Some("https://people.example.com/password/set#TOKEN"), ..VALUES };

/// A mail with the built-in text.
fn built_in(kind: MessageKind, values: &Values<'_>) -> Wording {
    Texts::built_in(Kind::of(kind)).wording(values)
}

fn login_details(values: &Values<'_>) -> Wording {
    built_in(MessageKind::LoginDetails, values)
}

fn a_test_mail() -> Wording {
    test_mail(VALUES.organisation, "zoneill", VALUES.sign_in_url)
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
    let wording = login_details(&VALUES);
    insta::assert_snapshot!("with_password_text", wording.text);
    insta::assert_snapshot!("with_password_html", wording.html);
    insta::assert_snapshot!("with_password_mail", text(&ready(&wording, "Zoë O'Neill")));
}

#[test]
fn login_details_when_the_roster_brought_the_password() {
    let wording = login_details(&Values { password: None, expires: None, hours: None, ..VALUES });
    insta::assert_snapshot!("without_password_text", wording.text);
    assert!(!wording.html.contains("assword"), "{}", wording.html);
}

#[test]
fn what_links_come_with_and_what_is_told_of_the_second_factor() {
    for kind in &MessageKind::ALL[1..] {
        let wording = built_in(*kind, &WITH_LINK);
        let name = kind.as_str();
        insta::assert_snapshot!(format!("{name}_text"), format!("{}\n\n{}", wording.subject, wording.text));
        insta::assert_snapshot!(format!("{name}_html"), wording.html);
    }
}

#[test]
fn a_text_of_ones_own() {
    let text = "Dear {{ first_name }} {{ last_name }},\n\nyour name for {{ organisation }} is {{ username }} ({{ email }}).\n\nThis opens the door for {{ hours }} hours: {{ password }}\n\nGo to {{ sign_in_url }} and come in.\n";
    let kind = Kind::of(MessageKind::LoginDetails);
    let texts = Texts::read(kind, "{{ first_name }}, welcome", text).expect("valid");
    let wording = texts.wording(&VALUES);
    insta::assert_snapshot!("own_text", format!("{}\n\n{}", wording.subject, wording.text));
    insta::assert_snapshot!("own_html", wording.html);
}

/// What every placeholder of every kind stands for, in both parts and in the subject.
#[test]
fn every_kind_says_what_its_own_text_says() {
    for kind in MessageKind::ALL.iter().map(|kind| Kind::of(*kind)) {
        let lines = kind.placeholders.iter().map(|word| format!("a {0} is <{{{{ {0} }}}}>\n\n", word.name()));
        let text: String = lines.collect();
        let texts = Texts::read(kind, "{{ last_name }} of {{ organisation }}", &text).expect("valid");
        let values = Values { password: VALUES.password, ..WITH_LINK };
        let wording = texts.wording(&values);
        assert_eq!(wording.subject, "O'Neill of Müller & Söhne");
        for word in kind.placeholders {
            let value = match word.name() {
                "organisation" => "Müller & Söhne",
                "first_name" => "Zoë",
                "last_name" => "O'Neill",
                "username" => "zoneill",
                "email" => "zoe@example.com",
                "password" => "K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G",
                "link" => "https://people.example.com/password/set#TOKEN",
                "sign_in_url" => "https://people.example.com/sign-in",
                "expires" => "Thursday, 26 November 2026 at 11:36 UTC",
                "hours" => "72",
                other => panic!("what does {other} stand for?"),
            };
            let line = format!("a {} is <{value}>", word.name());
            assert!(wording.text.contains(&line), "{:?}: {line}: {}", kind.kind, wording.text);
        }
        let (leads_to, label) = kind.button;
        let url = if leads_to.name() == "link" { WITH_LINK.link.expect("one") } else { VALUES.sign_in_url };
        let button = format!("<a href=\"{}\" style=\"display: inline-block", url.replace('/', "&#x2f;"));
        assert_eq!(wording.html.matches(&button).count(), 1, "{:?}: {button}: {}", kind.kind, wording.html);
        assert!(wording.html.contains(&format!(">{label}</a>")), "{:?}", kind.kind);
    }
}

/// A roster may have brought the password; then there are no hours to speak of.
#[test]
fn a_subject_is_never_empty() {
    let kind = Kind::of(MessageKind::LoginDetails);
    let texts = Texts::read(kind, "{{ hours }} hours to go", kind.text).expect("valid");
    assert_eq!(texts.wording(&VALUES).subject, "72 hours to go");
    let without = Values { password: None, expires: None, hours: None, ..VALUES };
    assert_eq!(texts.wording(&without).subject, "Müller & Söhne");
}

#[test]
fn the_test_mail() {
    insta::assert_snapshot!("test_mail_text", a_test_mail().text);
}

#[test]
fn the_preview_shows_made_up_values() {
    let values = invented("Acme", "https://h/sign-in", "https://h/password/set#EXAMPLE");
    let texts = Texts::built_in(Kind::of(MessageKind::LoginDetails));
    let wording = texts.wording(&values);
    assert!(wording.text.starts_with("Hello Anna,") && wording.subject == "Your account at Acme");
    insta::assert_snapshot!("preview_text", wording.text);
    insta::assert_debug_snapshot!("preview_blocks", texts.blocks(&values));
}

#[test]
fn an_expiry_is_said_in_words() {
    assert_eq!(in_words(1_795_433_760_000), "Monday, 23 November 2026 at 11:36 UTC");
}

#[test]
fn a_repeated_mail_is_the_same_mail() {
    let wording = login_details(&VALUES);
    assert!(ready(&wording, "Zoë").bytes == ready(&wording, "Zoë").bytes);
}

#[test]
fn a_mail_parser_reads_what_was_meant() {
    let mail = ready(&login_details(&VALUES), "Zoë O'Neill");
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
    let expected = headers(&ready(&login_details(&VALUES), "Zoë"));
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
        let values = Values { link: WITH_LINK.link, ..values };
        for kind in MessageKind::ALL {
            let wording = built_in(*kind, &values);
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
    let mail = build(&a_test_mail(), &addressing).expect("a mail");
    assert_eq!(mail.envelope.to()[0].to_string(), "jürgen@xn--mller-kva.example");
    let broken = Addressing { to: "nobody", ..addressing };
    assert!(build(&a_test_mail(), &broken).is_err());
}
