//! `WeChat` for web sites (developers.weixin.qq.com): a QR code, then authorization code, openid and unionid. Errors have
//! status 200. The parameters are called `appid` and `secret`, and the authorization URL ends with a fragment.
//!
//! `WeChat` supports neither PKCE nor a nonce. The token response, which requires the app's secret, contains the openid.
//! The openid of the user info must be the same.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::WechatSettings;
use crate::core::language::Language;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::HttpClient;
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{AuthorizeRequest, Callback, Profile, ProviderError, SocialProvider, Tokens};
use crate::social::responses::Fields;
use crate::social::values;

const TOKEN: &str = "/sns/oauth2/access_token";
const USER_INFO: &str = "/sns/userinfo";

/// The provider `WeChat`.
pub struct Wechat {
    settings: WechatSettings,
    client: HttpClient,
}

/// The request to which an error belongs, because 40001 means a wrong secret as well as an invalid token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Token,
    UserInfo,
}

impl Wechat {
    #[must_use]
    pub fn new(settings: WechatSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    /// Returns nickname and avatar. `None` if `WeChat` does not return them: the openid is sufficient to sign in.
    async fn user_info(&self, access: &SecretString, openid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("openid", openid), ("lang", "zh_CN")];
        let fields = self.get(Step::UserInfo, USER_INFO, &query).await;
        match fields.and_then(|fields| Ok((fields.require("openid")?, fields))) {
            Ok((same, fields)) if same == openid => Ok(Some(fields)),
            Ok(_) => Err(ProviderError::Unavailable("the user info belongs to another user".to_owned())),
            Err(ProviderError::Rejected { code: Some(code) }) if denies_identity(&code) => {
                Err(ProviderError::Rejected { code: Some(code) })
            }
            Err(error) => {
                tracing::warn!(%error, "WeChat returned no user info; continuing without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn get(&self, step: Step, path: &str, query: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.api_url, path, query)?;
        let fields = Fields::parse(&self.client.get(url, &[]).await?)?;
        fields.error("errcode").map_or(Ok(fields), |code| Err(classify(step, code)))
    }
}

#[async_trait]
impl SocialProvider for Wechat {
    fn slug(&self) -> &'static str {
        "wechat"
    }

    fn name(&self) -> &'static str {
        "WeChat"
    }

    fn name_in(&self, language: Language) -> &str {
        match language {
            Language::Chinese => "微信",
            Language::English => self.name(),
        }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError> {
        let query = [
            ("appid", self.settings.app_id.as_str()),
            ("redirect_uri", request.redirect_uri.as_str()),
            ("response_type", "code"),
            ("scope", "snsapi_login"),
            ("state", request.state),
        ];
        let mut url = endpoint(&self.settings.web_url, "/connect/qrconnect", &query)?;
        url.set_fragment(Some("wechat_redirect"));
        Ok(url)
    }

    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError> {
        if !is_code(callback.code) {
            return Err(ProviderError::Rejected { code: None });
        }
        let query = [
            ("appid", self.settings.app_id.as_str()),
            ("secret", self.settings.app_secret.expose_secret()),
            ("code", callback.code),
            ("grant_type", "authorization_code"),
        ];
        let response = self.get(Step::Token, TOKEN, &query).await?;
        let tokens = Tokens {
            access: response.require_token("access_token")?,
            refresh: response.token("refresh_token"),
            expires_in: response.lifetime("expires_in"),
        };
        let openid = values::subject(&response.require("openid")?)
            .ok_or_else(|| ProviderError::Unavailable("invalid openid".to_owned()))?;
        let user_info = self.user_info(&tokens.access, &openid).await?;
        let field = |name: &str| user_info.as_ref().and_then(|fields| fields.text(name));
        Ok(Profile {
            subject: openid,
            union_id: response
                .text("unionid")
                .or_else(|| field("unionid"))
                .and_then(|id| values::subject(&id)),
            nickname: field("nickname").and_then(|name| values::nickname(&name)),
            avatar_url: field("headimgurl").and_then(|url| values::avatar(&url)),
            email: None,
            tokens,
        })
    }
}

/// Classifies an `errcode`. Undocumented codes are rejections: `WeChat` responded, so it is not unavailable.
fn classify(step: Step, code: String) -> ProviderError {
    match code.as_str() {
        "-1" => ProviderError::Unavailable("WeChat reports that it is busy: -1".to_owned()),
        // Wrong secret, grant type or app id, an address that is not on the allow-list, or missing permissions.
        "40001" if step == Step::Token => ProviderError::Misconfigured { code },
        "40002" | "40013" | "40125" | "40164" | "48001" => ProviderError::Misconfigured { code },
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

/// Returns whether the code reports an invalid or expired token or an invalid openid, which contradicts the token response.
fn denies_identity(code: &str) -> bool {
    matches!(code, "40001" | "40003" | "42001")
}
