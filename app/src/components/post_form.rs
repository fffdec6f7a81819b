//! A form that is sent as it is where there is no script, and without leaving the page where there is one.
//!
//! Leptos' own form brings an encoder, an action and its types for every form, 60 KB of Wasm; the browser can do it.

use super::field::Field;
use super::notice::form_error;
use crate::api::ApiError;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::error::ServerFnUrlError;

/// A form for a server function that answers with the page to go on to.
#[component]
pub fn PostForm(
    /// Path of the server function.
    action: &'static str,
    /// Words of the button.
    submit: &'static str,
    /// At the foot of a card, instead of a card of its own.
    #[prop(optional)]
    foot: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    // Without a script, a refusal comes back in the page's own address.
    let refused = use_context::<ServerActionError>()
        .filter(|error| error.path() == action)
        .map(|error| ServerFnUrlError::<ApiError>::decode_err(error.err()));
    let error = RwSignal::new(refused);
    let busy = RwSignal::new(false);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            busy.set(true);
            #[cfg(feature = "hydrate")]
            leptos::task::spawn_local(async move {
                match fetch::send(action, &event).await {
                    // Stays busy until the next page is there.
                    Ok(go) => fetch::leave_for(&go),
                    // The page itself asks for the password, once it is loaded anew.
                    Err(ApiError::ProofRequired) => fetch::load_again(),
                    Err(why) => {
                        error.set(Some(why));
                        busy.set(false);
                    }
                }
            });
        }
    };
    view! {
        <form class=if foot { "card-foot is-form" } else { "gate-card" } method="post" action=action on:submit=send>
            {move || form_error(error.get())}
            {children()}
            <button
                class=if foot { "button" } else { "button is-primary is-large is-wide" }
                type="submit"
                aria-busy=move || busy.get().then_some("true")
            >
                {submit}
            </button>
        </form>
    }
    .into_any()
}

/// Asks for the password once more, where the page is to be told that it was given a moment ago; goes back to `next` then.
#[component]
pub fn PasswordAgain(
    /// Words of the field, which say what for.
    label: &'static str,
    /// A path of this site.
    #[prop(into)]
    next: String,
    /// At the foot of a card, instead of a card of its own.
    #[prop(optional)]
    foot: bool,
) -> impl IntoView {
    view! {
        <PostForm action="/api/me/prove" submit="Go on" foot=foot>
            <Field label=label name="password" kind="password" autocomplete="current-password" large=!foot/>
            <input type="hidden" name="next" value=next/>
        </PostForm>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
pub(super) mod fetch {
    use crate::api::ApiError;
    use crate::api::session::SignedIn;
    use leptos::ev::SubmitEvent;
    use leptos::prelude::{event_target, window};
    use leptos::server_fn::error::FromServerFnError;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{FormData, HtmlFormElement, RequestInit, Response, UrlSearchParams};

    /// Sends the form's fields; answers with the page to go on to.
    pub async fn send(action: &str, event: &SubmitEvent) -> Result<String, ApiError> {
        let form: HtmlFormElement = event_target(event);
        let (status, body) = exchange(action, &form)
            .await
            .map_err(|_| ApiError::Transport("The form was not answered.".to_owned()))?;
        if (200..300).contains(&status) {
            postcard::from_bytes::<SignedIn>(&body)
                .map(|answer| answer.go)
                .map_err(|_| ApiError::Transport("The answer could not be read.".to_owned()))
        } else {
            Err(ApiError::de(body.into()))
        }
    }

    async fn exchange(action: &str, form: &HtmlFormElement) -> Result<(u16, Vec<u8>), JsValue> {
        let fields = FormData::new_with_form(form)?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&UrlSearchParams::new_with_str_sequence_sequence(&fields)?.into());
        let response = JsFuture::from(window().fetch_with_str_and_init(action, &init)).await?;
        let response: Response = response.dyn_into()?;
        let body = JsFuture::from(response.array_buffer()?).await?;
        Ok((response.status(), js_sys::Uint8Array::new(&body).to_vec()))
    }

    /// Loads this page again.
    pub fn load_again() {
        // Never fails for the page that is there.
        let _ = window().location().reload();
    }

    /// Goes on by loading the next page: who is signed in is part of the document.
    pub fn leave_for(path: &str) {
        // Fails only for an address that cannot be parsed; these are the server's own paths.
        let _ = window().location().assign(path);
    }
}
