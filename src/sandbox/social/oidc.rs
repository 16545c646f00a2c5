//! An `OpenID` Connect provider that requires PKCE.
//!
//! Sources: `OpenID` Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 6750, RFC 7636, OAuth 2.0 Form Post Response
//! Mode.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{JSON, answer, disturbed};
use super::consent;
use super::fault::{BAD_GATEWAY, BROKEN, CLOSED, Choice, Fault, HALF, NOTHING, REFUSED, SLOW, choice};
use super::id_token::{Keys, SECONDS, email, object, subject};
use super::params::{Params, encoded, joined, state};
use super::people::{Person, Picture};
use super::state::{Grant, Provider, Question, Redeemed, Shared};
use crate::config::social::{SANDBOX_ID, SANDBOX_SECRET};
use crate::core::secret::sha256;

const CHOICES: &[Choice] = &[
    NOTHING,
    REFUSED,
    CLOSED,
    choice(
        Fault::AUTHORIZE,
        "The provider returns temporarily_unavailable",
        "身份提供商返回 temporarily_unavailable",
    ),
    choice(Fault::CODE_EXPIRED, "The code has expired (invalid_grant)", "授权码已过期（invalid_grant）"),
    choice(Fault::CODE_USED, "The code was already used (invalid_grant)", "授权码已被使用（invalid_grant）"),
    choice(
        Fault::WRONG_SECRET,
        "The client secret is wrong (invalid_client)",
        "客户端密钥错误（invalid_client）",
    ),
    choice(Fault::WRONG_NONCE, "ID token: wrong nonce", "ID token：nonce 不符"),
    choice(Fault::WRONG_AUDIENCE, "ID token: for another client (aud)", "ID token：aud 不符"),
    choice(Fault::WRONG_ISSUER, "ID token: wrong issuer", "ID token：iss 不符"),
    choice(Fault::TOKEN_EXPIRED, "ID token: expired", "ID token：已过期"),
    choice(Fault::UNKNOWN_KEY, "ID token: signed with an unpublished key", "ID token：kid 未发布"),
    choice(Fault::WRONG_SIGNATURE, "ID token: invalid signature", "ID token：签名不符"),
    choice(Fault::UNSIGNED, "ID token: not signed (alg none)", "ID token：未签名（alg none）"),
    choice(
        Fault::HMAC,
        "ID token: signed with the client's secret (HS256)",
        "ID token：使用客户端密钥签名（HS256）",
    ),
    choice(Fault::WRONG_HASH, "ID token: wrong at_hash", "ID token：at_hash 不符"),
    choice(Fault::OTHER_SUBJECT, "Userinfo has another subject", "userinfo 的 sub 不符"),
    choice(Fault::PROFILE_REFUSED, "Userinfo refuses the token (401)", "userinfo 拒绝令牌（401）"),
    choice(Fault::UNVERIFIED_EMAIL, "The e-mail address is not verified", "邮箱未验证"),
    choice(Fault::NO_EMAIL, "There is no e-mail address", "没有邮箱"),
    choice(Fault::STRINGS, "Numbers and booleans are strings", "数字和布尔值以字符串返回"),
    BROKEN,
    HALF,
    SLOW,
    BAD_GATEWAY,
];

/// An error code of RFC 6749 and its description.
type Error = (&'static str, &'static str);

const CLIENT: Error = ("invalid_client", "the client or its secret is wrong");
const CODE: Error = ("invalid_grant", "the code is unknown, too old or was used");

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/oidc/.well-known/openid-configuration", get(discovery))
        .route("/sandbox/oidc/jwks", get(jwks))
        .route("/sandbox/oidc/authorize", get(authorize))
        .route("/sandbox/oidc/token", post(token))
        .route("/sandbox/oidc/userinfo", get(userinfo).post(userinfo))
        .layer(Extension(Arc::new(Keys::generate())))
}

fn issuer(shared: &Shared) -> String {
    format!("{}/sandbox/oidc", shared.public_url.as_str())
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Response {
    let issuer = issuer(&shared);
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "email",
            "email_verified", "name", "picture", "preferred_username"],
        "code_challenge_methods_supported": ["S256"],
    });
    answer(StatusCode::OK, JSON, document.to_string())
}

async fn jwks(Extension(keys): Extension<Arc<Keys>>) -> Response {
    answer(StatusCode::OK, JSON, keys.set().to_string())
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    let redirect_uri = params.text("redirect_uri");
    if params.get("client_id") != Some(SANDBOX_ID) {
        return consent::refuse(&shared, &headers, "invalid_client: the client is not known");
    }
    if !shared.may_return_to(redirect_uri) {
        return consent::refuse(&shared, &headers, "invalid_request: the redirect_uri is not registered");
    }
    let state = state(&params);
    let form_post = params.get("response_mode") == Some("form_post");
    let sent = |(error, words): Error| {
        joined(&[&format!("error={error}"), &format!("error_description={}", encoded(words)), &state])
    };
    if let Some(error) = unfit(&params) {
        return consent::send(&shared, &headers, redirect_uri, form_post, &sent(error));
    }
    let named = params.text("scope").split(' ').any(|scope| scope == "name");
    let question = Question {
        provider: Provider::Oidc,
        client_id: SANDBOX_ID.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: params.text("scope").to_owned(),
        challenge: params.get("code_challenge").map(ToOwned::to_owned),
        nonce: params.get("nonce").map(ToOwned::to_owned),
        form_post,
        choices: CHOICES,
        code: |random| random.token(),
        refusal: Some(sent(("access_denied", "the person refused"))),
        trouble: sent(("temporarily_unavailable", "try again later")),
        beside: state.clone(),
        introduction: (form_post && named).then_some(introduce as fn(&Person) -> String),
    };
    consent::ask(&shared, &headers, question)
}

/// Returns the error of a request whose client and redirect URI are valid.
fn unfit(params: &Params) -> Option<Error> {
    let challenge = params.text("code_challenge");
    if params.get("response_type") != Some("code") {
        return Some(("unsupported_response_type", "only code"));
    }
    if !params.text("scope").split(' ').any(|scope| scope == "openid") {
        return Some(("invalid_scope", "openid is missing"));
    }
    if params.get("code_challenge_method") != Some("S256") || challenge.len() != 43 {
        return Some(("invalid_request", "PKCE with S256 is required"));
    }
    if !["", "query", "form_post"].contains(&params.text("response_mode")) {
        return Some(("invalid_request", "response_mode is query or form_post"));
    }
    (params.get("prompt") == Some("none")).then_some(("login_required", "nobody is signed in here"))
}

/// Returns the form field `user` with the name, as Apple sends it.
fn introduce(person: &Person) -> String {
    let email = person.email.map(|(email, _)| email);
    let user = json!({ "name": { "firstName": person.nickname, "lastName": "" }, "email": email });
    format!("user={}", encoded(&user.to_string()))
}

async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(keys): Extension<Arc<Keys>>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let mut grant = match granted(&shared, &headers, &params) {
        Ok(grant) => grant,
        Err(error) => return failed(error),
    };
    if params.get("grant_type") == Some("refresh_token") {
        grant.nonce = None;
    }
    let access = shared.random.token();
    let id_token = keys.id_token(&grant, &issuer(&shared), &access, shared.clock.now());
    let offline = grant.scope.split(' ').any(|scope| scope == "offline_access");
    let refresh = offline.then(|| shared.random.token());
    let expires_in = match grant.fault {
        Fault::STRINGS => Value::from(SECONDS.to_string()),
        _ => Value::from(SECONDS),
    };
    let mut body = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "id_token": id_token,
        "scope": grant.scope,
    });
    if let Some(refresh) = &refresh {
        body["refresh_token"] = refresh.as_str().into();
    }
    let fault = grant.fault;
    shared.issue_tokens(grant, &access, refresh.as_deref(), SECONDS);
    let here = [Fault::SLOW, Fault::BROKEN, Fault::BAD_GATEWAY];
    disturbed(shared.slow, fault, &here, JSON, body.to_string()).await
}

fn granted(shared: &Shared, headers: &HeaderMap, params: &Params) -> Result<Grant, Error> {
    let client = client(headers, params)?;
    match params.get("grant_type") {
        Some("authorization_code") => {
            let Redeemed::Fresh(grant) = shared.redeem(Provider::Oidc, &client, params.text("code")) else {
                return Err(CODE);
            };
            if grant.redirect_uri != params.text("redirect_uri") {
                return Err(("invalid_grant", "the redirect_uri is another one"));
            }
            if grant.challenge != Some(challenge(params.text("code_verifier"))) {
                return Err(("invalid_grant", "the code_verifier does not fit"));
            }
            if grant.fault == Fault::WRONG_SECRET { Err(CLIENT) } else { Ok(*grant) }
        }
        Some("refresh_token") => {
            let token = shared.refresh_tokens.take(params.text("refresh_token"));
            let token = token.filter(|token| token.grant.provider == Provider::Oidc);
            token
                .map(|token| token.grant)
                .ok_or(("invalid_grant", "the refresh token is unknown or was used"))
        }
        _ => Err(("unsupported_grant_type", "authorization_code or refresh_token")),
    }
}

/// Returns the S256 challenge of RFC 7636.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

/// Authenticates the client, which must use exactly one method (RFC 6749, section 2.3).
fn client(headers: &HeaderMap, params: &Params) -> Result<String, Error> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let posted = params.get("client_secret");
    let (id, secret) = match (header, posted) {
        (Some(_), Some(_)) => return Err(("invalid_request", "the client proves itself twice")),
        (None, None) => return Err(CLIENT),
        (None, Some(secret)) => (params.text("client_id").to_owned(), secret.to_owned()),
        (Some(header), None) => basic(header).ok_or(CLIENT)?,
    };
    if id == SANDBOX_ID && secret == SANDBOX_SECRET { Ok(id) } else { Err(CLIENT) }
}

/// Parses HTTP Basic credentials, whose halves are form-encoded before they are joined.
fn basic(header: &str) -> Option<(String, String)> {
    let text = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let mut pairs = form_urlencoded::parse(text.as_bytes());
        pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    Some((plain(id), plain(secret)))
}

fn failed((error, words): Error) -> Response {
    let is_client = error == "invalid_client";
    let status = if is_client { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let body = json!({ "error": error, "error_description": words });
    let mut response = answer(status, JSON, body.to_string());
    if is_client {
        let challenge = HeaderValue::from_static("Basic realm=\"sandbox\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let access = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    let token = shared.token(Provider::Oidc, access).filter(|token| !shared.is_expired(token));
    let Some(token) = token.filter(|token| token.grant.fault != Fault::PROFILE_REFUSED) else {
        let mut response =
            answer(StatusCode::UNAUTHORIZED, JSON, json!({ "error": "invalid_token" }).to_string());
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        return response;
    };
    let grant = &token.grant;
    let sub = if grant.fault == Fault::OTHER_SUBJECT { "somebody-else".to_owned() } else { subject(grant) };
    let mut claims = object(json!({ "sub": sub }));
    claims.extend(email(grant));
    if grant.scope.split(' ').any(|scope| scope == "profile") {
        claims.insert("name".into(), grant.person.nickname.into());
        claims.insert("preferred_username".into(), grant.person.login.into());
        if grant.person.picture != Picture::None {
            claims.insert("picture".into(), grant.person.picture_at(&shared.public_url, 100).into());
        }
    }
    disturbed(shared.slow, grant.fault, &[Fault::HALF], JSON, Value::from(claims).to_string()).await
}
