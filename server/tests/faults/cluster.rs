//! The PostgreSQL cluster of the test run: freezing and restarting it.

use anyhow::{Context, bail, ensure};
use sqlx::{Connection, PgConnection};
use std::path::PathBuf;
use std::process::Command;

/// Where the cluster is.
pub struct Cluster {
    pub url: String,
    data: PathBuf,
}

impl Cluster {
    /// The one that `script/with-postgres` started.
    pub async fn find() -> anyhow::Result<Cluster> {
        let url = std::env::var("ROLLCALL_TEST_POSTGRES_URL")
            .context("run this with script/with-postgres, as `make test` does")?;
        let mut connection = PgConnection::connect(&url).await?;
        let data: String = sqlx::query_scalar("SHOW data_directory").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(Cluster { url, data: data.into() })
    }

    /// A fresh database; its address.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(&self.url).await?;
        for sql in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")]
        {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        connection.close().await?;
        let (base, _) = self.url.rsplit_once('/').context("a database address")?;
        Ok(format!("{base}/{name}"))
    }

    /// `host:port` of the server.
    pub fn target(&self) -> anyhow::Result<String> {
        let after = self.url.rsplit_once('@').context("a user in the address")?.1;
        Ok(after.split_once('/').context("a database in the address")?.0.to_owned())
    }

    /// Number of the server's first process, which starts the others.
    pub fn postmaster(&self) -> anyhow::Result<i32> {
        let text = std::fs::read_to_string(self.data.join("postmaster.pid"))?;
        Ok(text.lines().next().context("a process number")?.trim().parse()?)
    }

    /// Sends a signal to the server and all of its processes.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let postmaster = self.postmaster()?;
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &postmaster.to_string()]).output()?;
        let children = String::from_utf8(children.stdout)?;
        let all =
            std::iter::once(postmaster.to_string()).chain(children.split_whitespace().map(str::to_owned));
        let status = Command::new("kill").arg(signal).args(all).status()?;
        ensure!(status.success(), "kill {signal} failed");
        Ok(())
    }

    /// Restarts the server: `fast` rolls back what runs, `immediate` crashes it.
    pub fn restart(&self, mode: &str) -> anyhow::Result<()> {
        let program = std::fs::read_link(format!("/proc/{}/exe", self.postmaster()?))?;
        let control = program.with_file_name("pg_ctl");
        let log = self.data.with_file_name("server.log");
        let mut command = if rustix::process::getuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(control);
            command
        } else {
            Command::new(control)
        };
        command.current_dir("/").arg("-D").arg(&self.data).arg("-l").arg(log);
        let output = command.args(["-m", mode, "-w", "-t", "60", "restart"]).output()?;
        if !output.status.success() {
            bail!("PostgreSQL did not restart: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}
