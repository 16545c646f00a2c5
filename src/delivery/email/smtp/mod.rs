//! Sends mails through a mail server by SMTP (RFC 5321).

mod dialer;
mod message;
mod pool;
mod replies;

use std::fmt::Display;
use std::sync::Arc;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message};

pub use dialer::SmtpSetupError;

use self::dialer::Dialer;
use self::pool::{Lent, Pool};
use super::outgoing::Outgoing;
use crate::config::delivery::SmtpSettings;
use crate::core::clock::Clock;
use crate::delivery::send::{Receipt, SendError};

/// The reply that announces that the mail server closes the connection (RFC 5321, section 3.8).
const CLOSING: u16 = 421;

/// The client of a mail server. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    settings: SmtpSettings,
    pool: Pool,
    clock: Clock,
}

impl Smtp {
    /// Prepares TLS. Does not connect yet.
    pub fn new(settings: &SmtpSettings, clock: Clock) -> Result<Self, SmtpSetupError> {
        let pool = Pool::new(Dialer::new(settings)?, settings.connections);
        Ok(Self(Arc::new(Inner { settings: settings.clone(), pool, clock })))
    }

    /// Checks the settings: connects to the mail server, authenticates and disconnects.
    pub async fn check(&self) -> Result<(), SendError> {
        pool::quit(self.0.pool.dialer().connect().await?).await;
        Ok(())
    }

    pub(super) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let Inner { settings, pool, clock } = &*self.0;
        let (message, message_id) = message::build(&settings.from, outgoing, clock.now())?;
        let body = message.formatted();
        let mut lent = pool.take().await?;
        let mut started = self.start(&mut lent.connection, &message, &body).await;
        // The mail server may have closed an idle connection. Nothing was handed over, so a new connection is safe.
        if lent.mails > 0 && matches!(started, Err(Refused::Broken(_))) {
            lent = pool.renew(lent).await?;
            started = self.start(&mut lent.connection, &message, &body).await;
        }
        match started {
            Ok(()) => self.finish(lent, &body).await?,
            Err(Refused::Reply(error)) => {
                self.reset(lent).await;
                return Err(error);
            }
            Err(Refused::Broken(error)) => return Err(error),
        }
        Ok(Receipt { provider: "smtp", reference: Some(message_id) })
    }

    /// Sends everything before the mail itself. After an error the mail server has certainly not accepted the mail.
    async fn start(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &Message,
        body: &[u8],
    ) -> Result<(), Refused> {
        let envelope = message.envelope();
        let mut options = Vec::new();
        let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !envelope.to().iter().chain(envelope.from()).all(ascii) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let text = "the mail server does not support addresses with non-ASCII characters";
                return Err(Refused::Reply(SendError::Permanent(text.into())));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !body.is_ascii() {
            if !connection.server_info().supports_feature(Extension::EightBitMime) {
                let text = "the mail server does not support 8BITMIME";
                return Err(Refused::Reply(SendError::Misconfigured(text.into())));
            }
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.command(connection, Mail::new(envelope.from().cloned(), options)).await?;
        for to in envelope.to() {
            self.command(connection, Rcpt::new(to.clone(), Vec::new())).await?;
        }
        self.command(connection, Data).await
    }

    async fn command(
        &self,
        connection: &mut AsyncSmtpConnection,
        command: impl Display,
    ) -> Result<(), Refused> {
        match tokio::time::timeout(self.0.settings.timeout, connection.command(command)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let code = error.status().map(u16::from);
                let meaning = replies::classify(&error);
                if code.is_none_or(|code| code == CLOSING) {
                    Err(Refused::Broken(meaning))
                } else {
                    Err(Refused::Reply(meaning))
                }
            }
            Err(_) => Err(Refused::Broken(replies::timed_out())),
        }
    }

    /// Hands the mail over. Without a reply the mail server may have accepted it.
    async fn finish(&self, mut lent: Lent<'_>, body: &[u8]) -> Result<(), SendError> {
        let handed = tokio::time::timeout(self.0.settings.timeout, lent.connection.message(body)).await;
        match handed {
            Ok(Ok(_)) => {
                lent.give_back().await;
                Ok(())
            }
            Ok(Err(error)) => {
                if error.status().is_some() {
                    lent.give_back().await;
                }
                Err(replies::classify_end(&error))
            }
            Err(_) => Err(SendError::Unknown("the mail server did not reply to the mail in time".into())),
        }
    }

    /// Makes the connection usable again after a refusal.
    async fn reset(&self, mut lent: Lent<'_>) {
        if self.0.pool.dialer().step(lent.connection.command(Rset)).await.is_ok() {
            lent.give_back().await;
        }
    }
}

/// Why the mail server did not take the mail.
enum Refused {
    /// The mail server replied. The connection can be used again.
    Reply(SendError),
    /// The mail server did not reply, or closed the connection.
    Broken(SendError),
}

#[cfg(test)]
mod tests;
