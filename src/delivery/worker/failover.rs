//! Sends an SMS by the first carrier that accepts it.
//!
//! A message is marked with the carrier before the request. If the response is lost, or the gateway stops before it is recorded,
//! the mark stays, and the next attempt asks this carrier first. Other carriers get the message only after it has said that it
//! does not have it. A carrier that cannot be asked gets the message once more, so it is sent at most twice.

use super::breaker::Breakers;
use super::tried::Tried;
use crate::core::clock::{Clock, Instant};
use crate::db::models::DueMessage;
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::{Carrier, Outgoing, Queried, Sent, Sms};

/// Sends SMS messages. Cheap to clone.
#[derive(Clone)]
pub(super) struct Failover {
    sms: Option<Sms>,
    breakers: Breakers,
    clock: Clock,
}

/// How a mark is written: the carrier and the time. False if the message is no longer this worker's.
pub(super) trait Mark {
    fn mark(&self, carrier: &'static str, at: Instant, tried: &Tried) -> impl Future<Output = bool> + Send;
}

/// The result of an attempt.
pub(super) struct Outcome {
    pub result: Result<Receipt, SendError>,
    /// Whether the carrier that was tried last may have the message, so that the mark stays.
    pub uncertain: bool,
    pub tried: Tried,
}

impl Failover {
    pub(super) fn new(sms: Option<Sms>, clock: Clock) -> Self {
        Self { sms, breakers: Breakers::default(), clock }
    }

    /// Makes one attempt. Returns `None` if the message is no longer this worker's.
    pub(super) async fn send(
        &self,
        row: &DueMessage,
        message: &Outgoing<'_>,
        mark: &impl Mark,
    ) -> Option<Outcome> {
        let mut tried = Tried::parse(row.tried.as_deref());
        let done = |result, tried| Outcome { result, uncertain: false, tried };
        let carriers = self.sms.as_ref().map(|sms| sms.carriers_for(message.to)).unwrap_or_default();
        if carriers.is_empty() {
            let error = SendError::Temporary("no SMS carrier is configured for this number".into());
            return Some(Outcome { result: Err(error), uncertain: row.sending.is_some(), tried });
        }
        let mut only = None;
        if let (Some(name), Some(at)) = (row.sending.as_deref(), row.sending_at) {
            match self.resolve(name, at.0, message, &tried).await {
                Resolved::Ended(result) => return Some(done(result, tried)),
                Resolved::NotYet(error) => {
                    return Some(Outcome { result: Err(error), uncertain: true, tried });
                }
                Resolved::SendAgain => {}
                Resolved::SendAgainBy(carrier) => only = Some(carrier),
            }
        }
        let mut last = SendError::Temporary("all SMS carriers are left out because they keep failing".into());
        for carrier in only.as_ref().map_or(carriers, std::slice::from_ref) {
            let (name, now) = (carrier.name(), self.clock.now());
            if !self.breakers.allows(name, now) {
                continue;
            }
            tried.begin(name, now);
            if !mark.mark(name, now, &tried).await {
                return None;
            }
            let error = match carrier.send(message).await {
                Ok(receipt) => {
                    self.breakers.succeeded(name);
                    tried.end("sent".into());
                    return Some(done(Ok(receipt), tried));
                }
                Err(error) => error,
            };
            match &error {
                SendError::Permanent(reason) => {
                    self.breakers.succeeded(name);
                    tried.end(format!("permanent: {reason}"));
                    return Some(done(Err(error), tried));
                }
                SendError::NumberLimited(reason) => {
                    self.breakers.succeeded(name);
                    tried.end(format!("number limited: {reason}"));
                    return Some(done(Err(error), tried));
                }
                SendError::Unknown(reason) => {
                    self.breakers.failed(name, now);
                    tried.end_lost(reason);
                    return Some(Outcome { result: Err(error), uncertain: true, tried });
                }
                SendError::Temporary(reason) => tried.end(format!("temporary: {reason}")),
                SendError::Throttled { reason, .. } => tried.end(format!("throttled: {reason}")),
                SendError::Misconfigured(reason) => {
                    tracing::error!(
                        carrier = name,
                        reason,
                        "SMS carrier refuses the gateway; an operator must act"
                    );
                    tried.end(format!("misconfigured: {reason}"));
                }
            }
            self.breakers.failed(name, now);
            tracing::warn!(carrier = name, %error, "SMS not accepted; trying the next carrier");
            last = error;
        }
        // A repetition that was not accepted says nothing about the first request.
        Some(Outcome { result: Err(last), uncertain: only.is_some(), tried })
    }

    /// Finds out what became of a message whose response was lost.
    async fn resolve(&self, name: &str, at: Instant, message: &Outgoing<'_>, tried: &Tried) -> Resolved {
        let Some(carrier) = self.sms.as_ref().and_then(|sms| sms.find(name)) else {
            return Resolved::Ended(Err(SendError::Permanent(format!(
                "{name} may have the message, and it is no longer configured"
            ))));
        };
        let sent = Sent { id: message.id, to: message.to, reference: None, at };
        match carrier.query(&sent).await {
            Ok(Queried::Accepted { reference }) => {
                Resolved::Ended(Ok(Receipt { provider: carrier.name(), reference }))
            }
            Ok(Queried::Delivered) => {
                Resolved::Ended(Ok(Receipt { provider: carrier.name(), reference: None }))
            }
            // It was accepted and did not arrive: sending it again cannot make two of it.
            Ok(Queried::NotFound | Queried::Failed(_)) => Resolved::SendAgain,
            // The carrier cannot be asked. One repetition by the same carrier risks a double; more are not made.
            Ok(Queried::Unsupported) if tried.lost(name) < 2 => Resolved::SendAgainBy(carrier.clone()),
            Ok(Queried::Unsupported) => Resolved::Ended(Err(SendError::Permanent(
                "the responses were lost twice, and the carrier cannot be asked".into(),
            ))),
            Err(error) => {
                Resolved::NotYet(SendError::Temporary(format!("the carrier cannot be asked yet: {error}")))
            }
        }
    }
}

/// What became of a message whose response was lost.
enum Resolved {
    Ended(Result<Receipt, SendError>),
    /// The carrier cannot tell yet.
    NotYet(SendError),
    /// No carrier has the message, or the one that had it could not deliver it.
    SendAgain,
    SendAgainBy(Carrier),
}
