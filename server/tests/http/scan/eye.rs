//! What every answer is looked at for, whatever was asked.

use super::html::{self, MARK};
use crate::site::Answer;
use axum::http::StatusCode;
use std::collections::{BTreeMap, HashSet};

pub const HERE: &str = "https://people.example.org";

/// The policy of every answer; pages have a nonce in it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
     frame-ancestors 'none'";

/// The others, each with its one value.
const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
];

/// Headers that would say what the server is made of, or let others read it.
const NEVER: &[&str] =
    &["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials", "via"];

/// Words of what is inside, none of which is the business of whoever asks.
const INSIDES: &[&str] = &[
    "sqlx",
    "sqlite",
    "postgres",
    "SELECT ",
    "INSERT ",
    "panicked",
    "backtrace",
    "/tmp/",
    ".rs:",
    "serde",
    "postcard",
    "Postcard",
    "eserializ",
    "server_fn",
    "#[server]",
    "axum",
    "hyper",
    "leptos::",
    "Failed to",
    "No such file",
];

/// What databases say when they fail; on no page either.
const DATABASE: &[&str] = &["no such table", "no such column", "sqlx", "syntax error"];

/// Looks at answers, and keeps what is wrong with them.
#[derive(Default)]
pub struct Eye {
    wrongs: BTreeMap<String, (usize, String)>,
    nonces: HashSet<String>,
    looked: usize,
    /// Answers that said that the service is not available, where that is to be expected.
    unavailable: Option<usize>,
}

impl Eye {
    /// For a site whose database fails: 503 is right then, and nothing else of the kind.
    pub fn of_a_failing_site() -> Eye {
        Eye { unavailable: Some(0), ..Eye::default() }
    }

    /// How many answers said that the service is not available.
    pub fn unavailable(&self) -> usize {
        self.unavailable.unwrap_or_default()
    }

    /// Something is wrong; the first of a kind is kept with what was asked.
    pub fn wrong(&mut self, what: impl Into<String>, asked: &str) {
        self.wrongs.entry(what.into()).or_insert_with(|| (0, format!("{asked:.200}"))).0 += 1;
    }

    /// Looks at an answer. `file` is one of the site's own files.
    pub fn look(&mut self, asked: &str, answer: &Answer, file: bool) {
        self.looked += 1;
        let mut wrong =
            |what: String| self.wrongs.entry(what).or_insert_with(|| (0, format!("{asked:.200}"))).0 += 1;
        match (&mut self.unavailable, answer.status) {
            (Some(number), StatusCode::SERVICE_UNAVAILABLE) => *number += 1,
            (_, status) if status.is_server_error() => wrong(format!("{status}")),
            _ => {}
        }
        if let Some(inside) = DATABASE.iter().find(|inside| answer.body.contains(**inside)) {
            wrong(format!("tells of {inside:?}"));
        }
        for (name, value) in HEADERS {
            if answer.header(name) != *value {
                wrong(format!("{name}: {:?}", answer.header(name)));
            }
        }
        let cache = if file { "no-cache" } else { "no-store" };
        if answer.header("cache-control") != cache {
            wrong(format!("cache-control: {}", answer.header("cache-control")));
        }
        for (name, value) in &answer.headers {
            if name.as_str().contains(MARK) || NEVER.contains(&name.as_str()) {
                wrong(format!("the header {name}"));
            }
            if answer.headers.get_all(name).iter().count() > 1 && name != "vary" {
                wrong(format!("{name} more than once, with {value:?}"));
            }
        }
        let kind = answer.header("content-type").to_owned();
        if !answer.body.is_empty() && kind.is_empty() {
            wrong("no content-type".to_owned());
        }
        let text = ["text/", "image/svg+xml"].iter().any(|begin| kind.starts_with(begin));
        if text && !kind.ends_with("; charset=utf-8") {
            wrong(format!("{kind} without a charset"));
        }
        for what in place(answer.header("location")).into_iter().chain(cookie(answer.header("set-cookie"))) {
            wrong(what);
        }
        let policy = answer.header("content-security-policy");
        let (policy, nonce) = match policy.split_once(" 'nonce-") {
            Some((before, rest)) => {
                let (nonce, after) = rest.split_once('\'').unwrap_or((rest, ""));
                (format!("{before}{after}"), nonce.to_owned())
            }
            None => (policy.to_owned(), String::new()),
        };
        if policy != POLICY {
            wrong(format!("the policy {policy}"));
        }
        if kind.starts_with("text/html") {
            for what in html::wrongs(&answer.body, &nonce) {
                wrong(what);
            }
            let has_script = answer.body.contains("<script") && !answer.body.contains("src=\"/print.js\"");
            if has_script && (nonce.len() < 20 || !self.nonces.insert(nonce)) {
                self.wrong("a nonce that is short or was used before", asked);
            }
        } else if answer.status.is_client_error() || answer.status.is_server_error() {
            for inside in INSIDES.iter().filter(|inside| answer.body.contains(**inside)) {
                self.wrong(format!("an error tells of {inside:?}: {:.160}", answer.body), asked);
            }
        }
    }

    /// How many answers were seen.
    pub fn looked(&self) -> usize {
        self.looked
    }

    /// Fails with all that is wrong.
    pub fn closes(self) {
        let list =
            self.wrongs.iter().map(|(what, (times, asked))| format!("{times} x {what}\n    first: {asked}"));
        let list: Vec<String> = list.collect();
        assert!(list.is_empty(), "of {} answers:\n{}", self.looked, list.join("\n"));
    }
}

/// What is wrong with where an answer leads.
fn place(location: &str) -> Option<String> {
    let here = location.starts_with('/') && !location.starts_with("//") && !location.contains('\\');
    (!location.is_empty() && !here).then(|| format!("led to {location:.80}"))
}

/// What is wrong with a cookie.
fn cookie(cookie: &str) -> Option<String> {
    let mut parts =
        cookie.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age=")).collect::<Vec<_>>();
    parts.sort_unstable();
    let sound =
        cookie.starts_with("__Host-sid=") && parts == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"];
    (!cookie.is_empty() && !sound).then(|| format!("the cookie {cookie}"))
}
