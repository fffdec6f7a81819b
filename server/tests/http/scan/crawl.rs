//! Every page that links and forms lead to, as each role, on a site where everything that is stored is hostile.

use super::eye::Eye;
use super::html;
use super::payloads::{encoded, payloads};
use super::town::{Role, Town};
use axum::http::StatusCode;
use std::collections::{BTreeSet, VecDeque};

/// The patterns of all pages, as the router has them.
pub fn routes() -> Vec<String> {
    let routes = server::http::pages();
    // As axum writes them: `/people/{username}`.
    let colons = |path: &str| path.replace('{', ":").replace('}', "");
    let mut paths: Vec<String> = routes.iter().map(|route| colons(route.path())).collect();
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() > 12, "{paths:?}");
    paths
}

/// Pages that only mails, the server's own words, or a password that was right lead to.
const BY_MAIL: &[&str] = &["/setup", "/password/reset", "/password/set", "/sign-in/code"];

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(&path).all(|(pattern, part)| pattern.starts_with(':') || pattern == part)
}

/// A form of a page.
struct Form {
    page: String,
    action: String,
    fields: Vec<(String, String)>,
}

/// What a crawl finds.
#[derive(Default)]
struct Found {
    /// Each with the status it was answered with.
    pages: Vec<(String, StatusCode)>,
    forms: Vec<Form>,
}

/// Follows links and forms that fetch from `/` until nothing new comes.
async fn crawl(town: &Town, role: Role, eye: &mut Eye) -> Found {
    let mut found = Found::default();
    let mut known = BTreeSet::new();
    let mut waiting: VecDeque<String> = ["/".to_owned()].into();
    waiting.extend(BY_MAIL.iter().map(|path| (*path).to_owned()));
    while let Some(address) = waiting.pop_front() {
        // Of lists of people, rows and pages a few will do: they are all made alike.
        let kind: String = address.chars().filter(|c| !c.is_ascii_digit()).collect();
        let alike = known.iter().filter(|(_, own)| *own == kind).count();
        if alike >= 12 || !known.insert((address.clone(), kind)) {
            continue;
        }
        let answer = town.open(role, &address).await;
        let file = address.starts_with("/pkg/") || address.contains('.') && !address.starts_with("/admin");
        if file {
            // This site has no files; who links to one is right all the same.
            continue;
        }
        eye.look(&format!("{role:?} {address}"), &answer, false);
        found.pages.push((address.clone(), answer.status));
        let location = answer.header("location");
        if !location.is_empty() {
            waiting.push_back(location.to_owned());
        }
        if answer.header("content-type").starts_with("text/html") {
            look_for_more(&address, &answer.body, &mut waiting, &mut found.forms);
        }
    }
    found
}

fn look_for_more(page: &str, body: &str, waiting: &mut VecDeque<String>, forms: &mut Vec<Form>) {
    let path = page.split(['?', '#']).next().unwrap_or(page);
    let whole = |address: &str| match address.chars().next() {
        Some('/') => Some(address.split('#').next().unwrap_or_default().to_owned()),
        Some('?') => Some(format!("{path}{address}")),
        _ => None,
    };
    let mut form: Option<(bool, Form)> = None;
    let mut done = Vec::new();
    for element in html::elements(body) {
        match element.name.as_str() {
            "a" | "link" => waiting.extend(whole(element.value("href"))),
            "script" | "img" => waiting.extend(whole(element.value("src"))),
            "form" => {
                done.extend(form.take());
                let action = match element.value("action") {
                    "" => path.to_owned(),
                    action => action.to_owned(),
                };
                let posts = element.value("method").eq_ignore_ascii_case("post");
                form = Some((posts, Form { page: page.to_owned(), action, fields: Vec::new() }));
            }
            "input" | "select" | "textarea" | "button" if !element.value("name").is_empty() => {
                if let Some((_, form)) = &mut form {
                    form.fields.push((element.value("name").to_owned(), element.value("value").to_owned()));
                }
            }
            _ => {}
        }
    }
    for (posts, form) in done.into_iter().chain(form) {
        if posts {
            forms.push(form);
        } else {
            // What somebody would type who searches.
            for words in ["zq", "\"><zqtag zqattr=1>"] {
                waiting.push_back(format!("{}?{}", form.action, query(&form.fields, words)));
            }
        }
    }
}

fn query(fields: &[(String, String)], words: &str) -> String {
    fields
        .iter()
        .map(|(name, _)| format!("{}={}", encoded(name), encoded(words)))
        .collect::<Vec<_>>()
        .join("&")
}

#[tokio::test]
async fn nothing_that_was_stored_runs_on_any_page() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let mut seen = BTreeSet::new();
    let mut hostile = 0;
    for role in Role::ALL {
        let found = crawl(&town, role, &mut eye).await;
        let shown: Vec<&str> = found.pages.iter().map(|(path, _)| path.as_str()).collect();
        for (path, status) in &found.pages {
            let bare = path.split('?').next().unwrap_or_default();
            seen.extend(routes().into_iter().filter(|route| fits(route, bare)));
            // A page that a page leads to is there; what somebody typed into a form may be refused.
            let typed = path.contains("=zq") || path.contains("zqtag");
            let there = status.is_success() || status.is_redirection() || typed && status.is_client_error();
            if !there && !BY_MAIL.contains(&bare) {
                eye.wrong(format!("{role:?} is led to {status}"), path);
            }
            if role != Role::Administrator && bare.starts_with("/admin") && status.is_success() {
                eye.wrong(format!("{role:?} sees a page of administrators"), path);
            }
        }
        match role {
            Role::Nobody | Role::Newcomer => assert!(shown.len() < 12, "{role:?}: {shown:?}"),
            Role::Member => assert!(shown.len() > 12, "{shown:?}"),
            Role::Administrator => {
                assert!(shown.len() > 50, "{shown:?}");
                for (path, _) in &found.pages {
                    hostile += usize::from(town.open(role, path).await.body.contains("zqtag"));
                    // What administrators see, others do not.
                    for other in [Role::Nobody, Role::Newcomer, Role::Member] {
                        if path.starts_with("/admin") {
                            let answer = town.open(other, path).await;
                            eye.look(&format!("{other:?} {path}"), &answer, false);
                            let led = answer.header("location");
                            let right = match other {
                                Role::Nobody => {
                                    led.starts_with("/sign-in?next=%2F") || led.starts_with("/sign-in?next=/")
                                }
                                Role::Newcomer => led == "/password",
                                _ => answer.status == StatusCode::FORBIDDEN && !answer.body.contains("zq"),
                            };
                            if !right {
                                eye.wrong(format!("{other:?} gets {} {led}", answer.status), path);
                            }
                        }
                    }
                }
            }
        }
        // Forms without a script, with nothing good in them.
        for form in &found.forms {
            for words in payloads().iter().step_by(6) {
                if form.action == "/sign-out" || form.action == super::ENDS {
                    continue;
                }
                let body = query(&form.fields, words).into_bytes();
                let answer = town.post(role, &form.action, true, body).await;
                eye.look(&format!("{role:?} {} of {} {words:?}", form.action, form.page), &answer, false);
            }
        }
    }
    assert!(hostile > 20, "the pages show what is hostile: {hostile}");
    let missing: Vec<_> = routes().into_iter().filter(|route| !seen.contains(route)).collect();
    assert!(missing.is_empty(), "no page leads to {missing:?}");
    eye.closes();
}

/// What pages read from their address.
const PARAMETERS: &[&str] = &[
    "text",
    "show",
    "import",
    "page",
    "department",
    "state",
    "read",
    "outcome",
    "event",
    "from",
    "until",
    "next",
    "token",
    "asked",
    "new",
    "tab",
    "__path",
    "__err",
];

#[tokio::test]
async fn no_address_comes_back_as_markup() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let (import, wave) = (town.import.to_string(), town.wave.to_string());
    let downloads = ["/admin/audit/export.csv", "/nowhere", "/"].map(str::to_owned);
    for (at, text) in payloads().iter().enumerate() {
        let text = encoded(text);
        let all = |name: &&str| format!("{name}={text}");
        let all = PARAMETERS.iter().map(all).collect::<Vec<_>>().join("&");
        for (number, route) in routes().into_iter().chain(downloads.clone()).enumerate() {
            let id = if route.starts_with("/admin/imports") { &import } else { &wave };
            let page = route.replace(":username", "zq1").replace(":id", id);
            let role = if page.starts_with("/sign-in") || page.starts_with("/password/") {
                Role::Nobody
            } else {
                Role::Administrator
            };
            let one = PARAMETERS[(at + number) % PARAMETERS.len()];
            let hostile = route.replace(":username", &text).replace(":id", &text);
            let addresses = [
                format!("{page}?{all}"),
                format!("{page}?{one}={text}"),
                format!("{page}?{text}&{text}={text}"),
                hostile,
            ];
            for address in addresses.iter().take(if at % 4 == 0 { 4 } else { 1 }) {
                let Some(answer) = town.ask(role, axum::http::Method::GET, address).await else { continue };
                eye.look(address, &answer, false);
            }
        }
    }
    assert!(eye.looked() > 1_000, "{}", eye.looked());
    eye.closes();
}
