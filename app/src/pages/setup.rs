//! `/setup`: first run only. The one-time link that the server has printed leads here. Its code comes after the #, which
//! never leaves the browser with the page's address; without a script it is put in by hand.

use crate::api::ApiError;
use crate::api::setup::setup_link_valid;
use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::new_password::{NewPassword, Owner, Reveal};
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::post_form::PostForm;
use leptos::prelude::*;
use leptos::task::spawn_local;
use roster::policy::PasswordPolicy;

/// What is known of the link.
#[derive(Clone, PartialEq)]
enum Link {
    /// Nothing yet; without a script it stays like this.
    Unknown,
    /// It works; its code.
    Good(String),
    /// It does not work.
    Dead,
    /// It could not be asked for.
    Failed(ApiError),
}

/// First run.
#[component]
pub fn SetupPage() -> impl IntoView {
    let link = RwSignal::new(Link::Unknown);
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        let code = hash.trim_start_matches('#').to_owned();
        spawn_local(async move {
            link.set(match setup_link_valid(code.clone()).await {
                Ok(true) => Link::Good(code),
                Ok(false) => Link::Dead,
                Err(error) => Link::Failed(error),
            });
        });
    });
    move || match link.get() {
        Link::Unknown => view! { <FirstAdministrator token=None/> }.into_any(),
        Link::Good(code) => view! { <FirstAdministrator token=Some(code)/> }.into_any(),
        Link::Dead => dead(),
        Link::Failed(error) => {
            view! { <Gate title="Set up" heading="Set up" lead="">{failure(&error)}</Gate> }.into_any()
        }
    }
}

fn dead() -> AnyView {
    view! {
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
    .into_any()
}

/// The form. Without the link's code it is for whom there is no script; everybody else sees that something is looked up.
#[component]
fn FirstAdministrator(token: Option<String>) -> impl IntoView {
    let first_name = RwSignal::new(String::new());
    let last_name = RwSignal::new(String::new());
    let username = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let reveal = RwSignal::new(false);
    let owner = Signal::derive(move || Owner {
        username: username.get(),
        email: email.get(),
        first_name: first_name.get(),
        last_name: last_name.get(),
    });
    let waiting = token.is_none().then(|| {
        view! { <p class="muted needs-script" aria-busy="true">"Looking at your link…"</p> }
    });
    let class = if token.is_none() { "needs-no-script" } else { "" };
    let code = match token {
        Some(token) => view! { <input type="hidden" name="token" value=token/> }.into_any(),
        None => view! {
            <Field
                label="Code from the link"
                name="token"
                autocomplete="off"
                hint="What follows the # in the address."
                large=true
            />
        }
        .into_any(),
    };
    view! {
        <Gate
            title="Set up"
            heading="Set up Rollcall"
            lead="You are the first here. This makes you the administrator; everyone else comes from a file."
            broad=true
        >
            {waiting}
            <div class=class>
                <PostForm action="/api/public/complete_setup" submit="Create administrator">
                    {code}
                    <div class="form-row">
                        <Field label="First name" name="first_name" autocomplete="given-name" bind=first_name large=true/>
                        <Field label="Last name" name="last_name" autocomplete="family-name" bind=last_name large=true/>
                    </div>
                    <Field label="Username" name="username" autocomplete="username" bind=username large=true/>
                    <Field label="Email" name="email" kind="email" autocomplete="email" bind=email large=true/>
                    <NewPassword
                        label="Password"
                        repeat_label="Repeat password"
                        name="password"
                        policy=PasswordPolicy::default()
                        owner=owner
                        reveal=reveal
                    />
                    <Reveal bind=reveal/>
                </PostForm>
            </div>
        </Gate>
    }
    .into_any()
}
