//! The file transport: every mail becomes an `.eml` file that any mail program opens, and that `/admin/mail` shows.
//! It is the default, so that everything can be tried without a mail server.

use std::io::Write;
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;

use super::message::Ready;
use super::outcome::{Fault, Phase};

/// Writes mails into a folder.
#[derive(Debug, Clone)]
pub struct FileTransport {
    folder: PathBuf,
}

impl FileTransport {
    /// Into `folder`, which is created with the first mail.
    pub fn new(folder: PathBuf) -> FileTransport {
        FileTransport { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes one mail. The name comes from the outbox's id and time, so that a repeated attempt replaces the file
    /// instead of making a second one.
    ///
    /// # Errors
    /// When the file system refuses: nobody's mail can be written then, so the queue waits.
    pub async fn send(&self, id: &str, created_ms: i64, mail: &Ready) -> Result<String, Fault> {
        let name = format!("{}-{}.eml", stamp(created_ms), safe(id));
        let folder = self.folder.clone();
        let path = folder.join(&name);
        let bytes = mail.bytes.clone();
        tokio::task::spawn_blocking(move || write(&folder, &path, &bytes))
            .await
            .map_err(|error| Fault::broken(Phase::Connect, error))?
            .map_err(|error| Fault::broken(Phase::Connect, format!("{}: {error}", self.folder.display())))?;
        Ok(format!("written as {name}"))
    }

    /// Headers and plain text of the mail with this id, for people; `None` when there is no such file.
    pub async fn read(&self, id: &str) -> Option<String> {
        let folder = self.folder.clone();
        let ending = format!("-{}.eml", safe(id));
        tokio::task::spawn_blocking(move || {
            let path = std::fs::read_dir(folder)
                .ok()?
                .filter_map(Result::ok)
                .find(|entry| entry.file_name().to_str().is_some_and(|name| name.ends_with(&ending)))?;
            readable(&std::fs::read(path.path()).ok()?)
        })
        .await
        .ok()?
    }
}

/// `20261123T113600Z`.
fn stamp(unix_milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_milliseconds)
        .map(|moment| moment.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_else(|_| "undated".to_owned())
}

/// Ids are UUIDs; anything else cannot leave the folder either.
fn safe(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// Under a temporary name first, so that nobody ever reads half a mail.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    create_private_folder(folder)?;
    let temporary = path.with_extension("tmp");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&temporary, path)
}

/// Creates `folder` for its owner alone; one that exists keeps its rights.
///
/// # Errors
/// The operating system's.
pub fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn readable(bytes: &[u8]) -> Option<String> {
    let mail = MessageParser::default().parse(bytes)?;
    let people = |address: Option<&mail_parser::Address<'_>>| {
        address
            .and_then(|address| address.first())
            .map(|one| match (one.name(), one.address()) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (_, address) => address.unwrap_or_default().to_owned(),
            })
            .unwrap_or_default()
    };
    Some(format!(
        "From: {}\nTo: {}\nSubject: {}\nDate: {}\n\n{}",
        people(mail.from()),
        people(mail.to()),
        mail.subject().unwrap_or_default(),
        mail.date().map(|date| date.to_rfc822()).unwrap_or_default(),
        mail.body_text(0)?.replace("\r\n", "\n"),
    ))
}
