//! What an error of an SMTP exchange means for the mail.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use crate::delivery::send::SendError;

/// Replies that reject the gateway's credentials and not the mail (RFC 4954).
const AUTHENTICATION_FAILED: [u16; 4] = [530, 534, 535, 538];

/// Words in permanent replies that describe a temporary state. QQ and `NetEase` number their limits like permanent errors.
const LIMITS: [&str; 5] = ["frequency limited", "limit exceed", "rate limit", "too many", "system is busy"];

/// Words in permanent replies that reject the sender of the gateway and not the mail.
const SENDER: [&str; 4] =
    ["same as authorization user", "must equal authorized user", "\"from\" header", "no permission"];

/// Returns the error of a step that took too long.
pub(super) fn timed_out() -> SendError {
    SendError::Temporary("the mail server did not respond in time".into())
}

/// Returns the meaning of an error before the mail was handed over. The text contains the reply code or the kind of error.
/// The text of a reply is dropped because servers repeat addresses in it.
pub(super) fn classify(error: &Error) -> SendError {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return reply(code, error.is_permanent(), error.source().map(ToString::to_string).as_deref());
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
            return unreachable(io);
        }
        cause = inner.source();
    }
    if error.is_client() {
        return SendError::Misconfigured(
            "the mail server lacks a required extension: STARTTLS or a supported AUTH mechanism".into(),
        );
    }
    SendError::Temporary("the exchange with the mail server failed".into())
}

/// Returns the meaning of an error of the network.
pub(super) fn unreachable(error: &std::io::Error) -> SendError {
    SendError::Temporary(format!("the mail server is unreachable: {}", error.kind()))
}

fn reply(code: u16, permanent: bool, words: Option<&str>) -> SendError {
    let text = format!("the mail server replied {code}");
    let words = words.unwrap_or_default().to_ascii_lowercase();
    let mentions = |list: &[&str]| list.iter().any(|entry| words.contains(entry));
    if !permanent {
        SendError::Temporary(text)
    } else if AUTHENTICATION_FAILED.contains(&code) || mentions(&SENDER) {
        SendError::Misconfigured(text)
    } else if mentions(&LIMITS) {
        SendError::Throttled { reason: text, retry_after: None }
    } else {
        SendError::Permanent(text)
    }
}

/// Returns the meaning of an error after the whole mail was handed over. A reply says what happened. Without a reply the
/// mail server may have accepted the mail.
pub(super) fn classify_end(error: &Error) -> SendError {
    if error.status().is_some() {
        return classify(error);
    }
    SendError::Unknown("the mail server's reply to the mail was lost".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_chinese_mail_servers_are_classified_by_their_words() {
        let text = |code| format!("the mail server replied {code}");
        for (code, words, expected) in [
            (
                501,
                "mail from address must be same as authorization user",
                SendError::Misconfigured(text(501)),
            ),
            (550, "The \"From\" header is missing or invalid", SendError::Misconfigured(text(550))),
            (
                535,
                "Login fail. Account is abnormal, service is not open, password is incorrect, login frequency \
                 limited, or system is busy",
                SendError::Misconfigured(text(535)),
            ),
            (553, "Mail from must equal authorized user", SendError::Misconfigured(text(553))),
            (554, "DT:SPM", SendError::Permanent(text(554))),
            (
                554,
                "IP is rejected, smtp auth error limit exceed",
                SendError::Throttled { reason: text(554), retry_after: None },
            ),
            (550, "Ip frequency limited", SendError::Throttled { reason: text(550), retry_after: None }),
            (550, "Mailbox not found", SendError::Permanent(text(550))),
        ] {
            assert_eq!(reply(code, true, Some(words)), expected, "{code} {words}");
        }
        assert_eq!(reply(450, false, Some("MI:CEL")), SendError::Temporary(text(450)));
    }
}
