//! The API as a subgraph: `_service` and `_entities`, for routers that authenticate.

use reqwest::Method;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::proxy::ProxyState;
use crate::support::{Backend, Reply, World, both_backends};

const MOBILE: &str = "+8613800138000";
const ON: (&str, &str) = ("MENJIN_GRAPHQL_FEDERATION", "true");
/// The secret of `router` is `new`.
const CLIENTS: (&str, &str) =
    ("MENJIN_SERVICES_CLIENTS", "router:11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437");
const SERVICE: &str = "{ _service { sdl } }";
/// The fields of `User` that everybody may read. All others must be refused.
const PUBLIC: [&str; 3] = ["id", "nickname", "avatarUrl"];
/// base64 of `router:new`, `router:old`, `other:new`
const VALID: &str = "Basic cm91dGVyOm5ldw==";
const INVALID: [&str; 4] = ["Basic cm91dGVyOm9sZA==", "Basic b3RoZXI6bmV3", "Bearer new", ""];

async fn ask(world: &World, headers: &[(&str, &str)], query: &str, variables: Value) -> Reply {
    let mut request = world.browser().request(Method::POST, "/graphql").header("accept", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::read(
        request.json(&json!({ "query": query, "variables": variables })).send().await.expect("a response"),
    )
    .await
}

/// Queries `fields` of users as a router does, on behalf of the owner of `token`.
async fn entities(world: &World, token: Option<&str>, ids: &[&str], fields: &str) -> Reply {
    let query =
        format!("query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on User {{ {fields} }} }} }}");
    let people: Vec<_> = ids.iter().map(|id| json!({ "__typename": "User", "id": id })).collect();
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("x-service-authorization", VALID)];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    ask(world, &headers, &query, json!({ "r": people })).await
}

/// Returns every field of `User`, with a selection if it needs one.
fn fields() -> Vec<(String, String)> {
    let sdl =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).expect("the schema");
    let (_, rest) = sdl.split_once("\ntype User {\n").expect("type User");
    let (body, _) = rest.split_once("\n}").expect("the end of the type");
    let scalars = ["ID", "String", "Boolean", "DateTime", "Int"];
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with('"'));
    lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.chars().all(char::is_alphanumeric))
        .map(|(name, ty)| {
            let bare = ty.trim_matches(['[', ']', '!']);
            let selection =
                if scalars.contains(&bare) { name.to_owned() } else { format!("{name} {{ __typename }}") };
            (name.to_owned(), selection)
        })
        .collect()
}

#[apply(both_backends)]
async fn a_router_reads_the_schema_and_users_by_id(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[ON, CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    let sdl = ask(&world, &[("x-service-authorization", VALID)], SERVICE, Value::Null).await.data("_service");
    assert!(sdl["sdl"].as_str().is_some_and(|sdl| sdl.contains("type User @key(fields: \"id\")")), "{sdl}");
    let unknown = "01a1fd2d-11a2-7ac7-9df8-ee59239b9903";
    let ids = [other.id.as_str(), unknown, "' OR 1=1", person.id.as_str()];
    let found = entities(&world, None, &ids, "__typename id nickname avatarUrl").await.data("_entities");
    assert_eq!(
        found[0],
        json!({
            "__typename": "User", "id": other.id, "nickname": other.outcome["user"]["nickname"], "avatarUrl": null,
        })
    );
    assert_eq!((&found[1], &found[2], &found[3]["id"]), (&Value::Null, &Value::Null, &json!(person.id)));
    world.sql().await.run("UPDATE users SET status = 'disabled' WHERE username = 'hanmei'").await;
    assert_eq!(entities(&world, None, &ids[..1], "id").await.data("_entities"), json!([null]));
}

#[apply(both_backends)]
async fn only_an_authenticated_router_can_query_entities(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[ON, CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let query = format!(
        "{{ _entities(representations: [{{ __typename: \"User\", id: \"{}\" }}]) {{ __typename }} }}",
        person.id
    );
    let hidden = "{ ...f } fragment f on Query { ... { s: _service { sdl } } }";
    let bearer = format!("Bearer {}", person.token);
    for query in [SERVICE, &query, hidden] {
        let mut tried = vec![ask(&world, &[], query, Value::Null).await];
        tried.push(ask(&world, &[("authorization", &bearer)], query, Value::Null).await);
        tried.push(ask(&world, &[("authorization", VALID)], query, Value::Null).await);
        let twice = [("x-service-authorization", VALID), ("x-service-authorization", VALID)];
        tried.push(ask(&world, &twice, query, Value::Null).await);
        for wrong in INVALID {
            tried.push(ask(&world, &[("x-service-authorization", wrong)], query, Value::Null).await);
        }
        for reply in tried {
            assert_eq!(reply.error_code(), "FORBIDDEN", "{query}: {}", reply.text);
            assert!(reply.json.get("data").is_none_or(Value::is_null), "{}", reply.text);
        }
    }
    let me = ask(
        &world,
        &[("authorization", &bearer), ("x-service-authorization", INVALID[0])],
        "{ me { email id } }",
        Value::Null,
    )
    .await;
    assert_eq!(me.data("me")["id"], *person.id, "other queries work without the router's credentials");
}

#[apply(both_backends)]
async fn personal_fields_are_visible_to_the_user_alone(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[ON, CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    let fields = fields();
    assert!(fields.len() > 8, "{fields:?}");
    for (name, selection) in &fields {
        for token in [None, Some(other.token.as_str())] {
            let reply = entities(&world, token, &[&person.id], selection).await;
            if PUBLIC.contains(&name.as_str()) {
                assert!(reply.data("_entities")[0].is_object(), "{name}: {}", reply.text);
            } else {
                assert_eq!(reply.error_code(), "FORBIDDEN", "{name}: {}", reply.text);
                assert!(
                    !reply.text.contains("13800138000") && !reply.text.contains("lilei"),
                    "{name}: {}",
                    reply.text
                );
            }
        }
    }
    let all = fields.into_iter().map(|(_, selection)| selection).collect::<Vec<_>>().join(" ");
    let own = entities(&world, Some(&person.token), &[&person.id], &all).await.data("_entities");
    assert_eq!((&own[0]["mobile"], &own[0]["username"]), (&json!(MOBILE), &json!("lilei")));
    world.sql().await.run("UPDATE sessions SET revoked_at = created_at").await;
    let late = entities(&world, Some(&person.token), &[&person.id], "mobile").await;
    assert_eq!(late.error_code(), "FORBIDDEN", "the session is revoked: {}", late.text);
}

#[apply(both_backends)]
async fn a_router_forwards_requests_of_clients(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[ON, CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let login =
        "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { user { mobile username } } } }";
    let input = json!({ "i": { "account": "lilei", "password": crate::support::PASSWORD } });
    let signed_in = ask(&world, &[("x-service-authorization", VALID)], login, input).await.data("login");
    assert_eq!(signed_in["user"], json!({ "mobile": MOBILE, "username": "lilei" }));
    let bearer = format!("Bearer {}", person.token);
    let headers = [("x-service-authorization", VALID), ("authorization", bearer.as_str())];
    assert_eq!(ask(&world, &headers, "{ me { mobile } }", Value::Null).await.data("me")["mobile"], MOBILE);
}

#[apply(both_backends)]
async fn federation_is_disabled_by_default(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let service = ask(&world, &[("x-service-authorization", VALID)], SERVICE, Value::Null).await;
    let entity = entities(&world, None, &[&person.id], "id").await;
    for reply in [service, entity] {
        assert_eq!(reply.error_code(), "FORBIDDEN", "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entities_are_unavailable_without_the_database() {
    let Some((world, _, database)) = World::start_behind_proxies(&[ON, CLIENTS]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    database.set(ProxyState::Refusing);
    for token in [None, Some(person.token.as_str())] {
        let reply = entities(&world, token, &[&person.id], "id").await;
        assert_eq!(reply.error_code(), "UNAVAILABLE", "{}", reply.text);
    }
}
