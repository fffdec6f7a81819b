//! What administrators are told about mail on every page: that none leaves, or that some is held back; why, since when, how
//! much of it, and what to do. Mostly it is not there.

use super::icon::icon;
use super::load::{load, nothing};
use super::number::counted;
use super::time::Moment;
use crate::api::mail::{HeldView, TroubleKind, TroubleView, mail_holdup};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// What happened, in a title, and what to do about it.
const fn words_for(kind: TroubleKind) -> (&'static str, &'static str) {
    match kind {
        TroubleKind::Unreachable => (
            "No mail leaves: the mail server cannot be reached",
            "It is tried again by itself. If it lasts, whoever runs this server checks that the mail server runs and \
             that smtp_url names it; rollcall doctor says how far a connection comes.",
        ),
        TroubleKind::Busy => (
            "Mail waits: the mail server asks for patience",
            "It is tried again by itself. If it happens often, whoever runs this server lets fewer mails go a minute \
             (mail_rate_per_minute).",
        ),
        TroubleKind::Login => (
            "No mail leaves: the mail server refuses our user name or password",
            "Whoever runs this server mends them in smtp_url and starts it again; then everything that waits goes out.",
        ),
        TroubleKind::Sender => (
            "No mail leaves: the mail server refuses our sender address",
            "Whoever runs this server mends mail_from, or has the mail server allow it, and starts this server again; \
             then everything that waits goes out.",
        ),
        TroubleKind::Encryption => (
            "No mail leaves: the connection to the mail server is not safe",
            "Its certificate does not fit or it offers no encryption, and nothing goes out in the clear. Whoever runs this \
             server mends the certificate, or the name in smtp_url, and starts it again; then everything that waits goes \
             out.",
        ),
        TroubleKind::Refused => (
            "No mail leaves: the mail server refuses to talk to this server",
            "Whoever runs this server has the mail server allow it, or mends smtp_url, and starts it again; then \
             everything that waits goes out.",
        ),
        TroubleKind::NotWritten => (
            "No mail is written: its folder cannot be used",
            "It is tried again by itself. Whoever runs this server frees space on the disk or mends the rights of the \
             data folder.",
        ),
    }
}

/// Whether nothing gets better before somebody mends something.
const fn is_to_mend(kind: TroubleKind) -> bool {
    !matches!(kind, TroubleKind::Busy | TroubleKind::Unreachable)
}

/// The place where it is told. Looked up with every page that somebody goes on to, and not by the clock: a page that asks by
/// itself would keep the session of whoever has left the desk from ending.
#[component]
pub fn MailBanner() -> impl IntoView {
    let path = use_location().pathname;
    let found = load(move || path.get(), |_| mail_holdup());
    view! {
        <div class="banners" role="status">
            {found.show(nothing, |found| {
                let found = found.unwrap_or_default();
                let trouble = found.trouble.map(trouble);
                let held = found.held.map(held);
                view! { {trouble}{held} }.into_any()
            })}
        </div>
    }
    .into_any()
}

fn trouble(found: TroubleView) -> AnyView {
    let (title, what_to_do) = words_for(found.kind);
    let class = if is_to_mend(found.kind) { "notice is-bad" } else { "notice is-warn" };
    let waiting = counted(found.waiting.into(), "mail waits", "mails wait");
    let mended = [what_to_do, " The next try is due "].concat();
    view! {
        <section class=class aria-label="Mail waits">
            {icon("warning")}
            <div>
                <p class="notice-title">{title}</p>
                <p>
                    {waiting}", none is lost. It began "<Moment at=found.since/>"; the answer was: "
                    <q class="notice-words">{found.words}</q>
                </p>
                <p>{mended}<Moment at=found.next_try_at/>"; a test mail from the page Mail tries at once."</p>
            </div>
            <p class="notice-actions">
                <a class="button is-small" href="/admin/mail?state=queued">"See mail"</a>
            </p>
        </section>
    }
    .into_any()
}

fn held(found: HeldView) -> AnyView {
    let mails = counted(found.mails.into(), "mail is held back", "mails are held back");
    let (first, last) = found.owed;
    view! {
        <section class="notice is-warn" aria-label="Mail is held back">
            {icon("warning")}
            <div>
                <p class="notice-title">{mails}": this database comes from a copy"</p>
                <p>
                    "The first became owed "<Moment at=first/>", the last "<Moment at=last/>
                    ". They waited when the copy was made and may have been sent since, which the copy cannot know."
                </p>
                <p>
                    "Whoever runs this server sends them all with "<code>"rollcall mail release"</code>
                    "; single ones are sent with Retry."
                </p>
            </div>
            <p class="notice-actions">
                <a class="button is-small" href="/admin/mail?state=failed">"See mail"</a>
            </p>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [TroubleKind; 7] = [
        TroubleKind::Unreachable,
        TroubleKind::Busy,
        TroubleKind::Login,
        TroubleKind::Sender,
        TroubleKind::Encryption,
        TroubleKind::Refused,
        TroubleKind::NotWritten,
    ];

    #[test]
    fn each_trouble_says_what_happened_and_who_mends_what() {
        for kind in ALL {
            let (title, what_to_do) = words_for(kind);
            assert!(ALL.into_iter().filter(|other| words_for(*other).0 == title).count() == 1, "{title}");
            assert!(what_to_do.contains("hoever runs this server"), "{title}");
            assert!(!title.ends_with('.') && what_to_do.ends_with('.'), "{title}");
        }
    }
}
