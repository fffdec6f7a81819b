//! `Download sheet`: login details on paper, for people without mail. A plain form: what comes back is a page to print or a
//! file, and goes past every script. It is sent once the password was given a moment ago.

use super::who_gets_it;
use crate::api::ApiError;
use crate::api::me::proven;
use crate::api::people_admin::Selection;
use crate::components::dialog::Dialog;
use crate::components::notice::form_error;
use crate::components::proof::Proof;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

/// Asks, then lets the browser fetch the sheet.
#[component]
pub fn SheetDialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// For whom.
    #[prop(into)]
    selection: Signal<Selection>,
    /// Whom that is, in words.
    #[prop(into)]
    people: Signal<String>,
) -> impl IntoView {
    let title = Signal::derive(move || ["Download a sheet for ", &people.get(), "?"].concat());
    view! {
        <Dialog open=open name="sheet" title=title>
            <Choices open=open selection=selection/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Choices(open: RwSignal<bool>, selection: Signal<Selection>) -> impl IntoView {
    let able = RwSignal::new(None);
    let csv = RwSignal::new(false);
    let nobody = move || able.get() == Some(0);
    let (accounts, filter) = match selection.get_untracked() {
        Selection::Accounts(ids) => (ids.join(" "), None),
        Selection::Matching(filter) => (String::new(), Some(filter)),
    };
    let filter = filter.map(|filter| {
        view! {
            <input type="hidden" name="matching" value="1"/>
            <input type="hidden" name="text" value=filter.text/>
            <input type="hidden" name="show" value=filter.show/>
            <input type="hidden" name="import" value=filter.import/>
        }
    });
    let form = NodeRef::<html::Form>::new();
    let (asking, error) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let send = Callback::new(move |()| {
        if let Some(form) = form.get_untracked() {
            // Fails only for a form outside of the document; the dialog holds it until it is sent.
            let _ = form.submit();
            set_timeout(move || open.set(false), std::time::Duration::ZERO);
        }
    });
    let ask = Action::new(|(): &()| proven());
    let (busy, answer) = (ask.pending(), ask.value());
    Effect::new(move |_| match answer.get() {
        Some(Ok(true)) => send.run(()),
        Some(Ok(false)) => asking.set(true),
        Some(Err(why)) => error.set(Some(why)),
        None => {}
    });
    let submitted = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            error.set(None);
            ask.dispatch(());
        }
    };
    view! {
        <form
            method="post"
            action="/admin/sheet"
            target=move || (!csv.get()).then_some("_blank")
            node_ref=form
            on:submit=submitted
        >
            <div class="dialog-body">
                {move || form_error(error.get())}
                {who_gets_it(selection, able)}
                <p>"For people without mail. The sheet is made once and kept nowhere: "<b>"login details that these people got earlier stop working"</b>", and so does this sheet when another one is made. The audit trail says who made it, and for whom."</p>
                <input type="hidden" name="accounts" value=accounts/>
                {filter}
                <fieldset class="fieldset">
                    <legend>"As"</legend>
                    <label class="check">
                        <input type="radio" name="form" value="slips" checked on:change=move |_| csv.set(false)/>
                        <span>"Slips to print"<small>"One for each person, with a temporary password to type and a QR code to scan."</small></span>
                    </label>
                    <label class="check">
                        <input type="radio" name="form" value="csv" on:change=move |_| csv.set(true)/>
                        <span>"Table (CSV)"<small>"For letters that you print yourself. Delete the file when they are out."</small></span>
                    </label>
                </fieldset>
            </div>
            <div class="dialog-foot">
                <span class="dialog-why" role="status">{move || nobody().then_some("Nobody here needs login details.")}</span>
                <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button is-primary" type="submit" disabled=nobody aria-busy=move || busy.get().then_some("true")>
                    "Download sheet"
                </button>
            </div>
        </form>
        <Proof open=asking done=send/>
    }
    .into_any()
}
