//! A new password: the field, how strong it is, and the policy as a checklist, judged by the code the server uses; and the
//! field in which it is repeated.

use super::field::Field;
use leptos::prelude::*;
use roster::policy::{Identity, PasswordPolicy};

/// Whose password it is; what a password must not hold comes from here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owner {
    /// The name to sign in with.
    pub username: String,
    /// Address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

impl Owner {
    fn identity(&self) -> Identity<'_> {
        Identity {
            username: &self.username,
            email: &self.email,
            first_name: &self.first_name,
            last_name: &self.last_name,
        }
    }
}

/// The field for a new password with meter and checklist, and the one for its repetition.
#[component]
pub fn NewPassword(
    /// What the field is called.
    label: &'static str,
    /// What the field for the repetition is called, which a form sends as `repeat`.
    repeat_label: &'static str,
    /// Name under which a form sends it.
    name: &'static str,
    /// The rules.
    policy: PasswordPolicy,
    /// Whose password it is.
    #[prop(into)]
    owner: Signal<Owner>,
    /// Shows what is typed while it is true.
    #[prop(into)]
    reveal: Signal<bool>,
) -> impl IntoView {
    let (password, repeat) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let rules = StoredValue::new(policy);
    let strength = Memo::new(move |_| {
        let strength = PasswordPolicy::strength(&password.read());
        (strength.score, strength.word)
    });
    let listed = RwSignal::new(0u32);
    Effect::new(move |_| learn(listed));
    let checks = Memo::new(move |_| {
        listed.track();
        rules.with_value(|rules| {
            rules
                .checklist(&password.read(), &owner.read().identity())
                .into_iter()
                .map(|check| (check.label, check.met))
                .collect::<Vec<_>>()
        })
    });
    let meter = move || {
        if password.read().is_empty() {
            "strength"
        } else {
            match strength.get().0 {
                0 | 1 => "strength is-1",
                2 => "strength is-2",
                3 => "strength is-3",
                _ => "strength is-4",
            }
        }
    };
    let word = move || {
        if password.read().is_empty() {
            "A few unrelated words make a strong password."
        } else {
            strength.get().1
        }
    };
    // Only once it has as many characters: nobody likes to be corrected in the middle of a word.
    let unlike = Signal::derive(move || {
        let (password, repeat) = (password.read(), repeat.read());
        if repeat.chars().count() >= password.chars().count().max(1) && *password != *repeat {
            "The two passwords are not the same.".to_owned()
        } else {
            String::new()
        }
    });
    view! {
        <div class="stack is-tight">
            <Field
                label=label
                name=name
                kind="password"
                autocomplete="new-password"
                bind=password
                large=true
                reveal=reveal
            />
            <div class="strength-line">
                <div class=meter aria-hidden="true"><i></i><i></i><i></i><i></i></div>
                <p class="strength-word" aria-live="polite"><span class="visually-hidden">"Strength: "</span>{word}</p>
            </div>
            <ul class="checklist" aria-label="What the password needs">
                {move || {
                    checks
                        .get()
                        .into_iter()
                        .map(|(label, met)| {
                            let class = if met { "is-met" } else { "" };
                            let spoken = if met { "Done: " } else { "To do: " };
                            view! { <li class=class><span><span class="visually-hidden">{spoken}</span>{label}</span></li> }
                        })
                        .collect_view()
                }}
            </ul>
        </div>
        <Field
            label=repeat_label
            name="repeat"
            kind="password"
            autocomplete="new-password"
            bind=repeat
            error=unlike
            large=true
            reveal=reveal
        />
    }
    .into_any()
}

/// Makes passwords readable; needs the page's script, so it is only there once that runs.
#[component]
pub fn Reveal(
    /// Whether they can be read.
    bind: RwSignal<bool>,
) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    view! {
        <label class="check" hidden=move || !alive.get()>
            <input type="checkbox" on:change=move |event| bind.set(event_target_checked(&event))/>
            <span>"Show passwords"</span>
        </label>
    }
    .into_any()
}

/// Fetches the table of common passwords, which is too large to be part of every page. `times` is counted up when the
/// table is there; without it the rules judge alone, and the server has the last word.
#[cfg(feature = "hydrate")]
fn learn(times: RwSignal<u32>) {
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::Response;

    async fn table() -> Result<Vec<u8>, JsValue> {
        let response = JsFuture::from(window().fetch_with_str("/pkg/common-passwords.bin")).await?;
        let bytes = JsFuture::from(response.dyn_into::<Response>()?.array_buffer()?).await?;
        Ok(js_sys::Uint8Array::new(&bytes).to_vec())
    }
    leptos::task::spawn_local(async move {
        if let Ok(bytes) = table().await {
            roster::policy::blocklist::provide(bytes);
            times.update(|times| *times += 1);
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn learn(_times: RwSignal<u32>) {}
