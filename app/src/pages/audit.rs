//! `/admin/audit`: who did what, when.

use crate::api::Listing;
use crate::api::audit::{AuditView, audit};
use crate::components::empty::Empty;
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
    let found = load(move || page.get(), audit);
    view! {
        <Title text="Audit"/>
        <PageHead title="Audit" lead="Who did what, and when. Entries are only ever added."/>
        {found.show(
            || skeleton_rows(8),
            |found| match found {
                Ok(found) => trail(found),
                Err(error) => failure(&error),
            },
        )}
    }
}

/// Events by the names they are stored under (OWASP Logging Vocabulary where it has one), in words.
const EVENTS: [(&str, &str); 23] = [
    ("authn_login_success", "Signed in"),
    ("authn_login_fail", "Sign-in refused"),
    ("authn_login_lock", "Sign-in held back"),
    ("session_ended", "Signed out"),
    ("authn_password_change", "Password changed"),
    ("authn_password_change_fail", "Password change refused"),
    ("authn_token_created", "Login details issued"),
    ("user_created", "Account created"),
    ("user_updated", "Account updated"),
    ("user_deactivated", "Deactivated"),
    ("user_reactivated", "Reactivated"),
    ("import_opened", "Import confirmed"),
    ("import_sealed", "Import received"),
    ("import_completed", "Import completed"),
    ("import_cancelled", "Import cancelled"),
    ("import_continued", "Import continued"),
    ("authz_fail", "Not allowed"),
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

fn trail(found: Listing<AuditView>) -> AnyView {
    if found.items.is_empty() {
        return view! {
            <section class="card">
                <Empty glyph="history" title="Nothing yet" text="Sign-ins, imports and changes are recorded here."/>
            </section>
        }
        .into_any();
    }
    let (total, page, page_size) = (found.total, found.page, found.page_size);
    let to = |page: u32| address("/admin/audit", &[("page", &page.to_string())]);
    view! {
        <section class="card" aria-label="Audit">
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
    let narrow = [entry.target.as_str(), " ", &entry.detail].concat();
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

    #[test]
    fn events_read_as_words() {
        assert_eq!(words("user_created"), "Account created");
        assert_eq!(words("something_else"), "something else");
    }
}
