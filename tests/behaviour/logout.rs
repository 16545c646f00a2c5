//! `logout`: revokes the caller's session.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

async fn logout(browser: &Browser) {
    let done = browser.post("mutation { logout { done } }", json!({})).await.data("logout");
    assert_eq!(done["done"], true);
}

const REFRESH: &str = "mutation { refreshSession { __typename } }";

#[apply(both_backends)]
async fn only_the_session_of_the_token_is_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.browser().login("lilei", PASSWORD).await;
    let browser = person.browser.with_token(&person.token);
    logout(&browser).await;
    assert_eq!(browser.me().await, Value::Null);
    assert_eq!(browser.cookie("menjin_refresh"), None, "the cookie is deleted");
    let second = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    assert_eq!(second.me().await["id"], *person.id);
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'signed_out'").await, 1);
}

#[apply(both_backends)]
async fn the_refresh_cookie_alone_is_enough(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stolen = person.browser.cookie("menjin_refresh").expect("a cookie");
    logout(&person.browser).await;
    let thief = world.browser();
    thief.set_cookie("menjin_refresh", &stolen);
    let outcome = thief.post(REFRESH, json!({})).await.data("refreshSession");
    assert_eq!(kind(&outcome), "SessionRejected");
}

#[apply(both_backends)]
async fn a_second_logout_gets_the_same_response(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    logout(&world.browser()).await;
    let browser = person.browser.with_token(&person.token);
    logout(&browser).await;
    logout(&browser).await;
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'signed_out'").await, 1);
}

#[apply(both_backends)]
async fn anonymous_callers_revoke_nothing(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stranger = world.browser().with_token("nonsense");
    stranger.set_cookie("menjin_refresh", &"A".repeat(70));
    logout(&stranger).await;
    assert_eq!(person.browser.with_token(&person.token).me().await["id"], *person.id);
}
