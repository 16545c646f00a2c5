//! QQ Connect (wiki.connect.qq.com): authorization code, openid and unionid, user info, refresh.
//!
//! QQ has no PKCE and no nonce. What it offers as a check is `client_id` beside the openid: a token that another app
//! got hold of does not pass.

mod codes;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::QqSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::answers::Fields;
use crate::social::client::HttpClient;
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens,
};
use crate::social::values;

const TOKEN: &str = "/oauth2.0/token";
const ME: &str = "/oauth2.0/me";
const USER_INFO: &str = "/user/get_user_info";

/// The nickname of everybody as long as QQ has not reviewed the app.
const PLACEHOLDER_NAME: &str = "qzuser";
/// Stands in the avatars of everybody as long as QQ has not reviewed the app.
const PLACEHOLDER_APP: &str = "/111111/";

/// Sign-in by QQ.
pub struct Qq {
    settings: QqSettings,
    client: HttpClient,
}

/// Whom a token belongs to.
struct Identity {
    openid: String,
    union_id: Option<String>,
}

impl Qq {
    /// `client` with the time that one question may take.
    #[must_use]
    pub fn new(settings: QqSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    /// Exchanges a refresh token for new tokens. QQ takes each refresh token once: keep the new one.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, ProviderError> {
        self.tokens(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.settings.app_id),
            ("client_secret", self.settings.app_key.expose_secret()),
            ("refresh_token", refresh_token.expose_secret()),
            ("fmt", "json"),
        ])
        .await
    }

    async fn tokens(&self, query: &[(&str, &str)]) -> Result<Tokens, ProviderError> {
        let answer = self.ask(TOKEN, query).await?;
        if answer.is_half(&["access_token", "expires_in", "refresh_token"]) {
            return Err(ProviderError::Unavailable("half a form instead of tokens".to_owned()));
        }
        let access = answer.need_token("access_token")?;
        // The last of a form may be cut. QQ's two tokens have one length, so that a whole one can be told.
        let whole = |text: &&str| text.len() == access.expose_secret().len();
        let refresh = answer
            .token("refresh_token")
            .or_else(|| answer.last("refresh_token").filter(whole).map(SecretString::from));
        Ok(Tokens { refresh, expires_in: answer.lifetime("expires_in"), access })
    }

    /// With the unionid, if this app may ask for it.
    async fn me(&self, access: &SecretString) -> Result<Identity, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("fmt", "json"), ("unionid", "1")];
        if !self.settings.union_id {
            return self.identity(&query[..2]).await;
        }
        match self.identity(&query).await {
            Err(ProviderError::Misconfigured { code }) if code == codes::NO_UNIONID => {
                tracing::info!("QQ grants this app no unionid; `social.qq.unionid = false` saves a question");
                self.identity(&query[..2]).await
            }
            identity => identity,
        }
    }

    async fn identity(&self, query: &[(&str, &str)]) -> Result<Identity, ProviderError> {
        let answer = self.ask(ME, query).await?;
        if answer.need("client_id")? != self.settings.app_id {
            return Err(ProviderError::Unavailable("the token is that of another app".to_owned()));
        }
        let openid = values::subject(&answer.need("openid")?);
        Ok(Identity {
            openid: openid
                .ok_or_else(|| ProviderError::Unavailable("no openid can be like this".to_owned()))?,
            union_id: answer.text("unionid").and_then(|union_id| values::subject(&union_id)),
        })
    }

    /// Nickname and avatar. `None` where QQ does not tell: who it is, is known without.
    async fn user_info(&self, access: &SecretString, openid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [
            ("access_token", access.expose_secret()),
            ("oauth_consumer_key", &self.settings.app_id),
            ("openid", openid),
            ("format", "json"),
        ];
        let url = endpoint(&self.settings.url, USER_INFO, &query)?;
        let read = self.client.get(url, &[]).await.and_then(|answer| Fields::read(&answer));
        let told = read.and_then(|answer| match answer.refusal("ret") {
            Some(ret) => Err(ProviderError::Rejected { code: Some(ret) }),
            None => answer.need("ret").map(|_| answer),
        });
        match told {
            Ok(answer) => Ok(Some(answer)),
            Err(ProviderError::Rejected { code: Some(ret) }) if codes::denies_identity(&ret) => {
                Err(ProviderError::Rejected { code: Some(ret) })
            }
            Err(error) => {
                tracing::warn!(%error, "QQ gave no user info; the sign-in goes on without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.url, path, query)?;
        let answer = Fields::read(&self.client.get(url, &[]).await?)?;
        answer.refusal("error").map_or(Ok(answer), |code| Err(codes::error(code)))
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
            // The browser's word, not QQ's: it refuses this sign-in, and accuses nobody of a wrong setting.
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

/// The QQ avatar of 100 pixels, or of 40, or that of Qzone. As sent: QQ's hosts do not promise https.
fn avatar(info: &Fields) -> Option<String> {
    ["figureurl_qq_2", "figureurl_qq_1", "figureurl_2"].iter().find_map(|name| {
        let url = info.text(name).and_then(|url| values::avatar(&url))?;
        (!url.contains(PLACEHOLDER_APP)).then_some(url)
    })
}
