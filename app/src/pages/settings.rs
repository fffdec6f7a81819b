//! `/admin/settings`: the organisation, seats, the password policy, profile fields, and what mails say.

mod mail_texts;

use crate::api::ApiError;
use crate::api::mail_texts::mail_texts;
use crate::api::settings::{SecondFactorFor, SettingsForm, save_settings, settings};
use crate::components::field::{CheckField, Field, TextField};
use crate::components::load::load;
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::page_head::PageHead;
use crate::components::proof::Proof;
use crate::components::skeleton::skeleton_rows;
use crate::components::toast::{ToastKind, toasts};
use leptos::prelude::*;
use leptos_meta::Title;
use mail_texts::MailTexts;
use roster::policy::{FLOOR, PasswordPolicy};

/// Settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let found = load(|| (), |()| settings());
    let mails = load(|| (), |()| mail_texts());
    let proof = AskedAgain { open: RwSignal::new(false), done: StoredValue::new(None) };
    view! {
        <Title text="Settings"/>
        <PageHead title="Settings" lead="What holds for everyone. Changes apply at once and are kept in the audit."/>
        {found.show(
            || skeleton_rows(6),
            move |found| match found {
                Ok(found) => view! { <Form form=found proof=proof/> }.into_any(),
                Err(error) => failure(&error),
            },
        )}
        {mails.show(
            || skeleton_rows(6),
            move |mails| match mails {
                Ok(mails) => view! { <MailTexts mails=mails proof=proof/> }.into_any(),
                Err(error) => failure(&error),
            },
        )}
        <Proof open=proof.open done=Callback::new(move |()| proof.go_on())/>
    }
}

/// The password once more, for whichever form of the page was told so.
#[derive(Clone, Copy)]
struct AskedAgain {
    open: RwSignal<bool>,
    done: StoredValue<Option<Callback<()>>>,
}

impl AskedAgain {
    /// Asks, and then does this.
    fn then(self, done: Callback<()>) {
        self.done.set_value(Some(done));
        self.open.set(true);
    }

    fn go_on(self) {
        if let Some(done) = self.done.get_value() {
            done.run(());
        }
    }
}

/// What is typed, as text; numbers are read when it is saved.
#[derive(Clone, Copy)]
struct Draft {
    organisation: RwSignal<String>,
    seats: RwSignal<String>,
    min_length: RwSignal<String>,
    composition: RwSignal<bool>,
    org_words: RwSignal<String>,
    hours: RwSignal<String>,
    second_factor: RwSignal<SecondFactorFor>,
    custom_fields: RwSignal<String>,
}

impl Draft {
    fn of(form: &SettingsForm) -> Self {
        Draft {
            organisation: RwSignal::new(form.organisation.clone()),
            seats: RwSignal::new(form.seats.map(|seats| seats.to_string()).unwrap_or_default()),
            min_length: RwSignal::new(form.policy.min_length.to_string()),
            composition: RwSignal::new(form.policy.composition),
            org_words: RwSignal::new(form.policy.org_words.join("\n")),
            second_factor: RwSignal::new(form.require_second_factor),
            hours: RwSignal::new(form.temporary_password_hours.to_string()),
            custom_fields: RwSignal::new(form.custom_fields.join("\n")),
        }
    }

    /// The form to be saved, or a sentence about the first number that is none.
    fn read(
        self,
        (seats_fixed, second_factor_fixed): (bool, bool),
        max_length: u16,
    ) -> Result<SettingsForm, String> {
        let seats = self.seats.get_untracked();
        let seats = match seats.trim() {
            "" => None,
            text => Some(
                text.parse().map_err(|_| "Seats are a whole number, or empty for no limit.".to_owned())?,
            ),
        };
        let min_length = self.min_length.get_untracked();
        let min_length = min_length
            .trim()
            .parse()
            .ok()
            .filter(|length| (FLOOR..=max_length).contains(length))
            .ok_or_else(|| "The least number of characters is at least 8.".to_owned())?;
        let hours = self.hours.get_untracked();
        let temporary_password_hours = hours
            .trim()
            .parse()
            .ok()
            .filter(|hours| (1..=168).contains(hours))
            .ok_or_else(|| "Temporary passwords work for 1 to 168 hours.".to_owned())?;
        Ok(SettingsForm {
            organisation: self.organisation.get_untracked().trim().to_owned(),
            seats,
            seats_fixed,
            policy: PasswordPolicy {
                min_length,
                max_length,
                composition: self.composition.get_untracked(),
                org_words: lines(&self.org_words.get_untracked()),
            },
            custom_fields: lines(&self.custom_fields.get_untracked()),
            temporary_password_hours,
            require_second_factor: self.second_factor.get_untracked(),
            second_factor_fixed,
        })
    }
}

/// One entry per line that is not empty.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[component]
fn Form(form: SettingsForm, proof: AskedAgain) -> impl IntoView {
    let toasts = toasts();
    let draft = Draft::of(&form);
    let (seats_fixed, factor_fixed, max_length) =
        (form.seats_fixed, form.second_factor_fixed, form.policy.max_length);
    let wrong = RwSignal::new(String::new());
    let save = Action::new(|form: &SettingsForm| save_settings(form.clone()));
    let saving = save.pending();
    let answer = save.value();
    let asked = StoredValue::new(None::<SettingsForm>);
    let again = Callback::new(move |()| {
        if let Some(form) = asked.get_value() {
            save.dispatch(form);
        }
    });
    Effect::new(move |_| match answer.get() {
        Some(Ok(())) => toasts.say("Settings saved.", ToastKind::Done),
        Some(Err(ApiError::ProofRequired)) => proof.then(again),
        Some(Err(error)) => wrong.set(error.to_string()),
        None => {}
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match draft.read((seats_fixed, factor_fixed), max_length) {
            Ok(form) => {
                wrong.set(String::new());
                asked.set_value(Some(form.clone()));
                save.dispatch(form);
            }
            Err(sentence) => wrong.set(sentence),
        }
    };
    let seats_hint = if seats_fixed {
        "Set by the server’s configuration."
    } else {
        "How many active accounts the licence allows; empty means no limit. Administrators take no seat."
    };
    view! {
        <form class="card" on:submit=submit>
            {section(
                "Organisation",
                "Its name stands in mails and on the sign-in page.",
                view! { <Field label="Name" name="organisation" bind=draft.organisation/> }.into_any(),
            )}
            {section(
                "Seats",
                "A seat is the right to have one active account. Deactivating someone gives the seat back.",
                view! {
                    <Field label="Seats" name="seats" kind="number" hint=seats_hint range=(0, u32::MAX) required=false bind=draft.seats disabled=seats_fixed/>
                }
                .into_any(),
            )}
            {section(
                "Passwords",
                "Length beats rules. People see all of it as a checklist while they type.",
                view! {
                    <div class="form-row">
                        <Field label="Least characters" name="min_length" kind="number" hint="15 is a good choice, 8 the very least" range=(FLOOR.into(), max_length.into()) bind=draft.min_length/>
                        <Field label="Temporary passwords work for" name="hours" kind="number" hint="Hours, 1 to 168; so do links to set a password" range=(1, 168) bind=draft.hours/>
                    </div>
                    <TextField label="Words no password may hold" name="org_words" hint="One per line: names of the organisation and its products." bind=draft.org_words short=true/>
                    <CheckField
                        label="Ask for upper case, lower case, a digit and another character"
                        note="Only where a rule binds you to it."
                        bind=draft.composition
                    />
                }
                .into_any(),
            )}
            {section(
                "Second factor",
                "A code of an app on one’s phone, beside the password. Everybody can set one up on the own profile.",
                second_factor_field(draft.second_factor, factor_fixed),
            )}
            {section(
                "Profile fields",
                "Columns of a roster beyond the built-in ones. They show up in the column mapping and on profiles.",
                view! {
                    <TextField label="Additional fields" name="custom_fields" hint="One per line, such as Cost centre." bind=draft.custom_fields short=true/>
                }
                .into_any(),
            )}
            <div class="card-foot">
                <div>
                    {move || {
                        let wrong = wrong.get();
                        if wrong.is_empty() { ().into_any() } else { notice(NoticeKind::Problem, "Not saved", wrong) }
                    }}
                </div>
                <button class="button is-primary" type="submit" aria-busy=move || saving.get().then_some("true")>
                    "Save settings"
                </button>
            </div>
        </form>
    }
    .into_any()
}

const WHO: [(SecondFactorFor, &str); 3] = [
    (SecondFactorFor::Off, "Nobody has to"),
    (SecondFactorFor::Administrators, "Administrators"),
    (SecondFactorFor::Everybody, "Everybody"),
];

fn second_factor_field(bind: RwSignal<SecondFactorFor>, fixed: bool) -> AnyView {
    let options = WHO
        .into_iter()
        .map(|(who, words)| view! { <option selected=move || bind.get() == who>{words}</option> })
        .collect_view();
    view! {
        <div class="field">
            <label class="field-label" for="second_factor">"Has to be set up by"</label>
            <span class="field-hint" id="second_factor-hint">
                {fixed.then_some("Set by the server’s configuration. ")}
                "Whoever has none sets it up at the next page; so do you. Recovery codes, or another administrator, help who lost the phone."
            </span>
            <select
                class="select"
                id="second_factor"
                aria-describedby="second_factor-hint"
                disabled=fixed
                on:change=move |event| {
                    let chosen = event_target_value(&event);
                    if let Some((who, _)) = WHO.into_iter().find(|(_, words)| *words == chosen) {
                        bind.set(who);
                    }
                }
            >
                {options}
            </select>
        </div>
    }
    .into_any()
}

fn section(title: &'static str, note: &'static str, fields: AnyView) -> AnyView {
    view! {
        <section class="settings-section" aria-label=title>
            <div><h2>{title}</h2><p>{note}</p></div>
            <div class="form">{fields}</div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn blank_lines_are_no_entries() {
        assert_eq!(lines(" Cost centre \n\n  \nRoom\n"), ["Cost centre", "Room"]);
    }
}
