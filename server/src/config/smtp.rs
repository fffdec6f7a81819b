//! The address of the mail server, with its way of encryption, as one URL.

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte (`smtps://`).
    Implicit,
    /// STARTTLS, or nothing is sent (`smtp://`, the default).
    Required,
    /// STARTTLS where it is offered; an attacker on the way can strip it. Has to be asked for.
    Opportunistic,
    /// Never encrypted. Has to be asked for.
    None,
}

impl Encryption {
    /// Whether someone on the way may read the mails; shown wherever the mail server is shown.
    pub fn is_insecure(self) -> bool {
        matches!(self, Encryption::Opportunistic | Encryption::None)
    }
}

/// A mail server. The password does not show in `Debug`.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Name or address without brackets; certificates are checked against it.
    pub host: String,
    /// 587 for `smtp`, 465 for `smtps` unless given.
    pub port: u16,
    /// User and password, if the server wants them.
    pub credentials: Option<(String, SecretString)>,
    /// How the connection is protected.
    pub encryption: Encryption,
}

impl SmtpServer {
    /// Reads `smtp[s]://[user:password@]host[:port][?tls=required|opportunistic|none]`.
    ///
    /// # Errors
    /// What to write instead; never repeats the text, which may hold a password.
    pub fn parse(text: &str) -> Result<SmtpServer, String> {
        let url = Url::parse(text).map_err(|error| {
            format!("write smtp://user:password@host:port or smtps://… ({error}); special characters in user and password are percent-encoded")
        })?;
        let implicit = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            other => return Err(format!("the address begins with `{other}:`; write smtp:// or smtps://")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err("the host is missing; write smtp://host:port".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("nothing but ?tls=… may follow the port".to_owned());
        }
        let mut encryption = if implicit { Encryption::Implicit } else { Encryption::Required };
        for (name, value) in url.query_pairs() {
            encryption = match (name.as_ref(), value.as_ref(), implicit) {
                ("tls", "required", false) => Encryption::Required,
                ("tls", "opportunistic", false) => Encryption::Opportunistic,
                ("tls", "none", false) => Encryption::None,
                ("tls", _, true) => return Err("smtps:// is always encrypted; leave ?tls=… out".to_owned()),
                ("tls", other, false) => {
                    return Err(format!("tls={other} is not known; write required, opportunistic or none"));
                }
                (other, ..) => return Err(format!("`{other}` is not known; only ?tls=… may follow")),
            };
        }
        let decode = |part: &str, what: &str| {
            percent_decode_str(part)
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| format!("the {what} is not valid UTF-8 after percent-decoding"))
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => {
                return Err("a password without a user; write smtp://user:password@host".to_owned());
            }
            (_, None) => return Err("a user without a password; write smtp://user:password@host".to_owned()),
            (user, Some(password)) => {
                Some((decode(user, "user")?, SecretString::from(decode(password, "password")?)))
            }
        };
        let port = url.port().unwrap_or(if implicit { 465 } else { 587 });
        Ok(SmtpServer { host, port, credentials, encryption })
    }

    /// Whether the mail server is on this machine, so that no provider's rate limit is in the way.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// `host:port` for log lines and messages.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn starttls_is_required_unless_said_otherwise() {
        let server = SmtpServer::parse("smtp://u%40x:p%3Aw@mail.example.com").expect("valid");
        assert_eq!(server.encryption, Encryption::Required);
        assert_eq!((server.host.as_str(), server.port), ("mail.example.com", 587));
        let (user, password) = server.credentials.clone().expect("credentials");
        assert_eq!((user.as_str(), password.expose_secret()), ("u@x", "p:w"));
        assert!(!format!("{server:?}").contains("p:w"));
    }

    #[test]
    fn every_form_of_encryption_can_be_asked_for() {
        let encryption = |text| SmtpServer::parse(text).map(|server| server.encryption);
        assert_eq!(encryption("smtps://mail.example.com"), Ok(Encryption::Implicit));
        assert_eq!(encryption("smtp://127.0.0.1:25?tls=none"), Ok(Encryption::None));
        assert_eq!(encryption("smtp://[::1]:25?tls=opportunistic"), Ok(Encryption::Opportunistic));
        assert_eq!(encryption("smtp://h:25/?tls=required"), Ok(Encryption::Required));
    }

    #[test]
    fn refusals_say_what_to_write_and_keep_the_password() {
        for (text, word) in [
            ("mail.example.com:25", "smtp://"),
            ("http://u:hunter22@h", "http"),
            ("smtp://u:hunter22@h?tls=maybe", "opportunistic"),
            ("smtps://u:hunter22@h?tls=none", "always encrypted"),
            ("smtp://u@h", "without a password"),
            ("smtp://u:hunter22@h/path", "port"),
            ("smtp://", "host"),
        ] {
            let refusal = SmtpServer::parse(text).expect_err(text);
            assert!(refusal.contains(word), "{text}: {refusal}");
            assert!(!refusal.contains("hunter22"), "{refusal}");
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for (text, loopback) in [
            ("smtp://localhost", true),
            ("smtp://127.0.0.2", true),
            ("smtp://[::1]", true),
            ("smtp://10.0.0.1", false),
        ] {
            assert_eq!(SmtpServer::parse(text).expect("valid").is_loopback(), loopback, "{text}");
        }
    }
}
