//! Tests of the router with a small schema.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Method, Request, StatusCode};
use serde_json::json;

use super::address::Peer;
use super::testing::{app, json, method, outcome, post, query, send, settings, text};

const NEW: &str = "application/graphql-response+json";

#[tokio::test]
async fn queries_are_accepted_by_get_and_post() {
    let app = app(settings()).await;
    let response = send(&app, post().body(query("{ zebra }")).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(text(response).await, r#"{"data":{"zebra":"z"}}"#);

    let uri = "/graphql?query=query%20A%20%7Bzebra%7D%20query%20B(%24n:Int!)%7Bcount(n:%24n)%7D&operationName=B&variables=%7B%22n%22:7%7D";
    assert_eq!(json(method(&app, Method::GET, uri).await).await, json!({"data": {"count": 7}}));
}

#[tokio::test]
async fn mutations_are_accepted_by_post_only() {
    let app = app(settings()).await;
    let mutation = "mutation%20%7Blogin(input:%7Baccount:%22a%22,password:%22b%22%7D)%7D";
    let response = method(&app, Method::GET, &format!("/graphql?query={mutation}")).await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(outcome(response).await, (405, "METHOD_NOT_ALLOWED".into()));
    for other in [Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let response = method(&app, other.clone(), &format!("/graphql?query={mutation}")).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{other}");
        assert_eq!(response.headers()["allow"], "GET, POST", "{other}");
    }
    let body = query(r#"mutation { login(input: {account: "a", password: "b"}) }"#);
    let response = send(&app, post().body(body).unwrap()).await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(json(response).await, json!({"data": {"login": "a 1 false"}}));
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let app = app(settings()).await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "application/json; charset=gbk",
        "multipart/form-data; boundary=x",
    ] {
        let request = Request::post("/graphql").header("content-type", content_type);
        let response = send(&app, request.body(query("{ zebra }")).unwrap()).await;
        assert_eq!(outcome(response).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()), "{content_type}");
    }
    for (body, code) in [
        ("", "BAD_REQUEST"),
        ("{ \"query\"", "BAD_REQUEST"),
        ("\"text\"", "BAD_REQUEST"),
        ("{}", "BAD_REQUEST"),
        (r#"{"query": 1}"#, "BAD_REQUEST"),
        (r#"{"query": "{ zebra }", "variables": []}"#, "BAD_REQUEST"),
        (r#"{"query": "{ zebra }", "operationName": 1}"#, "BAD_REQUEST"),
        (r#"{"query": "{ zebra }", "extensions": "x"}"#, "BAD_REQUEST"),
        (r#"[{"query": "{ zebra }"}]"#, "BATCH_NOT_ALLOWED"),
    ] {
        let response = send(&app, post().body(Body::from(body)).unwrap()).await;
        assert_eq!(outcome(response).await, (400, code.into()), "{body}");
    }
    for uri in ["/graphql", "/graphql?query={zebra}&query={zebra}", "/graphql?query={zebra}&variables=1"] {
        let uri = uri.replace('{', "%7B").replace('}', "%7D");
        assert_eq!(outcome(method(&app, Method::GET, &uri).await).await.0, 400, "{uri}");
    }
}

#[tokio::test]
async fn the_status_depends_on_the_media_type() {
    let app = app(settings()).await;
    for (document, accept, status) in [
        ("{", "application/json", 200),
        ("{", NEW, 400),
        ("{ nope }", "application/json", 400),
        ("{ nope }", NEW, 400),
        ("query($n: Int!) { count(n: $n) }", "application/json", 200),
        ("query($n: Int!) { count(n: $n) }", NEW, 400),
        ("{ away }", NEW, 200),
        ("{ zebra }", "text/html", 406),
        ("{ zebra }", "application/json;q=0, */*", 200),
    ] {
        let response = send(&app, post().header("accept", accept).body(query(document)).unwrap()).await;
        assert_eq!(response.status().as_u16(), status, "{document} {accept}");
    }
    let response = send(&app, post().header("accept", NEW).body(query("{ zebra }")).unwrap()).await;
    assert_eq!(response.headers()["content-type"], format!("{NEW}; charset=utf-8"));
}

#[tokio::test]
async fn the_body_limit_applies_with_and_without_content_length() {
    let app = app(settings()).await;
    let fits = format!("{{\"query\": \"{{ zebra }}\"{}}}", " ".repeat(60_000));
    assert_eq!(send(&app, post().body(Body::from(fits)).unwrap()).await.status(), StatusCode::OK);
    let large = "x".repeat(65_537);
    let announced = post().header("content-length", large.len()).body(Body::from(large.clone())).unwrap();
    assert_eq!(outcome(send(&app, announced).await).await, (413, "PAYLOAD_TOO_LARGE".into()));
    let chunks =
        large.as_bytes().chunks(1_000).map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)));
    let chunks: Vec<_> = chunks.collect();
    let chunked = post().body(Body::from_stream(futures_util::stream::iter(chunks))).unwrap();
    assert_eq!(outcome(send(&app, chunked).await).await, (413, "PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn slow_bodies_and_slow_requests_time_out() {
    let mut settings = settings();
    settings.body_timeout = Duration::from_millis(50);
    settings.request_timeout = Duration::from_millis(200);
    let app = app(settings).await;
    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(outcome(send(&app, post().body(never).unwrap()).await).await, (408, "REQUEST_TIMEOUT".into()));
    let response = send(&app, post().body(query("{ slow }")).unwrap()).await;
    assert_eq!(outcome(response).await, (503, "UNAVAILABLE".into()));
}

#[tokio::test]
async fn a_panic_is_an_internal_error_without_details() {
    let app = app(settings()).await;
    let response = send(&app, post().header("accept", NEW).body(query("{ panic }")).unwrap()).await;
    assert_eq!(response.headers()["content-type"], format!("{NEW}; charset=utf-8"));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = json(response).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    assert!(body.get("data").is_none() && !body.to_string().contains("hunter2"), "{body}");
}

#[tokio::test]
async fn other_origins_are_refused_and_allowed_origins_get_cors_headers() {
    let mut settings = settings();
    settings.allowed_origins = vec!["https://app.example".parse().unwrap()];
    let app = app(settings).await;
    for origin in ["https://evil.example", "null"] {
        let response = send(&app, post().header("origin", origin).body(query("{ zebra }")).unwrap()).await;
        assert!(!response.headers().contains_key("access-control-allow-origin"));
        assert_eq!(response.headers()["vary"], "Origin");
        assert_eq!(outcome(response).await, (403, "ORIGIN_REFUSED".into()), "{origin}");
    }
    let cross = post().header("sec-fetch-site", "cross-site").body(query("{ zebra }")).unwrap();
    assert_eq!(send(&app, cross).await.status(), StatusCode::FORBIDDEN);
    let own = post().header("origin", "http://127.0.0.1:8000").body(query("{ zebra }")).unwrap();
    assert_eq!(send(&app, own).await.status(), StatusCode::OK);

    let allowed = post().header("origin", "https://app.example").header("sec-fetch-site", "cross-site");
    let response = send(&app, allowed.body(query("{ zebra }")).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(response.headers()["access-control-allow-credentials"], "true");
    let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept", "Origin"]);

    let preflight = |origin: &str| {
        Request::options("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,authorization")
            .body(Body::empty())
            .unwrap()
    };
    let response = send(&app, preflight("https://app.example")).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-methods"], "GET, POST");
    assert!(response.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    assert_eq!(send(&app, preflight("https://evil.example")).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn unknown_hosts_are_refused_in_development_mode_only() {
    let request =
        || Request::get("/health/live").header("host", "evil.example:8000").body(Body::empty()).unwrap();
    let development = app(settings()).await;
    assert_eq!(outcome(send(&development, request()).await).await, (421, "MISDIRECTED".into()));
    let mut settings = settings();
    settings.development = false;
    settings.public_url = "https://login.example".parse().unwrap();
    let response = send(&app(settings).await, request()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
}

#[tokio::test]
async fn readiness_reports_each_store() {
    let app = app(settings()).await;
    assert_eq!(json(method(&app, Method::GET, "/health/live").await).await, json!({"status": "live"}));
    let response = method(&app, Method::GET, "/health/ready").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(response).await["stores"], json!({"database": "up", "ephemeral": "down"}));
    let response = method(&app, Method::POST, "/health/live").await;
    assert!(response.headers()["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(outcome(response).await, (405, "METHOD_NOT_ALLOWED".into()));
    assert_eq!(outcome(method(&app, Method::GET, "/nowhere").await).await, (404, "NOT_FOUND".into()));
}

/// The introspection query of GraphiQL and other tools must not exceed the limits.
#[tokio::test]
async fn the_standard_introspection_query_is_allowed() {
    const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name \
         kind } subscriptionType { name kind } types { ...FullType } directives { name description \
         isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } } fragment FullType \
         on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name \
         description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated \
         deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { \
         ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated \
         deprecationReason } possibleTypes { ...TypeRef } } fragment InputValue on __InputValue { name \
         description type { ...TypeRef } defaultValue isDeprecated deprecationReason } fragment TypeRef \
         on __Type { kind name ofType { name kind ofType { name kind ofType { name kind ofType { name \
         kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name \
         kind } } } } } } } } } }";
    let response = send(&app(settings()).await, post().body(query(INTROSPECTION)).unwrap()).await;
    let body = json(response).await;
    assert!(
        body.get("errors").is_none() && body["data"]["__schema"]["types"].is_array(),
        "{}",
        body["errors"]
    );
}

#[tokio::test]
async fn graphiql_loads_files_of_the_gateway_only() {
    let app = app(settings()).await;
    let response = method(&app, Method::GET, "/graphiql").await;
    assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let page = text(response).await;
    assert!(!page.contains("http://") && !page.contains("https://"));
    for path in page.split('"').filter(|part| part.starts_with("/graphiql/")) {
        let response = method(&app, Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-encoding"], "gzip", "{path}");
    }
    assert!(
        text(method(&app, Method::GET, "/graphiql/start.graphql").await).await.contains("mutation Login")
    );
}

#[tokio::test]
async fn the_address_is_the_peer_unless_a_trusted_proxy_forwards_it() {
    let mut settings = settings();
    settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let app = app(settings).await;
    for (peer, expected) in [("10.0.0.1:1", "198.51.100.7"), ("203.0.113.1:1", "203.0.113.1")] {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = post().header("x-forwarded-for", "198.51.100.7").header("x-request-id", "trace-1");
        let response = send(&app, request.extension(Peer(peer)).body(query("{ address }")).unwrap()).await;
        assert_eq!(response.headers()["x-request-id"] == "trace-1", expected == "198.51.100.7");
        assert_eq!(json(response).await, json!({"data": {"address": expected}}));
    }
}
