//! The authorization code flow of an `OpenID` Connect provider.

use async_trait::async_trait;
use chrono::TimeDelta;
use url::Url;

use super::apple::{self, Signer};
use super::cached::Cached;
use super::discovery::Discovery;
use super::id_token::{self, Claims, Expected};
use super::jwks::Jwks;
use super::token::{self, Client, Exchanged, Secret};
use super::user_info::{self, UserInfo};
use crate::config::social::{OidcSecret, OidcSettings};
use crate::core::clock::{Clock, Instant};
use crate::core::secret::ExposeSecret as _;
use crate::social::client::HttpClient;
use crate::social::provider::{AuthorizeRequest, Callback, Profile, ProviderError, SocialProvider};

/// How long the discovery document is cached.
const DISCOVERY_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Google, Apple or any other `OpenID` Connect provider. Uses PKCE and a nonce.
pub struct Oidc {
    slug: String,
    name: String,
    scope: String,
    form_post: bool,
    client: Client,
    http: HttpClient,
    clock: Clock,
    discovery: Cached<Discovery>,
    jwks: Jwks,
}

impl Oidc {
    /// Builds the provider. It sends no request before the first sign-in.
    ///
    /// # Errors
    /// A message for the operator if Apple's private key is invalid.
    pub fn new(settings: OidcSettings, http: HttpClient, clock: Clock) -> Result<Self, String> {
        let secret = match settings.secret {
            OidcSecret::None => Secret::None,
            OidcSecret::Shared(secret) => Secret::Shared(secret),
            OidcSecret::Apple { team_id, key_id, private_key } => {
                Secret::Signed(Signer::new(team_id, key_id, &private_key)?)
            }
        };
        Ok(Self {
            slug: settings.slug,
            name: settings.name,
            scope: settings.scopes.join(" "),
            form_post: settings.form_post,
            client: Client { issuer: settings.issuer, id: settings.client_id, secret },
            http,
            discovery: Cached::new(clock.clone()),
            jwks: Jwks::new(clock.clone()),
            clock,
        })
    }

    async fn discovery(&self) -> Result<std::sync::Arc<Discovery>, ProviderError> {
        self.discovery.get(DISCOVERY_LIFETIME, Discovery::fetch(&self.http, &self.client.issuer)).await
    }

    /// Verifies the ID token and returns its claims.
    async fn claims(
        &self,
        discovery: &Discovery,
        exchanged: &Exchanged,
        nonce: &str,
        now: Instant,
    ) -> Result<Claims, ProviderError> {
        let token = &exchanged.id_token;
        let header = id_token::header(token)?;
        let key = self.jwks.find(&self.http, &discovery.jwks_uri, header.kid.as_deref(), header.alg).await?;
        let expected = Expected {
            issuer: &self.client.issuer,
            client_id: &self.client.id,
            nonce,
            access: exchanged.tokens.access.expose_secret(),
            now,
        };
        id_token::verify(token, header.alg, &key, &expected)
    }
}

#[async_trait]
impl SocialProvider for Oidc {
    fn slug(&self) -> &str {
        &self.slug
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, ProviderError> {
        let mut url = self.discovery().await?.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", request.redirect_uri.as_str())
            .append_pair("scope", &self.scope)
            .append_pair("state", request.state)
            .append_pair("nonce", request.nonce)
            .append_pair("code_challenge", request.challenge)
            .append_pair("code_challenge_method", "S256");
        if self.form_post {
            query.append_pair("response_mode", "form_post");
        }
        drop(query);
        Ok(url)
    }

    async fn identify(&self, callback: &Callback<'_>) -> Result<Profile, ProviderError> {
        let discovery = self.discovery().await?;
        let now = self.clock.now();
        let exchanged = token::exchange(&self.http, &discovery, &self.client, callback, now).await?;
        let claims = self.claims(&discovery, &exchanged, callback.nonce, now).await?;
        let mut info = UserInfo::from_claims(&claims.rest);
        if let Some(url) = discovery.userinfo_endpoint.as_ref().filter(|_| !info.is_complete()) {
            let access = exchanged.tokens.access.expose_secret();
            info = info.or(user_info::fetch(&self.http, url, access, &claims.sub).await?);
        }
        Ok(Profile {
            subject: claims.sub,
            union_id: None,
            nickname: info.name.or_else(|| callback.user.and_then(apple::name)),
            avatar_url: info.picture,
            email: info.email,
            tokens: exchanged.tokens,
        })
    }
}
