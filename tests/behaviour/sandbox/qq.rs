//! QQ Connect in the sandbox.

use reqwest::Method;
use rstest_reuse::apply;
use serde_json::Value;

use super::{CLIENT, SECRET, at, get, page, with};
use crate::support::provider::{Consent, consent, refuse, request};
use crate::support::{Backend, World, both_backends};

const REUSED: &str = "callback( {\"error\":100020,\"error_description\":\"code is reused error\"} );\n";
const BAD_CODE: &str = "{\"error\":100019,\"error_description\":\"code to access token error\"}";

fn authorize_url(world: &World) -> String {
    let parameters = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &page(world, "qq")),
        ("state", "s t&a+te/ä"),
    ];
    with(&at(world, "/sandbox/qq/oauth2.0/authorize"), &parameters)
}

async fn signed(world: &World, person: &str, failure: Option<&str>) -> Consent {
    consent(&authorize_url(world), person, failure).await
}

/// Returns the body of the response to a token request with changed parameters.
async fn token(world: &World, code: &str, changes: &[(&str, &str)]) -> String {
    let page = page(world, "qq");
    let mut parameters = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("code", code),
        ("redirect_uri", &page),
    ];
    parameters.retain(|(name, _)| changes.iter().all(|(other, _)| name != other));
    parameters.extend(changes);
    let (status, kind, body) = get(&at(world, "/sandbox/qq/oauth2.0/token"), &parameters).await;
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    body
}

/// Returns an access token for a new code.
async fn access(world: &World, person: &str, failure: Option<&str>) -> String {
    let code = signed(world, person, failure).await.code.expect("a code");
    let body: Value = serde_json::from_str(&token(world, &code, &[("fmt", "json")]).await).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

async fn me(world: &World, access: &str, more: &[(&str, &str)]) -> String {
    let parameters = [&[("access_token", access)], more].concat();
    get(&at(world, "/sandbox/qq/oauth2.0/me"), &parameters).await.2
}

async fn openid(world: &World, access: &str) -> String {
    let body: Value = serde_json::from_str(&me(world, access, &[("fmt", "json")]).await).expect("JSON");
    body["openid"].as_str().expect("an openid").to_owned()
}

async fn profile(world: &World, access: &str, openid: &str) -> String {
    let parameters = [("access_token", access), ("oauth_consumer_key", CLIENT), ("openid", openid)];
    get(&at(world, "/sandbox/qq/user/get_user_info"), &parameters).await.2
}

fn is_upper_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

#[apply(both_backends)]
async fn every_response_equals_the_real_one_byte_for_byte(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let callback = signed(&world, "han", None).await;
    let code = callback.code.clone().expect("a code");
    assert!(is_upper_hex(&code) && callback.url.starts_with(&page(&world, "qq")), "{callback:?}");
    assert_eq!(callback.state.as_deref(), Some("s t&a+te/ä"));

    let body = token(&world, &code, &[]).await;
    let parts: Vec<_> = body.split('&').map(|part| part.split_once('=').expect("a part")).collect();
    assert_eq!(
        parts.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["access_token", "expires_in", "refresh_token"]
    );
    assert_eq!(parts[1].1, "5184000");
    assert!(is_upper_hex(parts[0].1) && is_upper_hex(parts[2].1), "{body}");
    let (access, refresh) = (parts[0].1, parts[2].1);

    let jsonp = me(&world, access, &[]).await;
    let id = jsonp.strip_prefix("callback( {\"client_id\":\"101000001\",\"openid\":\"").expect("a part");
    let id = id.strip_suffix("\"} );\n").expect("a part");
    assert!(is_upper_hex(id), "{jsonp}");
    assert_eq!(
        me(&world, access, &[("fmt", "json")]).await,
        format!("{{\"client_id\":\"101000001\",\"openid\":\"{id}\"}}")
    );
    let union = me(&world, access, &[("unionid", "1"), ("fmt", "json")]).await;
    let union =
        union.split_once("\"unionid\":\"UID_").expect("a part").1.strip_suffix("\"}").expect("a part");
    assert!(is_upper_hex(union));

    let text = profile(&world, access, id).await;
    assert!(
        text.starts_with(
            "{\n    \"ret\": 0,\n    \"msg\": \"\",\n    \"is_lost\":0,\n    \"nickname\": \"韩梅梅\",\n"
        ),
        "{text}"
    );
    let slashes = format!("\"figureurl\": \"http:\\/\\/qzapp.qlogo.cn\\/qzapp\\/101000001\\/{id}\\/30\"");
    assert!(text.contains(&slashes) && !text.contains("openid"), "{text}");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["gender"], &json["figureurl_type"]), (&"女".into(), &"1".into()));

    let again = token(
        &world,
        "",
        &[("grant_type", "refresh_token"), ("refresh_token", refresh), ("fmt", "json"), ("need_openid", "1")],
    )
    .await;
    assert!(
        again.contains("\"expires_in\":\"5184000\"") && again.ends_with(&format!(",\"openid\":\"{id}\"}}")),
        "{again}"
    );
    let used =
        token(&world, "", &[("grant_type", "refresh_token"), ("refresh_token", refresh), ("fmt", "json")])
            .await;
    assert!(used.starts_with("{\"error\":100050,"), "{used}");
}

#[apply(both_backends)]
async fn a_code_is_valid_once_for_ten_minutes_and_for_its_redirect_uri(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let code = signed(&world, "li", None).await.code.expect("a code");
    assert!(token(&world, &code, &[("client_secret", "x")]).await.contains("100009"));
    assert!(token(&world, &code, &[]).await.starts_with("access_token="));
    assert_eq!(token(&world, &code, &[]).await, REUSED);
    assert_eq!(
        token(&world, &code, &[("fmt", "json")]).await,
        "{\"error\":100020,\"error_description\":\"code is reused error\"}"
    );
    let code = signed(&world, "li", None).await.code.expect("a code");
    world.advance(599);
    let elsewhere = at(&world, "/elsewhere");
    assert!(token(&world, &code, &[("redirect_uri", &elsewhere)]).await.contains("\"error\":100010"));
    let code = signed(&world, "li", None).await.code.expect("a code");
    world.advance(600);
    assert_eq!(token(&world, &code, &[("fmt", "json")]).await, BAD_CODE);
    for (name, error) in
        [("grant_type", "100004"), ("client_id", "100001"), ("client_secret", "100002"), ("code", "100005")]
    {
        assert!(token(&world, "X", &[(name, "")]).await.contains(error), "{name}");
    }
    assert!(token(&world, "X", &[("client_id", "101")]).await.contains("100008"));
}

#[apply(both_backends)]
async fn tokens_are_checked_and_expire(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let token = access(&world, "lucy", None).await;
    let id = openid(&world, &token).await;
    let invalid = "{\"ret\":-1,\"msg\":\"client request's parameters are invalid, invalid openid\"}";
    assert_eq!(profile(&world, &token, &"A".repeat(32)).await, invalid);
    assert_eq!(profile(&world, &"A".repeat(32), &id).await, "{\"ret\":1002,\"msg\":\"请先登录\"}");
    assert_eq!(
        me(&world, &"A".repeat(32), &[]).await,
        "callback( {\"error\":100016,\"error_description\":\"access token check failed\"} );\n"
    );
    assert_eq!(
        me(&world, "short", &[("fmt", "json")]).await,
        "{\"error\":100013,\"error_description\":\"access token is illegal\"}"
    );
    world.advance(5_184_000);
    assert!(me(&world, &token, &[]).await.contains("100014"));
    assert!(profile(&world, &token, &id).await.contains("1002"));
}

#[apply(both_backends)]
async fn test_users_have_stable_and_distinct_ids(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut ids = std::collections::BTreeSet::new();
    for person in ["han", "li", "lucy", "wang", "smile", "han"] {
        ids.insert(openid(&world, &access(&world, person, None).await).await);
    }
    assert_eq!(ids.len(), 5);
    let token = access(&world, "wang", None).await;
    let text = profile(&world, &token, &openid(&world, &token).await).await;
    assert!(text.contains("\"nickname\": \"王林\"") && text.contains("\"figureurl_qq_1\": \"\""), "{text}");
    // The gateway passes the picture on, and the browser would request it from Tencent.
    assert!(!text.contains("qlogo"), "{text}");
    let token = access(&world, "smile", None).await;
    let text = profile(&world, &token, &openid(&world, &token).await).await;
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert!(json["nickname"].as_str().expect("a text").starts_with("😀"), "{text}");
    let picture = json["figureurl_qq_2"].as_str().expect("a text");
    assert_eq!(get(picture, &[]).await.1, "image/svg+xml");
}

#[apply(both_backends)]
async fn a_refusal_a_closed_page_and_an_error_return_as_from_qq(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let callback = refuse(&authorize_url(&world), "han").await;
    assert_eq!((callback.code.as_deref(), callback.field("usercancel")), (None, Some("1")));
    assert_eq!(callback.state.as_deref(), Some("s t&a+te/ä"));
    let stays = signed(&world, "han", Some("closed")).await;
    assert!(stays.url.is_empty() && stays.fields.is_empty());
    let error = signed(&world, "han", Some("authorize")).await;
    assert_eq!((error.code.as_deref(), error.field("msg")), (Some("100011"), Some("app is not online")));
    assert!(error.url.contains("msg=app%20is%20not%20online"));
}

#[apply(both_backends)]
async fn foreign_redirect_uris_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (redirect_uri, error) in [
        ("https://evil.example/", "100010"),
        ("", "100010"),
        ("javascript:alert(1)", "100010"),
        (&format!("http://{}.evil.example/", world.gateway.address().ip()), "100010"),
        (&format!("http://{}@evil.example/", world.gateway.address()), "100010"),
    ] {
        let parameters = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", redirect_uri),
            ("state", "s"),
        ];
        let url = with(&at(&world, "/sandbox/qq/oauth2.0/authorize"), &parameters);
        let response = request(Method::GET, &url).send().await.expect("a response");
        assert!(response.headers().get("location").is_none());
        assert_eq!(response.status(), 400);
        let text = response.text().await.expect("a body");
        assert!(text.contains(error) && !text.contains("<form"), "{text}");
    }
}

#[apply(both_backends)]
async fn the_chosen_failure_occurs(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SOCIAL_TIMEOUT", "200ms")]).await else { return };
    for (failure, error) in [("code_expired", BAD_CODE), ("code_used", "100020"), ("wrong_secret", "100009")]
    {
        let code = signed(&world, "han", Some(failure)).await.code.expect("a code");
        assert!(token(&world, &code, &[("fmt", "json")]).await.contains(error), "{failure}");
    }
    let code = signed(&world, "han", Some("slow")).await.code.expect("a code");
    let began = std::time::Instant::now();
    assert!(token(&world, &code, &[]).await.starts_with("access_token="));
    assert!(began.elapsed().as_millis() >= 300);
    let code = signed(&world, "han", Some("bad_gateway")).await.code.expect("a code");
    let url = at(&world, "/sandbox/qq/oauth2.0/token");
    let page = page(&world, "qq");
    let parameters = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("code", &code),
        ("redirect_uri", &page),
    ];
    let (status, kind, body) = get(&url, &parameters).await;
    assert!(status == 502 && kind == "text/html" && body.starts_with("<html>"), "{status} {kind} {body}");

    let token = access(&world, "han", Some("check_failed")).await;
    assert!(me(&world, &token, &[]).await.contains("100016"));
    let token = access(&world, "han", Some("no_unionid")).await;
    let refused = "callback( {\"error\":100048,\"error_description\":\"CompanyID not set\"} );\n";
    assert_eq!(me(&world, &token, &[("unionid", "1")]).await, refused);
    assert!(is_upper_hex(&openid(&world, &token).await));
    let token = access(&world, "han", Some("other_app")).await;
    assert!(me(&world, &token, &[]).await.starts_with("callback( {\"client_id\":\"101999999\","));
    let token = access(&world, "han", Some("broken")).await;
    let broken = me(&world, &token, &[]).await;
    assert!(broken.starts_with("callback( {") && !broken.contains('}'), "{broken}");
    let token = access(&world, "han", Some("profile_refused")).await;
    let id = openid(&world, &token).await;
    assert_eq!(profile(&world, &token, &id).await, "{\"ret\":1002,\"msg\":\"请先登录\"}");
    let token = access(&world, "han", Some("strings")).await;
    assert!(profile(&world, &token, &id).await.contains("\"ret\": \"0\""));
    let token = access(&world, "han", Some("placeholder")).await;
    assert!(profile(&world, &token, &id).await.contains("\"nickname\": \"qzuser\""));
    let token = access(&world, "han", Some("half")).await;
    let url = at(&world, "/sandbox/qq/user/get_user_info");
    let url = with(&url, &[("access_token", &token), ("oauth_consumer_key", CLIENT), ("openid", &id)]);
    let response = request(Method::GET, &url).send().await.expect("a response");
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err(), "the response is complete");
}
