//! Additional claims of access tokens: from columns of the account, and from a hook.

use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::reader::Reader;
use crate::core::secret::ExposeSecret as _;
use crate::core::signing::standard_webhooks::WebhookSecret;

/// The section. No `Debug`: it contains a secret.
#[derive(Clone)]
pub struct TokenClaimSettings {
    pub columns: Vec<ColumnClaim>,
    pub hook: Option<TokenHookSettings>,
}

/// The service that is asked before an access token is issued.
#[derive(Clone)]
pub struct TokenHookSettings {
    pub url: Url,
    pub secret: WebhookSecret,
    /// How long the request may take, including the connection.
    pub timeout: Duration,
    pub on_failure: OnHookFailure,
}

/// What happens if the hook does not respond or its response cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnHookFailure {
    /// The sign-in or the refresh fails with `UNAVAILABLE`.
    Refuse,
    /// The token is issued without the claims of the hook.
    Issue,
}

impl FromStr for OnHookFailure {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "issue" => Ok(Self::Issue),
            _ => Err("expected refuse or issue"),
        }
    }
}

/// A column of the account that can be a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Username,
    Nickname,
    AvatarUrl,
    Mobile,
    Email,
    CreatedAt,
}

/// A column and the name of its claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnClaim {
    pub column: Column,
    pub claim: String,
}

/// Claims that only the gateway sets: those of RFC 7519, RFC 9068 and of Hasura.
const RESERVED: [&str; 19] = [
    "iss",
    "aud",
    "sub",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "roles",
    "typ",
    "cnf",
    "act",
    "azp",
    "scope",
    "client_id",
    "auth_time",
    "acr",
    "amr",
    "https://hasura.io/jwt/claims",
];

/// Returns whether a claim may be set by a column or a hook.
#[must_use]
pub fn is_free_claim(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && !RESERVED.contains(&name)
}

impl FromStr for ColumnClaim {
    type Err = &'static str;

    /// The default names are those of OpenID Connect Core, section 5.1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, claim) = match text.split_once('=') {
            Some((column, claim)) => (column, Some(claim)),
            None => (text, None),
        };
        let (column, usual) = match column {
            "username" => (Column::Username, "preferred_username"),
            "nickname" => (Column::Nickname, "nickname"),
            "avatar_url" => (Column::AvatarUrl, "picture"),
            "mobile" => (Column::Mobile, "phone_number"),
            "email" => (Column::Email, "email"),
            "created_at" => (Column::CreatedAt, "created_at"),
            _ => return Err("expected username, nickname, avatar_url, mobile, email or created_at"),
        };
        let claim = claim.unwrap_or(usual);
        if !is_free_claim(claim) {
            return Err("this claim is set by the gateway; choose another name");
        }
        Ok(Self { column, claim: claim.to_owned() })
    }
}

impl TokenClaimSettings {
    /// Reads the section. In development, the URL may be http.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let columns: Vec<ColumnClaim> = reader.list(
            "tokens.claims",
            "",
            "Columns of the account that are claims of access tokens: username, nickname, avatar_url, mobile, email, created_at; `column=claim` chooses the name. Everybody who sees a token can read them.",
        );
        let url: Option<Url> = reader.optional(
            "tokens.hook_url",
            "A service that is asked before each access token is issued and can add claims (docs/webhooks.md).",
        );
        let secret = reader.secret(
            "tokens.hook_secret",
            "The secret that signs requests to `tokens.hook_url`: `whsec_` and 24 to 64 random bytes in base64.",
        );
        let timeout =
            reader.duration("tokens.hook_timeout", "2s", "The timeout of the request to `tokens.hook_url`.");
        let on_failure = reader.value(
            "tokens.hook_on_failure",
            "refuse",
            "What happens if the hook fails: `refuse` (UNAVAILABLE) or `issue` (a token without the claims of the hook).",
        );
        for (place, ColumnClaim { claim, .. }) in columns.iter().enumerate() {
            if columns[..place].iter().any(|other| other.claim == *claim) {
                reader.error("tokens.claims", &format!("the claim {claim} is set twice"));
            }
        }
        if timeout.is_zero() || timeout > Duration::from_secs(5) {
            reader.error("tokens.hook_timeout", "at least 1ms and at most 5s: a sign-in waits for it");
        }
        if url.is_some() != secret.is_some() {
            reader.error("tokens.hook_url", "the URL and `tokens.hook_secret` belong together");
        }
        if url.as_ref().is_some_and(|url| url.scheme() != "https" && !(development && url.scheme() == "http"))
        {
            reader.error("tokens.hook_url", "expected a URL that starts with https://");
        }
        let secret = secret.and_then(|secret| match secret.expose_secret().parse() {
            Ok(secret) => Some(secret),
            Err(expected) => {
                reader.error("tokens.hook_secret", expected);
                None
            }
        });
        let hook =
            url.zip(secret).map(|(url, secret)| TokenHookSettings { url, secret, timeout, on_failure });
        Self { columns, hook }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Source;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (TokenClaimSettings, String) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = TokenClaimSettings::read(&mut reader, false);
        (settings, reader.finish().1.join("\n"))
    }

    #[test]
    fn columns_have_the_names_of_openid_connect_unless_named() {
        let (settings, errors) = read(&[("MENJIN_TOKENS_CLAIMS", "mobile,email=mail")]);
        assert_eq!(errors, "");
        let names: Vec<_> = settings.columns.iter().map(|column| column.claim.as_str()).collect();
        assert_eq!(names, ["phone_number", "mail"]);
    }

    #[test]
    fn claims_of_the_gateway_cannot_be_replaced() {
        for claim in
            ["email=sub", "email=roles", "password_hash", "email=", "email=https://hasura.io/jwt/claims"]
        {
            assert!(read(&[("MENJIN_TOKENS_CLAIMS", claim)]).1.contains("tokens.claims"), "{claim}");
        }
        let twice = read(&[("MENJIN_TOKENS_CLAIMS", "email,mobile=email")]).1;
        assert!(twice.contains("the claim email is set twice"), "{twice}");
    }

    #[test]
    fn an_incomplete_hook_is_reported() {
        let (_, errors) = read(&[
            ("MENJIN_TOKENS_HOOK_URL", "http://hook.example.com/"),
            ("MENJIN_TOKENS_HOOK_TIMEOUT", "1m"),
        ]);
        for expected in ["tokens.hook_url", "starts with https://", "belong together", "tokens.hook_timeout"]
        {
            assert!(errors.contains(expected), "{expected}: {errors}");
        }
    }
}
