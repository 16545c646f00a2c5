//! The port for social providers.

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use crate::core::language::Language;
use crate::core::secret::SecretString;

/// A provider that authenticates people for sign-in.
#[async_trait]
pub trait SocialProvider: Send + Sync {
    /// Returns the provider's name in the API, such as `qq`.
    fn slug(&self) -> &str;

    /// Returns the provider's display name, as the provider writes it.
    fn name(&self) -> &str;

    /// Returns the provider's name in a language. Providers with a Chinese name override this method.
    fn name_in(&self, _: Language) -> &str {
        self.name()
    }

    /// Returns the authorization URL to which the browser is redirected. It fails if the URL must be fetched from the
    /// provider first, as with `OpenID` Connect, and the provider is unavailable.
    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError>;

    /// Exchanges the authorization code for the profile of the identity. Performs every check that the provider supports.
    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError>;
}

/// The options of an authorization request.
pub struct AuthorizeRequest<'a> {
    /// Returned in the callback. At most 128 letters and digits, which is the limit of `WeChat`.
    pub state: &'a str,
    /// The URL to which the provider redirects the browser.
    pub redirect_uri: &'a Url,
    /// The S256 challenge of [`Callback::verifier`] (RFC 7636).
    pub challenge: &'a str,
    /// Returned in the ID token.
    pub nonce: &'a str,
    pub display: Display,
}

/// The kind of authorization page to display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    Page,
    Mobile,
}

/// The callback parameters and the stored values of the authorization request.
pub struct Callback<'a> {
    pub code: &'a str,
    /// The same URI as in the authorization request.
    pub redirect_uri: &'a Url,
    pub verifier: &'a SecretString,
    pub nonce: &'a str,
    /// The form field `user`, which Apple sends with the name at the first authorization only.
    pub user: Option<&'a str>,
}

/// An identity that the provider has authenticated.
pub struct Profile {
    /// The permanent identifier at this provider: openid, uid, id or `sub`. 1 to 255 characters.
    pub subject: String,
    /// The identifier that all apps of one owner share: the unionid of QQ and `WeChat`.
    pub union_id: Option<String>,
    /// The nickname at the provider; any characters.
    pub nickname: Option<String>,
    /// An http or https URL.
    pub avatar_url: Option<String>,
    /// Set only if the provider has verified the address.
    pub email: Option<String>,
    pub tokens: Tokens,
}

/// The tokens for the provider's API. They are stored sealed and never sent to clients.
pub struct Tokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// The lifetime of the access token; `None` if the response does not contain it.
    pub expires_in: Option<Duration>,
}

/// Why there is no profile.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider rejected the sign-in, for example because the code has expired, was used, or belongs to another app.
    /// The user can start again.
    #[error("rejected with {}", code.as_deref().unwrap_or("no error code"))]
    Rejected {
        /// The provider's error code, at most 64 ASCII characters. It contains no secrets.
        code: Option<String>,
    },
    /// The provider rejected the gateway's credentials, address or permissions. The operator must correct the settings.
    #[error("rejected the configuration of this gateway with {code}")]
    Misconfigured { code: String },
    /// The provider did not respond in time, or its response is incomplete or invalid. The text is for the log and contains
    /// no secrets.
    #[error("{0}")]
    Unavailable(String),
}
