//! The keys that sign access tokens: publication, rotation without interruption, encryption at rest.

use rstest_reuse::apply;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryableByName;
use diesel::sql_types::{Binary, Text};
use diesel_async::RunQueryDsl as _;
use futures_util::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use menjin::app;
use menjin::audit::{Audit, Kind};
use menjin::core::random::Random;
use menjin::db::models::SigningKey;
use menjin::sessions::{KeyError, Rotated};
use serde_json::{Value, json};

use crate::support::sql::Sql;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const JWKS: &str = "/.well-known/jwks.json";

/// A key set may be cached for 5 minutes, gateways reload it every minute, and clocks differ by 5 seconds at most.
const LEAD: i64 = 300 + 60 + 5;
/// A key set may be cached for 5 minutes, tokens are valid for 10 minutes, and clocks differ by 5 seconds at most.
const LINGER: i64 = 300 + 600 + 5;

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().expect("a kid").to_owned()
}

fn header(token: &str) -> Value {
    let text = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}

/// Rotates as `menjin keys rotate` does.
async fn rotate(
    world: &World,
    keys: &menjin::sessions::KeyRing,
    at_once: bool,
) -> Result<(Rotated, Vec<SigningKey>), KeyError> {
    let event = Audit::new(world.clock.clone(), Random::system()).by_operator(Kind::KeysRotated, None, &[]);
    keys.rotate(at_once, &event).await
}

async fn published(world: &World) -> Vec<String> {
    let reply = world.browser().get(JWKS).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let keys = reply.json["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

/// Verifies a token with the published keys, as another service does. The expiry is not checked here.
async fn verifies(world: &World, token: &str) -> bool {
    let set: JwkSet = serde_json::from_str(&world.browser().get(JWKS).await.text).expect("a JWK set");
    let Some(jwk) = set.find(&kid(token)) else { return false };
    let alg =
        header(token)["alg"].as_str().and_then(|alg| alg.parse::<Algorithm>().ok()).expect("an algorithm");
    let mut rules = Validation::new(alg);
    rules.set_audience(&["menjin"]);
    rules.validate_exp = false;
    let key = DecodingKey::from_jwk(jwk).expect("a key");
    jsonwebtoken::decode::<Value>(token, &key, &rules).is_ok()
}

async fn login(world: &World) -> String {
    let outcome = world.browser().login("lilei", PASSWORD).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    outcome["accessToken"].as_str().expect("a token").to_owned()
}

async fn username(world: &World, token: &str) -> Value {
    world.browser().with_token(token).me().await["username"].clone()
}

/// Waits until a condition holds: gateways read the clock several times per second.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "it does not happen: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Returns the key ring as a separate process of `menjin keys` opens it.
async fn operator(world: &World) -> menjin::sessions::KeyRing {
    app::keys(&world.config(), &world.clock, &Random::system()).await.expect("the keys open")
}

#[apply(both_backends)]
async fn the_key_is_published_and_its_tokens_verify(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let token = login(&world).await;
    let reply = world.browser().get(JWKS).await;
    assert_eq!(reply.headers["content-type"], "application/jwk-set+json");
    assert_eq!(reply.headers["cache-control"], "public, max-age=300");
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
    assert!(reply.headers.contains_key("etag") && reply.headers.contains_key("x-content-type-options"));
    let keys = reply.json["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
    let mut names: Vec<_> = keys[0].as_object().expect("a key").keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&keys[0]["alg"], &keys[0]["kid"]), (&json!("EdDSA"), &json!(kid(&token))));
    assert_eq!(header(&token)["typ"], "at+jwt");
    assert!(verifies(&world, &token).await);
}

#[apply(both_backends)]
async fn a_scheduled_rotation_keeps_every_token_valid(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let first = login(&world).await;
    world.advance(90 * 86_400);
    until("the next key", async || published(&world).await.len() == 2).await;
    let old = login(&world).await;
    assert_eq!(kid(&old), kid(&first), "the next key does not sign before every service knows it");
    world.advance(LEAD - 1);
    let old = login(&world).await;
    assert_eq!(kid(&old), kid(&first));
    world.advance(1);
    until("a token by the new key", async || kid(&login(&world).await) != kid(&first)).await;
    let new = login(&world).await;
    for token in [&old, &new] {
        assert!(verifies(&world, token).await);
        assert_eq!(username(&world, token).await, "lilei");
    }
    world.advance(LINGER - 1);
    assert_eq!(published(&world).await.len(), 2);
    world.advance(1);
    until("the old key is deleted", async || published(&world).await == [kid(&new)]).await;
    assert_eq!(world.sql().await.count("signing_keys").await, 1);
}

#[apply(both_backends)]
async fn concurrent_rotations_create_one_key(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let first = login(&world).await;
    let other = world.another_gateway().await;
    let operators = join_all((0..4).map(|_| operator(&world))).await;
    let outcomes = join_all(operators.iter().map(|keys| rotate(&world, keys, false))).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|(_, keys)| keys.len() == 2)));
    world.advance(LEAD);
    until("one that is active, one that retires", async || {
        let mut sql = world.sql().await;
        sql.count("signing_keys WHERE state = 'active'").await == 1
            && sql.count("signing_keys WHERE state = 'retiring'").await == 1
    })
    .await;
    assert_eq!(world.sql().await.count("signing_keys").await, 2);
    for gateway in [world.gateway.address(), other.address()] {
        let browser = || world.browser().at_gateway(gateway);
        until("the new key at each gateway", async || {
            let outcome = browser().login("lilei", PASSWORD).await;
            kid(outcome["accessToken"].as_str().expect("a token")) != kid(&first)
        })
        .await;
    }
}

#[apply(both_backends)]
async fn an_emergency_rotation_revokes_the_old_key_at_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let (done, keys) = rotate(&world, &operator(&world).await, true).await.expect("a new key");
    assert_eq!(done, Rotated::AtOnce);
    assert_eq!(keys.len(), 1);
    assert_ne!(keys[0].kid, kid(&person.token));
    // A gateway that starts now signs with the new key. The other one reloads the keys when it sees the first token.
    let fresh = world.another_gateway().await;
    let outcome = world.browser().at_gateway(fresh.address()).login("lilei", PASSWORD).await;
    let token = outcome["accessToken"].as_str().expect("a token");
    assert_eq!(kid(token), keys[0].kid);
    assert_eq!(username(&world, token).await, "lilei");
    assert_eq!(username(&world, &person.token).await, Value::Null);
    assert_eq!(published(&world).await, [keys[0].kid.clone()]);
}

#[apply(both_backends)]
async fn unknown_key_ids_do_not_cause_a_database_query_each(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let unknown = |n: u32| {
        let mut header = Header::new(Algorithm::EdDSA);
        (header.typ, header.kid) = (Some("at+jwt".into()), Some(format!("{n:043}")));
        let text = serde_json::to_vec(&header).expect("JSON");
        let (_, rest) = person.token.split_once('.').expect("a JWT");
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(text))
    };
    assert_eq!(username(&world, &unknown(1)).await, Value::Null);
    // The keys were reloaded just now: a new key stays unknown for a while, however many unknown key ids are sent.
    let (_, fresh) = rotate(&world, &operator(&world).await, false).await.expect("a next key");
    assert_eq!(username(&world, &unknown(2)).await, Value::Null);
    assert_eq!(published(&world).await.len(), 1);
    world.advance(5);
    assert_eq!(username(&world, &unknown(3)).await, Value::Null);
    assert_eq!(published(&world).await.len(), fresh.len());
    assert_eq!(username(&world, &person.token).await, "lilei");
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    private_key: Vec<u8>,
    #[diesel(sql_type = Text)]
    public_jwk: String,
}

#[apply(both_backends)]
async fn private_keys_are_sealed_and_stored_public_keys_are_not_trusted(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let query = diesel::sql_query("SELECT private_key, public_jwk FROM signing_keys");
    let mut sql = world.sql().await;
    let row: Row = match &mut sql {
        Sql::Pg(conn) => query.get_result(conn).await,
        Sql::Sqlite(conn) => query.get_result(conn).await,
    }
    .expect("a row");
    // The PKCS #8 form of an Ed25519 key contains this OID.
    let oid = [0x06, 0x03, 0x2b, 0x65, 0x70];
    assert!(!row.private_key.windows(oid.len()).any(|window| window == oid));
    assert_eq!(row.private_key[0], 1, "an envelope");
    assert!(!row.public_jwk.contains("\"d\""), "{}", row.public_jwk);
    // An attacker who can write to the table replaces the public key.
    sql.run("UPDATE signing_keys SET public_jwk = '{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}'").await;
    let other = world.another_gateway().await;
    let reply = world.browser().at_gateway(other.address()).get(JWKS).await;
    assert_eq!(reply.text, world.browser().get(JWKS).await.text);
    drop(other);
    // A private key that was copied to another row cannot be decrypted.
    sql.run(&format!("UPDATE signing_keys SET kid = '{}'", "A".repeat(43))).await;
    assert!(app::keys(&world.config(), &world.clock, &Random::system()).await.is_err());
}

#[apply(both_backends)]
async fn forged_tokens_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let token = &person.token;
    let (_, payload, signature) = {
        let mut parts = token.split('.');
        let mut next = || parts.next().expect("three parts").to_owned();
        (next(), next(), next())
    };
    let with =
        |header: Value| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()));
    let own = kid(token);
    let reply = world.browser().get(JWKS).await;
    let by_public_key = {
        let mut header = Header::new(Algorithm::HS256);
        (header.typ, header.kid) = (Some("at+jwt".into()), Some(own.clone()));
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&payload).expect("base64url")).expect("JSON");
        let public =
            URL_SAFE_NO_PAD.decode(reply.json["keys"][0]["x"].as_str().expect("a key")).expect("base64url");
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).expect("a token")
    };
    for bad in [
        by_public_key,
        with(json!({ "alg": "none", "typ": "at+jwt", "kid": own })),
        with(json!({ "alg": "HS256", "typ": "at+jwt", "kid": own })),
        with(json!({ "alg": "EdDSA", "typ": "JWT", "kid": own })),
        with(json!({ "alg": "EdDSA", "typ": "at+jwt" })),
        with(json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "../../etc/passwd" })),
        with(json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "https://evil.example/jwks.json" })),
        with(json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": own, "crit": ["b64"], "b64": false })),
    ] {
        assert_eq!(username(&world, &bad).await, Value::Null, "{bad}");
    }
    assert_eq!(username(&world, token).await, "lilei");
}

#[apply(both_backends)]
async fn tokens_of_another_audience_or_issuer_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start_with(
        backend,
        &[("MENJIN_TOKENS_AUDIENCE", "elsewhere"), ("MENJIN_TOKENS_ISSUER", "https://id.example")],
    )
    .await
    else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(username(&world, &person.token).await, "lilei");
    // The same keys and sessions, with another audience and then another issuer.
    for settings in [
        [("MENJIN_TOKENS_AUDIENCE", "menjin"), ("MENJIN_TOKENS_ISSUER", "https://id.example")],
        [("MENJIN_TOKENS_AUDIENCE", "elsewhere"), ("MENJIN_TOKENS_ISSUER", "https://id.example/")],
    ] {
        let other = world.another_gateway_with(&settings).await;
        let browser = world.browser().at_gateway(other.address()).with_token(&person.token);
        assert_eq!(browser.me().await, Value::Null, "{settings:?}");
        drop(other);
    }
}

#[apply(both_backends)]
async fn changing_the_algorithm_rotates_the_key(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_TOKENS_ALGORITHM", "ES256")]).await else {
        return;
    };
    world.person(MOBILE, "lilei").await;
    let first = login(&world).await;
    assert_eq!(header(&first)["alg"], "ES256");
    assert!(verifies(&world, &first).await);
    let other = world.another_gateway_with(&[("MENJIN_TOKENS_ALGORITHM", "RS256")]).await;
    world.advance(LEAD);
    let browser = || world.browser().at_gateway(other.address());
    let mut second = String::new();
    until("a token by RSA", async || {
        let outcome = browser().login("lilei", PASSWORD).await;
        outcome["accessToken"].as_str().expect("a token").clone_into(&mut second);
        header(&second)["alg"] == "RS256"
    })
    .await;
    drop(other);
    assert_eq!(username(&world, &second).await, "lilei", "a gateway with the other setting accepts it, too");
    assert_eq!(username(&world, &first).await, "lilei", "earlier tokens stay valid");
}

#[apply(both_backends)]
async fn an_hs256_secret_is_not_published(#[case] backend: Backend) {
    let Some(world) = World::start_with(
        backend,
        &[
            ("MENJIN_TOKENS_ALGORITHM", "HS256"),
            ("MENJIN_TOKENS_HS256_SECRET", "correct horse battery staple 0123456789"),
        ],
    )
    .await
    else {
        return;
    };
    world.person(MOBILE, "lilei").await;
    let token = login(&world).await;
    assert_eq!(header(&token)["alg"], "HS256");
    assert_eq!(username(&world, &token).await, "lilei");
    assert_eq!(world.browser().get(JWKS).await.text, "{\"keys\":[]}");
    assert_eq!(world.sql().await.count("signing_keys").await, 0);
    assert!(rotate(&world, &operator(&world).await, false).await.is_err());
    // A gateway with another secret rejects the token.
    let settings = [("MENJIN_TOKENS_HS256_SECRET", "incorrect horse battery staple 01234567")];
    let other = world.another_gateway_with(&settings).await;
    let browser = world.browser().at_gateway(other.address()).with_token(&token);
    assert_eq!(browser.me().await, Value::Null);
}
