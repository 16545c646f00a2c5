//! Tests of the complete flow and of its failures.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::super::testing::{ACCESS, Key, Sso, private_key};
use crate::config::social::OidcSecret;
use crate::core::secret::{ExposeSecret as _, SecretString};
use crate::social::provider::ProviderError;
use crate::social::testing::{ReceivedRequest, Reply};

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn header<'a>(request: &'a ReceivedRequest, name: &str) -> Option<&'a str> {
    let mut lines = request.head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[tokio::test]
async fn the_authorization_url_contains_state_nonce_and_challenge() {
    let sso = Sso::start(Algorithm::ES256).await;
    let address = sso.authorize().await.unwrap();
    let query: HashMap<_, _> = address.query_pairs().into_owned().collect();
    let expected = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "menjin"),
        ("redirect_uri", "https://app.example/callback/corp"),
        ("scope", "openid email"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", "the challenge"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let form = Sso::with(Key::new(Algorithm::ES256, "first"), |settings| settings.form_post = true).await;
    assert!(form.authorize().await.unwrap().as_str().ends_with("&response_mode=form_post"));
}

#[tokio::test]
async fn the_code_is_exchanged_for_a_profile() {
    let sso = Sso::start(Algorithm::ES256).await;
    let profile = sso.identify().await.unwrap();
    assert_eq!((profile.subject.as_str(), profile.union_id), ("248289761001", None));
    assert_eq!(profile.nickname.as_deref(), Some("Ada"));
    assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
    assert_eq!(profile.tokens.refresh.unwrap().expose_secret(), "r");
    assert_eq!(profile.tokens.expires_in, Some(Duration::from_secs(3600)));
    let request = sso.token_request();
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "the code"),
        ("code_verifier", "the verifier"),
        ("redirect_uri", "https://app.example/callback/corp"),
    ] {
        assert_eq!(request.value(name), Some(value));
    }
    assert_eq!((request.value("client_id"), request.value("client_secret")), (None, None));
    assert_eq!(
        header(&request, "authorization"),
        Some(format!("Basic {}", STANDARD.encode("menjin:a+secret")).as_str())
    );
}

#[tokio::test]
async fn the_gateway_authenticates_by_a_supported_method() {
    let sso = Sso::start(Algorithm::ES256).await;
    sso.publish("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
    sso.identify().await.unwrap();
    let request = sso.token_request();
    assert_eq!(
        (request.value("client_id"), request.value("client_secret")),
        (Some("menjin"), Some("a secret"))
    );
    assert_eq!(header(&request, "authorization"), None);

    let public =
        Sso::with(Key::new(Algorithm::ES256, "first"), |settings| settings.secret = OidcSecret::None);
    let public = public.await;
    public.identify().await.unwrap();
    let request = public.token_request();
    assert_eq!((request.value("client_id"), header(&request, "authorization")), (Some("menjin"), None));
    assert_eq!(request.value("client_secret"), None);
}

#[tokio::test]
async fn the_client_secret_for_apple_is_a_verifiable_jwt() {
    let pem = private_key(Algorithm::ES256);
    let private_key = SecretString::from(pem.replace('\n', "\\n"));
    let apple = Sso::with(Key::new(Algorithm::RS256, "first"), |settings| {
        settings.secret =
            OidcSecret::Apple { team_id: "TEAM567890".into(), key_id: "KEY4567890".into(), private_key };
    })
    .await;
    apple.identify().await.unwrap();
    let secret = apple.token_request().value("client_secret").unwrap().to_owned();
    let header = jsonwebtoken::decode_header(&secret).unwrap();
    assert_eq!((header.alg, header.kid.as_deref()), (Algorithm::ES256, Some("KEY4567890")));
    let key = jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
    let key = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let claims = jsonwebtoken::decode::<Value>(&secret, &DecodingKey::from_jwk(&key).unwrap(), &validation);
    let now = apple.clock.now().timestamp();
    let expected = json!({
        "iss": "TEAM567890", "iat": now, "exp": now + 300, "aud": apple.server.url, "sub": "menjin",
    });
    assert_eq!(claims.unwrap().claims, expected);
}

#[tokio::test]
async fn only_the_name_is_taken_from_apples_form() {
    let sso = Sso::start(Algorithm::RS256).await;
    let mut claims = sso.claims();
    claims.as_object_mut().unwrap().remove("name");
    claims["email_verified"] = json!("false");
    sso.issue(&claims);
    let user = r#"{"name":{"firstName":"Eve","lastName":"M"},"email":"eve@example.com"}"#;
    let profile = sso.identify_with(Some(user)).await.unwrap();
    assert_eq!((profile.nickname.as_deref(), profile.email), (Some("Eve M"), None));
    sso.issue(&sso.claims());
    assert_eq!(sso.identify_with(Some(user)).await.unwrap().nickname.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn missing_claims_are_fetched_from_the_userinfo_endpoint() {
    let sso = Sso::start(Algorithm::ES256).await;
    sso.publish("userinfo_endpoint", json!(sso.at("/me")));
    let mut claims = sso.claims();
    claims["email_verified"] = json!(false);
    sso.issue(&claims);
    let picture = "https://a.example/p.png";
    let mut user_info =
        json!({ "sub": "248289761001", "name": "Other", "picture": picture, "email": "b@example.com" });
    sso.server.always("/me", Reply::ok(&user_info.to_string()));
    let profile = sso.identify().await.unwrap();
    assert_eq!((profile.nickname.as_deref(), profile.avatar_url.as_deref()), (Some("Ada"), Some(picture)));
    assert_eq!(profile.email, None, "the address is not verified");
    let request = sso.server.requests_to("/me").remove(0);
    assert_eq!(header(&request, "authorization"), Some("Bearer the access token"));
    user_info["email_verified"] = json!(true);
    sso.server.always("/me", Reply::ok(&user_info.to_string()));
    assert_eq!(sso.identify().await.unwrap().email.as_deref(), Some("b@example.com"));

    for (status, body) in [(200, "{"), (200, "eyJhbGciOiJub25lIn0.e30."), (401, "{}"), (500, "")] {
        sso.server.always("/me", Reply::status(status, body));
        assert_eq!(sso.identify().await.unwrap().nickname.as_deref(), Some("Ada"), "{status} {body}");
    }
    for other in [json!("248289761002"), Value::Null, json!(248_289_761_001_u64)] {
        user_info["sub"] = other;
        sso.server.always("/me", Reply::ok(&user_info.to_string()));
        assert!(Sso::error(sso.identify().await).contains("another user"));
    }
}

#[tokio::test]
async fn a_complete_id_token_needs_no_userinfo_request() {
    let sso = Sso::start(Algorithm::ES256).await;
    sso.publish("userinfo_endpoint", json!(sso.at("/me")));
    let mut claims = sso.claims();
    claims["picture"] = json!("https://a.example/p.png");
    sso.issue(&claims);
    sso.identify().await.unwrap();
    assert!(sso.server.requests_to("/me").is_empty());
}

#[tokio::test]
async fn discovery_is_checked_and_cached_for_an_hour() {
    let sso = Sso::start(Algorithm::ES256).await;
    sso.publish("issuer", json!("https://sso.example"));
    assert!(matches!(sso.authorize().await, Err(ProviderError::Misconfigured { code }) if code == "issuer"));
    for (status, body) in [(404, sso.document().to_string()), (200, sso.document().to_string()[..50].into())]
    {
        sso.server.always(DISCOVERY, Reply::status(status, &body));
        assert!(matches!(sso.authorize().await, Err(ProviderError::Unavailable(_))), "{status}");
    }
    sso.publish("issuer", json!(sso.server.url));
    let before = sso.server.requests_to(DISCOVERY).len();
    let results = futures_util::future::join_all((0..20).map(|_| sso.authorize())).await;
    assert!(results.iter().all(Result::is_ok));
    sso.clock.advance(TimeDelta::minutes(59));
    sso.authorize().await.unwrap();
    assert_eq!(sso.server.requests_to(DISCOVERY).len() - before, 1);
    sso.clock.advance(TimeDelta::minutes(1));
    sso.authorize().await.unwrap();
    assert_eq!(sso.server.requests_to(DISCOVERY).len() - before, 2);
}

#[tokio::test]
async fn incomplete_responses_and_timeouts_differ_from_rejections() {
    for path in [DISCOVERY, "/jwks", "/token"] {
        for body in ["", "{", "null", "<html>"] {
            let sso = Sso::start(Algorithm::ES256).await;
            sso.server.always(path, Reply::ok(body));
            assert!(matches!(sso.identify().await, Err(ProviderError::Unavailable(_))), "{path} {body}");
        }
        let sso = Sso::start_impatient().await;
        sso.server.always(path, Reply::silence());
        let error = Sso::error(sso.identify().await);
        assert!(error.contains("no response in time"), "{path}: {error}");
        let sso = Sso::start(Algorithm::ES256).await;
        sso.server.always(path, Reply::cut("{}"));
        assert!(matches!(sso.identify().await, Err(ProviderError::Unavailable(_))), "{path} cut");
    }
    let sso = Sso::start(Algorithm::ES256).await;
    sso.server.always("/token", Reply::status(400, r#"{"error":"invalid_grant"}"#));
    assert!(
        matches!(sso.identify().await, Err(ProviderError::Rejected { code: Some(code) }) if code == "invalid_grant")
    );
}
