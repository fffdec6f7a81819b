//! What runs beside the requests: the import runner, the wave runner and the mail sender. Their queues are rows in the database, so any
//! number of processes may run them, and each may be killed at any moment.

pub mod gate;
pub mod import_runner;
mod ledger;
pub mod mail_sender;
pub mod pace;
mod repeat;
mod stalled;
pub mod wave_runner;

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::mail::Post;
use crate::shutdown::Shutdown;
use gate::Gate;
use mail_sender::{Lane, Sender};
use pace::Pace;

pub use repeat::Step;

/// How long an idle worker waits before it looks again without being woken; other processes cannot wake it.
const POLL: Duration = Duration::from_secs(1);

/// The running workers.
pub struct Workers {
    /// Wakes the import runner.
    pub runner: Arc<Notify>,
    /// Wakes the mail sender.
    pub sender: Arc<Notify>,
    tasks: JoinSet<()>,
}

/// Starts all workers. They end after the unit of work under way once `shutdown` is requested.
pub fn start(
    directory: &Directory,
    config: &Config,
    post: &Post,
    gate: &Arc<Gate>,
    shutdown: &Shutdown,
) -> Workers {
    let process = process_name();
    let runner = Arc::new(Notify::new());
    let sender = gate.waiting();
    let mut tasks = JoinSet::new();

    let unit =
        import_runner::ImportRunner::new(directory.clone(), format!("{process}/imports"), sender.clone());
    tasks.spawn(repeat::repeat("import runner", shutdown.clone(), runner.clone(), POLL, move || {
        let unit = unit.clone();
        async move { unit.step().await }
    }));

    let watched = directory.clone();
    tasks.spawn(repeat::repeat(
        "stalled connections",
        shutdown.clone(),
        Arc::default(),
        stalled::EVERY,
        move || {
            let watched = watched.clone();
            async move { stalled::step(&watched).await }
        },
    ));

    let unit = wave_runner::WaveRunner::new(directory.clone(), sender.clone());
    tasks.spawn(repeat::repeat("wave runner", shutdown.clone(), Arc::default(), POLL, move || {
        let unit = unit.clone();
        async move { unit.step().await }
    }));

    let pace = Pace::new(config.mail.rate_per_minute);
    let mail = Sender::new(directory.clone(), post.clone(), gate.clone(), pace, shutdown.clone());
    for number in 1..=config.mail.connections {
        let lane = Lane::new(mail.clone(), format!("{process}/mail-{number}"));
        // Locked by one unit at a time; a unit that panicked has dropped its connection, not poisoned the lane.
        let lane = Arc::new(tokio::sync::Mutex::new(lane));
        tasks.spawn(repeat::repeat("mail sender", shutdown.clone(), sender.clone(), POLL, move || {
            let lane = lane.clone();
            async move { lane.lock_owned().await.step().await }
        }));
    }
    Workers { runner, sender, tasks }
}

impl Workers {
    /// Waits until all workers have ended; `false` when they are not done after `limit` and were stopped where they
    /// were. What they held is taken up again when its lease runs out.
    pub async fn ended(mut self, limit: Duration) -> bool {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(limit, all).await.is_ok()
    }
}

/// Tells this process from others on the same database, also after its number was used again: host, number, and
/// something unique.
pub fn process_name() -> String {
    format!("{}:{}:{}", host(), std::process::id(), uuid::Uuid::now_v7().simple())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().replace([':', '/'], "-")
}

#[cfg(not(unix))]
fn host() -> String {
    "host".to_owned()
}

/// Whether a worker belonged to a process of this host that has ended. Asked at the start, when this process holds
/// nothing yet, so that its own number can only mean an earlier life. Workers of other hosts are left to their leases.
fn is_gone(worker: &str) -> bool {
    let mut parts = worker.split(':');
    let (Some(there), Some(number)) = (parts.next(), parts.next()) else { return false };
    let Ok(number) = number.parse::<u32>() else { return false };
    there == host() && (number == std::process::id() || !is_alive(number))
}

/// Whether a worker belonged to another process of this host, which has ended.
pub(crate) fn has_ended(worker: &str) -> bool {
    worker.split(':').nth(1) != Some(&std::process::id().to_string()) && is_gone(worker)
}

#[cfg(unix)]
fn is_alive(process: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // Anything but "no such process" means that there is one, perhaps somebody else's.
    process.is_some_and(|process| test_kill_process(process) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn is_alive(_process: u32) -> bool {
    true
}

/// Gives back the mails and imports that a process of this host held when it was killed, and has mails tried again that a
/// trouble put off.
///
/// # Errors
/// The database failed.
pub async fn take_over(directory: &Directory) -> Result<(), StoreError> {
    let released = directory.release_messages_of(is_gone).await?;
    if released > 0 {
        tracing::info!(released, "took over mails from a process that ended in the middle of sending");
    }
    let released = directory.release_imports_of(is_gone).await?;
    if released > 0 {
        tracing::info!(released, "took over imports from a process that ended in the middle of them");
    }
    // What kept mail back may be what this process was started anew for.
    directory.try_mail_again().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{is_gone, process_name};

    #[test]
    fn only_ended_processes_of_this_host_are_gone() {
        let own = process_name();
        let host = own.split(':').next().expect("the host comes first");
        assert!(is_gone(&format!("{own}/mail-1")), "an earlier life with this process's number");
        // 2^22 is the highest number that Linux gives out.
        assert!(is_gone(&format!("{host}:4194305:x/mail-1")));
        assert!(!is_gone(&format!("{host}:1:x/mail-1")), "the first process lives as long as the system");
        assert!(!is_gone("elsewhere:4194305:x/mail-1"));
        assert!(!is_gone("no name of ours"));
    }
}
