//! Tests with Weibo's documented responses.

use super::*;
use crate::social::testing::{BROKEN, REDIRECT, Reply, Stub, callback, kind_and_code, request};

const CODE: &str = "1e6f0dcf00000000000000000000cd51";
const SECRET: &str = "app-secret-of-the-test";
const ACCESS: &str = "2.00ExampleToken0123456789";
const SECRETS: [&str; 3] = [CODE, SECRET, ACCESS];
const TOKENS: &str = r#"{"access_token":"2.00ExampleToken0123456789","remind_in":"157679999","expires_in":157679999,"uid":"1404376560","isRealName":"true"}"#;
const INFO: &str =
    r#"{"uid":1404376560,"appkey":"1352222456","scope":null,"create_at":1352267591,"expire_in":157679471}"#;
const USER_INFO: &str = r#"{"id":1404376560,"idstr":"1404376560","screen_name":"alice","name":"alice","location":"北京 朝阳区","profile_image_url":"http://tp1.sinaimg.cn/1404376560/50/0/1","avatar_large":"http://tp1.sinaimg.cn/1404376560/180/0/1","gender":"m","verified":false}"#;

async fn started_with(client: HttpClient) -> (Stub, Weibo) {
    let stub = Stub::start().await;
    stub.always(TOKEN, Reply::ok(TOKENS))
        .always(TOKEN_INFO, Reply::ok(INFO))
        .always(USER, Reply::ok(USER_INFO));
    let settings =
        WeiboSettings { app_key: "1352222456".into(), app_secret: SECRET.into(), url: stub.url.clone() };
    let weibo = Weibo::new(settings, client);
    (stub, weibo)
}

async fn started() -> (Stub, Weibo) {
    started_with(Stub::client()).await
}

async fn rejection(weibo: &Weibo) -> (&'static str, Option<String>) {
    kind_and_code(weibo.identify(&callback(CODE)).await.err().expect("the sign-in fails"), &SECRETS)
}

#[tokio::test]
async fn the_authorization_url_depends_on_the_display() {
    let (stub, weibo) = started().await;
    let page = weibo.authorize_url(&request(Display::Page)).await.unwrap();
    assert_eq!(
        page.as_str(),
        format!(
            "{}/oauth2/authorize?client_id=1352222456&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback%2Fx&state=57a7e",
            stub.url
        )
    );
    let mobile = weibo.authorize_url(&request(Display::Mobile)).await.unwrap();
    assert_eq!(mobile.as_str(), format!("{page}&display=mobile"));
    assert_eq!((weibo.slug(), weibo.name()), ("weibo", "Weibo"));
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_profile() {
    let (stub, weibo) = started().await;
    let profile = weibo.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!((profile.subject.as_str(), profile.union_id, profile.email), ("1404376560", None, None));
    assert_eq!(profile.nickname.as_deref(), Some("alice"));
    assert_eq!(profile.avatar_url.as_deref(), Some("http://tp1.sinaimg.cn/1404376560/180/0/1"));
    assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
    assert!(profile.tokens.refresh.is_none());
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 157_679_999);

    let requests = stub.requests();
    let paths: Vec<_> =
        requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
    assert_eq!(paths, [("POST", TOKEN), ("POST", TOKEN_INFO), ("GET", USER)]);
    assert!(requests[0].query.is_empty() && requests[1].query.is_empty());
    for (name, value) in [
        ("client_id", "1352222456"),
        ("client_secret", SECRET),
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", REDIRECT),
    ] {
        assert_eq!(requests[0].value(name), Some(value));
    }
    assert_eq!(requests[1].value("access_token"), Some(ACCESS));
    assert_eq!(
        (requests[2].value("access_token"), requests[2].value("uid")),
        (Some(ACCESS), Some("1404376560"))
    );
}

#[tokio::test]
async fn numbers_are_accepted_as_numbers_and_as_strings() {
    let (stub, weibo) = started().await;
    stub.always(
        TOKEN,
        Reply::ok(&TOKENS.replace(":157679999", ":\"60\"").replace("\"1404376560\"", "1404376560")),
    );
    stub.always(
        TOKEN_INFO,
        Reply::ok(&INFO.replace("\"1352222456\"", "1352222456").replace("1404376560", "\"1404376560\"")),
    );
    let profile = weibo.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 60);
    for garbage in ["\"soon\"", "[]", "-1", "null"] {
        stub.always(TOKEN, Reply::ok(&TOKENS.replace(":157679999", &format!(":{garbage}"))));
        assert_eq!(weibo.identify(&callback(CODE)).await.ok().unwrap().tokens.expires_in, None, "{garbage}");
    }
}

#[tokio::test]
async fn every_error_code_is_classified() {
    let (stub, weibo) = started().await;
    for (status, word, code, kind) in [
        (400, "invalid_grant", "21325", "Rejected"),
        (401, "invalid_client", "21324", "Misconfigured"),
        (400, "redirect_uri_mismatch", "21322", "Misconfigured"),
        (400, "invalid_request", "21323", "Misconfigured"),
        (403, "access_denied", "21330", "Rejected"),
        (400, "unauthorized_client", "21326", "Misconfigured"),
        (401, "expired_token", "21327", "Rejected"),
        (400, "unsupported_grant_type", "21328", "Misconfigured"),
        (400, "unsupported_response_type", "21329", "Misconfigured"),
        (503, "temporarily_unavailable", "21331", "Unavailable"),
        (403, "invalid_access_token", "21332", "Rejected"),
        (403, "system error", "10001", "Unavailable"),
        (403, "service", "10002", "Unavailable"),
        (403, "remote", "10003", "Unavailable"),
        (403, "IP limit", "10004", "Misconfigured"),
        (403, "Source paramter (appkey) is missing", "10006", "Misconfigured"),
        (400, "param error", "10008", "Misconfigured"),
        (403, "Too many pending tasks", "10009", "Unavailable"),
        (403, "permission", "10014", "Misconfigured"),
        (405, "method", "10021", "Misconfigured"),
        (400, "described_nowhere", "29999", "Rejected"),
    ] {
        let kept = (kind != "Unavailable").then(|| code.to_owned());
        for number in [code.to_owned(), format!("\"{code}\"")] {
            let body = format!(
                r#"{{"error":"{word}","error_code":{number},"request":"{TOKEN}","error_description":"invalid authorization code:{CODE}"}}"#
            );
            for path in [TOKEN, TOKEN_INFO] {
                stub.always(TOKEN, Reply::ok(TOKENS)).always(path, Reply::status(status, &body));
                assert_eq!(rejection(&weibo).await, (kind, kept.clone()), "{path}: {word}");
            }
        }
        if !word.contains(' ') && word.contains('_') {
            stub.always(TOKEN, Reply::status(status, &format!(r#"{{"error":"{word}"}}"#)));
            assert_eq!(rejection(&weibo).await.0, kind, "{word}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_app_or_user_is_refused() {
    let (stub, weibo) = started().await;
    stub.always(TOKEN_INFO, Reply::ok(&INFO.replace("1352222456", "1352222457")));
    assert_eq!(rejection(&weibo).await.0, "Unavailable");
    stub.always(TOKEN_INFO, Reply::ok(&INFO.replace("\"appkey\":\"1352222456\",", "")));
    assert_eq!(rejection(&weibo).await.0, "Unavailable");
    stub.always(TOKEN_INFO, Reply::ok(&INFO.replace("1404376560", "1404376561")));
    assert_eq!(rejection(&weibo).await.0, "Unavailable");
    stub.always(TOKEN_INFO, Reply::ok(INFO))
        .always(USER, Reply::ok(&USER_INFO.replace("\"1404376560\"", "\"7\"")));
    assert_eq!(rejection(&weibo).await.0, "Unavailable");
}

#[tokio::test]
async fn invalid_responses_end_the_sign_in_except_for_the_user_info() {
    let impatient = Stub::impatient_client();
    let patient = Stub::client();
    for what in BROKEN {
        for (path, valid) in [(TOKEN, TOKENS), (TOKEN_INFO, INFO), (USER, USER_INFO)] {
            let reply = Reply::broken(what, valid).unwrap();
            let chosen = if reply.is_silent() { &impatient } else { &patient };
            let (stub, weibo) = started_with(chosen.clone()).await;
            stub.always(path, reply);
            if path == USER {
                let profile = weibo.identify(&callback(CODE)).await.expect(what);
                assert_eq!((profile.nickname, profile.avatar_url), (None, None), "{what}");
                assert_eq!(profile.subject, "1404376560");
            } else {
                assert_eq!(rejection(&weibo).await, ("Unavailable", None), "{path}: {what}");
            }
        }
    }
}

#[tokio::test]
async fn only_errors_about_the_token_end_the_sign_in_at_the_user_info() {
    let (stub, weibo) = started().await;
    for (code, continues) in
        [("21327", false), ("21332", false), ("10014", true), ("10002", true), ("29999", true)]
    {
        let body = format!(r#"{{"error":"x","error_code":{code},"request":"{USER}"}}"#);
        stub.always(USER, Reply::status(403, &body));
        assert_eq!(weibo.identify(&callback(CODE)).await.is_ok(), continues, "{code}");
    }
}

#[tokio::test]
async fn an_invalid_code_causes_no_request() {
    let (stub, weibo) = started().await;
    for code in ["", "a b", "a\n", &"a".repeat(513)] {
        let refused = weibo.identify(&callback(code)).await.err().unwrap();
        assert_eq!(kind_and_code(refused, &[]), ("Rejected", None));
    }
    assert!(stub.requests().is_empty());
}
