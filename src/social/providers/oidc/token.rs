//! The token endpoint (RFC 6749, sections 2.3.1, 4.1.3 and 5).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::apple::Signer;
use super::discovery::{Authentication, Discovery};
use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::{Answer, HttpClient};
use crate::social::provider::{Callback, ProviderError, Tokens};
use crate::social::values;

/// Who the gateway is to the provider.
pub(super) struct Client {
    pub(super) issuer: String,
    pub(super) id: String,
    pub(super) secret: Secret,
}

/// How it proves that.
pub(super) enum Secret {
    None,
    Shared(SecretString),
    Signed(Signer),
}

/// What came for the code.
pub(super) struct Exchanged {
    pub(super) tokens: Tokens,
    pub(super) id_token: String,
}

/// Exchanges the code.
///
/// # Errors
/// [`ProviderError`].
pub(super) async fn exchange(
    http: &HttpClient,
    discovery: &Discovery,
    client: &Client,
    callback: &Callback<'_>,
    now: Instant,
) -> Result<Exchanged, ProviderError> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", callback.code),
        ("redirect_uri", callback.redirect_uri.as_str()),
        ("code_verifier", callback.verifier.expose_secret()),
    ];
    let signed;
    let secret = match &client.secret {
        Secret::None => None,
        Secret::Shared(secret) => Some((secret, discovery.authentication()?)),
        Secret::Signed(signer) => {
            signed = signer
                .secret(&client.issuer, &client.id, now)
                .map_err(|_| ProviderError::Misconfigured { code: "private_key".into() })?;
            Some((&signed, Authentication::Post))
        }
    };
    let mut authorization = None;
    match secret {
        None => form.push(("client_id", &client.id)),
        Some((secret, Authentication::Post)) => {
            form.push(("client_id", &client.id));
            form.push(("client_secret", secret.expose_secret()));
        }
        Some((secret, Authentication::Basic)) => authorization = Some(basic(&client.id, secret)),
    }
    let mut headers = vec![("accept", "application/json")];
    headers.extend(authorization.as_ref().map(|basic| ("authorization", basic.expose_secret())));
    read(&http.post(discovery.token_endpoint.clone(), &form, &headers).await?)
}

/// Both halves are urlencoded before they are joined: a colon or a `%` in them is common, and is what most get wrong.
fn basic(id: &str, secret: &SecretString) -> SecretString {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(id), encode(secret.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(joined)))
}

fn read(answer: &Answer) -> Result<Exchanged, ProviderError> {
    #[derive(Deserialize)]
    struct Body {
        error: Option<String>,
        access_token: Option<String>,
        token_type: Option<String>,
        expires_in: Option<serde_json::Value>,
        refresh_token: Option<String>,
        id_token: Option<String>,
    }
    let unavailable = |what: &str| ProviderError::Unavailable(format!("the token endpoint {what}"));
    let parsed = serde_json::from_str::<Body>(&answer.text);
    if let Ok(Body { error: Some(error), .. }) = &parsed {
        return Err(refusal(error));
    }
    if answer.status != 200 {
        return Err(unavailable(&format!("answers with {}", answer.status)));
    }
    // What the parser says would quote the body.
    let body = parsed.map_err(|_| unavailable("makes no sense"))?;
    if body.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(unavailable("gives tokens of another type"));
    }
    match (body.access_token, body.id_token) {
        (Some(access), Some(id_token)) => Ok(Exchanged {
            tokens: Tokens {
                access: SecretString::from(access),
                refresh: body.refresh_token.map(SecretString::from),
                expires_in: body.expires_in.as_ref().and_then(seconds),
            },
            id_token,
        }),
        (None, _) => Err(unavailable("gives no access token")),
        (_, None) => Err(unavailable("gives no ID token")),
    }
}

fn seconds(value: &serde_json::Value) -> Option<Duration> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).map(Duration::from_secs)
}

/// What the word of an error answer is to us.
pub(super) fn refusal(error: &str) -> ProviderError {
    let Some(code) = values::error_code(error) else { return ProviderError::Rejected { code: None } };
    match code.as_str() {
        "invalid_client"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_scope"
        | "redirect_uri_mismatch"
        | "invalid_redirect_uri" => ProviderError::Misconfigured { code },
        "server_error" | "temporarily_unavailable" => {
            ProviderError::Unavailable(format!("the provider says {code}"))
        }
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: u16, text: &str) -> String {
        let answer = Answer { status, text: text.into() };
        match read(&answer) {
            Ok(exchanged) => format!("{:?} {}", exchanged.tokens.expires_in, exchanged.id_token),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_secret_is_urlencoded_before_it_is_joined() {
        let header = basic("a:b", &SecretString::from("c d%+/é"));
        let joined = STANDARD.decode(header.expose_secret().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(joined).unwrap(), "a%3Ab:c+d%25%2B%2F%C3%A9");
    }

    #[test]
    fn answers_are_read_for_what_they_say() {
        let good = r#"{"access_token":"a","token_type":"BEARER","expires_in":"3600","id_token":"i"}"#;
        assert_eq!(text(200, good), "Some(3600s) i");
        assert_eq!(text(200, r#"{"access_token":"a","id_token":"i"}"#), "None i");
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant","error_description":"x"}"#, "refused with invalid_grant"),
            (200, r#"{"error":"invalid_grant"}"#, "refused with invalid_grant"),
            (401, r#"{"error":"invalid_client"}"#, "refuses this gateway with invalid_client"),
            (400, r#"{"error":"unauthorized_client"}"#, "refuses this gateway with unauthorized_client"),
            (400, r#"{"error":"redirect_uri_mismatch"}"#, "refuses this gateway with redirect_uri_mismatch"),
            (400, r#"{"error":"a b\n私c"}"#, "refused with no code"),
            (400, r#"{"error":""}"#, "refused with no code"),
            (503, r#"{"error":"temporarily_unavailable"}"#, "the provider says temporarily_unavailable"),
            (502, "<html>", "the token endpoint answers with 502"),
            (302, good, "the token endpoint answers with 302"),
            (200, &good[..40], "the token endpoint makes no sense"),
            (200, "{}", "the token endpoint gives no access token"),
            (200, r#"{"id_token":"i"}"#, "the token endpoint gives no access token"),
            (200, r#"{"access_token":"a"}"#, "the token endpoint gives no ID token"),
            (
                200,
                r#"{"access_token":"a","token_type":"DPoP","id_token":"i"}"#,
                "the token endpoint gives tokens of another type",
            ),
        ] {
            assert_eq!(text(status, body), expected, "{body}");
        }
    }
}
