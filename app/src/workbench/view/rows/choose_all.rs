//! The checkbox in the header of the rows.

use super::super::bench;
use leptos::prelude::*;
use roster::review::Verdict;

/// The two checkboxes in the header: one for new people, one for existing ones.
#[component]
pub fn ChooseAll() -> impl IntoView {
    let bench = bench();
    let updating = Memo::new(move |_| {
        bench.filter.with(|filter| filter.verdict == Some(Verdict::Update))
            || bench.totals.with(|totals| totals.add_new + totals.skip == 0 && totals.update > 0)
    });
    let checked = move || {
        bench.totals.with(
            |totals| if updating.get() { totals.unchosen_update == 0 } else { totals.unchosen_add == 0 },
        )
    };
    let name = move || if updating.get() { "Update" } else { "Add new" };
    let choose = move |event| {
        let verdict = if updating.get_untracked() { Verdict::Update } else { Verdict::AddNew };
        bench.choose_all(verdict, event_target_checked(&event));
    };
    view! {
        <label class="rows-check">
            <input type="checkbox" aria-label=move || format!("{}, all rows", name()) prop:checked=checked on:change=choose/>
            <span>{name}</span>
        </label>
    }
    .into_any()
}
