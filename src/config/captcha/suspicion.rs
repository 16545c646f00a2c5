//! What makes a request suspicious, so that it needs a captcha.

use std::time::Duration;

use crate::config::reader::Reader;

/// How often something may happen within `window` before it needs a captcha.
#[derive(Clone, Debug)]
pub struct SuspicionSettings {
    pub window: Duration,
    /// Failed sign-ins to one account, or from one known device of it.
    pub failures: u32,
    /// Failed sign-ins and rejected codes from one client address.
    pub network_failures: u32,
    /// Messages to one destination of which no code was used.
    pub sends: u32,
    /// Messages that one client address requested.
    pub network_sends: u32,
    /// Messages to numbers that differ in the last four digits only.
    pub prefix_sends: u32,
    /// Registrations from one client address.
    pub registrations: u32,
}

impl SuspicionSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            window: reader.duration(
                "captcha.suspicion_window",
                "1h",
                "The period in which the following counts apply, in the mode `suspicion`.",
            ),
            failures: reader.value(
                "captcha.suspicion_failures",
                "3",
                "Failed sign-ins to one account before a captcha is required.",
            ),
            network_failures: reader.value(
                "captcha.suspicion_network_failures",
                "10",
                "Failed sign-ins and rejected codes from one client address before a captcha is required.",
            ),
            sends: reader.value(
                "captcha.suspicion_sends",
                "3",
                "Unused codes to one destination before a captcha is required.",
            ),
            network_sends: reader.value(
                "captcha.suspicion_network_sends",
                "10",
                "Messages requested from one client address before a captcha is required.",
            ),
            prefix_sends: reader.value(
                "captcha.suspicion_prefix_sends",
                "30",
                "Messages to numbers that differ in the last four digits only, before a captcha is required.",
            ),
            registrations: reader.value(
                "captcha.suspicion_registrations",
                "5",
                "Registrations from one client address before a captcha is required.",
            ),
        };
        if settings.window < Duration::from_secs(60) || settings.window > Duration::from_secs(86_400) {
            reader.error("captcha.suspicion_window", "at least 1m and at most 1d");
        }
        settings
    }
}
