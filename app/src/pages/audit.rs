//! `/admin/audit`: who did what, when.

use crate::api::Listing;
use crate::api::audit::{AuditQuery, AuditView, audit};
use crate::components::empty::Empty;
use crate::components::icon::icon;
use crate::components::load::load;
use crate::components::notice::failure;
use crate::components::page_head::PageHead;
use crate::components::pagination::{Pagination, address, page_count, page_number};
use crate::components::skeleton::skeleton_rows;
use crate::components::time::Moment;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Who did what, when.
#[component]
pub fn AuditPage() -> impl IntoView {
    let query = use_query_map();
    let page = Memo::new(move |_| page_number(query.read().get("page")));
    let filter = Memo::new(move |_| {
        let query = query.read();
        let text = |name| query.get(name).unwrap_or_default();
        AuditQuery { event: text("event"), text: text("text"), from: text("from"), until: text("until") }
    });
    let found = load(move || (filter.get(), page.get()), |(filter, page)| audit(filter, page));
    view! {
        <Title text="Audit"/>
        <PageHead title="Audit" lead="Who did what, and when. Entries are only ever added, and sealed one after the other.">
            <a class="button" href=move || to("/admin/audit/export.csv", &filter.read(), "") download="audit.csv" rel="external">
                "Download CSV"
            </a>
        </PageHead>
        <div class="card">
            <div class="toolbar">{move || filter_form(&filter.read())}</div>
            {found.show(
                || skeleton_rows(8),
                move |found| match found {
                    Ok(found) => trail(found, &filter.read_untracked()),
                    Err(error) => view! { <div class="card-body">{failure(&error)}</div> }.into_any(),
                },
            )}
        </div>
    }
}

fn to(path: &str, filter: &AuditQuery, page: &str) -> String {
    let AuditQuery { event, text, from, until } = filter;
    address(path, &[("event", event), ("text", text), ("from", from), ("until", until), ("page", page)])
}

fn filter_form(filter: &AuditQuery) -> AnyView {
    let AuditQuery { event, text, from, until } = filter.clone();
    let options = EVENTS.iter().map(|(name, words)| {
        let selected = *name == event;
        view! { <option value=*name selected=selected>{*words}</option> }
    });
    view! {
        <form method="get" action="/admin/audit" role="search">
            <div class="search">
                {icon("search")}
                <input
                    class="input"
                    type="search"
                    name="text"
                    aria-label="Search the audit trail"
                    placeholder="Who, to whom, detail"
                    value=text
                />
            </div>
            <select class="select" name="event" aria-label="Event">
                <option value="">"Everything"</option>
                {options.collect_view()}
            </select>
            <label class="day">"From"<input class="input" type="date" name="from" value=from/></label>
            <label class="day">"Until"<input class="input" type="date" name="until" value=until/></label>
            <button class="button" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

/// Events by the names they are stored under (OWASP Logging Vocabulary where it has one), in words.
const EVENTS: [(&str, &str); 37] = [
    ("authn_login_success", "Signed in"),
    ("authn_login_fail", "Sign-in refused"),
    ("authn_login_lock", "Sign-in held back"),
    ("authn_factor_challenge", "Code asked for"),
    ("authn_factor_fail", "Code refused"),
    ("authn_factor_added", "Second factor switched on"),
    ("authn_factor_removed", "Second factor switched off"),
    ("session_ended", "Signed out"),
    ("authn_login_unlock", "Sign-in let go on"),
    ("session_revoked", "Sessions ended"),
    ("authn_reauthentication", "Password given once more"),
    ("authn_reauthentication_fail", "Password once more refused"),
    ("authn_password_change", "Password changed"),
    ("authn_password_change_fail", "Password change refused"),
    ("authn_token_created", "Login details issued"),
    ("user_created", "Account created"),
    ("user_updated", "Account updated"),
    ("user_deleted", "Account removed"),
    ("user_deactivated", "Deactivated"),
    ("user_reactivated", "Reactivated"),
    ("import_opened", "Import confirmed"),
    ("import_sealed", "Import received"),
    ("import_completed", "Import completed"),
    ("import_cancelled", "Import cancelled"),
    ("import_continued", "Import continued"),
    ("import_undone", "Import taken back"),
    ("authz_fail", "Not allowed"),
    ("wave_planned", "Wave planned"),
    ("wave_completed", "Wave completed"),
    ("wave_cancelled", "Wave cancelled"),
    ("sheet_made", "Sheet made"),
    ("message_retried", "Mail tried again"),
    ("test_mail_requested", "Test mail sent"),
    ("message_failed", "Mail failed"),
    ("sys_setup_completed", "Rollcall set up"),
    ("sys_settings_changed", "Settings changed"),
    ("sys_seat_limit_changed", "Seats changed"),
];

/// An event in words; one that is not known keeps its name, with spaces.
fn words(event: &str) -> String {
    match EVENTS.iter().find(|(name, _)| *name == event) {
        Some((_, words)) => (*words).to_owned(),
        None => event.replace('_', " "),
    }
}

fn trail(found: Listing<AuditView>, filter: &AuditQuery) -> AnyView {
    if found.items.is_empty() {
        let (title, text) = if *filter == AuditQuery::default() {
            ("Nothing yet", "Sign-ins, imports and changes are recorded here.")
        } else {
            ("Nothing like that", "No record fits the filter. Days begin and end at midnight UTC.")
        };
        return view! { <Empty glyph="history" title=title text=text/> }.into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| to("/admin/audit", filter, &page.to_string());
    view! {
        <section aria-label="Audit">
            <div class="table-wrap" role="region" aria-label="Audit trail" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Who"</th>
                            <th scope="col">"What"</th>
                            <th scope="col" class="hide-narrow">"To"</th>
                            <th scope="col" class="hide-narrow">"Detail"</th>
                        </tr>
                    </thead>
                    <tbody>{found.items.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <Pagination page=page pages=page_count(total, page_size) total=total page_size=page_size to=to/>
        </section>
    }
    .into_any()
}

fn row(entry: AuditView) -> AnyView {
    let between = if entry.target.is_empty() || entry.detail.is_empty() { "" } else { " · " };
    let narrow = [entry.target.as_str(), between, &entry.detail].concat();
    view! {
        <tr>
            <td class="muted nowrap"><Moment at=entry.at/></td>
            <td>{entry.actor}</td>
            <td><span class="cell-main">{words(&entry.event)}</span><span class="cell-sub only-narrow">{narrow}</span></td>
            <td class="hide-narrow">{entry.target}</td>
            <td class="hide-narrow muted">{entry.detail}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[cfg(feature = "ssr")]
    #[test]
    fn every_event_has_words_and_can_be_looked_for() {
        let known: Vec<_> = super::EVENTS.iter().map(|(name, _)| *name).collect();
        let mut recorded: Vec<_> = directory::audit::Event::ALL.iter().map(|event| event.as_str()).collect();
        recorded.retain(|name| !known.contains(name));
        assert!(recorded.is_empty(), "no words for {recorded:?}");
    }

    #[test]
    fn events_read_as_words() {
        assert_eq!(words("user_created"), "Account created");
        assert_eq!(words("something_else"), "something else");
    }
}
