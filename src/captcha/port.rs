//! What callers of the captcha pass and receive, and what every service implements.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::captcha::CaptchaAction;
use crate::core::clock::Instant;
use crate::core::secret::SecretString;
use crate::outcome::Refusal;

/// The response of the widget in the browser. No `Debug`: it is valid for one request of anybody.
#[derive(Clone)]
pub struct CaptchaAnswer {
    pub ticket: SecretString,
    /// The second part of the response, which Tencent's widget has.
    pub randstr: Option<String>,
}

/// The response of the widget, if any, and the mutation that it was sent with.
#[derive(Clone, Copy)]
pub struct CaptchaClaim<'a> {
    pub action: CaptchaAction,
    pub answer: Option<&'a CaptchaAnswer>,
}

/// What a page needs to show the widget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widget {
    /// The slug of the service.
    pub provider: String,
    /// The public key that identifies the installation to the service; empty for ALTCHA.
    pub site_key: String,
    /// Where the widget of ALTCHA gets its challenge. The query parameter `action` names the mutation.
    pub challenge_url: Option<String>,
}

/// Why a captcha is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaReason {
    /// The request has no response of a widget.
    Missing,
    /// The response is wrong, expired or used, or belongs to another mutation.
    Rejected,
}

/// A captcha that has to be solved before the request is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    pub widget: Widget,
    pub reason: CaptchaReason,
    pub action: CaptchaAction,
}

/// Why a request did not pass the captcha.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaRefusal {
    #[error("a captcha is required: {:?}", .0.reason)]
    Required(Box<Required>),
    /// The service cannot be reached, so nothing was decided.
    #[error(transparent)]
    Shared(#[from] Refusal),
}

/// What a service checks.
pub(super) struct Evidence<'a> {
    pub(super) ticket: &'a str,
    pub(super) randstr: Option<&'a str>,
    pub(super) action: CaptchaAction,
    pub(super) address: IpAddr,
    /// The value of [`crate::core::client::Client::network`].
    pub(super) network: &'a str,
    pub(super) now: Instant,
}

/// What makes a response of a widget unique, and how long the service could accept it.
pub(super) struct Unique {
    pub(super) id: String,
    pub(super) lifetime: Duration,
    /// Whether anybody can write such a response. The gate accepts few of them per network.
    pub(super) forgeable: bool,
}

impl Unique {
    /// For services whose tickets cannot be written in two ways.
    pub(super) fn ticket(evidence: &Evidence<'_>, lifetime: Duration) -> Self {
        Self { id: evidence.ticket.to_owned(), lifetime, forgeable: false }
    }
}

/// Why a response of a widget was rejected; for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejected(pub(super) String);

impl From<&str> for Rejected {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// Why a service did not accept a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CheckError {
    Rejected(Rejected),
    /// The service is unavailable: no response, or none that can be read.
    Unavailable(String),
    /// The service rejects the keys of this installation. The operator must act.
    Misconfigured(String),
}

impl CheckError {
    pub(super) fn rejected(reason: &str) -> Self {
        Self::Rejected(reason.into())
    }
}
