//! Weibo: tokens by POST, errors with different statuses, numbers as strings and strings as numbers.
//!
//! Source: the reference of providers, section 2.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::answer::{JSON, answer, disturbed};
use super::consent;
use super::fault::{BAD_GATEWAY, BROKEN, CLOSED, Choice, Fault, HALF, NOTHING, REFUSED, SLOW, choice};
use super::params::{Params, joined, state};
use super::people::{PEOPLE, Person, Picture};
use super::state::{Grant, Provider, Question, Redeemed, Shared, Token, letters, lower_hex};
use crate::config::social::{SANDBOX_ID, SANDBOX_SECRET};

const CHOICES: &[Choice] = &[
    NOTHING,
    REFUSED,
    CLOSED,
    choice(
        Fault::AUTHORIZE,
        "Weibo returns temporarily_unavailable (21331)",
        "微博返回 temporarily_unavailable（21331）",
    ),
    choice(Fault::CODE_EXPIRED, "The code is invalid or has expired (21325)", "授权码错误或过期（21325）"),
    choice(Fault::CODE_USED, "The code was already used (21325)", "授权码已被使用（21325）"),
    choice(
        Fault::WRONG_SECRET,
        "The app secret is wrong (21324, HTTP 401)",
        "app secret 错误（21324，HTTP 401）",
    ),
    choice(Fault::OTHER_APP, "The token belongs to another app", "令牌属于另一个应用"),
    choice(
        Fault::CHECK_FAILED,
        "The profile endpoint refuses the token (21332)",
        "获取资料时令牌无效（21332）",
    ),
    choice(
        Fault::TOKEN_EXPIRED,
        "The profile endpoint reports an expired token (21327)",
        "获取资料时令牌过期（21327）",
    ),
    choice(
        Fault::PROFILE_REFUSED,
        "No permission to read the profile (21330, HTTP 403)",
        "没有读取资料的权限（21330，HTTP 403）",
    ),
    choice(Fault::STRINGS, "Numbers are strings, and strings are numbers", "数字与字符串互换"),
    BROKEN,
    HALF,
    SLOW,
    BAD_GATEWAY,
];

/// Five years, as for the developers of an app.
const TOKEN_SECONDS: i64 = 157_679_999;
const TOKEN: &str = "/oauth2/access_token";
const INFO: &str = "/oauth2/get_token_info";
const SHOW: &str = "/2/users/show.json";
const DENIED: &str = "error_uri=%2Foauth2%2Fauthorize&error=access_denied&error_description=user%20denied%20your%20request.\
                      &error_code=21330";
const UNAVAILABLE: &str = "error_uri=%2Foauth2%2Fauthorize&error=temporarily_unavailable&error_code=21331";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox/weibo/oauth2/authorize", get(authorize))
        .route("/sandbox/weibo/oauth2/access_token", post(token).get(wrong_method))
        .route("/sandbox/weibo/oauth2/get_token_info", post(token_info))
        .route("/sandbox/weibo/2/users/show.json", get(show))
}

async fn authorize(State(shared): State<Arc<Shared>>, headers: HeaderMap, params: Params) -> Response {
    let redirect_uri = params.text("redirect_uri");
    let trouble = if params.get("client_id") != Some(SANDBOX_ID) {
        Some("invalid_client (21324)")
    } else if redirect_uri.is_empty() {
        Some("invalid_request: miss redirect uri. (21323)")
    } else if !shared.may_return_to(redirect_uri) {
        Some("redirect_uri_mismatch (21322)")
    } else if params.get("response_type").is_some_and(|kind| kind != "code") {
        Some("unsupported_response_type (21329)")
    } else {
        None
    };
    if let Some(words) = trouble {
        return consent::refuse(&shared, &headers, words);
    }
    let state = state(&params);
    let question = Question {
        provider: Provider::Weibo,
        client_id: SANDBOX_ID.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope: params.text("scope").to_owned(),
        challenge: None,
        nonce: None,
        form_post: false,
        choices: CHOICES,
        code: |random| lower_hex(random, 32),
        refusal: Some(joined(&[DENIED, &state])),
        trouble: joined(&[UNAVAILABLE, &state]),
        beside: state,
        introduction: None,
    };
    consent::ask(&shared, &headers, question)
}

async fn wrong_method() -> Response {
    let body = format!(
        "{{\"error\":\"HTTP METHOD is not supported for this request!\",\"error_code\":10021,\"request\":\"{TOKEN}\"}}"
    );
    answer(StatusCode::FORBIDDEN, JSON, body)
}

async fn token(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let grant = match granted(&shared, &params) {
        Ok(grant) => grant,
        Err(refusal) => return refusal.response(),
    };
    let access = format!("2.00{}", letters(&shared.random, 28));
    let (uid, fault) = (uid(grant.person), grant.fault);
    let (expires_in, uid) = match fault {
        Fault::STRINGS => (format!("\"{TOKEN_SECONDS}\""), uid.to_string()),
        _ => (TOKEN_SECONDS.to_string(), format!("\"{uid}\"")),
    };
    let body = format!(
        "{{\"access_token\":\"{access}\",\"remind_in\":\"{TOKEN_SECONDS}\",\"expires_in\":{expires_in},\"uid\":{uid},\
         \"isRealName\":\"true\"}}"
    );
    shared.issue_tokens(grant, &access, None, TOKEN_SECONDS);
    let here = [Fault::SLOW, Fault::BROKEN, Fault::BAD_GATEWAY];
    disturbed(shared.slow, fault, &here, JSON, body).await
}

/// An error of the token endpoint: status, code, number and optional description.
struct Refusal(StatusCode, &'static str, u32, Option<String>);

impl Refusal {
    fn response(self) -> Response {
        let Self(status, error, code, words) = self;
        let words = words.map(|words| format!(",\"error_description\":{}", serde_json::Value::from(words)));
        let body = format!(
            "{{\"error\":\"{error}\",\"error_code\":{code},\"request\":\"{TOKEN}\",\"error_uri\":\"{TOKEN}\"{}}}",
            words.unwrap_or_default()
        );
        answer(status, JSON, body)
    }
}

fn granted(shared: &Shared, params: &Params) -> Result<Grant, Refusal> {
    let (client, code) = (params.text("client_id"), params.text("code"));
    let bad = |error, number, words: Option<&str>| {
        Refusal(StatusCode::BAD_REQUEST, error, number, words.map(ToOwned::to_owned))
    };
    let wrong_client =
        |words: String| Refusal(StatusCode::UNAUTHORIZED, "invalid_client", 21_324, Some(words));
    if client != SANDBOX_ID {
        return Err(wrong_client(format!("unknow client id:{client}")));
    }
    if params.get("client_secret") != Some(SANDBOX_SECRET) {
        return Err(wrong_client("client_secret error.".to_owned()));
    }
    if params.get("grant_type") != Some("authorization_code") {
        return Err(bad("unsupported_grant_type", 21_328, None));
    }
    let Some(redirect_uri) = params.get("redirect_uri") else {
        return Err(bad("invalid_request", 21_323, Some("miss redirect uri.")));
    };
    match shared.redeem(Provider::Weibo, client, code) {
        Redeemed::Invalid | Redeemed::Used => {
            Err(bad("invalid_grant", 21_325, Some(&format!("invalid authorization code:{code}"))))
        }
        Redeemed::Fresh(grant) if grant.redirect_uri != redirect_uri => {
            Err(bad("redirect_uri_mismatch", 21_322, None))
        }
        Redeemed::Fresh(grant) if grant.fault == Fault::WRONG_SECRET => {
            Err(wrong_client("client_secret error.".to_owned()))
        }
        Redeemed::Fresh(grant) => Ok(*grant),
    }
}

async fn token_info(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let Some(token) = shared.token(Provider::Weibo, params.text("access_token")) else {
        return failed(StatusCode::FORBIDDEN, "invalid_access_token", 21_332, INFO);
    };
    let uid = uid(token.grant.person);
    // The app id is a string in a table of the documentation and a number in its example.
    let (uid, app) = match token.grant.fault {
        Fault::STRINGS => (format!("\"{uid}\""), token.client_id.clone()),
        _ => (uid.to_string(), format!("\"{}\"", token.client_id)),
    };
    let body = format!(
        "{{\"uid\":{uid},\"appkey\":{app},\"scope\":null,\"create_at\":{},\"expire_in\":{}}}",
        token.since.timestamp(),
        (token.expires_at - shared.clock.now()).num_seconds()
    );
    answer(StatusCode::OK, JSON, body)
}

async fn show(State(shared): State<Arc<Shared>>, params: Params) -> Response {
    let Some(access) = params.get("access_token") else {
        return failed(StatusCode::FORBIDDEN, "source paramter(appkey) is missing", 10_006, SHOW);
    };
    let token = match admitted(&shared, access) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let asked = params.text("uid");
    let Some(person) = PEOPLE.iter().find(|person| uid(person).to_string() == asked) else {
        return failed(StatusCode::BAD_REQUEST, "User does not exists!", 20_003, SHOW);
    };
    let id = uid(person);
    let picture = |size: u32| match person.picture {
        Picture::None => String::new(),
        Picture::Every | Picture::Small => person.picture_at(&shared.public_url, size),
    };
    let large = if person.picture == Picture::Small { String::new() } else { picture(180) };
    let name = serde_json::Value::from(person.nickname);
    let number = if token.grant.fault == Fault::STRINGS { format!("\"{id}\"") } else { id.to_string() };
    let body = format!(
        "{{\"id\":{number},\"idstr\":\"{id}\",\"screen_name\":{name},\"name\":{name},\"province\":\"11\",\"city\":\"5\",\
         \"location\":\"北京 朝阳区\",\"description\":\"\",\"url\":\"\",\"profile_image_url\":\"{}\",\"avatar_large\":\"{large}\",\
         \"gender\":\"{}\",\"followers_count\":12,\"friends_count\":44,\"statuses_count\":29,\"created_at\":\
         \"Fri Aug 28 00:00:00 +0800 2009\",\"verified\":false}}",
        picture(50),
        if person.gender == "男" { "m" } else { "f" },
    );
    disturbed(shared.slow, token.grant.fault, &[Fault::HALF], JSON, body).await
}

fn admitted(shared: &Shared, access: &str) -> Result<Token, Box<Response>> {
    let refused = |status, error, code| Box::new(failed(status, error, code, SHOW));
    let token = shared.token(Provider::Weibo, access);
    let token = token.ok_or_else(|| refused(StatusCode::FORBIDDEN, "invalid_access_token", 21_332))?;
    match token.grant.fault {
        Fault::CHECK_FAILED => Err(refused(StatusCode::FORBIDDEN, "invalid_access_token", 21_332)),
        Fault::TOKEN_EXPIRED => Err(refused(StatusCode::UNAUTHORIZED, "expired_token", 21_327)),
        Fault::PROFILE_REFUSED => Err(refused(StatusCode::FORBIDDEN, "access_denied", 21_330)),
        _ => Ok(token),
    }
}

/// Returns a fixed id of ten digits for a user.
fn uid(person: &Person) -> u64 {
    person.number_in("weibo")
}

fn failed(status: StatusCode, error: &str, code: u32, request: &str) -> Response {
    let body = format!("{{\"error\":\"{error}\",\"error_code\":{code},\"request\":\"{request}\"}}");
    answer(status, JSON, body)
}
