//! `revokeSession`, and the list of sessions.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Backend, PASSWORD, Person, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const SESSIONS: &str = "{ me { sessions { id current device ip createdAt lastUsedAt expiresAt } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeSession(id: $id) { __typename ... on SessionRevoked { id } ... on Problem { code message } } }";

async fn sessions(browser: &Browser) -> Vec<Value> {
    let me = browser.post(SESSIONS, json!({})).await.data("me");
    me["sessions"].as_array().expect("sessions").clone()
}

async fn revoke(browser: &Browser, id: &str) -> Value {
    browser.post(REVOKE, json!({ "id": id })).await.data("revokeSession")
}

/// Signs in once more and returns the access token.
async fn sign_in_again(world: &World, name: &str) -> String {
    let outcome = world.browser().login(name, PASSWORD).await;
    outcome["accessToken"].as_str().expect("a token").to_owned()
}

fn browser(world: &World, person: &Person) -> Browser {
    world.browser().with_token(&person.token)
}

#[apply(both_backends)]
async fn the_list_contains_device_address_and_times(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.advance(60);
    sign_in_again(&world, "lilei").await;
    let list = sessions(&browser(&world, &person)).await;
    assert_eq!(list.len(), 2, "{list:?}");
    assert_eq!(
        (&list[0]["current"], &list[1]["current"]),
        (&json!(false), &json!(true)),
        "sorted by last use, latest first"
    );
    assert_eq!(list[0]["device"], "menjin-tests");
    assert!(list[0]["ip"].as_str().is_some_and(|ip| ip.starts_with("10.")), "{list:?}");
    assert!(list[0]["createdAt"].as_str() > list[1]["createdAt"].as_str());
}

#[apply(both_backends)]
async fn a_session_can_be_revoked_from_another_one(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let lost = sign_in_again(&world, "lilei").await;
    let own = browser(&world, &person);
    let list = sessions(&own).await;
    let other = list.iter().find(|session| session["current"] == false).expect("the other one");
    let id = other["id"].as_str().expect("an id");
    let outcome = revoke(&own, id).await;
    assert_eq!(outcome, json!({ "__typename": "SessionRevoked", "id": id }));
    assert_eq!(world.browser().with_token(&lost).me().await, Value::Null);
    assert_eq!(sessions(&own).await.len(), 1);
    let again = revoke(&own, id).await;
    assert_eq!(kind(&again), "SessionRejected", "once");
    // The message must not suggest that the caller's own session has ended.
    assert_eq!(again["message"], "There is no such session, or it has already ended.");
    assert!(!own.me().await.is_null());
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'sessions_revoked'").await, 1);
}

#[apply(both_backends)]
async fn sessions_of_other_users_cannot_be_revoked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let stranger = world.person("+8613900139000", "hanmei").await;
    let list = sessions(&browser(&world, &person)).await;
    let id = list[0]["id"].as_str().expect("an id");
    let theirs = revoke(&browser(&world, &stranger), id).await;
    let never = revoke(&browser(&world, &stranger), "01a1fd2d-11a2-7ac7-9df8-ee59239b9903").await;
    assert_eq!(kind(&theirs), "SessionRejected");
    assert_eq!(theirs, never, "a session of another user and an unknown one get the same response");
    for nonsense in ["", "x", "\u{0}", "' OR 1=1"] {
        assert_eq!(kind(&revoke(&browser(&world, &stranger), nonsense).await), "SessionRejected");
    }
    assert_eq!(browser(&world, &person).me().await["id"], *person.id);
}

#[apply(both_backends)]
async fn anonymous_callers_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let reply = world.browser().post(REVOKE, json!({ "id": "x" })).await;
    assert_eq!(reply.error_code(), "UNAUTHENTICATED", "{}", reply.text);
}
