//! Looking again every few seconds, while there is something to wait for and somebody looks.

use leptos::prelude::*;
use std::time::Duration;

/// Calls `look` every `every` while `wanted` is true and the page is visible. Does nothing on the server.
pub fn poll(every: Duration, wanted: Signal<bool>, look: impl Fn() + Clone + 'static) {
    Effect::new(move |before: Option<Option<IntervalHandle>>| {
        if let Some(Some(handle)) = before {
            handle.clear();
        }
        if !wanted.get() {
            return None;
        }
        let look = look.clone();
        let handle = set_interval_with_handle(
            move || {
                if !document().hidden() {
                    look();
                }
            },
            every,
        )
        .ok();
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
        handle
    });
}
