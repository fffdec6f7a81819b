//! Where the person is signed in. Plain forms: they work without a script, and what they change is part of the page.

use crate::api::me::{OwnSessions, SessionView, own_sessions};
use crate::api::second_factor::PAGE;
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::post_form::PasswordAgain;
use crate::components::time::Moment;
use crate::components::verdict::{Tone, state};
use leptos::prelude::*;

/// The own sessions, each with a way to end it.
#[component]
pub fn Sessions() -> impl IntoView {
    let found = load(|| (), |()| own_sessions());
    view! {
        {found.show(nothing, |found| match found {
            Ok(found) => factor(found.second_factor),
            // The list below says what went wrong.
            Err(_) => ().into_any(),
        })}
        <section class="card is-narrow" aria-labelledby="sessions">
            <div class="card-head">
                <h2 class="card-title" id="sessions">"Where you are signed in"</h2>
                <p class="card-note">"You do not know one of these? Sign it out, then change your password."</p>
            </div>
            {found.show(nothing, |found| match found {
                Ok(found) => list(found),
                Err(error) => view! { <div class="card-body">{failure(&error)}</div> }.into_any(),
            })}
        </section>
    }
    .into_any()
}

fn factor(on: bool) -> AnyView {
    let (tone, words, change) = if on {
        (Tone::Good, "On: signing in asks for a code as well", "Change second factor")
    } else {
        (Tone::Quiet, "Off: your password alone gets you in", "Set up second factor")
    };
    view! {
        <section class="card is-narrow" aria-labelledby="factor">
            <div class="card-head">
                <h2 class="card-title" id="factor">"Second factor"</h2>
                <p class="card-note">"A code of an app on your phone, beside the password."</p>
            </div>
            <ul class="sessions">
                <li><p>{state(tone, words)}</p><a class="button is-small" href=PAGE rel="external">{change}</a></li>
            </ul>
        </section>
    }
    .into_any()
}

fn list(found: OwnSessions) -> AnyView {
    let OwnSessions { sessions, proven, second_factor: _ } = found;
    let others = sessions.iter().filter(|session| !session.current).count();
    let rows = sessions.into_iter().map(|session| row(session, proven)).collect_view();
    let foot = match (others, proven) {
        (0, _) | (1, true) => ().into_any(),
        (_, true) => view! {
            <form class="card-foot" method="post" action="/api/me/end_other_sessions">
                <span></span>
                <button class="button" type="submit">"Sign out everywhere else"</button>
            </form>
        }
        .into_any(),
        (_, false) => view! {
            <PasswordAgain label="Your password, to sign out elsewhere" next="/me" foot=true/>
        }
        .into_any(),
    };
    view! { <ul class="sessions">{rows}</ul>{foot} }.into_any()
}

fn row(session: SessionView, proven: bool) -> AnyView {
    let agent = if session.agent.is_empty() { "Unknown program".to_owned() } else { session.agent };
    let from = if session.address.is_empty() { String::new() } else { [" from ", &session.address].concat() };
    let end = if session.current {
        state(Tone::Good, "This session")
    } else if proven {
        let label = ["Sign out: ", &agent, &from].concat();
        view! {
            <form method="post" action="/api/me/end_session">
                <input type="hidden" name="id" value=session.id/>
                <button class="button is-small" type="submit" aria-label=label>"Sign out"</button>
            </form>
        }
        .into_any()
    } else {
        ().into_any()
    };
    view! {
        <li>
            <div>
                <b>{agent}</b>
                <p class="muted small">
                    "Signed in "<Moment at=session.created_at/>{from}" · last used "<Moment at=session.last_seen_at/>
                </p>
            </div>
            {end}
        </li>
    }
    .into_any()
}
