//! `WeChat` for web sites (developers.weixin.qq.com): a QR code, then authorization code, openid and unionid, refresh.
//! Errors come with 200. Its parameters are `appid` and `secret`, and its address ends in a fragment.
//!
//! `WeChat` has no PKCE and no nonce. The openid comes with the token, from `WeChat` itself and for this app's secret;
//! that of the user info has to be the same.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::WechatSettings;
use crate::core::language::Language;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::answers::Fields;
use crate::social::client::HttpClient;
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{AuthorizeRequest, Callback, Profile, ProviderError, SocialProvider, Tokens};
use crate::social::values;

const TOKEN: &str = "/sns/oauth2/access_token";
const REFRESH: &str = "/sns/oauth2/refresh_token";
const USER_INFO: &str = "/sns/userinfo";

/// Sign-in by `WeChat`.
pub struct Wechat {
    settings: WechatSettings,
    client: HttpClient,
}

/// Which question an answer belongs to: 40001 is said of a wrong secret and of a wrong token alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Token,
    User,
}

impl Wechat {
    /// `client` with the time that one question may take.
    #[must_use]
    pub fn new(settings: WechatSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    /// Exchanges a refresh token, which lives 30 days and is never renewed, for new tokens.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, ProviderError> {
        let query = [
            ("appid", self.settings.app_id.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        tokens(&self.ask(Step::Token, REFRESH, &query).await?)
    }

    /// Nickname and avatar. `None` where `WeChat` does not tell: who it is, is known without.
    async fn user(&self, access: &SecretString, openid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("openid", openid), ("lang", "zh_CN")];
        let told = self.ask(Step::User, USER_INFO, &query).await;
        match told.and_then(|user| Ok((user.need("openid")?, user))) {
            Ok((same, user)) if same == openid => Ok(Some(user)),
            Ok(_) => Err(ProviderError::Unavailable("the user info is that of somebody else".to_owned())),
            Err(ProviderError::Rejected { code: Some(code) }) if denies_identity(&code) => {
                Err(ProviderError::Rejected { code: Some(code) })
            }
            Err(error) => {
                tracing::warn!(%error, "WeChat gave no user info; the sign-in goes on without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn ask(&self, step: Step, path: &str, query: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.api_url, path, query)?;
        let answer = Fields::read(&self.client.get(url, &[]).await?)?;
        answer.refusal("errcode").map_or(Ok(answer), |code| Err(refused(step, code)))
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
        let answer = self.ask(Step::Token, TOKEN, &query).await?;
        let tokens = tokens(&answer)?;
        let openid = values::subject(&answer.need("openid")?)
            .ok_or_else(|| ProviderError::Unavailable("no openid can be like this".to_owned()))?;
        let user = self.user(&tokens.access, &openid).await?;
        let told = |name: &str| user.as_ref().and_then(|user| user.text(name));
        Ok(Profile {
            subject: openid,
            union_id: answer.text("unionid").or_else(|| told("unionid")).and_then(|id| values::subject(&id)),
            nickname: told("nickname").and_then(|name| values::nickname(&name)),
            avatar_url: told("headimgurl").and_then(|url| values::avatar(&url)),
            email: None,
            tokens,
        })
    }
}

fn tokens(answer: &Fields) -> Result<Tokens, ProviderError> {
    Ok(Tokens {
        access: answer.need_token("access_token")?,
        refresh: answer.token("refresh_token"),
        expires_in: answer.lifetime("expires_in"),
    })
}

/// What an `errcode` asks for. Codes that nobody has described are refusals: `WeChat` did answer, so it is not away.
fn refused(step: Step, code: String) -> ProviderError {
    match code.as_str() {
        "-1" => ProviderError::Unavailable("WeChat is away: -1".to_owned()),
        // The app's secret, grant type, id, secret again, address of this machine, permissions.
        "40001" if step == Step::Token => ProviderError::Misconfigured { code },
        "40002" | "40013" | "40125" | "40164" | "48001" => ProviderError::Misconfigured { code },
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

/// Wrong or expired token, wrong openid: contradicts what `WeChat` has just said.
fn denies_identity(code: &str) -> bool {
    matches!(code, "40001" | "40003" | "42001")
}
