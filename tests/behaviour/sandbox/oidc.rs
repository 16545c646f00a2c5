//! The OpenID Connect provider of the sandbox.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use menjin::core::secret::sha256;
use reqwest::Method;
use rstest_reuse::apply;
use serde_json::Value;

use super::{CLIENT, SECRET, at, get, page, with};
use crate::support::provider::{Consent, consent, refuse, request};
use crate::support::{Backend, World, both_backends};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Returns the authorization URL with changed parameters; an empty value removes a parameter.
fn authorize_url(world: &World, changes: &[(&str, &str)]) -> String {
    let page = page(world, "oidc");
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &page),
        ("scope", "openid email profile"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    parameters.retain(|(name, _)| changes.iter().all(|(other, _)| name != other));
    parameters.extend(changes);
    with(&at(world, "/sandbox/oidc/authorize"), &parameters)
}

async fn signed(world: &World, person: &str, failure: Option<&str>) -> Consent {
    consent(&authorize_url(world, &[]), person, failure).await
}

/// Sends a token request with changed parameters, and returns status and body.
async fn token(world: &World, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
    let page = page(world, "oidc");
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("code", code),
        ("redirect_uri", &page),
        ("code_verifier", VERIFIER),
    ];
    form.retain(|(name, _)| changes.iter().all(|(other, _)| name != other));
    form.extend(changes);
    let mut sent = request(Method::POST, &at(world, "/sandbox/oidc/token"));
    if changes.contains(&("client_secret", "")) {
        sent = sent.basic_auth(CLIENT, Some(SECRET));
    }
    let response = sent.form(&form).send().await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn userinfo(world: &World, access: &str) -> (u16, Value) {
    let sent = request(Method::GET, &at(world, "/sandbox/oidc/userinfo")).bearer_auth(access);
    let response = sent.send().await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// Verifies a token with the published key, and returns its claims.
async fn claims(world: &World, id_token: &str) -> Option<Value> {
    let (_, _, body) = get(&at(world, "/sandbox/oidc/jwks"), &[]).await;
    let set: JwkSet = serde_json::from_str(&body).expect("a set of keys");
    let header = decode_header(id_token).ok()?;
    let key = DecodingKey::from_jwk(set.find(&header.kid?)?).expect("a key");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&[CLIENT]);
    validation.set_issuer(&[at(world, "/sandbox/oidc")]);
    decode(id_token, &key, &validation).ok().map(|token| token.claims)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[apply(both_backends)]
async fn a_sign_in_follows_the_specification(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (status, _, body) = get(&at(&world, "/sandbox/oidc/.well-known/openid-configuration"), &[]).await;
    let document: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, text(&document, "issuer")), (200, at(&world, "/sandbox/oidc").as_str()));
    assert_eq!(text(&document, "token_endpoint"), at(&world, "/sandbox/oidc/token"));

    let callback = signed(&world, "han", None).await;
    assert_eq!(callback.state.as_deref(), Some("the-state"));
    let (status, tokens) = token(&world, &callback.code.expect("a code"), &[]).await;
    assert_eq!((status, text(&tokens, "token_type")), (200, "Bearer"), "{tokens}");
    let access = text(&tokens, "access_token");
    let claims = claims(&world, text(&tokens, "id_token")).await.expect("a part");
    assert_eq!((text(&claims, "nonce"), text(&claims, "email")), ("the-nonce", "han@sandbox.example"));
    assert_eq!(claims["email_verified"], true);
    assert_eq!(text(&claims, "at_hash"), URL_SAFE_NO_PAD.encode(&sha256(access.as_bytes())[..16]));
    assert_eq!(claims["exp"], world.now().timestamp() + 3_600);
    let (status, info) = userinfo(&world, access).await;
    assert_eq!((status, &info["sub"], text(&info, "name")), (200, &claims["sub"], "韩梅梅"));
    world.advance(3_600);
    assert_eq!(userinfo(&world, access).await.0, 401);
}

#[apply(both_backends)]
async fn client_authentication_and_pkce_are_required(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = || async { signed(&world, "li", None).await.code.expect("a code") };
    assert_eq!(token(&world, &code().await, &[("client_secret", "")]).await.0, 200);
    let (status, body) = token(&world, &code().await, &[("client_secret", "wrong")]).await;
    assert_eq!((status, text(&body, "error")), (401, "invalid_client"));
    for changes in
        [("code_verifier", CHALLENGE), ("code_verifier", ""), ("redirect_uri", "http://127.0.0.1/")]
    {
        let (status, body) = token(&world, &code().await, &[changes]).await;
        assert_eq!((status, text(&body, "error")), (400, "invalid_grant"), "{changes:?}");
    }
    let used = code().await;
    assert_eq!(token(&world, &used, &[]).await.0, 200);
    assert_eq!(text(&token(&world, &used, &[]).await.1, "error"), "invalid_grant");
    let old = code().await;
    world.advance(600);
    assert_eq!(text(&token(&world, &old, &[]).await.1, "error"), "invalid_grant");
    for (changes, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "email"), "invalid_scope"),
        (("response_type", "token"), "unsupported_response_type"),
    ] {
        let response =
            request(Method::GET, &authorize_url(&world, &[changes])).send().await.expect("a response");
        let location = response.headers()["location"].to_str().expect("a text").to_owned();
        assert!(
            location.contains(&format!("?error={error}&")) && location.ends_with("&state=the-state"),
            "{location}"
        );
    }
    for changes in [("redirect_uri", "https://evil.example/"), ("client_id", "1")] {
        let response =
            request(Method::GET, &authorize_url(&world, &[changes])).send().await.expect("a response");
        assert!(response.status() == 400 && response.headers().get("location").is_none(), "{changes:?}");
    }
    assert_eq!(refuse(&authorize_url(&world, &[]), "li").await.field("error"), Some("access_denied"));
}

#[apply(both_backends)]
async fn the_response_can_be_a_form_post(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let url = authorize_url(&world, &[("response_mode", "form_post"), ("scope", "openid name")]);
    let callback = consent(&url, "smile", None).await;
    assert_eq!(
        (callback.url.as_str(), callback.state.as_deref()),
        (page(&world, "oidc").as_str(), Some("the-state"))
    );
    let user: Value = serde_json::from_str(callback.field("user").expect("a part")).expect("JSON");
    assert!(user["name"]["firstName"].as_str().expect("a text").contains("<b>"), "{user}");
    assert!(!callback.page.contains("<b>"));
    assert_eq!(token(&world, &callback.code.expect("a code"), &[]).await.0, 200);
}

#[apply(both_backends)]
async fn an_id_token_has_the_chosen_defect(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (failure, is_signed) in [
        ("wrong_nonce", true),
        ("token_expired", true),
        ("wrong_hash", true),
        ("wrong_audience", false),
        ("wrong_issuer", false),
        ("unknown_key", false),
        ("wrong_signature", false),
        ("unsigned", false),
        ("hmac", false),
    ] {
        let code = signed(&world, "lucy", Some(failure)).await.code.expect("a code");
        let (_, tokens) = token(&world, &code, &[]).await;
        let claims = claims(&world, text(&tokens, "id_token")).await;
        assert_eq!(claims.is_some(), is_signed, "{failure}");
        let Some(claims) = claims else { continue };
        let fits = text(&claims, "nonce") == "the-nonce"
            && claims["exp"].as_i64().expect("a number") > world.now().timestamp()
            && text(&claims, "at_hash")
                == URL_SAFE_NO_PAD.encode(&sha256(text(&tokens, "access_token").as_bytes())[..16]);
        assert!(!fits, "{failure}");
    }
    let code = signed(&world, "lucy", Some("other_subject")).await.code.expect("a code");
    let (_, tokens) = token(&world, &code, &[]).await;
    assert_eq!(userinfo(&world, text(&tokens, "access_token")).await.1["sub"], "somebody-else");
    let code = signed(&world, "han", Some("unverified_email")).await.code.expect("a code");
    let (_, tokens) = token(&world, &code, &[]).await;
    assert_eq!(claims(&world, text(&tokens, "id_token")).await.expect("a part")["email_verified"], false);
}
