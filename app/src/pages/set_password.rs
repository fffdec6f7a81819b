//! `/password/set`: where a newcomer's link leads. Opening it uses nothing up; the button does.
//!
//! The code comes after the # of the link, which never leaves the browser with the page's address. Without a script it is
//! put in by hand.

use crate::api::ApiError;
use crate::api::password::{PasswordPage, link_page};
use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::new_password::{NewPassword, Owner, Reveal};
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::post_form::PostForm;
use leptos::prelude::*;
use leptos::task::spawn_local;

const ACTION: &str = "/api/public/set_first_password";
const SUBMIT: &str = "Set password and sign in";

/// What is known of the link.
#[derive(Clone, PartialEq)]
enum Link {
    /// Nothing yet; without a script it stays like this.
    Unknown,
    /// It works; its code, and for whom it is.
    Good(String, PasswordPage),
    /// It does not work.
    Dead,
    /// It could not be asked for.
    Failed(ApiError),
}

/// Sets the first password.
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    let link = RwSignal::new(Link::Unknown);
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        let code = hash.trim_start_matches('#').to_owned();
        spawn_local(async move {
            link.set(match link_page(code.clone()).await {
                Ok(page) => Link::Good(code, page),
                Err(ApiError::NotFound) => Link::Dead,
                Err(error) => Link::Failed(error),
            });
        });
    });
    move || {
        match link.get() {
        Link::Unknown => unknown(),
        Link::Good(code, page) => good(code, page),
        Link::Dead => dead(),
        Link::Failed(error) => {
            view! { <Gate title="Set your password" heading="Set your password" lead="">{failure(&error)}</Gate> }.into_any()
        }
    }
    }
}

/// For whom there is no script; everybody else sees that something is being looked up.
fn unknown() -> AnyView {
    view! {
        <Gate title="Set your password" heading="Set your password" lead="Choose one that only you know." broad=true>
            <p class="muted needs-script" aria-busy="true">"Looking at your link…"</p>
            <div class="needs-no-script">
                <PostForm action=ACTION submit=SUBMIT>
                    <Field
                        label="Code from the link"
                        name="token"
                        autocomplete="off"
                        hint="What follows the # in the address."
                        large=true
                    />
                    <Field label="New password" name="new" kind="password" autocomplete="new-password" large=true/>
                    <Field label="Repeat new password" name="repeat" kind="password" autocomplete="new-password" large=true/>
                </PostForm>
            </div>
        </Gate>
    }
    .into_any()
}

fn good(code: String, page: PasswordPage) -> AnyView {
    let reveal = RwSignal::new(false);
    let heading = if page.first_name.is_empty() {
        "Welcome".to_owned()
    } else {
        ["Welcome, ", &page.first_name].concat()
    };
    let lead = "Choose a password that only you know; you are signed in right after. Later on you sign in with your username and this password.";
    let name = [page.first_name.as_str(), " ", &page.last_name].concat().trim().to_owned();
    let owner = Owner {
        username: page.username.clone(),
        email: page.email,
        first_name: page.first_name,
        last_name: page.last_name,
    };
    view! {
        <Gate title="Set your password" heading=heading lead=lead broad=true>
            <dl class="facts whose">
                <div class="fact"><dt>"Name"</dt><dd>{name}</dd></div>
                <div class="fact"><dt>"Username"</dt><dd class="mono">{page.username.clone()}</dd></div>
            </dl>
            <PostForm action=ACTION submit=SUBMIT>
                <input type="hidden" name="token" value=code/>
                // Tells a password manager whose password it stores.
                <input type="text" name="username" autocomplete="username" value=page.username readonly hidden/>
                <NewPassword
                    label="New password"
                    repeat_label="Repeat new password"
                    name="new"
                    policy=page.policy
                    owner=owner
                    reveal=reveal
                />
                <Reveal bind=reveal/>
            </PostForm>
        </Gate>
    }
    .into_any()
}

/// One page for used, replaced, expired, closed and made up.
fn dead() -> AnyView {
    view! {
        <Gate title="Set your password" heading="This link does not work" lead="It was used already, a newer one was sent, or its time has run out.">
            <div class="gate-card">
                {notice(
                    NoticeKind::Info,
                    "What to do",
                    "If you have set your password, sign in. If not, look for a newer mail, ask for a link under “Forgot password”, or ask whoever looks after your account to send you a new one.",
                )}
                <a class="button is-primary is-large is-wide" href="/sign-in" rel="external">"Sign in"</a>
                <a class="button is-quiet is-large is-wide" href="/password/forgot" rel="external">"Forgot password"</a>
            </div>
        </Gate>
    }
    .into_any()
}
