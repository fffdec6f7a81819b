//! How somebody gets in, for administrators: open sessions, and the lock after too many wrong passwords.

use crate::api::ApiError;
use crate::api::people_admin::{AccessView, account_access};
use crate::components::field::Field;
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::number::counted;
use crate::components::post_form::{PasswordAgain, PostForm};
use crate::components::time::Moment;
use crate::pages::people::profile_address;
use leptos::prelude::*;

/// Sessions and lock of one person.
#[component]
pub fn Access(
    /// Whose.
    username: String,
) -> impl IntoView {
    let name = StoredValue::new(username.clone());
    let found = load(move || username.clone(), account_access);
    view! {
        <section class="card is-narrow" aria-labelledby="access">
            <div class="card-head"><h2 class="card-title" id="access">"Signing in"</h2></div>
            {found.show(nothing, move |found| match found {
                Ok(access) => shown(access, name.get_value()),
                // The profile above says that there is nobody of that name.
                Err(ApiError::NotFound) => ().into_any(),
                Err(error) => view! { <div class="card-body">{failure(&error)}</div> }.into_any(),
            })}
        </section>
    }
    .into_any()
}

fn shown(access: AccessView, username: String) -> AnyView {
    let open = counted(access.sessions.into(), "open session", "open sessions");
    let end = (access.sessions > 0)
        .then(|| form("/api/admin/end_sessions", "Sign out everywhere", username.clone()));
    let factor = access.second_factor.then(|| {
        let change = if access.proven {
            take_away(username.clone())
        } else {
            let here = profile_address(&username);
            view! { <PasswordAgain label="Your password, to take it away" next=here foot=true/> }.into_any()
        };
        view! { <li><p>"Second factor: on"</p>{change}</li> }
    });
    let lock = access.waiting_until.map(|until| {
        view! {
            <li>
                <p>"Every password or code is refused until "<Moment at=until/>": too many were wrong."</p>
                {form("/api/admin/lift_lock", "Let this person try again", username.clone())}
            </li>
        }
    });
    view! { <ul class="sessions"><li><p>{open}</p>{end}</li>{factor}{lock}</ul> }.into_any()
}

/// For whom has lost it. Whoever asks on the telephone may be anybody.
fn take_away(username: String) -> AnyView {
    view! {
        <PostForm action="/api/admin/take_second_factor" submit="Take it away" foot=true>
            <Field
                label="How you know who asks"
                name="identified"
                hint="Kept in the audit trail: “badge, at the desk”, “video call with her manager”."
            />
            <input type="hidden" name="username" value=username/>
        </PostForm>
    }
    .into_any()
}

fn form(action: &'static str, words: &'static str, username: String) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="username" value=username/>
            <button class="button is-small" type="submit">{words}</button>
        </form>
    }
    .into_any()
}
