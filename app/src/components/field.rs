//! A labelled field with its hint and its error, wired so that both are heard.

use leptos::html;
use leptos::prelude::*;

/// Marks a field as the server has written it.
const FROM_SERVER: &str = "data-from-server";

/// A one-line field.
#[component]
pub fn Field(
    /// What the field is called.
    label: &'static str,
    /// Name under which a form sends it; also the base of its id.
    name: &'static str,
    /// `text`, `email`, `password`, `number`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a password manager or the browser may fill in.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// What helps before one types.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong; empty while nothing is.
    #[prop(optional, into)]
    error: Signal<String>,
    /// Holds what is typed, also what was typed before the page came alive.
    #[prop(optional)]
    bind: Option<RwSignal<String>>,
    /// Whether a form may be sent without it.
    #[prop(default = true)]
    required: bool,
    /// The tall field of the pages a new colleague sees first.
    #[prop(optional)]
    large: bool,
    /// Turns a password into readable text while it is true.
    #[prop(optional, into)]
    reveal: Signal<bool>,
    /// Largest and smallest number.
    #[prop(optional)]
    range: Option<(u32, u32)>,
    /// Whether it can be changed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let initial = bind.map(|bind| bind.get_untracked()).unwrap_or_default();
    // What was typed before the page came alive is taken over, once. Later on, a field that is drawn in the place of another
    // holds for a moment what the renderer put there, "undefined".
    let from_server = (cfg!(feature = "ssr") && bind.is_some()).then_some("");
    if let Some(bind) = bind {
        Effect::new(move |_| {
            let Some(input) = input.get().filter(|input| input.has_attribute(FROM_SERVER)) else {
                return;
            };
            let _ = input.remove_attribute(FROM_SERVER);
            let typed = input.value();
            if !typed.is_empty() && typed != bind.get_untracked() {
                bind.set(typed);
            }
        });
    }
    let secret = kind == "password";
    let hint_id = (!hint.is_empty()).then(|| [name, "-hint"].concat());
    let error_id = [name, "-error"].concat();
    let described = match &hint_id {
        Some(hint_id) => [hint_id, " ", error_id.as_str()].concat(),
        None => error_id.clone(),
    };
    view! {
        <div class="field">
            <label class="field-label" for=name>{label}</label>
            {hint_id.map(|id| view! { <span class="field-hint" id=id>{hint}</span> })}
            <input
                class=if large { "input is-large" } else { "input" }
                id=name
                name=name
                data-from-server=from_server
                type=move || if secret && reveal.get() { "text" } else { kind }
                autocomplete=autocomplete
                autocapitalize=(kind != "text").then_some("none")
                spellcheck=if kind == "text" { None } else { Some("false") }
                required=required
                disabled=move || disabled.get()
                min=range.map(|range| range.0.to_string())
                max=range.map(|range| range.1.to_string())
                aria-describedby=described
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
                value=initial
                prop:value=move || bind.map(|bind| bind.get())
                on:input=move |event| {
                    if let Some(bind) = bind {
                        bind.set(event_target_value(&event));
                    }
                }
                node_ref=input
            />
            <span class="field-error" id=error_id hidden=move || error.read().is_empty()>{move || error.get()}</span>
        </div>
    }
    .into_any()
}

/// A field of several lines. Its text is set as a property: children of a textarea are not escaped by the renderer.
#[component]
pub fn TextField(
    /// What the field is called.
    label: &'static str,
    /// Base of its id.
    name: &'static str,
    /// What helps before one types.
    #[prop(optional, into)]
    hint: String,
    /// Holds what is typed.
    bind: RwSignal<String>,
    /// For a few lines only.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let hint_id = (!hint.is_empty()).then(|| [name, "-hint"].concat());
    let described = hint_id.clone();
    view! {
        <div class="field">
            <label class="field-label" for=name>{label}</label>
            {hint_id.map(|id| view! { <span class="field-hint" id=id>{hint}</span> })}
            <textarea
                class=if short { "textarea is-short" } else { "textarea" }
                id=name
                aria-describedby=described
                prop:value=move || bind.get()
                on:input=move |event| bind.set(event_target_value(&event))
            ></textarea>
        </div>
    }
    .into_any()
}

/// A checkbox with its words and, below, smaller ones.
#[component]
pub fn CheckField(
    /// What it switches.
    label: &'static str,
    /// Smaller words.
    #[prop(optional)]
    note: &'static str,
    /// Whether it is on.
    bind: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=move || bind.get()
                on:change=move |event| bind.set(event_target_checked(&event))
            />
            <span>{label}{(!note.is_empty()).then(|| view! { <small>{note}</small> })}</span>
        </label>
    }
    .into_any()
}
