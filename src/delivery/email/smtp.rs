//! Mail through a server, by SMTP (RFC 5321).
//!
//! Each mail has a connection of its own. lettre's pool would take back a connection whose conversation was given up
//! half way, and the late reply would then be taken for the reply to the next mail.

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

/// The mail is taken; the farewell is a courtesy.
const FAREWELL: Duration = Duration::from_secs(1);

/// A mail server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    settings: SmtpSettings,
    /// `None` where the conversation stays plain.
    tls: Option<TlsParameters>,
    hello: ClientId,
    clock: Clock,
}

/// The host of the settings makes no TLS name, or the machine has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("the mail server cannot be used: {0}")]
pub struct SmtpSetupError(String);

impl Smtp {
    /// Prepares the TLS of the connections; nothing is sent yet.
    ///
    /// # Errors
    /// [`SmtpSetupError`].
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

    /// Connects, signs in and says good-bye: whether the settings hold.
    ///
    /// # Errors
    /// What went wrong, without the account's password.
    pub async fn examine(&self) -> Result<(), SendError> {
        let mut connection = self.0.connect().await?;
        let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
        Ok(())
    }

    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let Inner { settings, clock, .. } = &*self.0;
        // The same name at each attempt, so that a mail that was sent twice can be recognised.
        let name = format!("{}@{}", outgoing.id, settings.from.email.domain());
        let to: Address = outgoing
            .to
            .parse()
            .map_err(|_| SendError::Permanent("the address is none that mail servers take".into()))?;
        let parts = MultiPart::alternative_plain_html(outgoing.mail.text.clone(), outgoing.mail.html.clone());
        let message = Message::builder()
            .from(settings.from.clone())
            .to(Mailbox::new(None, to))
            .subject(outgoing.mail.subject.clone())
            .date(SystemTime::from(clock.now()))
            .message_id(Some(format!("<{name}>")))
            .header(AutoSubmitted)
            .multipart(parts)
            .map_err(|_| SendError::Permanent("no mail could be made of the message".into()))?;
        let mut connection = self.0.connect().await?;
        self.0.step(connection.send(message.envelope(), &message.formatted())).await?;
        let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
        Ok(Receipt { provider: "smtp", reference: Some(name) })
    }
}

impl Inner {
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let SmtpSettings { host, port, security, credentials, timeout, .. } = &self.settings;
        // TLS from the first byte is part of the connection; otherwise it comes on demand.
        let (at_once, on_demand) = match security {
            SmtpSecurity::Tls => (self.tls.clone(), None),
            SmtpSecurity::StartTls => (None, self.tls.clone()),
            SmtpSecurity::Plain => (None, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let connecting =
            AsyncSmtpConnection::connect_tokio1((host, *port), Some(*timeout), &self.hello, at_once, None);
        let mut connection = self.step(connecting).await?;
        if let Some(tls) = on_demand {
            // Refused by lettre where the server does not offer it: nothing goes on in the clear.
            self.step(connection.starttls(tls, &self.hello)).await?;
        }
        if let Some(account) = credentials {
            let password = account.password.expose_secret().to_owned();
            let account = Credentials::new(account.username.clone(), password);
            self.step(connection.auth(DEFAULT_MECHANISMS, &account)).await?;
        }
        Ok(connection)
    }

    /// lettre itself watches the time only until the connection stands.
    async fn step<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
        match tokio::time::timeout(self.settings.timeout, step).await {
            Ok(outcome) => outcome.map_err(|error| judged(&error)),
            Err(_) => Err(SendError::Temporary("the mail server did not answer in time".into())),
        }
    }
}

/// Replies that refuse our account, not this mail (RFC 4954): an operator can mend that while the mail waits.
const ACCOUNT_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// Servers repeat addresses in their replies, so only numbers and kinds are passed on.
fn judged(error: &Error) -> SendError {
    if let Some(code) = error.status() {
        let text = format!("the mail server answered {code}");
        let code = u16::from(code);
        return if error.is_permanent() && !ACCOUNT_REFUSED.contains(&code) {
            SendError::Permanent(text)
        } else {
            SendError::Temporary(text)
        };
    }
    if error.is_timeout() {
        return SendError::Temporary("the mail server did not answer in time".into());
    }
    if error.is_tls() {
        return SendError::Temporary("TLS with the mail server failed".into());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return SendError::Temporary(format!("the mail server cannot be reached: {}", io.kind()));
        }
        cause = inner.source();
    }
    if error.is_client() {
        // Such as an address beyond ASCII and a server without SMTPUTF8, or no way to sign in that both know.
        return SendError::Temporary(
            "the mail server does not offer what is needed: STARTTLS, a way to sign in, or UTF-8 addresses"
                .into(),
        );
    }
    SendError::Temporary("the conversation with the mail server failed".into())
}

/// `Auto-Submitted: auto-generated` (RFC 3834): no holiday notice comes back.
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
    async fn a_mail_has_both_forms_and_a_stable_name() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        for language in [Language::Chinese, Language::English] {
            let first = send(&server.settings(), "ann@example.com", language).await.unwrap();
            let second = send(&server.settings(), "ann@example.com", language).await.unwrap();
            assert_eq!(first, second, "the same message has the same name");
            let name = first.reference.unwrap();
            let mail = server.mails().pop().unwrap();
            for part in [
                &format!("Message-ID: <{name}>"),
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
    async fn replies_are_judged_and_never_quoted() {
        for (reply, expected) in [
            ("550 ann@example.com unknown", Err("the mail server answered 550")),
            ("554 spam 004217", Err("the mail server answered 554")),
            ("421 closing", Ok("the mail server answered 421")),
            ("452 full", Ok("the mail server answered 452")),
            ("535 who are you", Ok("the mail server answered 535")),
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
    async fn a_server_that_is_away_or_silent_may_come_back() {
        let closed = MailServer::start(&[], Duration::ZERO).await.settings();
        let gone = {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let away = SmtpSettings { port: gone, ..closed };
        let error = send(&away, "ann@example.com", Language::English).await.unwrap_err();
        assert!(
            matches!(&error, SendError::Temporary(text) if text.contains("cannot be reached")),
            "{error:?}"
        );

        let slow = MailServer::start(&[], Duration::from_secs(60)).await.settings();
        let slow = SmtpSettings { timeout: Duration::from_millis(300), ..slow };
        let error = send(&slow, "ann@example.com", Language::English).await.unwrap_err();
        assert_eq!(error, SendError::Temporary("the mail server did not answer in time".into()));
    }

    #[tokio::test]
    async fn starttls_is_not_skipped_when_the_server_lacks_it() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        let settings = SmtpSettings { security: SmtpSecurity::StartTls, ..server.settings() };
        assert!(send(&settings, "ann@example.com", Language::English).await.is_err());
        assert!(server.mails().is_empty());
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_refused_without_being_told() {
        let server = MailServer::start(&[], Duration::ZERO).await;
        let error = send(&server.settings(), "ann at example", Language::English).await.unwrap_err();
        assert!(matches!(&error, SendError::Permanent(text) if !text.contains("ann")), "{error:?}");
    }
}
