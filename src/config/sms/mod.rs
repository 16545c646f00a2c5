//! SMS messages: the carriers, their order, and their templates.

mod carriers;
mod templates;

use std::str::FromStr;
use std::time::Duration;

pub use carriers::{AliyunSettings, RonglianSettings, TencentSettings, TwilioSettings, WebhookSmsSettings};
pub use templates::{Parameter, SignNames, Templates};

use super::reader::Reader;
use crate::core::identifier::Region;
use crate::core::secret::{ExposeSecret as _, SecretString};

/// The section. No `Debug`: it contains secrets.
#[derive(Clone)]
pub struct SmsSettings {
    /// The carriers for numbers of mainland China (+86), the preferred one first.
    pub mainland: Vec<CarrierSettings>,
    /// The carriers for all other numbers.
    pub international: Vec<CarrierSettings>,
    /// How long one request to a carrier may take, including the connection.
    pub timeout: Duration,
    /// A part of the URLs to which carriers send delivery receipts.
    pub receipt_secret: Option<SecretString>,
}

/// A carrier with its settings.
#[derive(Clone)]
pub enum CarrierSettings {
    Ronglian(RonglianSettings),
    Aliyun(AliyunSettings),
    Tencent(TencentSettings),
    Twilio(TwilioSettings),
    Webhook(WebhookSmsSettings),
}

/// The name of a carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Ronglian,
    Aliyun,
    Tencent,
    Twilio,
    Webhook,
}

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ronglian" => Ok(Self::Ronglian),
            "aliyun" => Ok(Self::Aliyun),
            "tencent" => Ok(Self::Tencent),
            "twilio" => Ok(Self::Twilio),
            "webhook" => Ok(Self::Webhook),
            _ => Err("expected ronglian, aliyun, tencent, twilio or webhook"),
        }
    }
}

/// The settings of all carriers, used or not.
struct Known {
    ronglian: Option<RonglianSettings>,
    aliyun: Option<AliyunSettings>,
    tencent: Option<TencentSettings>,
    twilio: Option<TwilioSettings>,
    webhook: Option<WebhookSmsSettings>,
}

impl Known {
    fn find(&self, name: Name) -> Option<CarrierSettings> {
        match name {
            Name::Ronglian => self.ronglian.clone().map(CarrierSettings::Ronglian),
            Name::Aliyun => self.aliyun.clone().map(CarrierSettings::Aliyun),
            Name::Tencent => self.tencent.clone().map(CarrierSettings::Tencent),
            Name::Twilio => self.twilio.clone().map(CarrierSettings::Twilio),
            Name::Webhook => self.webhook.clone().map(CarrierSettings::Webhook),
        }
    }

    fn list(&self, reader: &mut Reader, key: &'static str, names: &[Name]) -> Vec<CarrierSettings> {
        let mut carriers = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let text = format!("{name:?}").to_lowercase();
            if names[..place].contains(name) {
                reader.error(key, &format!("{text} is listed twice"));
            }
            match self.find(*name) {
                Some(carrier) => carriers.push(carrier),
                None => reader.error(key, &format!("{text} is listed but not configured: see sms.{text}.…")),
            }
        }
        carriers
    }
}

impl SmsSettings {
    /// Reads the section. In development, base URLs may be http.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let mainland: Vec<Name> = reader.list(
            "sms.carriers",
            "",
            "The carriers for numbers of mainland China (+86) in the order in which they are tried: ronglian, aliyun, tencent, webhook. Without a carrier, no SMS is sent; in development, messages go to the inbox page.",
        );
        let international: Vec<Name> = reader.list(
            "sms.carriers_international",
            "",
            "The carriers for all other numbers: tencent, twilio, webhook.",
        );
        let timeout = reader.duration(
            "sms.timeout",
            "5s",
            "The timeout of one request to a carrier, including the connection.",
        );
        let receipt_secret = reader.secret(
            "sms.receipt_secret",
            "At least 16 characters that end the URL for delivery receipts, `/webhooks/sms/<carrier>/<secret>`. Carriers other than Twilio do not sign receipts.",
        );
        let known = Known {
            ronglian: RonglianSettings::read(reader, development),
            aliyun: AliyunSettings::read(reader, development),
            tencent: TencentSettings::read(reader, development),
            twilio: TwilioSettings::read(reader, development),
            webhook: WebhookSmsSettings::read(reader, development),
        };
        if timeout.is_zero() || timeout > Duration::from_secs(20) {
            reader.error("sms.timeout", "at least 1ms and at most 20s");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let usable = |secret: &str| secret.len() >= 16 && secret.chars().all(allowed);
        if receipt_secret.as_ref().is_some_and(|secret| !usable(secret.expose_secret())) {
            reader.error("sms.receipt_secret", "expected at least 16 letters, digits, `-` and `_`");
        }
        if mainland.contains(&Name::Twilio) {
            reader.error(
                "sms.carriers",
                "twilio has no approved templates, which numbers of mainland China require",
            );
        }
        for name in [Name::Ronglian, Name::Aliyun] {
            if international.contains(&name) {
                let text = format!("{name:?} sends to mainland China only");
                reader.error("sms.carriers_international", &text);
            }
        }
        Self {
            mainland: known.list(reader, "sms.carriers", &mainland),
            international: known.list(reader, "sms.carriers_international", &international),
            timeout,
            receipt_secret,
        }
    }
}

impl SmsSettings {
    /// Returns whether a carrier sends to a region.
    #[must_use]
    pub fn serves(&self, region: Region) -> bool {
        let carriers = if region == Region::China { &self.mainland } else { &self.international };
        !carriers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    fn read(variables: &[(&str, &str)], development: bool) -> (SmsSettings, String) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = SmsSettings::read(&mut reader, development);
        (settings, reader.finish().1.join("\n"))
    }

    #[test]
    fn there_is_no_carrier_by_default() {
        let (settings, errors) = read(&[], false);
        assert!(
            settings.mainland.is_empty() && settings.international.is_empty() && errors.is_empty(),
            "{errors}"
        );
    }

    #[test]
    fn carriers_are_used_in_their_order() {
        let (settings, errors) = read(
            &[
                ("MENJIN_SMS_CARRIERS", "ronglian,aliyun"),
                ("MENJIN_SMS_CARRIERS_INTERNATIONAL", "twilio"),
                ("MENJIN_SMS_RONGLIAN_ACCOUNT_SID", "8a"),
                ("MENJIN_SMS_RONGLIAN_AUTH_TOKEN", "hunter2"),
                ("MENJIN_SMS_RONGLIAN_APP_ID", "8b"),
                ("MENJIN_SMS_RONGLIAN_TEMPLATES", "code=1"),
                ("MENJIN_SMS_ALIYUN_ACCESS_KEY_ID", "LTAI"),
                ("MENJIN_SMS_ALIYUN_ACCESS_KEY_SECRET", "hunter3"),
                ("MENJIN_SMS_ALIYUN_SIGN_NAMES", "门禁"),
                ("MENJIN_SMS_ALIYUN_TEMPLATES", "code=SMS_1,notice=SMS_2"),
                ("MENJIN_SMS_TWILIO_ACCOUNT_SID", "AC1"),
                ("MENJIN_SMS_TWILIO_AUTH_TOKEN", "hunter4"),
                ("MENJIN_SMS_TWILIO_FROM", "+15005550006"),
            ],
            false,
        );
        assert_eq!(errors, "");
        assert!(matches!(
            settings.mainland.as_slice(),
            [CarrierSettings::Ronglian(_), CarrierSettings::Aliyun(_)]
        ));
        assert!(matches!(settings.international.as_slice(), [CarrierSettings::Twilio(_)]));
    }

    #[test]
    fn everything_that_is_missing_is_reported_at_once_and_without_secrets() {
        let (_, errors) = read(
            &[
                ("MENJIN_SMS_CARRIERS", "tencent,twilio,aliyun,aliyun"),
                ("MENJIN_SMS_CARRIERS_INTERNATIONAL", "ronglian"),
                ("MENJIN_SMS_TENCENT_SECRET_KEY", "hunter2"),
                ("MENJIN_SMS_ALIYUN_ACCESS_KEY_ID", "LTAI"),
                ("MENJIN_SMS_ALIYUN_ACCESS_KEY_SECRET", "hunter3"),
                ("MENJIN_SMS_ALIYUN_TEMPLATES", "code.login=SMS_1"),
                ("MENJIN_SMS_ALIYUN_BASE_URL", "http://127.0.0.1:8000"),
                ("MENJIN_SMS_RECEIPT_SECRET", "short"),
                ("MENJIN_SMS_WEBHOOK_URL", "https://sms.example.com/"),
            ],
            false,
        );
        for expected in [
            "sms.tencent.secret_id",
            "sms.tencent.app_id",
            "tencent is listed but not configured",
            "twilio has no approved templates",
            "aliyun is listed twice",
            "sms.aliyun.sign_names",
            "no template for code.register",
            "expected a URL that starts with https://",
            "sms.receipt_secret",
            "Ronglian sends to mainland China only",
            "`sms.webhook.secret` belong together",
        ] {
            assert!(errors.contains(expected), "{expected}: {errors}");
        }
        assert!(!errors.contains("hunter"), "{errors}");
    }
}
