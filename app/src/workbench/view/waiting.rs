//! Files that were chosen together with the one under review.

use super::bench;
use crate::components::icon::Icon;
use crate::components::number::counted;
use leptos::prelude::*;

/// The other files, to be reviewed next, or all of them as one.
#[component]
pub fn WaitingFiles() -> impl IntoView {
    let bench = bench();
    let names = bench.waiting.names;
    let title = move || {
        let number = names.with(Vec::len) as u64;
        format!("{} waiting", counted(number, "more file", "more files"))
    };
    let files = move || {
        let named = names.get().into_iter().enumerate();
        named
            .map(|(place, name)| {
                view! {
                    <button class="button is-small" type="button" on:click=move |_| bench.review_waiting(place)>
                        {format!("Review {name}")}
                    </button>
                }
            })
            .collect_view()
    };
    view! {
        <Show when=move || names.with(|names| !names.is_empty())>
            <section class="notice" aria-label="More files" inert=move || bench.is_sending()>
                <Icon name="file"/>
                <div>
                    <p class="notice-title" role="status">{title}</p>
                    <p>"Each is reviewed and imported by itself; what you mended in one is kept while you look at another."</p>
                    <div class="dropzone-actions">
                        {files}
                        <Show when=move || bench.waiting.can_join.get()>
                            <button class="button is-small is-primary" type="button" on:click=move |_| bench.join()>
                                "Join all: their headers are the same"
                            </button>
                        </Show>
                    </div>
                </div>
            </section>
        </Show>
    }
    .into_any()
}
