//! `qqAuthorizeUrl`: starts a sign-in with QQ.

use rstest_reuse::apply;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Backend, World, both_backends};

#[apply(both_backends)]
async fn the_url_leads_to_qq_and_is_bound_to_the_browser(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let reply = browser.authorize_url_reply("qq", json!({ "next": "/orders" })).await;
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
        begun["expiresAt"].as_str().expect("a timestamp").parse().expect("one");
    assert_eq!((expires - world.now()).num_seconds(), 600);
    let cookie =
        reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("a line").to_owned());
    let cookie = cookie.into_iter().find(|line| line.starts_with("menjin_browser=")).expect("the cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=900"));
    // The store contains only digests of the state and of the cookie.
    let again =
        browser.authorize_url_reply("qq", json!({ "display": "MOBILE" })).await.data("qqAuthorizeUrl");
    assert!(again["url"].as_str().expect("an address").contains("display=mobile"));
    assert_ne!(again["state"], begun["state"]);
}

#[apply(both_backends)]
async fn tabs_share_the_cookie_of_the_browser(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    browser.authorize_url("qq", "/").await;
    let first = browser.cookie("menjin_browser").expect("a cookie");
    browser.authorize_url("qq", "/").await;
    assert_eq!(browser.cookie("menjin_browser").as_deref(), Some(first.as_str()));
}

#[apply(both_backends)]
async fn next_cannot_leave_the_site(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""] {
        let reply = world.browser().authorize_url_reply("qq", json!({ "next": next })).await;
        assert_eq!(reply.error_code(), "BAD_REQUEST", "{next}: {}", reply.text);
        let typed = world
            .browser()
            .authorize_url_reply("weibo", json!({ "next": next }))
            .await
            .data("socialAuthorizeUrl");
        assert_eq!(
            typed["fields"],
            json!([{ "path": "next", "code": "FOREIGN_ADDRESS" }]),
            "{next}: {typed}"
        );
    }
    let reply = world.browser().authorize_url_reply("qq", Value::Null).await;
    assert!(reply.data("qqAuthorizeUrl")["url"].is_string());
}

#[apply(both_backends)]
async fn requests_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SOCIAL", "2/1h")]).await else { return };
    let browser = world.browser();
    for _ in 0..2 {
        browser.authorize_url("qq", "/").await;
    }
    assert_eq!(browser.authorize_url_reply("qq", json!({})).await.error_code(), "RATE_LIMITED");
    world.browser().authorize_url("qq", "/").await;
    world.advance(1_800);
    browser.authorize_url("qq", "/").await;
}
