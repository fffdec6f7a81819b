//! What is seen of the workbench, top to bottom.

mod absent;
mod aside;
mod confirm;
pub mod download;
mod file_card;
mod fix;
mod focus;
mod mapping;
#[cfg(feature = "hydrate")]
mod rehearsal;
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
    let unusable = Memo::new(move |_| bench.is_unusable());
    let sending = Memo::new(move |_| bench.is_sending());
    let (around, beside, below) = (in_turn(1), in_turn(2), in_turn(3));
    view! {
        <file_card::FileCard/>
        <file_card::FileProblem/>
        <Show when=move || around.get()>
            <waiting::WaitingFiles/>
        </Show>
        <Show when=move || !unusable.get()>
            <div class="workbench-grid">
                <section class="card workbench-rows">
                    <toolbar::Toolbar/>
                    <rows::Rows/>
                </section>
                <aside class="workbench-aside" aria-label="Problems and options" inert=move || sending.get()>
                    <Show when=move || around.get()>
                        <aside::Problems/>
                        <values::Values/>
                    </Show>
                    <Show when=move || beside.get()>
                        <aside::ImportOptions/>
                        <aside::SeatsNeeded/>
                    </Show>
                </aside>
            </div>
            <Show when=move || below.get()>
                <fix::FixDialog/>
                <confirm::Confirm/>
            </Show>
        </Show>
    }
    .into_any()
}

/// Turns true so many frames from now. The parts of the workbench come one after the other, the rows first: all at once
/// they would keep the page from answering, above all when it has just been loaded and every line of it runs for the first
/// time.
fn in_turn(frames: u32) -> RwSignal<bool> {
    let come = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    wait(come, frames);
    #[cfg(not(feature = "hydrate"))]
    let _ = frames;
    come
}

#[cfg(feature = "hydrate")]
fn wait(come: RwSignal<bool>, frames: u32) {
    request_animation_frame(move || match frames {
        2.. => wait(come, frames - 1),
        // The file may have been closed meanwhile.
        _ => drop(come.try_set(true)),
    });
}

/// The workbench that the component is part of.
fn bench() -> Workbench {
    expect_context::<Workbench>()
}
