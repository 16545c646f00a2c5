//! Requests to the token endpoint (RFC 6749, sections 2.3.1, 4.1.3 and 5).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::apple::Signer;
use super::discovery::{Authentication, Discovery};
use crate::core::clock::Instant;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::client::{HttpClient, Response};
use crate::social::provider::{Callback, ProviderError, Tokens};
use crate::social::values;

/// The gateway's registration at the provider.
pub(super) struct Client {
    pub(super) issuer: String,
    pub(super) id: String,
    pub(super) secret: Secret,
}

/// How the gateway authenticates to the provider.
pub(super) enum Secret {
    None,
    Shared(SecretString),
    Signed(Signer),
}

/// The result of exchanging a code.
pub(super) struct Exchanged {
    pub(super) tokens: Tokens,
    pub(super) id_token: String,
}

/// Exchanges the authorization code for tokens.
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
    parse(&http.post(discovery.token_endpoint.clone(), &form, &headers).await?)
}

/// Returns the value of `Authorization`. Both parts are urlencoded before they are joined, because they often contain
/// colons and `%`.
fn basic(id: &str, secret: &SecretString) -> SecretString {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(id), encode(secret.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(joined)))
}

fn parse(response: &Response) -> Result<Exchanged, ProviderError> {
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
    let parsed = serde_json::from_str::<Body>(&response.text);
    if let Ok(Body { error: Some(error), .. }) = &parsed {
        return Err(classify(error));
    }
    if response.status != 200 {
        return Err(unavailable(&format!("returned status {}", response.status)));
    }
    // The parser's error is dropped because it may quote the body.
    let body = parsed.map_err(|_| unavailable("returned an invalid response"))?;
    if body.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(unavailable("returned an unsupported token type"));
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
        (None, _) => Err(unavailable("returned no access token")),
        (_, None) => Err(unavailable("returned no ID token")),
    }
}

fn seconds(value: &serde_json::Value) -> Option<Duration> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).map(Duration::from_secs)
}

/// Classifies the error code of an error response.
fn classify(error: &str) -> ProviderError {
    let Some(code) = values::error_code(error) else { return ProviderError::Rejected { code: None } };
    match code.as_str() {
        "invalid_client"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "invalid_scope"
        | "redirect_uri_mismatch"
        | "invalid_redirect_uri" => ProviderError::Misconfigured { code },
        "server_error" | "temporarily_unavailable" => {
            ProviderError::Unavailable(format!("the provider reports {code}"))
        }
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: u16, text: &str) -> String {
        let response = Response { status, text: text.into() };
        match parse(&response) {
            Ok(exchanged) => format!("{:?} {}", exchanged.tokens.expires_in, exchanged.id_token),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn id_and_secret_are_urlencoded_before_they_are_joined() {
        let header = basic("a:b", &SecretString::from("c d%+/é"));
        let joined = STANDARD.decode(header.expose_secret().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(joined).unwrap(), "a%3Ab:c+d%25%2B%2F%C3%A9");
    }

    #[test]
    fn token_responses_are_classified() {
        let valid = r#"{"access_token":"a","token_type":"BEARER","expires_in":"3600","id_token":"i"}"#;
        assert_eq!(text(200, valid), "Some(3600s) i");
        assert_eq!(text(200, r#"{"access_token":"a","id_token":"i"}"#), "None i");
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant","error_description":"x"}"#, "rejected with invalid_grant"),
            (200, r#"{"error":"invalid_grant"}"#, "rejected with invalid_grant"),
            (
                401,
                r#"{"error":"invalid_client"}"#,
                "rejected the configuration of this gateway with invalid_client",
            ),
            (
                400,
                r#"{"error":"unauthorized_client"}"#,
                "rejected the configuration of this gateway with unauthorized_client",
            ),
            (
                400,
                r#"{"error":"redirect_uri_mismatch"}"#,
                "rejected the configuration of this gateway with redirect_uri_mismatch",
            ),
            (400, r#"{"error":"a b\n私c"}"#, "rejected with no error code"),
            (400, r#"{"error":""}"#, "rejected with no error code"),
            (503, r#"{"error":"temporarily_unavailable"}"#, "the provider reports temporarily_unavailable"),
            (502, "<html>", "the token endpoint returned status 502"),
            (302, valid, "the token endpoint returned status 302"),
            (200, &valid[..40], "the token endpoint returned an invalid response"),
            (200, "{}", "the token endpoint returned no access token"),
            (200, r#"{"id_token":"i"}"#, "the token endpoint returned no access token"),
            (200, r#"{"access_token":"a"}"#, "the token endpoint returned no ID token"),
            (
                200,
                r#"{"access_token":"a","token_type":"DPoP","id_token":"i"}"#,
                "the token endpoint returned an unsupported token type",
            ),
        ] {
            assert_eq!(text(status, body), expected, "{body}");
        }
    }
}
