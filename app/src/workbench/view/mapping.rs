//! Which column feeds which field.

use super::bench;
use crate::workbench::memory;
use leptos::prelude::*;
use roster::columns::{MappedColumn, Target, split_full_name};
use roster::field::Field;

/// One line per column: its title, an example, and what it becomes.
#[component]
pub fn MappingTable() -> impl IntoView {
    let bench = bench();
    // While the file is read again the table stays, so that whoever works in it keeps the place.
    let columns = Memo::new(move |before: Option<&Vec<MappedColumn>>| {
        let now = bench.mapping.with(|mapping| mapping.as_ref().map(|mapping| mapping.columns.clone()));
        now.or_else(|| before.cloned()).unwrap_or_default()
    });
    let places = move || (0..columns.with(Vec::len)).collect::<Vec<_>>();
    view! {
        <table class="mapping">
            <thead><tr><th scope="col">"Column in the file"</th><th scope="col">"Example"</th><th scope="col">"Becomes"</th></tr></thead>
            <tbody>
                <For each=places key=|place| *place let(place)>
                    {line(place, columns)}
                </For>
            </tbody>
        </table>
    }
    .into_any()
}

fn line(place: usize, columns: Memo<Vec<MappedColumn>>) -> impl IntoView {
    let bench = bench();
    let column = Memo::new(move |_| columns.with(|columns| columns.get(place).cloned()));
    let of = move |what: fn(&MappedColumn) -> String| {
        column.with(|column| column.as_ref().map(what).unwrap_or_default())
    };
    let choices: Vec<(String, String)> = std::iter::once(("ignore".to_owned(), "Ignore".to_owned()))
        .chain(Field::ALL.iter().map(|field| (field.key().to_owned(), field.label().to_owned())))
        .chain([("full_name".to_owned(), "Full name (split)".to_owned())])
        .chain(bench.context.with_value(|context| {
            context.custom_fields.iter().map(|name| (format!("x:{name}"), name.clone())).collect::<Vec<_>>()
        }))
        .collect();
    let options =
        choices.into_iter().map(|(value, name)| view! { <option value=value>{name}</option> }).collect_view();
    let pick = move |event| {
        let Some(target) = Target::parse_key(&event_target_value(&event)) else { return };
        let mut targets: Vec<Target> =
            columns.with_untracked(|columns| columns.iter().map(|column| column.target.clone()).collect());
        // One column feeds one field: the column that fed it before lets go.
        if target != Target::Ignore {
            for other in &mut targets {
                if *other == target {
                    *other = Target::Ignore;
                }
            }
        }
        if let Some(place) = targets.get_mut(place) {
            *place = target;
        }
        bench.mapping.with_untracked(|mapping| {
            if let Some(mapping) = mapping {
                memory::keep(mapping, &targets);
            }
        });
        bench.targets.set(Some(targets));
        bench.read();
    };
    view! {
        <tr>
            <th scope="row">{move || of(|column| column.header.clone())}</th>
            <td class="muted">{move || of(|column| column.samples.first().cloned().unwrap_or_default())}</td>
            <td>
                <select
                    class="select"
                    aria-label=move || ["Field for ", &of(|column| column.header.clone())].concat()
                    on:change=pick
                    prop:value=move || of(|column| column.target.key())
                >
                    {options}
                </select>
                <p class="muted small">{move || of(told)}</p>
            </td>
        </tr>
    }
    .into_any()
}

/// Why a column becomes what it does; of one that holds both names, what comes out.
fn told(column: &MappedColumn) -> String {
    match column.samples.first().filter(|_| column.target == Target::FullName) {
        Some(name) => {
            let (first, last) = split_full_name(name);
            [column.reason.as_str(), ": ", &first, " · ", &last].concat()
        }
        None => column.reason.clone(),
    }
}
