//! Which column feeds which field.

use super::bench;
use crate::workbench::memory;
use leptos::prelude::*;
use roster::columns::{MappedColumn, Target};
use roster::field::Field;

/// One line per column: its title, an example, and what it becomes.
#[component]
pub fn MappingTable() -> impl IntoView {
    let bench = bench();
    let columns = Memo::new(move |_| {
        bench
            .mapping
            .with(|mapping| mapping.as_ref().map(|mapping| mapping.columns.clone()).unwrap_or_default())
    });
    view! {
        <table class="mapping">
            <thead><tr><th scope="col">"Column in the file"</th><th scope="col">"Example"</th><th scope="col">"Becomes"</th></tr></thead>
            <tbody>
                {move || columns.get().into_iter().enumerate().map(|(index, column)| line(index, column)).collect_view()}
            </tbody>
        </table>
    }
    .into_any()
}

fn line(index: usize, column: MappedColumn) -> impl IntoView {
    let bench = bench();
    let custom_fields = bench.context.with_value(|context| context.custom_fields.clone());
    let choices: Vec<(String, String)> = std::iter::once(("ignore".to_owned(), "Ignore".to_owned()))
        .chain(Field::ALL.iter().map(|field| (field.key().to_owned(), field.label().to_owned())))
        .chain([("full_name".to_owned(), "Full name (split)".to_owned())])
        .chain(custom_fields.into_iter().map(|name| (format!("x:{name}"), name)))
        .collect();
    let current = column.target.key();
    let options = choices
        .into_iter()
        .map(|(value, name)| {
            let selected = value == current;
            view! { <option value=value selected=selected>{name}</option> }
        })
        .collect_view();
    let pick = move |event| {
        let Some(target) = Target::parse_key(&event_target_value(&event)) else { return };
        let mut targets: Vec<Target> = bench.mapping.with_untracked(|mapping| {
            mapping
                .as_ref()
                .map(|mapping| mapping.columns.iter().map(|column| column.target.clone()).collect())
                .unwrap_or_default()
        });
        // One column feeds one field: the column that fed it before lets go.
        if target != Target::Ignore {
            for other in &mut targets {
                if *other == target {
                    *other = Target::Ignore;
                }
            }
        }
        if let Some(place) = targets.get_mut(index) {
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
    let sample = column.samples.first().cloned().unwrap_or_default();
    let name = format!("Field for {}", column.header);
    view! {
        <tr>
            <th scope="row">{column.header}</th>
            <td class="muted">{sample}</td>
            <td>
                <select class="select" aria-label=name on:change=pick>{options}</select>
                <p class="muted small">{column.reason}</p>
            </td>
        </tr>
    }
    .into_any()
}
