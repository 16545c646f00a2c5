//! What is counted, per action, to tell suspicious requests from ordinary ones.

use crate::config::captcha::{CaptchaAction, SuspicionSettings};
use crate::core::secret::hex;
use crate::limits::{Counter, LoginKeys};

/// Who or what a request is about. No `Debug`: it may contain a mobile number.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// Nobody in particular: the client's network alone is counted.
    Network,
    /// A sign-in by password.
    Account(&'a LoginKeys),
    /// A message to a destination. `prefix`: a mobile number without its last four digits. `doubtful`: a captcha is required
    /// in any case.
    Destination { key: &'a str, prefix: Option<&'a str>, doubtful: bool },
}

/// Returns the counters that a failure of `subject` increases. A known device has a counter of its own and only that
/// one: strangers cannot make its owner solve captchas.
pub(super) fn failures(settings: &SuspicionSettings, subject: Subject<'_>, network: &str) -> Vec<Counter> {
    let network = Counter::new("captcha.network_failures", network, settings.network_failures);
    match subject {
        Subject::Account(LoginKeys { known_device: Some(_), .. }) => {
            own(settings, subject).into_iter().collect()
        }
        Subject::Account(_) => own(settings, subject).into_iter().chain([network]).collect(),
        Subject::Network | Subject::Destination { .. } => vec![network],
    }
}

/// Returns the counters that an attempt increases, whether or not it succeeds.
pub(super) fn attempts(
    settings: &SuspicionSettings,
    action: CaptchaAction,
    subject: Subject<'_>,
    network: &str,
) -> Vec<Counter> {
    match subject {
        Subject::Destination { prefix, .. } => {
            let network = Counter::new("captcha.network_sends", network, settings.network_sends);
            let prefix =
                prefix.map(|prefix| Counter::new("captcha.prefix_sends", prefix, settings.prefix_sends));
            own(settings, subject).into_iter().chain([network]).chain(prefix).collect()
        }
        Subject::Network if matches!(action, CaptchaAction::Register | CaptchaAction::RegisterWithSocial) => {
            vec![Counter::new("captcha.registrations", network, settings.registrations)]
        }
        Subject::Network | Subject::Account(_) => Vec::new(),
    }
}

/// Returns the counter that a success of `subject` resets.
pub(super) fn own(settings: &SuspicionSettings, subject: Subject<'_>) -> Option<Counter> {
    match subject {
        Subject::Network => None,
        Subject::Account(LoginKeys { account, known_device: None, .. }) => {
            Some(Counter::new("captcha.failures", account, settings.failures))
        }
        Subject::Account(LoginKeys { account, known_device: Some(device), .. }) => {
            let device = format!("{}:{account}", hex(device));
            Some(Counter::new("captcha.device_failures", &device, settings.failures))
        }
        Subject::Destination { key, .. } => Some(Counter::new("captcha.sends", key, settings.sends)),
    }
}
