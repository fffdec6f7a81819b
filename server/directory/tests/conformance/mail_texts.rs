//! Own texts of mails: one for each kind, until the built-in one is gone back to.

use crate::world::World;
use directory::mail_texts::MailText;
use directory::outbox::MessageKind;
use directory::settings::SettingsError;

on_both!(texts_are_kept_by_kind, a_text_that_would_break_a_mail_is_refused);

fn text(kind: MessageKind, about: &str) -> MailText {
    let subject = format!("{about} for {{{{ first_name }}}}");
    MailText { kind, subject, text: format!("Žluťoučký {about},\n\n{{{{ link }}}}\n") }
}

async fn texts_are_kept_by_kind(world: World) {
    let petra = world.administrator("petra").await;
    assert_eq!(world.directory.mail_texts().await.unwrap(), []);
    for kind in MessageKind::ALL {
        world.directory.save_mail_text(&petra, &text(*kind, kind.as_str())).await.unwrap();
    }
    // Another one for the same kind takes its place; the others stay.
    let reset = text(MessageKind::PasswordReset, "something else");
    world.directory.save_mail_text(&petra, &reset).await.unwrap();
    let other = world.another().await;
    let mut found = other.mail_texts().await.unwrap();
    found.sort_by_key(|text| text.kind);
    let expected: Vec<MailText> = MessageKind::ALL
        .iter()
        .map(|kind| if *kind == reset.kind { reset.clone() } else { text(*kind, kind.as_str()) })
        .collect();
    assert_eq!(found, expected);

    // Back to the built-in one, which is told once.
    for _ in 0..2 {
        world.directory.drop_mail_text(&petra, MessageKind::PasswordReset).await.unwrap();
    }
    let kinds: Vec<_> = other.mail_texts().await.unwrap().into_iter().map(|text| text.kind).collect();
    assert!(kinds.len() == 4 && !kinds.contains(&MessageKind::PasswordReset), "{kinds:?}");
    let trail = world.directory.audit(&Default::default(), 1).await.unwrap();
    let told = |detail: &str| trail.items.iter().filter(|entry| entry.detail == detail).count();
    assert_eq!(told("text of a mail: password reset"), 2);
    assert_eq!(told("built-in text of a mail: password reset"), 1);
}

async fn a_text_that_would_break_a_mail_is_refused(world: World) {
    let petra = world.administrator("petra").await;
    let good = text(MessageKind::LoginDetails, "words");
    for bad in [
        MailText { subject: "Hello\r\nBcc: all@example.org".to_owned(), ..good.clone() },
        MailText { text: "a\0b".to_owned(), ..good },
    ] {
        let refused = world.directory.save_mail_text(&petra, &bad).await;
        assert!(matches!(refused, Err(SettingsError::OutOfRange(_))), "{refused:?}");
    }
    assert_eq!(world.directory.mail_texts().await.unwrap(), []);
}
