//! Phases of a longer piece of work, each with its count, rate and time left.

use super::number::{count, seconds};
use leptos::prelude::*;

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Its turn has not come.
    Waiting,
    /// It is going on.
    Active,
    /// All of it is done.
    Done,
    /// It cannot go on.
    Failed,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// What is counted, such as `Rows sent`.
    pub name: &'static str,
    /// How many are done.
    pub done: u32,
    /// Of how many.
    pub of: u32,
    /// How far it is.
    pub state: PhaseState,
    /// Rate and time left, or what it waits for.
    pub note: String,
}

/// Phases side by side.
#[component]
pub fn ProgressPhases(
    /// The phases, in their order.
    #[prop(into)]
    steps: Signal<Vec<Phase>>,
) -> impl IntoView {
    let phase = move |name: &'static str| {
        let step =
            Memo::new(move |_| steps.with(|steps| steps.iter().find(|step| step.name == name).cloned()));
        let get = move || {
            step.get().unwrap_or(Phase {
                name,
                done: 0,
                of: 0,
                state: PhaseState::Waiting,
                note: String::new(),
            })
        };
        let class = move || match get().state {
            PhaseState::Waiting => "phase is-waiting",
            PhaseState::Active => "phase is-active",
            PhaseState::Done => "phase is-done",
            PhaseState::Failed => "phase is-failed",
        };
        view! {
            <li class=class>
                <span class="phase-name">{name}</span>
                <span class="phase-count">{move || { let step = get(); format!("{} of {}", count(step.done.into()), count(step.of.into())) }}</span>
                <progress class="progress" aria-label=name max=move || get().of.max(1).to_string() prop:value=move || get().done.to_string() value=move || get().done.to_string()></progress>
                <span class="phase-note">{move || get().note}</span>
            </li>
        }
    };
    let names = move || steps.with(|steps| steps.iter().map(|step| step.name).collect::<Vec<_>>());
    view! {
        <ol class="phases">
            <For each=names key=|name| *name children=phase/>
        </ol>
    }
    .into_any()
}

/// Measures how fast a count grows; only in the browser, where time passes while it is looked at.
#[derive(Clone, Copy)]
pub struct Rate {
    start: StoredValue<Option<(f64, u32)>>,
}

impl Rate {
    /// Starts measuring with the first count it is told.
    #[must_use]
    pub fn new() -> Self {
        Self { start: StoredValue::new(None) }
    }

    /// Rate and time left in words, once they can be told.
    #[must_use]
    pub fn note(self, done: u32, of: u32) -> String {
        let Some(now) = now() else { return String::new() };
        let Some((began, at_first)) = self.start.get_value() else {
            self.start.set_value(Some((now, done)));
            return String::new();
        };
        let (passed, grown) = (now - began, done.saturating_sub(at_first));
        if passed < 500.0 || grown == 0 || done >= of {
            return String::new();
        }
        let per_second = f64::from(grown) / passed * 1_000.0;
        let left = f64::from(of - done) / per_second * 1_000.0;
        format!("{} per second · {} left", count(per_second.round() as u64), seconds(left as u32))
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self::new()
    }
}

/// Milliseconds of the browser's clock.
#[cfg(feature = "hydrate")]
fn now() -> Option<f64> {
    Some(js_sys::Date::now())
}

#[cfg(not(feature = "hydrate"))]
fn now() -> Option<f64> {
    None
}
