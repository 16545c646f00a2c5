//! Tests with `WeChat`'s documented responses.

use super::*;
use crate::social::provider::Display;
use crate::social::testing::{BROKEN, Reply, Stub, callback, kind_and_code, request};

const CODE: &str = "061CODE0000000000000000000000w3C";
const SECRET: &str = "app-secret-of-the-test";
const ACCESS: &str = "77_EXAMPLEACCESS";
const REFRESH: &str = "77_EXAMPLEREFRESH";
const SECRETS: [&str; 4] = [CODE, SECRET, ACCESS, REFRESH];
const OPENID: &str = "oEXAMPLE0000000000000000001";
const TOKENS: &str = r#"{"access_token":"77_EXAMPLEACCESS","expires_in":7200,"refresh_token":"77_EXAMPLEREFRESH","openid":"oEXAMPLE0000000000000000001","scope":"snsapi_login","unionid":"oEXAMPLEUNION0000000000001"}"#;
const INFO: &str = r#"{"openid":"oEXAMPLE0000000000000000001","nickname":"Alice 🐼","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/example\/132","privilege":[],"unionid":"oEXAMPLEUNION0000000000001"}"#;

async fn started_with(client: HttpClient) -> (Stub, Wechat) {
    let stub = Stub::start().await;
    stub.always(TOKEN, Reply::ok(TOKENS)).always(USER_INFO, Reply::ok(INFO));
    let settings = WechatSettings {
        app_id: "wx0000000000000001".into(),
        app_secret: SECRET.into(),
        web_url: "https://open.example".into(),
        api_url: stub.url.clone(),
    };
    let wechat = Wechat::new(settings, client);
    (stub, wechat)
}

async fn started() -> (Stub, Wechat) {
    started_with(Stub::client()).await
}

async fn rejection(wechat: &Wechat) -> (&'static str, Option<String>) {
    kind_and_code(wechat.identify(&callback(CODE)).await.err().expect("the sign-in fails"), &SECRETS)
}

#[tokio::test]
async fn the_authorization_url_is_the_page_with_the_qr_code() {
    let (_, wechat) = started().await;
    for display in [Display::Page, Display::Mobile] {
        assert_eq!(
            wechat.authorize_url(&request(display)).await.unwrap().as_str(),
            "https://open.example/connect/qrconnect?appid=wx0000000000000001&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback%2Fx&response_type=code&scope=snsapi_login&state=57a7e#wechat_redirect"
        );
    }
    assert_eq!((wechat.slug(), wechat.name()), ("wechat", "WeChat"));
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_profile() {
    let (stub, wechat) = started().await;
    let profile = wechat.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.subject, OPENID);
    assert_eq!(profile.union_id.as_deref(), Some("oEXAMPLEUNION0000000000001"));
    assert_eq!(profile.nickname.as_deref(), Some("Alice 🐼"));
    assert_eq!(profile.avatar_url.as_deref(), Some("https://thirdwx.qlogo.cn/mmopen/vi_32/example/132"));
    assert_eq!(profile.email, None);
    assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
    assert_eq!(profile.tokens.refresh.unwrap().expose_secret(), REFRESH);
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 7200);

    let requests = stub.requests();
    let paths: Vec<_> =
        requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
    assert_eq!(paths, [("GET", TOKEN), ("GET", USER_INFO)]);
    let expected: [&[(&str, &str)]; 2] = [
        &[
            ("appid", "wx0000000000000001"),
            ("secret", SECRET),
            ("code", CODE),
            ("grant_type", "authorization_code"),
        ],
        &[("access_token", ACCESS), ("openid", OPENID), ("lang", "zh_CN")],
    ];
    for (request, expected) in requests.iter().zip(expected) {
        let pairs: Vec<_> =
            request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected);
    }
}

#[tokio::test]
async fn the_unionid_may_be_in_either_response_or_missing() {
    let (stub, wechat) = started().await;
    let without = |text: &str| text.replace(",\"unionid\":\"oEXAMPLEUNION0000000000001\"", "");
    stub.always(TOKEN, Reply::ok(&without(TOKENS)));
    let profile = wechat.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.union_id.as_deref(), Some("oEXAMPLEUNION0000000000001"));
    stub.always(USER_INFO, Reply::ok(&without(INFO)));
    let profile = wechat.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!((profile.subject.as_str(), profile.union_id), (OPENID, None));
}

#[tokio::test]
async fn every_error_code_is_classified() {
    let (stub, wechat) = started().await;
    for (code, kind) in [
        ("-1", "Unavailable"),
        ("40001", "Misconfigured"),
        ("40002", "Misconfigured"),
        ("40003", "Rejected"),
        ("40013", "Misconfigured"),
        ("40029", "Rejected"),
        ("40030", "Rejected"),
        ("40125", "Misconfigured"),
        ("40163", "Rejected"),
        ("40164", "Misconfigured"),
        ("42001", "Rejected"),
        ("48001", "Misconfigured"),
        ("49999", "Rejected"),
    ] {
        let kept = (kind != "Unavailable").then(|| code.to_owned());
        let body = format!(r#"{{"errcode":{code},"errmsg":"{CODE}, rid: 6114eeb9-0032c16a-61fbf7ce"}}"#);
        stub.always(TOKEN, Reply::ok(&body));
        assert_eq!(rejection(&wechat).await, (kind, kept), "{code}");
    }
}

#[tokio::test]
async fn only_errors_about_the_identity_end_the_sign_in_at_the_user_info() {
    let (stub, wechat) = started().await;
    for (code, continues) in
        [("40001", false), ("40003", false), ("42001", false), ("-1", true), ("48001", true), ("49999", true)]
    {
        stub.always(USER_INFO, Reply::ok(&format!(r#"{{"errcode":{code},"errmsg":"x"}}"#)));
        assert_eq!(wechat.identify(&callback(CODE)).await.is_ok(), continues, "{code}");
    }
    stub.always(USER_INFO, Reply::ok(&INFO.replace("0000001", "0000002")));
    assert_eq!(rejection(&wechat).await, ("Unavailable", None));
}

#[tokio::test]
async fn invalid_responses_end_the_sign_in_except_for_the_user_info() {
    let (impatient, patient) = (Stub::impatient_client(), Stub::client());
    for what in BROKEN {
        for (path, valid) in [(TOKEN, TOKENS), (USER_INFO, INFO)] {
            let reply = Reply::broken(what, valid).unwrap();
            let client = if reply.is_silent() { &impatient } else { &patient };
            let (stub, wechat) = started_with(client.clone()).await;
            stub.always(path, reply);
            if path == USER_INFO {
                let profile = wechat.identify(&callback(CODE)).await.expect(what);
                assert_eq!((profile.nickname, profile.avatar_url), (None, None), "{what}");
                assert_eq!(profile.subject, OPENID);
            } else {
                assert_eq!(rejection(&wechat).await, ("Unavailable", None), "{what}");
            }
        }
    }
    let (stub, wechat) = started_with(patient).await;
    for end in 0..TOKENS.len() {
        stub.always(TOKEN, Reply::ok(&TOKENS[..end]));
        assert_eq!(rejection(&wechat).await, ("Unavailable", None), "{end}");
    }
    stub.always(TOKEN, Reply::ok(&TOKENS.replace(OPENID, "")));
    assert_eq!(rejection(&wechat).await, ("Unavailable", None));
}

#[tokio::test]
async fn a_callback_without_a_code_causes_no_request() {
    let (stub, wechat) = started().await;
    let refused = wechat.identify(&callback("")).await.err().unwrap();
    assert_eq!(kind_and_code(refused, &[]), ("Rejected", None));
    assert!(stub.requests().is_empty());
}
