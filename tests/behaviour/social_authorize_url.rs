//! `socialAuthorizeUrl`: starts a sign-in with any provider.

use rstest_reuse::apply;
use serde_json::json;
use url::Url;

use crate::support::{Backend, World, both_backends, invalid_fields, kind};

#[apply(both_backends)]
async fn every_configured_provider_has_a_url(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let document = "{ settings { providers { slug name } } }";
    let settings = world.browser().post(document, json!({})).await.data("settings");
    let providers = settings["providers"].as_array().expect("providers").clone();
    let slugs: Vec<_> = providers.iter().map(|provider| provider["slug"].as_str().expect("a slug")).collect();
    assert_eq!(slugs, ["qq", "wechat", "weibo", "github", "oidc"]);
    for slug in slugs {
        let document = "mutation($provider: String!) { socialAuthorizeUrl(provider: $provider) { __typename \
                        ... on AuthorizeUrl { url state } ... on Problem { message } } }";
        let begun =
            world.browser().post(document, json!({ "provider": slug })).await.data("socialAuthorizeUrl");
        assert_eq!(kind(&begun), "AuthorizeUrl", "{begun}");
        let url: Url = begun["url"].as_str().expect("an address").parse().expect("an address");
        let field =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        assert_eq!(field("state").as_deref(), begun["state"].as_str(), "{slug}");
        let page = field("redirect_uri").expect("a page");
        assert!(page.ends_with(&format!("/sandbox/callback/{slug}")), "{page}");
        let proof = field("code_challenge_method");
        assert_eq!(proof.as_deref(), ["github", "oidc"].contains(&slug).then_some("S256"), "{slug}");
        assert_eq!(field("nonce").is_some(), slug == "oidc");
    }
}

#[apply(both_backends)]
async fn an_unknown_provider_is_invalid_input(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for provider in ["", "myspace", "QQ", "qq ", "../qq"] {
        let refused =
            world.browser().authorize_url_reply(provider, json!({ "next": "//evil.example" })).await;
        let refused = refused.data("socialAuthorizeUrl");
        assert_eq!(kind(&refused), "InvalidInput", "{provider}: {refused}");
        assert_eq!(
            invalid_fields(&refused),
            ["next FOREIGN_ADDRESS", "provider UNKNOWN_PROVIDER"],
            "{provider}: {refused}"
        );
    }
}

#[apply(both_backends)]
async fn requests_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SOCIAL", "1/1h")]).await else { return };
    let browser = world.browser();
    browser.authorize_url("github", "/").await;
    let refused = browser.authorize_url_reply("github", json!({})).await.data("socialAuthorizeUrl");
    assert_eq!(kind(&refused), "RateLimited", "{refused}");
}

#[apply(both_backends)]
async fn next_may_point_to_an_allowed_origin(#[case] backend: Backend) {
    let Some(world) =
        World::start_with(backend, &[("MENJIN_HTTP_ALLOWED_ORIGINS", "https://app.example")]).await
    else {
        return;
    };
    for (next, fine) in [("https://app.example/orders", true), ("https://app.example.evil.example/", false)] {
        let begun = world
            .browser()
            .authorize_url_reply("oidc", json!({ "next": next }))
            .await
            .data("socialAuthorizeUrl");
        assert_eq!(kind(&begun) == "AuthorizeUrl", fine, "{next}: {begun}");
    }
}
