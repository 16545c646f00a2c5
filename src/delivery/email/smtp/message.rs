//! Builds the mail with its headers (RFC 5322).

use std::time::SystemTime;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::core::clock::Instant;
use crate::delivery::email::outgoing::Outgoing;
use crate::delivery::send::SendError;

/// Returns the mail and its `Message-ID`, which is the same for every attempt, so that recipients can recognise a mail
/// that was sent twice.
pub(super) fn build(
    from: &Mailbox,
    outgoing: &Outgoing<'_>,
    now: Instant,
) -> Result<(Message, String), SendError> {
    let message_id = format!("{}@{}", outgoing.id, from.email.domain());
    let to: Address = outgoing
        .to
        .parse()
        .map_err(|_| SendError::Permanent("the address is not a valid e-mail address".into()))?;
    let parts = MultiPart::alternative_plain_html(outgoing.mail.text.clone(), outgoing.mail.html.clone());
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(outgoing.mail.subject.clone())
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{message_id}>")))
        .header(AutoSubmitted)
        .multipart(parts)
        .map_err(|_| SendError::Permanent("the mail cannot be built".into()))?;
    Ok((message, message_id))
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
