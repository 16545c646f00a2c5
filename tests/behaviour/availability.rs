//! `usernameAvailable`, `nicknameAvailable`, `mobileAvailable` and `emailAvailable`.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, Browser, Reply, World, both_backends};

const MOBILE: &str = "+8613800138000";

async fn ask(browser: &Browser, what: &str, value: &str) -> Reply {
    let document = format!("query Ask($value: String!) {{ {what}Available({what}: $value) }}");
    browser.post(&document, json!({ "value": value })).await
}

async fn available(world: &World, what: &str, value: &str) -> Value {
    ask(&world.browser(), what, value).await.data(&format!("{what}Available"))
}

#[apply(both_backends)]
async fn a_taken_identifier_is_unavailable_in_every_spelling(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "LiLei").await;
    world.person_by_email("Mei.Han@example.com").await;
    for (what, taken, open) in [
        ("username", vec!["LiLei", "lilei", "LILEI"], vec!["lilei2", "hanmei"]),
        ("nickname", vec!["LiLei", "lilei"], vec!["韩梅梅"]),
        ("mobile", vec![MOBILE, "13800138000", "138 0013 8000", "008613800138000"], vec!["13900139000"]),
        ("email", vec!["mei.han@example.com", "MEI.HAN@Example.com"], vec!["mei@example.com"]),
    ] {
        for value in taken {
            assert_eq!(available(&world, what, value).await, json!(false), "{what} {value}");
        }
        for value in open {
            assert_eq!(available(&world, what, value).await, json!(true), "{what} {value}");
        }
    }
}

#[apply(both_backends)]
async fn an_identifier_that_cannot_be_registered_is_unavailable(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (what, value) in [
        ("username", ""),
        ("username", "13800138000"),
        ("username", "a@b.example"),
        ("username", "admin"),
        ("nickname", ""),
        ("nickname", "a\u{202e}b"),
        ("mobile", "12"),
        ("mobile", "+12025550123"),
        ("email", "nobody"),
    ] {
        assert_eq!(available(&world, what, value).await, json!(false), "{what} {value:?}");
    }
}

#[apply(both_backends)]
async fn queries_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser_at("198.51.100.7");
    let mut asked = 0;
    let limited = loop {
        // The four queries share one limit: somebody who collects accounts can use any of them.
        let what = ["username", "nickname", "mobile", "email"][asked % 4];
        let reply = ask(&browser, what, "lilei").await;
        if reply.error_code() == "RATE_LIMITED" {
            break reply;
        }
        reply.data(&format!("{what}Available"));
        asked += 1;
        assert!(asked < 100, "there is no limit");
    };
    assert!(asked >= 10, "a form asks more often while a person types: {asked}");
    let retry_at = limited.json["errors"][0]["extensions"]["retryAt"].as_str().expect("a timestamp");
    let retry_at = chrono::DateTime::parse_from_rfc3339(retry_at).expect("RFC 3339").to_utc();
    assert!(retry_at > world.now());
    assert_eq!(available(&world, "username", "lilei").await, json!(true), "other addresses are not limited");
    world.advance((retry_at - world.now()).num_seconds() + 1);
    assert_eq!(ask(&browser, "username", "lilei").await.data("usernameAvailable"), json!(true));
}

#[apply(both_backends)]
async fn an_operator_can_disable_the_queries(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_ACCOUNTS_AVAILABILITY", "false")]).await else {
        return;
    };
    for what in ["username", "nickname", "mobile", "email"] {
        let reply = ask(&world.browser(), what, "lilei").await;
        assert_eq!(reply.error_code(), "FORBIDDEN", "{}", reply.text);
    }
}
