//! GitHub, WeChat and Weibo in the sandbox.

use reqwest::Method;
use rstest_reuse::apply;
use serde_json::Value;

use super::{CLIENT, SECRET, at, get, page, with};
use crate::support::provider::{Consent, consent, refuse, request};
use crate::support::{Backend, World, both_backends};

async fn github(world: &World, person: &str, failure: Option<&str>) -> Consent {
    let parameters = [
        ("client_id", CLIENT),
        ("redirect_uri", &page(world, "github")),
        ("scope", "read:user user:email"),
        ("state", "s"),
    ];
    consent(&with(&at(world, "/sandbox/github/login/oauth/authorize"), &parameters), person, failure).await
}

/// Returns the body of a token request to GitHub.
async fn github_token(world: &World, code: &str, secret: &str, accept: &str) -> String {
    let form = [
        ("client_id", CLIENT),
        ("client_secret", secret),
        ("code", code),
        ("redirect_uri", &page(world, "github")),
    ];
    let sent = request(Method::POST, &at(world, "/sandbox/github/login/oauth/access_token"));
    let response = sent.header("accept", accept).form(&form).send().await.expect("a response");
    assert_eq!(response.status(), 200);
    response.text().await.expect("a body")
}

async fn github_api(world: &World, path: &str, access: &str) -> (u16, Value) {
    let sent = request(Method::GET, &at(world, path)).bearer_auth(access).header("user-agent", "menjin");
    let response = sent.send().await.expect("a response");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[apply(both_backends)]
async fn github_responds_in_the_requested_format(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = github(&world, "li", None).await.code.expect("a code");
    let plain = github_token(&world, &code, SECRET, "*/*").await;
    assert!(
        plain.starts_with("access_token=gho_")
            && plain.ends_with("&scope=read%3Auser%2Cuser%3Aemail&token_type=bearer"),
        "{plain}"
    );
    let again = github_token(&world, &code, SECRET, "application/json").await;
    assert!(again.starts_with("{\"error\":\"bad_verification_code\",\"error_description\":\"The code passed is incorrect or expired.\",\"error_uri\":\"https://docs.github.com/"), "{again}");
    let code = github(&world, "li", None).await.code.expect("a code");
    assert!(
        github_token(&world, &code, "x", "application/json").await.contains("incorrect_client_credentials")
    );
    let json: Value =
        serde_json::from_str(&github_token(&world, &code, SECRET, "application/json").await).expect("JSON");
    let access = json["access_token"].as_str().expect("a text");
    let (status, user) = github_api(&world, "/sandbox/github/user", access).await;
    assert_eq!(
        (status, &user["id"], &user["login"], &user["email"]),
        (200, &1_002.into(), &"lilei".into(), &Value::Null)
    );
    let (_, emails) = github_api(&world, "/sandbox/github/user/emails", access).await;
    assert_eq!((&emails[0]["primary"], &emails[0]["verified"]), (&true.into(), &false.into()));
    let bad = "{\"message\":\"Bad credentials\",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"401\"}";
    let (status, body) = github_api(&world, "/sandbox/github/user", "gho_x").await;
    assert_eq!((status, body), (401, serde_json::from_str(bad).expect("JSON")));
    let nameless = request(Method::GET, &at(&world, "/sandbox/github/user"))
        .bearer_auth(access)
        .send()
        .await
        .expect("a response");
    assert_eq!(nameless.status(), 403);
    let code = github(&world, "han", Some("fewer_scopes")).await.code.expect("a code");
    let json: Value =
        serde_json::from_str(&github_token(&world, &code, SECRET, "application/json").await).expect("JSON");
    assert_eq!(json["scope"], "read:user");
    assert_eq!(
        github_api(&world, "/sandbox/github/user/emails", json["access_token"].as_str().expect("a text"))
            .await
            .0,
        404
    );
}

fn wechat_url(world: &World) -> String {
    let parameters = [
        ("appid", CLIENT),
        ("redirect_uri", &page(world, "wechat")),
        ("response_type", "code"),
        ("scope", "snsapi_login"),
        ("state", "abc"),
    ];
    with(&at(world, "/sandbox/wechat/connect/qrconnect"), &parameters)
}

async fn wechat_token(world: &World, code: &str, secret: &str) -> String {
    let parameters =
        [("appid", CLIENT), ("secret", secret), ("code", code), ("grant_type", "authorization_code")];
    let (status, kind, body) = get(&at(world, "/sandbox/wechat/sns/oauth2/access_token"), &parameters).await;
    assert_eq!((status, kind.as_str()), (200, "text/plain"));
    body
}

#[apply(both_backends)]
async fn wechat_returns_errors_with_status_200_and_a_request_id(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = consent(&wechat_url(&world), "smile", None).await.code.expect("a code");
    assert!(
        wechat_token(&world, &code, "x")
            .await
            .starts_with("{\"errcode\":40125,\"errmsg\":\"invalid appsecret, rid: ")
    );
    let body = wechat_token(&world, &code, SECRET).await;
    let json: Value = serde_json::from_str(&body).expect("JSON");
    assert!(
        body.starts_with("{\"access_token\":\"77_")
            && body.contains("\",\"expires_in\":7200,\"refresh_token\":\"77_"),
        "{body}"
    );
    assert!(json["unionid"].is_string() && json.get("errcode").is_none());
    assert!(wechat_token(&world, &code, SECRET).await.contains("40163"));
    assert!(
        wechat_token(&world, "x", SECRET)
            .await
            .starts_with("{\"errcode\":40029,\"errmsg\":\"invalid code, rid: ")
    );
    let (access, openid) =
        (json["access_token"].as_str().expect("a text"), json["openid"].as_str().expect("a text"));
    let info = at(&world, "/sandbox/wechat/sns/userinfo");
    let (_, _, body) = get(&info, &[("access_token", access), ("openid", openid)]).await;
    let profile: Value = serde_json::from_str(&body).expect("JSON");
    assert!(
        body.contains("\"headimgurl\":\"http:\\/\\/") && body.contains("\"privilege\":[],\"unionid\":\""),
        "{body}"
    );
    assert_eq!((&profile["openid"], &profile["unionid"]), (&json["openid"], &json["unionid"]));
    let check = at(&world, "/sandbox/wechat/sns/auth");
    assert_eq!(
        get(&check, &[("access_token", access), ("openid", openid)]).await.2,
        "{\"errcode\":0,\"errmsg\":\"ok\"}"
    );
    assert_eq!(
        get(&check, &[("access_token", access), ("openid", "o")]).await.2,
        "{\"errcode\":40003,\"errmsg\":\"invalid openid\"}"
    );

    let renew = at(&world, "/sandbox/wechat/sns/oauth2/refresh_token");
    let renewal = [
        ("appid", CLIENT),
        ("grant_type", "refresh_token"),
        ("refresh_token", json["refresh_token"].as_str().expect("a text")),
    ];
    world.advance(7_000);
    assert!(get(&renew, &renewal).await.2.contains(access));
    world.advance(7_200);
    assert!(get(&info, &[("access_token", access), ("openid", openid)]).await.2.contains("42001"));
    let renewed = get(&renew, &renewal).await.2;
    assert!(!renewed.contains(access) && !renewed.contains("unionid"), "{renewed}");
    world.advance(30 * 86_400);
    assert!(get(&renew, &renewal).await.2.contains("40030"));

    let code = consent(&wechat_url(&world), "han", Some("no_unionid")).await.code.expect("a code");
    assert!(!wechat_token(&world, &code, SECRET).await.contains("unionid"));
    let code = consent(&wechat_url(&world), "han", Some("busy")).await.code.expect("a code");
    assert!(
        wechat_token(&world, &code, SECRET)
            .await
            .starts_with("{\"errcode\":-1,\"errmsg\":\"system error, rid: ")
    );
    let refused = refuse(&wechat_url(&world), "han").await;
    assert!(
        refused.code.is_none() && refused.url.ends_with("/sandbox/callback/wechat?state=abc"),
        "{refused:?}"
    );
}

fn weibo_url(world: &World) -> String {
    let parameters = [("client_id", CLIENT), ("redirect_uri", &page(world, "weibo")), ("state", "s")];
    with(&at(world, "/sandbox/weibo/oauth2/authorize"), &parameters)
}

async fn weibo_post(world: &World, path: &str, form: &[(&str, &str)]) -> (u16, String) {
    let response = request(Method::POST, &at(world, path)).form(form).send().await.expect("a response");
    (response.status().as_u16(), response.text().await.expect("a body"))
}

async fn weibo_token(world: &World, code: &str, secret: &str) -> (u16, String) {
    let page = page(world, "weibo");
    let form = [
        ("client_id", CLIENT),
        ("client_secret", secret),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &page),
    ];
    weibo_post(world, "/sandbox/weibo/oauth2/access_token", &form).await
}

#[apply(both_backends)]
async fn weibo_returns_its_own_statuses_and_error_numbers(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = consent(&weibo_url(&world), "han", None).await.code.expect("a code");
    let (status, body) = weibo_token(&world, &code, SECRET).await;
    let json: Value = serde_json::from_str(&body).expect("JSON");
    let rest = "\",\"remind_in\":\"157679999\",\"expires_in\":157679999,\"uid\":\"";
    assert!(status == 200 && body.starts_with("{\"access_token\":\"2.00") && body.contains(rest), "{body}");
    let (access, uid) =
        (json["access_token"].as_str().expect("a text"), json["uid"].as_str().expect("a text"));
    let used = format!(
        "{{\"error\":\"invalid_grant\",\"error_code\":21325,\"request\":\"/oauth2/access_token\",\"error_uri\":\
         \"/oauth2/access_token\",\"error_description\":\"invalid authorization code:{code}\"}}"
    );
    assert_eq!(weibo_token(&world, &code, SECRET).await, (400, used));
    let (status, body) = weibo_token(&world, &code, "x").await;
    assert!(status == 401 && body.contains("21324") && body.contains("client_secret error."), "{body}");
    assert_eq!(get(&at(&world, "/sandbox/weibo/oauth2/access_token"), &[]).await.0, 403);
    let info = "/sandbox/weibo/oauth2/get_token_info";
    let (_, body) = weibo_post(&world, info, &[("access_token", access)]).await;
    let expected = format!(
        "{{\"uid\":{uid},\"appkey\":\"101000001\",\"scope\":null,\"create_at\":{},\"expire_in\":157679999}}",
        world.now().timestamp()
    );
    assert_eq!(body, expected);
    let show = at(&world, "/sandbox/weibo/2/users/show.json");
    let (_, _, body) = get(&show, &[("access_token", access), ("uid", uid)]).await;
    assert!(
        body.starts_with(&format!("{{\"id\":{uid},\"idstr\":\"{uid}\",\"screen_name\":\"韩梅梅\",")),
        "{body}"
    );
    let invalid =
        "{\"error\":\"invalid_access_token\",\"error_code\":21332,\"request\":\"/2/users/show.json\"}";
    assert_eq!(get(&show, &[("access_token", "2.00x"), ("uid", uid)]).await.2, invalid);
    let code = consent(&weibo_url(&world), "han", Some("other_app")).await.code.expect("a code");
    let body: Value = serde_json::from_str(&weibo_token(&world, &code, SECRET).await.1).expect("JSON");
    let (_, body) =
        weibo_post(&world, info, &[("access_token", body["access_token"].as_str().expect("a text"))]).await;
    assert!(body.contains("\"appkey\":\"101999999\""), "{body}");
    let refused = refuse(&weibo_url(&world), "han").await;
    let query = "?error_uri=%2Foauth2%2Fauthorize&error=access_denied&error_description=user%20denied%20your%20request.\
                 &error_code=21330&state=s";
    assert!(refused.url.ends_with(query), "{}", refused.url);
}
