//! `rollcall doctor`: looks at everything an installation depends on and says what to mend. It changes nothing, except
//! that opening an existing database brings its schema up to date, as starting the server would.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use directory::clock::{Clock, SystemClock, Timestamp};
use secrecy::ExposeSecret;

use super::{Outcome, Output, open};
use crate::config::{Config, ConfigError, MailWay, SmtpServer};
use crate::mail::Post;
use crate::mail::outcome::Phase;
use crate::mail::smtp::Timeouts;

/// Below this, a warning: a large import and its backup need room. In bytes.
const ENOUGH_SPACE: u64 = 1024 * 1024 * 1024;
/// Below this, a failure: SQLite cannot even checkpoint. In bytes.
const SOME_SPACE: u64 = 50 * 1024 * 1024;
/// 2026-01-01, before the first version of Rollcall: a clock that shows less is wrong.
const EARLIEST: Timestamp = Timestamp(1_767_225_600_000);
/// The doctor does not wait as long for a mail server as the sender does.
const PATIENCE: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    command: Duration::from_secs(20),
    message: Duration::from_secs(20),
    idle: Duration::from_secs(20),
};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Ok,
    Warn,
    Fail,
}

struct Report<'a> {
    output: &'a mut Output,
    worst: Grade,
}

impl Report<'_> {
    fn say(&mut self, grade: Grade, subject: &str, sentence: impl std::fmt::Display) -> std::io::Result<()> {
        self.worst = self.worst.max(grade);
        let word = match grade {
            Grade::Ok => "ok",
            Grade::Warn => "warn",
            Grade::Fail => "FAIL",
        };
        self.output.line(format!("{word:<5} {subject:<14} {sentence}"))
    }
}

/// Checks and reports.
///
/// # Errors
/// Standard output cannot be written.
pub async fn run(config: Result<Config, ConfigError>, output: &mut Output) -> anyhow::Result<Outcome> {
    let mut report = Report { output, worst: Grade::Ok };
    match config {
        Ok(config) => examine(&Arc::new(config), &mut report).await?,
        Err(error) => report.say(Grade::Fail, "configuration", error)?,
    }
    Ok(match report.worst {
        Grade::Ok => Outcome::Fine,
        Grade::Warn => Outcome::Findings,
        Grade::Fail => Outcome::Unusable,
    })
}

async fn examine(config: &Arc<Config>, report: &mut Report<'_>) -> std::io::Result<()> {
    configuration(config, report)?;
    addresses(config, report)?;
    data_folder(config, report)?;
    server_key(&config.secret_key_file, report)?;
    breached_passwords(config, report)?;
    database(config, report).await?;
    mail(config, report).await?;
    clock(report)?;
    match crate::http::find_site(config.site_dir.as_deref()) {
        Some(folder) => report.say(Grade::Ok, "site", folder.display()),
        None => report.say(
            Grade::Fail,
            "site",
            "the files for the browser are missing; build them with `make build`, or name their folder with site_dir",
        ),
    }
}

fn configuration(config: &Config, report: &mut Report<'_>) -> std::io::Result<()> {
    match &config.file {
        Some(file) => report.say(Grade::Ok, "configuration", file.display())?,
        None => report.say(Grade::Ok, "configuration", "no file; defaults, environment and flags")?,
    }
    for warning in &config.warnings {
        report.say(Grade::Warn, "configuration", warning)?;
    }
    Ok(())
}

fn breached_passwords(config: &Config, report: &mut Report<'_>) -> std::io::Result<()> {
    match (open::breached_passwords(config), &config.breached_passwords_file) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(path)) => {
            report.say(Grade::Ok, "passwords", format!("breached ones are in {}", path.display()))
        }
        (Err(error), _) => report.say(Grade::Fail, "passwords", error),
    }
}

fn addresses(config: &Config, report: &mut Report<'_>) -> std::io::Result<()> {
    let url = &config.public_url;
    let others = !config.listen.ip().is_loopback();
    let remote_mail = matches!(&config.mail.way, MailWay::Smtp(server) if !server.is_loopback());
    if !url.is_given() && (others || remote_mail) {
        report.say(
            Grade::Warn,
            "public_url",
            format!("not set, so links in mails say {url}, which others cannot open; set it to the address people use"),
        )
    } else if url.is_given() && !url.is_https() && !matches!(url.host(), "localhost" | "127.0.0.1" | "::1") {
        report.say(
            Grade::Warn,
            "public_url",
            format!("{url} is not https: passwords travel readable; put a proxy with TLS in front"),
        )
    } else {
        report.say(Grade::Ok, "public_url", url)
    }
}

fn data_folder(config: &Config, report: &mut Report<'_>) -> std::io::Result<()> {
    let folder = &config.data_dir;
    if !folder.exists() {
        return report.say(
            Grade::Ok,
            "data folder",
            format!("{} does not exist yet; it is created at the first start", folder.display()),
        );
    }
    let trial = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&trial, b"").and_then(|()| std::fs::remove_file(&trial));
    if let Err(error) = written {
        return report.say(
            Grade::Fail,
            "data folder",
            format!(
                "{} cannot be written ({error}); give it to the user that runs rollcall",
                folder.display()
            ),
        );
    }
    if is_open_to_others(folder) {
        return report.say(
            Grade::Warn,
            "data folder",
            format!("other users of this machine can look into {0}; chmod 700 {0}", folder.display()),
        );
    }
    report.say(Grade::Ok, "data folder", folder.display())?;
    let Some(free) = free_space(folder) else { return Ok(()) };
    let gigabytes = free as f64 / 1e9;
    let (grade, advice) = match free {
        free if free < SOME_SPACE => (Grade::Fail, "; make room, or the database cannot be written"),
        free if free < ENOUGH_SPACE => (Grade::Warn, "; make room before the next large import"),
        _ => (Grade::Ok, ""),
    };
    report.say(grade, "disk space", format!("{gigabytes:.1} GB free{advice}"))
}

fn server_key(path: &Path, report: &mut Report<'_>) -> std::io::Result<()> {
    if !path.exists() {
        return report.say(
            Grade::Ok,
            "server key",
            format!("{} does not exist yet; it is created at the first start", path.display()),
        );
    }
    if is_open_to_others(path) {
        return report.say(
            Grade::Warn,
            "server key",
            format!("other users of this machine can read {0}; chmod 600 {0}", path.display()),
        );
    }
    match directory::ServerKey::load_or_create(path) {
        Ok(_) => report.say(Grade::Ok, "server key", path.display()),
        Err(error) => report.say(Grade::Fail, "server key", format!("{}: {error}", path.display())),
    }
}

async fn database(config: &Config, report: &mut Report<'_>) -> std::io::Result<()> {
    let shown = config.database_for_display();
    let url = config.database_url.expose_secret();
    let file = url.strip_prefix("sqlite://").map(|path| path.split('?').next().unwrap_or(path));
    if file.is_some_and(|file| !Path::new(file).exists()) {
        return report.say(
            Grade::Ok,
            "database",
            format!("{shown} does not exist yet; it is created at the first start"),
        );
    }
    let begun = std::time::Instant::now();
    let directory = match open::database(config).await {
        Ok(directory) => directory,
        Err(error) => {
            return report.say(
                Grade::Fail,
                "database",
                format!("{error:#}; check database_url, that the server runs, and that it lets us in"),
            );
        }
    };
    let answer = async {
        let needed = directory.setup_needed().await?;
        let seats = directory.seats().await?;
        let (counts, held) = (directory.outbox_counts().await?, directory.held_mail().await?);
        Ok::<_, directory::StoreError>((needed, seats, counts, held))
    };
    match answer.await {
        Ok((setup_needed, seats, counts, held)) => {
            let took = begun.elapsed().as_millis();
            report.say(Grade::Ok, "database", format!("{shown} answers ({took} ms)"))?;
            if setup_needed {
                report.say(
                    Grade::Warn,
                    "administrator",
                    "there is none yet; open the link that `rollcall serve` prints, or use `rollcall admin create`",
                )?;
            }
            if let Some(limit) = seats.limit
                && seats.used >= limit
            {
                report.say(
                    Grade::Warn,
                    "seats",
                    format!("{} of {limit} taken; raise seats or deactivate people", seats.used),
                )?;
            }
            if let Some(sentence) = super::mail::told(&held) {
                report.say(Grade::Warn, "outbox", sentence)?;
            }
            let failed = counts.failed.saturating_sub(held.mails);
            if failed > 0 {
                report.say(
                    Grade::Warn,
                    "outbox",
                    format!("{failed} mails failed for good; see /admin/mail"),
                )?;
            }
        }
        Err(error) => report.say(Grade::Fail, "database", format!("{shown} does not answer: {error}"))?,
    }
    directory.close().await;
    Ok(())
}

async fn mail(config: &Arc<Config>, report: &mut Report<'_>) -> std::io::Result<()> {
    let post = match Post::with_timeouts(config.clone(), PATIENCE) {
        Ok(post) => post,
        Err(error) => return report.say(Grade::Fail, "mail", error),
    };
    let Some(server) = post.server() else {
        return report.say(Grade::Ok, "mail", format!("{} Set smtp_url to send them.", post.describe()));
    };
    match post.client(server).probe().await {
        Ok(probe) => {
            let encrypted = if probe.encrypted { ", encrypted" } else { "" };
            let signed_in = if server.credentials.is_some() { ", signed in" } else { "" };
            report.say(
                Grade::Ok,
                "mail",
                format!("{} answers as {}{encrypted}{signed_in}", server.address(), probe.name),
            )?;
            encryption(server, probe.encrypted, report)?;
            if !probe.utf8_addresses {
                report.say(
                    Grade::Ok,
                    "mail",
                    "addresses with letters beyond ASCII before the @ cannot be reached (no SMTPUTF8)",
                )?;
            }
        }
        Err(fault) => {
            let advice = match fault.phase {
                Phase::Connect | Phase::Greeting | Phase::Hello => {
                    "check host and port in smtp_url, and that no firewall is in the way"
                }
                Phase::Encryption => {
                    "check smtp_url (smtps:// for port 465), smtp_ca_file, and the server's name"
                }
                _ => "check user and password in smtp_url",
            };
            report.say(Grade::Fail, "mail", format!("{}: {fault}; {advice}", server.address()))?;
        }
    }
    if config.mail.from.is_none() {
        report.say(
            Grade::Warn,
            "mail_from",
            format!(
                "not set, so mails come from {}; set it to an address that the mail server may use",
                config.mail_from("").email
            ),
        )?;
    }
    Ok(())
}

fn encryption(server: &SmtpServer, encrypted: bool, report: &mut Report<'_>) -> std::io::Result<()> {
    if encrypted && !server.encryption.is_insecure() {
        return Ok(());
    }
    let how = if encrypted { "is encrypted only as long as nobody interferes" } else { "is not encrypted" };
    let grade = if server.is_loopback() { Grade::Ok } else { Grade::Warn };
    report.say(
        grade,
        "mail",
        format!("the way to the mail server {how}; leave ?tls=… out of smtp_url where you can"),
    )
}

fn clock(report: &mut Report<'_>) -> std::io::Result<()> {
    let now = SystemClock.now();
    let shown = jiff::Timestamp::from_millisecond(now.0)
        .map(|moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default();
    if now < EARLIEST {
        return report.say(
            Grade::Fail,
            "clock",
            format!("it shows {shown}; set it, or temporary passwords expire at the wrong time"),
        );
    }
    report.say(Grade::Ok, "clock", shown)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}
