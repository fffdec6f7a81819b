//! What people are handed to sign in with: the dialogs that send it by mail or put it on a sheet, for whoever is chosen.

mod send;
mod sheet;
mod zone;

pub use send::SendDialog;
pub use sheet::SheetDialog;

use crate::api::people_admin::Selection;
use crate::api::waves::{Recipients, recipients};
use crate::components::load::load;
use crate::components::notice::failure;
use crate::components::number::counted;
use leptos::prelude::*;

/// How many of those who were chosen get something; loaded when a dialog opens. `able` is told the number.
fn who_gets_it(selection: Signal<Selection>, able: RwSignal<Option<u32>>) -> AnyView {
    load(move || selection.get(), recipients).show(
        || view! { <p class="muted" aria-busy="true">"Counting…"</p> }.into_any(),
        move |found| match found {
            Ok(found) => {
                able.set(Some(found.able));
                view! { <p class="small" role="status">{told(found)}</p> }.into_any()
            }
            Err(error) => failure(&error),
        },
    )
}

fn told(found: Recipients) -> String {
    let able = counted(found.able.into(), "person", "people");
    if found.left_out == 0 {
        return [&able, "."].concat();
    }
    let left_out = counted(found.left_out.into(), "is", "are");
    [&able, "; ", &left_out, " left out: own password already set, deactivated, or administrator."].concat()
}

#[cfg(test)]
mod tests {
    use super::{Recipients, told};

    #[test]
    fn who_is_left_out_is_told() {
        assert_eq!(told(Recipients { able: 1, left_out: 0 }), "1 person.");
        let told = told(Recipients { able: 38, left_out: 2 });
        assert!(told.starts_with("38 people; 2 are left out: "), "{told}");
    }
}
