//! `revokeOtherSessions`: all but this one.

use serde_json::{Value, json};

use crate::support::{PASSWORD, World};

const MOBILE: &str = "+8613800138000";
const REVOKE: &str = "mutation { revokeOtherSessions { __typename ... on OtherSessionsRevoked { count } ... on Problem { code } } }";

on_both! {
    async fn all_other_sessions_end_and_nobody_elses(world: &World) {
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
}

on_both! {
    async fn whoever_is_nobody_is_told_so(world: &World) {
        let reply = world.browser().post(REVOKE, json!({})).await;
        assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
    }
}
