//! The port: what the flow wants of a provider.

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use crate::core::language::Language;
use crate::core::secret::SecretString;

/// Somewhere that people can sign in and that vouches for them.
#[async_trait]
pub trait SocialProvider: Send + Sync {
    /// Its name in the API, such as `qq`.
    fn slug(&self) -> &str;

    /// Its name for people, as it writes it itself.
    fn name(&self) -> &str;

    /// Returns the name to use in texts of a language, where it differs from [`SocialProvider::name`].
    fn name_in(&self, _: Language) -> &str {
        self.name()
    }

    /// Where the browser is sent.
    ///
    /// # Errors
    /// Where that has to be asked for first, as with `OpenID` Connect.
    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError>;

    /// Exchanges the code that the browser brought back for the person behind it. Everything that the provider offers as
    /// a check is checked.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError>;
}

/// What an authorization begins with.
pub struct AuthorizeRequest<'a> {
    /// Comes back with the browser. Letters and digits, at most 128: `WeChat` promises no more.
    pub state: &'a str,
    /// Where the browser comes back to.
    pub redirect_uri: &'a Url,
    /// The S256 challenge of [`Callback::verifier`] (RFC 7636).
    pub challenge: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    pub display: Display,
}

/// Which page of the provider fits the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    Page,
    Mobile,
}

/// What the browser brought back, and what we kept meanwhile.
pub struct Callback<'a> {
    pub code: &'a str,
    /// The same as in the request.
    pub redirect_uri: &'a Url,
    pub verifier: &'a SecretString,
    pub nonce: &'a str,
    /// The form field `user` that Apple sends once, with the name.
    pub user: Option<&'a str>,
}

/// Whom the provider vouches for.
pub struct Profile {
    /// Who it is, for ever, at this provider: openid, uid, id or `sub`. 1 to 255 characters.
    pub subject: String,
    /// The same person in all apps of one owner: QQ's and WeChat's unionid.
    pub union_id: Option<String>,
    /// As the person chose it; any characters.
    pub nickname: Option<String>,
    /// An http:// or https:// address.
    pub avatar_url: Option<String>,
    /// Only one that the provider attests.
    pub email: Option<String>,
    pub tokens: Tokens,
}

/// What the provider hands out for its API. Kept sealed, never given to a client.
pub struct Tokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// From now on, as the answer says; `None` where it says nothing.
    pub expires_in: Option<Duration>,
}

/// Why there is no profile.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    /// It was asked and said no: the code is old, was used, belongs to another app. To begin anew may help.
    #[error("refused with {}", code.as_deref().unwrap_or("no code"))]
    Rejected {
        /// Its own error code or word, at most 64 ASCII characters. No secrets are in those.
        code: Option<String>,
    },
    /// It said that our credentials, address or permissions are wrong: the operator has to act.
    #[error("refuses this gateway with {code}")]
    Misconfigured { code: String },
    /// No answer in time, half an answer, or one that makes no sense. The words are for the log and hold no secrets.
    #[error("{0}")]
    Unavailable(String),
}
