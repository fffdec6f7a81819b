//! A flood of sign-ins: bounded work, and everybody else is answered (T12).

use crate::site::{Site, form_to};
use axum::body::Body;
use axum::http::StatusCode;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const FLOOD: u64 = 500;

/// Peak of this process's memory in KiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sign_ins_costs_what_was_allowed_and_others_are_answered() {
    let site = std::sync::Arc::new(Site::with("http://people.example.org", &[("sign_in_burst", "0")]).await);
    let hashing = site.world.directory.hashing();
    let (before, memory) = (site.world.directory.hash_load(), peak_memory());
    let mut flood = JoinSet::new();
    for number in 0..FLOOD {
        let site = site.clone();
        flood.spawn(async move {
            let form = form_to("/api/public/sign_in").body(Body::from(format!("login=u{number}&password=x")));
            site.send(form.expect("a request")).await.status
        });
    }
    let (mut delays, mut most_at_once, mut statuses) = (Vec::new(), 0, Vec::new());
    while statuses.len() < FLOOD as usize {
        let start = Instant::now();
        assert_eq!(site.open("/healthz", None).await.status, StatusCode::OK);
        delays.push(start.elapsed());
        most_at_once = most_at_once.max(site.world.directory.hash_load().running);
        statuses.extend(flood.join_next().await.map(|status| status.expect("no panic")));
    }
    let load = site.world.directory.hash_load();
    let hashed = load.done - before.done;
    let busy = statuses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count() as u64;
    let refused =
        statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count() as u64;
    assert_eq!((hashed, busy), (refused, load.refused), "each was compared or turned away: {statuses:?}");
    assert_eq!(refused + busy, FLOOD);
    assert!(busy > 0, "the queue is bounded");
    assert!(most_at_once <= hashing.at_once as u64, "{most_at_once} hashes at once");
    assert_eq!((load.running, load.waiting), (0, 0));

    delays.sort_unstable();
    let (half, most) = (delays[delays.len() / 2], delays[delays.len() * 99 / 100]);
    let grown = peak_memory().zip(memory).map_or(0, |(after, before)| (after - before) / 1024);
    let allowed = hashing.at_once as u64 * u64::from(hashing.cost.memory_kib) / 1024;
    println!(
        "{FLOOD} sign-ins at once: {hashed} compared, {busy} turned away; /healthz in {} ms at half, {} ms at 99 % \
         of {}; memory grew by {grown} MiB, of which {allowed} are for hashes",
        half.as_millis(),
        most.as_millis(),
        delays.len(),
    );
    assert!(most < Duration::from_secs(60), "answered at all");
}
