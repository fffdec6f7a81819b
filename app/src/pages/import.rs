//! `/admin/people/import`: the import workbench.

use crate::api::imports::{ImportState, ImportView, imports, workbench_context};
use crate::components::load::{load, nothing};
use crate::components::notice::failure;
use crate::components::number::count;
use crate::components::page_head::{PageHead, PeopleAdminTabs};
use crate::workbench::view::WorkbenchView;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Add or update people from a file.
#[component]
pub fn ImportPage() -> impl IntoView {
    let query = use_query_map();
    let mends = move || query.with(|query| query.get("mends")).unwrap_or_default();
    let context = load(mends, workbench_context);
    let under_way = load(|| (), |()| imports(1));
    view! {
        <Title text="Add or update people"/>
        <PageHead title="People admin" lead="Add or update people from a file. Nothing leaves this browser before you confirm."/>
        <PeopleAdminTabs current="import"/>
        {under_way.show(nothing, |page| page.map_or_else(|error| failure(&error), |page| notices(page.items)))}
        {context.show(nothing, |context| match context {
            Ok(context) => view! { <WorkbenchView context/> }.into_any(),
            Err(error) => failure(&error),
        })}
    }
    .into_any()
}

/// Imports that are still going on, so that whoever comes back finds them.
fn notices(imports: Vec<ImportView>) -> AnyView {
    let going_on =
        |import: &ImportView| matches!(import.state, ImportState::Receiving | ImportState::Running);
    imports.into_iter().filter(going_on).take(3).map(notice).collect_view().into_any()
}

fn notice(import: ImportView) -> AnyView {
    let name = import.file_name;
    let rows = count(import.rows.into());
    let words = if import.state == ImportState::Receiving {
        let sent =
            [&count(import.received.into()), " of ", &rows, " rows of ", &name, " have been sent. "].concat();
        sent + "Choose the same file and confirm again to send the rest, or cancel it."
    } else {
        [&name, ": ", &count(import.done.into()), " of ", &rows, " rows are done. It goes on by itself."]
            .concat()
    };
    view! {
        <div class="notice">
            <div><p class="notice-title">"An import is under way"</p><p>{words}</p></div>
            <div class="notice-actions"><a class="button is-small" href=["/admin/imports/", &import.id].concat()>"Show"</a></div>
        </div>
    }
    .into_any()
}
