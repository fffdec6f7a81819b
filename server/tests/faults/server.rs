//! A running `rollcall serve`.

use super::world::World;
use anyhow::{Context, ensure};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub struct Server {
    child: Child,
    /// `host:port` where it listens.
    pub address: String,
}

impl Server {
    /// Starts one on the world's database (or on `url`, another way to it) and waits until it serves.
    pub fn start(world: &World, url: &str) -> anyhow::Result<Server> {
        Server::start_as(world, world.command(), url)
    }

    /// The same by a command that runs the program.
    pub fn start_as(world: &World, mut command: Command, url: &str) -> anyhow::Result<Server> {
        let site = world.folder.path().join("site/pkg");
        std::fs::create_dir_all(&site)?;
        std::fs::write(site.join("rollcall.js"), "")?;
        let log = std::fs::File::options().create(true).append(true).open(world.folder.path().join("log"))?;
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--site-dir"])
            .arg(world.folder.path().join("site"))
            .env("ROLLCALL_DATABASE_URL", url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("piped")?);
        let mut line = String::new();
        ensure!(said.read_line(&mut line)? > 0, "the server ended: {}", world.log());
        // Whatever else it says goes nowhere, but never into a closed pipe.
        std::thread::spawn(move || said.lines().for_each(drop));
        let address =
            line.trim().rsplit_once("http://").context("an address in its first line")?.1.to_owned();
        Ok(Server { child, address })
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "kill {signal} failed");
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end; it must, with 0.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        self.signal("-TERM")?;
        let status = self.child.wait()?;
        ensure!(status.code() == Some(0), "it ended with {status}");
        Ok(())
    }

    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
