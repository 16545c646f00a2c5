//! `/auth/verify`, as a reverse proxy calls it.

use rstest_reuse::apply;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::Method;
use serde_json::Value;

use crate::support::proxy::ProxyState;
use crate::support::{Backend, Reply, World, both_backends};

const MOBILE: &str = "+8613800138000";
const LENIENT: (&str, &str) = ("MENJIN_SERVICES_STRICT", "false");
const IDENTITY: [&str; 4] = ["x-user-id", "x-user-roles", "x-session-id", "x-upstream-token"];

async fn ask(world: &World, headers: &[(&str, &str)]) -> Reply {
    let mut request = world.browser().request(Method::GET, "/auth/verify");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::read(request.send().await.expect("a response")).await
}

async fn verify(world: &World, token: &str) -> Reply {
    ask(world, &[("authorization", &format!("Bearer {token}"))]).await
}

fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Asserts that the request is refused and that the response has no identity headers.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.error_code()), (status, code), "{}", reply.text);
    for name in IDENTITY {
        assert!(!reply.headers.contains_key(name), "{name} in {:?}", reply.headers);
    }
}

/// Checks signature, audience and type of an upstream token as a service does, and returns its claims.
async fn upstream(world: &World, token: &str) -> Value {
    let head = decode_header(token).expect("a JWT");
    assert_eq!(head.typ.as_deref(), Some("upstream+jwt"));
    let keys = world.gateway.db().signing_keys().await.expect("keys");
    let key = keys.iter().find(|key| Some(&key.kid) == head.kid.as_ref()).expect("a key of ours");
    let jwk: Jwk = serde_json::from_str(&key.public_jwk).expect("a JWK");
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_audience(&["menjin-upstream"]);
    rules.set_issuer(&["http://127.0.0.1:8000"]);
    rules.validate_exp = false;
    decode::<Value>(token, &DecodingKey::from_jwk(&jwk).expect("a key"), &rules)
        .expect("a valid token")
        .claims
}

#[apply(both_backends)]
async fn a_valid_token_passes_with_identity_headers(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET roles = '[\"editor\",\"a,b\"]'").await;
    let reply = verify(&world, &person.token).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    assert_eq!(header(&reply, "x-user-id"), person.id);
    assert_eq!(header(&reply, "x-user-roles"), "editor,a%2Cb", "the current roles");
    assert_eq!(header(&reply, "cache-control"), "no-store");
    let claims = upstream(&world, header(&reply, "x-upstream-token")).await;
    assert_eq!(claims["sub"], *person.id);
    assert_eq!(claims["sid"], header(&reply, "x-session-id"));
    assert_eq!(claims["roles"], serde_json::json!(["editor", "a,b"]));
    assert_eq!(claims["exp"], world.now().timestamp() + 60);
    let me = person
        .browser
        .with_token(&person.token)
        .post("{ me { sessions { id } } }", Value::Null)
        .await
        .data("me");
    assert_eq!(me["sessions"][0]["id"], header(&reply, "x-session-id"));
}

#[apply(both_backends)]
async fn requests_without_a_valid_token_are_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let none = ask(&world, &[]).await;
    refused(&none, 401, "UNAUTHENTICATED");
    assert_eq!(header(&none, "www-authenticate"), "Bearer");
    let (bearer, flipped) = (format!("Bearer {}", person.token), format!("Bearer {}x", person.token));
    for headers in [
        &[("authorization", "Bearer nonsense")][..],
        &[("authorization", flipped.as_str())],
        &[("authorization", person.token.as_str())],
        &[("authorization", "Basic bGlsZWk6eA==")],
        &[("authorization", bearer.as_str()), ("authorization", bearer.as_str())],
        &[("authorization", bearer.as_str()), ("authorization", "Bearer nonsense")],
    ] {
        let reply = ask(&world, headers).await;
        refused(&reply, 401, "UNAUTHENTICATED");
        assert_eq!(header(&reply, "www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    let cookie = format!("menjin_access={0}; access_token={0}; authorization={0}", person.token);
    refused(&ask(&world, &[("cookie", &cookie)]).await, 401, "UNAUTHENTICATED");
    world.advance(610);
    refused(&verify(&world, &person.token).await, 401, "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn identity_headers_of_the_client_are_ignored(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let bearer = format!("Bearer {}", person.token);
    let forged = IDENTITY.map(|name| (name, "admin"));
    let mut headers = forged.to_vec();
    headers.push(("x-forwarded-user", "admin"));
    refused(&ask(&world, &headers).await, 401, "UNAUTHENTICATED");
    headers.push(("authorization", &bearer));
    let reply = ask(&world, &headers).await;
    assert_eq!((reply.status, header(&reply, "x-user-id")), (200, person.id.as_str()));
    for name in IDENTITY {
        let values: Vec<_> = reply.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        assert_ne!(values[0], "admin", "{name}");
    }
    assert_eq!(header(&reply, "x-user-roles"), "", "the header is sent without roles, too");
    assert!(!reply.headers.contains_key("x-forwarded-user"));
}

#[apply(both_backends)]
async fn an_upstream_token_is_not_an_access_token(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let reply = verify(&world, &person.token).await;
    let token = header(&reply, "x-upstream-token");
    refused(&verify(&world, token).await, 401, "UNAUTHENTICATED");
    assert_eq!(world.browser().with_token(token).me().await, Value::Null);
}

#[apply(both_backends)]
async fn every_method_and_every_subpath_is_accepted(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    for (method, path) in [
        (Method::HEAD, "/auth/verify"),
        (Method::POST, "/auth/verify/orders/7"),
        (Method::DELETE, "/auth/verify/"),
        (Method::OPTIONS, "/auth/verify?x=1"),
    ] {
        let asked = |token: &str| world.browser().request(method.clone(), path).bearer_auth(token);
        let valid = Reply::read(asked(&person.token).send().await.expect("a response")).await;
        let invalid = Reply::read(asked("x").send().await.expect("a response")).await;
        assert_eq!((valid.status, invalid.status), (200, 401), "{method} {path}");
    }
}

#[apply(both_backends)]
async fn strict_mode_refuses_a_revoked_session_at_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(verify(&world, &person.token).await.status, 200);
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at").await;
    refused(&verify(&world, &person.token).await, 401, "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn strict_mode_refuses_a_disabled_account_at_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    refused(&verify(&world, &person.token).await, 401, "UNAUTHENTICATED");
}

#[apply(both_backends)]
async fn lenient_mode_accepts_a_token_until_it_expires(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[LENIENT]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world
        .sql()
        .await
        .run("UPDATE sessions SET revoked_at = created_at; UPDATE users SET roles = '[\"late\"]'")
        .await;
    let reply = verify(&world, &person.token).await;
    assert_eq!((reply.status, header(&reply, "x-user-roles")), (200, ""), "the roles of the token");
    refused(&verify(&world, &format!("{}x", person.token)).await, 401, "UNAUTHENTICATED");
    world.advance(610);
    refused(&verify(&world, &person.token).await, 401, "UNAUTHENTICATED");
}

async fn while_the_database_is_down(
    settings: &[(&str, &str)],
    state: ProxyState,
    check: impl AsyncFnOnce(Reply),
) {
    let Some((world, _, database)) = World::start_behind_proxies(settings).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(state);
    let began = Instant::now();
    let reply = verify(&world, &person.token).await;
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    check(reply).await;
    refused(&verify(&world, "nonsense").await, 401, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_mode_refuses_requests_while_the_database_refuses_connections() {
    while_the_database_is_down(&[], ProxyState::Refusing, async |reply| refused(&reply, 503, "UNAVAILABLE"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_mode_refuses_requests_while_the_database_hangs() {
    while_the_database_is_down(&[], ProxyState::Hanging, async |reply| refused(&reply, 503, "UNAVAILABLE"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lenient_mode_works_without_the_database() {
    while_the_database_is_down(&[LENIENT], ProxyState::Refusing, async |reply| {
        assert_eq!(reply.status, 200, "{}", reply.text);
    })
    .await;
}

#[apply(both_backends)]
async fn a_cors_preflight_passes_only_with_a_valid_token(#[case] backend: Backend) {
    let Some(world) =
        World::start_with(backend, &[("MENJIN_HTTP_ALLOWED_ORIGINS", "https://app.example")]).await
    else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let preflight = async |path: &str, token: Option<&str>| {
        let mut request = world
            .browser()
            .request(Method::OPTIONS, path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "GET");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Reply::read(request.send().await.expect("a response")).await
    };
    for path in ["/auth/verify", "/auth/verify/orders/1"] {
        refused(&preflight(path, None).await, 401, "UNAUTHENTICATED");
        assert_eq!(preflight(path, Some(&person.token)).await.status, 200);
    }
    for path in ["/auth/hasura", "/oauth/introspect", "/health/live", "/.well-known/jwks.json"] {
        assert_eq!(preflight(path, None).await.status, 405, "{path}");
    }
    let graphql = preflight("/graphql", None).await;
    assert_eq!((graphql.status, header(&graphql, "access-control-allow-methods")), (204, "GET, POST"));
    // The origin does not matter: the endpoint accepts no cookies.
    let request =
        world.browser().request(Method::POST, "/auth/verify").header("origin", "https://evil.example");
    let reply = Reply::read(request.bearer_auth(&person.token).send().await.expect("a response")).await;
    assert_eq!((reply.status, header(&reply, "x-user-id")), (200, &*person.id));
}
