//! Tencent Cloud (腾讯云): `SendSms` and `PullSmsSendStatusByPhoneNumber` of the SMS API, version 2021-01-11.

use chrono::TimeDelta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::code;
use super::http::Http;
use super::number;
use crate::config::sms::TencentSettings;
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::signing::tc3::{JSON, Tc3Key, Tc3Request};
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::outgoing::Outgoing;
use crate::delivery::sms::port::{Checked, DeliveryReceipt, Queried, ReceiptError, Sent};

pub(crate) const NAME: &str = "tencent";

const VERSION: &str = "2021-01-11";
/// For how long a message that was accepted may still be missing: only final statuses are listed, which wait for the report of
/// the telephone.
const VISIBLE_AFTER: TimeDelta = TimeDelta::minutes(3);

/// A client of Tencent Cloud.
pub struct Tencent {
    settings: TencentSettings,
    key: Tc3Key,
    host: String,
    http: Http,
    clock: Clock,
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(rename = "Response")]
    response: Reply<T>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reply<T> {
    Error {
        #[serde(rename = "Error")]
        error: ApiError,
    },
    Done(T),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiError {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendStatuses {
    send_status_set: Vec<SendStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendStatus {
    serial_no: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PullStatuses {
    #[serde(default, rename = "PullSmsSendStatusSet")]
    statuses: Vec<PullStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PullStatus {
    #[serde(default)]
    serial_no: String,
    #[serde(default, rename = "ReportStatus")]
    outcome: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    session_context: String,
    #[serde(default)]
    phone_number: String,
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "report_status")]
    status: String,
    errmsg: Option<String>,
    sid: String,
    ext: Option<String>,
}

impl Tencent {
    pub(crate) fn new(settings: TencentSettings, http: Http, clock: Clock) -> Self {
        let key = Tc3Key { secret_id: settings.secret_id.clone(), secret_key: settings.secret_key.clone() };
        let host = super::http::host(&settings.base_url);
        Self { settings, key, host, http, clock }
    }

    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let kind = message.content.kind();
        let template = self.settings.templates.find(kind, message.language);
        let template = template
            .ok_or_else(|| SendError::Misconfigured(format!("no template is configured for {kind}")))?;
        let body = json!({
            "PhoneNumberSet": [message.to],
            "SmsSdkAppId": self.settings.app_id,
            "TemplateId": template,
            "SignName": self.settings.sign_names.find(message.language),
            "TemplateParamSet": message.parameters(&self.settings.parameters),
            "SessionContext": message.id.to_string(),
        });
        let statuses: SendStatuses = self.call("SendSms", &body).await?;
        match statuses.send_status_set.as_slice() {
            [status] if status.code == "Ok" => {
                Ok(Receipt { provider: NAME, reference: Some(status.serial_no.clone()) })
            }
            [status] => Err(classify(&status.code)),
            _ => Err(SendError::Unknown("the response names another number of messages".into())),
        }
    }

    /// Looks for our own identifier, or the carrier's, among the statuses of the number.
    pub(crate) async fn query(&self, sent: &Sent<'_>) -> Result<Queried, SendError> {
        let body = json!({
            "SendDateTime": (sent.at - TimeDelta::minutes(5)).timestamp(),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": sent.to,
            "SmsSdkAppId": self.settings.app_id,
        });
        let statuses: PullStatuses = self.call("PullSmsSendStatusByPhoneNumber", &body).await?;
        let id = sent.id.to_string();
        let is_ours = |status: &&PullStatus| {
            number::is_same(&status.phone_number, sent.to)
                && (status.session_context == id || sent.reference == Some(status.serial_no.as_str()))
        };
        let Some(status) = statuses.statuses.iter().find(is_ours) else {
            // Only messages with a final status are listed.
            return match sent.reference {
                Some(reference) => Ok(Queried::Accepted { reference: Some(reference.to_owned()) }),
                None if self.clock.now() - sent.at < VISIBLE_AFTER => {
                    Err(SendError::Temporary("the carrier does not show new messages at once".into()))
                }
                None => Ok(Queried::NotFound),
            };
        };
        Ok(match status.outcome.as_str() {
            "SUCCESS" => Queried::Delivered,
            "FAIL" => Queried::Failed(code::clean(&status.description)),
            _ => Queried::Accepted { reference: Some(status.serial_no.clone()) },
        })
    }

    /// Parses the array that the callback sends.
    pub(crate) fn parse_receipts(body: &[u8]) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        let reports: Vec<Report> = serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed)?;
        let receipt = |report: Report| {
            let delivered = report.status == "SUCCESS";
            DeliveryReceipt {
                reference: report.sid,
                id: report.ext.as_deref().and_then(MessageId::parse),
                delivered,
                reason: if delivered { None } else { report.errmsg.as_deref().map(code::clean) },
            }
        };
        Ok(reports.into_iter().map(receipt).collect())
    }

    /// Asks for the statuses of a number that nobody has: the credentials must be valid, and nothing is sent.
    pub(crate) async fn check(&self) -> Result<Checked, SendError> {
        let body = json!({
            "SendDateTime": (self.clock.now() - TimeDelta::hours(1)).timestamp(),
            "Offset": 0,
            "Limit": 1,
            "PhoneNumber": "+8610000000000",
            "SmsSdkAppId": self.settings.app_id,
        });
        match self.call::<PullStatuses>("PullSmsSendStatusByPhoneNumber", &body).await {
            Ok(_) | Err(SendError::Permanent(_)) => Ok(Checked::Valid("the credentials are valid".into())),
            Err(error) => Err(error),
        }
    }

    async fn call<T: DeserializeOwned>(&self, action: &str, body: &Value) -> Result<T, SendError> {
        let (body, now) = (body.to_string(), self.clock.now());
        let lower = action.to_ascii_lowercase();
        let headers = [("content-type", JSON), ("host", self.host.as_str()), ("x-tc-action", lower.as_str())];
        let signed = Tc3Request { service: "sms", headers: &headers, body: body.as_bytes(), at: now };
        let request = self
            .http
            .post(&format!("{}/", self.settings.base_url))
            .header("content-type", JSON)
            .header("host", &self.host)
            .header("x-tc-action", action)
            .header("x-tc-version", VERSION)
            .header("x-tc-region", &self.settings.region)
            .header("x-tc-timestamp", now.timestamp().to_string())
            .header("authorization", self.key.authorization(&signed))
            .body(body);
        match self.http.send(request).await?.json::<Envelope<T>>()?.response {
            Reply::Done(reply) => Ok(reply),
            Reply::Error { error } => Err(classify(&error.code)),
        }
    }
}

/// The codes of the documentation, by what can be done about them.
fn classify(code: &str) -> SendError {
    let text = format!("code {}", code::clean(code));
    match code {
        "LimitExceeded.PhoneNumberThirtySecondLimit"
        | "LimitExceeded.PhoneNumberOneHourLimit"
        | "LimitExceeded.PhoneNumberDailyLimit"
        | "LimitExceeded.PhoneNumberSameContentDailyLimit"
        | "LimitExceeded.DeliveryFrequencyLimit" => SendError::NumberLimited(text),
        "InvalidParameterValue.IncorrectPhoneNumber"
        | "FailedOperation.PhoneNumberInBlacklist"
        | "FailedOperation.ContainSensitiveWord" => SendError::Permanent(text),
        "RequestLimitExceeded"
        | "LimitExceeded.AppDailyLimit"
        | "LimitExceeded.DailyLimit"
        | "LimitExceeded.AppMainlandChinaDailyLimit"
        | "LimitExceeded.AppGlobalDailyLimit" => SendError::Throttled { reason: text, retry_after: None },
        // The carrier says that its own request was lost.
        "InternalError.Timeout" | "InternalError.SendAndRecvFail" => SendError::Unknown(text),
        _ if code == "InternalError" || code.starts_with("InternalError.") => SendError::Temporary(text),
        // Signatures, templates, parameters, balance, credentials; and codes that are not documented.
        _ => SendError::Misconfigured(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_classified() {
        for code in ["LimitExceeded.PhoneNumberDailyLimit", "LimitExceeded.DeliveryFrequencyLimit"] {
            assert!(matches!(classify(code), SendError::NumberLimited(_)), "{code}");
        }
        for code in ["InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist"] {
            assert!(matches!(classify(code), SendError::Permanent(_)), "{code}");
        }
        for code in ["RequestLimitExceeded", "LimitExceeded.AppDailyLimit"] {
            assert!(matches!(classify(code), SendError::Throttled { .. }), "{code}");
        }
        assert!(matches!(classify("InternalError.Timeout"), SendError::Unknown(_)));
        assert!(matches!(classify("InternalError.OtherError"), SendError::Temporary(_)));
        for code in [
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateUnapprovedOrNotExist",
            "InvalidParameterValue.TemplateParameterFormatError",
            "UnauthorizedOperation.RequestIpNotInWhitelist",
            "AuthFailure.SignatureFailure",
            "AuthFailure.SecretIdNotFound",
        ] {
            assert!(matches!(classify(code), SendError::Misconfigured(_)), "{code}");
        }
    }

    #[test]
    fn receipts_are_parsed() {
        let body = r#"[{"user_receive_time":"2023-11-15 06:13:24","nationcode":"86","mobile":"13800138000","report_status":"SUCCESS","errmsg":"DELIVRD","description":"x","sid":"3369:1","ext":""},{"report_status":"FAIL","errmsg":"UNDELIV","sid":"3369:2"}]"#;
        let receipts = Tencent::parse_receipts(body.as_bytes()).unwrap();
        assert_eq!(
            (receipts[0].delivered, receipts[0].reference.as_str(), receipts[0].id),
            (true, "3369:1", None)
        );
        assert_eq!((receipts[1].delivered, receipts[1].reason.as_deref()), (false, Some("UNDELIV")));
        assert_eq!(Tencent::parse_receipts(b"{}"), Err(ReceiptError::Malformed));
    }
}
