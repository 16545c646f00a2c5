//! ACS3-HMAC-SHA256, the request signature of Alibaba Cloud (version 3).

use aws_lc_rs::hmac;

use crate::core::secret::{ExposeSecret as _, SecretString, hex, sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A key pair of Alibaba Cloud.
#[derive(Clone)]
pub struct Acs3Key {
    pub access_key_id: String,
    pub access_key_secret: SecretString,
}

/// A `POST /` request to sign.
pub struct Acs3Request<'a> {
    /// The parameters, which are sent in the query.
    pub query: &'a [(&'a str, &'a str)],
    /// The signed headers with lower-case names, in any order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The exact bytes that are sent.
    pub body: &'a [u8],
}

impl Acs3Key {
    /// Returns the value of the header `Authorization`.
    #[must_use]
    pub fn authorization(&self, request: &Acs3Request<'_>) -> String {
        let mut headers = request.headers.to_vec();
        headers.sort_unstable();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim()));
        let lines = lines.collect::<Vec<_>>().concat();
        let query = canonical_query(request.query);
        let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{}", hex(&sha256(request.body)));
        let text = format!("{ALGORITHM}\n{}", hex(&sha256(canonical.as_bytes())));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.access_key_secret.expose_secret().as_bytes());
        let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", self.access_key_id)
    }
}

/// Returns the parameters as they are signed and sent: sorted by name, encoded by RFC 3986.
#[must_use]
pub fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut parameters = parameters.to_vec();
    parameters.sort_unstable();
    let encoded = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// Encodes everything but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn signature(
        id: &str,
        secret: &str,
        (host, action, version): (&str, &str, &str),
        (date, nonce): (&str, &str),
        query: &[(&str, &str)],
    ) -> String {
        let key = Acs3Key { access_key_id: id.into(), access_key_secret: secret.to_owned().into() };
        let headers = [
            ("host", host),
            ("x-acs-action", action),
            ("x-acs-version", version),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-content-sha256", EMPTY),
        ];
        let authorization = key.authorization(&Acs3Request { query, headers: &headers, body: b"" });
        let start = format!(
            "ACS3-HMAC-SHA256 Credential={id},SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
        );
        authorization.strip_prefix(&start).expect("the documented form").to_owned()
    }

    #[test]
    fn the_documented_example_has_the_documented_signature() {
        let found = signature(
            "YourAccessKeyId",
            "YourAccessKeySecret",
            ("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26"),
            ("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d"),
            &[
                ("RegionId", "cn-shanghai"),
                ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
            ],
        );
        assert_eq!(found, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }

    #[test]
    fn requests_of_the_sms_service_are_signed() {
        let at = ("2023-11-14T22:13:20Z", "0123456789abcdef0123456789abcdef");
        let sent = signature(
            "EXAMPLEKEYID",
            "EXAMPLEKEYSECRET",
            ("dysmsapi.aliyuncs.com", "SendSms", "2017-05-25"),
            at,
            &[
                ("PhoneNumbers", "13800138000"),
                ("SignName", "阿里云"),
                ("TemplateCode", "SMS_154950909"),
                ("TemplateParam", r#"{"code":"123456"}"#),
            ],
        );
        assert_eq!(sent, "ed80731af771a8db9f160af10964f820bff527c6c7399935735704dcec75ba39");
        let asked = signature(
            "EXAMPLEKEYID",
            "EXAMPLEKEYSECRET",
            ("dysmsapi.aliyuncs.com", "QuerySendDetails", "2017-05-25"),
            at,
            &[
                ("BizId", "158003852956472458^0"),
                ("CurrentPage", "1"),
                ("PageSize", "10"),
                ("PhoneNumber", "13800138000"),
                ("SendDate", "20231115"),
            ],
        );
        assert_eq!(asked, "19409f3114326981a60a28b667a7b1f991a4d29a1f61e64e0cde854f1be0ffcf");
    }
}
