//! `revokeOtherSessions`: revokes all sessions of the user but the caller's.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const REVOKE: &str = "mutation { revokeOtherSessions { __typename ... on OtherSessionsRevoked { count } ... on Problem { code } } }";

#[apply(both_backends)]
async fn all_other_sessions_of_the_user_are_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stranger = world.person("+8613900139000", "hanmei").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let outcome = world.browser().login("lilei", PASSWORD).await;
        others.push(outcome["accessToken"].as_str().expect("a token").to_owned());
    }
    let own = person.browser.with_token(&person.token);
    for expected in [3, 0] {
        let outcome = own.post(REVOKE, json!({})).await.data("revokeOtherSessions");
        assert_eq!(outcome, json!({ "__typename": "OtherSessionsRevoked", "count": expected }));
    }
    for other in others {
        assert_eq!(world.browser().with_token(&other).me().await, Value::Null);
    }
    assert_eq!(own.me().await["id"], *person.id);
    assert_eq!(stranger.browser.with_token(&stranger.token).me().await["id"], *stranger.id);
}

#[apply(both_backends)]
async fn revoking_no_session_is_not_audited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let own = person.new_browser(&world);
    for expected in ["OtherSessionsRevoked", "OtherSessionsRevoked", "RateLimited"] {
        assert_eq!(kind(&own.post(REVOKE, json!({})).await.data("revokeOtherSessions")), expected);
    }
    let entries = "audit_events WHERE kind = 'sessions_revoked'";
    assert_eq!(world.sql().await.count(entries).await, 0);
    // Each session is limited separately, so that a thief cannot block the owner.
    let fresh = world.browser().login("lilei", PASSWORD).await;
    let fresh = world.browser().with_token(fresh["accessToken"].as_str().expect("a token"));
    let outcome = fresh.post(REVOKE, json!({})).await.data("revokeOtherSessions");
    assert_eq!(outcome["count"], 1, "{outcome}");
    assert_eq!(world.sql().await.count(entries).await, 1);
}

#[apply(both_backends)]
async fn one_of_two_sessions_that_revoke_each_other_survives(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let mut browsers = vec![person.new_browser(&world)];
    for _ in 0..5 {
        let outcome = world.browser().login("lilei", PASSWORD).await;
        browsers.push(world.browser().with_token(outcome["accessToken"].as_str().expect("a token")));
    }
    let replies = join_all(browsers.iter().map(|browser| browser.post(REVOKE, json!({})))).await;
    let done = replies.iter().filter(|reply| reply.error_code().is_empty()).count();
    assert!(replies.iter().all(|reply| ["", "UNAUTHENTICATED"].contains(&reply.error_code())));
    assert_eq!((done, world.sql().await.count("sessions WHERE revoked_at IS NULL").await), (1, 1));
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let reply = world.browser().post(REVOKE, json!({})).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
