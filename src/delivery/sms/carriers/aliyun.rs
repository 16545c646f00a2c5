//! Alibaba Cloud (阿里云): `SendSms` and `QuerySendDetails` of dysmsapi, version 2017-05-25.

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::Value;

use super::code;
use super::http::{Http, Response};
use super::number;
use crate::config::sms::AliyunSettings;
use crate::core::clock::Clock;
use crate::core::ids::MessageId;
use crate::core::random::Random;
use crate::core::secret::hex;
use crate::core::signing::acs3::{Acs3Key, Acs3Request, canonical_query};
use crate::delivery::send::{Receipt, SendError};
use crate::delivery::sms::outgoing::Outgoing;
use crate::delivery::sms::port::{Checked, DeliveryReceipt, Queried, ReceiptError, Sent};

pub(crate) const NAME: &str = "aliyun";

const VERSION: &str = "2017-05-25";
/// The SHA-256 of an empty body: all parameters are in the query.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// For how long a message that was accepted may still be missing in the details.
const VISIBLE_AFTER: TimeDelta = TimeDelta::seconds(30);

/// A client of Alibaba Cloud.
pub struct Aliyun {
    settings: AliyunSettings,
    key: Acs3Key,
    host: String,
    http: Http,
    clock: Clock,
    random: Random,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    code: String,
    biz_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    code: String,
    #[serde(rename = "SmsSendDetailDTOs", default)]
    list: Option<DetailList>,
}

#[derive(Deserialize)]
struct DetailList {
    #[serde(rename = "SmsSendDetailDTO", default)]
    details: Vec<Detail>,
}

/// `Content`, which contains the code, is not read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    send_status: i64,
    #[serde(default)]
    err_code: String,
    #[serde(default)]
    out_id: String,
}

#[derive(Deserialize)]
struct Report {
    phone_number: Option<String>,
    success: bool,
    err_code: Option<String>,
    biz_id: String,
    out_id: Option<String>,
}

impl Aliyun {
    pub(crate) fn new(settings: AliyunSettings, http: Http, clock: Clock, random: Random) -> Self {
        let key = Acs3Key {
            access_key_id: settings.access_key_id.clone(),
            access_key_secret: settings.access_key_secret.clone(),
        };
        let host = super::http::host(&settings.base_url);
        Self { settings, key, host, http, clock, random }
    }

    pub(crate) async fn send(&self, message: &Outgoing<'_>) -> Result<Receipt, SendError> {
        let Some(to) = number::mainland(message.to) else {
            return Err(SendError::Permanent("this carrier sends to mainland China only".into()));
        };
        let kind = message.content.kind();
        let template = self.settings.templates.find(kind, message.language);
        let template = template
            .ok_or_else(|| SendError::Misconfigured(format!("no template is configured for {kind}")))?;
        let values = self.settings.parameters.iter().zip(message.parameters(&self.settings.parameters));
        let values: serde_json::Map<String, Value> =
            values.map(|(parameter, value)| (parameter.name().to_owned(), value.into())).collect();
        let (values, id) = (Value::Object(values).to_string(), message.id.to_string());
        let response = self
            .call(
                "SendSms",
                &[
                    ("PhoneNumbers", to),
                    ("SignName", self.settings.sign_names.find(message.language)),
                    ("TemplateCode", template),
                    ("TemplateParam", &values),
                    ("OutId", &id),
                ],
            )
            .await?;
        let reply: Reply = response.json()?;
        if reply.code == "OK" {
            return Ok(Receipt { provider: NAME, reference: reply.biz_id });
        }
        Err(classify(&reply.code))
    }

    /// Looks for our own identifier among the messages to the number on the day of the attempt.
    pub(crate) async fn query(&self, sent: &Sent<'_>) -> Result<Queried, SendError> {
        let number = number::mainland(sent.to).unwrap_or(sent.to);
        let day = (sent.at + TimeDelta::hours(8)).format("%Y%m%d").to_string();
        let mut parameters = vec![
            ("PhoneNumber", number),
            ("SendDate", day.as_str()),
            ("PageSize", "50"),
            ("CurrentPage", "1"),
        ];
        parameters.extend(sent.reference.map(|reference| ("BizId", reference)));
        let details: Details = self.call("QuerySendDetails", &parameters).await?.json()?;
        if details.code != "OK" {
            return Err(classify(&details.code));
        }
        let id = sent.id.to_string();
        let list = details.list.map(|list| list.details).unwrap_or_default();
        let Some(detail) = list.iter().find(|detail| sent.reference.is_some() || detail.out_id == id) else {
            return if self.clock.now() - sent.at < VISIBLE_AFTER {
                Err(SendError::Temporary("the carrier does not show new messages at once".into()))
            } else {
                Ok(Queried::NotFound)
            };
        };
        Ok(match detail.send_status {
            3 => Queried::Delivered,
            2 => Queried::Failed(code::clean(&detail.err_code)),
            _ => Queried::Accepted { reference: None },
        })
    }

    /// Parses the array that the HTTP push sends.
    pub(crate) fn parse_receipts(body: &[u8]) -> Result<Vec<DeliveryReceipt>, ReceiptError> {
        let reports: Vec<Report> = serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed)?;
        let receipt = |report: Report| DeliveryReceipt {
            reference: report.biz_id,
            id: report.out_id.as_deref().and_then(MessageId::parse),
            delivered: report.success,
            reason: if report.success { None } else { report.err_code.as_deref().map(code::clean) },
        };
        Ok(reports.into_iter().filter(|report| report.phone_number.is_some()).map(receipt).collect())
    }

    /// Asks for the details of a number that nobody has: the credentials must be valid, and nothing is sent.
    pub(crate) async fn check(&self) -> Result<Checked, SendError> {
        let day = (self.clock.now() + TimeDelta::hours(8)).format("%Y%m%d").to_string();
        let parameters =
            [("PhoneNumber", "10000000000"), ("SendDate", &day), ("PageSize", "1"), ("CurrentPage", "1")];
        let details: Details = self.call("QuerySendDetails", &parameters).await?.json()?;
        match details.code.as_str() {
            "OK" | "isv.MOBILE_NUMBER_ILLEGAL" => Ok(Checked::Valid("the credentials are valid".into())),
            code => Err(classify(code)),
        }
    }

    async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Response, SendError> {
        let date = self.clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let nonce = hex(&self.random.bytes::<16>());
        let headers = [
            ("host", self.host.as_str()),
            ("x-acs-action", action),
            ("x-acs-version", VERSION),
            ("x-acs-date", date.as_str()),
            ("x-acs-signature-nonce", nonce.as_str()),
            ("x-acs-content-sha256", EMPTY),
        ];
        let signed = Acs3Request { query: parameters, headers: &headers, body: b"" };
        let url = format!("{}/?{}", self.settings.base_url, canonical_query(parameters));
        let request =
            headers.iter().fold(self.http.post(&url), |request, (name, value)| request.header(*name, *value));
        self.http.send(request.header("authorization", self.key.authorization(&signed))).await
    }
}

/// The codes of the documentation, by what can be done about them.
fn classify(code: &str) -> SendError {
    let text = format!("code {}", code::clean(code));
    match code {
        // Per signature and number.
        "isv.BUSINESS_LIMIT_CONTROL" => SendError::NumberLimited(text),
        "isv.MOBILE_NUMBER_ILLEGAL" | "isv.SMS_CONTENT_ILLEGAL" | "isv.BLACK_KEY_CONTROL_LIMIT" => {
            SendError::Permanent(text)
        }
        // Limits of the account that the operator configured there.
        "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" | "Throttling" | "Throttling.User" => {
            SendError::Throttled { reason: text, retry_after: None }
        }
        "isp.SYSTEM_ERROR" | "isp.GATEWAY_ERROR" | "ServiceUnavailable" | "InternalError" => {
            SendError::Temporary(text)
        }
        // Signature names, templates, parameters, balance, credentials; and codes that are not documented.
        _ => SendError::Misconfigured(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_classified() {
        assert!(matches!(classify("isv.BUSINESS_LIMIT_CONTROL"), SendError::NumberLimited(_)));
        for code in ["isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "Throttling.User"] {
            assert!(matches!(classify(code), SendError::Throttled { .. }), "{code}");
        }
        for code in ["isv.MOBILE_NUMBER_ILLEGAL", "isv.SMS_CONTENT_ILLEGAL"] {
            assert!(matches!(classify(code), SendError::Permanent(_)), "{code}");
        }
        for code in [
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_SIGN_ILLEGAL",
            "isv.SIGN_STATE_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.INVALID_PARAMETERS",
            "isv.INVALID_JSON_PARAM",
            "isv.DENY_IP_RANGE",
            "isv.OUT_OF_SERVICE",
            "isv.AMOUNT_NOT_ENOUGH",
            "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.ACCOUNT_NOT_EXISTS",
            "isv.ACCOUNT_ABNORMAL",
            "isp.RAM_PERMISSION_DENY",
            "InvalidAccessKeyId.NotFound",
            "SignatureDoesNotMatch",
            "InvalidTimeStamp.Expired",
            "SignatureNonceUsed",
        ] {
            assert!(matches!(classify(code), SendError::Misconfigured(_)), "{code}");
        }
    }

    #[test]
    fn receipts_are_parsed() {
        let id = MessageId(uuid::Uuid::nil());
        let body = format!(
            r#"[{{"phone_number":"13811110000","send_time":"2023-11-15 06:13:20","report_time":"2023-11-15 06:13:24","success":true,"err_code":"DELIVERED","err_msg":"x","sms_size":"1","biz_id":"1^0","out_id":"{id}"}},{{"phone_number":"1","success":false,"err_code":"MK:0004","biz_id":"2^0"}}]"#
        );
        let receipts = Aliyun::parse_receipts(body.as_bytes()).unwrap();
        assert_eq!(receipts.len(), 2);
        assert_eq!(
            (receipts[0].delivered, receipts[0].id, receipts[0].reference.as_str()),
            (true, Some(id), "1^0")
        );
        assert_eq!((receipts[1].delivered, receipts[1].reason.as_deref()), (false, Some("MK:0004")));
        for body in ["", "{}", "[1]", "null"] {
            assert_eq!(Aliyun::parse_receipts(body.as_bytes()), Err(ReceiptError::Malformed), "{body}");
        }
    }
}
