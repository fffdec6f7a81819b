//! Opening the directory from the configuration: data folder, server key, database.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use directory::account::Actor;
use directory::clock::SystemClock;
use directory::hashing::Hashing;
use directory::{Directory, ServerKey};
use secrecy::ExposeSecret;

use crate::breached::BreachedFile;
use crate::config::{Config, Seats};
use crate::mail::files::create_private_folder;

/// Opens everything that looking after people needs: what [`database`] opens, and the list of breached passwords.
///
/// # Errors
/// A sentence that names what could not be opened; never the password in the database address.
pub async fn directory(config: &Config) -> anyhow::Result<Directory> {
    breached_passwords(config)?;
    database(config).await
}

/// Creates the data folder where it is missing, reads or creates the server key, and opens the database.
///
/// # Errors
/// As [`directory`].
pub async fn database(config: &Config) -> anyhow::Result<Directory> {
    create_private_folder(&config.data_dir)
        .with_context(|| format!("the data folder {} cannot be created", config.data_dir.display()))?;
    if let Some(folder) = config.secret_key_file.parent() {
        create_private_folder(folder)
            .with_context(|| format!("the folder {} cannot be created", folder.display()))?;
    }
    let key = ServerKey::load_or_create(&config.secret_key_file)
        .with_context(|| format!("the server key in {} cannot be used", config.secret_key_file.display()))?;
    Directory::open_with(config.database_url.expose_secret(), key, Arc::new(SystemClock), config.storage)
        .await
        .with_context(|| format!("the database {} cannot be opened", config.database_for_display()))
}

/// The same, with what the configuration sets in place of an administrator: the number of seats, and who has to have a
/// second factor.
///
/// # Errors
/// As [`directory`].
pub async fn directory_as_configured(config: &Config) -> anyhow::Result<Directory> {
    let directory = directory(config).await?;
    let limit = match config.seats {
        None => None,
        Some(Seats::Unlimited) => Some(None),
        Some(Seats::Limited(number)) => Some(Some(number)),
    };
    if let Some(limit) = limit
        && directory.seats().await?.limit != limit
    {
        directory
            .set_seat_limit(&Actor::system(), limit)
            .await
            .context("the number of seats cannot be set")?;
    }
    let mut settings = directory.settings().await?;
    if let Some(who) = config.require_second_factor
        && settings.require_second_factor != who
    {
        settings.require_second_factor = who;
        directory
            .save_settings(&Actor::system(), &settings)
            .await
            .context("who has to have a second factor cannot be set")?;
    }
    Ok(directory)
}

/// Has passwords held against the operator's list of breached ones, if there is one.
///
/// # Errors
/// The list cannot be used.
pub fn breached_passwords(config: &Config) -> anyhow::Result<()> {
    if let Some(path) = &config.breached_passwords_file {
        let set =
            BreachedFile::open(path).map_err(|sentence| anyhow!("breached_passwords_file: {sentence}"))?;
        roster::policy::breached::provide(Box::new(set));
    }
    Ok(())
}

/// Finds out how hard passwords can be hashed here, and on how many processors at once; `spare` of them stay for others
/// where there are more than two.
pub async fn calibrate(directory: &Directory, config: &Config, spare: usize) {
    let budget = config.hashing;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let at_once = processors.min(2);
    let found =
        tokio::task::spawn_blocking(move || Hashing::calibrated(budget.memory_kib, at_once, budget.aim))
            .await;
    let most = processors.saturating_sub(spare).max(at_once);
    let hashing = found.unwrap_or_default().on_more(most, budget.memory_kib);
    directory.set_hashing(hashing);
    let (memory_kib, passes) = (hashing.cost.memory_kib, hashing.cost.passes);
    tracing::info!(memory_kib, passes, at_once = hashing.at_once, "passwords are hashed with argon2id");
}
