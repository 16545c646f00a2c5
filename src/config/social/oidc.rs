//! Settings of `OpenID` Connect providers: Google, Apple, and one of the operator's choice.

use super::reading::{address, pair};
use crate::config::accounts::PageUrl;
use crate::config::reader::Reader;
use crate::core::secret::SecretString;

/// Settings of an `OpenID` Connect provider.
#[derive(Clone)]
pub struct OidcSettings {
    /// The slug in the API: ASCII lower-case letters, digits and `-`.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The issuer, exactly as in its discovery document.
    pub issuer: String,
    pub client_id: String,
    pub secret: OidcSecret,
    /// The requested scopes, which always include `openid`.
    pub scopes: Vec<String>,
    /// Whether the response is posted as a form (`response_mode=form_post`), as Apple does if the name is requested.
    pub form_post: bool,
}

/// How the gateway authenticates at the token endpoint.
#[derive(Clone)]
pub enum OidcSecret {
    /// A public client, with PKCE only.
    None,
    Shared(SecretString),
    /// A client assertion that the gateway signs with ES256.
    Apple {
        team_id: String,
        key_id: String,
        /// PKCS#8 in PEM, as Apple issues it.
        private_key: SecretString,
    },
}

/// Returns the default scopes.
pub(super) fn scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(String::from).to_vec()
}

/// Returns the providers that are configured.
pub(super) fn read(reader: &mut Reader) -> Vec<OidcSettings> {
    [google(reader), apple(reader), own(reader)].into_iter().flatten().collect()
}

fn google(reader: &mut Reader) -> Option<OidcSettings> {
    let client = pair(
        reader,
        ("social.google.client_id", "The client ID of a Google web application."),
        ("social.google.client_secret", "The client secret of the Google web application."),
    );
    let issuer = address(reader, "social.google.issuer", "https://accounts.google.com", "Google's issuer.");
    client.map(|(client_id, secret)| OidcSettings {
        slug: "google".into(),
        name: "Google".into(),
        issuer,
        client_id,
        secret: OidcSecret::Shared(secret),
        scopes: scopes(),
        form_post: false,
    })
}

fn apple(reader: &mut Reader) -> Option<OidcSettings> {
    let client = pair(
        reader,
        ("social.apple.client_id", "The Services ID of Sign in with Apple."),
        ("social.apple.private_key", "The private key of Sign in with Apple: PKCS#8 in PEM."),
    );
    let team_id: Option<String> = reader.optional("social.apple.team_id", "Apple's team ID, 10 characters.");
    let key_id: Option<String> = reader.optional("social.apple.key_id", "The ID of that key, 10 characters.");
    let issuer = address(reader, "social.apple.issuer", "https://appleid.apple.com", "Apple's issuer.");
    let (client_id, private_key) = client?;
    let (Some(team_id), Some(key_id)) = (team_id, key_id) else {
        reader.error("social.apple.team_id", "required with `social.apple.key_id` and the Services ID");
        return None;
    };
    Some(OidcSettings {
        slug: "apple".into(),
        name: "Apple".into(),
        issuer,
        client_id,
        secret: OidcSecret::Apple { team_id, key_id, private_key },
        scopes: ["openid", "email", "name"].map(String::from).to_vec(),
        form_post: true,
    })
}

fn own(reader: &mut Reader) -> Option<OidcSettings> {
    let slug: String =
        reader.value("social.oidc.slug", "oidc", "The slug of another OpenID Connect provider in the API.");
    let name = reader.value("social.oidc.name", "OpenID Connect", "The display name of this provider.");
    let issuer: Option<String> = reader.optional(
        "social.oidc.issuer",
        "The issuer of this provider, exactly as in its discovery document, such as https://sso.example.com/realms/staff.",
    );
    let client_id: Option<String> =
        reader.optional("social.oidc.client_id", "The client ID at this provider.");
    let secret = reader.secret(
        "social.oidc.client_secret",
        "The client secret at this provider. Without it, the gateway is a public client with PKCE.",
    );
    let scopes = reader.list(
        "social.oidc.scopes",
        "openid,email,profile",
        "The requested scopes. `openid` is required.",
    );
    if !is_slug(&slug) {
        reader.error(
            "social.oidc.slug",
            "must be 1 to 32 lower-case letters, digits or '-', and not the slug of another provider",
        );
    }
    match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => {
            if issuer.parse::<PageUrl>().is_err() || issuer.contains('?') {
                reader.error("social.oidc.issuer", "expected an http:// or https:// URL");
            }
            if !scopes.iter().any(|scope: &String| scope == "openid") {
                reader.error("social.oidc.scopes", "must contain `openid`");
            }
            let secret = secret.map_or(OidcSecret::None, OidcSecret::Shared);
            Some(OidcSettings { slug, name, issuer, client_id, secret, scopes, form_post: false })
        }
        (None, None) => None,
        (Some(_), None) => {
            reader.error("social.oidc.client_id", "required with the issuer");
            None
        }
        (None, Some(_)) => {
            reader.error("social.oidc.issuer", "required with the client ID");
            None
        }
    }
}

/// The slugs of the other providers are reserved.
fn is_slug(slug: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let taken = ["qq", "weibo", "wechat", "github", "google", "apple"].contains(&slug);
    !taken && (1..=32).contains(&slug.len()) && slug.bytes().all(allowed)
}
