//! The password once more, before something that a session left open must not do.

use super::dialog::Dialog;
use super::field::Field;
use super::notice::form_error;
use crate::api::ApiError;
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
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        if open.get() {
            error.set(None);
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            busy.set(true);
            error.set(None);
            #[cfg(feature = "hydrate")]
            leptos::task::spawn_local(async move {
                let answer = super::post_form::fetch::send("/api/me/prove", &event).await;
                busy.set(false);
                match answer {
                    Ok(_) => {
                        open.set(false);
                        done.run(());
                    }
                    Err(why) => error.set(Some(why)),
                }
            });
            #[cfg(not(feature = "hydrate"))]
            let _ = done;
        }
    };
    view! {
        <Dialog open=open name="proof" title="Your password, once more">
            <form on:submit=send>
                <div class="dialog-body">
                    <p>"This changes things for many people, and you signed in a while ago."</p>
                    {move || form_error(error.get())}
                    <Field label="Password" name="password" kind="password" autocomplete="current-password"/>
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
