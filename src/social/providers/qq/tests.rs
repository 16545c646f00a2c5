//! QQ as `providers.md` describes it, byte for byte.

use super::*;
use crate::social::testing::{REDIRECT, Reply, Stub, callback, request};

pub(super) const CODE: &str = "9A5F0000000000000000000000C0DE01";
const APP_KEY: &str = "app-key-of-the-test";
const ACCESS: &str = "FE04A1B2C3D4E5F60718293A4B5CCCE2";
const REFRESH: &str = "88E4A1B2C3D4E5F60718293A4B5CBE14";
/// None of these may be in any error.
pub(super) const SECRETS: [&str; 4] = [CODE, APP_KEY, ACCESS, REFRESH];
const OPENID: &str = "1A376CE57476A73F2FCA3BE900000000";
const UNION_ID: &str = "UID_0123456789ABCDEF0123456789ABCDEF";

pub(super) const TOKENS: &str = r#"{"access_token":"FE04A1B2C3D4E5F60718293A4B5CCCE2","expires_in":"5184000","refresh_token":"88E4A1B2C3D4E5F60718293A4B5CBE14"}"#;
pub(super) const ME_ANSWER: &str = r#"{"client_id":"101000001","openid":"1A376CE57476A73F2FCA3BE900000000","unionid":"UID_0123456789ABCDEF0123456789ABCDEF"}"#;
pub(super) const INFO: &str = r#"{"ret":0,"msg":"","is_lost":0,"nickname":"Alice 🐧","gender":"男","year":"1990","figureurl_2":"http:\/\/qzapp.qlogo.cn\/qzapp\/101000001\/1A37\/100","figureurl_qq_1":"http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=40&t=1574255425","figureurl_qq_2":"http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=100&t=1574255425","level":"0"}"#;

/// Answers every question as it should be.
pub(super) fn good(stub: &Stub) {
    stub.always(TOKEN, Reply::ok(TOKENS)).always(ME, Reply::ok(ME_ANSWER)).always(USER_INFO, Reply::ok(INFO));
}

pub(super) fn qq(stub: &Stub, client: HttpClient) -> Qq {
    let settings = QqSettings {
        app_id: "101000001".into(),
        app_key: APP_KEY.into(),
        url: stub.url.clone(),
        union_id: true,
    };
    Qq::new(settings, client)
}

async fn started() -> (Stub, Qq) {
    let stub = Stub::start().await;
    good(&stub);
    let qq = qq(&stub, Stub::client());
    (stub, qq)
}

#[tokio::test]
async fn the_browser_is_sent_to_the_page_that_fits() {
    let (stub, qq) = started().await;
    let page = qq.authorize_url(&request(Display::Page)).await.unwrap();
    assert_eq!(
        page.as_str(),
        format!(
            "{}/oauth2.0/authorize?response_type=code&client_id=101000001&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback%2Fx&state=57a7e&scope=get_user_info",
            stub.url
        )
    );
    let mobile = qq.authorize_url(&request(Display::Mobile)).await.unwrap();
    assert_eq!(mobile.as_str(), format!("{page}&display=mobile"));
    assert_eq!((qq.slug(), qq.name()), ("qq", "QQ"));
}

#[tokio::test]
async fn a_code_becomes_the_person_behind_it() {
    let (stub, qq) = started().await;
    let profile = qq.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.subject, OPENID);
    assert_eq!(profile.union_id.as_deref(), Some(UNION_ID));
    assert_eq!(profile.nickname.as_deref(), Some("Alice 🐧"));
    assert_eq!(
        profile.avatar_url.as_deref(),
        Some("http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=100&t=1574255425")
    );
    assert_eq!(profile.email, None);
    assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
    assert_eq!(profile.tokens.refresh.unwrap().expose_secret(), REFRESH);
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 5_184_000);

    let asked = stub.asked();
    let paths: Vec<_> = asked.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
    assert_eq!(paths, [("GET", TOKEN), ("GET", ME), ("GET", USER_INFO)]);
    let expected: [&[(&str, &str)]; 3] = [
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "101000001"),
            ("client_secret", APP_KEY),
            ("code", CODE),
            ("redirect_uri", REDIRECT),
            ("fmt", "json"),
        ],
        &[("access_token", ACCESS), ("fmt", "json"), ("unionid", "1")],
        &[
            ("access_token", ACCESS),
            ("oauth_consumer_key", "101000001"),
            ("openid", OPENID),
            ("format", "json"),
        ],
    ];
    for (asked, expected) in asked.iter().zip(expected) {
        let pairs: Vec<_> = asked.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected);
    }
}

#[tokio::test]
async fn the_recorded_answers_are_read() {
    let (stub, qq) = started().await;
    stub.always(TOKEN, Reply::ok("access_token=FE04A1B2C3D4E5F60718293A4B5CCCE2&expires_in=7776000&refresh_token=88E4A1B2C3D4E5F60718293A4B5CBE14"));
    stub.always(
        ME,
        Reply::ok(
            "callback( {\"client_id\":\"101000001\",\"openid\":\"1A376CE57476A73F2FCA3BE900000000\"} );\n",
        ),
    );
    let profile = qq.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 7_776_000);
    assert_eq!(profile.tokens.refresh.unwrap().expose_secret(), REFRESH);
    assert_eq!((profile.subject.as_str(), profile.union_id), (OPENID, None));
}

/// A form has no end mark: what may be cut is not kept.
#[tokio::test]
async fn half_a_form_never_brings_half_a_token() {
    let whole = format!("access_token={ACCESS}&expires_in=7776000&refresh_token={REFRESH}");
    let (stub, qq) = started().await;
    for end in 0..=whole.len() {
        stub.always(TOKEN, Reply::ok(&whole[..end]));
        let Ok(profile) = qq.identify(&callback(CODE)).await else {
            assert!(end < whole.len());
            continue;
        };
        assert!(end >= whole.len() - 33, "{}", &whole[..end]);
        assert_eq!(profile.tokens.access.expose_secret(), ACCESS);
        assert_eq!(profile.tokens.expires_in.unwrap().as_secs(), 7_776_000);
        let refresh = profile.tokens.refresh;
        assert_eq!(refresh.is_some(), end == whole.len());
    }
}

#[tokio::test]
async fn unionid_is_asked_for_once_and_only_where_it_is_wanted() {
    let (stub, qq) = started().await;
    let refused = "callback( {\"error\":100048,\"error_description\":\"CompanyID not set\"} );\n";
    let bare = "callback( {\"client_id\":\"101000001\",\"openid\":\"1A376CE57476A73F2FCA3BE900000000\"} );\n";
    stub.always(ME, Reply::ok(refused)).then(ME, Reply::ok(bare));
    let profile = qq.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!((profile.subject.as_str(), profile.union_id), (OPENID, None));
    let asked: Vec<_> =
        stub.asked_at(ME).iter().map(|asked| asked.value("unionid").map(str::to_owned)).collect();
    assert_eq!(asked, [Some("1".to_owned()), None]);

    let (stub, mut qq) = started().await;
    qq.settings.union_id = false;
    stub.always(ME, Reply::ok(bare));
    assert!(qq.identify(&callback(CODE)).await.is_ok());
    assert!(stub.asked_at(ME).iter().all(|asked| asked.value("unionid").is_none()));
}

#[tokio::test]
async fn avatars_and_nicknames_are_the_best_there_are() {
    let at = |name: &str, url: &str| format!("\"{name}\":\"{url}\"");
    let (big, small, zone) = ("http://t.example/100", "https://t.example/40", "http://z.example/100");
    let (stub, qq) = started().await;
    let placeholder = "http://qzapp.qlogo.cn/qzapp/111111/942F/100";
    for (fields, kept) in [
        (vec![at("figureurl_qq_2", big), at("figureurl_qq_1", small)], Some(big)),
        (vec![at("figureurl_qq_2", ""), at("figureurl_qq_1", small), at("figureurl_2", zone)], Some(small)),
        (vec![at("figureurl_2", zone), at("figureurl_1", small)], Some(zone)),
        (vec![at("figureurl_qq_2", "javascript:1"), at("figureurl_2", zone)], Some(zone)),
        (vec![at("figureurl_qq_2", placeholder), at("figureurl_qq_1", small)], Some(small)),
        (vec![at("figureurl_2", placeholder)], None),
        (vec!["\"figureurl_qq_2\":{}".to_owned()], None),
    ] {
        stub.always(
            USER_INFO,
            Reply::ok(&format!("{{\"ret\":\"0\",\"nickname\":\"a\\u0000\",{}}}", fields.join(","))),
        );
        let profile = qq.identify(&callback(CODE)).await.ok().unwrap();
        assert_eq!(profile.avatar_url.as_deref(), kept, "{fields:?}");
        assert_eq!(profile.nickname.as_deref(), Some("a"));
    }
}

#[tokio::test]
async fn refreshing_brings_new_tokens() {
    let (stub, qq) = started().await;
    let tokens = qq.refresh(&"OLD".into()).await.ok().unwrap();
    assert_eq!(tokens.access.expose_secret(), ACCESS);
    assert_eq!(tokens.refresh.unwrap().expose_secret(), REFRESH);
    let asked = stub.asked();
    assert_eq!((asked.len(), asked[0].value("grant_type")), (1, Some("refresh_token")));
    assert_eq!(
        (asked[0].value("refresh_token"), asked[0].value("client_secret")),
        (Some("OLD"), Some(APP_KEY))
    );
    stub.always(TOKEN, Reply::ok("callback( {\"error\":100050,\"error_description\":\"x\"} );\n"));
    let refused = qq.refresh(&"OLD".into()).await.err().unwrap();
    assert!(matches!(refused, ProviderError::Rejected { code: Some(code) } if code == "100050"));
}
