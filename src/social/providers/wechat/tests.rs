//! `WeChat` as `providers.md` describes it.

use super::*;
use crate::social::provider::Display;
use crate::social::testing::{BROKEN, Reply, Stub, callback, request, told};

const CODE: &str = "061CODE0000000000000000000000w3C";
const SECRET: &str = "app-secret-of-the-test";
const ACCESS: &str = "77_EXAMPLEACCESS";
const REFRESHING: &str = "77_EXAMPLEREFRESH";
const SECRETS: [&str; 4] = [CODE, SECRET, ACCESS, REFRESHING];
const OPENID: &str = "oEXAMPLE0000000000000000001";
const TOKENS: &str = r#"{"access_token":"77_EXAMPLEACCESS","expires_in":7200,"refresh_token":"77_EXAMPLEREFRESH","openid":"oEXAMPLE0000000000000000001","scope":"snsapi_login","unionid":"oEXAMPLEUNION0000000000001"}"#;
const INFO: &str = r#"{"openid":"oEXAMPLE0000000000000000001","nickname":"Alice 🐼","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/example\/132","privilege":[],"unionid":"oEXAMPLEUNION0000000000001"}"#;

async fn started_with(client: HttpClient) -> (Stub, Wechat) {
    let stub = Stub::start().await;
    stub.always(TOKEN, Reply::ok(TOKENS))
        .always(REFRESH, Reply::ok(TOKENS))
        .always(USER_INFO, Reply::ok(INFO));
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

async fn refusal(wechat: &Wechat) -> (&'static str, Option<String>) {
    told(wechat.identify(&callback(CODE)).await.err().expect("a refusal"), &SECRETS)
}

#[tokio::test]
async fn the_browser_is_sent_to_the_qr_code() {
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
async fn a_code_becomes_the_person_behind_it() {
    let (stub, wechat) = started().await;
    let profile = wechat.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.subject, OPENID);
    assert_eq!(profile.union_id.as_deref(), Some("oEXAMPLEUNION0000000000001"));
    assert_eq!(profile.nickname.as_deref(), Some("Alice 🐼"));
    assert_eq!(profile.avatar_url.as_deref(), Some("https://thirdwx.qlogo.cn/mmopen/vi_32/example/132"));
    assert_eq!(profile.email, None);
    assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
    assert_eq!(profile.tokens.refresh.unwrap().expose_secret(), REFRESHING);
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 7200);

    let asked = stub.asked();
    let paths: Vec<_> = asked.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
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
    for (asked, expected) in asked.iter().zip(expected) {
        let pairs: Vec<_> = asked.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected);
    }
}

#[tokio::test]
async fn unionid_is_taken_from_where_it_is_and_may_be_missing() {
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
async fn each_error_says_who_has_to_act() {
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
        assert_eq!(refusal(&wechat).await, (kind, kept.clone()), "{code}");
        stub.always(REFRESH, Reply::ok(&body));
        let refused = wechat.refresh(&"OLD".into()).await.err().expect(code);
        assert_eq!(told(refused, &SECRETS), (kind, kept), "{code}");
    }
}

#[tokio::test]
async fn what_denies_the_person_ends_the_sign_in_and_other_errors_do_not() {
    let (stub, wechat) = started().await;
    for (code, goes_on) in
        [("40001", false), ("40003", false), ("42001", false), ("-1", true), ("48001", true), ("49999", true)]
    {
        stub.always(USER_INFO, Reply::ok(&format!(r#"{{"errcode":{code},"errmsg":"x"}}"#)));
        assert_eq!(wechat.identify(&callback(CODE)).await.is_ok(), goes_on, "{code}");
    }
    stub.always(USER_INFO, Reply::ok(&INFO.replace("0000001", "0000002")));
    assert_eq!(refusal(&wechat).await, ("Unavailable", None));
}

#[tokio::test]
async fn broken_answers_end_the_sign_in_but_that_about_the_user() {
    let (hasty, patient) = (Stub::hasty_client(), Stub::client());
    for what in BROKEN {
        for (path, right) in [(TOKEN, TOKENS), (USER_INFO, INFO)] {
            let reply = Reply::broken(what, right).unwrap();
            let client = if reply.is_silent() { &hasty } else { &patient };
            let (stub, wechat) = started_with(client.clone()).await;
            stub.always(path, reply);
            if path == USER_INFO {
                let profile = wechat.identify(&callback(CODE)).await.expect(what);
                assert_eq!((profile.nickname, profile.avatar_url), (None, None), "{what}");
                assert_eq!(profile.subject, OPENID);
            } else {
                assert_eq!(refusal(&wechat).await, ("Unavailable", None), "{what}");
            }
        }
    }
    let (stub, wechat) = started_with(patient).await;
    for end in 0..TOKENS.len() {
        stub.always(TOKEN, Reply::ok(&TOKENS[..end]));
        assert_eq!(refusal(&wechat).await, ("Unavailable", None), "{end}");
    }
    stub.always(TOKEN, Reply::ok(&TOKENS.replace(OPENID, "")));
    assert_eq!(refusal(&wechat).await, ("Unavailable", None));
}

#[tokio::test]
async fn refreshing_needs_no_secret() {
    let (stub, wechat) = started().await;
    let tokens = wechat.refresh(&"OLD".into()).await.ok().unwrap();
    assert_eq!(tokens.access.expose_secret(), ACCESS);
    assert_eq!(tokens.refresh.unwrap().expose_secret(), REFRESHING);
    let asked = &stub.asked()[0];
    let pairs: Vec<_> = asked.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("appid", "wx0000000000000001"), ("grant_type", "refresh_token"), ("refresh_token", "OLD")]
    );
}

#[tokio::test]
async fn a_callback_without_a_code_is_not_asked_about() {
    let (stub, wechat) = started().await;
    let refused = wechat.identify(&callback("")).await.err().unwrap();
    assert_eq!(told(refused, &[]), ("Rejected", None));
    assert!(stub.asked().is_empty());
}
