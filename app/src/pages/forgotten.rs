//! `/password/forgot` and `/password/reset`: a new password for somebody who has forgotten it. Both work without a script;
//! then the code in the mail's link is put in by hand.

use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::new_password::Reveal;
use crate::components::notice::{NoticeKind, notice};
use crate::components::post_form::PostForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Asks for the link.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| query.get("asked").is_some());
    let body = if asked {
        view! {
            <div class="gate-card">
                {notice(
                    NoticeKind::Info,
                    "Look into your mailbox",
                    "If there is an account, a link is on its way. It works once, for 30 minutes.",
                )}
                <a class="button is-large is-wide" href="/sign-in" rel="external">"Back to signing in"</a>
            </div>
        }
        .into_any()
    } else {
        view! {
            <PostForm action="/api/public/forgot_password" submit="Send link">
                <Field label="Username or email" name="login" autocomplete="username" large=true/>
            </PostForm>
            <a class="button is-quiet is-large is-wide" href="/sign-in" rel="external">"Back to signing in"</a>
        }
        .into_any()
    };
    view! {
        <Gate
            title="Forgot password"
            heading="Forgot password"
            lead="We send a link to the address that is on file for you."
        >
            {body}
        </Gate>
    }
    .into_any()
}

/// Sets the new password. The code comes after the # of the link, which never leaves the browser with the page's address.
#[component]
pub fn ResetPage() -> impl IntoView {
    let token = RwSignal::new(String::new());
    let (by_hand, reveal) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        match hash.strip_prefix('#').filter(|code| !code.is_empty()) {
            Some(code) => token.set(code.to_owned()),
            None => by_hand.set(true),
        }
    });
    view! {
        <Gate
            title="New password"
            heading="Set a new password"
            lead="Choose one that only you know. You are signed out everywhere."
            broad=true
        >
            <PostForm action="/api/public/reset_password" submit="Set password">
                <div class=move || if by_hand.get() { "" } else { "needs-no-script" }>
                    <Field
                        label="Code from the link"
                        name="token"
                        autocomplete="off"
                        hint="What follows the # in the address."
                        bind=token
                        large=true
                    />
                </div>
                <Field
                    label="New password"
                    name="new"
                    kind="password"
                    autocomplete="new-password"
                    large=true
                    reveal=reveal
                />
                <Field
                    label="Repeat new password"
                    name="repeat"
                    kind="password"
                    autocomplete="new-password"
                    large=true
                    reveal=reveal
                />
                <Reveal bind=reveal/>
            </PostForm>
        </Gate>
    }
    .into_any()
}
