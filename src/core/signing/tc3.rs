//! TC3-HMAC-SHA256, the request signature of Tencent Cloud.

use aws_lc_rs::hmac;

use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString, hex, sha256};

/// The content type that Tencent Cloud expects. The request must send the string that was signed.
pub const JSON: &str = "application/json; charset=utf-8";

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// A key pair of Tencent Cloud.
#[derive(Clone)]
pub struct Tc3Key {
    pub secret_id: String,
    pub secret_key: SecretString,
}

/// A `POST /` request to sign.
pub struct Tc3Request<'a> {
    /// Such as `sms` or `captcha`.
    pub service: &'a str,
    /// The signed headers in alphabetical order, with lower-case names.
    pub headers: &'a [(&'a str, &'a str)],
    /// The exact bytes that are sent.
    pub body: &'a [u8],
    /// The moment in `X-TC-Timestamp`.
    pub at: Instant,
}

impl Tc3Key {
    /// Returns the value of the header `Authorization`.
    #[must_use]
    pub fn authorization(&self, request: &Tc3Request<'_>) -> String {
        let date = request.at.format("%Y-%m-%d").to_string();
        let scope = format!("{date}/{}/tc3_request", request.service);
        let names = request.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut headers = String::new();
        for (name, value) in request.headers {
            headers.extend([name, ":", &value.trim().to_ascii_lowercase(), "\n"]);
        }
        let canonical = format!("POST\n/\n\n{headers}\n{names}\n{}", hex(&sha256(request.body)));
        let text = format!(
            "{ALGORITHM}\n{}\n{scope}\n{}",
            request.at.timestamp(),
            hex(&sha256(canonical.as_bytes()))
        );
        let start = format!("TC3{}", self.secret_key.expose_secret());
        let steps = [date.as_bytes(), request.service.as_bytes(), b"tc3_request".as_slice(), text.as_bytes()];
        let signature = steps.iter().fold(start.into_bytes(), |key, message| sign(&key, message));
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.secret_id,
            hex(&signature)
        )
    }
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(id: &str, key: &str, service: &str, action: Option<&str>, at: i64, body: &str) -> String {
        let host = format!("{service}.tencentcloudapi.com");
        let mut headers = vec![("content-type", JSON), ("host", host.as_str())];
        headers.extend(action.map(|action| ("x-tc-action", action)));
        let key = Tc3Key { secret_id: id.into(), secret_key: key.into() };
        let at = Instant::from_timestamp(at, 0).unwrap();
        let request = Tc3Request { service, headers: &headers, body: body.as_bytes(), at };
        key.authorization(&request)
    }

    #[test]
    fn the_published_examples_are_signed_as_documented() {
        const BODY: &str =
            r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let (id, key) = ("AKID********************************", "********************************");
        let signed = signature(id, key, "cvm", Some("DescribeInstances"), 1_551_113_065, BODY);
        assert_eq!(
            signed,
            "TC3-HMAC-SHA256 Credential=AKID********************************/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host;x-tc-action, \
             Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
        );
        let (id, key) = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******");
        let signed = signature(id, key, "cvm", None, 1_551_113_065, BODY);
        assert!(
            signed.ends_with("Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"),
            "{signed}"
        );
    }

    #[test]
    fn requests_to_captcha_and_sms_are_signed() {
        for (service, action, body, expected) in [
            (
                "captcha",
                "DescribeCaptchaResult",
                r#"{"CaptchaType":9,"Ticket":"t03example","UserIp":"203.0.113.7","Randstr":"@abc","CaptchaAppId":199999164,"AppSecretKey":"example-app-secret"}"#,
                "867bb47e3ed3617475780df197664f5f3dee8e634288b0dbdfc707788181440c",
            ),
            (
                "sms",
                "SendSms",
                r#"{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400006666","TemplateId":"1234","SignName":"腾讯云","TemplateParamSet":["123456","5"]}"#,
                "6a62d9efeea61dc5c6e8cde163228a4a42e4062b939254cdb795144a54c764db",
            ),
        ] {
            let signed =
                signature("AKIDEXAMPLE", "EXAMPLESECRETKEY", service, Some(action), 1_700_000_000, body);
            assert!(signed.ends_with(expected), "{signed}");
        }
    }
}
