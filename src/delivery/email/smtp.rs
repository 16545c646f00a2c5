//! Sends mails through a mail server by SMTP (RFC 5321).
//!
//! Each mail uses its own connection. The connection pool of lettre would reuse a connection whose exchange timed out
//! halfway, and the late reply would then be mistaken for the reply to the next mail.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};

use super::outgoing::Outgoing;
use crate::config::delivery::{SmtpSecurity, SmtpSettings};
use crate::core::clock::Clock;
use crate::core::secret::ExposeSecret as _;
use crate::delivery::send::{Receipt, SendError};

/// How long to wait for the reply to `QUIT`. The mail has been accepted by then.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The client of a mail server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    settings: SmtpSettings,
    /// `None` where the connection is not encrypted.
    tls: Option<TlsParameters>,
    hello: ClientId,
    clock: Clock,
}

/// The configured host is not a valid TLS server name, or the machine has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("TLS for the mail server cannot be set up: {0}")]
pub struct SmtpSetupError(String);

impl Smtp {
    /// Prepares TLS. Does not connect yet.
    pub fn new(settings: &SmtpSettings, clock: Clock) -> Result<Self, SmtpSetupError> {
        let tls = match settings.security {
            SmtpSecurity::Plain => None,
            SmtpSecurity::StartTls | SmtpSecurity::Tls => {
                let parameters = TlsParameters::new(settings.host.clone());
                Some(parameters.map_err(|error| SmtpSetupError(error.to_string()))?)
            }
        };
        Ok(Self(Arc::new(Inner { settings: settings.clone(), tls, hello: ClientId::default(), clock })))
    }

    /// Checks the settings: connects to the mail server, authenticates and disconnects.
    pub async fn check(&self) -> Result<(), SendError> {
        let mut connection = self.0.connect().await?;
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }

    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let Inner { settings, clock, .. } = &*self.0;
        // The `Message-ID` is the same for every attempt, so that recipients can recognise a mail that was sent twice.
        let message_id = format!("{}@{}", outgoing.id, settings.from.email.domain());
        let to: Address = outgoing
            .to
            .parse()
            .map_err(|_| SendError::Permanent("the address is not a valid e-mail address".into()))?;
        let parts = MultiPart::alternative_plain_html(outgoing.mail.text.clone(), outgoing.mail.html.clone());
        let message = Message::builder()
            .from(settings.from.clone())
            .to(Mailbox::new(None, to))
            .subject(outgoing.mail.subject.clone())
            .date(SystemTime::from(clock.now()))
            .message_id(Some(format!("<{message_id}>")))
            .header(AutoSubmitted)
            .multipart(parts)
            .map_err(|_| SendError::Permanent("the mail cannot be built".into()))?;
        let mut connection = self.0.connect().await?;
        self.0.within_timeout(connection.send(message.envelope(), &message.formatted())).await?;
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(Receipt { provider: "smtp", reference: Some(message_id) })
    }
}

impl Inner {
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let SmtpSettings { host, port, security, credentials, timeout, .. } = &self.settings;
        let (implicit_tls, starttls) = match security {
            SmtpSecurity::Tls => (self.tls.clone(), None),
            SmtpSecurity::StartTls => (None, self.tls.clone()),
            SmtpSecurity::Plain => (None, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host, *port),
            Some(*timeout),
            &self.hello,
            implicit_tls,
            None,
        );
        let mut connection = self.within_timeout(connecting).await?;
        if let Some(tls) = starttls {
            // lettre returns an error if the server does not offer STARTTLS, so nothing is sent unencrypted.
            self.within_timeout(connection.starttls(tls, &self.hello)).await?;
        }
        if let Some(account) = credentials {
            let password = account.password.expose_secret().to_owned();
            let account = Credentials::new(account.username.clone(), password);
            self.within_timeout(connection.auth(DEFAULT_MECHANISMS, &account)).await?;
        }
        Ok(connection)
    }

    /// Applies the timeout to one step. lettre itself applies it only while connecting.
    async fn within_timeout<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
        match tokio::time::timeout(self.settings.timeout, step).await {
            Ok(result) => result.map_err(|error| classify(&error)),
            Err(_) => Err(timed_out()),
        }
    }
}

/// Replies that reject the gateway's credentials and not the mail (RFC 4954). They are temporary because an operator can
/// correct the settings while the mail waits.
const AUTHENTICATION_FAILED: [u16; 4] = [530, 534, 535, 538];

fn timed_out() -> SendError {
    SendError::Temporary("the mail server did not respond in time".into())
}

/// Returns the reply code or the kind of error. The text of a reply is dropped because servers repeat addresses in it.
fn classify(error: &Error) -> SendError {
    if let Some(code) = error.status() {
        let text = format!("the mail server replied {code}");
        let code = u16::from(code);
        return if error.is_permanent() && !AUTHENTICATION_FAILED.contains(&code) {
            SendError::Permanent(text)
        } else {
            SendError::Temporary(text)
        };
    }
    if error.is_timeout() {
        return timed_out();
    }
    if error.is_tls() {
        return SendError::Temporary("TLS with the mail server failed".into());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return SendError::Temporary(format!("the mail server is unreachable: {}", io.kind()));
        }
        cause = inner.source();
    }
    if error.is_client() {
        // For example an address with non-ASCII characters and a server without SMTPUTF8.
        return SendError::Temporary(
            "the mail server lacks a required extension: STARTTLS, a supported AUTH mechanism or SMTPUTF8"
                .into(),
        );
    }
    SendError::Temporary("the exchange with the mail server failed".into())
}

/// `Auto-Submitted: auto-generated` (RFC 3834), which prevents automatic replies.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::language::Language;
    use crate::core::random::Random;
    use crate::delivery::render::Renderer;
    use crate::delivery::testing::{MailServer, code};

    async fn send(settings: &SmtpSettings, to: &str, language: Language) -> Result<Receipt, SendError> {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let id = crate::core::ids::MessageId::new(&clock, &Random::seeded(1));
        let mail = Renderer::new("门禁").mail(&code(), language);
        let content = code();
        let outgoing = Outgoing { id, to, content: &content, mail: &mail };
        Smtp::new(settings, clock).unwrap().send(&outgoing).await
    }

    #[tokio::test]
    async fn a_mail_has_plain_text_html_and_a_stable_message_id() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        for language in [Language::Chinese, Language::English] {
            let first = send(&server.settings(), "ann@example.com", language).await.unwrap();
            let second = send(&server.settings(), "ann@example.com", language).await.unwrap();
            assert_eq!(first, second, "both attempts have the same Message-ID");
            let message_id = first.reference.unwrap();
            let mail = server.mails().pop().unwrap();
            for part in [
                &format!("Message-ID: <{message_id}>"),
                "Auto-Submitted: auto-generated",
                "To: ann@example.com",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "Date: Fri, 15 Jan 2027",
            ] {
                assert!(mail.contains(part), "{part} in {mail}");
            }
        }
    }

    #[tokio::test]
    async fn replies_are_classified_by_code_and_never_quoted() {
        for (reply, expected) in [
            ("550 ann@example.com unknown", Err("the mail server replied 550")),
            ("554 spam 004217", Err("the mail server replied 554")),
            ("421 closing", Ok("the mail server replied 421")),
            ("452 full", Ok("the mail server replied 452")),
            ("535 who are you", Ok("the mail server replied 535")),
        ] {
            let server = MailServer::start(&[reply], Duration::ZERO).await;
            let error = send(&server.settings(), "ann@example.com", Language::English).await.unwrap_err();
            let found = match &error {
                SendError::Temporary(text) => Ok(text.as_str()),
                SendError::Permanent(text) => Err(text.as_str()),
            };
            assert_eq!(found, expected, "{reply}");
        }
    }

    #[tokio::test]
    async fn an_unreachable_or_silent_server_is_a_temporary_error() {
        let closed = MailServer::start(&[], Duration::ZERO).await.settings();
        let gone = {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let unreachable = SmtpSettings { port: gone, ..closed };
        let error = send(&unreachable, "ann@example.com", Language::English).await.unwrap_err();
        assert!(matches!(&error, SendError::Temporary(text) if text.contains("is unreachable")), "{error:?}");

        let slow = MailServer::start(&[], Duration::from_secs(60)).await.settings();
        let slow = SmtpSettings { timeout: Duration::from_millis(300), ..slow };
        let error = send(&slow, "ann@example.com", Language::English).await.unwrap_err();
        assert_eq!(error, timed_out());
    }

    #[tokio::test]
    async fn a_mail_is_not_sent_unencrypted_when_the_server_lacks_starttls() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        let settings = SmtpSettings { security: SmtpSecurity::StartTls, ..server.settings() };
        assert!(send(&settings, "ann@example.com", Language::English).await.is_err());
        assert!(server.mails().is_empty());
    }

    #[tokio::test]
    async fn an_invalid_address_is_refused_and_not_quoted() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        let error = send(&server.settings(), "ann at example", Language::English).await.unwrap_err();
        assert!(matches!(&error, SendError::Permanent(text) if !text.contains("ann")), "{error:?}");
    }
}
