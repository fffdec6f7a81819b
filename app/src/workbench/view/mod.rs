//! What is seen of the workbench, top to bottom.

mod absent;
mod aside;
mod confirm;
pub mod download;
mod file_card;
mod fix;
mod mapping;
mod rows;
mod sheet;
mod start;
mod toolbar;
mod values;
mod waiting;

use super::state::Workbench;
use crate::api::imports::WorkbenchContext;
use leptos::prelude::*;

/// The whole workbench: the empty page with its drop zone, or the review of a file.
#[component]
pub fn WorkbenchView(
    /// Policy, custom fields and seats.
    context: WorkbenchContext,
) -> impl IntoView {
    let bench = Workbench::new(context);
    provide_context(bench);
    #[cfg(feature = "hydrate")]
    {
        start::take_pasted_and_dropped(bench);
        start::begin_with_the_person(bench);
    }
    let reviewing = Memo::new(move |_| bench.file.with(Option::is_some));
    view! {
        <div class="workbench">
            {move || {
                if reviewing.get() { review(bench).into_any() } else { view! { <start::Start/> }.into_any() }
            }}
        </div>
    }
    .into_any()
}

fn review(bench: Workbench) -> impl IntoView {
    let unusable = Memo::new(move |_| bench.problem.with(|problem| matches!(problem, Some((_, _, true)))));
    view! {
        <file_card::FileCard/>
        <file_card::FileProblem/>
        <waiting::WaitingFiles/>
        <Show when=move || !unusable.get()>
            <div class="workbench-grid">
                <section class="card workbench-rows">
                    <toolbar::Toolbar/>
                    <rows::Rows/>
                </section>
                <aside class="workbench-aside" aria-label="Problems and options">
                    <aside::Problems/>
                    <values::Values/>
                    <aside::ImportOptions/>
                    <aside::SeatsNeeded/>
                </aside>
            </div>
            <fix::FixDialog/>
            <confirm::Confirm/>
        </Show>
    }
    .into_any()
}

/// The workbench that the component is part of.
fn bench() -> Workbench {
    expect_context::<Workbench>()
}
