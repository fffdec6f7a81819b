//! The head of a page: where it is, its name, a line about it, its actions, and the tabs of its section.

use leptos::prelude::*;

/// The head of a page.
#[component]
pub fn PageHead(
    /// Name of the page.
    #[prop(into)]
    title: String,
    /// One line about it.
    #[prop(optional, into)]
    lead: String,
    /// Links and buttons at the end.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="page-head">
            <div>
                <h1>{title}</h1>
                {(!lead.is_empty()).then(|| view! { <p class="page-lead">{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </div>
    }
    .into_any()
}

/// The page above, and where one is; only where there is depth.
#[component]
pub fn Breadcrumbs(
    /// Address and name of the page above.
    parent: (&'static str, &'static str),
    /// What this page is about.
    #[prop(into)]
    current: Signal<String>,
) -> impl IntoView {
    let (href, above) = parent;
    view! {
        <nav class="breadcrumbs" aria-label="Breadcrumb">
            <ol>
                <li><a href=href>{above}</a></li>
                <li aria-current="page">{move || current.get()}</li>
            </ol>
        </nav>
    }
    .into_any()
}

/// The tabs of the section that administers people: links, so that each has an address.
#[component]
pub fn PeopleAdminTabs(
    /// `list`, `import` or `history`.
    current: &'static str,
) -> impl IntoView {
    let tab = |name: &'static str, href: &'static str, words: &'static str| {
        let here = (name == current).then_some("page");
        view! { <a class="tab" href=href aria-current=here>{words}</a> }
    };
    view! {
        <nav class="tabs" aria-label="People admin">
            {tab("list", "/admin/people", "List")}
            {tab("import", "/admin/people/import", "Add/Update")}
            {tab("history", "/admin/imports", "History")}
        </nav>
    }
    .into_any()
}
