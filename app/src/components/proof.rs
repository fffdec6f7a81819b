//! The password once more, before something that a session left open must not do.

use super::dialog::Dialog;
use super::field::Field;
use super::notice::form_error;
use crate::api::ApiError;
use crate::api::me::prove;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

/// Asks for the password while `open` is true; when it was right, closes and does what was asked for.
#[component]
pub fn Proof(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// What is done again then.
    done: Callback<()>,
) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None::<ApiError>);
    let send = Action::new(|password: &String| prove(password.clone()));
    let busy = send.pending();
    let answer = send.value();
    Effect::new(move |_| match answer.get() {
        Some(Ok(())) => {
            open.set(false);
            done.run(());
        }
        Some(Err(why)) => {
            password.set(String::new());
            error.set(Some(why));
        }
        None => {}
    });
    // Nothing that was typed waits behind a closed question.
    Effect::new(move |_| {
        if !open.get() {
            password.set(String::new());
            error.set(None);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            error.set(None);
            send.dispatch(password.get_untracked());
        }
    };
    view! {
        <Dialog open=open name="proof" title="Your password, once more">
            <form on:submit=submit>
                <div class="dialog-body">
                    <p>"This changes things for many people, and you signed in a while ago."</p>
                    {move || form_error(error.get())}
                    <Field label="Password" name="proof" kind="password" autocomplete="current-password" bind=password/>
                </div>
                <div class="dialog-foot">
                    <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button is-primary" type="submit" aria-busy=move || busy.get().then_some("true")>
                        "Go on"
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
