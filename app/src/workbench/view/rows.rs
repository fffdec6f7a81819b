//! The rows of a roster: a table of any length, of which only what is seen exists.
//!
//! All rows have one height, so a row's place is a product. A browser gives up on elements of some tens of millions of
//! pixels; beyond [`MOST_PIXELS`] the scroll bar is scaled instead.

use super::bench;
use crate::components::icon::Icon;
use crate::components::number::count;
use crate::components::verdict::verdict_class;
use leptos::html::Div;
use leptos::prelude::*;
use roster::columns::Target;
use roster::field::Field;
use roster::problem::Severity;
use roster::review::{Cell, RowView, Verdict};

/// Height that the list of rows never exceeds.
const MOST_PIXELS: f64 = 12_000_000.0;

/// The table.
#[component]
pub fn Rows() -> impl IntoView {
    let bench = bench();
    let scroller = NodeRef::<Div>::new();
    let above = NodeRef::<Div>::new();
    let below = NodeRef::<Div>::new();
    let row_height = StoredValue::new(44.0_f64);
    let total = Memo::new(move |_| bench.window.with(|window| window.total));

    let look = move || {
        let Some(element) = scroller.get_untracked() else { return };
        let height = measured_row(&element).unwrap_or(44.0);
        row_height.set_value(height);
        let shown = (f64::from(element.client_height()) / height).ceil() as u32 + 1;
        let first = first_row(
            f64::from(element.scroll_top()),
            f64::from(element.client_height()),
            height,
            total.get_untracked(),
        );
        if bench.view.get_untracked() != (first, shown) {
            bench.view.set((first, shown));
            bench.ask_rows(true);
        }
    };

    // The space above and below the rows that exist; set through the style object, which a strict policy allows.
    Effect::new(move |_| {
        let (first, rows, total) =
            bench.window.with(|window| (window.first, window.rows.len() as u32, window.total));
        let (Some(above), Some(below), Some(element)) = (above.get(), below.get(), scroller.get()) else {
            return;
        };
        let height = row_height.get_value();
        let (top, whole) =
            place(first, total, height, bench.view.get_untracked().0, f64::from(element.scroll_top()));
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
        if before.is_some()
            && let Some(element) = scroller.get_untracked()
        {
            element.set_scroll_top(0);
        }
    });

    let columns = Memo::new(move |_| {
        bench.mapping.with(|mapping| {
            let columns = mapping.as_ref().map(|mapping| mapping.columns.clone()).unwrap_or_default();
            columns
                .into_iter()
                .map(|column| (title(&column.header, &column.target), width(&column.target)))
                .collect::<Vec<_>>()
        })
    });
    let nothing = move || {
        bench.window.with(|window| window.total == 0)
            && bench.phase.get() == Some(crate::workbench::protocol::Phase::Ready)
    };
    let at_hand = move || {
        bench.window.with(|window| {
            let places = window.rows.iter().enumerate();
            places.map(|(place, row)| (window.first + place as u32, row.row)).collect::<Vec<_>>()
        })
    };
    let reading = move || bench.phase.get() == Some(crate::workbench::protocol::Phase::Reading);

    view! {
        <div class="rows" role="region" aria-label="Rows" tabindex="0" node_ref=scroller on:scroll=move |_| look()>
            <div class="rows-table" role="table" aria-label="Rows" aria-busy=move || if reading() { "true" } else { "false" } aria-rowcount=move || (total.get() + 1).to_string()>
                <div class="rows-head" role="rowgroup">
                    <div class="rows-row" role="row" aria-rowindex="1">
                        <div class="rows-cell is-verdict" role="columnheader"><ChooseAll/></div>
                        <div class="rows-cell is-number" role="columnheader">"Row"</div>
                        {move || {
                            columns.get().into_iter().map(|(title, width)| {
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
                <div class="empty rows-message"><Icon name="search"/><p class="empty-title">"No row matches"</p><p>"Choose another count above, or clear the search."</p></div>
            </Show>
        </div>
    }
    .into_any()
}

/// The two checkboxes in the header: one for new people, one for existing ones.
#[component]
fn ChooseAll() -> impl IntoView {
    let bench = bench();
    let updating = Memo::new(move |_| {
        bench.filter.with(|filter| filter.verdict == Some(Verdict::Update))
            || bench.totals.with(|totals| totals.add_new + totals.skip == 0 && totals.update > 0)
    });
    let checked = move || {
        bench.totals.with(
            |totals| if updating.get() { totals.unchosen_update == 0 } else { totals.unchosen_add == 0 },
        )
    };
    let name = move || if updating.get() { "Update" } else { "Add new" };
    let choose = move |event| {
        let verdict = if updating.get_untracked() { Verdict::Update } else { Verdict::AddNew };
        bench.choose_all(verdict, event_target_checked(&event));
    };
    view! {
        <label class="rows-check">
            <input type="checkbox" aria-label=move || format!("{}, all rows", name()) prop:checked=checked on:change=choose/>
            <span>{name}</span>
        </label>
    }
    .into_any()
}

#[component]
fn Row(place: u32, row: u32, columns: Memo<Vec<(String, &'static str)>>) -> impl IntoView {
    let bench = bench();
    let data = Memo::new(move |before: Option<&Option<RowView>>| {
        bench
            .window
            .with(|window| window.rows.iter().find(|view| view.row == row).cloned())
            .or_else(|| before.cloned().flatten())
    });
    let verdict =
        Memo::new(move |_| data.with(|data| data.as_ref().map_or(Verdict::Skip, |data| data.verdict)));
    let chosen = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.chosen)));
    let can_choose = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.can_choose)));
    let reason = Memo::new(move |_| data.with(|data| data.as_ref().and_then(|data| data.reason.clone())));
    let cells =
        Memo::new(move |_| data.with(|data| data.as_ref().map(|data| data.cells.len()).unwrap_or_default()));
    let action = Memo::new(move |_| data.with(|data| data.as_ref().is_some_and(|data| data.exists)));
    let label = move || format!("{}, row {row}", if action.get() { "Update" } else { "Add new" });
    let class = move || format!("rows-row {}", verdict_class(verdict.get()));
    let cell_views = move || {
        let widths = columns.get();
        (0..cells.get().max(widths.len()))
            .map(|index| {
                let (title, width) =
                    widths.get(index).cloned().unwrap_or_else(|| (format!("Cell {}", index + 1), ""));
                view! { <RowCell row index=index as u32 title width data/> }
            })
            .collect_view()
    };
    view! {
        <div class=class role="row" aria-rowindex=(place + 2).to_string()>
            <div class="rows-cell is-verdict" role="cell" title=move || reason.get().unwrap_or_default()>
                <label class="rows-check">
                    <input
                        type="checkbox"
                        aria-label=label
                        prop:checked=move || chosen.get()
                        prop:disabled=move || !can_choose.get()
                        on:change=move |event| bench.choose(row, event_target_checked(&event))
                    />
                    <span class=move || format!("verdict {}", verdict_class(verdict.get()))><i class="verdict-sign" aria-hidden="true"></i><span>{move || verdict.get().label()}</span></span>
                </label>
            </div>
            <div class="rows-cell is-number" role="cell" title=move || data.with(|data| data.as_ref().map(|data| format!("Line {}", count(data.line.into()))))>{count(row.into())}</div>
            {cell_views}
        </div>
    }
    .into_any()
}

#[component]
fn RowCell(
    row: u32,
    index: u32,
    title: String,
    width: &'static str,
    data: Memo<Option<RowView>>,
) -> impl IntoView {
    let bench = bench();
    let cell = Memo::new(move |_| {
        data.with(|data| data.as_ref().and_then(|data| data.cells.get(index as usize).cloned()))
    });
    let editing = RwSignal::new(false);
    let name = StoredValue::new(format!("{title}, row {row}"));
    let class = move || {
        let state = cell.with(|cell| cell.as_ref().map(state).unwrap_or_default());
        format!("rows-cell {width} {state}")
    };
    let finish = move |value: String| {
        // Leaving the field calls this again: only the first call counts.
        if editing.get_untracked() {
            editing.set(false);
            let before =
                cell.with_untracked(|cell| cell.as_ref().map(|cell| cell.value.clone()).unwrap_or_default());
            if value != before {
                bench.edit(row, index, value);
            }
        }
    };
    let content = move || {
        let Some(current) = cell.get() else { return ().into_any() };
        if editing.get() {
            let value = current.value.clone();
            let input = NodeRef::<leptos::html::Input>::new();
            Effect::new(move |_| {
                if let Some(input) = input.get() {
                    let _ = input.focus();
                    input.select();
                }
            });
            let keys = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
                "Enter" => finish(event_target_value(&event)),
                "Escape" => editing.set(false),
                _ => {}
            };
            return view! {
                <input
                    node_ref=input
                    class="rows-input"
                    aria-label=name.get_value()
                    prop:value=value
                    on:keydown=keys
                    on:blur=move |event| finish(event_target_value(&event))
                />
            }
            .into_any();
        }
        if current.secret {
            return view! { <span class="rows-value">{current.value.clone()}</span>{note(&current)} }
                .into_any();
        }
        view! {
            <button class="rows-value" type="button" aria-label=format!("{}: {}", name.get_value(), current.value) on:click=move |_| editing.set(true)>
                {current.value.clone()}
            </button>
            {note(&current)}
        }
        .into_any()
    };
    view! { <div class=class role="cell">{content}</div> }.into_any()
}

fn note(cell: &Cell) -> Option<AnyView> {
    if let Some(problem) = cell.problems.iter().min_by_key(|problem| problem.code.severity()) {
        let class =
            if problem.code.severity() == Severity::Error { "rows-note is-bad" } else { "rows-note is-warn" };
        return Some(
            view! { <span class=class title=problem.message.clone()>{problem.message.clone()}</span> }
                .into_any(),
        );
    }
    if let Some(old) = cell.old.clone() {
        return Some(view! { <span class="rows-note is-old"><del>{old}</del></span> }.into_any());
    }
    let original = cell.original.clone()?;
    let title = format!("In the file: “{original}”");
    let words = if cell.edited { "edited" } else { "tidied" };
    Some(view! { <span class="rows-note is-old" title=title>{words}</span> }.into_any())
}

fn state(cell: &Cell) -> &'static str {
    match cell.problems.iter().map(|problem| problem.code.severity()).min() {
        Some(Severity::Error) => "has-problem",
        Some(Severity::Warning) => "has-warning",
        None if cell.edited => "is-edited",
        None if cell.old.is_some() => "has-change",
        None => "",
    }
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

fn measured_row(scroller: &web_sys::Element) -> Option<f64> {
    let height = scroller.query_selector(".rows-head .rows-row").ok()??.get_bounding_client_rect().height();
    (height > 0.0).then_some(height)
}

fn set_height(element: &web_sys::HtmlElement, pixels: f64) {
    let _ = element.style().set_property("height", &format!("{pixels}px"));
}

/// Which row is first in view when the list is scrolled to `top`.
fn first_row(top: f64, view: f64, row: f64, total: u32) -> u32 {
    let whole = f64::from(total) * row;
    if whole <= MOST_PIXELS {
        return (top / row) as u32;
    }
    let share = (top / (MOST_PIXELS - view).max(1.0)).clamp(0.0, 1.0);
    let most = (f64::from(total) - view / row).max(0.0);
    (share * most).round() as u32
}

/// Where the rows at hand stand, and how high the whole list is.
fn place(first: u32, total: u32, row: f64, first_shown: u32, top: f64) -> (f64, f64) {
    let whole = f64::from(total) * row;
    if whole <= MOST_PIXELS {
        return (f64::from(first) * row, whole);
    }
    // Scaled: the first row in view stands where the list is scrolled to; its neighbours follow from it.
    let start = top - (f64::from(first_shown) - f64::from(first)) * row;
    (start.max(0.0), MOST_PIXELS)
}

#[cfg(test)]
mod tests {
    use super::{MOST_PIXELS, first_row};

    #[test]
    fn a_short_list_scrolls_row_by_row() {
        assert_eq!(first_row(0.0, 400.0, 44.0, 1_000), 0);
        assert_eq!(first_row(4_400.0, 400.0, 44.0, 1_000), 100);
    }

    #[test]
    fn a_list_too_long_for_a_browser_still_reaches_its_last_row() {
        let total = 1_000_000;
        assert_eq!(first_row(0.0, 440.0, 44.0, total), 0);
        assert_eq!(first_row(MOST_PIXELS - 440.0, 440.0, 44.0, total), total - 10);
    }
}
