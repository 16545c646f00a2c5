//! Tests with QQ's documented responses, byte for byte.

use super::*;
use crate::social::testing::{REDIRECT, Reply, Stub, callback, request};

pub(super) const CODE: &str = "9A5F0000000000000000000000C0DE01";
const APP_KEY: &str = "app-key-of-the-test";
const ACCESS: &str = "FE04A1B2C3D4E5F60718293A4B5CCCE2";
const REFRESH: &str = "88E4A1B2C3D4E5F60718293A4B5CBE14";
/// No error may contain one of these.
pub(super) const SECRETS: [&str; 4] = [CODE, APP_KEY, ACCESS, REFRESH];
const OPENID: &str = "1A376CE57476A73F2FCA3BE900000000";
const UNION_ID: &str = "UID_0123456789ABCDEF0123456789ABCDEF";

pub(super) const TOKENS: &str = r#"{"access_token":"FE04A1B2C3D4E5F60718293A4B5CCCE2","expires_in":"5184000","refresh_token":"88E4A1B2C3D4E5F60718293A4B5CBE14"}"#;
pub(super) const ME_RESPONSE: &str = r#"{"client_id":"101000001","openid":"1A376CE57476A73F2FCA3BE900000000","unionid":"UID_0123456789ABCDEF0123456789ABCDEF"}"#;
pub(super) const INFO: &str = r#"{"ret":0,"msg":"","is_lost":0,"nickname":"Alice 🐧","gender":"男","year":"1990","figureurl_2":"http:\/\/qzapp.qlogo.cn\/qzapp\/101000001\/1A37\/100","figureurl_qq_1":"http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=40&t=1574255425","figureurl_qq_2":"http://thirdqq.qlogo.cn/g?b=oidb&k=example&s=100&t=1574255425","level":"0"}"#;

/// Lets the stub send the valid response to every request.
pub(super) fn reply_with_valid_responses(stub: &Stub) {
    stub.always(TOKEN, Reply::ok(TOKENS))
        .always(ME, Reply::ok(ME_RESPONSE))
        .always(USER_INFO, Reply::ok(INFO));
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
    reply_with_valid_responses(&stub);
    let qq = qq(&stub, Stub::client());
    (stub, qq)
}

#[tokio::test]
async fn the_authorization_url_depends_on_the_display() {
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
async fn a_code_is_exchanged_for_a_profile() {
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

    let requests = stub.requests();
    let paths: Vec<_> =
        requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
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
    for (request, expected) in requests.iter().zip(expected) {
        let pairs: Vec<_> =
            request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, expected);
    }
}

#[tokio::test]
async fn responses_as_form_and_jsonp_are_accepted() {
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

/// A form has no end marker, so a field that may be truncated is dropped.
#[tokio::test]
async fn a_truncated_form_never_yields_a_truncated_token() {
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
async fn the_unionid_is_requested_once_and_only_if_configured() {
    let (stub, qq) = started().await;
    let refused = "callback( {\"error\":100048,\"error_description\":\"CompanyID not set\"} );\n";
    let bare = "callback( {\"client_id\":\"101000001\",\"openid\":\"1A376CE57476A73F2FCA3BE900000000\"} );\n";
    stub.always(ME, Reply::ok(refused)).then(ME, Reply::ok(bare));
    let profile = qq.identify(&callback(CODE)).await.ok().unwrap();
    assert_eq!((profile.subject.as_str(), profile.union_id), (OPENID, None));
    let requested: Vec<_> =
        stub.requests_to(ME).iter().map(|request| request.value("unionid").map(str::to_owned)).collect();
    assert_eq!(requested, [Some("1".to_owned()), None]);

    let (stub, mut qq) = started().await;
    qq.settings.union_id = false;
    stub.always(ME, Reply::ok(bare));
    assert!(qq.identify(&callback(CODE)).await.is_ok());
    assert!(stub.requests_to(ME).iter().all(|request| request.value("unionid").is_none()));
}

#[tokio::test]
async fn the_best_available_avatar_is_chosen() {
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
