//! The program under `strace`, which lets system calls fail or kills at them.

use super::server::Server;
use super::world::World;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What is done to which system calls.
pub struct Injection {
    /// Names of system calls, with commas between them.
    pub calls: &'static str,
    /// `signal=KILL` or `error=EIO`.
    pub what: &'static str,
    /// Counted in each thread: `7`, `7+` (from the seventh on) or `7+3` (the seventh and every third after it).
    pub when: String,
}

impl Injection {
    /// The arguments of `strace`; the calls that were injected are told in `told`.
    fn arguments(&self, told: &Path) -> Vec<String> {
        let Injection { calls, what, when } = self;
        let told = told.to_string_lossy().into_owned();
        let mut arguments: Vec<String> = ["-f", "-qq", "-o"].map(str::to_owned).into();
        arguments.extend([told, "-e".to_owned(), format!("trace={calls}")]);
        arguments.extend(["-e".to_owned(), format!("inject={calls}:{what}:when={when}")]);
        arguments
    }
}

/// Longest that a command may take.
const LIMIT_SECONDS: &str = "60";
/// The exit code of a command that took longer.
pub const STOOD_STILL: i32 = 124;

/// Whether `strace` is installed.
pub fn possible() -> bool {
    Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

impl World {
    /// The program with the world's settings, under `strace`. It ends with [`STOOD_STILL`] when it does not end by itself.
    pub fn traced(&self, injection: &Injection) -> Command {
        let mut limited = Command::new("timeout");
        limited.args([LIMIT_SECONDS, "strace"]);
        self.under(limited, injection)
    }

    /// A server under `strace`, which is a child of it, so that signals reach the server.
    pub fn traced_server(&self, injection: &Injection) -> anyhow::Result<Server> {
        let mut tracer = Command::new("strace");
        tracer.arg("-D");
        Server::start_as(self, self.under(tracer, injection), &self.url)
    }

    fn under(&self, mut traced: Command, injection: &Injection) -> Command {
        let program = self.command();
        traced.args(injection.arguments(&self.told())).arg(program.get_program());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => traced.env(name, value),
                None => traced.env_remove(name),
            };
        }
        traced.current_dir(self.folder.path()).stdin(Stdio::null());
        traced
    }

    /// `strace` on a process that runs and on those it starts from now on. It ends when it is asked to.
    pub fn trace_process(&self, process: i32, injection: &Injection) -> anyhow::Result<Child> {
        let mut tracer = Command::new("strace");
        tracer.args(injection.arguments(&self.told())).arg("-p").arg(process.to_string());
        tracer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(tracer.spawn()?)
    }

    fn told(&self) -> PathBuf {
        self.folder.path().join("strace")
    }

    /// How many system calls were made to fail by the last tracing.
    pub fn injected(&self) -> usize {
        std::fs::read_to_string(self.told()).unwrap_or_default().matches("(INJECTED)").count()
    }
}
