//! `/setup`: first run only. The one-time link that the server has printed leads here.

use super::password::Reveal;
use crate::api::setup::setup_link_valid;
use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::load::{load, nothing};
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::post_form::PostForm;
use crate::components::strength::{NewPassword, Owner};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use roster::policy::PasswordPolicy;

/// First run.
#[component]
pub fn SetupPage() -> impl IntoView {
    let token = use_query_map().with_untracked(|query| query.get("token")).unwrap_or_default();
    let asked = token.clone();
    let valid = load(move || asked.clone(), setup_link_valid);
    valid.show(nothing, move |valid| match valid {
        Ok(true) => view! { <FirstAdministrator token=token.clone()/> }.into_any(),
        Ok(false) => view! {
            <Gate title="Set up" heading="This link does not work" lead="Rollcall may be set up already.">
                <div class="gate-card">
                    {notice(
                        NoticeKind::Info,
                        "The link works once, for an hour",
                        "While there is no administrator, every start of the server prints a new one.",
                    )}
                    <a class="button is-large is-wide" href="/sign-in" rel="external">"Sign in"</a>
                </div>
            </Gate>
        }
        .into_any(),
        Err(error) => {
            view! { <Gate title="Set up" heading="Set up" lead="">{failure(&error)}</Gate> }.into_any()
        }
    })
}

#[component]
fn FirstAdministrator(token: String) -> impl IntoView {
    let first_name = RwSignal::new(String::new());
    let last_name = RwSignal::new(String::new());
    let username = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let repeat = RwSignal::new(String::new());
    let reveal = RwSignal::new(false);
    let owner = Signal::derive(move || Owner {
        username: username.get(),
        email: email.get(),
        first_name: first_name.get(),
        last_name: last_name.get(),
    });
    let unlike = Signal::derive(move || {
        let (password, repeat) = (password.read(), repeat.read());
        if repeat.chars().count() >= password.chars().count().max(1) && *password != *repeat {
            "This is not the same as the password.".to_owned()
        } else {
            String::new()
        }
    });
    view! {
        <Gate
            title="Set up"
            heading="Set up Rollcall"
            lead="You are the first here. This makes you the administrator; everyone else comes from a file."
            broad=true
        >
            <PostForm action="/api/public/complete_setup" submit="Create administrator">
                <input type="hidden" name="token" value=token/>
                <div class="form-row">
                    <Field label="First name" name="first_name" autocomplete="given-name" bind=first_name large=true/>
                    <Field label="Last name" name="last_name" autocomplete="family-name" bind=last_name large=true/>
                </div>
                <Field label="Username" name="username" autocomplete="username" bind=username large=true/>
                <Field label="Email" name="email" kind="email" autocomplete="email" bind=email large=true/>
                <NewPassword
                    label="Password"
                    name="password"
                    bind=password
                    policy=PasswordPolicy::default()
                    owner=owner
                    reveal=reveal
                />
                <Field
                    label="Repeat password"
                    name="repeat"
                    kind="password"
                    autocomplete="new-password"
                    bind=repeat
                    error=unlike
                    large=true
                    reveal=reveal
                />
                <Reveal bind=reveal/>
            </PostForm>
        </Gate>
    }
    .into_any()
}
