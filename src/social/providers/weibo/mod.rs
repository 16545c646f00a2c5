//! Sina Weibo (open.weibo.com): authorization code, token info, user. Errors have real statuses, and a description
//! that repeats the code: it is never shown.
//!
//! Weibo has no PKCE and no nonce. What it offers as a check is the `appkey` of a token, which its own pages ask for.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::WeiboSettings;
use crate::core::language::Language;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::answers::Fields;
use crate::social::client::{Answer, HttpClient};
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens,
};
use crate::social::values;

const TOKEN: &str = "/oauth2/access_token";
const TOKEN_INFO: &str = "/oauth2/get_token_info";
const USER: &str = "/2/users/show.json";

/// Sign-in by Weibo.
pub struct Weibo {
    settings: WeiboSettings,
    client: HttpClient,
}

impl Weibo {
    /// `client` with the time that one question may take.
    #[must_use]
    pub fn new(settings: WeiboSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    /// Whom the token belongs to, if it is this app's.
    async fn uid(&self, access: &SecretString) -> Result<String, ProviderError> {
        let info = self.post(TOKEN_INFO, &[("access_token", access.expose_secret())]).await?;
        if info.need("appkey")? != self.settings.app_key {
            return Err(senseless("the token is that of another app"));
        }
        values::subject(&info.need("uid")?).ok_or_else(|| senseless("no uid can be like this"))
    }

    /// Name and avatar. `None` where Weibo does not tell: who it is, is known without.
    async fn user(&self, access: &SecretString, uid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("uid", uid)];
        let url = endpoint(&self.settings.url, USER, &query)?;
        let read = self.client.get(url, &[]).await.and_then(|answer| read(&answer));
        match read.and_then(|user| Ok((user.need("idstr")?, user))) {
            Ok((idstr, user)) if idstr == uid => Ok(Some(user)),
            Ok(_) => Err(senseless("the user info is that of somebody else")),
            Err(error @ ProviderError::Rejected { .. }) if denies_identity(&error) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "Weibo gave no user info; the sign-in goes on without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.url, path, &[])?;
        read(&self.client.post(url, form, &[]).await?)
    }
}

#[async_trait]
impl SocialProvider for Weibo {
    fn slug(&self) -> &'static str {
        "weibo"
    }

    fn name(&self) -> &'static str {
        "Weibo"
    }

    fn name_in(&self, language: Language) -> &str {
        match language {
            Language::Chinese => "微博",
            Language::English => self.name(),
        }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError> {
        let query = [
            ("client_id", self.settings.app_key.as_str()),
            ("response_type", "code"),
            ("redirect_uri", request.redirect_uri.as_str()),
            ("state", request.state),
            ("display", "mobile"),
        ];
        let length = if request.display == Display::Mobile { 5 } else { 4 };
        endpoint(&self.settings.url, "/oauth2/authorize", &query[..length])
    }

    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError> {
        if !is_code(callback.code) {
            return Err(ProviderError::Rejected { code: None });
        }
        let form = [
            ("client_id", self.settings.app_key.as_str()),
            ("client_secret", self.settings.app_secret.expose_secret()),
            ("grant_type", "authorization_code"),
            ("code", callback.code),
            ("redirect_uri", callback.redirect_uri.as_str()),
        ];
        let answer = self.post(TOKEN, &form).await?;
        let access = answer.need_token("access_token")?;
        let uid = self.uid(&access).await?;
        if answer.text("uid").is_some_and(|claimed| claimed != uid) {
            return Err(senseless("the token is that of somebody else"));
        }
        let user = self.user(&access, &uid).await?;
        let first = |names: [&str; 2], bound: fn(&str) -> Option<String>| {
            let user = user.as_ref()?;
            names.iter().find_map(|name| user.text(name).and_then(|value| bound(&value)))
        };
        Ok(Profile {
            nickname: first(["screen_name", "name"], values::nickname),
            avatar_url: first(["avatar_large", "profile_image_url"], values::avatar),
            subject: uid,
            union_id: None,
            email: None,
            tokens: Tokens {
                access,
                refresh: answer.token("refresh_token"),
                expires_in: answer.lifetime("expires_in"),
            },
        })
    }
}

fn read(answer: &Answer) -> Result<Fields, ProviderError> {
    let fields = Fields::read(answer)?;
    match fields.refusal("error_code").or_else(|| fields.refusal("error")) {
        Some(code) => Err(refused(code)),
        None => Ok(fields),
    }
}

/// What an `error_code` asks for or, where there is none, the word in `error`. Codes that nobody has described are
/// refusals: Weibo did answer, so it is not away.
fn refused(code: String) -> ProviderError {
    match code.as_str() {
        // System error, service and remote service unavailable, too many pending tasks.
        "10001" | "10002" | "10003" | "10009" | "21331" | "temporarily_unavailable" => {
            ProviderError::Unavailable(format!("Weibo is away: {code}"))
        }
        // This gateway's address, app key, parameters, permissions, method; then the words of the app's settings.
        "10004"
        | "10006"
        | "10008"
        | "10014"
        | "10021"
        | "21322"
        | "21323"
        | "21324"
        | "21326"
        | "21328"
        | "21329"
        | "redirect_uri_mismatch"
        | "invalid_request"
        | "invalid_client"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "unsupported_response_type" => ProviderError::Misconfigured { code },
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

/// Expired or invalid token: contradicts what Weibo has just said of it.
fn denies_identity(error: &ProviderError) -> bool {
    let ProviderError::Rejected { code: Some(code) } = error else { return false };
    matches!(code.as_str(), "21327" | "21332" | "expired_token" | "invalid_access_token")
}

fn senseless(what: &str) -> ProviderError {
    ProviderError::Unavailable(what.to_owned())
}
