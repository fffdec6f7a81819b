//! A modal question. The native element keeps the focus inside, closes with Escape and gives the focus back.

use leptos::html;
use leptos::prelude::*;

/// A dialog that is shown while `open` is true; its children are there only then.
#[component]
pub fn Dialog(
    /// Whether it is shown; becomes false when the person closes it.
    open: RwSignal<bool>,
    /// What it asks.
    #[prop(into)]
    title: Signal<String>,
    /// Base of its ids.
    name: &'static str,
    /// Room for a preview.
    #[prop(optional)]
    broad: bool,
    /// `.dialog-body` and `.dialog-foot`.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = dialog.get() {
            if wanted && !dialog.open() {
                // Fails only for an element outside of the document; then there is nobody to show it to.
                let _ = dialog.show_modal();
            } else if !wanted && dialog.open() {
                dialog.close();
            }
        }
    });
    let title_id = [name, "-title"].concat();
    let labelled_by = title_id.clone();
    let children = StoredValue::new(children);
    view! {
        <dialog
            class=if broad { "dialog is-broad" } else { "dialog" }
            aria-labelledby=labelled_by
            node_ref=dialog
            on:close=move |_| open.set(false)
        >
            <div class="dialog-head"><h2 id=title_id>{move || title.get()}</h2></div>
            {move || open.get().then(|| children.with_value(|children| children()))}
        </dialog>
    }
    .into_any()
}
