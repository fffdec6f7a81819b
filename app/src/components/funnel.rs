//! How far people have come: a bar for each step.

use super::number::count;
use leptos::prelude::*;

/// The steps of a funnel, each with how many of `all` have reached it.
pub fn funnel(title: &'static str, all: u32, steps: &[(&'static str, u32)]) -> AnyView {
    let bar = |&(name, reached): &(&'static str, u32)| {
        let share = u64::from(reached) * 100 / u64::from(all.max(1));
        view! {
            <li class="funnel-step">
                <span class="funnel-name">{name}</span>
                <span class="funnel-count">{count(reached.into())}" "<span class="muted">{share.to_string()}"%"</span></span>
                <progress class="progress" aria-label=name max=all.max(1).to_string() value=reached.to_string()></progress>
            </li>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby="funnel-title">
            <div class="card-head"><h2 class="card-title" id="funnel-title">{title}</h2></div>
            <ol class="funnel card-body">{steps.iter().map(bar).collect_view()}</ol>
        </section>
    }
    .into_any()
}
