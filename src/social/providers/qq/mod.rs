//! QQ Connect (wiki.connect.qq.com): authorization code, openid and unionid, user info.
//!
//! QQ supports neither PKCE nor a nonce. The response with the openid contains `client_id`, by which a token that was
//! issued to another app is detected.

mod codes;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::QqSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::HttpClient;
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens,
};
use crate::social::responses::Fields;
use crate::social::values;

const TOKEN: &str = "/oauth2.0/token";
const ME: &str = "/oauth2.0/me";
const USER_INFO: &str = "/user/get_user_info";

/// The nickname of every user until QQ has approved the app.
const PLACEHOLDER_NAME: &str = "qzuser";
/// Part of the avatar URL of every user until QQ has approved the app.
const PLACEHOLDER_APP: &str = "/111111/";

/// The provider QQ.
pub struct Qq {
    settings: QqSettings,
    client: HttpClient,
}

/// The owner of an access token.
struct Identity {
    openid: String,
    union_id: Option<String>,
}

impl Qq {
    #[must_use]
    pub fn new(settings: QqSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    async fn tokens(&self, query: &[(&str, &str)]) -> Result<Tokens, ProviderError> {
        let response = self.get(TOKEN, query).await?;
        if response.is_truncated(&["access_token", "expires_in", "refresh_token"]) {
            return Err(ProviderError::Unavailable("truncated token response".to_owned()));
        }
        let access = response.require_token("access_token")?;
        // The last field of a form may be truncated. Both tokens of QQ have the same length, so a complete one is detectable.
        let complete = |text: &&str| text.len() == access.expose_secret().len();
        let refresh = response
            .token("refresh_token")
            .or_else(|| response.last("refresh_token").filter(complete).map(SecretString::from));
        Ok(Tokens { refresh, expires_in: response.lifetime("expires_in"), access })
    }

    /// Returns the owner of the token, with the unionid if the app may request it.
    async fn me(&self, access: &SecretString) -> Result<Identity, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("fmt", "json"), ("unionid", "1")];
        if !self.settings.union_id {
            return self.identity(&query[..2]).await;
        }
        match self.identity(&query).await {
            Err(ProviderError::Misconfigured { code }) if code == codes::NO_UNIONID => {
                tracing::info!(
                    "QQ does not grant the unionid to this app; set `social.qq.unionid = false` to avoid the extra request"
                );
                self.identity(&query[..2]).await
            }
            identity => identity,
        }
    }

    async fn identity(&self, query: &[(&str, &str)]) -> Result<Identity, ProviderError> {
        let response = self.get(ME, query).await?;
        if response.require("client_id")? != self.settings.app_id {
            return Err(ProviderError::Unavailable("the token belongs to another app".to_owned()));
        }
        let openid = values::subject(&response.require("openid")?);
        Ok(Identity {
            openid: openid.ok_or_else(|| ProviderError::Unavailable("invalid openid".to_owned()))?,
            union_id: response.text("unionid").and_then(|union_id| values::subject(&union_id)),
        })
    }

    /// Returns nickname and avatar. `None` if QQ does not return them: the openid is sufficient to sign in.
    async fn user_info(&self, access: &SecretString, openid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [
            ("access_token", access.expose_secret()),
            ("oauth_consumer_key", &self.settings.app_id),
            ("openid", openid),
            ("format", "json"),
        ];
        let url = endpoint(&self.settings.url, USER_INFO, &query)?;
        let fields = self.client.get(url, &[]).await.and_then(|response| Fields::parse(&response));
        let user_info = fields.and_then(|fields| match fields.error("ret") {
            Some(ret) => Err(ProviderError::Rejected { code: Some(ret) }),
            None => fields.require("ret").map(|_| fields),
        });
        match user_info {
            Ok(fields) => Ok(Some(fields)),
            Err(ProviderError::Rejected { code: Some(ret) }) if codes::denies_identity(&ret) => {
                Err(ProviderError::Rejected { code: Some(ret) })
            }
            Err(error) => {
                tracing::warn!(%error, "QQ returned no user info; continuing without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.url, path, query)?;
        let fields = Fields::parse(&self.client.get(url, &[]).await?)?;
        fields.error("error").map_or(Ok(fields), |code| Err(codes::error(code)))
    }
}

#[async_trait]
impl SocialProvider for Qq {
    fn slug(&self) -> &'static str {
        "qq"
    }

    fn name(&self) -> &'static str {
        "QQ"
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError> {
        let query = [
            ("response_type", "code"),
            ("client_id", &self.settings.app_id),
            ("redirect_uri", request.redirect_uri.as_str()),
            ("state", request.state),
            ("scope", "get_user_info"),
            ("display", "mobile"),
        ];
        let length = if request.display == Display::Mobile { 6 } else { 5 };
        endpoint(&self.settings.url, "/oauth2.0/authorize", &query[..length])
    }

    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError> {
        if codes::is_error_number(callback.code) {
            // The browser sent this number, not QQ. It rejects this sign-in but does not prove a wrong setting.
            return Err(ProviderError::Rejected { code: Some(callback.code.to_owned()) });
        }
        if !is_code(callback.code) {
            return Err(ProviderError::Rejected { code: None });
        }
        let tokens = self
            .tokens(&[
                ("grant_type", "authorization_code"),
                ("client_id", &self.settings.app_id),
                ("client_secret", self.settings.app_key.expose_secret()),
                ("code", callback.code),
                ("redirect_uri", callback.redirect_uri.as_str()),
                ("fmt", "json"),
            ])
            .await?;
        let Identity { openid, union_id } = self.me(&tokens.access).await?;
        let info = self.user_info(&tokens.access, &openid).await?;
        Ok(Profile {
            subject: openid,
            union_id,
            nickname: info.as_ref().and_then(nickname),
            avatar_url: info.as_ref().and_then(avatar),
            email: None,
            tokens,
        })
    }
}

fn nickname(info: &Fields) -> Option<String> {
    let name = info.text("nickname").and_then(|name| values::nickname(&name))?;
    (name != PLACEHOLDER_NAME).then_some(name)
}

/// Returns the QQ avatar of 100 pixels or of 40 pixels, or the Qzone avatar. The URL is not changed, because QQ's image
/// hosts do not guarantee https.
fn avatar(info: &Fields) -> Option<String> {
    ["figureurl_qq_2", "figureurl_qq_1", "figureurl_2"].iter().find_map(|name| {
        let url = info.text(name).and_then(|url| values::avatar(&url))?;
        (!url.contains(PLACEHOLDER_APP)).then_some(url)
    })
}
