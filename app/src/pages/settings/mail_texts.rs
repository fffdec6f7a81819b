//! What mails say: one editor for all kinds, with a preview that follows what is typed. The server renders it, with the
//! code that writes the mails, for an invented person.

use super::{AskedAgain, section};
use crate::api::ApiError;
use crate::api::mail_texts::{
    EditableMail, MailBlock, MailLook, MailPreview, MailRun, MailText, preview_mail, save_mail_text,
    try_mail_text,
};
use crate::components::field::{Field, TextField};
use crate::components::load::load;
use crate::components::notice::{NoticeKind, notice};
use crate::components::toast::{ToastKind, toasts};
use leptos::prelude::*;
use std::time::Duration;

/// How long somebody has to pause before the preview follows.
const PAUSE: Duration = Duration::from_millis(300);

/// A mail and what is typed for it. It stays while another mail is looked at.
#[derive(Clone, Copy)]
struct Draft {
    mail: StoredValue<EditableMail>,
    saved: RwSignal<MailText>,
    subject: RwSignal<String>,
    text: RwSignal<String>,
}

impl Draft {
    fn of(mail: EditableMail) -> Draft {
        Draft {
            saved: RwSignal::new(mail.now.clone()),
            subject: RwSignal::new(mail.now.subject.clone()),
            text: RwSignal::new(mail.now.text.clone()),
            mail: StoredValue::new(mail),
        }
    }

    fn typed(self) -> MailText {
        let kind = self.mail.with_value(|mail| mail.now.kind);
        MailText { kind, subject: self.subject.get().trim().to_owned(), text: self.text.get() }
    }

    fn is_built_in(self) -> bool {
        self.mail.with_value(|mail| mail.built_in == self.typed())
    }

    fn set_back(self) {
        let MailText { subject, text, .. } = self.mail.with_value(|mail| mail.built_in.clone());
        self.subject.set(subject);
        self.text.set(text);
    }

    /// What it is called, and whether there is something to save.
    fn title(self) -> String {
        let name = self.mail.with_value(|mail| mail.now.kind.name());
        if *self.saved.read() == self.typed() { name.to_owned() } else { [name, " (not saved)"].concat() }
    }
}

/// The choice of the mail, its texts, and what can be done with them.
#[component]
pub(super) fn MailTexts(
    /// All kinds there are.
    mails: Vec<EditableMail>,
    /// The password once more.
    proof: AskedAgain,
) -> impl IntoView {
    let toasts = toasts();
    let drafts: Vec<Draft> = mails.into_iter().map(Draft::of).collect();
    let options = drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| {
            let draft = *draft;
            view! { <option value=at.to_string()>{move || draft.title()}</option> }
        })
        .collect_view();
    let drafts = StoredValue::new(drafts);
    let chosen = RwSignal::new(0_usize);
    let draft = move || drafts.with_value(|drafts| drafts.get(chosen.get()).copied());
    let wrong = RwSignal::new(None::<(&'static str, String)>);

    let save = Action::new(|text: &MailText| save_mail_text(text.clone()));
    let attempt = Action::new(|text: &MailText| try_mail_text(text.clone()));
    let (saving, trying) = (save.pending(), attempt.pending());
    let (saved, tried) = (save.value(), attempt.value());
    let asked = StoredValue::new(None::<MailText>);
    let again = Callback::new(move |()| {
        if let Some(text) = asked.get_value() {
            save.dispatch(text);
        }
    });
    Effect::new(move |_| match saved.get() {
        Some(Ok(())) => {
            if let Some(text) = asked.get_value() {
                toasts.say(["Saved: ", text.kind.name(), "."].concat(), ToastKind::Done);
                let of_kind = |draft: &&Draft| draft.mail.with_value(|mail| mail.now.kind == text.kind);
                if let Some(draft) = drafts.with_value(|drafts| drafts.iter().find(of_kind).copied()) {
                    draft.saved.set(text);
                }
            }
        }
        Some(Err(ApiError::ProofRequired)) => proof.then(again),
        Some(Err(error)) => wrong.set(Some(("Not saved", error.to_string()))),
        None => {}
    });
    Effect::new(move |_| match tried.get() {
        Some(Ok(reply)) => toasts.say(["The test mail was taken: ", &reply].concat(), ToastKind::Done),
        Some(Err(error)) => wrong.set(Some(("Not sent", error.to_string()))),
        None => {}
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(text) = untrack(draft).map(|draft| untrack(|| draft.typed())) {
            wrong.set(None);
            asked.set_value(Some(text.clone()));
            save.dispatch(text);
        }
    };
    let fields = view! {
        <div class="field">
            <label class="field-label" for="mail">"Mail"</label>
            <select
                class="select"
                id="mail"
                on:change=move |event| {
                    wrong.set(None);
                    chosen.set(event_target_value(&event).parse().unwrap_or_default());
                }
            >
                {options}
            </select>
        </div>
        // Built anew for each mail: fields keep what they were made with.
        <For each=draft key=|draft| draft.mail.with_value(|mail| mail.now.kind) children=texts/>
    };
    view! {
        <form class="card" on:submit=submit>
            {section(
                "Mails",
                "What each mail says. Words in double braces are filled in for each person. A mail that is waiting goes out with the text that is saved by then.",
                fields.into_any(),
            )}
            <div class="card-foot">
                <div>
                    {move || match wrong.get() {
                        Some((title, sentence)) => notice(NoticeKind::Problem, title, sentence),
                        None => ().into_any(),
                    }}
                </div>
                <div class="form-actions">
                    <button
                        class="button"
                        type="button"
                        aria-busy=move || trying.get().then_some("true")
                        on:click=move |_| {
                            wrong.set(None);
                            if let Some(text) = untrack(draft).map(|draft| untrack(|| draft.typed())) {
                                attempt.dispatch(text);
                            }
                        }
                    >
                        "Send test mail"
                    </button>
                    <button class="button is-primary" type="submit" aria-busy=move || saving.get().then_some("true")>
                        "Save text"
                    </button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

/// Both fields, the way back to the built-in texts, and the preview.
fn texts(draft: Draft) -> AnyView {
    let EditableMail { placeholders, button, .. } = draft.mail.get_value();
    let asked = RwSignal::new(untrack(|| draft.typed()));
    follow(draft, asked);
    let preview = load(move || asked.get(), preview_mail);
    let hint = ["A line that is only {{ ", &button, " }} becomes the button."].concat();
    view! {
        <Field label="Subject" name="mail_subject" bind=draft.subject/>
        <TextField label="Text" name="mail_text" hint=hint bind=draft.text/>
        <div class="form-actions">
            <button
                class="button"
                type="button"
                disabled=move || draft.is_built_in()
                on:click=move |_| draft.set_back()
            >
                "Back to the built-in text"
            </button>
        </div>
        <details>
            <summary>"Words that are filled in"</summary>
            <dl class="placeholders">
                {placeholders
                    .into_iter()
                    .map(|(name, meaning)| {
                        view! { <div><dt><code>{["{{ ", &name, " }}"].concat()}</code></dt><dd>{meaning}</dd></div> }
                    })
                    .collect_view()}
            </dl>
        </details>
        <section class="mail-preview" aria-label="Preview">
            {preview.show(|| view! { <span class="skeleton is-title"></span> }.into_any(), shown)}
        </section>
    }
    .into_any()
}

/// Asks for the preview of what was typed, once somebody pauses.
fn follow(draft: Draft, asked: RwSignal<MailText>) {
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = before {
            timer.clear();
        }
        let typed = draft.typed();
        if typed == *asked.read_untracked() {
            return None;
        }
        set_timeout_with_handle(
            // Another mail may be shown by then.
            move || {
                asked.try_set(typed);
            },
            PAUSE,
        )
        .ok()
    });
}

fn shown(answer: Result<MailPreview, ApiError>) -> AnyView {
    match answer {
        Ok(mail) => view! {
            <div class="mail-headers">
                <div><span class="muted">"From "</span>{mail.from}</div>
                <div><span class="muted">"Subject "</span><b>{mail.subject}</b></div>
            </div>
            <div class="mail-letter">{mail.blocks.into_iter().map(block).collect_view()}</div>
            <details>
                <summary>"The same as plain text"</summary>
                <pre class="mail-body" tabindex="0">{mail.text}</pre>
            </details>
        }
        .into_any(),
        Err(error) => notice(NoticeKind::Problem, "This text cannot be saved", error.to_string()),
    }
}

fn block(block: MailBlock) -> AnyView {
    match block {
        MailBlock::Paragraph(lines) => {
            let line = |line: Vec<MailRun>| view! { <span>{line.into_iter().map(run).collect_view()}</span> };
            view! { <p>{lines.into_iter().map(line).collect_view()}</p> }.into_any()
        }
        // It leads nowhere here, so it is none.
        MailBlock::Button(label) => view! { <p><span class="mail-button">{label}</span></p> }.into_any(),
    }
}

fn run(run: MailRun) -> AnyView {
    match run.look {
        MailLook::Plain => run.text.into_any(),
        MailLook::Code => view! { <code>{run.text}</code> }.into_any(),
        MailLook::Link => view! { <u>{run.text}</u> }.into_any(),
    }
}
