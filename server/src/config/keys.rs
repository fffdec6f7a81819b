//! The one table of settings: flags, environment names, the example file and the error messages all come from it,
//! so that none of them can name a setting that another does not know.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Name in the TOML file; the flag is this with dashes, the environment variable `ROLLCALL_` and this in capitals.
    pub name: &'static str,
    /// What holds when nothing is set, in words or as the value itself.
    pub default: &'static str,
    /// A value to show in the example file; always one that would be accepted.
    pub example: &'static str,
    /// Whether the TOML value is written without quotation marks.
    pub number: bool,
    /// What it does, one line per entry; the first line is the help of the flag.
    pub about: &'static [&'static str],
}

impl Key {
    /// The command-line flag, without its two dashes.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("ROLLCALL_{}", self.name.to_ascii_uppercase())
    }
}

const fn key(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    about: &'static [&'static str],
) -> Key {
    Key { name, default, example, number: false, about }
}

const fn number(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    about: &'static [&'static str],
) -> Key {
    Key { name, default, example, number: true, about }
}

/// All settings, in the order in which an operator meets them.
pub const KEYS: &[Key] = &[
    key(
        "data_dir",
        "./data",
        "/var/lib/rollcall",
        &[
            "Folder for the database, the server key and, without a mail server, the mails",
            "Back it up as a whole; it is created with access for its owner alone.",
        ],
    ),
    key(
        "database_url",
        "sqlite://<data_dir>/rollcall.db",
        "postgres://rollcall:password@db.example.com/rollcall",
        &[
            "Where the data lives: sqlite://path or postgres://user:password@host/database",
            "A flag can be seen by every user of the machine: put an address with a password into this file or the",
            "environment.",
        ],
    ),
    number(
        "database_connections",
        "16 to PostgreSQL, 8 readers of SQLite",
        "16",
        &[
            "Connections to the database at the same time, 1 to 500",
            "SQLite has one more, for whoever writes. A request that finds none free for some seconds is told to come",
            "again. PostgreSQL allows all processes together its max_connections.",
        ],
    ),
    number(
        "database_log_mib",
        "128",
        "128",
        &[
            "Size in MiB that SQLite's write-ahead log is cut back to, 1 to 65536",
            "It grows to twice as much, and beyond while another program reads in one transaction; that is logged.",
        ],
    ),
    key(
        "listen",
        "127.0.0.1:3000",
        "127.0.0.1:3000",
        &[
            "IP address and port to listen on; port 0 takes a free one",
            "Rollcall speaks HTTP. Where others than this machine shall reach it, put a reverse proxy with TLS in front.",
        ],
    ),
    number(
        "max_connections",
        "1024, or what the limit of open files leaves room for",
        "1024",
        &[
            "Connections at the same time, 8 to 65536; more wait until others are closed",
            "A connection is closed when headers take 15 seconds, a body rests for 15 or takes 60, or nothing of an answer",
            "is taken for 30.",
        ],
    ),
    key(
        "metrics_listen",
        "none: no metrics",
        "127.0.0.1:9464",
        &[
            "IP address and port on which /metrics answers in the text format of Prometheus",
            "There is no name and no secret in it, and no sign-in before it: choose an address that only your monitoring",
            "reaches.",
        ],
    ),
    key(
        "public_url",
        "http://<listen>",
        "https://people.example.com",
        &[
            "Address under which people open Rollcall; the links in mails start with it",
            "Scheme and host only. With https the session cookie is marked Secure.",
        ],
    ),
    key(
        "trusted_proxies",
        "none: where a request comes from is what the connection says",
        "127.0.0.1, 10.0.0.0/8",
        &[
            "Addresses and networks of your reverse proxies, whose X-Forwarded-For is believed",
            "Behind a proxy that is not named here everybody seems to come from one network, and shares its limit.",
        ],
    ),
    number(
        "sign_in_burst",
        "10",
        "10",
        &[
            "How many sign-ins from one network may fail in a row; 0 is no limit",
            "A network is an IPv4 address or the /64 of an IPv6 address. Sign-ins that succeed are not counted.",
        ],
    ),
    number(
        "password_hash_memory_mib",
        "128",
        "128",
        &[
            "Memory in MiB for the password hashes that run at the same time, 19 or more",
            "At the start the hardest argon2id is chosen that fits this and password_hash_milliseconds, never less than",
            "19 MiB and two passes. Hashes that are weaker are replaced when their owner signs in.",
        ],
    ),
    number(
        "password_hash_milliseconds",
        "250",
        "250",
        &["How long one password hash may take, 0 to 2000; 0 is the least work that is thought safe"],
    ),
    key(
        "breached_passwords_file",
        "none: the common passwords that the program knows",
        "/usr/share/pwned-passwords-sha1-ordered-by-hash.txt",
        &[
            "File of breached passwords that nobody may choose: lines that begin with a SHA-1 in hexadecimal, in ascending",
            "order, as Have I Been Pwned publishes them. It may have any size and stays on the disk.",
        ],
    ),
    number("sign_in_seconds", "10", "10", &["Seconds after which a network may fail once more, 1 to 3600"]),
    key(
        "smtp_url",
        "none: every mail becomes a file below <data_dir>/mail",
        "smtp://rollcall:password@mail.example.com:587",
        &[
            "Mail server: smtp://user:password@host:port (STARTTLS is required) or smtps://… (TLS from the start)",
            "Percent-encode special characters in user and password (@ is %40).",
            "?tls=opportunistic goes on without encryption where the server offers none, ?tls=none never encrypts:",
            "both let anyone on the way read the temporary passwords; use them on loopback or a trusted wire only.",
        ],
    ),
    key(
        "smtp_ca_file",
        "the public certificate authorities",
        "/etc/ssl/certs/company-ca.pem",
        &["PEM file of a certificate authority of your own that signed the mail server's certificate"],
    ),
    key(
        "mail_from",
        "rollcall@<host of public_url>",
        "People team <people@example.com>",
        &["Sender of every mail: an address, or a name and the address in angle brackets"],
    ),
    number(
        "mail_rate_per_minute",
        "25; no limit when the mail server is on this machine",
        "25",
        &[
            "Mails per minute that this process may send; 0 is no limit",
            "Providers refuse senders who are faster than they allow (Exchange Online: 30).",
        ],
    ),
    number("mail_connections", "2", "2", &["Connections to the mail server at the same time, 1 to 16"]),
    number(
        "mail_retry_seconds",
        "60",
        "60",
        &[
            "Seconds until a mail that failed for now is tried again, 1 to 3600",
            "Further waits grow to 2, 4, 8, 15, 30 and 60 times as long. While the mail server is away, pauses start at a",
            "twelfth of it and grow to 10 times as long.",
        ],
    ),
    number(
        "mail_timeout_seconds",
        "300",
        "300",
        &[
            "Seconds to wait for the mail server's answer to a command, 1 to 300; twice as long for the mail itself",
            "The default is what RFC 5321 asks for. With less of it a slow server may get a mail twice.",
        ],
    ),
    key(
        "seats",
        "as set at /admin/settings; unlimited at first",
        "250",
        &[
            "How many active members the licence allows, or `unlimited`; administrators take no seat",
            "Set here, it replaces the number of /admin/settings at every start.",
        ],
    ),
    key(
        "require_second_factor",
        "as set at /admin/settings; off at first",
        "everybody",
        &[
            "Who has to have a second factor (an authenticator app): off, administrators or everybody",
            "Set here, it holds from the first sign-in and replaces the choice of /admin/settings at every start. OWASP",
            "ASVS asks for everybody (level 2). Choose administrators at least, once there are two of them.",
        ],
    ),
    key(
        "secret_key_file",
        "<data_dir>/secret.key",
        "/etc/rollcall/secret.key",
        &[
            "File with the server key, from which temporary passwords are derived; created when it is missing",
            "Every process on the same database needs the same file. Losing it invalidates temporary passwords that",
            "nobody has used yet.",
        ],
    ),
    key(
        "site_dir",
        "the folder `site` beside the program, else target/site",
        "/usr/share/rollcall/site",
        &["Folder with the files for the browser"],
    ),
    key("log_format", "text", "text", &["How log lines on standard error are written: text or json"]),
    key(
        "log_level",
        "info for the server, warn for other commands",
        "info,sqlx=warn",
        &["What is logged: error, warn, info, debug, trace, also per module (info,directory=debug)"],
    ),
];

/// The complete, commented configuration file that `rollcall config example` prints.
pub fn example() -> String {
    let mut text = String::from(
        "# Rollcall's settings, each with its default. Remove the # before a line to set it.\n\
         # Flags (--listen) are stronger than the environment (ROLLCALL_LISTEN), which is stronger than this file.\n\
         # Relative paths start at the folder in which rollcall is started.\n\
         # Used when it lies at <data_dir>/rollcall.toml, or where --config or ROLLCALL_CONFIG says.\n",
    );
    for key in KEYS {
        text.push('\n');
        for line in key.about {
            text.push_str("# ");
            text.push_str(line);
            if !line.ends_with(['.', ':', ',']) && key.about.first() == Some(line) {
                text.push('.');
            }
            text.push('\n');
        }
        text.push_str(&format!("# Default: {}\n", key.default));
        let quote = if key.number { "" } else { "\"" };
        text.push_str(&format!("#{} = {quote}{}{quote}\n", key.name, key.example));
    }
    text
}
