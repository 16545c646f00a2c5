//! `/oauth/introspect`, as a service calls it.

use rstest_reuse::apply;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::proxy::ProxyState;
use crate::support::{Backend, Reply, World, both_backends, logs};

const MOBILE: &str = "+8613800138000";
/// `orders` has two secrets, `old` and `new`; that of `billing` is `a+b c`.
const CLIENTS: (&str, &str) = (
    "MENJIN_SERVICES_CLIENTS",
    "orders:cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4,\
     orders:11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437,\
     billing:a25c1a58562a296f3d550bd94ab47c6247b513d35955fbafb92aecb22403b8d0",
);
const INACTIVE: &str = r#"{"active":false}"#;

async fn ask(world: &World, name: &str, secret: &str, form: &[(&str, &str)]) -> Reply {
    let request = world.browser_at("10.9.9.9").request(Method::POST, "/oauth/introspect");
    Reply::read(request.basic_auth(name, Some(secret)).form(form).send().await.expect("a response")).await
}

async fn introspect(world: &World, token: &str) -> Reply {
    let reply = ask(world, "orders", "new", &[("token", token)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!((reply.status, &reply.json), (status, &json!({ "error": error })), "{}", reply.text);
}

#[apply(both_backends)]
async fn a_service_reads_whose_token_it_is(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET roles = '[\"editor\"]'").await;
    let reply = introspect(&world, &person.token).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let claims = &reply.json;
    assert_eq!((&claims["active"], &claims["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!((&claims["sub"], &claims["roles"]), (&json!(person.id), &json!(["editor"])));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("http://127.0.0.1:8000"), &json!("menjin")));
    assert_eq!(claims["exp"], world.now().timestamp() + 600);
    let hinted =
        ask(&world, "orders", "old", &[("token", &person.token), ("token_type_hint", "refresh_token")]).await;
    assert_eq!(hinted.json, *claims, "both secrets are valid, and a wrong hint is ignored");
}

#[apply(both_backends)]
async fn an_invalid_token_is_inactive_without_details(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let verified =
        world.browser().request(Method::GET, "/auth/verify").bearer_auth(&person.token).send().await;
    let upstream =
        verified.expect("a response").headers()["x-upstream-token"].to_str().expect("text").to_owned();
    let refresh = person.browser.cookie("menjin_refresh").expect("a refresh token");
    for token in ["nonsense", "a.b.c", &format!("{}x", person.token), &upstream, &refresh, " ", "\u{0}"] {
        assert_eq!(introspect(&world, token).await.text, INACTIVE, "{token:?}");
    }
    world.advance(610);
    assert_eq!(introspect(&world, &person.token).await.text, INACTIVE);
}

#[apply(both_backends)]
async fn a_token_of_a_revoked_session_is_inactive_in_both_modes(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS, ("MENJIN_SERVICES_STRICT", "false")]).await
    else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(introspect(&world, &person.token).await.json["active"], true);
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at").await;
    assert_eq!(introspect(&world, &person.token).await.text, INACTIVE);
}

#[apply(both_backends)]
async fn a_token_of_a_disabled_account_is_inactive(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    assert_eq!(introspect(&world, &person.token).await.text, INACTIVE);
}

#[apply(both_backends)]
async fn only_an_authenticated_service_gets_a_response(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let form = [("token", person.token.as_str())];
    for (name, secret) in [
        ("orders", "wrong"),
        ("orders", ""),
        ("Orders", "new"),
        ("", "new"),
        ("other", "new"),
        ("billing", "new"),
    ] {
        let reply = ask(&world, name, secret, &form).await;
        refused(&reply, 401, "invalid_client");
        assert!(reply.headers["www-authenticate"].to_str().is_ok_and(|value| value.starts_with("Basic ")));
    }
    let asked = || world.browser().request(Method::POST, "/oauth/introspect").form(&form);
    let both = asked().basic_auth("orders", Some("new")).basic_auth("orders", Some("new"));
    let posted = [("token", person.token.as_str()), ("client_id", "orders"), ("client_secret", "new")];
    let in_body = world.browser().request(Method::POST, "/oauth/introspect").form(&posted);
    for request in [
        asked(),
        asked().bearer_auth(&person.token),
        asked().header("authorization", "Basic !"),
        both,
        in_body,
    ] {
        refused(&Reply::read(request.send().await.expect("a response")).await, 401, "invalid_client");
    }
    assert_eq!(
        ask(&world, "billing", "a%2Bb+c", &form).await.json["active"],
        true,
        "the credentials are form-encoded, see RFC 6749 section 2.3.1"
    );
    assert!(logs::lines_with(&logs::written(), &person.token).is_empty());
}

#[apply(both_backends)]
async fn without_configured_services_every_request_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    refused(&ask(&world, "", "", &[("token", &person.token)]).await, 401, "invalid_client");
}

#[apply(both_backends)]
async fn malformed_requests_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let token = person.token.as_str();
    for form in [&[][..], &[("token", "")], &[("token", token), ("token", token)], &[("tokens", token)]] {
        refused(&ask(&world, "orders", "new", form).await, 400, "invalid_request");
    }
    let request =
        |method, path: &str| world.browser().request(method, path).basic_auth("orders", Some("new"));
    let json = request(Method::POST, "/oauth/introspect").json(&json!({ "token": token }));
    refused(&Reply::read(json.send().await.expect("a response")).await, 400, "invalid_request");
    let get =
        request(Method::GET, &format!("/oauth/introspect?token={token}")).send().await.expect("a response");
    assert_eq!(get.status(), 405);
    let long = ask(&world, "orders", "new", &[("token", &"a".repeat(70_000))]).await;
    assert_eq!((long.status, long.error_code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[apply(both_backends)]
async fn wrong_secrets_are_limited_and_valid_requests_are_not(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    for _ in 0..40 {
        introspect(&world, &person.token).await;
    }
    let form = [("token", person.token.as_str())];
    for _ in 0..30 {
        refused(&ask(&world, "orders", "guess", &form).await, 401, "invalid_client");
    }
    for secret in ["guess", "new"] {
        let reply = ask(&world, "orders", secret, &form).await;
        assert_eq!((reply.status, reply.error_code()), (429, "RATE_LIMITED"), "{}", reply.text);
        assert_eq!(reply.headers["retry-after"], "3");
    }
    assert_eq!(
        ask(&world, "billing", "a%2Bb+c", &form).await.status,
        200,
        "another service of the same network is not limited"
    );
    let request =
        world.browser().request(Method::POST, "/oauth/introspect").basic_auth("orders", Some("new"));
    assert_eq!(
        request.form(&form).send().await.expect("a response").status(),
        200,
        "another network is not limited"
    );
    world.advance(2);
    introspect(&world, &person.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_needs_the_database_but_not_redis() {
    let Some((world, redis, database)) = World::start_behind_proxies(&[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    redis.set(ProxyState::Hanging);
    assert_eq!(introspect(&world, &person.token).await.json["active"], true);
    for state in [ProxyState::Refusing, ProxyState::Hanging] {
        database.set(state);
        let began = Instant::now();
        let reply = ask(&world, "orders", "new", &[("token", &person.token)]).await;
        assert_eq!((reply.status, reply.error_code()), (503, "UNAVAILABLE"), "{}", reply.text);
        assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    }
}
