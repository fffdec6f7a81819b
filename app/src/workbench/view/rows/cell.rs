//! One cell: its value, what is wrong with it or was changed, and an input while it is mended.

use super::super::bench;
use leptos::prelude::*;
use roster::columns::split_full_name;
use roster::problem::{Code, Severity};
use roster::review::{Cell, RowView};

/// A cell of a row; a button, which becomes an input in its place.
#[component]
pub fn RowCell(
    row: u32,
    index: u32,
    title: String,
    width: &'static str,
    /// The cell holds both names.
    splits: bool,
    data: Memo<Option<RowView>>,
) -> impl IntoView {
    let bench = bench();
    let cell =
        Memo::new(move |_| data.with(|data| data.as_ref().and_then(|data| cell_of(data, index as usize))));
    let editing = RwSignal::new(false);
    let name = StoredValue::new(format!("{title}, row {row}"));
    let class = move || {
        let state = cell.with(|cell| cell.as_ref().map(state).unwrap_or_default());
        format!("rows-cell {width} {state}")
    };
    let finish = move |value: String| {
        // Leaving the field calls this again, also when all of the table goes: only the first call counts.
        if editing.try_get_untracked() == Some(true) {
            editing.set(false);
            let before = cell
                .try_with_untracked(|cell| cell.as_ref().map(|cell| cell.value.clone()).unwrap_or_default());
            if before.is_some_and(|before| value != before) {
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
                "Enter" => {
                    // The button that takes the input's place is not to be pressed by the same stroke.
                    event.prevent_default();
                    finish(event_target_value(&event));
                    back_to_button(&event);
                }
                "Escape" => {
                    editing.set(false);
                    back_to_button(&event);
                }
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
            return view! { <span class="rows-value">{current.value.clone()}</span>{note(&current, splits)} }
                .into_any();
        }
        view! {
            <button class="rows-value" type="button" aria-label=name.with_value(|name| spoken(name, &current)) on:click=move |_| editing.set(true)>
                {current.value.clone()}
            </button>
            {note(&current, splits)}
        }
        .into_any()
    };
    view! { <div class=class role="cell">{content}</div> }.into_any()
}

/// A row's cell. What is wrong with the row as a whole, such as cells that are missing, is shown in its last one.
fn cell_of(row: &RowView, index: usize) -> Option<Cell> {
    let mut cell = row.cells.get(index).cloned()?;
    if index + 1 == row.cells.len() {
        let elsewhere =
            |code| row.cells.iter().any(|cell| cell.problems.iter().any(|problem| problem.code == code));
        let whole = row.problems.iter().filter(|problem| {
            // What the file lacks is told above all rows.
            problem.code != Code::HeaderMissingRequired && !elsewhere(problem.code)
        });
        cell.problems.extend(whole.cloned());
    }
    Some(cell)
}

/// A cell for the ear: its place, its value, and the sentence that the eye finds below it.
fn spoken(name: &str, cell: &Cell) -> String {
    let problem = cell.problems.iter().min_by_key(|problem| problem.code.severity());
    let message = problem.map_or("", |problem| problem.message.as_str());
    [name, ": ", &cell.value, if message.is_empty() { "" } else { ". " }, message].concat()
}

/// The input has gone, and the cell is a button again: that gets the focus.
fn back_to_button(event: &web_sys::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;

        let input = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(cell) = input.and_then(|input| input.parent_element()) else { return };
        leptos::task::spawn_local(async move {
            leptos::task::tick().await;
            let button = cell.query_selector("button.rows-value").ok().flatten();
            if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = button.focus();
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

fn note(cell: &Cell, splits: bool) -> Option<AnyView> {
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
    if splits && !cell.value.is_empty() {
        let (first, last) = split_full_name(&cell.value);
        let words = [first.as_str(), " · ", &last].concat();
        let title = ["First name: ", &first, ", last name: ", &last].concat();
        return Some(view! { <span class="rows-note is-old" title=title>{words}</span> }.into_any());
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

#[cfg(test)]
mod tests {
    use super::*;
    use roster::field::Field;
    use roster::problem::Problem;
    use roster::review::Verdict;

    fn row(problems: Vec<Problem>, cells: Vec<Cell>) -> RowView {
        RowView {
            row: 1,
            line: 2,
            verdict: Verdict::Invalid,
            reason: None,
            chosen: false,
            can_choose: false,
            exists: false,
            person_key: None,
            cells,
            problems,
        }
    }

    #[test]
    fn what_is_wrong_with_a_whole_row_stands_in_its_last_cell() {
        let short = Problem::whole(Code::RowTooFewFields, "One cell is missing.");
        let lacking = Problem::whole(Code::HeaderMissingRequired, "No column feeds Email.");
        let told = row(vec![short.clone(), lacking], vec![Cell::default(), Cell::default()]);
        assert!(cell_of(&told, 0).is_some_and(|cell| cell.problems.is_empty()));
        assert_eq!(cell_of(&told, 1).map(|cell| cell.problems), Some(vec![short.clone()]));
        assert_eq!(cell_of(&told, 2), None);
        // Once is enough.
        let there = Cell { problems: vec![short.clone()], ..Cell::default() };
        let once = row(vec![short.clone()], vec![there, Cell::default()]);
        assert!(cell_of(&once, 1).is_some_and(|cell| cell.problems.is_empty()));
    }

    #[test]
    fn the_ear_is_told_what_the_eye_sees() {
        let problem = Problem::of(Code::EmailInvalid, Field::Email, "The address has no @.");
        let cell = Cell { value: "anna".into(), problems: vec![problem], ..Cell::default() };
        assert_eq!(spoken("Email, row 3", &cell), "Email, row 3: anna. The address has no @.");
        assert_eq!(spoken("Email, row 3", &Cell { problems: Vec::new(), ..cell }), "Email, row 3: anna");
    }
}
