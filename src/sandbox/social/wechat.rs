//! WeChat for web sites: `appid` and `secret`, GET throughout, `errcode` with 200.
//!
//! Source: the reference of providers, section 3.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;

use super::answer::{TEXT, answer, disturbed};
use super::consent;
use super::fault::{BAD_GATEWAY, BROKEN, CLOSED, Choice, Fault, HALF, NOTHING, REFUSED, SLOW, choice};
use super::params::{Params, state};
use super::people::{Person, Picture};
use super::state::{Grant, Provider, Question, Redeemed, Shared, Token, letters, lower_hex};
use crate::config::social::{SANDBOX_ID, SANDBOX_SECRET};

const CHOICES: &[Choice] = &[
    NOTHING,
    REFUSED,
    CLOSED,
    choice(Fault::CODE_EXPIRED, "The code is invalid or has expired (40029)", "code 无效或过期（40029）"),
    choice(Fault::CODE_USED, "The code was already used (40163)", "code 已被使用（40163）"),
    choice(Fault::WRONG_SECRET, "The app secret is wrong (40125)", "appsecret 错误（40125）"),
    choice(Fault::BUSY, "WeChat is busy (-1)", "系统繁忙（-1）"),
    choice(Fault::NO_UNIONID, "There is no unionid", "没有 unionid"),
    choice(
        Fault::CHECK_FAILED,
        "The profile endpoint refuses the token (40001)",
        "获取资料时令牌被拒（40001）",
    ),
    choice(
        Fault::PROFILE_REFUSED,
        "No permission to read the profile (48001)",
        "没有读取资料的权限（48001）",
    ),
    choice(Fault::STRINGS, "Numbers are strings", "数字以字符串返回"),
    BROKEN,
    HALF,
    SLOW,
    BAD_GATEWAY,
];

/// Access tokens are valid for two hours, refresh tokens for thirty days.
const TOKEN_SECONDS: i64 = 7_200;
const REFRESH_LIFE: TimeDelta = TimeDelta::days(30);

/// An error code and its text.
type Error = (i32, &'static str);

const BUSY: Error = (-1, "system error");
const CREDENTIAL: Error = (40_001, "invalid credential, access_token is invalid or not latest");
const GRANT_TYPE: Error = (40_002, "invalid grant_type");
const OPENID: Error = (40_003, "invalid openid");
const APPID: Error = (40_013, "invalid appid");
const CODE: Error = (40_029, "invalid code");
const REFRESH_TOKEN: Error = (40_030, "invalid refresh_token");
const SECRET: Error = (40_125, "invalid appsecret");
const USED: Error = (40_163, "code been used");
const NO_APPID: Error = (41_002, "appid missing");
const NO_SECRET: Error = (41_004, "appsecret missing");
const NO_CODE: Error = (41_008, "missing code");
const EXPIRED: Error = (42_001, "access_token expired");
const UNAUTHORIZED: Error = (48_001, "api unauthorized");

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/wechat/connect/qrconnect", get(authorize))
        .route("/sandbox/wechat/sns/oauth2/access_token", get(token))
        .route("/sandbox/wechat/sns/oauth2/refresh_token", get(refresh))
        .route("/sandbox/wechat/sns/auth", get(auth))
        .route("/sandbox/wechat/sns/userinfo", get(userinfo))
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    let redirect_uri = params.text("redirect_uri");
    let scopes = params.text("scope");
    let trouble = if params.get("appid") != Some(SANDBOX_ID) {
        Some("appid 参数错误 (40013)")
    } else if params.get("response_type") != Some("code") || !scopes.split(',').any(|s| s == "snsapi_login") {
        Some("Scope 参数错误或没有 Scope 权限 (10005)")
    } else if !shared.may_return_to(redirect_uri) {
        Some("redirect_uri 参数错误 (10003)")
    } else {
        None
    };
    if let Some(words) = trouble {
        return consent::refuse(&shared, &headers, words);
    }
    let state = state(&params);
    let question = Question {
        provider: Provider::Wechat,
        client_id: SANDBOX_ID.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: scopes.to_owned(),
        challenge: None,
        nonce: None,
        form_post: false,
        choices: CHOICES,
        code: |random| letters(random, 32),
        // Older pages of WeChat return with the state only, newer ones do not return.
        refusal: Some(state.clone()),
        trouble: state.clone(),
        beside: state,
        introduction: None,
    };
    consent::ask(&shared, &headers, question)
}

async fn token(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let grant = match redeemed(&shared, &params) {
        Ok(grant) => grant,
        Err(error) => return failed(&shared, error),
    };
    let (access, refresh) =
        (format!("77_{}", letters(&shared.random, 80)), format!("77_{}", letters(&shared.random, 80)));
    let (person, fault) = (grant.person, grant.fault);
    let mut body = tokens(&access, &refresh, person, fault);
    if fault != Fault::NO_UNIONID {
        body = format!("{},\"unionid\":\"{}\"}}", body.trim_end_matches('}'), union_id(person));
    }
    shared.issue_tokens(*grant, &access, Some(&refresh), TOKEN_SECONDS);
    let here = [Fault::SLOW, Fault::BROKEN, Fault::BAD_GATEWAY];
    disturbed(shared.slow, fault, &here, TEXT, body).await
}

fn redeemed(shared: &Shared, params: &Params) -> Result<Box<Grant>, Error> {
    let client = params.get("appid").ok_or(NO_APPID)?;
    let secret = params.get("secret").ok_or(NO_SECRET)?;
    let code = params.get("code").ok_or(NO_CODE)?;
    if client != SANDBOX_ID {
        return Err(APPID);
    }
    if secret != SANDBOX_SECRET {
        return Err(SECRET);
    }
    if params.get("grant_type") != Some("authorization_code") {
        return Err(GRANT_TYPE);
    }
    match shared.redeem(Provider::Wechat, client, code) {
        Redeemed::Invalid => Err(CODE),
        Redeemed::Used => Err(USED),
        Redeemed::Fresh(grant) if grant.fault == Fault::WRONG_SECRET => Err(SECRET),
        Redeemed::Fresh(grant) if grant.fault == Fault::BUSY => Err(BUSY),
        Redeemed::Fresh(grant) => Ok(grant),
    }
}

async fn refresh(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    if params.get("appid") != Some(SANDBOX_ID) {
        return failed(&shared, APPID);
    }
    if params.get("grant_type") != Some("refresh_token") {
        return failed(&shared, GRANT_TYPE);
    }
    let refresh = params.text("refresh_token");
    let now = shared.clock.now();
    let kept = shared.refresh_tokens.get(refresh).filter(|token| token.grant.provider == Provider::Wechat);
    let Some(kept) = kept.filter(|token| token.since + REFRESH_LIFE > now) else {
        return failed(&shared, REFRESH_TOKEN);
    };
    let expires_at = now + TimeDelta::seconds(TOKEN_SECONDS);
    // A valid token gets a longer lifetime, an expired one is replaced.
    let prolonged = shared.tokens.change(&kept.access, |token| {
        let good = token.expires_at > now;
        if good {
            token.expires_at = expires_at;
        }
        good
    });
    let mut access = kept.access.clone();
    if prolonged != Some(true) {
        access = format!("77_{}", letters(&shared.random, 80));
        shared.tokens.put(&access, Token { access: access.clone(), expires_at, ..kept.clone() });
        shared.refresh_tokens.change(refresh, |token| token.access.clone_from(&access));
    }
    let body = tokens(&access, refresh, kept.grant.person, kept.grant.fault);
    answer(StatusCode::OK, TEXT, body)
}

async fn auth(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    match admitted(&shared, &params) {
        Ok(_) => answer(StatusCode::OK, TEXT, "{\"errcode\":0,\"errmsg\":\"ok\"}".to_owned()),
        Err((code, words)) => {
            answer(StatusCode::OK, TEXT, format!("{{\"errcode\":{code},\"errmsg\":\"{words}\"}}"))
        }
    }
}

async fn userinfo(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let token = match admitted(&shared, &params) {
        Ok(token) => token,
        Err(error) => return failed(&shared, error),
    };
    let (person, fault) = (token.grant.person, token.grant.fault);
    match fault {
        Fault::CHECK_FAILED => return failed(&shared, CREDENTIAL),
        Fault::PROFILE_REFUSED => return failed(&shared, UNAUTHORIZED),
        _ => {}
    }
    let picture = match person.picture {
        Picture::None => String::new(),
        Picture::Every | Picture::Small => person.picture_at(&shared.public_url, 132).replace('/', "\\/"),
    };
    let sex = if fault == Fault::STRINGS { "\"0\"" } else { "0" };
    let union_id = match fault {
        Fault::NO_UNIONID => String::new(),
        _ => format!(",\"unionid\":\"{}\"", union_id(person)),
    };
    let body = format!(
        "{{\"openid\":\"{}\",\"nickname\":{},\"sex\":{sex},\"language\":\"\",\"city\":\"\",\"province\":\"\",\
         \"country\":\"\",\"headimgurl\":\"{picture}\",\"privilege\":[]{union_id}}}",
        openid(person),
        serde_json::Value::from(person.nickname),
    );
    disturbed(shared.slow, fault, &[Fault::HALF], TEXT, body).await
}

/// Returns the token if it is valid and belongs to the given openid.
fn admitted(shared: &Shared, params: &Params) -> Result<Token, Error> {
    let token = shared.token(Provider::Wechat, params.text("access_token")).ok_or(CREDENTIAL)?;
    if shared.is_expired(&token) {
        return Err(EXPIRED);
    }
    if params.get("openid") != Some(&openid(token.grant.person)) {
        return Err(OPENID);
    }
    Ok(token)
}

/// Returns the response of both token endpoints, without the unionid.
fn tokens(access: &str, refresh: &str, person: &Person, fault: Fault) -> String {
    let expires_in = match fault {
        Fault::STRINGS => format!("\"{TOKEN_SECONDS}\""),
        _ => TOKEN_SECONDS.to_string(),
    };
    format!(
        "{{\"access_token\":\"{access}\",\"expires_in\":{expires_in},\"refresh_token\":\"{refresh}\",\"openid\":\"{}\",\
         \"scope\":\"snsapi_login\"}}",
        openid(person)
    )
}

/// Returns 28 characters that begin with an o.
fn openid(person: &Person) -> String {
    format!("o{}", &person.name_in("wechat/openid")[..27])
}

fn union_id(person: &Person) -> String {
    format!("o{}", &person.name_in("wechat/unionid")[..27])
}

/// Returns an error. The request id follows the text, as in current responses of WeChat.
fn failed(shared: &Shared, (code, words): Error) -> Response {
    let [a, b, c] = [(); 3].map(|()| lower_hex(&shared.random, 8));
    answer(StatusCode::OK, TEXT, format!("{{\"errcode\":{code},\"errmsg\":\"{words}, rid: {a}-{b}-{c}\"}}"))
}
