//! Additional claims of access tokens: columns of the account, and the hook of the operator.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use menjin::core::signing::standard_webhooks::WebhookSecret;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON")
}

async fn with_hook(backend: Backend, hook: &Receiver, on_failure: &str) -> Option<World> {
    let settings = [
        ("MENJIN_TOKENS_HOOK_URL", hook.url.as_str()),
        ("MENJIN_TOKENS_HOOK_SECRET", SECRET),
        ("MENJIN_TOKENS_HOOK_TIMEOUT", "1s"),
        ("MENJIN_TOKENS_HOOK_ON_FAILURE", on_failure),
    ];
    World::start_with(backend, &settings).await
}

const REFRESH: &str = "mutation { refreshSession { __typename ... on SignedIn { accessToken } } }";

#[apply(both_backends)]
async fn columns_that_the_operator_names_are_claims(#[case] backend: Backend) {
    let settings = [("MENJIN_TOKENS_CLAIMS", "username,mobile=phone,email,created_at")];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let again = world.browser().login("lilei", PASSWORD).await;
    for token in [person.token.as_str(), again["accessToken"].as_str().expect("a token")] {
        let claims = claims(token);
        assert_eq!((&claims["preferred_username"], &claims["phone"]), (&json!("lilei"), &json!(MOBILE)));
        assert_eq!(claims["created_at"], world.now().timestamp());
        assert!(claims["email"].is_null() && claims["nickname"].is_null(), "{claims}");
    }
    assert_eq!(person.new_browser(&world).me().await["username"], "lilei", "the token is accepted");
}

#[apply(both_backends)]
async fn the_hook_adds_claims_to_every_token(#[case] backend: Backend) {
    let hook = Receiver::start(&[]).await;
    let Some(world) = with_hook(backend, &hook, "refuse").await else { return };
    hook.respond_with(r#"{"claims":{"tenant":7,"sub":"somebody else","roles":["admin"]}}"#);
    let person = world.person(MOBILE, "lilei").await;
    let registered = claims(&person.token);
    assert_eq!(
        (&registered["tenant"], &registered["sub"], &registered["roles"]),
        (&json!(7), &json!(person.id), &json!([]))
    );
    hook.respond_with(r#"{"claims":{"tenant":8}}"#);
    let refreshed = person.browser.post(REFRESH, json!({})).await.data("refreshSession");
    assert_eq!(claims(refreshed["accessToken"].as_str().expect("a token"))["tenant"], 8);
    let received = hook.wait_for(2).await;
    let asked = received[0].json();
    assert_eq!((&asked["type"], &asked["data"]["user_id"]), (&json!("token.issue"), &json!(person.id)));
    assert_eq!(asked["data"]["session_id"], registered["sid"]);
    let secret: WebhookSecret = SECRET.parse().expect("a secret");
    let time = received[0].header("webhook-timestamp").parse().expect("seconds");
    let (id, signature) = (received[0].header("webhook-id"), received[0].header("webhook-signature"));
    assert!(secret.verify(id, time, &received[0].body, signature));
}

#[apply(both_backends)]
async fn a_hook_that_fails_refuses_the_sign_in_and_leaves_nothing_behind(#[case] backend: Backend) {
    let hook = Receiver::start(&[]).await;
    let Some(world) = with_hook(backend, &hook, "refuse").await else { return };
    let person = world.person(MOBILE, "lilei").await;
    for status in [500, 403, 302, 0] {
        hook.next_status(status);
        let browser = world.browser();
        let reply = browser.mutate("login", json!({ "account": "lilei", "password": PASSWORD })).await;
        assert_eq!(reply.json["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{status}: {}", reply.text);
    }
    assert_eq!(world.sql().await.count("sessions").await, 1);
    hook.next_status(500);
    let failed = person.browser.post(REFRESH, json!({})).await;
    assert_eq!(failed.json["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{}", failed.text);
    let refreshed = person.browser.post(REFRESH, json!({})).await.data("refreshSession");
    assert_eq!(kind(&refreshed), "SignedIn", "the refresh token was not used up");
}

#[apply(both_backends)]
async fn tokens_are_issued_without_the_hook_if_the_operator_says_so(#[case] backend: Backend) {
    let hook = Receiver::start(&[500]).await;
    let Some(world) = with_hook(backend, &hook, "issue").await else { return };
    hook.respond_with(r#"{"claims":{"tenant":7}}"#);
    let person = world.person(MOBILE, "lilei").await;
    assert!(claims(&person.token)["tenant"].is_null());
    let again = world.browser().login("lilei", PASSWORD).await;
    assert_eq!(claims(again["accessToken"].as_str().expect("a token"))["tenant"], 7);
}
