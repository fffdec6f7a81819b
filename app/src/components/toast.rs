//! Short answers to something just done. Their region exists from the start, so that screen readers hear what enters it.

use super::icon::icon;
use leptos::prelude::*;
use std::time::Duration;

/// What a toast is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Good to know.
    Info,
    /// Done.
    Done,
    /// It did not work; stays until it is dismissed.
    Problem,
}

/// How long a toast stays; one with a button stays twice as long.
const STAY: Duration = Duration::from_secs(7);

#[derive(Clone)]
struct Toast {
    id: u32,
    message: String,
    kind: ToastKind,
    action: Option<(String, Callback<()>)>,
}

/// Where any page can say something.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// An empty list; the layout provides it to all pages below.
    #[must_use]
    pub fn new() -> Self {
        Toasts { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Says something.
    pub fn say(self, message: impl Into<String>, kind: ToastKind) {
        self.push(message.into(), kind, None);
    }

    /// Says something and offers a button, such as `Undo`.
    pub fn offer(
        self,
        message: impl Into<String>,
        kind: ToastKind,
        label: impl Into<String>,
        act: Callback<()>,
    ) {
        self.push(message.into(), kind, Some((label.into(), act)));
    }

    fn push(self, message: String, kind: ToastKind, action: Option<(String, Callback<()>)>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        let stay = if action.is_some() { STAY * 2 } else { STAY };
        self.shown.update(|shown| {
            if shown.len() >= 4 {
                shown.remove(0);
            }
            shown.push(Toast { id, message, kind, action });
        });
        if kind != ToastKind::Problem {
            set_timeout(move || self.dismiss(id), stay);
        }
    }

    fn dismiss(self, id: u32) {
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Toasts::new()
    }
}

/// The list that the layout provides; outside of it, one that nobody sees.
#[must_use]
pub fn toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or_default()
}

/// The region where toasts appear.
#[component]
pub fn ToastRegion(
    /// What is said.
    toasts: Toasts,
) -> impl IntoView {
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                {one(toasts, toast)}
            </For>
        </div>
    }
    .into_any()
}

fn one(toasts: Toasts, toast: Toast) -> AnyView {
    let Toast { id, message, kind, action } = toast;
    let (class, glyph) = match kind {
        ToastKind::Info => ("toast", "info"),
        ToastKind::Done => ("toast is-ok", "check"),
        ToastKind::Problem => ("toast is-bad", "warning"),
    };
    let button = action.map(|(label, act)| {
        view! {
            <button
                class="button is-small"
                type="button"
                on:click=move |_| {
                    toasts.dismiss(id);
                    act.run(());
                }
            >
                {label}
            </button>
        }
    });
    view! {
        <div class=class>
            {icon(glyph)}
            <p>{message}</p>
            {button}
            <button class="icon-button" type="button" aria-label="Dismiss" on:click=move |_| toasts.dismiss(id)>
                {icon("close")}
            </button>
        </div>
    }
    .into_any()
}
