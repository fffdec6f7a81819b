//! `Download sheet`: login details on paper, for people without mail. A plain form: what comes back is a page to print or a
//! file, and goes past every script.

use super::who_gets_it;
use crate::api::people_admin::Selection;
use crate::components::dialog::Dialog;
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
    // The form is sent first; closing the dialog takes it away.
    let sent = move |_| set_timeout(move || open.set(false), std::time::Duration::ZERO);
    view! {
        <form method="post" action="/admin/sheet" target=move || (!csv.get()).then_some("_blank") on:submit=sent>
            <div class="dialog-body">
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
                <button class="button is-primary" type="submit" disabled=nobody>"Download sheet"</button>
            </div>
        </form>
    }
    .into_any()
}
