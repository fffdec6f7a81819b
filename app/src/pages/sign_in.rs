//! `/sign-in`. Works without a script: the form is sent as it is, and a refusal comes back in the address.

use crate::api::session::SignIn;
use crate::components::field::Field;
use crate::components::gate::{Gate, leave_for};
use crate::components::notice::form_error;
use crate::session::page_context;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Signing in.
#[component]
pub fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let answer = action.value();
    Effect::new(move |_| {
        if let Some(Ok(signed_in)) = answer.get() {
            leave_for(&signed_in.go);
        }
    });
    let busy = action.pending();
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    let organisation = page_context().organisation;
    let lead = if organisation.is_empty() {
        "to see the people directory".to_owned()
    } else {
        ["to the people directory of ", &organisation].concat()
    };
    view! {
        <Gate title="Sign in" heading="Sign in" lead=lead>
            <ActionForm action=action attr:class="gate-card">
                {move || form_error(answer.get().and_then(Result::err))}
                <Field label="Username or email" name="login" autocomplete="username" large=true/>
                <Field label="Password" name="password" kind="password" autocomplete="current-password" large=true/>
                <input type="hidden" name="next" value=next/>
                <button
                    class="button is-primary is-large is-wide"
                    type="submit"
                    aria-busy=move || busy.get().then_some("true")
                >
                    "Sign in"
                </button>
            </ActionForm>
        </Gate>
    }
}
