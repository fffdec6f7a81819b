//! `rollcall admin`: accounts of administrators, for automation and for the day when nobody can sign in any more.

use std::io::{BufRead, IsTerminal, Read};

use anyhow::{Context, bail};
use clap::Subcommand;
use directory::people::NewAdministrator;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Outcome, Output, open};
use crate::config::Config;

/// Longest line that is taken for a password, in bytes; the policy's own limit is far below.
const LONGEST_LINE: u64 = 4096;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create an administrator; the password is read from standard input, one line, never echoed
    Create {
        /// Username, 3 to 64 characters
        #[arg(long, value_name = "U")]
        username: String,
        /// E-mail address
        #[arg(long, value_name = "E")]
        email: String,
        /// First name; the username by default
        #[arg(long, value_name = "NAME")]
        first_name: Option<String>,
        /// Last name
        #[arg(long, value_name = "NAME", default_value = "Administrator")]
        last_name: String,
    },
}

/// Runs the command.
///
/// # Errors
/// A sentence that says why the administrator was not created.
pub async fn run(command: &Command, config: &Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let Command::Create { username, email, first_name, last_name } = command;
    let password = tokio::task::spawn_blocking(read_password).await??;
    let directory = open::directory(config).await?;
    let created = directory
        .create_administrator(NewAdministrator {
            username: username.clone(),
            email: email.clone(),
            first_name: first_name.clone().unwrap_or_else(|| username.clone()),
            last_name: last_name.clone(),
            password,
        })
        .await;
    directory.close().await;
    created.with_context(|| format!("the administrator {username} was not created"))?;
    output.line(format!("The administrator {username} can sign in at {}/sign-in.", config.public_url))?;
    Ok(Outcome::Fine)
}

/// From a terminal without echo and twice; otherwise the first line of standard input.
fn read_password() -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        let password = Zeroizing::new(rpassword::prompt_password("Password: ")?);
        let repeated = Zeroizing::new(rpassword::prompt_password("Repeat password: ")?);
        if *password != *repeated {
            bail!("the two passwords differ");
        }
        return Ok(SecretString::from(password.as_str()));
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .take(LONGEST_LINE)
        .read_line(&mut line)
        .context("the password cannot be read from standard input; it has to be one line of UTF-8")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("there is no password on standard input; pipe it in, or run the command at a terminal");
    }
    Ok(SecretString::from(password))
}
