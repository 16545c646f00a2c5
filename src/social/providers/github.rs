//! GitHub, by an OAuth app with PKCE.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::config::social::GithubSettings;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::{HttpClient, Response};
use crate::social::provider::{AuthorizeRequest, Callback, Profile, ProviderError, SocialProvider, Tokens};
use crate::social::values;

/// Access to the name and the verified e-mail addresses.
const SCOPES: &str = "read:user user:email";
/// The version of GitHub's API.
const API_VERSION: &str = "2022-11-28";

/// The provider GitHub. Identities are identified by their numeric id, because a login can be released and taken by another
/// user.
pub struct Github {
    settings: GithubSettings,
    http: HttpClient,
}

/// The response of `/user`.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
}

/// An element of the response of `/user/emails`.
#[derive(Deserialize)]
struct Address {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

impl Github {
    #[must_use]
    pub fn new(settings: GithubSettings, http: HttpClient) -> Self {
        Self { settings, http }
    }

    /// Exchanges the code. Returns the tokens, and the granted scopes if the response contains them.
    async fn exchange(&self, callback: &Callback<'_>) -> Result<(Tokens, Option<String>), ProviderError> {
        let form = [
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.client_secret.expose_secret()),
            ("code", callback.code),
            ("redirect_uri", callback.redirect_uri.as_str()),
            ("code_verifier", callback.verifier.expose_secret()),
        ];
        let url = endpoint(&self.settings.web_url, "/login/oauth/access_token")?;
        let response = self.http.post(url, &form, &[("accept", "application/json")]).await?;
        parse_tokens(&response)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, access: &str) -> Result<T, ProviderError> {
        let authorization = format!("Bearer {access}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", API_VERSION),
        ];
        let response = self.http.get(endpoint(&self.settings.api_url, path)?, &headers).await?;
        match response.status {
            200 => {
                serde_json::from_str(&response.text).map_err(|_| unavailable("invalid response of the API"))
            }
            401 => Err(ProviderError::Rejected { code: Some("bad_credentials".into()) }),
            status => Err(unavailable(&format!("the API returned status {status}"))),
        }
    }

    /// Returns the primary address if it is verified. The sign-in continues without it, because the user may not have
    /// granted the scope.
    async fn email(&self, access: &str) -> Option<String> {
        let addresses = self.get::<Vec<Address>>("/user/emails", access).await.ok()?;
        let primary = addresses.into_iter().find(|address| address.primary && address.verified)?;
        values::email(&primary.email)
    }
}

#[async_trait]
impl SocialProvider for Github {
    fn slug(&self) -> &'static str {
        "github"
    }

    fn name(&self) -> &'static str {
        "GitHub"
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError> {
        let mut url = endpoint(&self.settings.web_url, "/login/oauth/authorize")?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", request.redirect_uri.as_str())
            .append_pair("scope", SCOPES)
            .append_pair("state", request.state)
            .append_pair("code_challenge", request.challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError> {
        let (tokens, scopes) = self.exchange(callback).await?;
        let access = tokens.access.expose_secret();
        let user: User = self.get("/user", access).await?;
        let email = if may_read_emails(scopes.as_deref()) { self.email(access).await } else { None };
        let nickname = user.name.as_deref().and_then(values::nickname);
        Ok(Profile {
            subject: user.id.to_string(),
            union_id: None,
            nickname: nickname.or_else(|| user.login.as_deref().and_then(values::nickname)),
            avatar_url: user.avatar_url.as_deref().and_then(values::avatar),
            email,
            tokens,
        })
    }
}

fn unavailable(what: &str) -> ProviderError {
    ProviderError::Unavailable(what.into())
}

fn endpoint(base: &str, path: &str) -> Result<Url, ProviderError> {
    format!("{base}{path}").parse().map_err(|_| ProviderError::Misconfigured { code: "url".into() })
}

/// Returns whether the scopes include the e-mail addresses. GitHub separates granted scopes with commas, not blanks. If the
/// response does not contain them, the request is tried.
fn may_read_emails(scopes: Option<&str>) -> bool {
    scopes.is_none_or(|scopes| scopes.split([',', ' ']).any(|scope| matches!(scope, "user" | "user:email")))
}

/// Parses a token response. Errors may have status 200, and the body may be urlencoded although JSON was requested.
fn parse_tokens(response: &Response) -> Result<(Tokens, Option<String>), ProviderError> {
    let text = response.text.trim();
    let fields: Map<String, Value> = if text.starts_with('{') {
        serde_json::from_str(text).map_err(|_| unavailable("invalid response of the token endpoint"))?
    } else {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
        pairs.map(|(name, value)| (name, Value::String(value))).collect()
    };
    let field = |name: &str| fields.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    if let Some(error) = field("error") {
        return Err(classify(error));
    }
    if response.status != 200 {
        return Err(unavailable(&format!("the token endpoint returned status {}", response.status)));
    }
    let access = field("access_token").ok_or_else(|| unavailable("the token endpoint returned no token"))?;
    let expires = fields.get("expires_in");
    let seconds = expires.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let tokens = Tokens {
        access: SecretString::from(access),
        refresh: field("refresh_token").map(SecretString::from),
        expires_in: seconds.map(Duration::from_secs),
    };
    Ok((tokens, field("scope").map(str::to_owned)))
}

/// Classifies an error code of GitHub's page "Troubleshooting OAuth app access token request errors".
fn classify(error: &str) -> ProviderError {
    match values::error_code(error) {
        Some(code)
            if matches!(
                code.as_str(),
                "incorrect_client_credentials" | "redirect_uri_mismatch" | "application_suspended"
            ) =>
        {
            ProviderError::Misconfigured { code }
        }
        code => ProviderError::Rejected { code },
    }
}
