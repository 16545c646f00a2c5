//! QQ Connect: four GET endpoints. Responses are text/html, URL-encoded, JSONP or JSON; errors have status 200.
//!
//! Source: the reference of providers, section 1. Texts of codes for which none is known are ours.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;

use super::answer::{HTML, answer, disturbed};
use super::consent;
use super::fault::{BAD_GATEWAY, CLOSED, Choice, Fault, HALF, NOTHING, REFUSED, SLOW, choice};
use super::params::{Params, encoded, joined, state};
use super::people::{Person, Picture};
use super::state::{Grant, OTHER_APP, Provider, Question, Redeemed, Shared, upper_hex};
use crate::config::social::{SANDBOX_ID, SANDBOX_SECRET};

const CHOICES: &[Choice] = &[
    NOTHING,
    REFUSED,
    CLOSED,
    choice(
        Fault::AUTHORIZE,
        "QQ returns an error; the parameter `code` contains its number",
        "QQ 返回错误，参数 code 为错误码",
    ),
    choice(Fault::CODE_EXPIRED, "The code has expired (100019)", "授权码已过期（100019）"),
    choice(Fault::CODE_USED, "The code was already used (100020)", "授权码已被使用（100020）"),
    choice(Fault::WRONG_SECRET, "The app key is wrong (100009)", "appkey 错误（100009）"),
    choice(
        Fault::CHECK_FAILED,
        "The token check fails when requesting the openid (100016)",
        "获取 openid 时令牌校验失败（100016）",
    ),
    choice(Fault::NO_UNIONID, "No permission for the unionid (100048)", "没有 unionid 权限（100048）"),
    choice(Fault::OTHER_APP, "The openid belongs to another app", "openid 属于另一个应用"),
    choice(Fault::PROFILE_REFUSED, "The profile is refused (ret 1002)", "拒绝返回用户资料（ret 1002）"),
    choice(
        Fault::PLACEHOLDER,
        "The app is not approved: placeholder profile",
        "应用未通过审核：返回占位资料 qzuser",
    ),
    choice(Fault::STRINGS, "Numbers are strings, and strings are numbers", "数字与字符串互换"),
    choice(Fault::BROKEN, "The JSONP of the openid is truncated", "openid 的 JSONP 不完整"),
    HALF,
    SLOW,
    BAD_GATEWAY,
];

/// 60 days, according to the current documentation.
const TOKEN_SECONDS: i64 = 5_184_000;
/// Tokens can be refreshed for three months after the sign-in.
const CHAIN: TimeDelta = TimeDelta::days(90);

/// The error codes that are given.
const RESPONSE_TYPE: (u32, &str) = (100_000, "response_type is wrong or lost");
const NO_CLIENT: (u32, &str) = (100_001, "param client_id is wrong or lost ");
const NO_SECRET: (u32, &str) = (100_002, "param client_secret is wrong or lost ");
const GRANT_TYPE: (u32, &str) = (100_004, "param grant_type is wrong or lost ");
const NO_CODE: (u32, &str) = (100_005, "param code is wrong or lost ");
const NO_REFRESH_TOKEN: (u32, &str) = (100_006, "param refresh_token is wrong or lost ");
const NO_TOKEN: (u32, &str) = (100_007, "param access_token is wrong or lost ");
const UNKNOWN_CLIENT: (u32, &str) = (100_008, "client id is not exist");
const WRONG_SECRET: (u32, &str) = (100_009, "client secret is illegal");
const REDIRECT_URI: (u32, &str) = (100_010, "redirect uri is illegal");
const NOT_ONLINE: (u32, &str) = (100_011, "app is not online");
const ILLEGAL_TOKEN: (u32, &str) = (100_013, "access token is illegal");
const OLD_TOKEN: (u32, &str) = (100_014, "access token is expired");
const CHECK_FAILED: (u32, &str) = (100_016, "access token check failed");
const BAD_CODE: (u32, &str) = (100_019, "code to access token error");
const USED_CODE: (u32, &str) = (100_020, "code is reused error");
const NO_UNIONID: (u32, &str) = (100_048, "CompanyID not set");
const BAD_REFRESH_TOKEN: (u32, &str) = (100_050, "refresh token is illegal");

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/qq/oauth2.0/authorize", get(authorize))
        .route("/sandbox/qq/oauth2.0/token", get(token).post(token))
        .route("/sandbox/qq/oauth2.0/me", get(me))
        .route("/sandbox/qq/user/get_user_info", get(get_user_info))
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    let redirect_uri = params.text("redirect_uri");
    let trouble = if params.get("response_type") != Some("code") {
        Some(RESPONSE_TYPE)
    } else if params.get("client_id").is_none() {
        Some(NO_CLIENT)
    } else if params.get("client_id") != Some(SANDBOX_ID) {
        Some(UNKNOWN_CLIENT)
    } else if !shared.may_return_to(redirect_uri) {
        Some(REDIRECT_URI)
    } else {
        None
    };
    if let Some((code, words)) = trouble {
        return consent::refuse(&shared, &headers, &format!("{words} ({code})"));
    }
    let state = state(&params);
    let (code, words) = NOT_ONLINE;
    let question = Question {
        provider: Provider::Qq,
        client_id: SANDBOX_ID.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: params.get("scope").unwrap_or("get_user_info").to_owned(),
        challenge: None,
        nonce: None,
        form_post: false,
        choices: CHOICES,
        code: upper_hex,
        refusal: Some(joined(&["usercancel=1", &state])),
        trouble: joined(&[&format!("code={code}"), &format!("msg={}", encoded(words)), &state]),
        beside: state,
        introduction: None,
    };
    consent::ask(&shared, &headers, question)
}

async fn token(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let json = params.get("fmt") == Some("json");
    match granted(&shared, &params) {
        Err(error) => failed(json, error),
        Ok(grant) => {
            let (access, refresh) = (upper_hex(&shared.random), upper_hex(&shared.random));
            let openid = (params.get("need_openid") == Some("1")).then(|| openid(grant.person, app(&grant)));
            let fault = grant.fault;
            shared.issue_tokens(grant, &access, Some(&refresh), TOKEN_SECONDS);
            let expires_in = match (json, fault) {
                (true, Fault::STRINGS) | (false, _) => TOKEN_SECONDS.to_string(),
                (true, _) => format!("\"{TOKEN_SECONDS}\""),
            };
            let body = if json {
                let openid = openid.map(|openid| format!(",\"openid\":\"{openid}\"")).unwrap_or_default();
                format!(
                    "{{\"access_token\":\"{access}\",\"expires_in\":{expires_in},\"refresh_token\":\"{refresh}\"{openid}}}"
                )
            } else {
                let openid = openid.map(|openid| format!("&openid={openid}")).unwrap_or_default();
                format!("access_token={access}&expires_in={expires_in}&refresh_token={refresh}{openid}")
            };
            disturbed(shared.slow, fault, &[Fault::SLOW, Fault::BAD_GATEWAY], HTML, body).await
        }
    }
}

/// Returns the grant of the code or refresh token. Each is single-use.
fn granted(shared: &Shared, params: &Params) -> Result<Grant, (u32, &'static str)> {
    let client = params.get("client_id").ok_or(NO_CLIENT)?;
    let grant_type = params.get("grant_type").ok_or(GRANT_TYPE)?;
    let secret = params.get("client_secret").ok_or(NO_SECRET)?;
    if client != SANDBOX_ID {
        return Err(UNKNOWN_CLIENT);
    }
    if secret != SANDBOX_SECRET {
        return Err(WRONG_SECRET);
    }
    match grant_type {
        "authorization_code" => {
            let code = params.get("code").ok_or(NO_CODE)?;
            match shared.redeem(Provider::Qq, client, code) {
                Redeemed::Invalid => Err(BAD_CODE),
                Redeemed::Used => Err(USED_CODE),
                Redeemed::Fresh(grant) if grant.redirect_uri != params.text("redirect_uri") => {
                    Err(REDIRECT_URI)
                }
                Redeemed::Fresh(grant) if grant.fault == Fault::WRONG_SECRET => Err(WRONG_SECRET),
                Redeemed::Fresh(grant) => Ok(*grant),
            }
        }
        "refresh_token" => {
            let refresh = params.get("refresh_token").ok_or(NO_REFRESH_TOKEN)?;
            let token = shared.refresh_tokens.take(refresh).ok_or(BAD_REFRESH_TOKEN)?;
            let alive =
                token.grant.provider == Provider::Qq && shared.clock.now() < token.grant.since + CHAIN;
            if alive { Ok(token.grant) } else { Err(BAD_REFRESH_TOKEN) }
        }
        _ => Err(GRANT_TYPE),
    }
}

async fn me(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let json = params.get("fmt") == Some("json");
    let Some(access) = params.get("access_token") else {
        return failed(json, NO_TOKEN);
    };
    if access.len() != 32 || !access.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return failed(json, ILLEGAL_TOKEN);
    }
    let Some(token) = shared.token(Provider::Qq, access) else {
        return failed(json, CHECK_FAILED);
    };
    if shared.is_expired(&token) {
        return failed(json, OLD_TOKEN);
    }
    let (fault, union_id) = (token.grant.fault, params.get("unionid") == Some("1"));
    if fault == Fault::CHECK_FAILED {
        return failed(json, CHECK_FAILED);
    }
    if union_id && fault == Fault::NO_UNIONID {
        return failed(json, NO_UNIONID);
    }
    let union_id = if union_id {
        let name = token.grant.person.name_in("qq/unionid").to_ascii_uppercase();
        format!(",\"unionid\":\"UID_{name}\"")
    } else {
        String::new()
    };
    let openid = openid(token.grant.person, &token.client_id);
    let object = format!("{{\"client_id\":\"{}\",\"openid\":\"{openid}\"{union_id}}}", token.client_id);
    disturbed(shared.slow, fault, &[Fault::BROKEN], HTML, wrapped(json, &object)).await
}

async fn get_user_info(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let token = shared.token(Provider::Qq, params.text("access_token"));
    let Some(token) = token.filter(|token| !shared.is_expired(token)) else {
        return refused(1002, "请先登录");
    };
    let openid = openid(token.grant.person, &token.client_id);
    if params.get("oauth_consumer_key") != Some(&token.client_id) || params.get("openid") != Some(&openid) {
        return refused(-1, "client request's parameters are invalid, invalid openid");
    }
    if token.grant.fault == Fault::PROFILE_REFUSED {
        return refused(1002, "请先登录");
    }
    let body = profile(&shared, token.grant.person, token.grant.fault, &token.client_id, &openid);
    disturbed(shared.slow, token.grant.fault, &[Fault::HALF], HTML, body).await
}

/// Returns the profile in QQ's format: one field per line; slashes are escaped in some URLs only.
fn profile(shared: &Shared, person: &Person, fault: Fault, app: &str, openid: &str) -> String {
    let picture = |size: u32| person.picture_at(&shared.public_url, size);
    let (nickname, app) = match fault {
        Fault::PLACEHOLDER => ("qzuser", "111111"),
        _ => (person.nickname, app),
    };
    let own = |size: u32| format!("http:\\/\\/qzapp.qlogo.cn\\/qzapp\\/{app}\\/{openid}\\/{size}");
    let (small, large) = match person.picture {
        _ if fault == Fault::PLACEHOLDER => {
            let own = |size: u32| own(size).replace("\\/", "/");
            (own(50), own(100))
        }
        Picture::Every => (picture(40), picture(100)),
        Picture::Small => (picture(40), String::new()),
        Picture::None => (String::new(), String::new()),
    };
    // Users without any picture: otherwise browsers would load QZone's default picture from Tencent's servers.
    let bare = person.picture == Picture::None && fault != Fault::PLACEHOLDER;
    let zone = |size: u32| if bare { String::new() } else { own(size) };
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let number = |number: u32| match fault {
        Fault::STRINGS => format!("\"{number}\""),
        _ => number.to_string(),
    };
    let lines = [
        ("ret", format!(" {}", number(0))),
        ("msg", " \"\"".into()),
        ("is_lost", number(0)),
        ("nickname", format!(" {}", text(nickname))),
        ("gender", format!(" \"{}\"", person.gender)),
        ("gender_type", format!(" {}", number(if person.gender == "男" { 1 } else { 2 }))),
        ("province", " \"广东\"".into()),
        ("city", " \"深圳\"".into()),
        ("year", " \"1990\"".into()),
        ("constellation", " \"\"".into()),
        ("figureurl", format!(" \"{}\"", zone(30))),
        ("figureurl_1", format!(" \"{}\"", zone(50))),
        ("figureurl_2", format!(" \"{}\"", zone(100))),
        ("figureurl_qq_1", format!(" \"{small}\"")),
        ("figureurl_qq_2", format!(" \"{large}\"")),
        ("figureurl_qq", format!(" \"{large}\"")),
        ("figureurl_type", " \"1\"".into()),
        ("is_yellow_vip", " \"0\"".into()),
        ("vip", " \"0\"".into()),
        ("yellow_vip_level", " \"0\"".into()),
        ("level", " \"0\"".into()),
        ("is_yellow_year_vip", " \"0\"".into()),
    ];
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("    \"{name}\":{value}")).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Returns the app that a grant's tokens belong to.
fn app(grant: &Grant) -> &str {
    if grant.fault == Fault::OTHER_APP { OTHER_APP } else { &grant.client_id }
}

/// Returns the openid of a user for an app.
fn openid(person: &Person, app: &str) -> String {
    person.name_in(&format!("qq/{app}")).to_ascii_uppercase()
}

/// Returns the JSONP, byte for byte, or the object only.
fn wrapped(json: bool, object: &str) -> String {
    if json { object.to_owned() } else { format!("callback( {object} );\n") }
}

fn failed(json: bool, (code, words): (u32, &str)) -> Response {
    let object = format!("{{\"error\":{code},\"error_description\":\"{words}\"}}");
    answer(StatusCode::OK, HTML, wrapped(json, &object))
}

fn refused(ret: i32, msg: &str) -> Response {
    answer(StatusCode::OK, HTML, format!("{{\"ret\":{ret},\"msg\":\"{msg}\"}}"))
}
