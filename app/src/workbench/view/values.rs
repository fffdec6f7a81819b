//! Rows by the values of a column: which there are, how many rows have each, and those rows at a press.

use super::bench;
use crate::components::number::count;
use crate::workbench::protocol::ColumnValue;
use leptos::prelude::*;
use roster::columns::Target;
use roster::field::Field;
use roster::review::Alike;

/// The values of one column, chosen from a list.
#[component]
pub fn Values() -> impl IntoView {
    let bench = bench();
    let columns = Memo::new(move |_| {
        bench.mapping.with(|mapping| {
            let columns = mapping.as_ref().map(|mapping| mapping.columns.clone()).unwrap_or_default();
            let named = columns.into_iter().enumerate();
            named
                .filter(|(_, column)| column.target != Target::Field(Field::Password))
                .filter(|(_, column)| !column.header.to_lowercase().contains("password"))
                .map(|(at, column)| (at as u32, column.header))
                .collect::<Vec<_>>()
        })
    });
    let choose = move |event| bench.count_values(event_target_value(&event).parse().ok());
    let chosen = move || {
        bench
            .values
            .with(|values| values.as_ref().map_or_else(String::new, |values| values.column.to_string()))
    };
    let list = Memo::new(move |_| {
        bench.values.with(|values| values.as_ref().map(|values| (values.column, values.values.clone())))
    });
    let facets = move || {
        let (column, values) = list.get().unwrap_or_default();
        values.into_iter().map(|(value, number)| facet(column, value, number)).collect_view()
    };
    let note = move || {
        bench.values.with(|values| match values {
            None => None,
            Some(values) if values.too_many => Some(
                "This column has too many different values to choose from. Search for a text instead."
                    .to_owned(),
            ),
            Some(values) if !values.done => {
                Some(format!("{} rows counted\u{2026}", count(values.rows.into())))
            }
            Some(_) => None,
        })
    };
    view! {
        <section class="card" aria-labelledby="values-title">
            <h2 id="values-title">"Values"</h2>
            <div class="field">
                <label class="field-label" for="values-column">"Rows by column"</label>
                <select class="select" id="values-column" on:change=choose prop:value=chosen>
                    <option value="">"Choose a column"</option>
                    {move || columns.get().into_iter().map(|(at, header)| view! { <option value=at.to_string()>{header}</option> }).collect_view()}
                </select>
            </div>
            <p class="field-hint" role="status">{note}</p>
            <ul class="facets">{facets}</ul>
            {alike(Alike::Names, "Only names that occur more than once")}
            {alike(Alike::Usernames, "Only usernames that look alike")}
        </section>
    }
    .into_any()
}

/// Shows only rows that have something alike.
fn alike(by: Alike, label: &'static str) -> impl IntoView {
    let bench = bench();
    let choose = move |event| bench.show_alike(event_target_checked(&event).then_some(by));
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || bench.alike.get() == Some(by) on:change=choose/>
            <span>{label}</span>
        </label>
    }
}

fn facet(column: u32, value: String, number: u32) -> impl IntoView {
    let bench = bench();
    let name = if value.is_empty() { "(empty)".to_owned() } else { value.clone() };
    let wanted = ColumnValue { column, value };
    let is_shown = {
        let wanted = wanted.clone();
        move || bench.value.with(|shown| shown.as_ref() == Some(&wanted))
    };
    let press = {
        let is_shown = is_shown.clone();
        move |_| bench.show_value((!is_shown()).then(|| wanted.clone()))
    };
    view! {
        <li>
            <button class="facet is-plain" type="button" aria-pressed=move || if is_shown() { "true" } else { "false" } on:click=press>
                <span class="facet-name">{name}</span>
                <span class="facet-count">{count(number.into())}</span>
            </button>
        </li>
    }
    .into_any()
}
