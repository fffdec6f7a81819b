//! The texts of the mail with login details, with a preview that follows what is typed. The server renders it, with the
//! code that writes the mails, for an invented person.

use crate::api::ApiError;
use crate::api::settings::{MailBlock, MailLook, MailPreview, MailRun, MailTexts, preview_mail};
use crate::components::field::{Field, TextField};
use crate::components::load::load;
use crate::components::notice::{NoticeKind, notice};
use leptos::prelude::*;
use std::time::Duration;

/// How long somebody has to pause before the preview follows.
const PAUSE: Duration = Duration::from_millis(300);

/// Both fields, the way back to the built-in texts, and the preview.
#[component]
pub fn MailTextFields(
    /// The subject as it is typed.
    subject: RwSignal<String>,
    /// The text as it is typed.
    text: RwSignal<String>,
    /// The texts of a new installation.
    built_in: MailTexts,
    /// What can stand between double braces, each with what it stands for.
    placeholders: Vec<(String, String)>,
) -> impl IntoView {
    let asked = RwSignal::new((subject.get_untracked(), text.get_untracked()));
    follow(subject, text, asked);
    let preview = load(move || asked.get(), |(subject, text)| preview_mail(subject, text));
    let built_in = StoredValue::new(built_in);
    let is_built_in = move || {
        built_in.with_value(|built_in| *subject.read() == built_in.subject && *text.read() == built_in.text)
    };
    view! {
        <Field label="Subject" name="mail_subject" bind=subject/>
        <TextField label="Text" name="mail_text" hint="A line that is only {{ sign_in_url }} becomes the button." bind=text/>
        <div class="form-actions">
            <button
                class="button"
                type="button"
                disabled=is_built_in
                on:click=move |_| {
                    let MailTexts { subject: built_in_subject, text: built_in_text } = built_in.get_value();
                    subject.set(built_in_subject);
                    text.set(built_in_text);
                }
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
fn follow(subject: RwSignal<String>, text: RwSignal<String>, asked: RwSignal<(String, String)>) {
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = before {
            timer.clear();
        }
        let typed = (subject.get(), text.get());
        if typed == asked.get_untracked() {
            return None;
        }
        set_timeout_with_handle(move || asked.set(typed), PAUSE).ok()
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
