//! The settings of each carrier of SMS messages.

use url::Url;

use super::templates::{Parameter, SignNames, Templates};
use crate::config::reader::Reader;
use crate::core::secret::ExposeSecret as _;
use crate::core::secret::SecretString;
use crate::core::signing::standard_webhooks::WebhookSecret;

/// Yuntongxun (容联云通讯). No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct RonglianSettings {
    pub account_sid: String,
    pub auth_token: SecretString,
    pub app_id: String,
    pub templates: Templates,
    pub parameters: Vec<Parameter>,
    /// Without a slash at the end, as all base URLs here.
    pub base_url: String,
}

/// Alibaba Cloud (阿里云). No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct AliyunSettings {
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    pub sign_names: SignNames,
    pub templates: Templates,
    pub parameters: Vec<Parameter>,
    pub base_url: String,
}

/// Tencent Cloud (腾讯云). No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct TencentSettings {
    pub secret_id: String,
    pub secret_key: SecretString,
    pub app_id: String,
    pub region: String,
    pub sign_names: SignNames,
    pub templates: Templates,
    pub parameters: Vec<Parameter>,
    pub base_url: String,
}

/// Twilio. No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct TwilioSettings {
    pub account_sid: String,
    pub auth_token: SecretString,
    /// A number in E.164 format, or the id of a messaging service (`MG…`).
    pub from: String,
    pub base_url: String,
}

/// The operator's own service. No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct WebhookSmsSettings {
    pub url: Url,
    pub secret: WebhookSecret,
}

/// Checks a base URL and removes the slash at its end. Only development allows http.
fn base_url(reader: &mut Reader, key: &'static str, text: &str, development: bool) -> String {
    let https = text.starts_with("https://") || development && text.starts_with("http://");
    if !https || Url::parse(text).is_err() {
        reader.error(key, "expected a URL that starts with https://");
    }
    text.trim_end_matches('/').to_owned()
}

/// Returns the values of a carrier if all are set; reports the missing ones if only some are.
fn complete<const N: usize>(
    reader: &mut Reader,
    values: [(&'static str, Option<SecretString>); N],
) -> Option<[SecretString; N]> {
    if values.iter().all(|(_, value)| value.is_none()) {
        return None;
    }
    for (key, _) in values.iter().filter(|(_, value)| value.is_none()) {
        reader.error(key, "required, because other settings of this carrier are set");
    }
    let values: Vec<SecretString> = values.into_iter().filter_map(|(_, value)| value).collect();
    values.try_into().ok()
}

fn check_templates(reader: &mut Reader, key: &'static str, templates: &Templates) {
    let missing = templates.missing();
    if !missing.is_empty() {
        reader.error(key, &format!("no template for {}; `code=…` is used for all codes", missing.join(", ")));
    }
}

const TEMPLATES: &str = "The approved templates, as `kind=id` or `kind:language=id`: `code=1001,code.login:en=1002,notice=1003` (docs/sms.md).";
const PARAMETERS: &str =
    "The placeholders of the templates for codes, in their order: `code` and `minutes`, or only `code`.";

impl RonglianSettings {
    pub(super) fn read(reader: &mut Reader, development: bool) -> Option<Self> {
        let account_sid: Option<String> =
            reader.optional("sms.ronglian.account_sid", "The ACCOUNT SID of Yuntongxun.");
        let auth_token = reader.secret("sms.ronglian.auth_token", "The AUTH TOKEN of Yuntongxun.");
        let app_id: Option<String> = reader.optional("sms.ronglian.app_id", "The AppID of Yuntongxun.");
        let templates = Templates(reader.list("sms.ronglian.templates", "", TEMPLATES));
        let parameters = reader.list("sms.ronglian.parameters", "code,minutes", PARAMETERS);
        let url: String = reader.value(
            "sms.ronglian.base_url",
            "https://app.cloopen.com:8883",
            "The base URL of the API of Yuntongxun.",
        );
        let base_url = base_url(reader, "sms.ronglian.base_url", &url, development);
        let [account_sid, auth_token, app_id] = complete(
            reader,
            [
                ("sms.ronglian.account_sid", account_sid.map(Into::into)),
                ("sms.ronglian.auth_token", auth_token),
                ("sms.ronglian.app_id", app_id.map(Into::into)),
            ],
        )?;
        check_templates(reader, "sms.ronglian.templates", &templates);
        Some(Self {
            account_sid: open(&account_sid),
            auth_token,
            app_id: open(&app_id),
            templates,
            parameters,
            base_url,
        })
    }
}

impl AliyunSettings {
    pub(super) fn read(reader: &mut Reader, development: bool) -> Option<Self> {
        let id: Option<String> =
            reader.optional("sms.aliyun.access_key_id", "The AccessKey ID of Alibaba Cloud.");
        let secret = reader.secret("sms.aliyun.access_key_secret", "The AccessKey secret of Alibaba Cloud.");
        let sign_names = SignNames(reader.list(
            "sms.aliyun.sign_names",
            "",
            "The approved signature names (签名): `门禁`, or `zh-CN=门禁,en=Menjin`.",
        ));
        let templates = Templates(reader.list("sms.aliyun.templates", "", TEMPLATES));
        let parameters = reader.list("sms.aliyun.parameters", "code", PARAMETERS);
        let url: String = reader.value(
            "sms.aliyun.base_url",
            "https://dysmsapi.aliyuncs.com",
            "The base URL of the SMS API of Alibaba Cloud.",
        );
        let base_url = base_url(reader, "sms.aliyun.base_url", &url, development);
        let [id, access_key_secret] = complete(
            reader,
            [("sms.aliyun.access_key_id", id.map(Into::into)), ("sms.aliyun.access_key_secret", secret)],
        )?;
        if sign_names.0.is_empty() {
            reader.error("sms.aliyun.sign_names", "required by this carrier");
        }
        check_templates(reader, "sms.aliyun.templates", &templates);
        Some(Self {
            access_key_id: open(&id),
            access_key_secret,
            sign_names,
            templates,
            parameters,
            base_url,
        })
    }
}

impl TencentSettings {
    pub(super) fn read(reader: &mut Reader, development: bool) -> Option<Self> {
        let id: Option<String> = reader.optional("sms.tencent.secret_id", "The SecretId of Tencent Cloud.");
        let secret = reader.secret("sms.tencent.secret_key", "The SecretKey of Tencent Cloud.");
        let app_id: Option<String> =
            reader.optional("sms.tencent.app_id", "The SmsSdkAppId of Tencent Cloud.");
        let region =
            reader.value("sms.tencent.region", "ap-guangzhou", "The region of the SMS API of Tencent Cloud.");
        let sign_names = SignNames(reader.list(
            "sms.tencent.sign_names",
            "",
            "The approved signature names (签名): `门禁`, or `zh-CN=门禁,en=Menjin`.",
        ));
        let templates = Templates(reader.list("sms.tencent.templates", "", TEMPLATES));
        let parameters = reader.list("sms.tencent.parameters", "code,minutes", PARAMETERS);
        let url: String = reader.value(
            "sms.tencent.base_url",
            "https://sms.tencentcloudapi.com",
            "The base URL of the SMS API of Tencent Cloud.",
        );
        let base_url = base_url(reader, "sms.tencent.base_url", &url, development);
        let [id, secret_key, app_id] = complete(
            reader,
            [
                ("sms.tencent.secret_id", id.map(Into::into)),
                ("sms.tencent.secret_key", secret),
                ("sms.tencent.app_id", app_id.map(Into::into)),
            ],
        )?;
        if sign_names.0.is_empty() {
            reader.error("sms.tencent.sign_names", "required by this carrier");
        }
        check_templates(reader, "sms.tencent.templates", &templates);
        let (secret_id, app_id) = (open(&id), open(&app_id));
        Some(Self { secret_id, secret_key, app_id, region, sign_names, templates, parameters, base_url })
    }
}

impl TwilioSettings {
    pub(super) fn read(reader: &mut Reader, development: bool) -> Option<Self> {
        let sid: Option<String> = reader.optional("sms.twilio.account_sid", "The Account SID of Twilio.");
        let token = reader.secret("sms.twilio.auth_token", "The Auth Token of Twilio.");
        let from: Option<String> = reader.optional(
            "sms.twilio.from",
            "The sender at Twilio: a number such as +15005550006, or the id of a messaging service (`MG…`).",
        );
        let url: String = reader.value(
            "sms.twilio.base_url",
            "https://api.twilio.com",
            "The base URL of the API of Twilio.",
        );
        let base_url = base_url(reader, "sms.twilio.base_url", &url, development);
        let [sid, auth_token, from] = complete(
            reader,
            [
                ("sms.twilio.account_sid", sid.map(Into::into)),
                ("sms.twilio.auth_token", token),
                ("sms.twilio.from", from.map(Into::into)),
            ],
        )?;
        Some(Self { account_sid: open(&sid), auth_token, from: open(&from), base_url })
    }
}

impl WebhookSmsSettings {
    pub(super) fn read(reader: &mut Reader, development: bool) -> Option<Self> {
        let url: Option<Url> = reader.optional(
            "sms.webhook.url",
            "The URL of your own service that sends SMS messages (docs/sms.md).",
        );
        let secret = reader.secret(
            "sms.webhook.secret",
            "The secret that signs requests to `sms.webhook.url`: `whsec_` and 24 to 64 random bytes in base64.",
        );
        if url.is_some() != secret.is_some() {
            reader.error("sms.webhook.url", "the URL and `sms.webhook.secret` belong together");
        }
        let (url, secret) = (url?, secret?);
        if url.scheme() != "https" && !(development && url.scheme() == "http") {
            reader.error("sms.webhook.url", "expected a URL that starts with https://");
        }
        match secret.expose_secret().parse() {
            Ok(secret) => Some(Self { url, secret }),
            Err(expected) => {
                reader.error("sms.webhook.secret", expected);
                None
            }
        }
    }
}

/// Returns the text of a value that was collected together with secrets but is not one.
fn open(value: &SecretString) -> String {
    value.expose_secret().to_owned()
}
