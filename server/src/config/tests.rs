//! Order of strength, refusals, and the example file.

use std::collections::BTreeMap;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A configuration from environment variables alone, in a data folder that does not exist.
fn load(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut pairs = environment(pairs);
    pairs.insert(0, ("ROLLCALL_DATA_DIR".to_owned(), "/nonexistent/rollcall".to_owned()));
    Config::from_layers(Layers::new(BTreeMap::new(), pairs))
}

#[test]
fn defaults_need_nothing() {
    let config = load(&[]).expect("defaults");
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:3000");
    assert_eq!(config.database_url.expose_secret(), "sqlite:///nonexistent/rollcall/rollcall.db");
    assert!(matches!(&config.mail.way, MailWay::Files(folder) if folder.ends_with("mail")));
    assert_eq!(config.mail.rate_per_minute, None);
    assert_eq!(config.mail_from("Acme").to_string(), "Acme <rollcall@localhost>");
    assert_eq!(config.seats, None);
    assert!(config.warnings.is_empty());
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("rollcall.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\nseats = 10\npublic_url = \"https://file.example\"\n")
        .expect("write");
    let data_dir = folder.path().to_string_lossy().into_owned();
    let flags = BTreeMap::from([("listen", "127.0.0.1:3".to_owned()), ("data_dir", data_dir)]);
    let variables = environment(&[("ROLLCALL_LISTEN", "127.0.0.1:2"), ("ROLLCALL_SEATS", "20")]);
    let config = Config::from_layers(Layers::new(flags, variables)).expect("valid");
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.seats, Some(Seats::Limited(20)));
    assert_eq!(config.public_url.as_str(), "https://file.example");
    assert_eq!(config.file, Some(file));
}

#[test]
fn a_bad_value_is_named_with_its_origin_and_the_way_out() {
    for (variable, value, words) in [
        ("ROLLCALL_LISTEN", "localhost", ["`listen`", "ROLLCALL_LISTEN", "127.0.0.1:3000"]),
        ("ROLLCALL_DATABASE_URL", "mysql://h", ["`database_url`", "ROLLCALL_DATABASE_URL", "postgres://"]),
        (
            "ROLLCALL_DATABASE_CONNECTIONS",
            "0",
            ["`database_connections`", "ROLLCALL_DATABASE_CONN", "1 to 500"],
        ),
        ("ROLLCALL_DATABASE_LOG_MIB", "many", ["`database_log_mib`", "ROLLCALL_DATABASE_LOG", "1 to 65536"]),
        ("ROLLCALL_PUBLIC_URL", "people.example.com", ["`public_url`", "ROLLCALL_PUBLIC_URL", "https://"]),
        ("ROLLCALL_PUBLIC_URL", "https://h/path", ["`public_url`", "ROLLCALL_PUBLIC_URL", "leave out"]),
        ("ROLLCALL_SMTP_URL", "mail:25", ["`smtp_url`", "ROLLCALL_SMTP_URL", "smtp://"]),
        ("ROLLCALL_SMTP_CA_FILE", "/nonexistent.pem", ["`smtp_ca_file`", "ROLLCALL_SMTP_CA_FILE", "read"]),
        ("ROLLCALL_MAIL_FROM", "nobody", ["`mail_from`", "ROLLCALL_MAIL_FROM", "people@example.com"]),
        ("ROLLCALL_MAIL_RATE_PER_MINUTE", "fast", ["`mail_rate_per_minute`", "ROLLCALL_MAIL_RATE", "0 for"]),
        ("ROLLCALL_MAIL_RETRY_SECONDS", "0", ["`mail_retry_seconds`", "ROLLCALL_MAIL_RETRY", "1 to 3600"]),
        ("ROLLCALL_MAIL_TIMEOUT_SECONDS", "5m", ["`mail_timeout_seconds`", "ROLLCALL_MAIL_TIME", "1 to 300"]),
        ("ROLLCALL_MAIL_CONNECTIONS", "17", ["`mail_connections`", "ROLLCALL_MAIL_CONN", "1 to 16"]),
        (
            "ROLLCALL_TRUSTED_PROXIES",
            "my-proxy",
            ["`trusted_proxies`", "ROLLCALL_TRUSTED_PROXIES", "10.0.0.0/8"],
        ),
        ("ROLLCALL_SIGN_IN_BURST", "-1", ["`sign_in_burst`", "ROLLCALL_SIGN_IN_BURST", "whole number"]),
        ("ROLLCALL_SIGN_IN_SECONDS", "0", ["`sign_in_seconds`", "ROLLCALL_SIGN_IN_SEC", "1 to 3600"]),
        (
            "ROLLCALL_PASSWORD_HASH_MEMORY_MIB",
            "18",
            ["`password_hash_memory_mib`", "ROLLCALL_PASSWORD_HASH_MEM", "19 to"],
        ),
        (
            "ROLLCALL_PASSWORD_HASH_MILLISECONDS",
            "2001",
            ["`password_hash_milliseconds`", "ROLLCALL_PASSWORD_HASH_MILL", "0 to 2000"],
        ),
        ("ROLLCALL_MAX_CONNECTIONS", "7", ["`max_connections`", "ROLLCALL_MAX_CONN", "8 to 65536"]),
        ("ROLLCALL_METRICS_LISTEN", "9464", ["`metrics_listen`", "ROLLCALL_METRICS_LIS", "127.0.0.1:3000"]),
        ("ROLLCALL_SEATS", "-1", ["`seats`", "ROLLCALL_SEATS", "unlimited"]),
        (
            "ROLLCALL_REQUIRE_SECOND_FACTOR",
            "yes",
            ["`require_second_factor`", "ROLLCALL_REQUIRE", "everybody"],
        ),
        ("ROLLCALL_LOG_FORMAT", "xml", ["`log_format`", "ROLLCALL_LOG_FORMAT", "text or json"]),
        ("ROLLCALL_LOG_LEVEL", "info=loud=x", ["`log_level`", "ROLLCALL_LOG_LEVEL", "debug"]),
    ] {
        let sentence = load(&[(variable, value)]).expect_err(variable).to_string();
        for word in words {
            assert!(sentence.contains(word), "{variable}: {sentence}");
        }
        assert!(!sentence.contains('\n'), "one sentence: {sentence}");
    }
}

#[test]
fn a_slip_in_the_file_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("other.toml");
    let load = |text: &str| {
        std::fs::write(&path, text).expect("write");
        let flags = BTreeMap::from([("config", path.to_string_lossy().into_owned())]);
        Config::from_layers(Layers::new(flags, Vec::new())).map_err(|error| error.to_string())
    };
    let unknown = load("databse_url = \"sqlite://x\"").expect_err("unknown key");
    assert!(unknown.contains("did you mean `database_url`?"), "{unknown}");
    let syntax = load("listen = \"127.0.0.1:1\"\nsmtp_url = smtp://u:hunter22@h").expect_err("syntax");
    assert!(syntax.contains("in line 2") && !syntax.contains("hunter22"), "{syntax}");
    let kind = load("listen = [1]").expect_err("kind");
    assert!(kind.contains("array"), "{kind}");
}

#[test]
fn a_file_that_was_asked_for_has_to_exist() {
    let flags = BTreeMap::from([("config", "/nonexistent/rollcall.toml".to_owned())]);
    let sentence = Config::from_layers(Layers::new(flags, Vec::new())).expect_err("missing").to_string();
    assert!(sentence.contains("/nonexistent/rollcall.toml") && sentence.contains("--config"), "{sentence}");
}

#[test]
fn the_example_is_complete_and_would_be_accepted() {
    let text = example();
    let set: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let table: toml::Table = set.parse().expect("valid TOML");
    for key in KEYS {
        assert!(table.contains_key(key.name), "{} is missing", key.name);
    }
    assert_eq!(table.len(), KEYS.len());
    let folder = tempfile::tempdir().expect("folder");
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, "").expect("write");
    let mut layers = Layers::new(
        BTreeMap::from([
            ("data_dir", folder.path().to_string_lossy().into_owned()),
            ("smtp_ca_file", authority.to_string_lossy().into_owned()),
        ]),
        Vec::new(),
    );
    layers.add_file(Path::new("example.toml"), &set).expect("known keys");
    let config = Config::from_layers(layers).expect("usable values");
    assert_eq!(config.mail.rate_per_minute, Some(25));
    // Commented out, it is valid and changes nothing.
    assert!(text.parse::<toml::Table>().expect("valid TOML").is_empty());
}

#[test]
fn a_rate_limit_holds_for_remote_mail_servers_only_unless_set() {
    let rate = |pairs: &[_]| load(pairs).expect("valid").mail.rate_per_minute;
    assert_eq!(rate(&[("ROLLCALL_SMTP_URL", "smtp://mail.example.com")]), Some(25));
    assert_eq!(rate(&[("ROLLCALL_SMTP_URL", "smtp://127.0.0.1:2525?tls=none")]), None);
    assert_eq!(rate(&[("ROLLCALL_SMTP_URL", "smtp://h"), ("ROLLCALL_MAIL_RATE_PER_MINUTE", "0")]), None);
    assert_eq!(rate(&[("ROLLCALL_MAIL_RATE_PER_MINUTE", "60")]), Some(60));
}

#[test]
fn secrets_do_not_show() {
    let config = load(&[
        ("ROLLCALL_DATABASE_URL", "postgres://u:canary-db@h/d?sslpassword=canary-q"),
        ("ROLLCALL_SMTP_URL", "smtp://u:canary-mail@h"),
    ])
    .expect("valid");
    let shown = format!("{config:?} {}", config.database_for_display());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(config.database_for_display().contains("***"));
}

#[test]
fn a_free_port_becomes_the_public_address() {
    let mut config = load(&[("ROLLCALL_LISTEN", "0.0.0.0:0")]).expect("valid");
    config.bound_to("0.0.0.0:41234".parse().expect("address"));
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:41234");
    let mut given = load(&[("ROLLCALL_PUBLIC_URL", "https://people.example.com/")]).expect("valid");
    given.bound_to("127.0.0.1:9".parse().expect("address"));
    assert_eq!(given.public_url.as_str(), "https://people.example.com");
    assert!(given.public_url.is_https());
}

#[test]
fn a_misspelt_variable_is_mentioned() {
    let config = load(&[("ROLLCALL_SMTPURL", "x")]).expect("valid");
    assert!(config.warnings.iter().any(|line| line.contains("ROLLCALL_SMTPURL")), "{:?}", config.warnings);
}
