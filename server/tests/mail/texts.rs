//! What administrators have written is what goes out, for every kind of mail.

use directory::account::{Actor, Role};
use directory::mail_texts::MailText;
use directory::outbox::MessageKind;
use directory::second_factor::totp;
use mail_parser::MessageParser;
use std::collections::BTreeSet;

use crate::sender::{drain, owe_link, sender};
use crate::support::people::World;
use crate::support::smtp_sink::Plan;

/// A world that owes a mail of every kind; none of them is sent.
async fn every_kind_owed(folder: &std::path::Path) -> World {
    let world = World::with_mail_owed(folder, &["ann"]).await;
    let directory = &world.directory;
    let ann = directory.account_by_username("ann").await.expect("read").expect("there").id;
    let actor = Actor { account: ann, username: "ann".to_owned(), role: Role::Member };
    directory.begin_second_factor(&actor).await.expect("begun");
    let setup = directory.second_factor(&actor).await.expect("read").setup.expect("a secret");
    let code = totp::shown(&setup.secret, directory.time()).expect("a code");
    directory.confirm_second_factor(&actor, &code).await.expect("confirmed");
    directory.take_second_factor(&Actor::system(), ann, "seen").await.expect("removed");
    directory.request_password_reset("ann", "192.0.2.1").await.expect("asked");

    world.import(&["bob"], false).await;
    let bob = directory.account_by_username("bob").await.expect("read").expect("there").id;
    owe_link(directory, bob).await;
    world
}

#[tokio::test]
async fn every_waiting_mail_goes_out_with_the_text_that_holds_by_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = every_kind_owed(folder.path()).await;
    for kind in MessageKind::ALL {
        let name = kind.as_str();
        let needed = match kind {
            MessageKind::LoginDetails => "{{ password }}\n\n{{ sign_in_url }}",
            MessageKind::SetPasswordLink | MessageKind::PasswordReset => "{{ link }}",
            MessageKind::SecondFactorOn | MessageKind::SecondFactorOff => "",
        };
        let text = MailText {
            kind: *kind,
            subject: format!("{name} for {{{{ username }}}}"),
            text: format!("Own words of {name}, {{{{ first_name }}}}.\n\n{needed}\n"),
        };
        world.directory.save_mail_text(&Actor::system(), &text).await.expect("saved");
    }
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let mut subjects = BTreeSet::new();
    for mail in sink.taken() {
        let parsed = MessageParser::default().parse(&mail.data).expect("a mail");
        let subject = parsed.subject().expect("one").to_owned();
        let (name, _) = subject.split_once(" for ").expect("an own subject");
        let text = parsed.body_text(0).expect("text").into_owned();
        let html = parsed.body_html(0).expect("HTML").into_owned();
        let begin = format!("Own words of {name}, Zoë.");
        assert!(text.starts_with(&begin) && html.contains(&begin), "{subject}: {text}");
        let brings = match name {
            "login_details" => "https://people.example.com/sign-in",
            "set_password_link" => "https://people.example.com/password/set#",
            "password_reset" => "https://people.example.com/password/reset#",
            _ => "",
        };
        assert!(text.contains(brings), "{subject}: {text}");
        subjects.insert(subject);
    }
    let expected = [
        "login_details for ann",
        "password_reset for ann",
        "second_factor_off for ann",
        "second_factor_on for ann",
        "set_password_link for bob",
    ];
    assert_eq!(subjects, expected.map(str::to_owned).into());
}

/// Of an older database, which knew fewer rules.
#[tokio::test]
async fn a_text_that_cannot_be_used_gives_way_to_the_built_in_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann"]).await;
    let text = MailText {
        kind: MessageKind::LoginDetails,
        subject: "Hello".to_owned(),
        text: "{{ magic }}".to_owned(),
    };
    world.directory.save_mail_text(&Actor::system(), &text).await.expect("kept as it is");
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let taken = sink.taken();
    let parsed = MessageParser::default().parse(&taken[0].data).expect("a mail");
    assert_eq!(parsed.subject(), Some("Your account at Rollcall"));
    assert!(parsed.body_text(0).expect("text").contains("Temporary password: "));
}
