//! `/second-factor`: setting the own second factor up, and switching it off. Works without a script.

use crate::api::second_factor::{PAGE, SecondFactorView, SetupView, second_factor};
use crate::components::field::Field;
use crate::components::gate::Gate;
use crate::components::load::{load, nothing};
use crate::components::notice::{NoticeKind, failure, notice};
use crate::components::number::counted;
use crate::components::post_form::{PasswordAgain, PostForm};
use crate::components::time::Moment;
use leptos::prelude::*;

const TITLE: &str = "Second factor";

/// The own second factor.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let found = load(|| (), |()| second_factor());
    found.show(nothing, |found| match found {
        Ok(found) => shown(found),
        Err(error) => view! { <Gate title=TITLE heading=TITLE lead="">{failure(&error)}</Gate> }.into_any(),
    })
}

fn shown(found: SecondFactorView) -> AnyView {
    let lead = if found.since.is_some() {
        "Signing in asks for a code of your app as well. Nobody gets in with your password alone."
    } else if found.due {
        "Your organisation asks for a code of an app on your phone, beside the password. This sets it up."
    } else {
        "With a code of an app on your phone beside the password, nobody gets in with the password alone."
    };
    let back = (!found.due)
        .then(|| view! { <a class="button is-quiet is-large is-wide" href="/me" rel="external">"Back to your profile"</a> });
    let SecondFactorView { since, recovery_codes, setup, due: _, proven } = found;
    let body = match (since, proven, setup) {
        (Some(since), proven, _) => view! {
            <p>
                "On since "<Moment at=since/>" · "
                {counted(recovery_codes.into(), "recovery code", "recovery codes")}" left"
            </p>
            {(recovery_codes < 3).then(|| notice(
                NoticeKind::Info,
                "Few recovery codes are left",
                "Switch the second factor off and on again to get ten new ones.",
            ))}
            {if proven { off() } else { password("Your password, to change this") }}
        }
        .into_any(),
        (None, false, _) => password("Your password, to set it up"),
        (None, true, None) => begin(),
        (None, true, Some(setup)) => steps(setup),
    };
    view! { <Gate title=TITLE heading=TITLE lead=lead broad=true>{body}{back}</Gate> }.into_any()
}

fn password(label: &'static str) -> AnyView {
    view! { <PasswordAgain label=label next=PAGE/> }.into_any()
}

fn off() -> AnyView {
    view! {
        <PostForm action="/api/me/remove_second_factor" submit="Switch off">
            <p>"Codes and recovery codes end at once. You can set it up again, with another phone as well."</p>
        </PostForm>
    }
    .into_any()
}

fn begin() -> AnyView {
    view! {
        <PostForm action="/api/me/begin_second_factor" submit="Set up">
            <p>
                "You need an authenticator app that shows codes of six digits: the one that your phone or your password manager has, or any other. It takes a minute."
            </p>
        </PostForm>
    }
    .into_any()
}

fn steps(setup: SetupView) -> AnyView {
    let SetupView { secret, qr_size, qr_path, recovery_codes } = setup;
    let size = qr_size.to_string();
    let field = ["0 0 ", &size, " ", &size].concat();
    let qr = (qr_size > 0).then(|| {
        view! {
            <svg class="qr" viewBox=field role="img" aria-label="QR code for the app">
                <path d=qr_path></path>
            </svg>
        }
    });
    let codes = recovery_codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view();
    view! {
        <PostForm action="/api/me/confirm_second_factor" submit="Switch on">
            <section class="step">
                <h2>"1. Scan this with your app"</h2>
                {qr}
                <p class="small">"Or type it in: "<span class="mono">{secret}</span></p>
            </section>
            <section class="step">
                <h2>"2. Keep these recovery codes"</h2>
                <p class="small">
                    "Each gets you in once when your phone is not there. Print them or put them into your password manager; they are not shown again."
                </p>
                <ul class="recovery-codes mono">{codes}</ul>
            </section>
            <section class="step">
                <h2>"3. Show that it works"</h2>
                <Field label="Code that the app shows now" name="code" autocomplete="one-time-code" large=true/>
            </section>
        </PostForm>
    }
    .into_any()
}
