//! Messages: the name they carry, the pace of the worker, and the mail server.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;

use super::reader::Reader;
use crate::core::secret::SecretString;

/// How messages are sent. No `Debug`: it holds a password.
#[derive(Clone)]
pub struct DeliverySettings {
    pub worker: WorkerSettings,
    /// `None` where no mail server is named.
    pub smtp: Option<SmtpSettings>,
}

/// The pace of the worker.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// What messages call the product.
    pub product_name: String,
    /// Messages under way at the same time, in one gateway.
    pub concurrency: usize,
    /// After so many attempts a message is given up.
    pub max_attempts: u32,
    /// A claim is good for this long; then another worker may take the message.
    pub lease: Duration,
    /// One attempt may take this long. Shorter than `lease`, or a slow attempt would be made twice.
    pub send_timeout: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            product_name: "Menjin".into(),
            concurrency: 8,
            max_attempts: 8,
            lease: Duration::from_secs(60),
            send_timeout: Duration::from_secs(30),
        }
    }
}

/// A mail server. No `Debug`: it holds a password.
#[derive(Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub credentials: Option<SmtpCredentials>,
    /// The sender.
    pub from: Mailbox,
    /// The longest time for each step: connecting, TLS, authentication and each command.
    pub timeout: Duration,
    /// The largest number of connections of one gateway.
    pub connections: usize,
    /// Additional certificate authorities, PEM.
    pub ca: Option<Vec<u8>>,
}

/// How we sign in to the mail server.
#[derive(Clone)]
pub struct SmtpCredentials {
    pub username: String,
    pub password: SecretString,
}

/// How the conversation with the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Begins plain, then must turn to TLS (RFC 3207); usually port 587.
    StartTls,
    /// TLS from the first byte (RFC 8314); usually port 465.
    Tls,
    /// Not at all: for a relay on the same machine or in the same closed network.
    Plain,
}

impl SmtpSecurity {
    fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::Plain => 25,
        }
    }
}

impl FromStr for SmtpSecurity {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "starttls" => Ok(Self::StartTls),
            "tls" => Ok(Self::Tls),
            "plain" => Ok(Self::Plain),
            _ => Err("starttls, tls or plain is expected"),
        }
    }
}

impl DeliverySettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        Self { worker: WorkerSettings::read(reader), smtp: SmtpSettings::read(reader) }
    }
}

impl WorkerSettings {
    fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            product_name: reader.value("delivery.product_name", "Menjin", "What messages call the product."),
            concurrency: reader.value(
                "delivery.concurrency",
                "8",
                "Messages that one gateway sends at the same time.",
            ),
            max_attempts: reader.value(
                "delivery.max_attempts",
                "8",
                "After so many attempts a message is given up.",
            ),
            lease: reader.duration(
                "delivery.lease",
                "60s",
                "A message that a crashed gateway was sending is taken up by another after this long.",
            ),
            send_timeout: reader.duration(
                "delivery.send_timeout",
                "30s",
                "One attempt to send may take this long; shorter than `delivery.lease`.",
            ),
        };
        let name = settings.product_name.trim();
        if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
            reader.error("delivery.product_name", "1 to 40 characters, none of them a control character");
        }
        if !(1..=256).contains(&settings.concurrency) {
            reader.error("delivery.concurrency", "1 to 256");
        }
        if !(1..=100).contains(&settings.max_attempts) {
            reader.error("delivery.max_attempts", "1 to 100");
        }
        if settings.send_timeout.is_zero() || settings.lease < settings.send_timeout + Duration::from_secs(10)
        {
            reader.error(
                "delivery.lease",
                "at least 10s longer than delivery.send_timeout, or messages are sent twice",
            );
        }
        if settings.lease > Duration::from_secs(3_600) {
            reader.error("delivery.lease", "at most 1h");
        }
        settings
    }
}

impl SmtpSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let host: Option<String> = reader.optional("smtp.host", "The mail server; empty: none.");
        let security: SmtpSecurity = reader.value(
            "smtp.security",
            "starttls",
            "`starttls`, `tls` (from the first byte) or `plain` (without a password, or on the same machine).",
        );
        let port: Option<u16> =
            reader.optional("smtp.port", "Its port; empty: 587, 465 or 25 by `smtp.security`.");
        let username: Option<String> = reader.optional("smtp.username", "The account there; empty: none.");
        let password = reader.secret("smtp.password", "The password of that account.");
        let from: Option<Mailbox> =
            reader.optional("smtp.from", "The sender of mails, such as `Menjin <no-reply@example.com>`.");
        let timeout =
            reader.duration("smtp.timeout", "10s", "Each step of the conversation may take this long.");
        let connections: usize = reader.value(
            "smtp.connections",
            "4",
            "The largest number of connections that one gateway opens to the mail server.",
        );
        let ca_file: Option<PathBuf> = reader.optional(
            "smtp.ca_file",
            "A PEM file with certificate authorities to trust in addition to those of the system.",
        );
        let ca = ca_file.and_then(|path| match std::fs::read(path) {
            Ok(pem) => Some(pem),
            Err(error) => {
                reader.error("smtp.ca_file", &format!("the file cannot be read: {error}"));
                None
            }
        });
        let host = host?;
        if !(1..=64).contains(&connections) {
            reader.error("smtp.connections", "1 to 64");
        }
        if let (Some(from), Some(username)) = (&from, &username)
            && sends_only_as_its_user(&host)
            && !is_sender(from.email.as_ref(), username)
        {
            reader.error(
                "smtp.from",
                "this mail server accepts only the address of smtp.username as the sender",
            );
        }
        if username.is_some() != password.is_some() {
            reader.error("smtp.username", "the user name and the password belong together");
        }
        if username.is_some() && security == SmtpSecurity::Plain && !is_loopback(&host) {
            reader
                .error("smtp.security", "plain would show the password to the network; use starttls or tls");
        }
        if from.is_none() {
            reader.error("smtp.from", "the sender is missing");
        }
        if timeout.is_zero() || timeout > Duration::from_secs(300) {
            reader.error("smtp.timeout", "at least 1ms and at most 300s");
        }
        let credentials = username.zip(password);
        Some(Self {
            host,
            port: port.unwrap_or(security.usual_port()),
            security,
            credentials: credentials.map(|(username, password)| SmtpCredentials { username, password }),
            from: from?,
            timeout,
            connections,
            ca,
        })
    }
}

/// Whether the server belongs to a mailbox provider that refuses every sender except the authenticated mailbox.
fn sends_only_as_its_user(host: &str) -> bool {
    const HOSTS: [&str; 4] = ["smtp.qq.com", "smtp.163.com", "smtp.126.com", "smtp.yeah.net"];
    HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// Whether the user name belongs to the address. These servers accept it with and without the domain.
fn is_sender(address: &str, username: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    address.eq_ignore_ascii_case(username) || local.eq_ignore_ascii_case(username)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (DeliverySettings, Vec<String>) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = DeliverySettings::read(&mut reader);
        (settings, reader.finish().1)
    }

    #[test]
    fn the_defaults_are_without_fault_and_without_mail_server() {
        let (settings, errors) = read(&[]);
        assert!(errors.is_empty(), "{errors:?}");
        assert!(settings.smtp.is_none());
        assert_eq!(format!("{:?}", settings.worker), format!("{:?}", WorkerSettings::default()));
    }

    #[test]
    fn the_port_follows_the_protection() {
        for (security, port) in [("starttls", 587), ("tls", 465), ("plain", 25)] {
            let (settings, errors) = read(&[
                ("MENJIN_SMTP_HOST", "mail.example.com"),
                ("MENJIN_SMTP_SECURITY", security),
                ("MENJIN_SMTP_FROM", "Menjin <no-reply@example.com>"),
            ]);
            assert!(errors.is_empty(), "{errors:?}");
            assert_eq!(settings.smtp.unwrap().port, port);
        }
    }

    #[test]
    fn a_password_does_not_cross_the_network_in_the_clear() {
        let with = |host| {
            read(&[
                ("MENJIN_SMTP_HOST", host),
                ("MENJIN_SMTP_SECURITY", "plain"),
                ("MENJIN_SMTP_FROM", "no-reply@example.com"),
                ("MENJIN_SMTP_USERNAME", "menjin"),
                ("MENJIN_SMTP_PASSWORD", "hunter2"),
            ])
            .1
        };
        assert!(with("127.0.0.1").is_empty());
        assert!(with("localhost").is_empty());
        let errors = with("mail.example.com").join("\n");
        assert!(errors.contains("smtp.security") && !errors.contains("hunter2"), "{errors}");
    }

    #[test]
    fn the_sender_is_the_user_where_the_mail_server_demands_it() {
        let with = |host, username| {
            read(&[
                ("MENJIN_SMTP_HOST", host),
                ("MENJIN_SMTP_FROM", "Menjin <10001@qq.com>"),
                ("MENJIN_SMTP_USERNAME", username),
                ("MENJIN_SMTP_PASSWORD", "abcdefghijklmnop"),
            ])
            .1
        };
        for (host, username, accepted) in [
            ("smtp.qq.com", "10001@qq.com", true),
            ("smtp.qq.com", "10001", true),
            ("smtp.qq.com", "10002@qq.com", false),
            ("smtp.example.com", "relay", true),
        ] {
            assert_eq!(with(host, username).is_empty(), accepted, "{host} {username}");
        }
    }

    #[test]
    fn what_is_missing_or_senseless_is_told_at_once() {
        let (_, errors) = read(&[
            ("MENJIN_SMTP_HOST", "mail.example.com"),
            ("MENJIN_SMTP_USERNAME", "menjin"),
            ("MENJIN_SMTP_SECURITY", "ssl"),
            ("MENJIN_DELIVERY_LEASE", "20s"),
            ("MENJIN_DELIVERY_CONCURRENCY", "0"),
        ]);
        let errors = errors.join("\n");
        for key in ["smtp.from", "smtp.username", "smtp.security", "delivery.lease", "delivery.concurrency"] {
            assert!(errors.contains(key), "{key}: {errors}");
        }
    }
}
