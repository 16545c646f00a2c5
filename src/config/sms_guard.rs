//! The protection of the SMS budget against pumping: many messages to numbers that nobody uses.

use std::time::Duration;

use super::reader::Reader;

/// How messages to strangers are limited while the budget is under attack.
#[derive(Clone, Debug)]
pub struct SmsGuardSettings {
    /// Messages per UTC day to numbers that differ in the last four digits only.
    pub prefix_daily: u64,
    /// The share of the daily budgets, in percent, that only numbers of accounts and known devices can use.
    pub reserve: u64,
    /// Messages per day that a known device can request from the reserve.
    pub known_device_daily: u32,
    /// The period in which codes are compared with those that were used.
    pub conversion_window: Duration,
    /// The number of messages from which on they are compared.
    pub conversion_min: u64,
    /// The share of used codes, in percent, below which a captcha is required.
    pub conversion_captcha: u64,
    /// The share of used codes, in percent, below which messages to the prefix stop.
    pub conversion_stop: u64,
    /// While messages to a prefix are stopped, one of them is sent per this period.
    pub trickle: Duration,
}

impl SmsGuardSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            prefix_daily: reader.value(
                "limits.sms_prefix_daily",
                "500",
                "SMS messages per UTC day to numbers that differ in the last four digits only.",
            ),
            reserve: reader.value(
                "limits.sms_reserve",
                "20",
                "The share of the daily SMS budgets, in percent, that is reserved for numbers of existing accounts and for known devices.",
            ),
            known_device_daily: reader.value(
                "limits.sms_known_device_daily",
                "5",
                "SMS messages per day that a known device can request from the reserve.",
            ),
            conversion_window: reader.duration(
                "limits.sms_conversion_window",
                "1d",
                "The period in which the codes sent to a prefix (a number without its last four digits) are compared with those that were used.",
            ),
            conversion_min: reader.value(
                "limits.sms_conversion_min",
                "20",
                "The number of codes from which on they are compared.",
            ),
            conversion_captcha: reader.value(
                "limits.sms_conversion_captcha",
                "40",
                "If fewer codes were used, in percent, messages to the prefix require a captcha.",
            ),
            conversion_stop: reader.value(
                "limits.sms_conversion_stop",
                "15",
                "If fewer codes were used, in percent, messages to the prefix stop.",
            ),
            trickle: reader.duration(
                "limits.sms_conversion_trickle",
                "10m",
                "While messages to a prefix are stopped, one message is sent per this period, so that the share can recover.",
            ),
        };
        if settings.prefix_daily == 0 {
            reader.error("limits.sms_prefix_daily", "at least 1: nothing could be sent");
        }
        if settings.reserve > 90 {
            reader.error("limits.sms_reserve", "0 to 90");
        }
        if settings.known_device_daily == 0 {
            reader.error("limits.sms_known_device_daily", "at least 1");
        }
        if settings.conversion_captcha > 100 || settings.conversion_stop > settings.conversion_captcha {
            reader.error(
                "limits.sms_conversion_stop",
                "at most `limits.sms_conversion_captcha`, which is at most 100",
            );
        }
        let (hour, week) = (Duration::from_secs(3_600), Duration::from_secs(7 * 86_400));
        if settings.conversion_window < hour || settings.conversion_window > week {
            reader.error("limits.sms_conversion_window", "at least 1h and at most 7d");
        }
        if settings.trickle < Duration::from_secs(1) || settings.trickle > Duration::from_secs(86_400) {
            reader.error("limits.sms_conversion_trickle", "at least 1s and at most 1d");
        }
        settings
    }
}
