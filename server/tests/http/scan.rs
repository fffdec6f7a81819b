//! The site scanned as an attacker would, from outside: every function, page and download, whatever can be put into each,
//! and what comes back.

mod broken;
pub mod calls;
mod crawl;
mod eye;
mod html;
mod more;
mod payloads;
mod town;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use eye::Eye;
use leptos::server_fn::axum::server_fn_paths;
use payloads::{Dice, encoded, payloads};
use std::collections::BTreeSet;
use town::{FORMULA, Role, Town};

/// What the guard says to each role about a function.
fn refusal(role: Role, path: &str) -> Option<(StatusCode, &'static str)> {
    let under = |root: &str| path.starts_with(root);
    let anyone = under("/api/public/");
    let change = under("/api/password/") || under("/api/session/");
    match role {
        Role::Nobody if !anyone => Some((StatusCode::UNAUTHORIZED, "\"SignInRequired\"")),
        Role::Newcomer if !change => Some((StatusCode::FORBIDDEN, "\"PasswordChangeRequired\"")),
        Role::Member if under("/api/admin/") => Some((StatusCode::FORBIDDEN, "\"Forbidden\"")),
        _ => None,
    }
}

/// What ends the session that asks.
const ENDS: &str = "/api/session/sign_out";

#[tokio::test]
async fn every_function_is_in_the_table_of_calls() {
    let called: BTreeSet<&str> = calls::with_text("x").iter().map(|call| call.path).collect();
    let numbers: BTreeSet<&str> = calls::with_numbers("x", "x").iter().map(|call| call.path).collect();
    let all: BTreeSet<&str> = server_fn_paths().map(|(path, _)| path).collect();
    let missing: Vec<_> =
        all.iter().filter(|path| !called.contains(**path) && !numbers.contains(**path)).collect();
    assert!(missing.is_empty(), "add to scan/calls.rs what these take: {missing:?}");
    let gone: Vec<_> = called.difference(&all).collect();
    assert!(gone.is_empty(), "take out of scan/calls.rs: {gone:?}");
}

#[tokio::test]
async fn no_payload_breaks_a_function_or_shows_its_insides() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    for text in payloads() {
        for call in calls::with_text(&text) {
            if call.path == ENDS {
                continue;
            }
            let answer = town.post(Role::Administrator, call.path, call.form, call.body).await;
            eye.look(&format!("{} {text:?}", call.path), &answer, false);
        }
    }
    for call in calls::with_numbers(&town.import.to_string(), &town.wave.to_string()) {
        let answer = town.post(Role::Administrator, call.path, call.form, call.body.clone()).await;
        eye.look(&format!("{} {:?}", call.path, call.body), &answer, false);
    }
    assert!(eye.looked() > 3_000, "{}", eye.looked());
    // The session is alive, so that every answer was one of the function and not of the guard.
    assert_eq!(town.open(Role::Administrator, "/admin/people").await.status, StatusCode::OK);
    eye.closes();
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_as_that() {
    let town = Town::new().await;
    let (mut eye, mut dice) = (Eye::default(), Dice(0x5eed_2026));
    for call in calls::with_text("words") {
        if call.path == ENDS {
            continue;
        }
        let mut bodies: Vec<Vec<u8>> = (0..4).map(|size| dice.bytes(1 << (size * 3))).collect();
        bodies.push(call.body.iter().rev().copied().collect());
        bodies.push(call.body[..call.body.len() / 2].to_vec());
        // A length beyond all memory, invalid UTF-8, JSON, an escape that is none.
        bodies.extend([
            vec![0xff; 24],
            b"\x02\xc3\x28".to_vec(),
            b"{\"a\":1}".to_vec(),
            b"id=%zz%&=&username=%ff".to_vec(),
        ]);
        for body in bodies {
            for form in [true, false] {
                let answer = town.post(Role::Administrator, call.path, form, body.clone()).await;
                let asked = format!("{} {:?}", call.path, &body[..body.len().min(40)]);
                if answer.status == StatusCode::NOT_FOUND && call.path.contains("public") {
                    continue;
                }
                eye.look(&asked, &answer, false);
            }
        }
    }
    eye.closes();
}

#[tokio::test]
async fn wrong_roles_are_told_the_same_whatever_they_ask() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let mut told = 0;
    for text in ["zq1", &town.import.to_string(), &town.wave.to_string(), "\"><zqtag>", "\0"] {
        for call in calls::with_text(text) {
            for role in Role::ALL {
                let Some((status, body)) = refusal(role, call.path) else { continue };
                let answer = town.post(role, call.path, call.form, call.body.clone()).await;
                let asked = format!("{role:?} {} {text:?}", call.path);
                eye.look(&asked, &answer, false);
                if (answer.status, answer.body.as_str()) != (status, body) {
                    eye.wrong(format!("{role:?} is told {} {:.80}", answer.status, answer.body), &asked);
                }
                told += 1;
            }
        }
    }
    assert!(told > 500, "{told}");
    eye.closes();
}

#[tokio::test]
async fn other_methods_are_none() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let functions: Vec<&str> = server_fn_paths().map(|(path, _)| path).collect();
    let pages =
        crawl::routes().into_iter().map(|route| route.replace(":username", "zq1").replace(":id", "x"));
    let pages: Vec<String> =
        pages.chain(["/healthz", "/readyz", "/admin/audit/export.csv"].map(str::to_owned)).collect();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "POST", "GET", "X"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let functions = functions.iter().filter(|_| method != Method::POST).map(|path| (*path).to_owned());
        let pages = pages.iter().filter(|_| method != Method::GET).cloned();
        for path in functions.chain(pages) {
            let answer = town.ask(Role::Administrator, method.clone(), &path).await.expect("an address");
            let asked = format!("{method} {path}");
            eye.look(&asked, &answer, false);
            if answer.status != StatusCode::METHOD_NOT_ALLOWED {
                eye.wrong(format!("{method} is answered with {}", answer.status), &asked);
            }
        }
    }
    eye.closes();
}

/// Spellings of a path that some part of a server might take for another one.
fn spellings(path: &str) -> Vec<String> {
    let rest = &path[1..];
    let first = rest.as_bytes()[0];
    let folder = rest.split_once('/').map_or(rest, |(folder, _)| folder);
    vec![
        format!("/{path}"),
        format!("/.{path}"),
        format!("/people/..{path}"),
        format!("/pkg/..{path}"),
        format!("/pkg/%2e%2e{path}"),
        format!("/pkg/..%2f{rest}"),
        format!("/api/public/..{path}"),
        format!("/api/public/%2e%2e/%2e%2e{path}"),
        format!("/%{first:02x}{}", &rest[1..]),
        path.to_uppercase(),
        path.replacen(folder, &format!("{folder}/"), 1),
        path.replacen(folder, &format!("{folder}/."), 1),
        path.replacen(folder, &format!("{folder}%2f"), 1),
        path.replacen(folder, &format!("{folder};x"), 1),
        path.replacen(folder, &format!("{folder}%00"), 1),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path};.css"),
        format!("{path}/.css"),
        format!("{path}.json"),
        format!("/sign-in{path}"),
        format!("/sign-in/..{path}"),
        format!("/healthz/..{path}"),
        format!("/favicon.svg{path}"),
        format!("\\{rest}"),
    ]
}

#[tokio::test]
async fn no_spelling_of_a_path_is_a_way_around_the_door() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let (import, wave) = (town.import, town.wave);
    let pages = [
        "/admin/people".to_owned(),
        "/admin/audit".to_owned(),
        "/admin/settings".to_owned(),
        "/admin/audit/export.csv".to_owned(),
        format!("/admin/imports/{import}"),
        format!("/admin/imports/{import}/failed.csv"),
        format!("/admin/waves/{wave}"),
        "/people/zq1".to_owned(),
        "/api/admin/settings".to_owned(),
        "/api/admin/seats".to_owned(),
    ];
    for page in &pages {
        for spelling in std::iter::once(page.clone()).chain(spellings(page)) {
            for role in [Role::Nobody, Role::Newcomer, Role::Member] {
                if role == Role::Member && page.starts_with("/people") {
                    continue;
                }
                for method in [Method::GET, Method::POST, Method::HEAD] {
                    let Some(answer) = town.ask(role, method.clone(), &spelling).await else { continue };
                    let asked = format!("{role:?} {method} {spelling}");
                    eye.look(&asked, &answer, spelling.starts_with("/pkg/"));
                    // The member's own name and the organisation's may be there; nobody else's, no event, no address.
                    let inside = ["zq1+", "sign_in_refused", "Import committed", "mail_text", "event"];
                    if let Some(word) = inside.iter().find(|word| answer.body.contains(**word)) {
                        eye.wrong(format!("{role:?} sees {word}"), &asked);
                    }
                    if answer.status.is_success() && method == Method::POST {
                        eye.wrong(format!("{role:?} is answered with {}", answer.status), &asked);
                    }
                }
            }
        }
    }
    // Nothing outside of the site's folder.
    for climb in [
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%5c",
        "..\\",
        "%252e%252e%252f",
        "....//",
        "%c0%ae%c0%ae/",
    ] {
        for start in ["/pkg/", "/", "/pkg/x/"] {
            let path = format!("{start}{}etc/passwd", climb.repeat(12));
            let Some(answer) = town.ask(Role::Administrator, Method::GET, &path).await else { continue };
            eye.look(&path, &answer, path.starts_with("/pkg/"));
            if answer.body.contains("root:") || answer.status.is_success() {
                eye.wrong("a file from outside of the site", &path);
            }
        }
    }
    eye.closes();
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_for_one_look_alike() {
    let town = Town::new().await;
    town.site.close("zq2").await;
    let no_id = "019368a0-0000-7000-8000-000000000000";
    let (import, wave) = (town.import.to_string(), town.wave.to_string());
    let pairs = [
        ("/people/zq2".to_owned(), "/people/zqnobody".to_owned()),
        (format!("/admin/imports/{import}"), format!("/admin/imports/{no_id}")),
        (format!("/admin/imports/{import}/failed.csv"), format!("/admin/imports/{no_id}/failed.csv")),
        (format!("/admin/waves/{wave}"), format!("/admin/waves/{no_id}")),
        ("/admin/audit".to_owned(), "/admin/nothing".to_owned()),
    ];
    for (there, not_there) in pairs {
        for role in [Role::Nobody, Role::Newcomer, Role::Member] {
            let seen = async |path: &str| {
                let answer = town.open(role, path).await;
                let nonce = answer.header("content-security-policy").split_once("'nonce-");
                let nonce = nonce.and_then(|(_, rest)| rest.split_once('\'')).map_or("", |(nonce, _)| nonce);
                let last = path.rsplit_once('/').expect("a path").1;
                let clean = |text: &str| match nonce {
                    "" => text.to_owned(),
                    nonce => text.replace(nonce, "NONCE"),
                };
                let (body, place) = (clean(&answer.body), answer.header("location").to_owned());
                let asked = path.split('/').nth(3).unwrap_or(last);
                (
                    answer.status,
                    body.replace(asked, "ASKED"),
                    place.replace(&encoded(asked), "ASKED").replace(asked, "ASKED"),
                )
            };
            let (one, other) = (seen(&there).await, seen(&not_there).await);
            assert_ne!(one.0, StatusCode::OK, "{role:?} {there}");
            assert_eq!(one, other, "{role:?} {there}");
        }
    }
    for name in ["profile", "search"] {
        let told = async |text: &str| {
            let body = match name {
                "search" => postcard::to_stdvec(&(text, "", 1_u32)),
                _ => postcard::to_stdvec(&(text,)),
            };
            let body = body.expect("written");
            let answer = town.post(Role::Member, &format!("/api/people/{name}"), false, body).await;
            (answer.status, answer.body)
        };
        let closed = if name == "search" { "zq2+'zq@" } else { "zq2" };
        assert_eq!(told(closed).await, told("zqnobody").await, "{name}");
    }
}

/// Headers that servers have believed.
const BELIEVED: &[&str] = &[
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-forwarded-for",
    "forwarded",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-real-ip",
    "referer",
    "user-agent",
    "accept",
    "accept-language",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "range",
    "content-type",
    "cookie",
    "upgrade",
    "te",
    "expect",
];

#[tokio::test]
async fn no_header_is_believed_or_comes_back() {
    let town = Town::new().await;
    let mut eye = Eye::default();
    let more = [
        "/admin/people",
        "evil.example",
        "https://evil.example/a?b=c",
        "__Host-sid=x; __Host-sid=y",
        "PUT",
        "bytes=0-,5-9,-1",
    ];
    let values = payloads().into_iter().chain(more.map(str::to_owned)).map(|text| text.into_bytes());
    let values: Vec<_> = values.chain([vec![0xff, 0xfe, b'z']]).collect();
    for (at, value) in values.iter().enumerate() {
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        for name in BELIEVED {
            // Pages in turn, and a form that is refused, which leads back to where it came from.
            let path = ["/sign-in", "/people", "/me", "/nowhere", "/admin/people"][at % 5];
            let with = |request: axum::http::request::Builder| {
                let mut request = request.header(header::ACCEPT, "text/html");
                if *name != "cookie" {
                    request = request.header(header::COOKIE, town.cookie(Role::Administrator));
                }
                request.header(HeaderName::from_static(name), value.clone())
            };
            let form = crate::site::form_to("/api/admin/lift_lock");
            for request in
                [with(Request::get(path)).body(Body::empty()), with(form).body(Body::from("username=nobody"))]
            {
                let answer = town.site.send(request.expect("a request")).await;
                let asked = format!("{path} {name}: {value:?}");
                eye.look(&asked, &answer, false);
                if answer.body.contains("evil.example") {
                    eye.wrong(format!("{name} comes back"), &asked);
                }
            }
        }
    }
    eye.closes();
}

#[tokio::test]
async fn tables_hold_no_formula_of_a_stranger() {
    let town = Town::new().await;
    let sheet = town
        .post(Role::Administrator, "/admin/sheet", true, b"form=csv&matching=1&show=never_signed_in".to_vec())
        .await;
    let failed = town.open(Role::Administrator, &format!("/admin/imports/{}/failed.csv", town.import)).await;
    let audit = town.open(Role::Administrator, "/admin/audit/export.csv").await;
    let mut eye = Eye::default();
    for (name, answer) in [("sheet", sheet), ("failed", failed), ("audit", audit)] {
        eye.look(name, &answer, false);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8", "{name}: {:.200}", answer.body);
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\""), "{name}");
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(answer.body.trim_start_matches('\u{feff}').as_bytes());
        let records: Vec<_> =
            csv.records().map(|record| record.expect("CSV with as many cells in each row")).collect();
        assert!(records.len() > 15, "{name}: {}", records.len());
        for cell in records.iter().flatten() {
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
                eye.wrong(format!("{name}: the cell {cell:.60}"), name);
            }
        }
        if name != "audit" {
            assert!(records.iter().flatten().any(|cell| cell.contains(FORMULA)), "{name} has hostile cells");
        }
    }
    eye.closes();
}
