//! The rows of a roster: a table of any length, of which only what is seen exists.

mod cell;
mod choose_all;
mod place;
mod row;

use super::bench;
use crate::components::icon::Icon;
use choose_all::ChooseAll;
use leptos::html::Div;
use leptos::prelude::*;
use place::{first_row, measured_row, place, set_height};
use roster::columns::Target;
use roster::field::Field;
use roster::review::Filter;
use row::Row;

/// A column of the table.
#[derive(Clone, PartialEq)]
struct Column {
    title: String,
    /// Class that says how broad it is.
    width: &'static str,
    /// It holds both names.
    splits: bool,
}

/// The table.
#[component]
pub fn Rows() -> impl IntoView {
    let bench = bench();
    let scroller = NodeRef::<Div>::new();
    let above = NodeRef::<Div>::new();
    let below = NodeRef::<Div>::new();
    let row_height = StoredValue::new(44.0_f64);
    // Where the list was scrolled to when it was last looked at: to ask the element itself while rows are put into it would
    // have all of them laid out at once.
    let top = StoredValue::new(0.0_f64);
    // Of all rows there may be more by now than when those at hand were asked for.
    let total = Memo::new(move |_| match bench.lists_everything() {
        true => bench.totals.with(|totals| totals.rows),
        false => bench.window.with(|window| window.total),
    });

    let look = move || {
        let Some(element) = scroller.get_untracked() else { return };
        let height = measured_row(&element).unwrap_or(44.0);
        row_height.set_value(height);
        top.set_value(f64::from(element.scroll_top()));
        let shown = (f64::from(element.client_height()) / height).ceil() as u32 + 1;
        let first =
            first_row(top.get_value(), f64::from(element.client_height()), height, total.get_untracked());
        if bench.view.get_untracked() != (first, shown) {
            bench.view.set((first, shown));
            bench.ask_rows(true);
        }
    };

    // The space above and below the rows that exist.
    Effect::new(move |_| {
        let (first, rows) = bench.window.with(|window| (window.first, window.rows.len() as u32));
        let total = total.get();
        let (Some(above), Some(below)) = (above.get(), below.get()) else { return };
        let height = row_height.get_value();
        let (top, whole) = place(first, total, height, bench.view.get_untracked().0, top.get_value());
        let bottom = (whole - top - f64::from(rows) * height).max(0.0);
        set_height(&above, top);
        set_height(&below, bottom);
    });
    Effect::new(move |first: Option<()>| {
        if first.is_none() && scroller.get().is_some() {
            look();
        }
    });
    // A new filter starts at its first row.
    Effect::new(move |before: Option<()>| {
        bench.filter.track();
        bench.search.track();
        bench.value.track();
        bench.alike.track();
        bench.by_verdict.track();
        if before.is_some()
            && let Some(element) = scroller.get_untracked()
        {
            element.set_scroll_top(0);
            top.set_value(0.0);
        }
    });

    let columns = Memo::new(move |_| {
        bench.mapping.with(|mapping| {
            let columns = mapping.as_ref().map(|mapping| mapping.columns.clone()).unwrap_or_default();
            columns
                .into_iter()
                .map(|column| Column {
                    title: title(&column.header, &column.target),
                    width: width(&column.target),
                    splits: column.target == Target::FullName,
                })
                .collect::<Vec<_>>()
        })
    });
    // Before the first rows have come nobody can say that there are none.
    let nothing = move || {
        use crate::workbench::protocol::Phase;
        bench.window.with(|window| window.total == 0)
            && !bench.lists_everything()
            && !matches!(bench.phase.get(), None | Some(Phase::Reading))
    };
    let all = move |_| {
        bench.search.set(String::new());
        bench.value.set(None);
        bench.alike.set(None);
        bench.show(Filter::default());
        super::focus::to("rows");
    };
    let at_hand = move || {
        bench.window.with(|window| {
            let places = window.rows.iter().enumerate();
            places.map(|(place, row)| (window.first + place as u32, row.row)).collect::<Vec<_>>()
        })
    };
    let sending = Memo::new(move |_| bench.is_sending());
    let uneven = Memo::new(move |_| {
        let width = columns.with(Vec::len);
        bench.window.with(|window| window.rows.iter().any(|row| row.cells.len() > width))
    });
    let reading = move || bench.phase.get() == Some(crate::workbench::protocol::Phase::Reading);

    view! {
        <div class="rows" id="rows" role="region" aria-label="Rows" tabindex="0" node_ref=scroller on:scroll=move |_| look()>
            <div class="rows-table" class:is-uneven=move || uneven.get() inert=move || sending.get() role="table" aria-label="Rows" aria-busy=move || if reading() { "true" } else { "false" } aria-rowcount=move || (total.get() + 1).to_string()>
                <div class="rows-head" role="rowgroup">
                    <div class="rows-row" role="row" aria-rowindex="1">
                        <div class="rows-cell is-verdict" role="columnheader"><ChooseAll/></div>
                        <div class="rows-cell is-number" role="columnheader">"Row"</div>
                        {move || {
                            columns.get().into_iter().map(|Column { title, width, .. }| {
                                view! { <div class=format!("rows-cell {width}") role="columnheader" title=title.clone()>{title.clone()}</div> }
                            }).collect_view()
                        }}
                    </div>
                </div>
                <div class="rows-body" role="rowgroup">
                    <div class="rows-spacer" role="presentation" node_ref=above></div>
                    <For
                        each=at_hand
                        key=|(_, row)| *row
                        let((place, row))
                    >
                        <Row place row columns/>
                    </For>
                    <div class="rows-spacer" role="presentation" node_ref=below></div>
                </div>
            </div>
            <Show when=nothing>
                <div class="empty rows-message">
                    <Icon name="search"/>
                    <p class="empty-title" role="status">"No row matches"</p>
                    <p><button class="button is-small" type="button" on:click=all>"Show all rows"</button></p>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

fn title(header: &str, target: &Target) -> String {
    match target {
        Target::Field(field) => field.label().to_owned(),
        Target::FullName | Target::Ignore => header.to_owned(),
        Target::Custom(name) => name.clone(),
    }
}

fn width(target: &Target) -> &'static str {
    match target {
        Target::Field(Field::Username | Field::FirstName | Field::LastName) => "is-name",
        Target::Field(Field::Email) => "is-email",
        _ => "",
    }
}
