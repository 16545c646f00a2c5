//! Providers of `OpenID` Connect: Google, Apple, and one of the operator's own.

use super::reading::{address, pair};
use crate::config::accounts::PageUrl;
use crate::config::reader::Reader;
use crate::core::secret::SecretString;

/// A provider of `OpenID` Connect.
#[derive(Clone)]
pub struct OidcSettings {
    /// Its name in the API: ASCII lower-case letters, digits and `-`.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Exactly as its discovery document says.
    pub issuer: String,
    pub client_id: String,
    pub secret: OidcSecret,
    /// `openid` is always among them.
    pub scopes: Vec<String>,
    /// Whether the answer comes as a form (`response_mode=form_post`), as Apple's does when names are asked for.
    pub form_post: bool,
}

/// How the gateway proves itself at the token endpoint.
#[derive(Clone)]
pub enum OidcSecret {
    /// A public client: PKCE alone.
    None,
    Shared(SecretString),
    /// A token that the gateway signs itself with ES256.
    Apple {
        team_id: String,
        key_id: String,
        /// PKCS#8 in PEM, as Apple hands it out.
        private_key: SecretString,
    },
}

/// What is asked for where nothing else is said.
pub(super) fn scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(String::from).to_vec()
}

/// Those that are set.
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
        reader.error("social.apple.team_id", "needed with `social.apple.key_id` beside the Services ID");
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
        reader.value("social.oidc.slug", "oidc", "The name of one more OpenID Connect provider in the API.");
    let name = reader.value("social.oidc.name", "OpenID Connect", "Its name for people.");
    let issuer: Option<String> = reader.optional(
        "social.oidc.issuer",
        "Its issuer, exactly as its discovery document says, such as https://sso.example.com/realms/staff.",
    );
    let client_id: Option<String> =
        reader.optional("social.oidc.client_id", "The gateway's client ID there.");
    let secret = reader.secret(
        "social.oidc.client_secret",
        "The gateway's secret there; empty: a public client, by PKCE alone.",
    );
    let scopes =
        reader.list("social.oidc.scopes", "openid,email,profile", "What is asked for; `openid` is needed.");
    if !is_slug(&slug) {
        reader
            .error("social.oidc.slug", "1 to 32 lower-case letters, digits or '-', and no other provider's");
    }
    match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => {
            if issuer.parse::<PageUrl>().is_err() || issuer.contains('?') {
                reader.error("social.oidc.issuer", "http:// or https:// and a host are expected");
            }
            if !scopes.iter().any(|scope: &String| scope == "openid") {
                reader.error("social.oidc.scopes", "`openid` must be among them");
            }
            let secret = secret.map_or(OidcSecret::None, OidcSecret::Shared);
            Some(OidcSettings { slug, name, issuer, client_id, secret, scopes, form_post: false })
        }
        (None, None) => None,
        (Some(_), None) => {
            reader.error("social.oidc.client_id", "needed beside the issuer");
            None
        }
        (None, Some(_)) => {
            reader.error("social.oidc.issuer", "needed beside the client ID");
            None
        }
    }
}

/// The names of the other providers are theirs.
fn is_slug(slug: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let taken = ["qq", "weibo", "wechat", "github", "google", "apple"].contains(&slug);
    !taken && (1..=32).contains(&slug.len()) && slug.bytes().all(allowed)
}
