//! Sina Weibo (open.weibo.com): authorization code, token info, user. Errors have HTTP error statuses. Their descriptions
//! repeat the authorization code, so they are never displayed.
//!
//! Weibo supports neither PKCE nor a nonce. The `appkey` of the token is checked, as Weibo's documentation requires.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use url::Url;

use crate::config::social::WeiboSettings;
use crate::core::language::Language;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::{HttpClient, Response};
use crate::social::endpoint::{endpoint, is_code};
use crate::social::provider::{
    AuthorizeRequest, Callback, Display, Profile, ProviderError, SocialProvider, Tokens,
};
use crate::social::responses::Fields;
use crate::social::values;

const TOKEN: &str = "/oauth2/access_token";
const TOKEN_INFO: &str = "/oauth2/get_token_info";
const USER: &str = "/2/users/show.json";

/// The provider Weibo.
pub struct Weibo {
    settings: WeiboSettings,
    client: HttpClient,
}

impl Weibo {
    #[must_use]
    pub fn new(settings: WeiboSettings, client: HttpClient) -> Self {
        Self { settings, client }
    }

    /// Returns the owner of a token that was issued to this app.
    async fn uid(&self, access: &SecretString) -> Result<String, ProviderError> {
        let info = self.post(TOKEN_INFO, &[("access_token", access.expose_secret())]).await?;
        if info.require("appkey")? != self.settings.app_key {
            return Err(unavailable("the token belongs to another app"));
        }
        values::subject(&info.require("uid")?).ok_or_else(|| unavailable("invalid uid"))
    }

    /// Returns name and avatar. `None` if Weibo does not return them: the uid is sufficient to sign in.
    async fn user(&self, access: &SecretString, uid: &str) -> Result<Option<Fields>, ProviderError> {
        let query = [("access_token", access.expose_secret()), ("uid", uid)];
        let url = endpoint(&self.settings.url, USER, &query)?;
        let fields = self.client.get(url, &[]).await.and_then(|response| parse(&response));
        match fields.and_then(|user| Ok((user.require("idstr")?, user))) {
            Ok((idstr, user)) if idstr == uid => Ok(Some(user)),
            Ok(_) => Err(unavailable("the user info belongs to another user")),
            Err(error @ ProviderError::Rejected { .. }) if denies_identity(&error) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "Weibo returned no user info; continuing without nickname and avatar");
                Ok(None)
            }
        }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Fields, ProviderError> {
        let url = endpoint(&self.settings.url, path, &[])?;
        parse(&self.client.post(url, form, &[]).await?)
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
        let response = self.post(TOKEN, &form).await?;
        let access = response.require_token("access_token")?;
        let uid = self.uid(&access).await?;
        if response.text("uid").is_some_and(|claimed| claimed != uid) {
            return Err(unavailable("the token belongs to another user"));
        }
        let user = self.user(&access, &uid).await?;
        let first_valid = |names: [&str; 2], validate: fn(&str) -> Option<String>| {
            let user = user.as_ref()?;
            names.iter().find_map(|name| user.text(name).and_then(|value| validate(&value)))
        };
        Ok(Profile {
            nickname: first_valid(["screen_name", "name"], values::nickname),
            avatar_url: first_valid(["avatar_large", "profile_image_url"], values::avatar),
            subject: uid,
            union_id: None,
            email: None,
            tokens: Tokens {
                access,
                refresh: response.token("refresh_token"),
                expires_in: response.lifetime("expires_in"),
            },
        })
    }
}

fn parse(response: &Response) -> Result<Fields, ProviderError> {
    let fields = Fields::parse(response)?;
    match fields.error("error_code").or_else(|| fields.error("error")) {
        Some(code) => Err(classify(code)),
        None => Ok(fields),
    }
}

/// Classifies an `error_code` or, if there is none, the value of `error`. Undocumented codes are rejections: Weibo
/// responded, so it is not unavailable.
fn classify(code: String) -> ProviderError {
    match code.as_str() {
        // System error, service or remote service unavailable, too many pending tasks.
        "10001" | "10002" | "10003" | "10009" | "21331" | "temporarily_unavailable" => {
            ProviderError::Unavailable(format!("Weibo reports that it is unavailable: {code}"))
        }
        // Errors about the gateway's address, app key, parameters, permissions or method, or about the app's settings.
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

/// Returns whether the error reports an expired or invalid token, which contradicts the token info.
fn denies_identity(error: &ProviderError) -> bool {
    let ProviderError::Rejected { code: Some(code) } = error else { return false };
    matches!(code.as_str(), "21327" | "21332" | "expired_token" | "invalid_access_token")
}

fn unavailable(what: &str) -> ProviderError {
    ProviderError::Unavailable(what.to_owned())
}
