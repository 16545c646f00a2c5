//! `qqAuthorizeUrl`: a sign-in with QQ begins.

use rstest_reuse::apply;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Backend, World, both_backends};

#[apply(both_backends)]
async fn it_leads_to_qq_and_ties_the_browser(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let reply = browser.begin_with("qq", json!({ "next": "/orders" })).await;
    let begun = reply.data("qqAuthorizeUrl");
    let url: Url = begun["url"].as_str().expect("an address").parse().expect("an address");
    assert!(url.path().ends_with("/oauth2.0/authorize"), "{url}");
    let field =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(field("response_type").as_deref(), Some("code"));
    assert_eq!(field("state").as_deref(), begun["state"].as_str());
    assert!(field("redirect_uri").is_some_and(|page| page.ends_with("/sandbox/callback/qq")));
    assert_eq!(field("display"), None);
    let state = begun["state"].as_str().expect("a state");
    assert_eq!(state.len(), 64, "256 bits in hexadecimal");
    let expires: chrono::DateTime<chrono::Utc> =
        begun["expiresAt"].as_str().expect("a moment").parse().expect("one");
    assert_eq!((expires - world.now()).num_seconds(), 600);
    let cookie =
        reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("a line").to_owned());
    let cookie = cookie.into_iter().find(|line| line.starts_with("menjin_browser=")).expect("the cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=900"));
    // The store holds neither the state nor the cookie as they are: both are digests there.
    let again = browser.begin_with("qq", json!({ "display": "MOBILE" })).await.data("qqAuthorizeUrl");
    assert!(again["url"].as_str().expect("an address").contains("display=mobile"));
    assert_ne!(again["state"], begun["state"]);
}

#[apply(both_backends)]
async fn tabs_share_the_browsers_cookie(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    browser.begin("qq", "/").await;
    let first = browser.cookie("menjin_browser").expect("a cookie");
    browser.begin("qq", "/").await;
    assert_eq!(browser.cookie("menjin_browser").as_deref(), Some(first.as_str()));
}

#[apply(both_backends)]
async fn next_leads_nowhere_else(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""] {
        let reply = world.browser().begin_with("qq", json!({ "next": next })).await;
        assert_eq!(reply.error_code(), "BAD_REQUEST", "{next}: {}", reply.text);
        let typed =
            world.browser().begin_with("weibo", json!({ "next": next })).await.data("socialAuthorizeUrl");
        assert_eq!(
            typed["fields"],
            json!([{ "path": "next", "code": "FOREIGN_ADDRESS" }]),
            "{next}: {typed}"
        );
    }
    let reply = world.browser().begin_with("qq", Value::Null).await;
    assert!(reply.data("qqAuthorizeUrl")["url"].is_string());
}

#[apply(both_backends)]
async fn it_is_limited_by_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SOCIAL", "2/1h")]).await else { return };
    let browser = world.browser();
    for _ in 0..2 {
        browser.begin("qq", "/").await;
    }
    assert_eq!(browser.begin_with("qq", json!({})).await.error_code(), "RATE_LIMITED");
    world.browser().begin("qq", "/").await;
    world.advance(1_800);
    browser.begin("qq", "/").await;
}
