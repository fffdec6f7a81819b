//! What a watcher is told, and what not.

use crate::site::{PASSWORD, Site};
use server::metrics::page;
use std::collections::BTreeMap;

/// Samples by name and labels; the page has to be what Prometheus reads.
fn samples(page: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut family = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            family = name.to_owned();
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            assert_eq!(name.split('{').next(), Some(family.as_str()), "{line}");
            let before = found.insert(name.to_owned(), value.parse().expect("a number"));
            assert!(before.is_none(), "twice: {line}");
        }
    }
    found
}

#[tokio::test]
async fn metrics_tell_what_happens_and_name_nobody() {
    let site = Site::at("http://people.example.org").await;
    site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], true).await;
    let before = samples(&page(&site.world.directory).await);
    for password in ["wrong", PASSWORD] {
        let form = format!("login=petra&password={}", password.replace(' ', "+"));
        let _ = site.call("/api/public/sign_in", None, &form).await;
        site.world.clock.advance(std::time::Duration::from_secs(2));
    }
    let text = page(&site.world.directory).await;
    let after = samples(&text);
    let grown = |name: &str| after[name] - before.get(name).copied().unwrap_or(0);
    assert_eq!(grown("rollcall_sign_ins_total{result=\"done\"}"), 1);
    assert_eq!(grown("rollcall_sign_ins_total{result=\"refused\"}"), 1);
    assert_eq!(grown("rollcall_password_hashes_total"), 2);
    // Other tests of this program answer requests at the same time.
    assert!(grown("rollcall_http_requests_total{class=\"2xx\"}") >= 1);
    assert!(grown("rollcall_http_requests_total{class=\"4xx\"}") >= 1);
    assert_eq!(after["rollcall_imports{state=\"completed\"}"], 1);
    assert_eq!(after["rollcall_import_rows_received{state=\"completed\"}"], 2);
    assert_eq!(after["rollcall_import_rows_done{state=\"completed\"}"], 2);
    assert_eq!(after["rollcall_messages{state=\"queued\"}"], 2);
    assert_eq!(after["rollcall_seats_used"], 2);
    assert_eq!(after["rollcall_database_up"], 1);
    assert_eq!(after["rollcall_password_hash_bytes"], 19_456 * 1024);
    assert!(after.keys().any(|name| name.starts_with("rollcall_build_info{version=\"")));
    for private in ["petra", "anna", "example.org", "192.0.2", PASSWORD] {
        assert!(!text.contains(private), "{text}");
    }
}

#[tokio::test]
async fn metrics_say_that_the_database_is_away() {
    let site = Site::at("http://people.example.org").await;
    let failures = samples(&page(&site.world.directory).await)["rollcall_database_failures_total"];
    site.world.directory.close().await;
    let after = samples(&page(&site.world.directory).await);
    assert_eq!(after["rollcall_database_up"], 0);
    assert!(after["rollcall_database_failures_total"] > failures);
    assert!(!after.contains_key("rollcall_seats_used"), "what is not known is not said");
}
