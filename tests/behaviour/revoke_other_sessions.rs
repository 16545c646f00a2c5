//! `revokeOtherSessions`: all but this one.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const REVOKE: &str = "mutation { revokeOtherSessions { __typename ... on OtherSessionsRevoked { count } ... on Problem { code } } }";

#[apply(both_backends)]
async fn all_other_sessions_end_and_nobody_elses(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stranger = world.person("+8613900139000", "hanmei").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let outcome = world.browser().login("lilei", PASSWORD).await;
        others.push(outcome["accessToken"].as_str().expect("a token").to_owned());
    }
    let own = person.browser.bearing(&person.token);
    for expected in [3, 0] {
        let outcome = own.post(REVOKE, json!({})).await.data("revokeOtherSessions");
        assert_eq!(outcome, json!({ "__typename": "OtherSessionsRevoked", "count": expected }));
    }
    for other in others {
        assert_eq!(world.browser().bearing(&other).me().await, Value::Null);
    }
    assert_eq!(own.me().await["id"], *person.id);
    assert_eq!(stranger.browser.bearing(&stranger.token).me().await["id"], *stranger.id);
}

#[apply(both_backends)]
async fn nothing_is_written_down_where_nothing_ends(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_ACCOUNT_CHANGES", "2/1d")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let own = person.at_work(&world);
    for expected in ["OtherSessionsRevoked", "OtherSessionsRevoked", "RateLimited"] {
        assert_eq!(kind(&own.post(REVOKE, json!({})).await.data("revokeOtherSessions")), expected);
    }
    let entries = "audit_events WHERE kind = 'sessions_revoked'";
    assert_eq!(world.sql().await.count(entries).await, 0);
    // Each session has its own count: a thief does not keep the owner from it.
    let fresh = world.browser().login("lilei", PASSWORD).await;
    let fresh = world.browser().bearing(fresh["accessToken"].as_str().expect("a token"));
    let outcome = fresh.post(REVOKE, json!({})).await.data("revokeOtherSessions");
    assert_eq!(outcome["count"], 1, "{outcome}");
    assert_eq!(world.sql().await.count(entries).await, 1);
}

#[apply(both_backends)]
async fn of_two_that_end_each_other_one_is_left(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let mut browsers = vec![person.at_work(&world)];
    for _ in 0..5 {
        let outcome = world.browser().login("lilei", PASSWORD).await;
        browsers.push(world.browser().bearing(outcome["accessToken"].as_str().expect("a token")));
    }
    let replies = join_all(browsers.iter().map(|browser| browser.post(REVOKE, json!({})))).await;
    let done = replies.iter().filter(|reply| reply.error_code().is_empty()).count();
    assert!(replies.iter().all(|reply| ["", "UNAUTHENTICATED"].contains(&reply.error_code())));
    assert_eq!((done, world.sql().await.count("sessions WHERE revoked_at IS NULL").await), (1, 1));
}

#[apply(both_backends)]
async fn whoever_is_nobody_is_told_so(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let reply = world.browser().post(REVOKE, json!({})).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
