//! `/sign-in` and `/sign-in/code`. Works without a script: the form is sent as it is, and a refusal comes back in the address.

use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::post_form::PostForm;
use crate::session::page_context;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Signing in.
#[component]
pub fn SignInPage() -> impl IntoView {
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    let organisation = page_context().organisation;
    let lead = if organisation.is_empty() {
        "to see the people directory".to_owned()
    } else {
        ["to the people directory of ", &organisation].concat()
    };
    view! {
        <Gate title="Sign in" heading="Sign in" lead=lead>
            <PostForm action="/api/public/sign_in" submit="Sign in">
                <Field label="Username or email" name="login" autocomplete="username" large=true/>
                <Field label="Password" name="password" kind="password" autocomplete="current-password" large=true/>
                <input type="hidden" name="next" value=next/>
            </PostForm>
            <a class="button is-quiet is-large is-wide" href="/password/forgot" rel="external">"Forgot password"</a>
        </Gate>
    }
}

/// The second step, for whoever has a second factor: a code beside the password.
#[component]
pub fn CodePage() -> impl IntoView {
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    view! {
        <Gate title="Sign in" heading="One more step" lead="Your password was right. Now the code that your authenticator app shows.">
            <PostForm action="/api/public/sign_in_code" submit="Sign in">
                <Field
                    label="Code"
                    name="code"
                    autocomplete="one-time-code"
                    hint="Six digits. Without your phone, one of your recovery codes."
                    large=true
                />
                <input type="hidden" name="next" value=next/>
            </PostForm>
            <a class="button is-quiet is-large is-wide" href="/sign-in" rel="external">"Begin anew"</a>
        </Gate>
    }
}
