//! GitHub's OAuth apps: responses are URL-encoded or JSON, token errors have status 200, API errors 401.
//!
//! Source: the reference of providers, section 4.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{FORM, JSON, answer, disturbed};
use super::consent;
use super::fault::{BAD_GATEWAY, BROKEN, CLOSED, Choice, Fault, HALF, NOTHING, REFUSED, SLOW, choice};
use super::oidc::challenge;
use super::params::{Params, encoded, joined, state};
use super::people::Picture;
use super::state::{Grant, Provider, Question, Redeemed, Shared, Token, letters, lower_hex};
use crate::config::social::{SANDBOX_ID, SANDBOX_SECRET};

const CHOICES: &[Choice] = &[
    NOTHING,
    REFUSED,
    CLOSED,
    choice(Fault::AUTHORIZE, "GitHub returns application_suspended", "GitHub 返回 application_suspended"),
    choice(
        Fault::CODE_EXPIRED,
        "The code is invalid or has expired (bad_verification_code)",
        "授权码错误或过期（bad_verification_code）",
    ),
    choice(
        Fault::CODE_USED,
        "The code was already used (bad_verification_code)",
        "授权码已被使用（bad_verification_code）",
    ),
    choice(
        Fault::WRONG_SECRET,
        "The client secret is wrong (incorrect_client_credentials)",
        "客户端密钥错误（incorrect_client_credentials）",
    ),
    choice(
        Fault::UNVERIFIED_EMAIL,
        "The primary e-mail address is not verified (unverified_user_email)",
        "主邮箱未验证（unverified_user_email）",
    ),
    choice(Fault::FEWER_SCOPES, "The user did not grant access to e-mail addresses", "用户未授权读取邮箱"),
    choice(Fault::NO_EMAIL, "There are no e-mail addresses", "没有邮箱"),
    choice(Fault::CHECK_FAILED, "The API refuses the token (401)", "接口拒绝令牌（401）"),
    BROKEN,
    HALF,
    SLOW,
    BAD_GATEWAY,
];

const DOCS: &str =
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";
/// OAuth apps get tokens that do not expire.
const FOREVER: i64 = 100 * 365 * 86_400;

/// An error code and its description.
type Error = (&'static str, &'static str);

const CREDENTIALS: Error =
    ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
const CODE: Error = ("bad_verification_code", "The code passed is incorrect or expired.");
const REDIRECT_URI: Error = (
    "redirect_uri_mismatch",
    "The redirect_uri MUST match the registered callback URL for this application.",
);
const EMAIL: Error = ("unverified_user_email", "The user must have a verified primary email.");

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/github/login/oauth/authorize", get(authorize))
        .route("/sandbox/github/login/oauth/access_token", post(token))
        .route("/sandbox/github/user", get(user))
        .route("/sandbox/github/user/emails", get(emails))
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    if params.get("client_id") != Some(SANDBOX_ID) {
        return consent::refuse(&shared, &headers, "404 Not Found: the client_id is not known");
    }
    let redirect_uri = params.text("redirect_uri");
    if !shared.may_return_to(redirect_uri) {
        return consent::refuse(&shared, &headers, &format!("{}: {}", REDIRECT_URI.0, REDIRECT_URI.1));
    }
    let challenge = params.get("code_challenge");
    if challenge.is_some_and(|text| text.len() != 43 || params.get("code_challenge_method") != Some("S256")) {
        return consent::refuse(&shared, &headers, "invalid_request: code_challenge_method must be S256");
    }
    let state = state(&params);
    let sent = |error: &str, words: &str, part: &str| {
        let uri = format!("/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#{part}");
        let pairs = [("error", error), ("error_description", words), ("error_uri", &uri)];
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encoded(value)));
        joined(&[&pairs.join("&"), &state])
    };
    let question = Question {
        provider: Provider::Github,
        client_id: SANDBOX_ID.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: params.text("scope").to_owned(),
        challenge: challenge.map(ToOwned::to_owned),
        nonce: None,
        form_post: false,
        choices: CHOICES,
        code: |random| lower_hex(random, 20),
        refusal: Some(sent("access_denied", "The user has denied your application access.", "access-denied")),
        trouble: sent(
            "application_suspended",
            "Your application has been suspended. Contact support@github.com.",
            "application-suspended",
        ),
        beside: state.clone(),
        introduction: None,
    };
    consent::ask(&shared, &headers, question)
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let json = accept.contains("application/json");
    let mut grant = match granted(&shared, &params) {
        Ok(grant) => grant,
        Err((error, words)) => {
            let uri = format!("{DOCS}#{}", error.replace('_', "-"));
            let pairs = [("error", error), ("error_description", words), ("error_uri", &uri)];
            return answer(StatusCode::OK, if json { JSON } else { FORM }, written(json, &pairs));
        }
    };
    if grant.fault == Fault::FEWER_SCOPES {
        grant.scope = grant.scope.replace("user:email", "");
    }
    // The request separates scopes by blanks, the response by commas.
    let scope = grant.scope.split([' ', ',']).filter(|scope| !scope.is_empty()).collect::<Vec<_>>().join(",");
    let access = format!("gho_{}", letters(&shared.random, 36));
    let body = written(json, &[("access_token", &access), ("scope", &scope), ("token_type", "bearer")]);
    let fault = grant.fault;
    shared.issue_tokens(grant, &access, None, FOREVER);
    let here = [Fault::SLOW, Fault::BROKEN, Fault::BAD_GATEWAY];
    disturbed(shared.slow, fault, &here, if json { JSON } else { FORM }, body).await
}

fn granted(shared: &Shared, params: &Params) -> Result<Grant, Error> {
    let (client, secret) = (params.text("client_id"), params.text("client_secret"));
    if client != SANDBOX_ID || secret != SANDBOX_SECRET {
        return Err(CREDENTIALS);
    }
    let Redeemed::Fresh(grant) = shared.redeem(Provider::Github, client, params.text("code")) else {
        return Err(CODE);
    };
    if params.get("redirect_uri").is_some_and(|uri| uri != grant.redirect_uri) {
        return Err(REDIRECT_URI);
    }
    if grant.challenge.is_some() && grant.challenge != Some(challenge(params.text("code_verifier"))) {
        return Err(CODE);
    }
    match grant.fault {
        Fault::WRONG_SECRET => Err(CREDENTIALS),
        Fault::UNVERIFIED_EMAIL => Err(EMAIL),
        _ => Ok(*grant),
    }
}

/// Writes texts as JSON or URL-encoded, in their order.
fn written(json: bool, pairs: &[(&str, &str)]) -> String {
    if json {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| format!("\"{name}\":{}", Value::from(*value))).collect();
        format!("{{{}}}", pairs.join(","))
    } else {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

async fn user(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let token = match admitted(&shared, &headers) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let person = token.grant.person;
    let picture = match person.picture {
        Picture::None => String::new(),
        Picture::Every | Picture::Small => person.picture_at(&shared.public_url, 100),
    };
    let body = json!({
        "login": person.login,
        "id": 1_000 + person.number,
        "node_id": format!("U_{}", person.login),
        "avatar_url": picture,
        "html_url": format!("https://github.com/{}", person.login),
        "type": "User",
        "site_admin": false,
        // Some users have no name besides the login.
        "name": (person.key != "wang").then_some(person.nickname),
        "company": null,
        "email": null,
        "created_at": "2015-06-01T08:00:00Z",
    });
    disturbed(shared.slow, token.grant.fault, &[Fault::HALF], JSON, body.to_string()).await
}

async fn emails(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let token = match admitted(&shared, &headers) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let (grant, person) = (&token.grant, token.grant.person);
    if !grant.scope.split([' ', ',']).any(|scope| ["user", "user:email"].contains(&scope)) {
        return refused(StatusCode::NOT_FOUND, "Not Found");
    }
    let own = person.email.filter(|_| grant.fault != Fault::NO_EMAIL);
    let body: Vec<Value> = own
        .into_iter()
        .flat_map(|(email, verified)| {
            let hidden = format!("{}+{}@users.noreply.github.com", 1_000 + person.number, person.login);
            [
                json!({ "email": email, "primary": true, "verified": verified, "visibility": "private" }),
                json!({ "email": hidden, "primary": false, "verified": true, "visibility": null }),
            ]
        })
        .collect();
    answer(StatusCode::OK, JSON, Value::from(body).to_string())
}

/// Returns the token if the API accepts it.
fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<Token, Box<Response>> {
    if !headers.contains_key(USER_AGENT) {
        let words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
        return Err(Box::new(answer(StatusCode::FORBIDDEN, "text/html", words.to_owned())));
    }
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let access = header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("token "));
    let token = access.and_then(|access| shared.token(Provider::Github, access));
    let token = token.filter(|token| token.grant.fault != Fault::CHECK_FAILED);
    token.ok_or_else(|| Box::new(refused(StatusCode::UNAUTHORIZED, "Bad credentials")))
}

fn refused(status: StatusCode, message: &str) -> Response {
    let body = format!(
        "{{\"message\":\"{message}\",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"{}\"}}",
        status.as_u16()
    );
    answer(status, JSON, body)
}
