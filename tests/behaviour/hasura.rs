//! Hasura: the claims for its JWT mode, and `/auth/hasura` as its webhook mode calls it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::proxy::ProxyState;
use crate::support::{Backend, PASSWORD, Reply, World, both_backends};

const MOBILE: &str = "+8613800138000";
const NAMESPACE: &str = "https://hasura.io/jwt/claims";
const ROLES: &str = "UPDATE users SET roles = '[\"editor\",\"admin\"]'";

async fn get(world: &World, headers: &[(&str, &str)]) -> Reply {
    let mut request = world.browser().request(Method::GET, "/auth/hasura");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::read(request.send().await.expect("a response")).await
}

async fn post(world: &World, body: &Value) -> Reply {
    let request = world.browser().request(Method::POST, "/auth/hasura").json(body);
    Reply::read(request.send().await.expect("a response")).await
}

/// Returns the body that Hasura posts: the client's headers and request.
fn posted(headers: &Value) -> Value {
    json!({ "headers": headers, "request": { "query": "{ orders { id } }", "variables": null, "operationName": null } })
}

#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.error_code()), (status, code), "{}", reply.text);
    assert!(!reply.text.contains("X-Hasura"), "{}", reply.text);
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

#[apply(both_backends)]
async fn the_webhook_returns_session_variables_for_get_and_post(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run(ROLES).await;
    let bearer = format!("Bearer {}", person.token);
    let expected = json!({
        "X-Hasura-User-Id": person.id, "X-Hasura-Role": "user", "X-Hasura-Allowed-Roles": r#"["user","editor"]"#,
        "Cache-Control": "max-age=600",
    });
    let by_post = get(&world, &[("authorization", &bearer)]).await;
    assert_eq!((by_post.status, &by_post.json), (200, &expected), "{}", by_post.text);
    assert_eq!(by_post.headers["cache-control"], "no-store", "HTTP caches must not store it");
    for name in ["Authorization", "authorization", "AUTHORIZATION"] {
        assert_eq!(
            post(&world, &posted(&json!({ name: bearer, "x-hasura-user-id": "1" }))).await.json,
            expected
        );
    }
    world.advance(100);
    assert_eq!(get(&world, &[("authorization", &bearer)]).await.json["Cache-Control"], "max-age=500");
}

#[apply(both_backends)]
async fn a_user_can_choose_one_of_their_roles_and_never_admin(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run(ROLES).await;
    let bearer = format!("Bearer {}", person.token);
    for (role, status) in
        [("user", 200), ("editor", 200), ("admin", 401), ("Editor", 401), ("other", 401), ("", 401)]
    {
        let by_get = get(&world, &[("authorization", &bearer), ("x-hasura-role", role)]).await;
        let by_post = post(&world, &posted(&json!({ "Authorization": bearer, "X-Hasura-Role": role }))).await;
        assert_eq!((by_get.status, by_post.status), (status, status), "{role}: {}", by_get.text);
        if status == 200 {
            assert_eq!(
                (&by_get.json["X-Hasura-Role"], &by_post.json["X-Hasura-Role"]),
                (&json!(role), &json!(role))
            );
        } else {
            refused(&by_get, 401, "FORBIDDEN");
            refused(&by_post, 401, "FORBIDDEN");
            assert_eq!(by_get.headers["www-authenticate"], "Bearer error=\"insufficient_scope\"");
        }
    }
}

#[apply(both_backends)]
async fn the_webhook_refuses_requests_without_a_valid_token(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let bearer = format!("Bearer {}", person.token);
    refused(&get(&world, &[]).await, 401, "UNAUTHENTICATED");
    refused(&get(&world, &[("authorization", &format!("{bearer}x"))]).await, 401, "UNAUTHENTICATED");
    refused(
        &get(&world, &[("x-hasura-user-id", &person.id), ("x-hasura-role", "user")]).await,
        401,
        "UNAUTHENTICATED",
    );
    refused(&post(&world, &posted(&json!({}))).await, 401, "UNAUTHENTICATED");
    // With POST, the client's headers are in the body: those of Hasura's own request do not count.
    let request = world.browser().request(Method::POST, "/auth/hasura").bearer_auth(&person.token);
    let own = Reply::read(request.json(&posted(&json!({}))).send().await.expect("a response")).await;
    refused(&own, 401, "UNAUTHENTICATED");
    for body in [json!({}), json!([]), json!({ "headers": [] }), posted(&json!({ "Authorization": 1 }))] {
        refused(&post(&world, &body).await, 400, "BAD_REQUEST");
    }
    refused(
        &post(&world, &posted(&json!({ "Authorization": bearer, "authorization": "Bearer x" }))).await,
        400,
        "BAD_REQUEST",
    );
    let form = world.browser().request(Method::POST, "/auth/hasura").form(&[("headers", "x")]);
    refused(&Reply::read(form.send().await.expect("a response")).await, 415, "UNSUPPORTED_MEDIA_TYPE");
}

#[apply(both_backends)]
async fn the_webhook_checks_session_and_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled' WHERE username = 'hanmei'").await;
    refused(
        &get(&world, &[("authorization", &format!("Bearer {}", other.token))]).await,
        401,
        "UNAUTHENTICATED",
    );
    let bearer = format!("Bearer {}", person.token);
    assert_eq!(get(&world, &[("authorization", &bearer)]).await.status, 200);
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at").await;
    refused(&get(&world, &[("authorization", &bearer)]).await, 401, "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn in_lenient_mode_the_webhook_checks_the_token_only(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SERVICES_STRICT", "false")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at").await;
    assert_eq!(get(&world, &[("authorization", &format!("Bearer {}", person.token))]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_refuses_requests_while_the_database_is_down() {
    let Some((world, _, database)) = World::start_behind_proxies(&[]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(ProxyState::Refusing);
    let reply = get(&world, &[("authorization", &format!("Bearer {}", person.token))]).await;
    refused(&reply, 503, "UNAVAILABLE");
}

#[apply(both_backends)]
async fn tokens_contain_hasura_claims_if_enabled(#[case] backend: Backend) {
    let Some(world) = World::start_with(
        backend,
        &[("MENJIN_TOKENS_HASURA", "true"), ("MENJIN_TOKENS_HASURA_ROLE", "member")],
    )
    .await
    else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run(ROLES).await;
    let again = world.browser().login("lilei", PASSWORD).await;
    let token = again["accessToken"].as_str().expect("a token");
    assert_eq!(
        claims(token)[NAMESPACE],
        json!({
            "x-hasura-user-id": person.id, "x-hasura-default-role": "member", "x-hasura-allowed-roles": ["member", "editor"],
        })
    );
    assert_eq!(
        world.browser().with_token(token).me().await["id"],
        *person.id,
        "the token is still valid here"
    );
    let verified = world
        .browser()
        .request(Method::GET, "/auth/verify")
        .bearer_auth(token)
        .send()
        .await
        .expect("a response");
    let upstream = verified.headers()["x-upstream-token"].to_str().expect("text");
    assert_eq!(claims(upstream).get(NAMESPACE), None);
}

#[apply(both_backends)]
async fn tokens_contain_no_hasura_claims_by_default(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(claims(&person.token).get(NAMESPACE), None);
}
