//! `/password`: the first thing a new colleague sees of the organisation, and all there is while a change is due.

use crate::api::password::{PasswordPage as Page, password_page};
use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::load::{load, nothing};
use crate::components::new_password::{NewPassword, Owner, Reveal};
use crate::components::notice::failure;
use crate::components::post_form::PostForm;
use leptos::prelude::*;

/// Changing the own password.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let page = load(|| (), |()| password_page());
    page.show(nothing, |page| match page {
        Ok(page) => view! { <Change page=page/> }.into_any(),
        Err(error) => {
            view! { <Gate title="Password" heading="Password" lead="">{failure(&error)}</Gate> }.into_any()
        }
    })
}

#[component]
fn Change(page: Page) -> impl IntoView {
    let reveal = RwSignal::new(false);
    let (heading, lead, hint) = if page.must_change {
        let heading = if page.first_name.is_empty() {
            "Welcome".to_owned()
        } else {
            ["Welcome, ", &page.first_name].concat()
        };
        let whose = if page.organisation.is_empty() { "The" } else { &page.organisation };
        let owner = if page.organisation.is_empty() { " people directory" } else { "’s people directory" };
        let lead =
            ["One step is left: choose a password that only you know. ", whose, owner, " opens right after."]
                .concat();
        (heading, lead, "The one you have just signed in with. You can paste it.")
    } else {
        (
            "Change password".to_owned(),
            "You stay signed in here and are signed out everywhere else.".to_owned(),
            "",
        )
    };
    let owner = Owner {
        username: page.username.clone(),
        email: page.email,
        first_name: page.first_name,
        last_name: page.last_name,
    };
    let back = (!page.must_change).then(|| {
        view! { <a class="button is-quiet is-large is-wide" href="/me">"Back to your profile"</a> }
    });
    view! {
        <Gate title="Change password" heading=heading lead=lead broad=true>
            <PostForm action="/api/password/change" submit="Change password">
                // Tells a password manager whose password it stores.
                <input type="text" name="username" autocomplete="username" value=page.username readonly hidden/>
                <Field
                    label="Current password"
                    name="current"
                    kind="password"
                    autocomplete="current-password"
                    hint=hint
                    large=true
                    reveal=reveal
                />
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
            {back}
        </Gate>
    }
    .into_any()
}
