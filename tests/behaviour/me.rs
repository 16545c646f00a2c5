//! `me`: the signed-in user.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::ME;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";

#[apply(both_backends)]
async fn a_valid_token_returns_the_user(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let me = person.browser.with_token(&person.token).me().await;
    assert_eq!(me, person.outcome["user"]);
    assert_eq!(
        me["createdAt"].as_str().map(|text| text.starts_with("2026-03-01T08:00:00")),
        Some(true),
        "{me}"
    );
}

#[apply(both_backends)]
async fn a_missing_or_invalid_token_returns_null(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(world.browser().me().await, Value::Null);
    let (head, signature) = person.token.rsplit_once('.').expect("a JWT");
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let payload = head.split('.').nth(1).expect("a payload");
    for token in [
        "nonsense",
        "a.b.c",
        &format!("{head}.{flipped}{}", &signature[1..]),
        &format!("{head}."),
        // {"alg":"none"} and {"alg":"HS256"}
        &format!("eyJhbGciOiJub25lIn0.{payload}."),
        &format!("eyJhbGciOiJIUzI1NiJ9.{payload}.{signature}"),
    ] {
        assert_eq!(world.browser().with_token(token).me().await, Value::Null, "{token}");
    }
}

#[apply(both_backends)]
async fn a_token_expires_after_ten_minutes(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let browser = person.browser.with_token(&person.token);
    world.advance(599);
    assert_eq!(browser.me().await["id"], *person.id);
    world.advance(10);
    assert_eq!(browser.me().await, Value::Null);
}

#[apply(both_backends)]
async fn a_token_of_a_revoked_session_returns_null(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.browser().login("lilei", PASSWORD).await;
    assert_eq!(kind(&other), "SignedIn", "{other}");
    let first = person.browser.with_token(&person.token);
    let second = world.browser().with_token(other["accessToken"].as_str().expect("a token"));
    assert_eq!(first.me().await, second.me().await);
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at WHERE method = 'password'").await;
    assert_eq!(second.me().await, Value::Null);
    assert_eq!(first.me().await["id"], *person.id);
}

#[apply(both_backends)]
async fn only_the_bearer_scheme_is_accepted(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let url = format!("http://{}/graphql", world.gateway.address());
    for (header, expected) in [
        (format!("Bearer {}", person.token), true),
        (format!("bearer {}", person.token), true),
        (person.token.clone(), false),
        (format!("Basic {}", person.token), false),
    ] {
        let request =
            reqwest::Client::new().post(&url).header("authorization", &header).json(&json!({ "query": ME }));
        let answer: Value = request.send().await.expect("a response").json().await.expect("JSON");
        assert_eq!(answer["data"]["me"].is_object(), expected, "{} ..: {answer}", &header[..8]);
    }
}
