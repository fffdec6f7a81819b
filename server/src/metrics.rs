//! Numbers for whoever watches the server, in the text format of Prometheus, on a listener of their own. Counters are of
//! this process; what is in the database is asked for when somebody looks. No name, no address, no secret is in them.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use directory::Directory;

/// What is counted as it happens.
#[derive(Debug)]
pub struct Meters {
    /// Answers by the first digit of their status, from 1.
    pub answers: [AtomicU64; 5],
    /// Connections that are open.
    pub connections: AtomicU64,
    /// Times that no connection could be accepted.
    pub accept_failures: AtomicU64,
    /// Requests whose body was too large.
    pub bodies_too_large: AtomicU64,
    /// Requests whose body took too long.
    pub bodies_too_slow: AtomicU64,
    /// Log lines that could not be written.
    pub log_lines_dropped: AtomicU64,
}

/// The meters of this process.
pub static METERS: Meters = Meters {
    answers: [const { AtomicU64::new(0) }; 5],
    connections: AtomicU64::new(0),
    accept_failures: AtomicU64::new(0),
    bodies_too_large: AtomicU64::new(0),
    bodies_too_slow: AtomicU64::new(0),
    log_lines_dropped: AtomicU64::new(0),
};

impl Meters {
    /// Counts an answer.
    pub fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100);
        if let Some(counter) = class.checked_sub(1).and_then(|index| self.answers.get(index)) {
            count(counter);
        }
    }
}

/// Counts one more.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What answers on the listener for metrics.
pub fn router(directory: Directory) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .layer(axum::middleware::from_fn(crate::http::serve::one_host))
        .with_state(directory)
}

async fn metrics(State(directory): State<Directory>) -> Response {
    let text = page(&directory).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// One page of samples as it is written.
struct Page(String);

impl Page {
    /// A family of samples: its name, its type, what it is, and each sample with its labels.
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[(&str, u64)]) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }

    fn counter(&mut self, name: &str, help: &str, samples: &[(&str, u64)]) {
        self.family(name, "counter", help, samples);
    }

    fn gauge(&mut self, name: &str, help: &str, samples: &[(&str, u64)]) {
        self.family(name, "gauge", help, samples);
    }
}

/// All samples. What the database does not tell is left out, and `rollcall_database_up` says so.
pub async fn page(directory: &Directory) -> String {
    let mut page = Page(String::new());
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let build = format!("version=\"{}\",engine=\"{}\"", env!("CARGO_PKG_VERSION"), directory.engine().name());
    page.gauge("rollcall_build_info", "This program and its database.", &[(&build, 1)]);

    let answers = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| format!("class=\"{class}\""));
    let answers: Vec<(&str, u64)> =
        answers.iter().map(String::as_str).zip(METERS.answers.iter().map(of)).collect();
    page.counter("rollcall_http_requests_total", "Requests answered, by class of status.", &answers);
    page.gauge("rollcall_http_connections", "Connections that are open.", &[("", of(&METERS.connections))]);
    let help = "Times that no connection could be accepted.";
    page.counter("rollcall_http_accept_failures_total", help, &[("", of(&METERS.accept_failures))]);
    page.counter(
        "rollcall_http_bodies_refused_total",
        "Requests whose body was too large or took too long.",
        &[("why=\"size\"", of(&METERS.bodies_too_large)), ("why=\"time\"", of(&METERS.bodies_too_slow))],
    );

    let sign_ins = directory.sign_in_counts();
    page.counter(
        "rollcall_sign_ins_total",
        "Sign-ins by how they ended; limited are those whose network failed too often.",
        &[
            ("result=\"done\"", sign_ins.done),
            ("result=\"refused\"", sign_ins.refused),
            ("result=\"limited\"", sign_ins.limited),
        ],
    );
    let load = directory.hash_load();
    page.gauge("rollcall_password_hashes_running", "Password hashes that run.", &[("", load.running)]);
    page.gauge("rollcall_password_hashes_waiting", "Requests that wait for one.", &[("", load.waiting)]);
    page.counter("rollcall_password_hashes_total", "Password hashes that were made.", &[("", load.done)]);
    let help = "Requests turned away because too many waited.";
    page.counter("rollcall_password_hashes_refused_total", help, &[("", load.refused)]);
    let memory = u64::from(directory.hashing().cost.memory_kib) * 1024;
    page.gauge("rollcall_password_hash_bytes", "Memory of one password hash.", &[("", memory)]);

    let up = from_database(&mut page, directory).await.is_ok();
    page.gauge("rollcall_database_up", "Whether the database answers.", &[("", u64::from(up))]);
    let help = "Statements that the database did not carry out.";
    page.counter("rollcall_database_failures_total", help, &[("", directory::database_failures())]);
    let help = "Log lines that could not be written.";
    page.counter("rollcall_log_lines_dropped_total", help, &[("", of(&METERS.log_lines_dropped))]);
    page.0
}

async fn from_database(page: &mut Page, directory: &Directory) -> Result<(), directory::StoreError> {
    let outbox = directory.outbox_counts().await?;
    let states = [
        ("state=\"queued\"", u64::from(outbox.queued)),
        ("state=\"sending\"", u64::from(outbox.sending)),
        ("state=\"sent\"", u64::from(outbox.sent)),
        ("state=\"failed\"", u64::from(outbox.failed)),
    ];
    page.gauge(
        "rollcall_messages",
        "Messages of the outbox, by state; those sent and failed are kept.",
        &states,
    );
    let holdup = directory.mail_holdup().await?;
    let help = "Whether something keeps all mail back; administrators see what it is on every page.";
    page.gauge("rollcall_mail_waits", help, &[("", u64::from(holdup.trouble.is_some()))]);
    let help = "Messages held back because the database comes from a copy.";
    page.gauge("rollcall_messages_held_back", help, &[("", u64::from(holdup.held.mails))]);
    let totals = directory.import_totals().await?;
    let labels: Vec<String> =
        totals.iter().map(|total| format!("state=\"{}\"", total.state.as_str())).collect();
    let samples = |pick: fn(&directory::imports::ImportTotals) -> u64| -> Vec<(&str, u64)> {
        labels.iter().map(String::as_str).zip(totals.iter().map(pick)).collect()
    };
    page.gauge("rollcall_imports", "Imports, by state.", &samples(|total| total.imports));
    page.gauge("rollcall_import_rows_received", "Their rows that arrived.", &samples(|total| total.received));
    page.gauge("rollcall_import_rows_done", "Their rows that have an outcome.", &samples(|total| total.done));
    let seats = directory.seats().await?;
    page.gauge("rollcall_seats_used", "Seats that are taken.", &[("", u64::from(seats.used))]);
    Ok(())
}
