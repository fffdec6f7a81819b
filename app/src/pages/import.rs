//! `/admin/people/import`: the import workbench.

use crate::api::imports::{ImportState, imports, workbench_context};
use crate::components::number::count;
use crate::components::page_head::{PageHead, PeopleAdminTabs};
use crate::workbench::view::WorkbenchView;
use leptos::prelude::*;
use leptos_meta::Title;

/// Add or update people from a file.
#[component]
pub fn ImportPage() -> impl IntoView {
    let context = Resource::new(|| (), |()| workbench_context());
    view! {
        <Title text="Add or update people"/>
        <PageHead title="People admin" lead="Add or update people from a file. Nothing leaves this browser before you confirm."/>
        <PeopleAdminTabs current="import"/>
        <UnderWay/>
        <Suspense>
            {move || Suspend::new(async move {
                match context.await {
                    Ok(context) => view! { <WorkbenchView context/> }.into_any(),
                    Err(error) => view! { <div class="notice is-bad" role="alert"><p>{error.to_string()}</p></div> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// Imports that are still going on, so that whoever comes back finds them.
#[component]
fn UnderWay() -> impl IntoView {
    let recent = Resource::new(|| (), |()| imports(1));
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let imports = recent.await.map(|page| page.items).unwrap_or_default();
                imports.into_iter().filter(|import| matches!(import.state, ImportState::Receiving | ImportState::Running)).take(3).map(|import| {
                    let words = if import.state == ImportState::Receiving {
                        format!("{} of {} rows of {} have been sent. Choose the same file and confirm again to send the rest, or cancel it.", count(import.received.into()), count(import.rows.into()), import.file_name)
                    } else {
                        format!("{}: {} of {} rows are done. It goes on by itself.", import.file_name, count(import.done.into()), count(import.rows.into()))
                    };
                    view! {
                        <div class="notice">
                            <div><p class="notice-title">"An import is under way"</p><p>{words}</p></div>
                            <div class="notice-actions"><a class="button is-small" href=format!("/admin/imports/{}", import.id)>"Show"</a></div>
                        </div>
                    }
                }).collect_view()
            })}
        </Suspense>
    }
    .into_any()
}
