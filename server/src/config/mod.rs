//! Configuration: what the operator decides before the start. Flags are stronger than the environment, which is
//! stronger than the file. A value that cannot be used stops the start with a sentence that names it.

mod keys;
mod layers;
mod networks;
mod smtp;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use directory::Storage;
use directory::rates::Rate;
use directory::settings::SecondFactorFor;
use lettre::message::Mailbox;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

pub use keys::{KEYS, Key, example};
pub use layers::{ConfigError, Layers, Origin};
pub use networks::Networks;
pub use smtp::{Encryption, SmtpServer};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// How many members may be active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seats {
    /// No limit.
    Unlimited,
    /// So many.
    Limited(u32),
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum MailWay {
    /// Every mail becomes a file in this folder.
    Files(PathBuf),
    /// Through this mail server.
    Smtp(SmtpServer),
}

/// What hashing passwords may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashBudget {
    /// Memory in KiB for all hashes that run at the same time.
    pub memory_kib: u32,
    /// How long one may take.
    pub aim: Duration,
}

/// All about mail.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Where mail goes.
    pub way: MailWay,
    /// The sender, if the operator named one; see [`Config::mail_from`].
    pub from: Option<Mailbox>,
    /// Mails per minute for this process; `None` is no limit.
    pub rate_per_minute: Option<u32>,
    /// Connections at the same time, 1 to 16.
    pub connections: u8,
    /// The first wait of a mail that failed for now; other waits are multiples of it.
    pub retry: Duration,
    /// The wait for the answer to a command; twice as long for the mail itself.
    pub timeout: Duration,
    /// PEM text of an additional certificate authority.
    pub extra_authority: Option<Vec<u8>>,
}

/// The configuration as the rest of the server uses it. Passwords in it do not show in `Debug`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder for data.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`, may hold a password.
    pub database_url: SecretString,
    /// How the database is used.
    pub storage: Storage,
    /// Where to listen; port 0 until [`Config::bound_to`] says which it became.
    pub listen: SocketAddr,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Where metrics are answered, if they are.
    pub metrics_listen: Option<SocketAddr>,
    /// Address that people open, without a trailing slash.
    pub public_url: PublicUrl,
    /// Proxies whose word is taken for where a request came from.
    pub trusted_proxies: Networks,
    /// How often one network may fail to sign in; `None` is no limit.
    pub sign_in_rate: Option<Rate>,
    /// What hashing passwords may cost.
    pub hashing: HashBudget,
    /// All about mail.
    pub mail: MailConfig,
    /// Seats, if the operator decides them.
    pub seats: Option<Seats>,
    /// A list of breached passwords.
    pub breached_passwords_file: Option<PathBuf>,
    /// Who has to have a second factor; otherwise that is a matter of the settings.
    pub require_second_factor: Option<SecondFactorFor>,
    /// File with the server key.
    pub secret_key_file: PathBuf,
    /// Files for the browser, if the operator says where.
    pub site_dir: Option<PathBuf>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// What is logged, in the words of `tracing_subscriber::filter::Targets`, if the operator says it.
    pub log_level: Option<String>,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// Findings that do not stop the start; to be logged as warnings.
    pub warnings: Vec<String>,
}

/// Address under which people open Rollcall: scheme, host and port, no trailing slash.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
    given: bool,
}

impl PublicUrl {
    fn parse(text: &str) -> Result<PublicUrl, String> {
        let url = url::Url::parse(text).map_err(|error| {
            format!("write the full address, such as https://people.example.com ({error})")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the address begins with `{}:`; write https:// or http://", url.scheme()));
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err("the host is missing; write https://people.example.com".to_owned());
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(
                "Rollcall needs a host of its own: leave out everything after the host and port".to_owned()
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address for people holds no user and no password: leave them out".to_owned());
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(PublicUrl { text, host: host.trim_matches(['[', ']']).to_owned(), given: true })
    }

    fn from_listen(listen: SocketAddr) -> PublicUrl {
        let reachable = match listen.ip() {
            ip if !ip.is_unspecified() => ip,
            _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        PublicUrl {
            text: format!("http://{}", SocketAddr::new(reachable, listen.port())),
            host: reachable.to_string(),
            given: false,
        }
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Name or IP address, without port and brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether the operator named it, as opposed to being guessed from `listen`.
    pub fn is_given(&self) -> bool {
        self.given
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Config {
    /// Reads flags, the process's environment and the file.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn load(flags: BTreeMap<&'static str, String>) -> Result<Config, ConfigError> {
        // Variables that are not UTF-8 cannot be ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Config::from_layers(Layers::new(flags, environment))
    }

    /// Reads the file that the layers name or that lies in the data folder, then every setting.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn from_layers(mut layers: Layers) -> Result<Config, ConfigError> {
        let named = layers.named_file();
        let data_dir = |layers: &Layers| {
            layers.find("data_dir").map_or_else(|| PathBuf::from("./data"), |(text, _)| PathBuf::from(text))
        };
        let path = named.clone().unwrap_or_else(|| data_dir(&layers).join("rollcall.toml"));
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => {
                layers.add_file(&path, &text)?;
                Some(path)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => None,
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        let data_dir = data_dir(&layers);

        let address = |text: &str| {
            text.parse::<SocketAddr>().map_err(|_| {
                "write an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000".to_owned()
            })
        };
        let listen = layers.parse("listen", address)?.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000)));
        let database_url = layers
            .parse("database_url", parse_database_url)?
            .unwrap_or_else(|| SecretString::from(default_database_url(&data_dir)));
        let smtp = layers.parse("smtp_url", SmtpServer::parse)?;
        let rate = layers.parse("mail_rate_per_minute", |text| {
            text.parse::<u32>()
                .map_err(|_| "write the number of mails per minute, or 0 for no limit".to_owned())
        })?;
        let rate_per_minute = match (rate, &smtp) {
            (Some(0), _) => None,
            (Some(rate), _) => Some(rate),
            (None, Some(server)) if !server.is_loopback() => Some(25),
            (None, _) => None,
        };
        let config = Config {
            listen,
            max_connections: layers
                .parse("max_connections", |text| {
                    let number = text.parse::<usize>().ok().filter(|number| (8..=65_536).contains(number));
                    number.ok_or_else(|| "write a whole number from 8 to 65536".to_owned())
                })?
                .unwrap_or(1024),
            metrics_listen: layers.parse("metrics_listen", address)?,
            database_url,
            storage: storage(&layers)?,
            public_url: layers
                .parse("public_url", PublicUrl::parse)?
                .unwrap_or_else(|| PublicUrl::from_listen(listen)),
            trusted_proxies: layers.parse("trusted_proxies", Networks::parse)?.unwrap_or_default(),
            sign_in_rate: sign_in_rate(&layers)?,
            hashing: hash_budget(&layers)?,
            breached_passwords_file: layers
                .parse("breached_passwords_file", |text| Ok(PathBuf::from(text)))?,
            mail: MailConfig {
                way: smtp.map_or_else(|| MailWay::Files(data_dir.join("mail")), MailWay::Smtp),
                from: layers.parse("mail_from", parse_sender)?,
                rate_per_minute,
                connections: layers
                    .parse("mail_connections", |text| {
                        text.parse::<u8>()
                            .ok()
                            .filter(|number| (1..=16).contains(number))
                            .ok_or_else(|| "write a number from 1 to 16".to_owned())
                    })?
                    .unwrap_or(2),
                retry: seconds(&layers, "mail_retry_seconds", 3600)?.unwrap_or(Duration::from_secs(60)),
                timeout: seconds(&layers, "mail_timeout_seconds", 300)?.unwrap_or(Duration::from_secs(300)),
                extra_authority: layers.parse("smtp_ca_file", |text| {
                    std::fs::read(text).map_err(|error| format!("{text} cannot be read ({error})"))
                })?,
            },
            seats: layers.parse("seats", parse_seats)?,
            require_second_factor: layers.parse("require_second_factor", |text| match text {
                "off" => Ok(SecondFactorFor::Off),
                "administrators" => Ok(SecondFactorFor::Administrators),
                "everybody" => Ok(SecondFactorFor::Everybody),
                _ => Err("write off, administrators or everybody".to_owned()),
            })?,
            secret_key_file: layers
                .parse("secret_key_file", |text| Ok(PathBuf::from(text)))?
                .unwrap_or_else(|| data_dir.join("secret.key")),
            site_dir: layers.parse("site_dir", |text| Ok(PathBuf::from(text)))?,
            log_format: layers
                .parse("log_format", |text| match text {
                    "text" => Ok(LogFormat::Text),
                    "json" => Ok(LogFormat::Json),
                    _ => Err("write text or json".to_owned()),
                })?
                .unwrap_or(LogFormat::Text),
            log_level: layers.parse("log_level", |text| {
                text.parse::<tracing_subscriber::filter::Targets>()
                    .map(|_| text.to_owned())
                    .map_err(|error| format!("write error, warn, info, debug or trace ({error})"))
            })?,
            warnings: warnings(&layers),
            file,
            data_dir,
        };
        Ok(config)
    }

    /// The sender of every mail. The organisation's name is put before an address that came without a name.
    pub fn mail_from(&self, organisation: &str) -> Mailbox {
        let name = || Some(organisation.to_owned()).filter(|name| !name.trim().is_empty());
        match &self.mail.from {
            Some(Mailbox { name: None, email }) => Mailbox::new(name(), email.clone()),
            Some(mailbox) => mailbox.clone(),
            None => {
                let host = self.public_url.host();
                let host = if host.parse::<IpAddr>().is_ok() { "localhost" } else { host };
                let address = lettre::Address::new("rollcall", host)
                    .unwrap_or_else(|_| lettre::Address::new_dangerous("rollcall", "localhost"));
                Mailbox::new(name(), address)
            }
        }
    }

    /// Puts in the address that was really bound, which differs when the port was 0.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.listen = address;
        if !self.public_url.is_given() {
            self.public_url = PublicUrl::from_listen(address);
        }
    }

    /// The database address with a password replaced by stars, for log lines.
    pub fn database_for_display(&self) -> String {
        let text = self.database_url.expose_secret();
        match url::Url::parse(text) {
            Ok(mut url) if url.password().is_some() => {
                let _ = url.set_password(Some("***"));
                url.set_query(None);
                url.into()
            }
            _ => text.split('?').next().unwrap_or_default().to_owned(),
        }
    }
}

/// A number of seconds from 1 to `most`.
fn seconds(layers: &Layers, key: &'static str, most: u64) -> Result<Option<Duration>, ConfigError> {
    layers.parse(key, |text| match text.parse::<u64>() {
        Ok(seconds) if (1..=most).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("write a number from 1 to {most}")),
    })
}

fn storage(layers: &Layers) -> Result<Storage, ConfigError> {
    let connections = layers.parse("database_connections", |text| {
        let number = text.parse::<NonZeroU32>().ok().filter(|number| number.get() <= 500);
        number.ok_or_else(|| "write a whole number from 1 to 500".to_owned())
    })?;
    let log_mib = layers.parse("database_log_mib", |text| {
        let number = text.parse::<u64>().ok().filter(|number| (1..=65_536).contains(number));
        number.ok_or_else(|| "write a whole number from 1 to 65536".to_owned())
    })?;
    let usual = Storage::default();
    Ok(Storage { connections, log_bytes: log_mib.map_or(usual.log_bytes, |mib| mib << 20) })
}

fn hash_budget(layers: &Layers) -> Result<HashBudget, ConfigError> {
    let within = |text: &str, range: std::ops::RangeInclusive<u32>| {
        let number = text.parse::<u32>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("write a whole number from {} to {}", range.start(), range.end()))
    };
    let memory_mib =
        layers.parse("password_hash_memory_mib", |text| within(text, 19..=65_536))?.unwrap_or(128);
    let aim = layers.parse("password_hash_milliseconds", |text| within(text, 0..=2000))?.unwrap_or(250);
    Ok(HashBudget { memory_kib: memory_mib * 1024, aim: Duration::from_millis(aim.into()) })
}

fn sign_in_rate(layers: &Layers) -> Result<Option<Rate>, ConfigError> {
    let number = |text: &str| text.parse::<u32>().map_err(|_| "write a whole number".to_owned());
    let burst = layers.parse("sign_in_burst", number)?.unwrap_or(Rate::SIGN_IN.burst);
    let every = seconds(layers, "sign_in_seconds", 3600)?;
    Ok((burst > 0).then_some(Rate { burst, every: every.unwrap_or(Rate::SIGN_IN.every) }))
}

fn parse_database_url(text: &str) -> Result<SecretString, String> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if known.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(SecretString::from(text))
    } else {
        Err("write sqlite://path/to/rollcall.db or postgres://user:password@host/database".to_owned())
    }
}

/// What a path may not contain unescaped inside a `sqlite://` address.
const PATH: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

fn default_database_url(data_dir: &Path) -> String {
    let path = data_dir.join("rollcall.db");
    format!("sqlite://{}", utf8_percent_encode(&path.to_string_lossy(), PATH))
}

fn parse_sender(text: &str) -> Result<Mailbox, String> {
    if text.chars().any(char::is_control) {
        return Err("a sender holds no control characters".to_owned());
    }
    text.parse::<Mailbox>().map_err(|_| {
        "write an address, or a name and an address: People team <people@example.com>".to_owned()
    })
}

fn parse_seats(text: &str) -> Result<Seats, String> {
    if text == "unlimited" {
        return Ok(Seats::Unlimited);
    }
    text.parse().map(Seats::Limited).map_err(|_| "write a number of people, or unlimited".to_owned())
}

fn warnings(layers: &Layers) -> Vec<String> {
    layers
        .unknown_variables()
        .into_iter()
        .map(|name| {
            format!("the environment variable {name} is not a setting; `rollcall config example` lists all of them")
        })
        .collect()
}

#[cfg(test)]
mod tests;
